//! The protocol between one server and its clients, in one process and over a hostile network.
#![allow(
    clippy::cast_lossless,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::integer_division_remainder_used,
    clippy::needless_range_loop,
    clippy::panic,
    clippy::panic_in_result_fn,
    clippy::std_instead_of_alloc,
    clippy::unwrap_in_result,
    clippy::unwrap_used,
    reason = "tests; members index several lists at once"
)]

#[path = "../support/harness.rs"]
mod support;

mod dropouts;
mod malicious_server;
mod nested_sets;
mod private;
mod private_noise;
mod refusals;
mod round;
mod saved_state;
mod second_sum;
mod setup;
mod vectors;
