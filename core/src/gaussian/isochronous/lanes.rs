//! Reading words of the stream in groups that fit vector registers, whatever their width.

use crate::ct::Masks;

/// Values that are worked on together.
pub(super) const COUNT: usize = 16;

/// The little-endian words of 32 bits, as many as there are.
#[inline(always)]
pub(super) fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word))
}

/// The same in groups.
#[inline(always)]
pub(super) fn groups(bytes: &[u8]) -> impl Iterator<Item = [u32; COUNT]> {
    bytes.as_chunks::<{ 4 * COUNT }>().0.iter().map(|group| {
        let mut words = [0; COUNT];
        for (word, bytes) in words.iter_mut().zip(group.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        words
    })
}

/// The little-endian words of 16 bits, widened.
#[inline(always)]
pub(super) fn half_words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks().0.iter().map(|word| u16::from_le_bytes(*word).into())
}

/// The same in groups.
#[inline(always)]
pub(super) fn half_groups(bytes: &[u8]) -> impl Iterator<Item = [u32; COUNT]> {
    bytes.as_chunks::<{ 2 * COUNT }>().0.iter().map(|group| {
        let mut words = [0; COUNT];
        for (word, bytes) in words.iter_mut().zip(group.as_chunks().0) {
            *word = u16::from_le_bytes(*bytes).into();
        }
        words
    })
}

/// The magnitude, or its negative where the sign is 1.
#[inline(always)]
pub(super) fn signed(magnitude: u32, sign: u32, masks: Masks) -> i32 {
    (magnitude ^ masks.spread(sign)).wrapping_add(sign).cast_signed()
}
