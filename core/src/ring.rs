//! Residues mod 2^b, for b from 1 to 128, in lanes of 32, 64 or 128 bits.
//!
//! A vector of residues lives in the narrowest lane type that holds b bits. Sums wrap in the lane; they are sums mod 2^b as
//! well, since 2^b divides the modulus of its lane. So accumulators stay unreduced, and only [`pack`], [`Lane::reduce`] and
//! [`center`] take residues mod 2^b.
//!
//! Everything here is constant time in the residues. Widths and lengths are public.

use core::fmt::Debug;

use zeroize::Zeroize;

use crate::error::{Error, ErrorKind, Result};

mod groups;
mod packing;

pub use packing::{add_packed, pack, packed_len, unpack};

/// The width b of a residue in bits, 1 to 128.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bits(u8);

impl Bits {
    /// The width `bits`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidWidth`], with the largest width as the bound, unless 1 <= `bits` <= 128.
    pub fn new(bits: u8) -> Result<Self> {
        if matches!(bits, 1..=128) { Ok(Self(bits)) } else { Err(ErrorKind::InvalidWidth.bound(128)) }
    }

    /// The number of bits.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The largest residue, 2^b - 1.
    #[must_use]
    pub const fn max_residue(self) -> u128 {
        u128::MAX >> (128 - self.0)
    }
}

impl TryFrom<u8> for Bits {
    type Error = Error;

    fn try_from(bits: u8) -> Result<Self> {
        Self::new(bits)
    }
}

/// Bytes of a lane for residues of this width: 4 up to 32 bits, 8 up to 64, 16 above.
#[must_use]
pub const fn lane_bytes(bits: Bits) -> usize {
    match bits.0 {
        0..=32 => 4,
        33..=64 => 8,
        _ => 16,
    }
}

/// Whether `L` is the lane type for residues of this width.
#[must_use]
pub const fn serves<L: Lane>(bits: Bits) -> bool {
    lane_bytes(bits) == L::BYTES
}

/// Refuses a lane type that does not serve the width.
pub(crate) fn check_lane<L: Lane>(bits: Bits) -> Result<()> {
    if serves::<L>(bits) { Ok(()) } else { Err(ErrorKind::InvalidWidth.into()) }
}

mod sealed {
    pub trait Sealed {}
}

/// An unsigned word that carries one residue: `u32`, `u64` or `u128`.
pub trait Lane:
    sealed::Sealed + groups::Groups + Copy + Default + Debug + Eq + Zeroize + Send + Sync + 'static
{
    /// Bytes of the lane.
    const BYTES: usize;
    /// Bits of the lane.
    const BITS: u8;

    /// Sum mod 2^[`Self::BITS`].
    #[must_use]
    fn wrapping_add(self, other: Self) -> Self;

    /// Difference mod 2^[`Self::BITS`].
    #[must_use]
    fn wrapping_sub(self, other: Self) -> Self;

    /// Takes the little-endian integers in `bytes` into the words, one after the other, as far as there are both.
    fn take_le_bytes(words: &mut [Self], bytes: &[u8], take: impl Fn(Self, Self) -> Self);

    /// `value` mod 2^[`Self::BITS`].
    #[must_use]
    fn from_u128(value: u128) -> Self;

    /// `value` mod 2^[`Self::BITS`], negative integers included.
    #[must_use]
    fn from_i64(value: i64) -> Self;

    /// The lane as an integer.
    #[must_use]
    fn to_u128(self) -> u128;

    /// The residue mod 2^b in 0 ... 2^b - 1. A width that is not below that of the lane changes nothing.
    #[must_use]
    fn reduce(self, bits: Bits) -> Self;
}

macro_rules! lane {
    ($word:ty, $signed:ty, $bits:literal) => {
        impl sealed::Sealed for $word {}

        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            clippy::cast_sign_loss,
            clippy::cast_lossless,
            trivial_numeric_casts,
            reason = "arithmetic mod 2^BITS is what these casts are for"
        )]
        impl Lane for $word {
            const BYTES: usize = $bits >> 3;
            const BITS: u8 = $bits;

            #[inline(always)]
            fn wrapping_add(self, other: Self) -> Self {
                <$word>::wrapping_add(self, other)
            }

            #[inline(always)]
            fn wrapping_sub(self, other: Self) -> Self {
                <$word>::wrapping_sub(self, other)
            }

            #[inline(always)]
            fn take_le_bytes(words: &mut [Self], bytes: &[u8], take: impl Fn(Self, Self) -> Self) {
                for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
                    *word = take(*word, Self::from_le_bytes(*bytes));
                }
            }

            #[inline(always)]
            fn from_u128(value: u128) -> Self {
                value as Self
            }

            #[inline(always)]
            fn from_i64(value: i64) -> Self {
                value as $signed as Self
            }

            #[inline(always)]
            fn to_u128(self) -> u128 {
                self as u128
            }

            #[inline(always)]
            fn reduce(self, bits: Bits) -> Self {
                let excess = <Self as Lane>::BITS.saturating_sub(bits.0);
                self & (Self::MAX >> excess)
            }
        }
    };
}

lane!(u32, i32, 32);
lane!(u64, i64, 64);
lane!(u128, i128, 128);

/// The integer in -2^(b-1) + 1 ... 2^(b-1) that is congruent to `value` mod 2^b.
///
/// At b = 128 the residue 2^127 has no such `i128`; it gives `i128::MIN`, which is congruent as well.
#[must_use]
pub fn center<L: Lane>(value: L, bits: Bits) -> i128 {
    let residue = value.to_u128() & bits.max_residue();
    let half = bits.max_residue() ^ (bits.max_residue() >> 1);
    // Bit b-1 of residue - 1 is set exactly for the residues above 2^(b-1); residue 0 borrows and is masked out by bit b-1 of residue.
    let above = residue & residue.wrapping_sub(1) & half;
    // Subtract 2^b = 2 * half where it applies; at b = 128 that is 0 mod 2^128 and the cast does the work.
    residue.wrapping_sub(above << 1).cast_signed()
}

/// [`center`] for widths below 64, without double words.
#[allow(clippy::cast_possible_truncation, reason = "lanes of widths below 64 fit 64 bits")]
pub(crate) fn center_below_64<L: Lane>(value: L, bits: Bits) -> i64 {
    debug_assert!(bits.0 < 64);
    let max_residue = bits.max_residue() as u64;
    let residue = value.to_u128() as u64 & max_residue;
    let above = residue & residue.wrapping_sub(1) & (max_residue ^ (max_residue >> 1));
    residue.wrapping_sub(above << 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(b: u8) -> Bits {
        Bits::new(b).unwrap()
    }

    #[test]
    fn widths_outside_1_to_128_are_refused() {
        for refused in [0, 129, 255] {
            assert_eq!(Bits::new(refused).unwrap_err().kind(), ErrorKind::InvalidWidth);
            assert!(Bits::try_from(refused).is_err());
        }
        for b in 1..=128 {
            assert_eq!(bits(b).get(), b);
        }
        assert_eq!(bits(1).max_residue(), 1);
        assert_eq!(bits(20).max_residue(), 0xf_ffff);
        assert_eq!(bits(128).max_residue(), u128::MAX);
    }

    #[test]
    fn every_width_has_one_lane_type() {
        for b in 1..=128 {
            let served = [serves::<u32>(bits(b)), serves::<u64>(bits(b)), serves::<u128>(bits(b))];
            assert_eq!(served.iter().filter(|served| **served).count(), 1);
            assert!(usize::from(b) <= 8 * lane_bytes(bits(b)));
        }
        assert!(
            serves::<u32>(bits(32)) && serves::<u64>(bits(33)) && serves::<u64>(bits(64)) && serves::<u128>(bits(65))
        );
    }

    /// All residues of the small widths, against the definition.
    #[test]
    fn center_is_the_representative_nearest_zero() {
        for b in 1..=if cfg!(miri) { 5 } else { 12u8 } {
            let modulus = 1i128 << b;
            for residue in 0..(1u32 << b) {
                let centered = center(residue, bits(b));
                assert!(-modulus / 2 < centered && centered <= modulus / 2);
                assert_eq!(centered.rem_euclid(modulus), i128::from(residue));
                assert_eq!(i128::from(center_below_64(residue, bits(b))), centered);
                // Bits above the width do not count.
                assert_eq!(center(residue | (u32::MAX << b), bits(b)), centered);
                assert_eq!(i128::from(center_below_64(u64::from(residue) | (u64::MAX << b), bits(b))), centered);
            }
        }
    }

    #[test]
    fn center_at_the_widest() {
        let half = 1u128 << 127;
        assert_eq!(center(u128::MAX, bits(128)), -1);
        assert_eq!(center(half - 1, bits(128)), i128::MAX);
        assert_eq!(center(half + 1, bits(128)), i128::MIN + 1);
        assert_eq!(center(half, bits(128)), i128::MIN);
        assert_eq!(center(1u128 << 126, bits(127)), 1i128 << 126);
        assert_eq!(center((1u128 << 126) + 1, bits(127)), -(1i128 << 126) + 1);
        assert_eq!(center(1u64 << 63, bits(64)), 1i128 << 63);
        assert_eq!(center((1u64 << 63) + 1, bits(64)), -(1i128 << 63) + 1);
    }

    #[test]
    fn lanes_convert_mod_their_size() {
        assert_eq!(u32::from_u128(0x1_2345_6789), 0x2345_6789);
        assert_eq!(u32::from_i64(-1), u32::MAX);
        assert_eq!(u128::from_i64(-2), u128::MAX - 1);
        let mut words = [5u64, 6, 7];
        u64::take_le_bytes(&mut words, &[1, 2, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 3], u64::wrapping_sub);
        assert_eq!(words, [5u64.wrapping_sub(0x201), 6u64.wrapping_sub(9 + (1 << 56)), 7]);
        u64::take_le_bytes(&mut words[..1], &[1; 16], |_, word| word);
        assert_eq!(words[0], 0x0101_0101_0101_0101);
        assert_eq!(0xffff_ffffu32.reduce(bits(20)), 0xf_ffff);
        assert_eq!(0xffff_ffffu32.reduce(bits(128)), 0xffff_ffff);
    }
}
