//! How a vector is cut into blocks of a power of two.

use super::signs::MAX_SIGNS;
use super::{MAX_LOG2, Number, Real, Signs, rotate, rotate_orthonormal, unrotate, unrotate_orthonormal};
use crate::error::{ErrorKind, Result};

/// log2 of the smallest blocks of [`Blocks::tight`]: long enough to spread one large coordinate thinly, and still in a second-level cache.
const TIGHT_LOG2: u32 = 16;

/// Equal blocks of 2^m elements that cover a vector of d elements; the last one is padded with zeros.
///
/// One whole block needs up to 2 d elements. Several smaller ones need fewer, and a device that holds one block at a time can rotate a long vector. The price
/// is flatness: a coordinate is spread over its block only.
///
/// The diagonal runs on through the blocks: block number i has the signs i 2^m ... (i + 1) 2^m - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    count: u64,
    log2: u32,
}

impl Blocks {
    /// One block, of the smallest power of two that is not below `length`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] for a length of 0 or above 2^28.
    pub fn whole(length: u64) -> Result<Self> {
        check_length(length, 1 << MAX_LOG2)?;
        Ok(Self { count: 1, log2: length.next_power_of_two().trailing_zeros() })
    }

    /// The `ceil(length / 2^log2)` blocks of 2^`log2` elements.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for `log2` above 28; [`ErrorKind::InvalidLength`] for a length of 0 or above 2^41, where the diagonal ends.
    pub fn of(length: u64, log2: u32) -> Result<Self> {
        if log2 > MAX_LOG2 {
            return Err(ErrorKind::InvalidArgument.bound(u64::from(MAX_LOG2)));
        }
        check_length(length, MAX_SIGNS)?;
        Ok(Self { count: length.div_ceil(1 << log2), log2 })
    }

    /// Few padded elements in long blocks: the largest blocks among those of at least 2^16 elements that need the fewest elements, fewer than
    /// `length` + 2^16. Up to 2^16 elements the same as [`Blocks::whole`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] for a length of 0 or above 2^41, where the diagonal ends.
    pub fn tight(length: u64) -> Result<Self> {
        if length <= 1 << TIGHT_LOG2 {
            return Self::whole(length);
        }
        // Blocks of 2^16 need the fewest elements; an even number of them is as well half as many of twice the size.
        let smallest = Self::of(length, TIGHT_LOG2)?;
        let doublings = smallest.count.trailing_zeros().min(MAX_LOG2 - TIGHT_LOG2);
        Ok(Self { count: smallest.count >> doublings, log2: TIGHT_LOG2 + doublings })
    }

    /// The number of blocks, at least 1.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.count
    }

    /// log2 of the elements of a block, 0 to 28.
    #[must_use]
    pub const fn log2(self) -> u32 {
        self.log2
    }

    /// Elements of a block.
    #[must_use]
    pub const fn size(self) -> usize {
        1 << self.log2
    }

    /// Elements of all blocks: the length of the vector with its padding.
    #[must_use]
    pub const fn padded(self) -> u64 {
        self.count << self.log2
    }

    /// [`rotate`](super::rotate), block by block, with the diagonal from its start.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] if `data` has not [`Blocks::padded`] elements, which is the bound; nothing is changed then.
    pub fn rotate<T: Number>(self, signs: &Signs, data: &mut [T]) -> Result<()> {
        self.for_each(data, |first, block| rotate(signs, first, block))
    }

    /// [`unrotate`](super::unrotate), block by block, with the diagonal from its start.
    ///
    /// # Errors
    ///
    /// As [`Blocks::rotate`].
    pub fn unrotate<T: Number>(self, signs: &Signs, data: &mut [T]) -> Result<()> {
        self.for_each(data, |first, block| unrotate(signs, first, block))
    }

    /// [`rotate_orthonormal`](super::rotate_orthonormal), block by block, with the diagonal from its start.
    ///
    /// # Errors
    ///
    /// As [`Blocks::rotate`].
    pub fn rotate_orthonormal<T: Real>(self, signs: &Signs, data: &mut [T]) -> Result<()> {
        self.for_each(data, |first, block| rotate_orthonormal(signs, first, block))
    }

    /// [`unrotate_orthonormal`](super::unrotate_orthonormal), block by block, with the diagonal from its start.
    ///
    /// # Errors
    ///
    /// As [`Blocks::rotate`].
    pub fn unrotate_orthonormal<T: Real>(self, signs: &Signs, data: &mut [T]) -> Result<()> {
        self.for_each(data, |first, block| unrotate_orthonormal(signs, first, block))
    }

    fn for_each<T>(self, data: &mut [T], mut each: impl FnMut(u64, &mut [T]) -> Result<()>) -> Result<()> {
        if data.len() as u64 != self.padded() {
            return Err(ErrorKind::InvalidLength.bound(self.padded()));
        }
        let mut first = 0;
        for block in data.chunks_exact_mut(self.size()) {
            each(first, block)?;
            first += block.len() as u64;
        }
        Ok(())
    }
}

fn check_length(length: u64, most: u64) -> Result<()> {
    if (1..=most).contains(&length) { Ok(()) } else { Err(ErrorKind::InvalidLength.bound(most)) }
}
