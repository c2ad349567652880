//! The C ABI of Cloakwork: `libcloakwork` and `include/cloakwork.h`.
//!
//! The names of this crate are those of the header, and the documentation of each item here is the documentation there; the
//! rules that hold for all of them stand at its beginning (`cbindgen.toml`). Every entry is thin: check the pointers, convert,
//! call core once, write the outputs.
//!
//! This is the only crate with `unsafe`. A `SAFETY` comment names the rule of the header that obliges the caller.
//!
//! After a change run `CLOAK_BLESS=1 cargo test -p cloakwork-ffi --test header`, which writes the header and `ffi/symbols.txt` anew.
#![no_std]
#![allow(unsafe_code, reason = "this is the boundary")]
#![allow(non_camel_case_types, reason = "the names of the header")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the obligations of a caller are the rules at the beginning of the header"
)]

#[cfg(feature = "std")]
extern crate alloc;
// Where there is an operating system its library brings the panic handler, whatever the features.
#[cfg(any(feature = "std", not(target_os = "none")))]
extern crate std;

// How values cross the boundary.
mod boundary;
mod handle;
mod pointer;
mod text;

#[cfg(all(not(feature = "std"), target_os = "none"))]
mod panic_handler;

// What every caller needs.
pub mod error;
pub mod rng;
pub mod sizes;
pub mod status;
pub mod version;

// Parties.
pub mod identity;

pub mod channel;
pub mod fingerprint;
pub mod hash;

// Runs.
pub mod roster;

pub mod description;

#[cfg(feature = "std")]
pub mod run;

pub mod segment;

#[cfg(feature = "std")]
pub mod layout;

pub mod message;
pub mod plan;
pub mod values;

#[cfg(feature = "noise")]
pub mod lanes;

// Noise.
#[cfg(feature = "noise")]
pub mod gaussian;
#[cfg(feature = "noise")]
pub mod hadamard;
#[cfg(feature = "noise")]
pub mod privacy;

// The client.
pub mod client;

// The server.
#[cfg(feature = "std")]
pub mod server;

// Sums without a server, and computations of several parties.
#[cfg(feature = "std")]
pub mod mesh;
#[cfg(feature = "std")]
pub mod mpc;

#[cfg(feature = "std")]
pub mod opening;

#[cfg(feature = "std")]
pub mod psi;

// The test that this library's machine code is constant in time proves itself by it.
#[cfg(feature = "planted-leak")]
pub mod planted;

#[cfg(all(test, feature = "std"))]
#[allow(clippy::indexing_slicing, reason = "within the list")]
mod tests {
    use crate::handle::{Opaque, is_kind};

    #[test]
    fn kinds_differ_from_each_other_and_from_wiped_memory() {
        let kinds = [
            <crate::identity::cloak_identity as Opaque>::KIND,
            <crate::channel::cloak_channel as Opaque>::KIND,
            <crate::hash::cloak_digest as Opaque>::KIND,
            <crate::run::cloak_run as Opaque>::KIND,
            <crate::client::Room<16> as Opaque>::KIND,
            <crate::client::Room<128> as Opaque>::KIND,
            <crate::client::Room<1024> as Opaque>::KIND,
            <crate::server::cloak_server as Opaque>::KIND,
            <crate::opening::cloak_opening as Opaque>::KIND,
            <crate::mpc::session::cloak_mpc_session as Opaque>::KIND,
            <crate::mpc::dealer::cloak_mpc_dealer as Opaque>::KIND,
            <crate::mpc::prime::cloak_prime_dealer as Opaque>::KIND,
            <crate::mpc::base::cloak_mpc_base as Opaque>::KIND,
            <crate::psi::cloak_psi as Opaque>::KIND,
            <crate::privacy::contribution::cloak_contribution as Opaque>::KIND,
            <crate::privacy::accountant::cloak_accountant as Opaque>::KIND,
            <crate::mesh::cloak_mesh as Opaque>::KIND,
        ];
        for (index, kind) in kinds.iter().enumerate() {
            assert!(is_kind(*kind));
            assert!(!kinds[index + 1..].contains(kind));
        }
    }
}
