//! Additive sharing of a vector over Z_2^b: n - 1 parties hold a seed each, one holds the vector minus what the seeds expand to.
//!
//! All n shares together restore the vector; any n - 1 of them say nothing to whoever cannot tell the streams from random. The stream of a seed is that of
//! the suite (protocol.md section 1) under
//!
//! ```text
//! stream key = Expand(seed, "additive", u8(suite), u8(b), u64le(length); 16 or 32)
//! ```
//!
//! and is read into residues as a mask is. Every function takes the piece of the vector that starts at `first_element`, so nobody has to hold the
//! vector whole, and any division into pieces gives the same shares.

use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::error::{ErrorKind, Result};
use crate::kdf;
use crate::mask::{SEED_SIZE, add_masks};
use crate::prg::{Sign, StreamKey, Suite, check_range};
use crate::random;
use crate::ring::{self, Bits, Lane};

/// The share of a party that holds no vector: 32 bytes, for one vector.
#[derive(ZeroizeOnDrop)]
pub struct ShareSeed([u8; SEED_SIZE]);

impl ShareSeed {
    /// A new share.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Randomness`] if the generator fails.
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self> {
        let mut seed = Self([0; SEED_SIZE]);
        random::fill(rng, &mut seed.0)?;
        Ok(seed)
    }

    /// The share with these bytes, as its party received them.
    #[must_use]
    pub const fn from_bytes(bytes: &[u8; SEED_SIZE]) -> Self {
        Self(*bytes)
    }

    /// The bytes to send to its party, over a channel that nobody else reads.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SEED_SIZE] {
        &self.0
    }
}

impl fmt::Debug for ShareSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShareSeed(..)")
    }
}

/// What is public about a shared vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sharing {
    suite: Suite,
    bits: Bits,
    length: u64,
}

impl Sharing {
    /// The sharing of a vector of `length` residues mod 2^`bits`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLong`] if a stream does not reach so far.
    pub fn new(suite: Suite, bits: Bits, length: u64) -> Result<Self> {
        let length_in_memory = usize::try_from(length).map_err(|_| ErrorKind::TooLong)?;
        check_range(ring::lane_bytes(bits).trailing_zeros(), 0, length_in_memory)?;
        Ok(Self { suite, bits, length })
    }

    /// The stream that a share expands to. Its key costs a derivation, so it is made once for all pieces.
    #[must_use]
    pub fn stream_key(&self, share: &ShareSeed) -> StreamKey {
        let mut key = Zeroizing::new([0; SEED_SIZE]);
        let (used, _) = key.split_at_mut(self.suite.key_len());
        kdf::expand(&share.0, "additive", &[&[self.suite.id()], &[self.bits.get()], &self.length.to_le_bytes()], used);
        StreamKey::from_bytes(*key)
    }

    /// Turns a piece of the secret vector into the same piece of the last share: subtracts what the other shares expand to.
    ///
    /// # Errors
    ///
    /// Nothing is changed on error: [`ErrorKind::InvalidArgument`] without a key, as the share would be the secret; [`ErrorKind::InvalidLength`] for a piece
    /// beyond the vector; [`ErrorKind::InvalidWidth`] if `L` does not serve the width.
    pub fn split<L: Lane>(&self, keys: &[StreamKey], first_element: u64, values: &mut [L]) -> Result<()> {
        self.combine(Sign::Minus, keys, first_element, values)
    }

    /// The inverse of [`Self::split`]: turns a piece of the last share into the same piece of the secret, given all other shares.
    ///
    /// # Errors
    ///
    /// As [`Self::split`].
    pub fn reconstruct<L: Lane>(&self, keys: &[StreamKey], first_element: u64, share: &mut [L]) -> Result<()> {
        self.combine(Sign::Plus, keys, first_element, share)
    }

    /// Adds a piece of a party's share to its accumulator: with zeros in it, expands the share; with other shares in it, adds secrets
    /// without opening them.
    ///
    /// # Errors
    ///
    /// As [`Self::split`].
    pub fn accumulate<L: Lane>(&self, key: &StreamKey, first_element: u64, accumulator: &mut [L]) -> Result<()> {
        self.combine(Sign::Plus, core::slice::from_ref(key), first_element, accumulator)
    }

    fn combine<L: Lane>(&self, sign: Sign, keys: &[StreamKey], first_element: u64, values: &mut [L]) -> Result<()> {
        ring::check_lane::<L>(self.bits)?;
        if keys.is_empty() {
            return Err(ErrorKind::InvalidArgument.into());
        }
        match first_element.checked_add(values.len() as u64) {
            Some(end) if end <= self.length => {}
            _ => return Err(ErrorKind::InvalidLength.bound(self.length)),
        }
        add_masks(self.suite, keys.iter().map(|key| (sign, key)), first_element, values)?;
        for value in values {
            *value = value.reduce(self.bits);
        }
        Ok(())
    }
}
