//! A secret number as a mantissa and a power of two, exactly (docs/mpc.md section 9).

use alloc::vec::Vec;

use crate::error::Result;
use crate::mpc::correlation::Words;
use crate::mpc::engine::Party;
use crate::mpc::protocol::{Format, Indicators, Rounding, indicators, product, truncate};

/// Fraction bits of a mantissa.
pub(super) const MANTISSA: u32 = 30;

/// The octaves 2^k <= x < 2^(k + 1), of words, in which a value may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Octaves {
    /// The lowest k.
    lowest: u32,
    /// One above the highest k.
    end: u32,
    /// Whether -x may be in them as well.
    signed: bool,
}

impl Octaves {
    /// The highest 30, or all if there are fewer, of a format.
    pub(super) fn of(format: &Format, signed: bool) -> Self {
        let end = format.bits() - 2;
        Self { lowest: end.saturating_sub(MANTISSA), end, signed }
    }

    /// From `lowest` on.
    pub(super) fn from(format: &Format, lowest: u32) -> Self {
        Self { lowest, end: format.bits() - 2, signed: false }
    }

    /// The lowest k.
    pub(super) const fn lowest(self) -> u32 {
        self.lowest
    }

    /// Where octaves begin. Signed, -x is at least 2^k where x is below -2^k + 1.
    fn thresholds(self) -> Vec<i64> {
        let positive = (self.lowest + 1..self.end).map(|octave| 1i64 << octave);
        if !self.signed {
            return positive.collect();
        }
        let negative = (self.lowest + 1..self.end).rev().map(|octave| 1 - (1i64 << octave));
        negative.chain(core::iter::once(1)).chain(positive).collect()
    }

    /// A table with an entry for each octave, and its negative for that of -x.
    fn table(self, entry: impl Fn(u32) -> i64) -> Vec<i64> {
        let positive: Vec<i64> = (self.lowest..self.end).map(entry).collect();
        if !self.signed {
            return positive;
        }
        positive.iter().rev().map(|entry| -entry).chain(positive.iter().copied()).collect()
    }
}

/// x as mantissa and octave.
pub(super) struct Normalized {
    octaves: Octaves,
    found: Indicators,
    /// 2^(e - 1 - k), negative for negative x.
    pub(super) multiplier: Words,
    /// |x| / 2^(k + 1), in [1/2, 1), with [`MANTISSA`] fraction bits: exact where x has no more bits.
    pub(super) mantissa: Words,
}

impl Normalized {
    /// The e of the multiplier.
    pub(super) const fn exponent(octaves: Octaves) -> u32 {
        if octaves.end > MANTISSA { octaves.end } else { MANTISSA }
    }

    /// The entry of a public table that belongs to the octave. No communication.
    pub(super) fn look_up(&self, entry: impl Fn(u32) -> i64) -> Result<Words> {
        self.found.look_up(&self.octaves.table(entry))
    }
}

/// Finds mantissas. Rounds: those of [`indicators`] and 1, with one truncation more for formats of more than 32 bits. Bytes: indicators, with a
/// threshold less than there are octaves, and 16 or 24.
pub(super) async fn normalize(party: &Party, format: &Format, octaves: Octaves, x: &[u64]) -> Result<Normalized> {
    let exponent = Normalized::exponent(octaves);
    let found = indicators(party, format.bits(), x, &octaves.thresholds()).await?;
    let multiplier = found.look_up(&octaves.table(|octave| 1 << (exponent - 1 - octave)))?;
    let made = product(party, x, &multiplier).await?;
    // Down, for up could carry beyond what a truncation takes.
    let rounding = if format.rounding() == Rounding::Dithered { Rounding::Dithered } else { Rounding::Down };
    let mantissa = truncate(party, exponent - MANTISSA, rounding, &made).await?;
    Ok(Normalized { octaves, found, multiplier, mantissa })
}
