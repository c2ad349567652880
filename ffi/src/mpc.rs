//! Multi-party computation: one party's side of it, the dealer of one program, and, with the feature `net`, links between programs.

pub mod base;
pub mod dealer;
#[cfg(feature = "net")]
pub mod failure;
#[cfg(feature = "net")]
pub mod network;
pub mod opening;
pub mod operation;
pub mod prime;
pub mod rounds;
pub mod session;

mod alone;
mod computation;
mod drawn;

/// The party that gets a dealer's corrections.
const CORRECTED: usize = 0;
