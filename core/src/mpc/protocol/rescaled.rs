//! Products of real numbers: the fraction bits that a product has too many are taken off (docs/mpc.md section 8).

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::Words;
use crate::mpc::engine::Party;
use crate::mpc::protocol::{Format, matrix_product, product, square, truncate};

/// x y, for |x y| < 2^(62 - 2 f). The error is below 2^-f dithered, and at most half of that to the nearest. 2 rounds, 24 bytes, 3 words of
/// corrections an element; rounded exactly, in addition what [`truncate`] says.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] unless both have the same length; those of [`Party::draw`].
pub async fn rescaled_product(party: &Party, format: &Format, x: &[u64], y: &[u64]) -> Result<Words> {
    let made = product(party, x, y).await?;
    truncate(party, format.fraction(), format.rounding(), &made).await
}

/// x^2, for x^2 < 2^(62 - 2 f): as [`rescaled_product`], with 8 bytes less.
///
/// # Errors
///
/// Those of [`Party::draw`].
pub async fn rescaled_square(party: &Party, format: &Format, x: &[u64]) -> Result<Words> {
    let made = square(party, x).await?;
    truncate(party, format.fraction(), format.rounding(), &made).await
}

/// The matrix product x y, row by row, of rows x inner and inner x columns, for sums below 2^(62 - 2 f) in magnitude. Each sum is rounded once, so
/// its error is that of one product. 2 rounds; 8 bytes for each element of x, of y and of the product; 3 words of corrections for each of the
/// product. A dot product is the case of one row and one column.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] if a matrix has another size; those of [`Party::draw`].
pub async fn rescaled_matrix_product(
    party: &Party,
    format: &Format,
    [rows, inner, columns]: [usize; 3],
    x: &[u64],
    y: &[u64],
) -> Result<Words> {
    let made = matrix_product(party, rows, inner, columns, x, y).await?;
    truncate(party, format.fraction(), format.rounding(), &made).await
}

/// Bits of a public factor.
const FACTOR_BITS: i32 = 31;

/// c x for a public real c, for |x| < 2^30 as a word, |c| < 2^31 and |c x| below 2^62 as a word. An integer c is exact and costs nothing. Another one
/// is rounded to 31 significant bits, so the error is |c x| 2^-31 and that of a product; 1 round, 8 bytes and 2 words of corrections an element, and
/// what exact rounding costs.
///
/// # Errors
///
/// [`ErrorKind::NotFinite`]; [`ErrorKind::OutOfRange`] for |c| of 2^31 or more; those of [`Party::draw`].
pub async fn scale(party: &Party, format: &Format, factor: f64, x: &[u64]) -> Result<Words> {
    if !factor.is_finite() {
        return Err(ErrorKind::NotFinite.into());
    }
    if libm::fabs(factor) >= f64::from(1u32 << 31) {
        return Err(ErrorKind::OutOfRange.bound(1 << 31));
    }
    let (whole, fraction) = significand(factor);
    let scaled = Zeroizing::new(x.iter().map(|x| x.wrapping_mul(whole.cast_unsigned())).collect::<Vec<_>>());
    truncate(party, fraction, format.rounding(), &scaled).await
}

/// An integer and a number of bits with `factor` close to integer / 2^bits; the smallest.
#[allow(clippy::cast_possible_truncation, reason = "at most 2^31 in magnitude")]
fn significand(factor: f64) -> (i64, u32) {
    let (mantissa, exponent) = libm::frexp(factor);
    let whole = libm::round(libm::ldexp(mantissa, FACTOR_BITS)) as i64;
    let Some(fraction) = u32::try_from(FACTOR_BITS - exponent).ok().filter(|fraction| *fraction <= 62) else {
        // The product of what is so small with a word is below one half.
        return (0, 0);
    };
    let even = whole.trailing_zeros().min(fraction);
    (whole >> even, fraction - even)
}
