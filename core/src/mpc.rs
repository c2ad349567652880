//! Secure multi-party computation: n parties hold additive shares of 64-bit words and compute on them without anybody seeing a value.
//!
//! A word x is shared as x = x_0 + ... + x_(n-1) mod 2^64, a bit as the exclusive or of n bits. Sums are local; products, truncation and comparison
//! consume correlated randomness ([`correlation`]) that somebody made before, and open masked values. What is opened is uniform whatever the inputs
//! (`docs/mpc.md` has the proofs), so any n - 1 parties learn nothing but the outputs. The randomness comes from a [`dealer`] who must see no opening, or
//! the parties make it themselves by [`oblivious`] transfer.
//!
//! [`local`] has the steps that a party does for itself, on slices of its caller and without an allocator. With the feature `alloc`, [`protocol`]
//! strings them into protocols, written as if each opening were a call; an [`engine`] runs many of them at a time and merges what they open into one
//! message a round. It does no I/O: messages go out and come in as bytes. A [`session`] is a whole computation, for whoever names values and wants results.
//! All this holds as long as parties follow the protocol; in [`verified`] mode, which has fewer operations, those that do not are caught.

pub mod local;

#[cfg(feature = "alloc")]
pub mod correlation;
#[cfg(feature = "alloc")]
pub mod dealer;
#[cfg(feature = "alloc")]
pub mod engine;
#[cfg(feature = "alloc")]
pub mod oblivious;
#[cfg(feature = "alloc")]
mod packing;
#[cfg(feature = "alloc")]
pub mod pairwise;
#[cfg(feature = "alloc")]
pub mod permutation;
#[cfg(feature = "alloc")]
pub mod prime;
#[cfg(feature = "alloc")]
pub mod protocol;
#[cfg(feature = "alloc")]
pub mod rehearsal;
#[cfg(feature = "alloc")]
pub mod session;
#[cfg(feature = "alloc")]
pub mod verified;
