//! Refusals: every check of protocol.md section 7, on both sides, gives its number, names the party where one is to blame, and leaves
//! the state unchanged; the message that was due is accepted afterwards and the round ends with its sum.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::panic,
    clippy::panic_in_result_fn,
    clippy::cast_lossless,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::integer_division_remainder_used,
    clippy::std_instead_of_alloc,
    reason = "tests"
)]

#[path = "support/harness.rs"]
mod support;

#[path = "refusals/buffers.rs"]
mod buffers;
#[path = "refusals/client.rs"]
mod client;
#[path = "refusals/encodings.rs"]
mod encodings;
#[path = "refusals/order.rs"]
mod order;
#[path = "refusals/place.rs"]
mod place;
#[path = "refusals/server.rs"]
mod server;
#[path = "refusals/values.rs"]
mod values;
#[path = "refusals/witnesses.rs"]
mod witnesses;
