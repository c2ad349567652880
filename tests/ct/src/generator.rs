//! A generator whose output is secret.

use crate::secret::hide;
use rand_core::{Infallible, TryCryptoRng, TryRng};

/// Counts; what it counts is marked secret.
pub struct SecretGenerator(u64);

impl SecretGenerator {
    /// Starts at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
}

impl TryRng for SecretGenerator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0u8; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0u8; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out.iter_mut() {
            // The multiplier of Knuth's MMIX generator: any spread of values serves, no secret is drawn in earnest.
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 56) as u8;
        }
        hide(out);
        Ok(())
    }
}

impl TryCryptoRng for SecretGenerator {}
