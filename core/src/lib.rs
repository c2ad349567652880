//! The cryptographic core of Cloakwork: data owners who may not show each other their data compute sums together.
//!
//! `no_std`, no allocator (the server side of [`secagg`] needs the `alloc` feature), no I/O, no `unsafe`. State machines take
//! bytes and return bytes; hosts carry them. The protocol is in `docs/protocol.md`, what it protects in `docs/threat-model.md`.
//!
//! Everything is constant time in its secrets unless its name ends in `_vartime`. Secrets are types that show nothing in
//! `Debug`, cannot be compared or copied, and are wiped when dropped. What is not done: the stack is not wiped after use.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::cast_possible_truncation,
        clippy::integer_division_remainder_used,
        clippy::panic,
        clippy::unwrap_used,
        reason = "unit tests; without them the lints stand"
    )
)]

#[cfg(any(feature = "alloc", test))]
extern crate alloc;
#[cfg(test)]
extern crate std;

// Floor 1: words.
pub mod ct;
pub mod error;
pub mod field;
pub mod prime;
mod random;
pub mod ring;

// Floor 2: one primitive each.
pub mod agreement;
pub mod fingerprint;
pub mod fixed;
pub mod group;
pub mod kdf;
pub mod prg;
pub mod seal;

// Floor 3: masks, shares, and what noise needs.
#[cfg(feature = "noise")]
pub mod gaussian;
#[cfg(feature = "noise")]
pub mod hadamard;
pub mod mask;
pub mod sharing;

// Floor 4: what sums reveal, sums without a server, and computing on shares.
#[cfg(feature = "alloc")]
pub mod mesh;
pub mod mpc;
#[cfg(feature = "noise")]
pub mod privacy;
#[cfg(feature = "alloc")]
pub mod psi;

// Floor 5: the protocol.
pub mod secagg;

pub use error::{Error, ErrorKind, Result};
