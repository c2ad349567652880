//! Which proposals of a batch need more bits: found, read and written back without an address or a branch that depends on them.

use crate::ct::Masks;

use super::BATCH;
use super::lanes::{self, Row};

/// Undecided proposals of a batch that are decided exactly. More than these come once in 2^94 batches.
pub(super) const SLOTS: usize = 4;

/// Marks of proposals: what happens to it, and whether that is certain.
pub(super) const ACCEPTED: u8 = 1;
pub(super) const UNDECIDED: u8 = 2;

/// One bit for each proposal of a batch.
pub(super) type Bitmap = [u64; BATCH >> 6];

/// The proposals with this mark.
pub(super) fn bitmap(marks: &[u8; BATCH], mark: u8) -> Bitmap {
    let mut words = [0; BATCH >> 6];
    for (word, marks) in words.iter_mut().zip(marks.as_chunks::<64>().0) {
        for (place, eight) in (0..).zip(marks.as_chunks::<8>().0) {
            let ones = u64::from_le_bytes(*eight) >> mark.trailing_zeros() & 0x0101_0101_0101_0101;
            // The product gathers one bit of each byte in the highest byte.
            *word |= ones.wrapping_mul(0x0102_0408_1020_4080) >> 56 << (8 * place);
        }
    }
    words
}

/// [`lanes::COUNT`] as a word.
const LANES: u32 = 16;
const _: () = assert!(LANES as usize == lanes::COUNT);

/// The position behind the batch.
const NOWHERE: u32 = 256;
const _: () = assert!(NOWHERE as usize == BATCH);

/// Takes the first proposal off the bitmap; where there is none, gives a position behind the batch.
pub(super) fn take_first(bitmap: &mut Bitmap, masks: Masks) -> u32 {
    let mut position = NOWHERE;
    let mut searching = u64::MAX;
    for (first, word) in (0..).step_by(64).zip(bitmap) {
        let lowest = *word & word.wrapping_neg();
        let found = masks.spread((*word | word.wrapping_neg()) >> 63) & searching;
        let here = masks.spread(lowest_bit(found));
        // Ones below the lowest bit, counted: not every machine counts zeros in constant time.
        let place = first + lowest.wrapping_sub(1).count_ones();
        position ^= (position ^ place) & here;
        *word ^= lowest & found;
        searching &= !found;
    }
    position
}

#[allow(clippy::cast_possible_truncation, reason = "one bit")]
const fn lowest_bit(word: u64) -> u32 {
    (word & 1) as u32
}

/// A secret position in a batch, or none: everything is read and written there, a row of lanes at a time.
pub(super) struct Place {
    row: u32,
    /// All ones in the lane of the position.
    lanes: Row,
    masks: Masks,
}

impl Place {
    pub(super) fn new(position: u32, masks: Masks) -> Self {
        let mut lanes = [0; lanes::COUNT];
        for (lane, mask) in (0..).zip(&mut lanes) {
            *mask = equal(lane, position & (LANES - 1), masks);
        }
        Self { row: position >> LANES.trailing_zeros(), lanes, masks }
    }

    /// The word there; zero if there is none.
    #[inline(always)]
    pub(super) fn read(&self, words: &[u32]) -> u32 {
        let mut row_there = [0; lanes::COUNT];
        for (index, row) in (0..).zip(lanes::rows(words)) {
            let here = equal(index, self.row, self.masks);
            for (there, word) in row_there.iter_mut().zip(row) {
                *there |= word & here;
            }
        }
        row_there.iter().zip(self.lanes).fold(0, |found, (word, lane)| found | word & lane)
    }

    /// Puts the sample there.
    #[inline(always)]
    pub(super) fn write(&self, noise: &mut [i32; BATCH], sample: i32) {
        for (index, row) in (0..).zip(noise.as_chunks_mut::<{ lanes::COUNT }>().0) {
            let here = equal(index, self.row, self.masks);
            for (noise, lane) in row.iter_mut().zip(self.lanes) {
                *noise ^= (*noise ^ sample) & (here & lane).cast_signed();
            }
        }
    }
}

/// All ones if the indices are equal, which are below 2^31.
#[inline(always)]
fn equal(a: u32, b: u32, masks: Masks) -> u32 {
    masks.spread((a ^ b).wrapping_sub(1) >> 31)
}

/// Writes a bit at the position, in constant time; nothing behind the batch.
pub(super) fn write_bit(bitmap: &mut Bitmap, position: u32, bit: u32, masks: Masks) {
    for (index, word) in (0..).zip(bitmap) {
        let here = masks.spread(u64::from(equal(index, position >> 6, masks) & 1));
        // A shift by a secret number of places below 64, one bit of the number at a time.
        let mut single = 1u64;
        for place in 0..6 {
            let mask = masks.spread(u64::from(position >> place & 1));
            single ^= (single ^ single << (1u32 << place)) & mask;
        }
        *word ^= (*word ^ masks.spread(u64::from(bit))) & single & here;
    }
}
