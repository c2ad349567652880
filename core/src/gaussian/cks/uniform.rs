//! Uniform integers and what follows from one of them.

use rand_core::TryCryptoRng;

use crate::error::{ErrorKind, Result};
use crate::random;

use super::PATIENCE;

/// A uniform number below the bound, which is not 0.
pub(super) fn below<R: TryCryptoRng + ?Sized>(rng: &mut R, bound: u128) -> Result<u128> {
    let unused = (bound - 1).leading_zeros();
    if unused == u128::BITS {
        return Ok(0);
    }
    for _ in 0..PATIENCE {
        let number = (u128::MAX >> unused) & if unused >= 64 { word(rng)?.into() } else { wide(rng)? };
        if number < bound {
            return Ok(number);
        }
    }
    Err(ErrorKind::SamplerFailed.into())
}

/// True with probability numerator / denominator, and always for a numerator that is not below the denominator.
pub(super) fn bernoulli<R: TryCryptoRng + ?Sized>(rng: &mut R, numerator: u128, denominator: u128) -> Result<bool> {
    Ok(below(rng, denominator)? < numerator)
}

/// True with probability 1/2.
pub(super) fn coin<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<bool> {
    Ok(below(rng, 2)? == 1)
}

fn word<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<u64> {
    let mut bytes = [0; 8];
    random::fill(rng, &mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn wide<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<u128> {
    let mut bytes = [0; 16];
    random::fill(rng, &mut bytes)?;
    Ok(u128::from_le_bytes(bytes))
}
