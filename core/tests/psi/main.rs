//! Private set intersection: against plain sets, what is refused, what is seen, and the vectors.
#![allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::integer_division_remainder_used,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "../support/vectors.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of it is used here")]
mod files;
#[path = "../support/random.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of it is used here")]
mod random;

mod outcomes;
mod parties;
mod refusals;
mod vectors;
mod views;
