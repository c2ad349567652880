//! Rounding in double precision, for formats whose integers stay within 2^62: loops without branches that compilers vectorise.
//!
//! x * 2^f is exact, and adding 1.5 * 2^52 to a number below 2^51 leaves its nearest integer, ties to even, in the low bits of the significand: the
//! rounding is that of the addition. Wider numbers are rounded in two parts, of which the upper one is a multiple of 2^32 and changes no tie.
//!
//! Operations on subnormal numbers take longer on many processors. Inputs that small are zero in the result, so they are cleared first; then no
//! operand and no result is subnormal.

use super::FixedPoint;
use super::rounding::power_of_two;
use crate::ct::Masks;
use crate::ring::Lane;

/// Largest limit that this path serves.
pub(super) const LARGEST_LIMIT: u128 = 1 << 62;

/// Largest limit that is served in one part; one bit is spare so that the check sees what is above.
const LARGEST_SMALL: u128 = 1 << 50;

/// 1.5 * 2^52: the doubles of its binade are integers.
const SHIFTER: f64 = 6_755_399_441_055_744.0;

/// Where numbers are cut in two parts.
const CUT: u32 = 32;

/// A type that converts to double precision exactly.
pub(super) trait Widen: Copy {
    /// The number, or zero if its magnitude is below 2^-126: times 2^120, the largest scale, that is far below a half.
    fn widen(self, masks: Masks) -> f64;
}

impl Widen for f64 {
    #[inline(always)]
    fn widen(self, masks: Masks) -> f64 {
        const SMALLEST: u64 = (1023 - 126) << 52;
        let bits = self.to_bits();
        // The difference is that of two words below 2^63: negative from the smallest on.
        let large = (SMALLEST - 1).wrapping_sub(bits & (u64::MAX >> 1)) >> 63;
        Self::from_bits(bits & masks.spread(large))
    }
}

impl Widen for f32 {
    #[inline(always)]
    fn widen(self, masks: Masks) -> f64 {
        const SMALLEST: u32 = 1 << 23;
        let bits = self.to_bits();
        let large = (SMALLEST - 1).wrapping_sub(bits & (u32::MAX >> 1)) >> 31;
        f64::from(Self::from_bits(bits & masks.spread(large)))
    }
}

/// Zero if every value can be encoded.
pub(super) fn refused<F: Widen>(format: &FixedPoint, values: &[F]) -> u64 {
    if format.limit <= LARGEST_SMALL {
        any_refused::<F, false>(format, values)
    } else {
        any_refused::<F, true>(format, values)
    }
}

/// Writes the residues of values that can all be encoded.
pub(super) fn write<F: Widen, L: Lane>(format: &FixedPoint, values: &[F], out: &mut [L]) {
    if format.limit <= LARGEST_SMALL {
        write_all::<F, L, false>(format, values, out)
    } else {
        write_all::<F, L, true>(format, values, out)
    }
}

#[inline(always)]
#[allow(clippy::neg_cmp_op_on_partial_ord, reason = "NaN is not below anything and counts as refused")]
#[allow(clippy::cast_precision_loss, reason = "exact up to 2^50, where it is used")]
fn any_refused<F: Widen, const WIDE: bool>(format: &FixedPoint, values: &[F]) -> u64 {
    let (scale, masks) = (power_of_two(i32::from(format.fraction)), Masks::new());
    let (limit, float_limit) = (i64::try_from(format.limit).unwrap_or(0), format.limit as f64);
    let mut refused = 0;
    for value in values {
        let number = value.widen(masks) * scale;
        if WIDE {
            let nearest = nearest::<true>(number);
            refused |= (limit.wrapping_sub(nearest) | limit.wrapping_add(nearest)).cast_unsigned() >> 63;
            // From here on the nearest integer means nothing.
            refused |= u64::from(!(number.abs() < power_of_two(62)));
        } else {
            // From 2^51 on this rounds to multiples of two and more, which are as far above the limit.
            let rounded = (number + SHIFTER) - SHIFTER;
            refused |= u64::from(!(rounded.abs() <= float_limit));
        }
    }
    refused
}

#[inline(always)]
fn write_all<F: Widen, L: Lane, const WIDE: bool>(format: &FixedPoint, values: &[F], out: &mut [L]) {
    let (scale, masks) = (power_of_two(i32::from(format.fraction)), Masks::new());
    for (residue, value) in out.iter_mut().zip(values) {
        *residue = L::from_i64(nearest::<WIDE>(value.widen(masks) * scale));
    }
}

/// The nearest integer, ties to even, of a number below 2^51 or, where `WIDE`, below 2^62.
#[inline(always)]
fn nearest<const WIDE: bool>(number: f64) -> i64 {
    if !WIDE {
        return low_bits(number + SHIFTER);
    }
    let upper = number * power_of_two(-(CUT.cast_signed())) + SHIFTER;
    // Exact: the rest has no bits below those of the number and is at most 2^31.
    let rest = number - (upper - SHIFTER) * power_of_two(CUT.cast_signed());
    (low_bits(upper) << CUT).wrapping_add(low_bits(rest + SHIFTER))
}

/// The integer in a sum with [`SHIFTER`].
#[inline(always)]
const fn low_bits(sum: f64) -> i64 {
    sum.to_bits().wrapping_sub(SHIFTER.to_bits()).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::super::rounding;
    use super::*;
    use crate::ring::Bits;
    use alloc::vec::Vec;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    /// Formats on both sides of the two limits: one part up to 2^50, two parts up to 2^62.
    const WIDTHS: [(u8, u32); 9] =
        [(2, 1), (20, 100), (51, 1), (52, 1), (53, 1), (60, 3), (63, 1), (64, 2), (64, 1 << 20)];

    /// The interpreter of Miri looks at a few of the exponents.
    const STRIDE: usize = if cfg!(miri) { 341 } else { 1 };

    fn check<F: Widen + rounding::Float + core::fmt::Debug>(format: &FixedPoint, values: &[F]) {
        for value in values {
            let fast = refused(format, &[*value]) == 0;
            assert_eq!(fast, rounding::refused(format, &[*value]) == 0, "{value:?} in {format:?}");
            if fast {
                let (mut quick, mut exact) = ([0u64], [1u64]);
                write(format, &[*value], &mut quick);
                rounding::write(format, &[*value], &mut exact);
                assert_eq!(quick, exact, "{value:?} in {format:?}");
            }
        }
        // One flag for all.
        let all = values.iter().all(|value| rounding::refused(format, &[*value]) == 0);
        assert_eq!(refused(format, values) == 0, all);
    }

    fn formats(fraction: i8) -> impl Iterator<Item = FixedPoint> {
        WIDTHS
            .iter()
            .filter_map(move |(bits, parties)| FixedPoint::new(Bits::new(*bits).unwrap(), fraction, *parties).ok())
    }

    /// Around every power of two of both float types: where exponents, ties, limits and the cleared numbers lie.
    #[test]
    fn both_paths_agree_around_powers_of_two() {
        for fraction in (-64..=120).step_by(if cfg!(miri) { 92 } else { 23 }).chain([0, 1, 120]) {
            for format in formats(fraction) {
                for exponent in (0..=2047u64).step_by(STRIDE) {
                    let start = (exponent << 52).saturating_sub(2);
                    let bits = (start..start + 5).chain([(exponent << 52) | 1 << 51, (exponent << 52) | 3 << 50]);
                    let values: Vec<f64> = bits.flat_map(|bits| [bits, bits | 1 << 63]).map(f64::from_bits).collect();
                    check(&format, &values);
                }
                for exponent in (0..=255u32).step_by(STRIDE) {
                    let start = (exponent << 23).saturating_sub(2);
                    let bits = (start..start + 5).chain([(exponent << 23) | 1 << 22, (exponent << 23) | 3 << 21]);
                    let values: Vec<f32> = bits.flat_map(|bits| [bits, bits | 1 << 31]).map(f32::from_bits).collect();
                    check(&format, &values);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(62), ..ProptestConfig::default() })]

        #[test]
        fn both_paths_agree_on_ties_and_their_neighbours(
            integer in -(1i64 << 53)..(1i64 << 53), shift in 0u32..54, ulps in -2i64..=2, fraction in -64i8..=120,
        ) {
            #[allow(clippy::cast_precision_loss, reason = "exact")]
            let tie = ((integer >> shift) as f64 + 0.5) * power_of_two(-i32::from(fraction));
            let near = f64::from_bits(tie.to_bits().wrapping_add(ulps.cast_unsigned()));
            for format in formats(fraction) {
                check(&format, &[tie, near]);
                #[allow(clippy::cast_possible_truncation, reason = "any float will do")]
                check(&format, &[tie as f32, near as f32]);
            }
        }

        #[test]
        fn both_paths_agree_around_their_limits(width in 0..WIDTHS.len(), ulps in -3i64..=3, fraction in -64i8..=120) {
            let (bits, parties) = WIDTHS[width];
            let format = FixedPoint::new(Bits::new(bits).unwrap(), fraction, parties).unwrap();
            #[allow(clippy::cast_precision_loss, reason = "the neighbours are tried as well")]
            let limit = (format.limit() as f64 + 0.5) * power_of_two(-i32::from(fraction));
            let near = f64::from_bits(limit.to_bits().wrapping_add(ulps.cast_unsigned()));
            check(&format, &[near, -near]);
        }

        #[test]
        fn both_paths_agree_anywhere(bits: u64, single: u32, fraction in -64i8..=120) {
            for format in formats(fraction) {
                check(&format, &[f64::from_bits(bits)]);
                check(&format, &[f32::from_bits(single)]);
            }
        }
    }
}
