//! Exact rounding to fixed point in integer arithmetic: shifts, masks and additions only.

use super::FixedPoint;
use crate::ct::Masks;
use crate::ring::Lane;

/// Why a value cannot be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NotFinite,
    OutOfRange,
}

/// A float taken apart: (-1)^sign * significand * 2^exponent.
pub(super) struct Parts {
    sign: u64,
    significand: u64,
    exponent: i32,
    /// 1 for NaN and the infinities, else 0.
    not_finite: u64,
}

/// A binary interchange format of IEEE 754.
pub(super) trait Float: Copy {
    /// Bits of the significand, the implicit one included.
    const PRECISION: i32;

    fn parts(self) -> Parts;
}

macro_rules! float {
    ($float:ty, $precision:literal, $exponent_bits:literal) => {
        impl Float for $float {
            const PRECISION: i32 = $precision;

            #[inline(always)]
            fn parts(self) -> Parts {
                const BIAS: i32 = (1 << ($exponent_bits - 1)) - 1 + ($precision - 1);
                let bits = u64::from(self.to_bits());
                let biased = (bits >> ($precision - 1)) & ((1 << $exponent_bits) - 1);
                // 1 for normal numbers. The others have the exponent of the smallest normal ones and no implicit bit.
                let normal = (biased + ((1 << $exponent_bits) - 1)) >> $exponent_bits;
                let fraction = bits & ((1 << ($precision - 1)) - 1);
                #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "at most 11 bits")]
                let exponent = (biased + 1 - normal) as i32 - BIAS;
                Parts {
                    sign: bits >> ($precision - 1 + $exponent_bits),
                    significand: fraction | (normal << ($precision - 1)),
                    exponent,
                    not_finite: (biased + 1) >> $exponent_bits,
                }
            }
        }
    };
}

float!(f32, 24, 8);
float!(f64, 53, 11);

/// An unsigned word that holds magnitudes below half its range.
trait Magnitude: Copy {
    const BITS: i32;

    /// `significand`, of `precision` bits, moved up to just below the highest bit.
    fn raised(significand: u64, precision: i32) -> Self;

    /// The integer nearest to `self` / 2^`distance`, ties to even; the distance is below the bits of the word.
    fn round_shift(self, distance: u32, masks: Masks) -> Self;

    /// The word where `bit` is 1, zero where it is 0.
    fn where_set(self, bit: u64, masks: Masks) -> Self;

    /// 1 if the word is above `limit`, else 0; both are below half the range.
    fn is_above(self, limit: u128) -> u64;

    /// The word or, where `sign` is 1, its negative, in a lane.
    fn residue<L: Lane>(self, sign: u64, masks: Masks) -> L;
}

/// A shift by a secret distance. Where one instruction does not do it, in steps of fixed distances: software routines branch on the distance.
macro_rules! shift {
    ($word:ty, $value:expr, $direction:tt, $distance:expr, $masks:expr) => {{
        let (mut value, distance): ($word, u32) = ($value, $distance);
        if cfg!(target_pointer_width = "64") {
            value $direction distance
        } else {
            let mut step = 0;
            while 1u32 << step < <$word>::BITS {
                let mask = $masks.spread(<$word>::from((distance >> step) & 1));
                value ^= (value ^ (value $direction (1u32 << step))) & mask;
                step += 1;
            }
            value
        }
    }};
}

macro_rules! magnitude {
    ($word:ty) => {
        #[allow(
            trivial_numeric_casts,
            clippy::cast_possible_truncation,
            clippy::cast_lossless,
            clippy::cast_possible_wrap,
            reason = "one macro for both widths; limits of a format of up to 64 bits fit 64 bits"
        )]
        impl Magnitude for $word {
            const BITS: i32 = <$word>::BITS as i32;

            #[inline(always)]
            fn raised(significand: u64, precision: i32) -> Self {
                (significand as Self) << (<Self as Magnitude>::BITS - 1 - precision)
            }

            #[inline(always)]
            fn round_shift(self, distance: u32, masks: Masks) -> Self {
                let mask = !shift!($word, Self::MAX, <<, distance, masks);
                let half = mask ^ (mask >> 1);
                let floor_of_half_more = shift!($word, self + half, >>, distance, masks);
                // If what is cut off is one half exactly, the result is the even neighbour.
                let beside_half = (self & mask) ^ half;
                let is_half = 1 ^ ((beside_half | beside_half.wrapping_neg()) >> (Self::BITS - 1));
                floor_of_half_more & !(masks.spread(is_half) & mask & 1)
            }

            #[inline(always)]
            fn where_set(self, bit: u64, masks: Masks) -> Self {
                self & masks.spread(bit as Self)
            }

            #[inline(always)]
            fn is_above(self, limit: u128) -> u64 {
                ((limit as Self).wrapping_sub(self) >> (Self::BITS - 1)) as u64
            }

            #[inline(always)]
            fn residue<L: Lane>(self, sign: u64, masks: Masks) -> L {
                let mask = masks.spread(sign as Self);
                // The sign is extended to the lane, of which a format of up to 64 bits uses no more than 64.
                L::from_u128((self ^ mask).wrapping_sub(mask) as u128)
            }
        }
    };
}

magnitude!(u64);
magnitude!(u128);

/// 2^`exponent`, for the exponents of normal double-precision numbers.
pub(super) const fn power_of_two(exponent: i32) -> f64 {
    debug_assert!(exponent > -1023 && exponent < 1024);
    f64::from_bits(((exponent + 1023).cast_unsigned() as u64) << 52)
}

/// Zero if every value can be encoded.
pub(super) fn refused<F: Float>(format: &FixedPoint, values: &[F]) -> u64 {
    fn any<M: Magnitude, F: Float>(format: &FixedPoint, values: &[F]) -> u64 {
        let masks = Masks::new();
        values.iter().fold(0, |refused, value| refused | round::<M>(format, value.parts(), F::PRECISION, masks).1)
    }
    if format.bits.get() <= 64 { any::<u64, F>(format, values) } else { any::<u128, F>(format, values) }
}

/// Writes the residues of values that can all be encoded.
pub(super) fn write<F: Float, L: Lane>(format: &FixedPoint, values: &[F], out: &mut [L]) {
    fn all<M: Magnitude, F: Float, L: Lane>(format: &FixedPoint, values: &[F], out: &mut [L]) {
        let masks = Masks::new();
        for (residue, value) in out.iter_mut().zip(values) {
            let parts = value.parts();
            let sign = parts.sign;
            *residue = round::<M>(format, parts, F::PRECISION, masks).0.residue(sign, masks);
        }
    }
    if L::BYTES <= 8 { all::<u64, F, L>(format, values, out) } else { all::<u128, F, L>(format, values, out) }
}

/// Why a value cannot be encoded.
pub(super) fn refusal_vartime<F: Float>(format: &FixedPoint, value: F) -> Option<Refusal> {
    if value.parts().not_finite != 0 {
        return Some(Refusal::NotFinite);
    }
    (refused(format, &[value]) != 0).then_some(Refusal::OutOfRange)
}

/// The magnitude of the integer nearest to x * 2^f, ties to even; and a flag that is 1 if it is out of range or x is not finite, when the magnitude
/// means nothing.
#[cfg_attr(target_pointer_width = "64", inline(always))]
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
fn round<M: Magnitude>(format: &FixedPoint, parts: Parts, precision: i32, masks: Masks) -> (M, u64) {
    // The significand is moved to the top of the word and down again, so that a single shift depends on the value.
    let top = M::BITS - 1 - precision;
    let distance = top - (parts.exponent + i32::from(format.fraction));
    // From one word's length on less than a half is left. Only normal numbers, whose highest bit is set, have a negative distance: with it
    // they are half the word's range or more.
    let in_word = is_negative(distance - M::BITS);
    let too_large = is_negative(distance);
    let distance = at_most(at_least_zero(distance, masks), M::BITS - 1, masks).cast_unsigned();
    let magnitude = M::raised(parts.significand, precision).where_set(in_word, masks).round_shift(distance, masks);
    (magnitude, magnitude.is_above(format.limit) | too_large | parts.not_finite)
}

#[inline(always)]
const fn is_negative(value: i32) -> u64 {
    sign_bit(value) as u64
}

#[inline(always)]
const fn sign_bit(value: i32) -> u32 {
    value.cast_unsigned() >> 31
}

#[inline(always)]
fn at_least_zero(value: i32, masks: Masks) -> i32 {
    value & !masks.spread(sign_bit(value)).cast_signed()
}

#[inline(always)]
fn at_most(value: i32, most: i32, masks: Masks) -> i32 {
    let excess = value - most;
    most + (excess & masks.spread(sign_bit(excess)).cast_signed())
}

/// The integer nearest to `magnitude` * 2^`shift`, ties to even, and 1 if it is above `limit` (else 0), when the integer means nothing.
///
/// Constant time in the magnitude, which is at most 2^127. The shift is public and from -120 to 120.
#[inline(always)]
pub(super) fn scale_integer(magnitude: u128, shift: i8, limit: u128) -> (u128, u64) {
    let distance = u32::from(shift.unsigned_abs());
    if shift >= 0 {
        return (magnitude << distance, is_above(magnitude, limit >> distance));
    }
    let mask = (1u128 << distance) - 1;
    let odd = (magnitude >> distance) & 1;
    let rounded = (magnitude + (mask >> 1) + odd) >> distance;
    (rounded, is_above(rounded, limit))
}

/// 1 if `value` > `limit`, else 0, for values up to 2^127 and limits below that.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "one bit")]
const fn is_above(value: u128, limit: u128) -> u64 {
    (limit.wrapping_sub(value) >> 127) as u64
}

/// Zero if every integer can be encoded.
pub(super) fn refused_integers<I: Copy + Into<i64>>(format: &FixedPoint, values: &[I]) -> u64 {
    let masks = Masks::new();
    values.iter().fold(0, |refused, value| refused | round_integer(format, (*value).into(), masks).1)
}

/// Writes the residues of integers that can all be encoded.
pub(super) fn write_integers<I: Copy + Into<i64>, L: Lane>(format: &FixedPoint, values: &[I], out: &mut [L]) {
    let masks = Masks::new();
    for (residue, value) in out.iter_mut().zip(values) {
        *residue = L::from_u128(round_integer(format, (*value).into(), masks).0);
    }
}

/// The integer nearest to `value` * 2^f mod 2^128, and 1 if it is out of range (else 0).
#[cfg_attr(target_pointer_width = "64", inline(always))]
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
fn round_integer(format: &FixedPoint, value: i64, masks: Masks) -> (u128, u64) {
    let sign = value.cast_unsigned() >> 63;
    let mask = masks.spread(sign);
    let magnitude = (value.cast_unsigned() ^ mask).wrapping_sub(mask);
    let (magnitude, refused) = scale_integer(u128::from(magnitude), format.fraction, format.limit);
    let mask = masks.spread(u128::from(sign));
    ((magnitude ^ mask).wrapping_sub(mask), refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::Bits;

    /// Rounding by the definition; `None` beyond the limit.
    fn by_division(x: f64, format: &FixedPoint) -> Option<i128> {
        let parts = x.parts();
        let (significand, power) = (u128::from(parts.significand), parts.exponent + i32::from(format.fraction));
        let magnitude = match power {
            _ if significand == 0 => 0,
            0..=74 => significand << power,
            75.. => return None,
            -100..0 => {
                let (whole, rest) = (significand >> -power, significand & !(u128::MAX << -power));
                let half = 1u128 << (-power - 1);
                whole + u128::from(rest > half || (rest == half && whole & 1 == 1))
            }
            _ => 0,
        };
        let magnitude = i128::try_from(magnitude).ok().filter(|_| magnitude <= format.limit)?;
        Some(if x < 0.0 { -magnitude } else { magnitude })
    }

    fn check<L: Lane>(format: &FixedPoint, x: f64) {
        let expected = by_division(x, format);
        assert_eq!(refused(format, &[x]) == 0, expected.is_some(), "{x:e} in {format:?}");
        if let Some(expected) = expected {
            let mut out = [L::default()];
            write(format, &[x], &mut out);
            assert_eq!(out[0], L::from_u128(expected.cast_unsigned()), "{x:e} in {format:?}");
        }
    }

    /// Every distance of the shift in both words, for significands that are ties, their neighbours, and all ones. On targets of 32 bits these are
    /// the shifts in steps.
    #[test]
    fn every_distance_rounds_to_nearest_even() {
        let significands = [0, 1, 1 << 51, 3 << 50, (1 << 51) + 1, (1 << 52) - 1, 0x5_5555_5555_5555, 1 << 20];
        let narrow = FixedPoint::new(Bits::new(64).unwrap(), 0, 1).unwrap();
        let wide = FixedPoint::new(Bits::new(128).unwrap(), 0, 1).unwrap();
        for exponent in (-70i32..=130).step_by(if cfg!(miri) { 7 } else { 1 }) {
            for significand in significands {
                let bits = u64::from((1023 + exponent).cast_unsigned()) << 52 | significand;
                for x in [f64::from_bits(bits), -f64::from_bits(bits)] {
                    check::<u64>(&narrow, x);
                    check::<u128>(&wide, x);
                }
            }
        }
        for x in [0.0, -0.0, 5e-324, f64::MIN_POSITIVE, f64::MAX, 0.5, 1.5, 2.5, -2.5] {
            check::<u64>(&narrow, x);
            check::<u128>(&wide, x);
        }
    }

    #[test]
    fn what_is_not_finite_is_said_so() {
        let format = FixedPoint::new(Bits::new(20).unwrap(), 0, 1).unwrap();
        for (single, refusal) in [
            (f32::NAN, Some(Refusal::NotFinite)),
            (-f32::INFINITY, Some(Refusal::NotFinite)),
            (f32::MAX, Some(Refusal::OutOfRange)),
            (524_287.5, Some(Refusal::OutOfRange)),
            (524_287.4, None),
            (1e-45, None),
        ] {
            assert_eq!(refusal_vartime(&format, single), refusal, "{single:e}");
            assert_eq!(refusal_vartime(&format, f64::from(single)), refusal);
        }
    }

    #[test]
    fn integers_are_scaled_to_nearest_even() {
        for (magnitude, shift, scaled) in [
            (5, 0, 5),
            (5, 3, 40),
            (5, -1, 2),
            (7, -1, 4),
            (6, -2, 2),
            (7, -3, 1),
            (1 << 127, -120, 128),
            (1 << 127, -64, 1 << 63),
        ] {
            assert_eq!(scale_integer(magnitude, shift, u128::MAX >> 1), (scaled, 0));
        }
        // Just within and just beyond a limit.
        assert_eq!(scale_integer(3, 4, 48).1, 0);
        assert_eq!(scale_integer(3, 4, 47).1, 1);
        assert_eq!(scale_integer(97, -1, 48).1, 0);
        assert_eq!(scale_integer(99, -1, 49).1, 1);
        assert_eq!(scale_integer(1 << 63, 120, u128::MAX >> 1).1, 1);
    }
}
