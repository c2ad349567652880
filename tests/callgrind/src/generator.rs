//! A generator that gives the same bytes on every run.

use cloakwork_core::kdf;
use rand_core::{Infallible, TryCryptoRng, TryRng};

/// Hashes a counter.
pub struct Generator(u64);

impl Generator {
    /// Starts at `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed << 32)
    }
}

impl TryRng for Generator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for piece in out.chunks_mut(32) {
            self.0 += 1;
            piece.copy_from_slice(&kdf::hash("callgrind generator", &[&self.0.to_le_bytes()])[..piece.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Generator {}
