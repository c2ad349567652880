//! Values whose openings can be checked.

use alloc::vec::Vec;
use core::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Words, collect_words};
use crate::mpc::local::authenticated::low;

/// Secret words mod 2^128.
pub type WideWords = Zeroizing<Vec<u128>>;

/// Collects `count` secret words without leaving copies behind.
pub(super) fn collect(count: usize, words: impl Iterator<Item = u128>) -> WideWords {
    let mut out = Zeroizing::new(Vec::with_capacity(count));
    out.extend(words.take(count));
    out
}

/// A party's shares of a vector x in Z_2^64 and of its MACs. The shares of x add up mod 2^128 to x' = x mod 2^64, those of the MACs to alpha x' for the
/// key alpha of the session.
///
/// Operations of verified mode alone take and give it. Values of another session have another key: what is made of both fails the next check.
#[derive(ZeroizeOnDrop)]
pub struct Authenticated {
    values: WideWords,
    macs: WideWords,
}

impl fmt::Debug for Authenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authenticated(..)")
    }
}

impl Authenticated {
    /// These shares, of the same number of values and of MACs.
    pub(super) fn new(values: WideWords, macs: WideWords) -> Self {
        debug_assert_eq!(values.len(), macs.len());
        Self { values, macs }
    }

    pub(super) fn values(&self) -> &[u128] {
        &self.values
    }

    pub(super) fn macs(&self) -> &[u128] {
        &self.macs
    }

    /// The number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// x + y, element by element. No communication.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] unless both have the same length.
    pub fn plus(&self, other: &Self) -> Result<Self> {
        self.with(other, u128::wrapping_add)
    }

    /// x - y, element by element. No communication.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] unless both have the same length.
    pub fn minus(&self, other: &Self) -> Result<Self> {
        self.with(other, u128::wrapping_sub)
    }

    /// Each element times a number that everybody knows. No communication.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] unless there is a number for each element.
    pub fn times_public(&self, factors: &[u64]) -> Result<Self> {
        if factors.len() != self.len() {
            return Err(ErrorKind::InvalidLength.bound(self.len() as u64));
        }
        let scale = |words: &[u128]| {
            let scaled = words.iter().zip(factors).map(|(word, factor)| word.wrapping_mul(u128::from(*factor)));
            collect(factors.len(), scaled)
        };
        Ok(Self::new(scale(&self.values), scale(&self.macs)))
    }

    /// The sum of all elements. No communication.
    #[must_use]
    pub fn sum(&self) -> Self {
        let sum =
            |words: &[u128]| collect(1, core::iter::once(words.iter().fold(0u128, |sum, x| sum.wrapping_add(*x))));
        Self::new(sum(&self.values), sum(&self.macs))
    }

    /// The elements from place `start`, `length` of them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] if there are not so many.
    pub fn part(&self, start: usize, length: usize) -> Result<Self> {
        if start.checked_add(length).is_none_or(|end| end > self.len()) {
            return Err(ErrorKind::InvalidLength.bound(self.len() as u64));
        }
        let cut = |words: &[u128]| collect(length, words.iter().skip(start).copied());
        Ok(Self::new(cut(&self.values), cut(&self.macs)))
    }

    /// Ordinary shares of the same values, for the protocols of [`crate::mpc::protocol`], which check nothing. Who lies from here on is not caught, neither by what those
    /// protocols give nor by a later check of this session.
    #[must_use]
    pub fn into_unverified_shares(self) -> Words {
        collect_words(self.len(), self.values.iter().map(|word| low(*word)))
    }

    fn with(&self, other: &Self, combine: impl Fn(u128, u128) -> u128) -> Result<Self> {
        if self.len() != other.len() {
            return Err(ErrorKind::InvalidLength.bound(self.len() as u64));
        }
        let both = |one: &[u128], other: &[u128]| {
            collect(one.len(), one.iter().zip(other).map(|(one, other)| combine(*one, *other)))
        };
        Ok(Self::new(both(&self.values, &other.values), both(&self.macs, &other.macs)))
    }
}
