//! Narrow Gaussians: one draw of the table of magnitudes a sample, and a sign. Nothing is rejected.
//!
//! A batch of the stream: 256 little-endian words of 32 bits, whose lowest bit is the sign and whose others are the first 31 bits of the draw; then 4 of 128
//! bits, whose upper 97 complete the draws of the undecided samples in their order.

use crate::ct::Masks;

use super::table::Table;
use super::undecided::{SLOTS, UNDECIDED, at, bitmap, take_first};
use super::{BATCH, lanes};

const DRAWS: usize = 4 * BATCH;

/// Bytes of a batch.
pub(super) const SIZE: usize = DRAWS + 16 * SLOTS;

/// Samples of one batch.
#[allow(clippy::cast_possible_truncation, reason = "single bits")]
pub(super) fn sample(table: &Table, bytes: &[u8; SIZE], noise: &mut [i32; BATCH]) {
    let masks = Masks::new();
    let (draws, completions) = bytes.split_at(DRAWS);
    let mut marks = [0; BATCH];
    let outputs =
        noise.as_chunks_mut::<{ lanes::COUNT }>().0.iter_mut().zip(marks.as_chunks_mut::<{ lanes::COUNT }>().0);
    for (draws, (noise, marks)) in lanes::groups(draws).zip(outputs) {
        let (magnitudes, undecided) = table.quick(&draws);
        for lane in 0..lanes::COUNT {
            noise[lane] = lanes::signed(magnitudes[lane], draws[lane] & 1, masks);
            marks[lane] = UNDECIDED * undecided[lane] as u8;
        }
    }
    let mut undecided = bitmap(&marks, UNDECIDED);
    for completion in completions.as_chunks().0 {
        let position = take_first(&mut undecided, masks);
        let mut draw = 0;
        for (index, word) in (0..).zip(lanes::words(bytes)) {
            draw |= word & at(index, position, masks);
        }
        let magnitude = table.exact(u128::from(draw >> 1) << 97 | u128::from_le_bytes(*completion) >> 31);
        let exact = lanes::signed(magnitude, draw & 1, masks);
        for (index, noise) in (0..).zip(noise.iter_mut()) {
            *noise ^= (*noise ^ exact) & at(index, position, masks).cast_signed();
        }
    }
}
