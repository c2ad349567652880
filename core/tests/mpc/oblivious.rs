//! Correlated randomness without a dealer: what is made, what it costs, what is refused, and every protocol with it.

mod distribution;
mod kept;
mod misuse;
mod protocols;
mod relations;
pub mod table;
