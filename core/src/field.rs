//! The prime field of p = 2^61 - 1 elements, in constant time.
//!
//! An element is kept canonical, in 0 ... p - 1. Reduction uses 2^61 = 1 mod p: for s <= 2p - 1, `(s + ((s + 1) >> 61)) & p` is s mod p,
//! with no comparison that a compiler could turn into a branch.
//!
//! Products are 64 by 64 bits. On Cortex-M3 (`UMULL` ends early on small operands) they are not constant time;
//! on Cortex-M0, M0+, M4, M7 and hosts they are.

use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::ct;
use crate::error::{ErrorKind, Result};

/// The prime p = 2^61 - 1.
pub const MODULUS: u64 = (1 << 61) - 1;

/// Bytes of an element.
pub const ELEMENT_SIZE: usize = 8;

/// An element of the field. It may be secret: it shows nothing in `Debug`, is compared in constant time only, and is wiped on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Element(u64);

impl Element {
    /// The neutral element of addition.
    pub const ZERO: Self = Self(0);

    /// The neutral element of multiplication.
    pub const ONE: Self = Self(1);

    /// The element of a share index or another small public number.
    #[must_use]
    pub const fn from_u32(value: u32) -> Self {
        Self(value as u64)
    }

    /// The element with this canonical value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`] for p or more. Whether it is refused shows in the time; the value does not.
    pub fn from_canonical(value: u64) -> Result<Self> {
        // The borrow of value - p, p having no bit 63.
        let below = value.wrapping_sub(MODULUS) & !value;
        if ct::opaque((below >> 63) as u8) == 1 { Ok(Self(value)) } else { Err(ErrorKind::Malformed.into()) }
    }

    /// The residue of 128 bits, the low half first. Of uniform bits it is uniform but for a statistical distance below 2^-66.
    #[must_use]
    pub const fn from_wide(low: u64, high: u64) -> Self {
        // 2^64 = 8 mod p.
        Self(fold(reduce(low as u128) + reduce(reduce(high as u128) as u128 * 8)))
    }

    /// The element in its 8 bytes on the wire, little-endian.
    ///
    /// # Errors
    ///
    /// As [`Element::from_canonical`].
    pub fn from_le_bytes(bytes: &[u8; ELEMENT_SIZE]) -> Result<Self> {
        Self::from_canonical(u64::from_le_bytes(*bytes))
    }

    /// The canonical value, below p.
    #[must_use]
    pub const fn to_canonical(&self) -> u64 {
        self.0
    }

    /// The element as it travels: 8 bytes, little-endian.
    #[must_use]
    pub const fn to_le_bytes(&self) -> [u8; ELEMENT_SIZE] {
        self.0.to_le_bytes()
    }

    /// A uniform element.
    ///
    /// Draws 61 bits and again in the one case of 2^61 that gives p, so the number of draws says nothing about the element.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Randomness`] if the generator fails.
    pub fn random<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self> {
        let mut bytes = [0u8; ELEMENT_SIZE];
        loop {
            let drawn = rng.try_fill_bytes(&mut bytes);
            let value = u64::from_le_bytes(bytes) & MODULUS;
            bytes.zeroize();
            if drawn.is_err() {
                return Err(ErrorKind::Randomness.into());
            }
            if !ct::eq_u64(value, MODULUS) {
                return Ok(Self(value));
            }
        }
    }

    /// The sum.
    #[must_use]
    #[inline]
    pub const fn add(&self, other: &Self) -> Self {
        Self(fold(self.0 + other.0))
    }

    /// The difference.
    #[must_use]
    #[inline]
    pub const fn sub(&self, other: &Self) -> Self {
        Self(fold(self.0 + (MODULUS - other.0)))
    }

    /// The product.
    #[must_use]
    #[inline]
    pub const fn mul(&self, other: &Self) -> Self {
        Self(reduce(self.0 as u128 * other.0 as u128))
    }

    /// The multiplicative inverse, by Fermat: the power p - 2 = 2^61 - 3. The inverse of zero is zero.
    #[must_use]
    pub fn inverse(&self) -> Self {
        // runs(n) is the power 2^n - 1; runs(m + n) = runs(m)^(2^n) * runs(n).
        let one = self.clone();
        let two = one.squared(1).mul(&one);
        let four = two.squared(2).mul(&two);
        let eight = four.squared(4).mul(&four);
        let sixteen = eight.squared(8).mul(&eight);
        let thirty_two = sixteen.squared(16).mul(&sixteen);
        let forty_eight = thirty_two.squared(16).mul(&sixteen);
        let fifty_six = forty_eight.squared(8).mul(&eight);
        let fifty_eight = fifty_six.squared(2).mul(&two);
        let fifty_nine = fifty_eight.squared(1).mul(&one);
        // 2^61 - 3 = 4 * (2^59 - 1) + 1.
        fifty_nine.squared(2).mul(&one)
    }

    /// Whether the two are the same element.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        ct::eq_u64(self.0, other.0)
    }

    /// The power 2^`times`.
    fn squared(&self, times: u32) -> Self {
        (0..times).fold(self.clone(), |square, _| square.mul(&square))
    }
}

impl Default for Element {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Element(..)")
    }
}

/// s mod p for s <= 2p - 1.
#[inline(always)]
const fn fold(sum: u64) -> u64 {
    (sum + ((sum + 1) >> 61)) & MODULUS
}

/// x mod p for x < p * 2^61.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "both halves have at most 61 bits")]
const fn reduce(product: u128) -> u64 {
    // The high part is below p and the low part at most p.
    fold((product as u64 & MODULUS) + (product >> 61) as u64)
}
