//! Distributed differential privacy: noise mechanisms, what a client contributes under one, and what their parameters promise.

pub mod contribution;
pub mod mechanism;
