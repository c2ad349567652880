//! Distributed differential privacy: noise mechanisms, what a client contributes under one, and what their parameters promise.

// What a round needs.
pub mod contribution;
pub mod mechanism;

// What its parameters promise.
#[cfg(feature = "std")]
pub mod accountant;
#[cfg(feature = "std")]
pub mod parameter;
#[cfg(feature = "std")]
pub mod plan;
#[cfg(feature = "std")]
pub mod unit;
