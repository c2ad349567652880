//! The exponential function (docs/mpc.md section 9).

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::Result;
use crate::mpc::correlation::Words;
use crate::mpc::engine::{Party, join};
use crate::mpc::protocol::constants::{EXPONENTIAL, LOG2_E};
use crate::mpc::protocol::indicators::check;
use crate::mpc::protocol::polynomial::{combine, powers};
use crate::mpc::protocol::{Format, indicators, product, truncate};

/// Fraction bits of x log2(e).
const ARGUMENT: u32 = 30;

/// Fraction bits of x log2(e) before it is rounded: with them it stays below 2^62 for all x at which the result is not 0.
const EXACT_ARGUMENT: u32 = 56;

/// Fraction bits of the coefficients.
const COEFFICIENTS: u32 = 31;

/// e^x, for formats of 11 to 24 fraction bits and x < (36 - f) ln 2: 13.8 for f = 16, 11.0 for 20, 8.3 for 24. 0 below -(f + 1) ln 2. The error is at
/// most 1.5 2^-f + 2^-23 e^x dithered and about half of that to the nearest.
///
/// Rounds: those of [`indicators`] and 9, 14 for 32 bits. Bytes: indicators with 37 thresholds, and 136.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidArgument`] for another number of fraction bits, or for one with which the domain is not in the format's range; those of
/// [`Party::draw`].
pub async fn exponential(party: &Party, format: &Format, x: &[u64]) -> Result<Words> {
    let fraction = format.function_fraction()?;
    exponential_below(party, format, 36 - fraction, x).await
}

/// e^x < 2^`limit`.
pub(super) async fn exponential_below(party: &Party, format: &Format, limit: u32, x: &[u64]) -> Result<Words> {
    let fraction = format.function_fraction()?;
    let rounding = format.rounding();
    // log2(e), rounded to so many fraction bits.
    let shift = 62 + fraction - EXACT_ARGUMENT;
    let factor = (LOG2_E + (1 << (shift - 1))) >> shift;
    // The exponents q of 2^q <= e^x < 2^(q + 1), and from which word on each is reached.
    let exponents: Vec<i64> = (-i64::from(fraction) - 1..i64::from(limit)).collect();
    let reached = |exponent: &i64| {
        let word = -(-(i128::from(*exponent) << EXACT_ARGUMENT)).div_euclid(i128::from(factor));
        i64::try_from(word).unwrap_or(i64::MAX)
    };
    let thresholds: Vec<i64> = exponents.iter().map(reached).collect();
    check(format.bits(), &thresholds)?;
    let scaled = Zeroizing::new(x.iter().map(|x| x.wrapping_mul(factor)).collect::<Vec<_>>());
    let (found, argument) = join(
        indicators(party, format.bits(), x, &thresholds),
        truncate(party, EXACT_ARGUMENT - ARGUMENT, rounding, &scaled),
    )
    .await;
    let (found, mut argument) = (found?, argument?);
    // x log2(e) = q + (1 + w) / 2, and w in [-1, 1) has a fraction bit less.
    let table: Vec<i64> = core::iter::once(&0).chain(&exponents).map(|exponent| exponent << ARGUMENT).collect();
    let whole = found.look_up(&table)?;
    let half = if party.is_first() { 1 << (ARGUMENT - 1) } else { 0 };
    for (argument, whole) in argument.iter_mut().zip(whole.iter()) {
        *argument = argument.wrapping_sub(*whole).wrapping_sub(half);
    }
    let bits = ARGUMENT - 1;
    let fractions = [bits; EXPONENTIAL.len() - 1];
    let powers = powers(party, rounding, &fractions, &argument).await?;
    let sum = combine(party, bits, &EXPONENTIAL, &powers, x.len());
    // Of the mantissa, in [1, 2), so many fraction bits that its product with the power of two is below 2^61.
    let precision = (60 - fraction - limit).min(ARGUMENT);
    let mantissa = truncate(party, bits + COEFFICIENTS - precision, rounding, &sum).await?;
    // 2^q, with f + 1 fraction bits; 0 for the lowest interval, where the mantissa may be anything.
    let table: Vec<i64> = core::iter::once(0).chain((0..exponents.len()).map(|place| 1 << place)).collect();
    let made = product(party, &mantissa, &found.look_up(&table)?).await?;
    truncate(party, precision + 1, rounding, &made).await
}
