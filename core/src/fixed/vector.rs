//! Rounding in double precision, for formats whose integers stay below 2^51: a loop without branches that compilers vectorise.
//!
//! x * 2^f is exact, and adding 1.5 * 2^52 leaves its nearest integer, ties to even, in the low bits of the significand (the rounding of the
//! addition itself). Multiplying subnormal numbers takes longer on many processors, so inputs that are zero in the result anyway are
//! cleared first; then neither operands nor products are subnormal.

use super::FixedPoint;
use super::rounding::power_of_two;
use crate::ring::Lane;

/// Largest magnitude that this path serves. Below 2^51 the sum with 1.5 * 2^52 keeps its exponent; one bit is spare for the check.
pub(super) const LARGEST_LIMIT: u128 = 1 << 50;

/// 1.5 * 2^52: doubles of this exponent are the integers.
const SHIFTER: f64 = 6_755_399_441_055_744.0;

/// A type that converts to double precision exactly.
pub(super) trait Widen: Copy {
    /// The number, or zero if its magnitude is below 2^-126 (as all of these give 0 at every number of fraction bits up to 120).
    fn widen(self) -> f64;
}

impl Widen for f64 {
    #[inline(always)]
    fn widen(self) -> f64 {
        const SMALLEST: u64 = (1023 - 126) << 52;
        let bits = self.to_bits();
        let keep = if bits & (u64::MAX >> 1) < SMALLEST { 0 } else { u64::MAX };
        Self::from_bits(bits & keep)
    }
}

impl Widen for f32 {
    #[inline(always)]
    fn widen(self) -> f64 {
        const SMALLEST: u32 = 1 << 23;
        let bits = self.to_bits();
        let keep = if bits & (u32::MAX >> 1) < SMALLEST { 0 } else { u32::MAX };
        f64::from(Self::from_bits(bits & keep))
    }
}

/// Zero if every value can be encoded.
#[allow(clippy::cast_precision_loss, reason = "at most 2^50")]
#[allow(clippy::neg_cmp_op_on_partial_ord, reason = "NaN must count as refused")]
pub(super) fn refused<F: Widen>(format: &FixedPoint, values: &[F]) -> u64 {
    let scale = power_of_two(i32::from(format.fraction));
    let limit = format.limit as f64;
    let mut refused = 0u64;
    for value in values {
        // Beyond 2^51 the rounding is coarser, but the result stays far above any limit; NaN compares false.
        let rounded = (value.widen() * scale + SHIFTER) - SHIFTER;
        refused |= u64::from(!(rounded.abs() <= limit));
    }
    refused
}

/// Writes the residues of values that can all be encoded.
pub(super) fn write<F: Widen, L: Lane>(format: &FixedPoint, values: &[F], out: &mut [L]) {
    let scale = power_of_two(i32::from(format.fraction));
    for (residue, value) in out.iter_mut().zip(values) {
        let shifted = (value.widen() * scale + SHIFTER).to_bits().wrapping_sub(SHIFTER.to_bits());
        *residue = L::from_i64(shifted.cast_signed());
    }
}
