//! Differential privacy: noise mechanisms, what a client contributes under one, what their parameters promise, and central noise.

// What a round needs.
pub mod contribution;
pub mod mechanism;

// What its parameters promise.
#[cfg(feature = "std")]
pub mod accountant;
#[cfg(feature = "std")]
pub mod central;
#[cfg(feature = "std")]
pub mod parameter;
#[cfg(feature = "std")]
pub mod plan;
#[cfg(feature = "std")]
pub mod unit;
