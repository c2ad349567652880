//! What the protocol is made of, against standards, independent vectors and slow oracles. Nothing here needs an allocator but what is so marked.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    clippy::integer_division_remainder_used,
    clippy::panic,
    clippy::panic_in_result_fn,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "../support/vectors.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of it is used here")]
mod files;
#[path = "../support/random.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of it is used here")]
mod random;

mod agreement;
mod field;
mod fixed;
mod gaussian;
mod hadamard;
mod mask;
#[cfg(feature = "alloc")]
mod mesh;
mod prg;
mod privacy_accountant;
mod privacy_central;
mod privacy_conditional;
mod privacy_convolution;
mod privacy_plan;
mod privacy_wrap;
mod private_vector;
mod ring;
#[cfg(feature = "alloc")]
mod sharing;
mod vectors;
mod wycheproof;
