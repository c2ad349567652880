//! Products of real numbers: the fraction bits that a product has too many are taken off (docs/mpc.md section 8).

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::Words;
use crate::mpc::engine::{Party, join};
use crate::mpc::protocol::{Factors, Format, matrix_product, product, square, truncate};

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
    let [high, low] = Factors::parts(format, factors, real)?;
    let divided = |part: &Factors| {
        let products: Words =
            Zeroizing::new(x.iter().zip(part.words()).map(|(x, factor)| x.wrapping_mul(factor)).collect());
        let fraction = part.fraction();
        async move { truncate(party, fraction, format.rounding(), &products).await }
    };
    let (high, low) = join(divided(&high), divided(&low)).await;
    let mut made = high?;
    for (made, low) in made.iter_mut().zip(low?.iter()) {
        *made = made.wrapping_add(*low);
    }
    Ok(made)
}
