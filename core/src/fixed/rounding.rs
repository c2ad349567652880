//! Exact rounding to fixed point in integer arithmetic: shifts, masks and additions only.

use super::FixedPoint;
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

/// An IEEE 754 binary interchange format.
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
                // 1 for normal numbers; subnormal ones have the exponent of the smallest normal ones.
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

/// 2^`exponent` for the exponents of normal double-precision numbers.
pub(super) const fn power_of_two(exponent: i32) -> f64 {
    debug_assert!(exponent > -1023 && exponent < 1024);
    f64::from_bits(((exponent + 1023).cast_unsigned() as u64) << 52)
}

/// Zero if every value can be encoded.
pub(super) fn refused<F: Float>(format: &FixedPoint, values: &[F]) -> u64 {
    values.iter().fold(0, |refused, value| refused | round(format, *value).1)
}

/// Writes the residues of values that can all be encoded.
pub(super) fn write<F: Float, L: Lane>(format: &FixedPoint, values: &[F], out: &mut [L]) {
    for (residue, value) in out.iter_mut().zip(values) {
        *residue = L::from_u128(round(format, *value).0);
    }
}

/// Why a value cannot be encoded.
pub(super) fn refusal_vartime<F: Float>(format: &FixedPoint, value: F) -> Option<Refusal> {
    if value.parts().not_finite != 0 {
        return Some(Refusal::NotFinite);
    }
    (round(format, value).1 != 0).then_some(Refusal::OutOfRange)
}

/// The integer nearest to x * 2^f, ties to even, mod 2^128; and a flag that is not zero if it is out of range or x not finite.
#[inline(always)]
fn round<F: Float>(format: &FixedPoint, value: F) -> (u128, u64) {
    let Parts { sign, significand, exponent, not_finite } = value.parts();
    let shift = exponent + i32::from(format.fraction);

    // A shift to the left is only ever one of normal numbers, so beyond 127 - PRECISION the result is 2^127 or more. A shift to the right
    // by 54 gives less than a half.
    let most_left = 127 - F::PRECISION;
    let too_large = is_negative(most_left - shift);
    let left = at_most(at_least_zero(shift), most_left).cast_unsigned();
    let right = at_most(at_least_zero(-shift), 54).cast_unsigned();

    let rounded = round_shift(significand, right);
    let magnitude = shift_left(u128::from(rounded), left);
    let too_large = too_large | is_above(magnitude, format.limit);
    (with_sign(magnitude, sign), too_large | not_finite)
}

/// The integer nearest to `value` / 2^`right`, ties to even; `right` is at most 54 and `value` below 2^54.
#[inline(always)]
fn round_shift(value: u64, right: u32) -> u64 {
    // 2^right - 1, in the same steps as the shifts so that no secret reaches a variable shift of a software routine.
    let mask = shift_left_u64(1, right) - 1;
    let odd = shift_right_u64(value, right) & mask & 1;
    shift_right_u64(value + (mask >> 1) + odd, right)
}

macro_rules! barrel {
    ($name:ident, $word:ty, $shift:tt, $steps:literal) => {
        /// A shift by a secret distance, in steps of fixed distances: software routines for double words branch on the distance.
        #[inline(always)]
        fn $name(mut value: $word, distance: u32) -> $word {
            let mut step = 0;
            while step < $steps {
                let mask = <$word>::from((distance >> step) & 1).wrapping_neg();
                value ^= (value ^ (value $shift (1u32 << step))) & mask;
                step += 1;
            }
            value
        }
    };
}

barrel!(shift_left_u64, u64, <<, 6);
barrel!(shift_right_u64, u64, >>, 6);
barrel!(shift_left, u128, <<, 7);

/// 1 if `value` > `limit`, else 0, both being below 2^127... 2^128 apart at most.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "one bit")]
fn is_above(value: u128, limit: u128) -> u64 {
    (limit.wrapping_sub(value) >> 127) as u64
}

#[inline(always)]
const fn is_negative(value: i32) -> u64 {
    (value.cast_unsigned() >> 31) as u64
}

#[inline(always)]
const fn at_least_zero(value: i32) -> i32 {
    value & !(value >> 31)
}

#[inline(always)]
const fn at_most(value: i32, most: i32) -> i32 {
    let excess = value - most;
    most + (excess & (excess >> 31))
}

/// `magnitude` or, where `sign` is 1, its negative mod 2^128.
#[inline(always)]
fn with_sign(magnitude: u128, sign: u64) -> u128 {
    let mask = u128::from(sign).wrapping_neg();
    (magnitude ^ mask).wrapping_sub(mask)
}

/// The integer nearest to `magnitude` * 2^`shift`, ties to even, and 1 if it is above `limit` (else 0), the integer being unspecified then.
///
/// Constant time in the magnitude, which is at most 2^127; the shift, which is public, is at least -120 and at most 120.
#[inline(always)]
pub(super) fn scale_integer(magnitude: u128, shift: i8, limit: u128) -> (u128, u64) {
    let distance = u32::from(shift.unsigned_abs());
    if shift >= 0 {
        (magnitude << distance, is_above(magnitude, limit >> distance))
    } else {
        let mask = (1u128 << distance) - 1;
        let odd = (magnitude >> distance) & 1;
        let rounded = (magnitude + (mask >> 1) + odd) >> distance;
        (rounded, is_above(rounded, limit))
    }
}

/// Zero if every integer can be encoded.
pub(super) fn refused_integers<I: Copy + Into<i64>>(format: &FixedPoint, values: &[I]) -> u64 {
    values.iter().fold(0, |refused, value| refused | round_integer(format, (*value).into()).1)
}

/// Writes the residues of integers that can all be encoded.
pub(super) fn write_integers<I: Copy + Into<i64>, L: Lane>(format: &FixedPoint, values: &[I], out: &mut [L]) {
    for (residue, value) in out.iter_mut().zip(values) {
        *residue = L::from_u128(round_integer(format, (*value).into()).0);
    }
}

#[inline(always)]
fn round_integer(format: &FixedPoint, value: i64) -> (u128, u64) {
    let sign = value.cast_unsigned() >> 63;
    let magnitude = (value.cast_unsigned() ^ sign.wrapping_neg()).wrapping_add(sign);
    let (magnitude, refused) = scale_integer(u128::from(magnitude), format.fraction, format.limit);
    (with_sign(magnitude, sign), refused)
}
