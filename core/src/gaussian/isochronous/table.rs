//! The cumulative table of a narrow Gaussian, looked up without a branch or an address that depends on the draw.

use crate::ct::Masks;
use crate::gaussian::exponential::precise;
use crate::gaussian::wide::quotient_vartime;

/// Magnitudes that a table knows: 0 to 53. For a standard deviation below 4 the rest has a probability below 2^-125.
const MAGNITUDES: usize = 54;

/// Most different heads: those below the last one end where the probability of what lies beyond falls below 2^-31, before 6.3 standard deviations.
const MAX_HEADS: usize = 28;

/// Which Gaussian a table is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// Magnitudes of N_Z(0, s^2): 0 once, the others twice.
    Folded,
    /// N_Z(0, s^2) where it is not negative.
    Cut,
}

/// For each magnitude the largest 128-bit draw that gives it.
#[derive(Clone, Debug)]
pub(super) struct Table {
    largest: [u128; MAGNITUDES],
    /// The first 31 bits of those, then a one, with the first bit flipped so that signed comparison orders them; up to the first that is as large as
    /// can be, which no draw is above.
    heads: [i32; MAX_HEADS],
    used: usize,
}

impl Table {
    /// The table for the standard deviation, below 4, whose densities fall at this rate ([`rate_vartime`]).
    ///
    /// Its statistical distance from the true distribution is below 2^-113: 54 weights, at most doubled, are off by less than 2^-120 each, in units of a sum
    /// above 1; what is cut off and the rounding of the quotients add less than 2^-120.
    ///
    /// [`rate_vartime`]: crate::gaussian::exponential::rate_vartime
    pub(super) fn new_vartime(rate: u128, half: Half) -> Self {
        let masks = Masks::new();
        let mut sums = [0u128; MAGNITUDES];
        let mut total = 0;
        for (magnitude, sum) in (0u64..).zip(&mut sums) {
            // 2^124 times the weight: the sum of all is at most 4 sqrt(2 pi) = 10.03.
            let weight = precise(rate, (magnitude * magnitude) << 32, masks) >> 3;
            total += if half == Half::Folded && magnitude > 0 { weight << 1 } else { weight };
            *sum = total;
        }
        let largest = sums.map(|sum| if sum < total { quotient_vartime(sum, total) - 1 } else { u128::MAX });
        let mut heads = [i32::MAX; MAX_HEADS];
        let mut used = 0;
        for (slot, largest) in heads.iter_mut().zip(largest) {
            *slot = key((largest >> 96) as u32);
            used += 1;
            if *slot == i32::MAX {
                break;
            }
        }
        Self { largest, heads, used }
    }

    /// The magnitudes that the upper 31 bits of these draws give, and 1 for those that further bits may change.
    #[inline(always)]
    pub(super) fn quick<const LANES: usize>(&self, draws: &[u32; LANES]) -> ([u32; LANES], [u32; LANES]) {
        let keys = draws.map(key);
        let (mut magnitudes, mut undecided) = ([0; LANES], [0; LANES]);
        for head in self.heads.iter().take(self.used) {
            for lane in 0..LANES {
                magnitudes[lane] += u32::from(keys[lane] > *head);
                undecided[lane] |= u32::from(keys[lane] == *head);
            }
        }
        (magnitudes, undecided)
    }

    /// The magnitude of a draw of 128 bits.
    pub(super) fn exact(&self, draw: u128) -> u32 {
        self.largest.iter().map(|largest| u32::from(draw > *largest)).sum()
    }

    #[cfg(test)]
    pub(super) fn largest(&self) -> &[u128] {
        &self.largest
    }

    #[cfg(test)]
    pub(super) fn heads(&self) -> &[i32] {
        &self.heads[..self.used]
    }
}

/// Orders words by their upper 31 bits.
#[inline(always)]
fn key(word: u32) -> i32 {
    ((word | 1) ^ 1 << 31).cast_signed()
}
