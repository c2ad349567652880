//! Square roots (docs/mpc.md section 9).

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::Words;
use crate::mpc::engine::Party;
use crate::mpc::protocol::constants::{INVERSE_SQUARE_ROOT, SQRT_2, SQUARE_ROOT};
use crate::mpc::protocol::logarithm::{ARGUMENT, mantissa_powers};
use crate::mpc::protocol::normalization::{Octaves, normalize};
use crate::mpc::protocol::polynomial::{Step, combine};
use crate::mpc::protocol::{Format, truncate};

/// Fraction bits of the coefficients.
const COEFFICIENTS: u32 = 32;

/// Most fraction bits of the root of a mantissa.
const PRECISION: i32 = 28;

/// The square root of x > 0, for formats of 11 to 24 fraction bits and the domain of [`reciprocal`](crate::mpc::protocol::reciprocal). The error is
/// at most 1.5 2^-f (to the nearest 0.75) and, up to 44 bits, 2^-26 sqrt(x); beyond, with larger x, the latter grows to 2^-18 at 64 bits.
///
/// Rounds: those of [`indicators`](crate::mpc::protocol::indicators) and 10, 15 for 32 bits; one more above 32. Bytes: indicators with 29 thresholds,
/// and 184, or 192 above 32 bits.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] for another number of fraction bits; those of [`Party::draw`].
pub async fn square_root(party: &Party, format: &Format, x: &[u64]) -> Result<Words> {
    let fraction = format.function_fraction()?.cast_signed();
    // sqrt(x) = sqrt(c) 2^((k + 1 - f) / 2).
    scaled_root(party, format, &SQUARE_ROOT, |octave| octave + 1 + fraction, x).await
}

/// 1 / sqrt(x) for x > 0: as [`square_root`], with an error of at most 1.5 2^-f (to the nearest 0.75) and 2^-23 / sqrt(x), or 2^-21 / sqrt(x) for
/// formats with 3 f - max(0, L - 32) > 65 for L bits.
///
/// # Errors
///
/// Those of [`square_root`].
pub async fn inverse_square_root(party: &Party, format: &Format, x: &[u64]) -> Result<Words> {
    let fraction = format.function_fraction()?.cast_signed();
    scaled_root(party, format, &INVERSE_SQUARE_ROOT, |octave| 3 * fraction - 1 - octave, x).await
}

/// A polynomial in the mantissa, below sqrt(2), times 2^(h / 2) for the `halves` h of the octave.
async fn scaled_root(
    party: &Party,
    format: &Format,
    coefficients: &[i64],
    halves: impl Fn(i32) -> i32,
    x: &[u64],
) -> Result<Words> {
    let octaves = Octaves::of(format, false);
    let highest = format.bits().cast_signed() - 3;
    let largest = halves(octaves.lowest().cast_signed()).max(halves(highest));
    // The product of both, with their fraction bits, has to stay below 2^62.
    let room = 61 - ((largest + 1) >> 1) - 1;
    let precision = PRECISION.min(room - 2);
    let finer = room - precision;
    let (Ok(precision), Ok(excess)) = (u32::try_from(precision), u32::try_from(precision + finer)) else {
        return Err(ErrorKind::InvalidArgument.bound(64));
    };
    let normalized = normalize(party, format, octaves, x).await?;
    let powers = mantissa_powers(party, format, &normalized.mantissa).await?;
    let sum = combine(party, ARGUMENT, coefficients, &powers, x.len());
    let root = truncate(party, ARGUMENT + COEFFICIENTS - precision, format.rounding(), &sum).await?;
    let multiplier = normalized.look_up(|octave| power_of_root(halves(octave.cast_signed()) + 2 * finer))?;
    Step { party, rounding: format.rounding(), excess }.product(&root, &multiplier).await
}

/// 2^(halves / 2), rounded, for halves up to 122.
fn power_of_root(halves: i32) -> i64 {
    // 2^(h / 2) = sqrt(2) 2^62 / 2^shift for odd h.
    let shift = 62 - (halves >> 1);
    let whole = if halves & 1 == 1 { SQRT_2 } else { 1 << 62 };
    let Some(shift) = u32::try_from(shift).ok().filter(|shift| *shift < 64) else { return 0 };
    let rounded = (whole >> shift) + (whole.checked_shr(shift.wrapping_sub(1)).unwrap_or_default() & 1);
    rounded.cast_signed()
}
