//! Words in rows that fill vector registers, whatever their width.

use crate::ct::Masks;

/// Values that are worked on together.
pub(super) const COUNT: usize = 16;

/// One word for each lane.
pub(super) type Row = [u32; COUNT];

/// The rows of a slice, whose length is a multiple of theirs.
#[inline(always)]
pub(super) fn rows(words: &[u32]) -> &[Row] {
    words.as_chunks().0
}

/// The magnitude, or its negative where the sign is 1.
#[inline(always)]
pub(super) fn signed(magnitude: u32, sign: u32, masks: Masks) -> i32 {
    (magnitude ^ masks.spread(sign)).wrapping_add(sign).cast_signed()
}

/// Four words as the number whose lowest 32 bits are the first.
pub(super) fn joined(words: &[u32; 4]) -> u128 {
    words.iter().rev().fold(0, |number, word| number << 32 | u128::from(*word))
}
