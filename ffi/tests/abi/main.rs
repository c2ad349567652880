//! The C ABI as C sees it: only its functions are used, with good and with bad arguments.
#![cfg(feature = "std")]
#![allow(unsafe_code, reason = "these tests stand where a C program stands")]
#![allow(
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    reason = "every call keeps to the header unless the test says what it breaks"
)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]
#![allow(unreachable_pub, reason = "modules of one test program")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]
#![allow(clippy::integer_division_remainder_used, reason = "nothing here is secret")]

mod accounting;
mod base;
mod calls;
mod support;

mod devices;
mod handles;
mod keys;
mod memory;
mod mesh;
mod mpc;
#[cfg(feature = "net")]
mod network;
mod outputs;
mod pointers;
mod prime;
mod private;
mod psi;
mod random_calls;
mod randomness;
mod round;
mod runs;
mod sampling;
mod sums;
mod verified;
