//! A generator that gives the same bytes on every run.

use cloakwork_core::kdf;
use rand_core::{Infallible, TryCryptoRng, TryRng};

/// Hashes a counter. The seed tells generators apart.
#[derive(Clone)]
pub struct Generator {
    seed: u64,
    count: u64,
}

impl Generator {
    /// Starts the stream number `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { seed, count: 0 }
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
            self.count += 1;
            let block = kdf::hash("fuzz generator", &[&self.seed.to_le_bytes(), &self.count.to_le_bytes()]);
            piece.copy_from_slice(&block[..piece.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Generator {}
