//! Narrow Gaussians: one draw of the table of magnitudes a sample, and a sign. Nothing is rejected.
//!
//! A batch of the stream, in words of 32 bits: 256 words, whose lowest bit is the sign and whose others are the first 31 bits of the draw; then 4 of four
//! words, lowest first, whose upper 97 bits complete the draws of the undecided samples in their order.

use crate::ct::Masks;

use super::table::Table;
use super::undecided::{Place, SLOTS, UNDECIDED, bitmap, take_first};
use super::{BATCH, lanes};

/// Words of a batch.
pub(super) const SIZE: usize = BATCH + 4 * SLOTS;

/// Samples of one batch.
#[allow(clippy::cast_possible_truncation, reason = "single bits")]
pub(super) fn sample(table: &Table, words: &[u32; SIZE], noise: &mut [i32; BATCH]) {
    let masks = Masks::new();
    let (draws, completions) = words.split_at(BATCH);
    let mut marks = [0; BATCH];
    let outputs = noise.as_chunks_mut::<{ lanes::COUNT }>().0.iter_mut().zip(marks.as_chunks_mut().0);
    for (draws, (noise, marks)) in lanes::rows(draws).iter().zip(outputs) {
        let (magnitudes, undecided) = table.quick(draws);
        let marks: &mut [u8; lanes::COUNT] = marks;
        for lane in 0..lanes::COUNT {
            noise[lane] = lanes::signed(magnitudes[lane], draws[lane] & 1, masks);
            marks[lane] = UNDECIDED * undecided[lane] as u8;
        }
    }
    let mut undecided = bitmap(&marks, UNDECIDED);
    for completion in completions.as_chunks().0 {
        let place = Place::new(take_first(&mut undecided, masks), masks);
        let draw = place.read(draws);
        let magnitude = table.exact(u128::from(draw >> 1) << 97 | lanes::joined(completion) >> 31);
        place.write(noise, lanes::signed(magnitude, draw & 1, masks));
    }
}
