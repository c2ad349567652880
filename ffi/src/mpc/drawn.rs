//! Random bytes that are drawn while a call lasts and used after it, when the caller's generator may be gone.

use alloc::vec;
use alloc::vec::Vec;

use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use crate::rng::{Generator, GeneratorFailed, word};
use crate::status::{Checked, cloak_status};

/// So many random bytes, each of which is given once.
pub(crate) struct Drawn {
    bytes: Zeroizing<Vec<u8>>,
    used: usize,
}

impl Drawn {
    /// Draws `count` bytes.
    pub(crate) fn new(mut generator: Generator, count: usize) -> Checked<Self> {
        let mut bytes = Zeroizing::new(vec![0; count]);
        generator.try_fill_bytes(&mut bytes).map_err(|_| cloak_status::CLOAK_ERR_RANDOMNESS)?;
        Ok(Self { bytes, used: 0 })
    }
}

impl TryRng for Drawn {
    type Error = GeneratorFailed;

    fn try_next_u32(&mut self) -> Result<u32, GeneratorFailed> {
        word(self).map(u32::from_le_bytes)
    }

    fn try_next_u64(&mut self) -> Result<u64, GeneratorFailed> {
        word(self).map(u64::from_le_bytes)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), GeneratorFailed> {
        let fresh = self.bytes.get(self.used..self.used + out.len()).ok_or(GeneratorFailed)?;
        out.copy_from_slice(fresh);
        self.used += out.len();
        Ok(())
    }
}

// Bytes of a generator that is one.
impl TryCryptoRng for Drawn {}
