//! Randomised rounding of rotated coordinates, and the check of the norm.

use crate::ct::Masks;
use crate::error::Result;
use crate::prg::{Sign, StreamKey, Suite, add_stream};

/// Coordinates that are rounded at a time.
const BATCH: usize = 512;

/// Squared norms of the two roundings of a vector.
#[derive(Default)]
pub(super) struct Norms {
    random: u64,
    truncated: u64,
}

/// Which of the two roundings is released; all ones or zero, at most one of them not zero.
#[derive(Clone, Copy)]
pub(super) struct Selection {
    random: u64,
    truncated: u64,
}

impl Selection {
    /// Whether the random rounding is released: a public answer to a question about secrets.
    pub(super) const fn is_random_vartime(self) -> bool {
        self.random != 0
    }
}

impl Norms {
    /// Takes in the rotated coordinates from number `first` on.
    pub(super) fn add(&mut self, rounding: &Rounding<'_>, first: u64, rotated: &[i64]) -> Result<()> {
        rounding.each(first, rotated, |coordinate, addend| {
            let random = rounding.up_or_down(coordinate, addend);
            let truncated = rounding.toward_zero(coordinate);
            self.random = self.random.wrapping_add(random.wrapping_mul(random).cast_unsigned());
            self.truncated = self.truncated.wrapping_add(truncated.wrapping_mul(truncated).cast_unsigned());
        })
    }

    /// The random rounding if its squared norm is within the bound; else the truncated one, which is for every vector that was clipped; else nothing.
    pub(super) fn select(&self, bound: u64) -> Selection {
        let masks = Masks::new();
        // 1 where the norm is within the bound: the borrow of bound - norm is not set.
        let within = |norm: u64| 1 ^ (((!bound & norm) | ((!bound | norm) & bound.wrapping_sub(norm))) >> 63);
        let (random, truncated) = (masks.spread(within(self.random)), masks.spread(within(self.truncated)));
        Selection { random, truncated: truncated & !random }
    }
}

/// The rounding of one part: u becomes (u + r) >> shift with r uniform in [0, 2^shift), which is floor(u / 2^shift) or one more with the mean kept.
///
/// Element j of r is word j of the key's stream mod 2^shift.
pub(super) struct Rounding<'a> {
    pub(super) suite: Suite,
    pub(super) key: &'a StreamKey,
    pub(super) shift: u32,
}

impl Rounding<'_> {
    /// Replaces rotated coordinates by the rounding that was selected.
    pub(super) fn apply(&self, selection: Selection, first: u64, rotated: &mut [i64]) -> Result<()> {
        let mut words = [0u64; BATCH];
        for (batch, number) in rotated.chunks_mut(BATCH).zip(0u64..) {
            let words = self.addends(first + number * BATCH as u64, words.get_mut(..batch.len()))?;
            for (coordinate, addend) in batch.iter_mut().zip(words) {
                let random = self.up_or_down(*coordinate, *addend) & selection.random.cast_signed();
                *coordinate = random | (self.toward_zero(*coordinate) & selection.truncated.cast_signed());
            }
        }
        zeroize::Zeroize::zeroize(&mut words);
        Ok(())
    }

    fn each(&self, first: u64, rotated: &[i64], mut take: impl FnMut(i64, u64)) -> Result<()> {
        let mut words = [0u64; BATCH];
        for (batch, number) in rotated.chunks(BATCH).zip(0u64..) {
            let words = self.addends(first + number * BATCH as u64, words.get_mut(..batch.len()))?;
            for (coordinate, addend) in batch.iter().zip(words) {
                take(*coordinate, *addend);
            }
        }
        zeroize::Zeroize::zeroize(&mut words);
        Ok(())
    }

    fn addends<'w>(&self, first: u64, words: Option<&'w mut [u64]>) -> Result<&'w mut [u64]> {
        let words = words.unwrap_or_default();
        words.fill(0);
        add_stream(self.suite, self.key, Sign::Plus, first, words)?;
        let mask = (1u64 << self.shift) - 1;
        words.iter_mut().for_each(|word| *word &= mask);
        Ok(words)
    }

    #[inline(always)]
    fn up_or_down(&self, coordinate: i64, addend: u64) -> i64 {
        coordinate.wrapping_add(addend.cast_signed()) >> self.shift
    }

    #[inline(always)]
    fn toward_zero(&self, coordinate: i64) -> i64 {
        let below = (coordinate >> 63).cast_unsigned() & ((1u64 << self.shift) - 1);
        self.up_or_down(coordinate, below)
    }
}
