//! Products of real numbers: the fraction bits that a product has too many are taken off (docs/mpc.md section 8).

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::Words;
use crate::mpc::engine::{Party, join};
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

/// c x for public real c, one for all elements or one for each: a real number with the fraction bits of the format, for whole x or, `real`, for real x. |c x| has to be below
/// 2^(62 - 2 f), |x| as well, for whole x 2^(62 - f); an integer c, and for whole x any c with at most f bits after the point, is exact and costs nothing.
///
/// Another c is taken as a number of the format and f bits more, each part's product is divided by itself: the error is that of two divisions, and |x| 2^-(2 f + 1). Of c with at
/// most f bits after the point, and below 2^-f in magnitude, it is one division. 1 round, 8 bytes and 2 words of corrections an element and division, and what exact rounding costs.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] for another number of factors; [`ErrorKind::NotFinite`]; [`ErrorKind::OutOfRange`] for |c| of 2^(62 - f) or more; those of [`Party::draw`].
pub async fn scale(party: &Party, format: &Format, factors: &[f64], real: bool, x: &[u64]) -> Result<Words> {
    if factors.len() != 1 && factors.len() != x.len() {
        return Err(ErrorKind::InvalidLength.bound(x.len() as u64));
    }
    let own = if real { format.fraction() } else { 0 };
    let (high, low) = parts(format, factors)?;
    let (high, low) = (Part::new(&high, own, x), Part::new(&low, own + format.fraction(), x));
    let (high, low) = join(high.divide(party, format), low.divide(party, format)).await;
    let mut made = high?;
    for (made, low) in made.iter_mut().zip(low?.iter()) {
        *made = made.wrapping_add(*low);
    }
    Ok(made)
}

/// Products with integers, and the fraction bits that they have too many.
struct Part {
    products: Words,
    fraction: u32,
}

impl Part {
    /// Of `whole` / 2^`fraction` and x. What all integers can be halved by is taken off before.
    fn new(whole: &[i64], fraction: u32, x: &[u64]) -> Self {
        let even = whole.iter().fold(fraction, |even, whole| even.min(whole.trailing_zeros()));
        let factors = whole.iter().map(|whole| (whole >> even).cast_unsigned()).cycle();
        let products = x.iter().zip(factors).map(|(x, factor)| x.wrapping_mul(factor)).collect();
        Self {
            products: Zeroizing::new(products),
            fraction: if whole.iter().all(|whole| *whole == 0) { 0 } else { fraction - even },
        }
    }

    async fn divide(self, party: &Party, format: &Format) -> Result<Words> {
        truncate(party, self.fraction, format.rounding(), &self.products).await
    }
}

/// Factors in units of 2^-f, rounded down, and what is missing of them in units of 2^-(2 f).
#[allow(clippy::cast_possible_truncation, reason = "below 2^62, and at most 2^30")]
fn parts(format: &Format, factors: &[f64]) -> Result<(Vec<i64>, Vec<i64>)> {
    let bits = format.fraction().cast_signed();
    let mut found = (Vec::with_capacity(factors.len()), Vec::with_capacity(factors.len()));
    for factor in factors {
        if !factor.is_finite() {
            return Err(ErrorKind::NotFinite.into());
        }
        let scaled = libm::ldexp(*factor, bits);
        if libm::fabs(scaled) >= libm::ldexp(1.0, 62) {
            return Err(ErrorKind::OutOfRange.bound(1 << (62 - format.fraction())));
        }
        let below = libm::floor(scaled);
        found.0.push(below as i64);
        found.1.push(libm::round(libm::ldexp(scaled - below, bits)) as i64);
    }
    Ok(found)
}
