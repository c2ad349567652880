//! How real numbers are written as words.

use crate::error::{ErrorKind, Result};
use crate::fixed::FixedPoint;
use crate::mpc::protocol::Rounding;
use crate::ring::Bits;

/// A number v is the word nearest to v 2^`fraction`, ties to even, in two's complement; |v| 2^`fraction` stays below 2^(`bits` - 2). Products of
/// two numbers have to stay below 2^(62 - 2 `fraction`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    fraction: u32,
    bits: u32,
    rounding: Rounding,
}

impl Format {
    /// The largest number of fraction bits: with more no product but of numbers below 1 would fit a word.
    pub const MAX_FRACTION: u32 = 30;

    /// `fraction` bits after the binary point, up to 30; `bits`, from `fraction` + 3 to 64, is what comparisons open of a word. With
    /// [`Rounding::Nearest`] or [`Rounding::Down`] every result is the same for all numbers of parties and any randomness; [`Rounding::Dithered`]
    /// saves rounds.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`], with the largest value, for a number of bits outside of its range.
    pub fn new(fraction: u32, bits: u32, rounding: Rounding) -> Result<Self> {
        if fraction > Self::MAX_FRACTION {
            return Err(ErrorKind::InvalidArgument.bound(Self::MAX_FRACTION.into()));
        }
        if !(fraction + 3..=64).contains(&bits) {
            return Err(ErrorKind::InvalidArgument.bound(64));
        }
        Ok(Self { fraction, bits, rounding })
    }

    /// Bits after the binary point.
    #[must_use]
    pub const fn fraction(&self) -> u32 {
        self.fraction
    }

    /// Bits that a comparison opens.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.bits
    }

    /// How a product loses its additional fraction bits.
    #[must_use]
    pub const fn rounding(&self) -> Rounding {
        self.rounding
    }

    /// All words are below this: 2^(`bits` - 2).
    #[must_use]
    pub const fn limit(&self) -> i64 {
        1 << (self.bits - 2)
    }

    /// The words of numbers; they are not shares.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFinite`] for NaN and infinities, [`ErrorKind::OutOfRange`] for a magnitude of [`Format::limit`] or above;
    /// [`ErrorKind::InvalidLength`] unless both slices have the same length.
    pub fn encode(&self, numbers: &[f64], out: &mut [u64]) -> Result<()> {
        self.residues()?.encode_f64(numbers, out)?;
        let limit = self.limit().unsigned_abs();
        // One flag for the whole vector: only whether it is accepted shows.
        let beyond = out.iter().fold(0, |beyond, word| {
            let magnitude = (word ^ (word >> 63).wrapping_neg()).wrapping_add(word >> 63);
            beyond | (magnitude >> (self.bits - 2))
        });
        if beyond == 0 {
            return Ok(());
        }
        out.fill(0);
        Err(ErrorKind::OutOfRange.bound(limit))
    }

    /// The numbers of words that were opened.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] unless both slices have the same length.
    pub fn decode(&self, words: &[u64], out: &mut [f64]) -> Result<()> {
        self.residues()?.decode_f64(words, out)
    }

    /// The number of fraction bits, if it is among those for which the functions are made.
    pub(super) fn function_fraction(&self) -> Result<u32> {
        if matches!(self.fraction, 11..=24) { Ok(self.fraction) } else { Err(ErrorKind::InvalidArgument.bound(24)) }
    }

    /// Two parties: no magnitude of 2^62 or more.
    fn residues(&self) -> Result<FixedPoint> {
        let fraction = i8::try_from(self.fraction).map_err(|_| ErrorKind::InvalidArgument)?;
        FixedPoint::new(Bits::new(64)?, fraction, 2)
    }
}
