//! The mask key of a pair of neighbours in one round (protocol.md section 4).

use super::{SEED_SIZE, Seed};
use crate::agreement::PairKey;
use crate::kdf;

impl PairKey {
    /// The seed of the mask that the two neighbours share in the round with hash `round_hash`, the same for both directions. It may be
    /// handed to the server when one of them drops out, so nothing else is derived from it.
    #[must_use]
    pub fn round_mask_seed(&self, round: u32, round_hash: &[u8; 32]) -> Seed {
        let mut seed = Seed::from_bytes([0; SEED_SIZE]);
        kdf::expand(self.as_bytes(), "mask", &[&u64::from(round).to_le_bytes(), round_hash], &mut seed.0);
        seed
    }
}
