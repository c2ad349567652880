//! Secrets split among parties: by polynomials, so that any t of them restore it, or additively, so that all are needed.

pub mod additive;
pub mod shamir;
