//! Wide Gaussians: a narrow one stretched by k = 2^l, its gaps filled uniformly, and the shape put right by rejection.
//!
//! A proposal is y = k x + u with x from the table of N_Z(0, s^2) cut at 0, s = sigma / k, and u uniform below k. It is accepted with probability
//! exp(-(y^2 / (2 sigma^2) - x^2 / (2 s^2))) = 2^-(log2(e) / (2 s^2) * t (t + 2 x)), t = u / k; so y has density proportional to exp(-y^2 / (2 sigma^2))
//! for y >= 0. A random sign follows, and -0 is rejected (Ducas, Durmus, Lepoint, Lyubashevsky, CRYPTO 2013; made exact here: k is a power of
//! two, so that u is, and s is whatever sigma / k is). Of all proposals s sqrt(2 pi) / (1 + s sqrt(2 pi)) are accepted, at least 5 of 6.
//!
//! A batch of the stream, in words of 32 bits: 256 as in `direct`, for x and the sign; 128 whose halves have u in their first l bits, the lower halves
//! for the first 128 proposals and the upper ones for the others; 256 with the first bits of the number that is compared with the probability; then, for each of
//! the 4 undecided proposals in their order, twice four words, lowest first, whose upper 97 bits complete the draw of x and whose upper 95 complete that number.

use crate::ct::Masks;
use crate::gaussian::exponential::{QUICK_ERROR, RATE_BITS, precise, quick};

use super::BATCH;
use super::lanes::{self, Row};
use super::table::Table;
use super::undecided::{ACCEPTED, Bitmap, Place, SLOTS, UNDECIDED, bitmap, take_first, write_bit};

/// Words with two fillings each.
const FILLINGS: usize = BATCH >> 1;

/// Half a batch.
const HALF: u32 = 128;
const _: () = assert!(HALF as usize == FILLINGS);

/// Words of a batch.
pub(super) const SIZE: usize = BATCH + FILLINGS + BATCH + 8 * SLOTS;

/// How the narrow Gaussian becomes the wide one.
#[derive(Clone, Debug)]
pub(super) struct Combination {
    /// log2(e) / (2 s^2) times 2^126.
    rate: u128,
    /// The same times 2^34, to nearest: below 2^32, as s is at least 2.
    quick_rate: u64,
    /// log2 of k, 1 to 16.
    log2_stretch: u32,
}

/// What a batch says about one proposal.
struct Words {
    draw: u32,
    filling: u32,
    number: u32,
}

impl Combination {
    pub(super) const fn new(rate: u128, log2_stretch: u32) -> Self {
        let shift = RATE_BITS - 34;
        #[allow(clippy::cast_possible_truncation, reason = "below 2^32")]
        let quick_rate = ((rate + (1 << (shift - 1))) >> shift) as u64;
        Self { rate, quick_rate, log2_stretch }
    }

    #[cfg(test)]
    pub(super) const fn rate(&self) -> u128 {
        self.rate
    }

    #[cfg(test)]
    pub(super) const fn quick_rate(&self) -> u64 {
        self.quick_rate
    }

    #[cfg(test)]
    pub(super) const fn log2_stretch(&self) -> u32 {
        self.log2_stretch
    }

    /// Proposals of one batch, and which of them are accepted.
    pub(super) fn propose(&self, table: &Table, words: &[u32; SIZE], noise: &mut [i32; BATCH]) -> Bitmap {
        let masks = Masks::new();
        let (draws, rest) = words.split_at(BATCH);
        let (fillings, rest) = rest.split_at(FILLINGS);
        let (numbers, completions) = rest.split_at(BATCH);
        let mut marks = [0; BATCH];
        let filling_rows =
            [0, 16].into_iter().flat_map(|shift| lanes::rows(fillings).iter().map(move |row| (row, shift)));
        let inputs = lanes::rows(draws).iter().zip(filling_rows).zip(lanes::rows(numbers));
        let outputs = noise.as_chunks_mut::<{ lanes::COUNT }>().0.iter_mut();
        let outputs = outputs.zip(marks.as_chunks_mut::<{ lanes::COUNT }>().0);
        for (((draws, (fillings, shift)), numbers), (noise, marks)) in inputs.zip(outputs) {
            let fillings = fillings.map(|word| word >> shift);
            self.propose_quickly(table, [draws, &fillings, numbers], noise, marks, masks);
        }

        let mut accepted = bitmap(&marks, ACCEPTED);
        let mut undecided = bitmap(&marks, UNDECIDED);
        for completions in completions.as_chunks::<8>().0 {
            let position = take_first(&mut undecided, masks);
            let (place, half_further) = (Place::new(position, masks), Place::new(position ^ HALF, masks));
            let words = Words {
                draw: place.read(draws),
                filling: place.read(fillings) | half_further.read(fillings) >> 16,
                number: place.read(numbers),
            };
            let (exact, keep) = self.propose_exactly(table, &words, completions, masks);
            place.write(noise, exact);
            write_bit(&mut accepted, position, keep, masks);
        }
        accepted
    }

    /// Proposals with their marks, from the first bits of everything.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "single bits, and two of them")]
    fn propose_quickly(
        &self,
        table: &Table,
        [draws, fillings, numbers]: [&Row; 3],
        noise: &mut [i32; lanes::COUNT],
        marks: &mut [u8; lanes::COUNT],
        masks: Masks,
    ) {
        let (narrow, ambiguous) = table.quick(draws);
        for lane in 0..lanes::COUNT {
            let (part, reach) = self.place(narrow[lane], fillings[lane]);
            let probability = quick(self.quick_rate, reach.into(), part.into(), masks);
            let difference = u64::from(numbers[lane]).wrapping_sub(probability);
            // Numbers farther from the quick probability than its error are on the side on which they seem to be.
            let surely_below = difference.wrapping_add(QUICK_ERROR) >> 63;
            let perhaps_below = difference.wrapping_sub(QUICK_ERROR) >> 63;
            let magnitude = self.magnitude(narrow[lane], part);
            let sign = draws[lane] & 1;
            noise[lane] = lanes::signed(magnitude, sign, masks);
            let accepted = (difference >> 63) as u32 & !negative_zero(magnitude, sign);
            let undecided = (surely_below ^ perhaps_below) as u32 | ambiguous[lane];
            marks[lane] = (accepted | undecided << 1) as u8;
        }
    }

    /// A proposal and whether it is accepted, from all bits.
    fn propose_exactly(&self, table: &Table, words: &Words, completions: &[u32; 8], masks: Masks) -> (i32, u32) {
        let [draw, number] = [0, 4]
            .map(|first| core::array::from_fn(|index| completions[first + index]))
            .map(|words| lanes::joined(&words));
        let narrow = table.exact(u128::from(words.draw >> 1) << 97 | draw >> 31);
        let probability = self.probability(narrow, words.filling, masks);
        let number = u128::from(words.number) << 95 | number >> 33;
        let magnitude = self.magnitude(narrow, self.place(narrow, words.filling).0);
        let sign = words.draw & 1;
        let accepted = u32::from(number < probability) & !negative_zero(magnitude, sign);
        (lanes::signed(magnitude, sign, masks), accepted)
    }

    /// The probability, times 2^127, with which a proposal is accepted.
    pub(super) fn probability(&self, narrow: u32, filling: u32, masks: Masks) -> u128 {
        let (part, reach) = self.place(narrow, filling);
        precise(self.rate, u64::from(part) * u64::from(reach), masks)
    }

    /// t and t + 2 x in units of 2^-16.
    #[inline(always)]
    const fn place(&self, narrow: u32, filling: u32) -> (u32, u32) {
        let part = filling & (0xffff ^ 0xffff >> self.log2_stretch);
        (part, (narrow << 17) + part)
    }

    /// k x + u.
    #[inline(always)]
    const fn magnitude(&self, narrow: u32, part: u32) -> u32 {
        ((narrow << 16) + part) >> (16 - self.log2_stretch)
    }
}

/// 1 for a zero with the sign of a negative number: it would count zero twice.
#[inline(always)]
const fn negative_zero(magnitude: u32, sign: u32) -> u32 {
    magnitude.wrapping_sub(1) >> 31 & sign
}
