//! What a run says about its noise: the distributed discrete Gaussian mechanism and its parameters, checked.
#![allow(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "public powers of two, and bounds that were checked to fit"
)]

use crate::error::{ErrorKind, Result};
use crate::gaussian::Sigma;
use crate::hadamard::Blocks;

/// Most values of a vector, padding included.
pub const MAX_PADDED: u64 = 1 << 28;
/// Most parts of a contribution.
pub const MAX_PARTS: u32 = 1 << 16;
/// A sum of residues is unrotated in 64-bit integers: its width and the binary logarithm of a block are together at most this.
const UNROTATED_BITS: u8 = 63;
/// Widest residue of a private vector.
const MAX_BITS: u8 = 62;

/// Largest clip in units of granularity, which keeps every intermediate integer below 2^62.
const MAX_CLIP: f64 = (1u64 << 31) as f64;
/// Clips and granularities lie between the two, so that no product of theirs leaves the normal range.
const SMALLEST: f64 = 1.0 / (1u128 << 100) as f64;
const LARGEST: f64 = (1u128 << 100) as f64;

/// The fields of a mechanism, unchecked. [`Mechanism::new`] checks them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MechanismConfig {
    /// Values of a vector, before padding.
    pub dimension: u64,
    /// Binary logarithm of the length of a rotated block; the vector is padded to a multiple of it.
    pub block_log2: u8,
    /// Largest magnitude of a value; what is larger is cut. Infinity: none.
    pub clamp: f64,
    /// Largest L2 norm of a part; what is larger is scaled down.
    pub clip: f64,
    /// What one unit of the integers stands for.
    pub granularity: f64,
    /// Standard deviation of the noise of a part, in units of granularity.
    pub noise: f64,
    /// Largest squared norm of a part after rounding, in squared units of granularity.
    pub norm_bound: u64,
    /// Parts of a contribution, each clipped and noised on its own.
    pub parts: u32,
    /// Honest clients that every opened sum has at least; each brings the noise of all its parts.
    pub honest: u32,
}

/// The distributed discrete Gaussian mechanism (Kairouz, Liu, Steinke, ICML 2021, algorithms 1 and 2) with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mechanism {
    config: MechanismConfig,
    blocks: Blocks,
}

// No field is NaN.
impl Eq for Mechanism {}

impl Mechanism {
    /// Checks the parameters: 1 to 2^28 values with their padding; blocks of 1 to 2^28 values; clip and granularity from 2^-100 to 2^100, clip from 1 to 2^31
    /// units; noise from 0.5 to 2^17 units; 1 to 2^16 parts; at least 1 honest client; a norm bound that a clipped vector meets when its coordinates are
    /// truncated and that is not above what any rounding can reach.
    ///
    /// # Errors
    /// `InvalidMechanism`.
    pub fn new(config: MechanismConfig) -> Result<Self> {
        let blocks = Blocks::of(config.dimension, u32::from(config.block_log2));
        let mechanism = Self { config, blocks: blocks.map_err(|_| ErrorKind::InvalidMechanism)? };
        let within = |value: f64, least: f64, most: f64| (least..=most).contains(&value);
        let fits = mechanism.padded() <= MAX_PADDED
            && config.clamp > 0.0
            && within(config.clip, SMALLEST, LARGEST)
            && within(config.granularity, SMALLEST, LARGEST)
            && within(mechanism.clip_in_units(), 1.0, MAX_CLIP)
            && within(config.noise, Sigma::MIN, Sigma::MAX)
            && (1..=MAX_PARTS).contains(&config.parts)
            && config.honest >= 1;
        if !fits {
            return Err(ErrorKind::InvalidMechanism.into());
        }
        let (least, most) = mechanism.norm_bounds();
        if !(least..=most).contains(&config.norm_bound) {
            return Err(ErrorKind::InvalidMechanism.bound(least));
        }
        Ok(mechanism)
    }

    /// The parameters, all within their bounds.
    #[must_use]
    pub const fn config(&self) -> &MechanismConfig {
        &self.config
    }

    /// Values of a rotated block.
    #[must_use]
    pub const fn block(&self) -> u64 {
        1 << self.blocks.log2()
    }

    /// Number of rotated blocks.
    #[must_use]
    pub const fn blocks(&self) -> u64 {
        self.blocks.count()
    }

    /// Values with padding: the length of the run's segment.
    #[must_use]
    pub const fn padded(&self) -> u64 {
        self.blocks.padded()
    }

    /// Widest residue that the vector may have.
    #[must_use]
    pub const fn max_bits(&self) -> u8 {
        let bits = UNROTATED_BITS - self.config.block_log2;
        if bits < MAX_BITS { bits } else { MAX_BITS }
    }

    /// The clip in units of granularity.
    #[must_use]
    pub fn clip_in_units(&self) -> f64 {
        self.config.clip / self.config.granularity
    }

    /// The squared norms between which a bound lies: of a vector at the clip, and of that vector with every coordinate rounded away from zero.
    fn norm_bounds(&self) -> (u64, u64) {
        let clip = self.clip_in_units();
        let most = clip + libm::sqrt(self.padded() as f64);
        (libm::floor(clip * clip) as u64, libm::ceil(most * most) as u64)
    }
}
