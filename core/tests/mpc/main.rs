//! Multi-party computation with all parties in one process.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::integer_division_remainder_used,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests"
)]

mod comparison;
mod engine;
mod oblivious;
mod product;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../support/random.rs"]
mod random;
mod table;
mod truncation;
