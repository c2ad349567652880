//! The logistic function and the hyperbolic tangent (docs/mpc.md section 9).

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::Result;
use crate::mpc::correlation::{Words, collect_words};
use crate::mpc::engine::{Party, join};
use crate::mpc::protocol::constants::{LOGISTIC_16, LOGISTIC_20, LOGISTIC_24, LOGISTIC_POWERS, LOGISTIC_SUM, Logistic};
use crate::mpc::protocol::indicators::check;
use crate::mpc::protocol::polynomial::powers;
use crate::mpc::protocol::{Format, indicators, product, truncate};

/// 1 / (1 + e^-x), for formats of 11 to 24 fraction bits and any x of the format. Piecewise a polynomial of degree 3 (up to 16 fraction bits) or 4, 0
/// and 1 outside; the powers of x are made while it is compared with the ends of the pieces. The error is at most 1.5 units of the last place to the
/// nearest and 2.5 dithered.
///
/// Rounds: those of [`indicators`] and 2, 7 for 32 bits; rounded exactly, what the powers take, if that is more, and the rounds of one exact
/// [`truncate`]. Bytes: indicators with 20, 22 or 36 thresholds for up to 16, 20, 24 fraction bits; 96 for degree 3, 128 for degree 4.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidArgument`] for another number of fraction bits, or one for which 12.5, 15.5 or 18 are not in the format's range; those
/// of [`Party::draw`].
pub async fn sigmoid(party: &Party, format: &Format, x: &[u64]) -> Result<Words> {
    let sum = sum(party, format, x).await?;
    truncate(party, LOGISTIC_SUM - format.fraction(), format.rounding(), &sum).await
}

/// tanh(x) = 2 / (1 + e^-2x) - 1, for x of half the format's range: as [`sigmoid`], with at most 2.5 and 3.5 units of error.
///
/// # Errors
///
/// Those of [`sigmoid`].
pub async fn tanh(party: &Party, format: &Format, x: &[u64]) -> Result<Words> {
    let doubled = Zeroizing::new(x.iter().map(|x| x << 1).collect::<Vec<_>>());
    let mut sum = sum(party, format, &doubled).await?;
    let one = if party.is_first() { 1 << LOGISTIC_SUM } else { 0 };
    for word in sum.iter_mut() {
        *word = (*word << 1).wrapping_sub(one);
    }
    truncate(party, LOGISTIC_SUM - format.fraction(), format.rounding(), &sum).await
}

/// The logistic function with so many fraction bits that nothing was rounded after the powers.
async fn sum(party: &Party, format: &Format, x: &[u64]) -> Result<Words> {
    let fraction = format.function_fraction()?;
    let pieces: &Logistic = match fraction {
        ..=16 => &LOGISTIC_16,
        17..=20 => &LOGISTIC_20,
        _ => &LOGISTIC_24,
    };
    let ends: Vec<i64> = pieces.ends.iter().map(|end| end << (fraction - 6)).collect();
    check(format.bits(), &ends)?;
    let degree = pieces.coefficients.len() - 1;
    let fractions: Vec<u32> = core::iter::once(fraction).chain(LOGISTIC_POWERS).take(degree).collect();
    let (found, powers) =
        join(indicators(party, format.bits(), x, &ends), powers(party, format.rounding(), &fractions, x)).await;
    let (found, powers) = (found?, powers?);
    // Where x is beyond the pieces its powers may be anything: all coefficients are 0.
    let mut columns = pieces.coefficients.iter();
    let mut out = found.look_up(columns.next().copied().unwrap_or_default())?;
    let mut factors = Zeroizing::new(Vec::with_capacity(degree * x.len()));
    for (place, column) in columns.enumerate() {
        // The first power has the fraction bits of x, of which there may be fewer than the coefficients are for.
        let missing = if place == 0 { pieces.fraction - fraction } else { 0 };
        let column: Vec<i64> = column.iter().map(|entry| entry << missing).collect();
        factors.extend_from_slice(&found.look_up(&column)?);
    }
    let all = collect_words(degree * x.len(), powers.iter().flat_map(|power| power.iter().copied()));
    let terms = product(party, &factors, &all).await?;
    for terms in terms.chunks(x.len().max(1)) {
        for (out, term) in out.iter_mut().zip(terms) {
            *out = out.wrapping_add(*term);
        }
    }
    Ok(out)
}
