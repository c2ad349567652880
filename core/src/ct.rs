//! Constant-time comparison: the one module that touches `subtle`.
//!
//! What is compared does not show in the time taken; lengths do. `subtle` keeps the compiler from turning a flag back into a
//! branch on a best-effort basis, which the valgrind tests check on the binaries that are shipped.

use subtle::{Choice, ConstantTimeEq};

/// Whether `a` and `b` are the same bytes. Slices of different lengths differ; the lengths are public.
#[must_use]
pub fn eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Whether every byte is zero. An empty slice is.
#[must_use]
pub fn is_zero(bytes: &[u8]) -> bool {
    let union = bytes.iter().fold(0u8, |union, byte| union | byte);
    union.ct_eq(&0).into()
}

/// Whether `a` and `b` are the same word.
#[must_use]
pub fn eq_u64(a: u64, b: u64) -> bool {
    a.ct_eq(&b).into()
}

/// A word whose value the compiler may not reason about, so that arithmetic on a flag stays arithmetic.
#[must_use]
pub fn opaque(flag: u8) -> u8 {
    Choice::from(flag & 1).unwrap_u8()
}

/// Turns bits into masks: all ones for 1, zero for 0.
///
/// From the plain `0 - bit` a compiler sees that only two words are possible, and it may turn what follows into a branch between the
/// two outcomes. Here a constant takes part that it cannot know. Made once, it serves a whole vector and leaves loops vectorisable.
#[derive(Clone, Copy)]
pub(crate) struct Masks {
    one: u8,
}

impl Masks {
    pub(crate) fn new() -> Self {
        Self { one: opaque(1) }
    }

    /// The mask of a bit.
    #[inline(always)]
    pub(crate) fn spread<W: Word>(self, bit: W) -> W {
        bit.spread(W::from(self.one))
    }
}

/// A word that [`Masks`] makes masks of.
pub(crate) trait Word: Copy + From<u8> {
    /// (self ^ one) - one.
    #[must_use]
    fn spread(self, one: Self) -> Self;
}

macro_rules! word {
    ($($word:ty),*) => {$(
        impl Word for $word {
            #[inline(always)]
            fn spread(self, one: Self) -> Self {
                (self ^ one).wrapping_sub(one)
            }
        }
    )*};
}

word!(u32, u64, u128);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_that_of_slices() {
        assert!(eq(b"", b""));
        assert!(eq(b"mask", b"mask"));
        assert!(!eq(b"mask", b"masc"));
        assert!(!eq(b"mask", b"mas"));
        assert!(!eq(b"\0", b""));
    }

    #[test]
    fn every_bit_of_every_byte_counts() {
        for length in 1..40usize {
            for byte in 0..length {
                for bit in 0..8 {
                    let mut bytes = [0u8; 40];
                    bytes[byte] = 1 << bit;
                    assert!(!is_zero(&bytes[..length]));
                    assert!(!eq(&bytes[..length], &[0u8; 40][..length]));
                }
            }
        }
        assert!(is_zero(&[]));
        assert!(is_zero(&[0; 40]));
    }

    #[test]
    fn words_are_equal_in_all_bits() {
        assert!(eq_u64(1 << 63, 1 << 63));
        for bit in 0..64 {
            assert!(!eq_u64(1 << bit, 0));
        }
        assert_eq!((opaque(0), opaque(1)), (0, 1));
    }

    #[test]
    fn bits_become_masks() {
        let masks = Masks::new();
        assert_eq!((masks.spread(0u32), masks.spread(1u32)), (0, u32::MAX));
        assert_eq!((masks.spread(0u64), masks.spread(1u64)), (0, u64::MAX));
        assert_eq!((masks.spread(0u128), masks.spread(1u128)), (0, u128::MAX));
    }
}
