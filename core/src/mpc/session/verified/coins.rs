//! What a party draws for checks, from one seed: how many there will be is not known when the caller's generator is at hand.

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use crate::error::Result;
use crate::kdf;
use crate::random;

/// Bytes of the seed, and of a block.
const SIZE: usize = 32;

/// A stream of blocks of Expand(seed, "verified coins", u64le(number); 32), each of which serves once.
pub(super) struct Coins {
    seed: Zeroizing<[u8; SIZE]>,
    next: u64,
}

impl Coins {
    /// # Errors
    ///
    /// [`crate::ErrorKind::Randomness`] if the generator fails.
    pub(super) fn new<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self> {
        let mut seed = Zeroizing::new([0; SIZE]);
        random::fill(rng, &mut *seed)?;
        Ok(Self { seed, next: 0 })
    }

    /// For a rehearsal, in which nothing hides anything.
    pub(super) fn rehearsed() -> Self {
        Self { seed: Zeroizing::new([0; SIZE]), next: 0 }
    }

    fn block<const N: usize>(&mut self) -> [u8; N] {
        let mut block = [0; N];
        let Ok(()) = self.try_fill_bytes(&mut block);
        block
    }
}

impl TryRng for Coins {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> core::result::Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.block()))
    }

    fn try_next_u64(&mut self) -> core::result::Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.block()))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> core::result::Result<(), Infallible> {
        for piece in out.chunks_mut(SIZE) {
            kdf::expand(&self.seed, "verified coins", &[&self.next.to_le_bytes()], piece);
            self.next += 1;
        }
        Ok(())
    }
}

// A stream that nobody tells from a random one without its seed.
impl TryCryptoRng for Coins {}
