//! Fixed point: real numbers and integers as residues mod 2^b, and sums of them back (protocol.md section 2).
//!
//! A value x is the integer nearest to x * 2^f, ties to even; exactly so, for every finite float. A format knows how many parties
//! contribute and refuses values that could make their sum wrap.
//!
//! Encoding is constant time in the values: whether a whole vector is accepted shows, nothing else does. Vectors are checked before anything is written.
//! Two paths give the same residues: integer arithmetic only, which serves every format and needs no floating-point unit, and, where the
//! hardware has double precision, one that rounds in floating point and vectorises.

use crate::error::{Error, ErrorKind, Result};
use crate::ring::{Bits, Lane, center, center_below_64, check_lane};

mod rounding;
mod scaled;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod vector;

use rounding::{Refusal, scale_integer};

/// Smallest number of fraction bits.
pub const MIN_FRACTION: i8 = -64;

/// Largest number of fraction bits.
pub const MAX_FRACTION: i8 = 120;

/// How the values of a segment become residues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedPoint {
    bits: Bits,
    fraction: i8,
    limit: u128,
}

impl FixedPoint {
    /// Residues of `bits` bits with `fraction` of them after the binary point, for sums over `parties` parties.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for a fraction outside -64 ... 120 or no parties; [`ErrorKind::InvalidRun`] if the width leaves no
    /// value but zero to so many parties.
    pub fn new(bits: Bits, fraction: i8, parties: u32) -> Result<Self> {
        if !(MIN_FRACTION..=MAX_FRACTION).contains(&fraction) {
            return Err(ErrorKind::InvalidArgument.into());
        }
        let largest_sum = bits.max_residue() >> 1;
        let limit = divide(largest_sum, parties).ok_or(ErrorKind::InvalidArgument)?;
        if limit == 0 {
            return Err(ErrorKind::InvalidRun.into());
        }
        Ok(Self { bits, fraction, limit })
    }

    /// The width of a residue.
    #[must_use]
    pub const fn bits(&self) -> Bits {
        self.bits
    }

    /// The number of fraction bits f.
    #[must_use]
    pub const fn fraction(&self) -> i8 {
        self.fraction
    }

    /// The largest magnitude of the integer nearest to x * 2^f that a party may contribute: floor((2^(b-1) - 1) / parties).
    #[must_use]
    pub const fn limit(&self) -> u128 {
        self.limit
    }

    /// The numbers that the sum stands for: each residue's representative nearest to zero, times 2^-f, rounded to nearest even.
    ///
    /// A sum is decoded after it was opened, when it is public; on targets that convert to double precision in software the time may depend on it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidWidth`] if `L` is not the lane type of the width; [`ErrorKind::InvalidLength`] unless the slices have the same length.
    #[allow(clippy::cast_precision_loss, reason = "rounding to nearest is what is documented")]
    pub fn decode_f64<L: Lane>(&self, residues: &[L], out: &mut [f64]) -> Result<()> {
        check_lane::<L>(self.bits)?;
        check_same_len(residues.len(), out.len())?;
        let scale = rounding::power_of_two(-i32::from(self.fraction));
        // The conversion rounds; the product is exact, being far from overflow and underflow.
        if self.bits.get() < 64 {
            for (number, residue) in out.iter_mut().zip(residues) {
                *number = center_below_64(*residue, self.bits) as f64 * scale;
            }
        } else {
            for (number, residue) in out.iter_mut().zip(residues) {
                *number = center(*residue, self.bits) as f64 * scale;
            }
        }
        Ok(())
    }

    /// The integers that the sum stands for: as [`FixedPoint::decode_f64`], but rounded to the nearest integer, ties to even.
    ///
    /// # Errors
    ///
    /// As [`FixedPoint::decode_f64`], and [`ErrorKind::OutOfRange`] if one of them does not fit an `i64`; `out` is unspecified then.
    pub fn decode_i64<L: Lane>(&self, residues: &[L], out: &mut [i64]) -> Result<()> {
        check_lane::<L>(self.bits)?;
        check_same_len(residues.len(), out.len())?;
        for (number, residue) in out.iter_mut().zip(residues) {
            let centered = center(*residue, self.bits);
            let (magnitude, refused) =
                scale_integer(centered.unsigned_abs(), -self.fraction, i64::MAX.unsigned_abs().into());
            let magnitude = i64::try_from(magnitude).ok().filter(|_| refused == 0);
            let magnitude = magnitude.ok_or(ErrorKind::OutOfRange.bound(i64::MAX.unsigned_abs()))?;
            *number = if centered < 0 { -magnitude } else { magnitude };
        }
        Ok(())
    }

    /// Whether the fast path gives the residues of the exact one.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    const fn rounds_in_floating_point(&self) -> bool {
        self.limit <= vector::LARGEST_LIMIT
    }

    fn check<S: Source>(&self, values: &[S]) -> Result<()> {
        // One flag for the whole vector; the search for the offender begins once it is known that there is one.
        if S::refused(self, values) == 0 {
            return Ok(());
        }
        let kind = values.iter().map(|value| value.refusal_vartime(self)).find_map(|refusal| refusal);
        Err(match kind {
            Some(Refusal::NotFinite) => ErrorKind::NotFinite.into(),
            _ => self.out_of_range(),
        })
    }

    fn encode<S: Source, L: Lane>(&self, values: &[S], out: &mut [L]) -> Result<()> {
        check_lane::<L>(self.bits)?;
        check_same_len(values.len(), out.len())?;
        self.check(values)?;
        S::write(self, values, out);
        Ok(())
    }

    fn out_of_range(&self) -> Error {
        ErrorKind::OutOfRange.bound(u64::try_from(self.limit).unwrap_or(u64::MAX))
    }
}

/// `dividend` / `divisor` rounded down, bit by bit: on a microcontroller the division of 128-bit words would cost more flash than all else here.
fn divide(dividend: u128, divisor: u32) -> Option<u128> {
    let (mut left, mut quotient, mut rest) = (dividend, 0, 0u64);
    for _ in 0..u128::BITS {
        rest = rest << 1 | u64::from(left >> 127 == 1);
        (left, quotient) = (left << 1, quotient << 1);
        if rest >= u64::from(divisor) {
            rest -= u64::from(divisor);
            quotient |= 1;
        }
    }
    (divisor != 0).then_some(quotient)
}

fn check_same_len(expected: usize, len: usize) -> Result<()> {
    if len == expected { Ok(()) } else { Err(ErrorKind::InvalidLength.bound(expected as u64)) }
}

/// A type of values with its kernels.
trait Source: Copy {
    /// Zero if all values can be encoded.
    fn refused(format: &FixedPoint, values: &[Self]) -> u64;

    /// Writes the residues of values that can all be encoded.
    fn write<L: Lane>(format: &FixedPoint, values: &[Self], out: &mut [L]);

    /// Why a value cannot be encoded.
    fn refusal_vartime(self, format: &FixedPoint) -> Option<Refusal>;
}

macro_rules! float_source {
    ($float:ty) => {
        impl Source for $float {
            fn refused(format: &FixedPoint, values: &[Self]) -> u64 {
                #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
                if format.rounds_in_floating_point() {
                    return vector::refused(format, values);
                }
                rounding::refused(format, values)
            }

            fn write<L: Lane>(format: &FixedPoint, values: &[Self], out: &mut [L]) {
                #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
                if format.rounds_in_floating_point() {
                    return vector::write(format, values, out);
                }
                rounding::write(format, values, out);
            }

            fn refusal_vartime(self, format: &FixedPoint) -> Option<Refusal> {
                rounding::refusal_vartime(format, self)
            }
        }
    };
}

float_source!(f64);
float_source!(f32);

macro_rules! integer_source {
    ($integer:ty) => {
        impl Source for $integer {
            fn refused(format: &FixedPoint, values: &[Self]) -> u64 {
                rounding::refused_integers(format, values)
            }

            fn write<L: Lane>(format: &FixedPoint, values: &[Self], out: &mut [L]) {
                rounding::write_integers(format, values, out);
            }

            fn refusal_vartime(self, format: &FixedPoint) -> Option<Refusal> {
                (rounding::refused_integers(format, &[self]) != 0).then_some(Refusal::OutOfRange)
            }
        }
    };
}

integer_source!(i64);
integer_source!(i32);

macro_rules! methods {
    ($source:ty, $check:ident, $encode:ident, $first_refused:ident, $values:literal) => {
        impl FixedPoint {
            #[doc = concat!("Whether all ", $values, " can be encoded.")]
            ///
            /// # Errors
            ///
            /// [`ErrorKind::NotFinite`] if the first value that cannot is NaN or infinite; [`ErrorKind::OutOfRange`], with the largest integer
            /// magnitude as the bound (at most `u64::MAX`), if it is too large.
            pub fn $check(&self, values: &[$source]) -> Result<()> {
                self.check(values)
            }

            #[doc = concat!("Writes the residues of the ", $values, " to `out`, not reduced below the width of the lane.")]
            ///
            /// # Errors
            ///
            #[doc = concat!("As [`FixedPoint::", stringify!($check), "`];")]
            /// [`ErrorKind::InvalidWidth`] if `L` is not the lane type of the width; [`ErrorKind::InvalidLength`] unless the slices have
            /// the same length. Nothing is written then.
            pub fn $encode<L: Lane>(&self, values: &[$source], out: &mut [L]) -> Result<()> {
                self.encode(values, out)
            }

            /// The index of the first value that cannot be encoded, for the error message about a vector that was refused.
            #[must_use]
            pub fn $first_refused(&self, values: &[$source]) -> Option<usize> {
                values.iter().position(|value| value.refusal_vartime(self).is_some())
            }
        }
    };
}

methods!(f64, check_f64, encode_f64, first_refused_f64_vartime, "double-precision numbers");
methods!(f32, check_f32, encode_f32, first_refused_f32_vartime, "single-precision numbers");
methods!(i64, check_i64, encode_i64, first_refused_i64_vartime, "64-bit integers");
methods!(i32, check_i32, encode_i32, first_refused_i32_vartime, "32-bit integers");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_rounded_down() {
        for dividend in [0, 1, 99, u128::from(u32::MAX), u128::from(u64::MAX), 1 << 100, u128::MAX >> 1, u128::MAX] {
            for divisor in [1, 2, 3, 100, 1 << 20, 0x8000_0001, u32::MAX] {
                assert_eq!(divide(dividend, divisor), Some(dividend / u128::from(divisor)));
            }
            assert_eq!(divide(dividend, 0), None);
        }
    }
}
