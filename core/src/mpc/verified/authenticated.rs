//! Values whose openings can be checked.

use alloc::vec;
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

    /// Zeros, which are no shares of anything.
    pub(in crate::mpc) fn zeros(count: usize) -> Self {
        Self::new(Zeroizing::new(vec![0; count]), Zeroizing::new(vec![0; count]))
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

    /// -x, element by element. No communication.
    #[must_use]
    pub fn negated(&self) -> Self {
        self.each(self.len(), |words| words.iter().map(|word| word.wrapping_neg()))
    }

    /// The sum of all elements. No communication.
    #[must_use]
    pub fn sum(&self) -> Self {
        self.each(1, |words| core::iter::once(total(words)))
    }

    /// The sum of each row of so many columns; an incomplete last row counts as one. No communication.
    #[must_use]
    pub fn row_sums(&self, columns: usize) -> Self {
        let columns = columns.max(1);
        self.each(self.len().div_ceil(columns), |words| words.chunks(columns).map(total))
    }

    /// The elements at these places, each any number of times.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for a place where there is none.
    pub fn gather(&self, places: &[usize]) -> Result<Self> {
        if places.iter().any(|place| *place >= self.len()) {
            return Err(ErrorKind::InvalidArgument.bound(self.len() as u64));
        }
        Ok(self.each(places.len(), |words| places.iter().filter_map(|place| words.get(*place).copied())))
    }

    /// Vectors one after the other.
    #[must_use]
    pub fn concatenated(parts: &[&Self]) -> Self {
        let count = parts.iter().map(|part| part.len()).sum();
        let join =
            |words: fn(&Self) -> &[u128]| collect(count, parts.iter().flat_map(|part| words(part).iter().copied()));
        Self::new(join(Self::values), join(Self::macs))
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
        Ok(self.each(length, |words| words.iter().skip(start).copied()))
    }

    /// Ordinary shares of the same values, for the protocols of [`crate::mpc::protocol`], which check nothing. Who lies from here on is not caught, neither by what those
    /// protocols give nor by a later check of this session.
    #[must_use]
    pub fn into_unverified_shares(self) -> Words {
        collect_words(self.len(), self.values.iter().map(|word| low(*word)))
    }

    /// The same with shares of values and of MACs.
    fn each<'a, I: Iterator<Item = u128> + 'a>(&'a self, count: usize, made: impl Fn(&'a [u128]) -> I) -> Self {
        Self::new(collect(count, made(&self.values)), collect(count, made(&self.macs)))
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

fn total(words: &[u128]) -> u128 {
    words.iter().fold(0, |sum, word| sum.wrapping_add(*word))
}
