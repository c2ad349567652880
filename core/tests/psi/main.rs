//! Private set intersection: against plain sets, what is refused, what is seen, and the vectors.
#![allow(
    clippy::indexing_slicing,
    clippy::integer_division_remainder_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "../support/random.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of it is used here")]
mod random;

mod outcomes;
mod parties;
mod refusals;
mod views;
