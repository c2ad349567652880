//! Protocols on vectors of shares. Each is one `async` function; where it awaits, a round may pass.
//!
//! What each costs is in its documentation: rounds, bytes that a party sends to each other party, and words of corrections. Vectors of one call have
//! the same length; another length is refused before anything is drawn or sent.
//!
//! Functions of real numbers take a [`Format`], which says how many fraction bits their words have and how what is too much is rounded. Their rounds
//! and bytes are given for [`Rounding::Dithered`]; an exact one takes more in each place where it truncates. Formulas for both, and for the words of
//! corrections, are in docs/mpc.md section 9. An error bound is for arguments in the domain stated; outside of it the result is meaningless, and
//! nobody can tell. Words are whole bytes of a vector; bits an eighth of a byte each, rounded up for each vector.

mod comparison;
mod constants;
mod exponential;
mod extremum;
mod factors;
mod format;
mod indicators;
mod logarithm;
mod logistic;
mod normalization;
mod opening;
mod output;
mod polynomial;
mod product;
mod reciprocal;
mod rescaled;
mod root;
mod selection;
mod shuffle;
mod softmax;
mod sorting;
mod truncation;

pub use comparison::{and, bits_to_words, equal, is_less, is_negative, rectify, select_positive};
pub use exponential::exponential;
pub use extremum::{greatest, place_of_greatest, place_of_smallest, smallest};
pub(in crate::mpc) use factors::Factors;
pub use format::Format;
pub use indicators::{Indicators, at_least, indicators};
pub use logarithm::logarithm;
pub use logistic::{sigmoid, tanh};
pub use opening::{open, open_bits};
use opening::{open_bits_owned, open_owned};
pub use output::output;
pub use polynomial::{polynomial, power};
pub use product::{matrix_product, product, square};
pub use reciprocal::{divide, divide_signed, reciprocal};
pub use rescaled::{rescaled_matrix_product, rescaled_product, rescaled_square, scale};
pub use root::{inverse_square_root, square_root};
pub use selection::{absolute, choose, clamp, maximum, minimum};
pub use shuffle::shuffle;
pub use softmax::softmax;
pub use sorting::{median, network, order_statistics, sort, sort_with};
pub use truncation::{Rounding, truncate};

use crate::error::{ErrorKind, Result};

/// Refuses vectors of different lengths.
fn same_length(x: &[u64], y: &[u64]) -> Result<usize> {
    if x.len() == y.len() { Ok(x.len()) } else { Err(ErrorKind::InvalidLength.bound(x.len() as u64)) }
}

/// Elements that a protocol computes on at a time, so that what it expands for them stays in the cache.
const BLOCK: usize = 1024;

/// Where blocks begin.
fn starts() -> impl Iterator<Item = usize> {
    (0..).step_by(BLOCK)
}
