//! Protocols on vectors of shares. Each is one `async` function; where it awaits, a round may pass.
//!
//! What each costs is in its documentation: rounds, bytes that a party sends to each other party, and words of corrections. Vectors of one call have the same
//! length; another length is refused before anything is drawn or sent.

mod comparison;
mod opening;
mod product;
mod truncation;

pub use comparison::{and, at_least, bits_to_words, equal, is_less, is_negative, rectify, select_positive};
pub use opening::{open, open_bits};
pub use product::{matrix_product, product, square};
pub use truncation::{Rounding, truncate};

use crate::error::{ErrorKind, Result};

/// Refuses vectors of different lengths.
fn same_length(x: &[u64], y: &[u64]) -> Result<usize> {
    if x.len() == y.len() { Ok(x.len()) } else { Err(ErrorKind::InvalidLength.bound(x.len() as u64)) }
}
