//! Reciprocals and quotients, by Goldschmidt's iteration (docs/mpc.md section 9).

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Words, collect_words};
use crate::mpc::engine::{Party, join};
use crate::mpc::protocol::constants::RECIPROCAL_START;
use crate::mpc::protocol::normalization::{MANTISSA, Normalized, Octaves, normalize};
use crate::mpc::protocol::polynomial::Step;
use crate::mpc::protocol::{Format, Rounding, product, square, truncate};

/// 1 / x for x > 0, for formats of 11 to 24 fraction bits and words x from 2^max(0, L - 32) to below 2^(L - 2) for L bits: 2^-16 to 2^14 for f = 16
/// and 32 bits, or 20 and 36, or 24 and 40. The error is at most 2^-f (to the nearest half of that) and 2^-27 / x, above 32 bits 2^-26 / x. With an L
/// above 2 f + 34 no result would differ from 0.
///
/// Rounds: those of [`indicators`](crate::mpc::protocol::indicators) and 11, 16 for 32 bits; one more above 32. Bytes: indicators with 29 thresholds,
/// and 160, or 168 above 32 bits.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] for a format outside of these; those of [`Party::draw`].
pub async fn reciprocal(party: &Party, format: &Format, x: &[u64]) -> Result<Words> {
    reciprocal_in(party, format, Octaves::of(format, false), x).await
}

/// 1 / x for x in some octaves.
pub(super) async fn reciprocal_in(party: &Party, format: &Format, octaves: Octaves, x: &[u64]) -> Result<Words> {
    let fraction = format.function_fraction()?;
    // x = c 2^e / m for the mantissa c and the multiplier m, so 2^(2 f) / x = m (1 / c) 2^(2 f - e).
    let excess = MANTISSA + Normalized::exponent(octaves) - 2 * fraction;
    if excess > 62 {
        return Err(ErrorKind::InvalidArgument.bound(u64::from(2 * fraction) + 34));
    }
    let normalized = normalize(party, format, octaves, x).await?;
    let inverse = inverse_mantissa(party, format.rounding(), &normalized.mantissa).await?;
    Step { party, rounding: format.rounding(), excess }.product(&inverse, &normalized.multiplier).await
}

/// a / b for b > 0 of the domain of [`reciprocal`], |a| <= (2^31 - 64) 2^-f and |a / b| <= 2^14 - 1. The error is at most 2^-f (to the nearest half of
/// that), 2^-27 |a / b|, above 32 bits 2^-26 |a / b|, and, for s = min(30, 48 - f) and L bits, at least 32, 2^(L - 3 - s - k - f) for a divisor whose
/// word is 2^k or more: nothing of weight where that is not at the lower end of the domain.
///
/// Rounds: those of [`reciprocal`] and 2. Bytes: those and 24.
///
/// # Errors
///
/// Those of [`reciprocal`]; [`ErrorKind::InvalidLength`] unless both have the same length.
pub async fn divide(party: &Party, format: &Format, a: &[u64], b: &[u64]) -> Result<Words> {
    quotient(party, format, Octaves::of(format, false), a, b).await
}

/// a / b for b != 0: as [`divide`] for |b|, in the same rounds and with 59 thresholds. Where b = 0 the result is meaningless.
///
/// # Errors
///
/// Those of [`divide`].
pub async fn divide_signed(party: &Party, format: &Format, a: &[u64], b: &[u64]) -> Result<Words> {
    quotient(party, format, Octaves::of(format, true), a, b).await
}

async fn quotient(party: &Party, format: &Format, octaves: Octaves, a: &[u64], b: &[u64]) -> Result<Words> {
    let fraction = format.function_fraction()?;
    let rounding = format.rounding();
    super::same_length(a, b)?;
    // 2^f a / b = a m (1 / c) 2^(f - e), in two steps that leave a product room: the second takes off so many bits.
    let last = MANTISSA.min(48 - fraction);
    let excess = MANTISSA + Normalized::exponent(octaves) - fraction - last;
    if excess > 62 {
        return Err(ErrorKind::InvalidArgument.bound(64));
    }
    let normalized = normalize(party, format, octaves, b).await?;
    let inverse = inverse_mantissa(party, rounding, &normalized.mantissa).await?;
    let scaled = Step { party, rounding, excess }.product(a, &inverse).await?;
    Step { party, rounding, excess: last }.product(&scaled, &normalized.multiplier).await
}

/// 1 / c, in (1, 2], for c in [1/2, 1), both with 30 fraction bits, to 2^-27. 8 rounds, 120 bytes (R. E. Goldschmidt, Applications of division by
/// convergence, 1964).
///
/// With w = a - 2 c and e = 1 - c w, 1 / c = w / (1 - e) = w (1 + e) (1 + e^2) (1 + e^4) / (1 - e^8), and e^8 < 2^-30.
async fn inverse_mantissa(party: &Party, rounding: Rounding, c: &[u64]) -> Result<Words> {
    let step = Step { party, rounding, excess: MANTISSA };
    let (one, start) = if party.is_first() { (1u64, RECIPROCAL_START) } else { (0, 0) };
    let squared = square(party, c).await?;
    // 1 - a c + 2 c^2, with twice the fraction bits.
    let error: Words = Zeroizing::new(
        c.iter()
            .zip(squared.iter())
            .map(|(c, squared)| {
                let linear = RECIPROCAL_START.wrapping_mul(*c);
                (one << (2 * MANTISSA)).wrapping_sub(linear).wrapping_add(squared << 1)
            })
            .collect(),
    );
    let mut error = truncate(party, MANTISSA, rounding, &error).await?;
    let mut inverse: Words = Zeroizing::new(c.iter().map(|c| start.wrapping_sub(c << 1)).collect());
    for last in [false, false, true] {
        let factor: Words = Zeroizing::new(error.iter().map(|error| error.wrapping_add(one << MANTISSA)).collect());
        if last {
            inverse = step.product(&inverse, &factor).await?;
        } else {
            let (next, smaller) = join(step.product(&inverse, &factor), step.product(&error, &error)).await;
            (inverse, error) = (next?, smaller?);
        }
    }
    Ok(inverse)
}

/// The product of a vector with one that has an element for each `columns` of its.
pub(super) async fn product_by_row(
    party: &Party,
    format: &Format,
    columns: usize,
    x: &[u64],
    rows: &[u64],
) -> Result<Words> {
    let repeated = collect_words(x.len(), rows.iter().flat_map(|row| core::iter::repeat_n(*row, columns)));
    let made = product(party, x, &repeated).await?;
    truncate(party, format.fraction(), format.rounding(), &made).await
}
