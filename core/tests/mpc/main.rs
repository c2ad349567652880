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

mod access;
mod comparison;
mod elsewhere;
mod engine;
#[path = "../support/vectors.rs"]
#[allow(dead_code, reason = "some are for other tests")]
mod files;
mod formula;
mod functions;
mod indicators;
mod oblivious;
mod product;
#[path = "../support/random.rs"]
#[allow(dead_code, reason = "some are for other tests")]
mod random;
mod real;
mod selection;
mod session;
mod shuffle;
mod sorting;
mod table;
mod transcript;
mod truncation;
mod vectors;
mod verified;
