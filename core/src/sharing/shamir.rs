//! Shamir's sharing (CACM 1979) of the seed of a self mask, over the field of 2^61 - 1 elements (protocol.md section 5).
//!
//! A seed is four uniform elements. Each is the constant term of a polynomial of degree t - 1 whose other coefficients are uniform too; the share
//! with index x, which is 1 or more, is the four values at x. Any t shares give the seed; fewer say nothing about it, whatever the
//! computing power: they are consistent with every seed, each by exactly one choice of coefficients.
//!
//! A wrong share gives a wrong seed without notice. The protocol notices by its zero coordinates.

use core::fmt;

use heapless::Vec;
use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::field::{ELEMENT_SIZE, Element, MODULUS};
use crate::mask::{SEED_SIZE, Seed};
use crate::random;

mod horner;
#[cfg(feature = "alloc")]
mod weights;

#[cfg(feature = "alloc")]
pub use weights::Weights;

/// Elements of a seed.
const ELEMENTS: usize = 4;

/// Bytes of a share: four elements.
pub const SHARE_SIZE: usize = ELEMENTS * ELEMENT_SIZE;

/// Points that are evaluated together by [`SeedPolynomial::shares`]: two chains of four values fill sixteen vector registers.
const BATCH: usize = 2;

/// Times that four elements are drawn anew before the generator is held for broken; one such draw happens once in 2^59.
const DRAWS: usize = 8;

/// Four polynomials over one seed, of degree below `T`: the largest threshold that it can hold.
pub struct SeedPolynomial<const T: usize> {
    /// By ascending power; the first is the seed. Elements wipe themselves.
    coefficients: Vec<[Element; ELEMENTS], T>,
}

impl<const T: usize> SeedPolynomial<T> {
    /// A uniform seed and uniform coefficients for the threshold t. They are drawn by ascending power, 32 bytes each: four
    /// little-endian words of which 61 bits count, drawn anew in the one case of 2^59 in which one of them is 2^61 - 1.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidThreshold`] for t = 0, [`ErrorKind::CapacityExceeded`] for t above `T`, [`ErrorKind::Randomness`] if the generator fails.
    pub fn random<R: TryCryptoRng + ?Sized>(rng: &mut R, threshold: u32) -> Result<Self> {
        let mut polynomial = Self::new();
        polynomial.draw(rng, threshold)?;
        Ok(polynomial)
    }

    /// One that is still to be drawn.
    pub(crate) const fn new() -> Self {
        Self { coefficients: Vec::new() }
    }

    /// As [`Self::random`], in place.
    pub(crate) fn draw<R: TryCryptoRng + ?Sized>(&mut self, rng: &mut R, threshold: u32) -> Result<()> {
        let capacity_exceeded = ErrorKind::CapacityExceeded.bound(T as u64);
        if threshold == 0 {
            return Err(ErrorKind::InvalidThreshold.into());
        }
        if u64::from(threshold) > T as u64 {
            return Err(capacity_exceeded);
        }
        self.coefficients.clear();
        for _ in 0..threshold {
            self.coefficients.push(random_elements(rng)?).map_err(|_| capacity_exceeded)?;
        }
        Ok(())
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> Seed {
        let mut bytes = Zeroizing::new([0; SEED_SIZE]);
        if let Some(elements) = self.coefficients.first() {
            for (slot, element) in bytes.chunks_exact_mut(ELEMENT_SIZE).zip(elements) {
                slot.copy_from_slice(&element.to_le_bytes());
            }
        }
        Seed::from_bytes(*bytes)
    }

    /// The share with this index.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for index 0, which is the seed.
    pub fn share(&self, index: u32) -> Result<Zeroizing<[u8; SHARE_SIZE]>> {
        let mut share = Zeroizing::new([0; SHARE_SIZE]);
        self.shares(&[index], core::slice::from_mut(&mut *share))?;
        Ok(share)
    }

    /// The shares with these indices, in less time than each alone takes.
    ///
    /// # Errors
    ///
    /// Nothing is written on error: [`ErrorKind::InvalidLength`] if there are not as many `shares` as indices; [`ErrorKind::InvalidArgument`] if one is 0.
    pub fn shares(&self, indices: &[u32], shares: &mut [[u8; SHARE_SIZE]]) -> Result<()> {
        if indices.len() != shares.len() {
            return Err(ErrorKind::InvalidLength.bound(indices.len() as u64));
        }
        if indices.contains(&0) {
            return Err(ErrorKind::InvalidArgument.into());
        }
        let (batches, rest) = indices.as_chunks::<BATCH>();
        let (share_batches, share_rest) = shares.as_chunks_mut::<BATCH>();
        for (points, shares) in batches.iter().zip(share_batches) {
            *shares = horner::evaluate(&self.coefficients, points);
        }
        for (point, share) in rest.iter().zip(share_rest) {
            [*share] = horner::evaluate(&self.coefficients, &[*point]);
        }
        Ok(())
    }
}

impl<const T: usize> fmt::Debug for SeedPolynomial<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeedPolynomial(..)")
    }
}

/// Reads the four elements of a share.
///
/// # Errors
///
/// [`ErrorKind::Malformed`] if one is not below 2^61 - 1.
fn elements(share: &[u8; SHARE_SIZE]) -> Result<[Element; ELEMENTS]> {
    let mut elements: [Element; ELEMENTS] = Default::default();
    let (words, _) = share.as_chunks::<ELEMENT_SIZE>();
    for (element, word) in elements.iter_mut().zip(words) {
        *element = Element::from_le_bytes(word)?;
    }
    Ok(elements)
}

/// Checks that the bytes are a share: four elements below 2^61 - 1. Whether it is the right one does not show.
///
/// # Errors
///
/// [`ErrorKind::Malformed`] if they are not.
pub fn check_share(share: &[u8; SHARE_SIZE]) -> Result<()> {
    elements(share).map(drop)
}

/// Four uniform elements. One draw of 32 bytes almost always suffices, so a generator behind a call costs one call.
fn random_elements<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<[Element; ELEMENTS]> {
    let mut bytes = Zeroizing::new([0; SHARE_SIZE]);
    for _ in 0..DRAWS {
        random::fill(rng, &mut *bytes)?;
        for word in bytes.chunks_exact_mut(ELEMENT_SIZE) {
            for (byte, mask) in word.iter_mut().zip(MODULUS.to_le_bytes()) {
                *byte &= mask;
            }
        }
        if let Ok(elements) = elements(&bytes) {
            return Ok(elements);
        }
    }
    Err(ErrorKind::Randomness.into())
}
