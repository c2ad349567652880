//! Powers and polynomials (docs/mpc.md section 8).

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::Words;
use crate::mpc::engine::{Party, join, join_all};
use crate::mpc::protocol::{Format, Rounding, product, square, truncate};

/// c_0 + c_1 x + ... + c_d x^d for public coefficients, encoded with f fraction bits, for results and powers of x up to d below 2^(62 - 2 f). The
/// powers are made in ceil(log2 d) levels of 2 rounds and the sum is rounded in 1 more; a power costs 24 bytes, 16 where its exponent is even, and
/// the sum 8. Each power is within about its exponent times |x|^(exponent - 1) units of the last place, so the error is that times the coefficients,
/// 2^-(f + 1) times the sum of the powers, and 1 unit for the sum.
///
/// # Errors
///
/// [`ErrorKind::NotFinite`] and [`ErrorKind::OutOfRange`] for coefficients; those of [`Party::draw`].
pub async fn polynomial(party: &Party, format: &Format, coefficients: &[f64], x: &[u64]) -> Result<Words> {
    let mut words = Zeroizing::new(vec![0; coefficients.len()]);
    format.encode(coefficients, &mut words)?;
    let coefficients: Vec<i64> = words.iter().map(|word| word.cast_signed()).collect();
    let fractions = vec![format.fraction(); coefficients.len().saturating_sub(1)];
    let powers = powers(party, format.rounding(), &fractions, x).await?;
    let sum = combine(party, format.fraction(), &coefficients, &powers, x.len());
    truncate(party, format.fraction(), format.rounding(), &sum).await
}

/// x^e for a public exponent, for powers below 2^(62 - 2 f) in magnitude. floor(log2 e) levels of 2 rounds and, unless e is a power of two, one more;
/// 16 bytes a squaring, of which there is one for each bit of e below the highest, and 24 for each further bit that is set. With no fraction bits a
/// level has 1 round, a squaring 8 bytes and a product 16, and the power is that of the words.
///
/// # Errors
///
/// Those of [`Party::draw`].
pub async fn power(party: &Party, format: &Format, exponent: u32, x: &[u64]) -> Result<Words> {
    let rounding = format.rounding();
    let fraction = format.fraction();
    let mut squared = Zeroizing::new(x.to_vec());
    let mut made: Option<Words> = None;
    let mut left = exponent;
    while left > 0 {
        let step = Step { party, rounding, excess: fraction };
        let wanted = (left & 1 == 1).then_some(&squared);
        // What was gathered takes the factor while its square is made.
        let gather = async {
            match (&made, wanted) {
                (Some(made), Some(factor)) => step.product(made, factor).await.map(Some),
                (Some(made), None) => Ok(Some(made.clone())),
                (None, factor) => Ok(factor.cloned()),
            }
        };
        let double = async { if left > 1 { step.product(&squared, &squared).await.map(Some) } else { Ok(None) } };
        let (gathered, doubled) = join(gather, double).await;
        made = gathered?;
        left >>= 1;
        if let Some(doubled) = doubled? {
            squared = doubled;
        }
    }
    let one = if party.is_first() { 1 << fraction } else { 0 };
    Ok(made.unwrap_or_else(|| Zeroizing::new(vec![one; x.len()])))
}

/// A product that loses fraction bits.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) party: &'a Party,
    pub(super) rounding: Rounding,
    pub(super) excess: u32,
}

impl Step<'_> {
    /// x y / 2^excess; a square if both are the same vector.
    pub(super) async fn product(&self, x: &[u64], y: &[u64]) -> Result<Words> {
        let same = core::ptr::eq(x, y);
        let made = if same { square(self.party, x).await? } else { product(self.party, x, y).await? };
        truncate(self.party, self.excess, self.rounding, &made).await
    }
}

/// The powers of x from the first on, of which `fractions` has the fraction bits, in levels: x^2; x^3 and x^4; up to x^8; and so on.
pub(super) async fn powers(party: &Party, rounding: Rounding, fractions: &[u32], x: &[u64]) -> Result<Vec<Words>> {
    let mut found: Vec<Words> = Vec::with_capacity(fractions.len());
    if !fractions.is_empty() {
        found.push(Zeroizing::new(x.to_vec()));
    }
    while found.len() < fractions.len() {
        let level = (found.len() + 1..=fractions.len().min(2 * found.len())).filter_map(|exponent| {
            let (low, high) = (exponent >> 1, exponent - (exponent >> 1));
            let excess = fractions.get(low - 1)? + fractions.get(high - 1)?;
            let step = Step { party, rounding, excess: excess.checked_sub(*fractions.get(exponent - 1)?)? };
            let (low, high) = (found.get(low - 1)?, found.get(high - 1)?);
            Some(async move { step.product(low, high).await })
        });
        let level = join_all(level.collect()).await.into_iter().collect::<Result<Vec<Words>>>()?;
        if level.is_empty() {
            return Err(ErrorKind::InvalidArgument.into());
        }
        found.extend(level);
    }
    Ok(found)
}

/// The sum of coefficients times powers, which have `fraction` fraction bits, with those of both. No communication.
pub(super) fn combine(party: &Party, fraction: u32, coefficients: &[i64], powers: &[Words], count: usize) -> Words {
    let (constant, others) = coefficients.split_first().unwrap_or((&0, &[]));
    let start = if party.is_first() { constant.cast_unsigned() << fraction } else { 0 };
    let mut out = Zeroizing::new(vec![start; count]);
    for (coefficient, power) in others.iter().zip(powers) {
        for (out, power) in out.iter_mut().zip(power.iter()) {
            *out = out.wrapping_add(coefficient.cast_unsigned().wrapping_mul(*power));
        }
    }
    out
}
