//! The natural logarithm (docs/mpc.md section 9).

use crate::error::Result;
use crate::mpc::correlation::Words;
use crate::mpc::engine::Party;
use crate::mpc::protocol::constants::{LN_2, LOGARITHM};
use crate::mpc::protocol::normalization::{MANTISSA, Octaves, normalize};
use crate::mpc::protocol::polynomial::{combine, powers};
use crate::mpc::protocol::{Format, truncate};

use zeroize::Zeroizing;

/// Fraction bits of the polynomial's argument w = 4 c - 3, for the mantissa c in [1/2, 1); its coefficients have as many.
pub(super) const ARGUMENT: u32 = MANTISSA - 2;

/// ln(x) for x > 0, for formats of 11 to 24 fraction bits and the domain of [`reciprocal`](crate::mpc::protocol::reciprocal). The error is at most
/// 2^-f (to the nearest half of that) and 2^-24.
///
/// Rounds: those of [`indicators`](crate::mpc::protocol::indicators) and 8, 13 for 32 bits; one more above 32. Bytes: indicators with 29 thresholds,
/// and 160, or 168 above 32 bits.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidArgument`] for another number of fraction bits; those of [`Party::draw`].
pub async fn logarithm(party: &Party, format: &Format, x: &[u64]) -> Result<Words> {
    let fraction = format.function_fraction()?;
    let normalized = normalize(party, format, Octaves::of(format, false), x).await?;
    let powers = mantissa_powers(party, format, &normalized.mantissa).await?;
    let mut sum = combine(party, ARGUMENT, &LOGARITHM, &powers, x.len());
    // x = c 2^(k + 1 - f), and LN_2 has the fraction bits of the sum.
    let whole = normalized.look_up(|octave| (i64::from(octave) + 1 - i64::from(fraction)) * LN_2)?;
    for (sum, whole) in sum.iter_mut().zip(whole.iter()) {
        *sum = sum.wrapping_add(*whole);
    }
    truncate(party, 2 * ARGUMENT - fraction, format.rounding(), &sum).await
}

/// w = 4 c - 3, in [-1, 1), and its powers up to the eighth: 6 rounds, 136 bytes.
pub(super) async fn mantissa_powers(
    party: &Party,
    format: &Format,
    mantissa: &[u64],
) -> Result<alloc::vec::Vec<Words>> {
    let three = if party.is_first() { 3 << ARGUMENT } else { 0 };
    let argument: Words = Zeroizing::new(mantissa.iter().map(|mantissa| mantissa.wrapping_sub(three)).collect());
    powers(party, format.rounding(), &[ARGUMENT; LOGARITHM.len() - 1], &argument).await
}
