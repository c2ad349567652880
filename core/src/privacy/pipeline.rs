//! The pipeline of the distributed discrete Gaussian mechanism (Kairouz, Liu, Steinke, ICML 2021, algorithms 1 and 2): from a vector to noised residues that
//! can be masked and summed, and from the sum of residues back to a vector.
//!
//! From the quantised vector on everything is integer arithmetic: rotation, rounding, the check of the norm, noise. So the bound on the norm, on which the
//! privacy theorem stands, holds for what is released and not only for what was meant, and the same values, seeds and suite give the same residues on every
//! platform (docs/protocol.md, "The private vector").

mod clip;
mod conditional;
mod grid;
mod root;
mod rounding;

use rand_core::TryCryptoRng;
use zeroize::{Zeroize, Zeroizing};

pub use clip::Real;
use grid::Grid;
use rounding::{Norms, Rounding, Selection};

use crate::error::{ErrorKind, Result};
use crate::gaussian::Sigma;
use crate::gaussian::isochronous::{Noise, Sampler};
use crate::hadamard::{Signs, rotate, unrotate};
use crate::kdf;
use crate::prg::{StreamKey, Suite};
use crate::privacy::mechanism::Mechanism;
use crate::random;
use crate::ring::{self, Bits, Lane};

/// Bytes of a rotation seed.
pub const ROTATION_SEED_SIZE: usize = 32;

/// Number of parts of a contribution in which noise is missing: no mechanism has so many.
const SPOILED: u32 = u32::MAX;

/// A mechanism, ready for vectors of one ring and suite.
#[derive(Clone, Debug)]
pub struct Pipeline {
    mechanism: Mechanism,
    bits: Bits,
    suite: Suite,
    grid: Grid,
    sampler: Sampler,
}

impl Pipeline {
    /// Prepares the tables of a mechanism whose residues have `bits` bits, at most [`Mechanism::max_bits`].
    ///
    /// # Errors
    /// `InvalidWidth`; `InvalidMechanism` for noise that the sampler does not serve.
    pub fn new(mechanism: Mechanism, bits: Bits, suite: Suite) -> Result<Self> {
        if bits.get() > mechanism.max_bits() {
            return Err(ErrorKind::InvalidWidth.bound(u64::from(mechanism.max_bits())));
        }
        let sigma = Sigma::new(mechanism.config().noise).map_err(|_| ErrorKind::InvalidMechanism)?;
        Ok(Self { mechanism, bits, suite, grid: Grid::new(&mechanism), sampler: Sampler::new(sigma) })
    }

    /// The mechanism.
    #[must_use]
    pub const fn mechanism(&self) -> &Mechanism {
        &self.mechanism
    }

    /// Bit width of the residues.
    #[must_use]
    pub const fn bits(&self) -> Bits {
        self.bits
    }

    /// The vector that a sum of residues stands for: the sum of the contributions, with their noise. Block by block: centred, unrotated, scaled, the padding
    /// cut.
    ///
    /// `work` has the length of a block and is overwritten.
    ///
    /// # Errors
    /// `InvalidLength` for `sum` (the padded length), `work` or `out` (the dimension); `InvalidWidth` for another lane type.
    #[allow(clippy::cast_precision_loss, reason = "more bits than a double has are far below the noise")]
    pub fn decode<L: Lane>(
        &self,
        rotation: &[u8; ROTATION_SEED_SIZE],
        sum: &[L],
        work: &mut [i64],
        out: &mut [f64],
    ) -> Result<()> {
        self.check_lanes(sum)?;
        let signs = Signs::new(self.suite, rotation);
        let work = self.block_of(work)?;
        if out.len() as u64 != self.mechanism.config().dimension {
            return Err(ErrorKind::InvalidLength.bound(self.mechanism.config().dimension));
        }
        let blocks = sum.chunks_exact(work.len()).zip(out.chunks_mut(work.len()));
        for ((residues, values), number) in blocks.zip(0u64..) {
            for (integer, residue) in work.iter_mut().zip(residues) {
                *integer = i64::try_from(ring::center(*residue, self.bits)).unwrap_or_default();
            }
            unrotate(&signs, number << self.mechanism.config().block_log2, work)?;
            for (value, integer) in values.iter_mut().zip(work.iter()) {
                *value = *integer as f64 * self.grid.unit;
            }
        }
        Ok(())
    }

    fn check_lanes<L: Lane>(&self, lanes: &[L]) -> Result<()> {
        if !ring::serves::<L>(self.bits) {
            return Err(ErrorKind::InvalidWidth.into());
        }
        if lanes.len() as u64 == self.mechanism.padded() {
            Ok(())
        } else {
            Err(ErrorKind::InvalidLength.bound(self.mechanism.padded()))
        }
    }

    fn block_of<'w>(&self, work: &'w mut [i64]) -> Result<&'w mut [i64]> {
        let block = self.mechanism.block();
        if work.len() as u64 == block { Ok(work) } else { Err(ErrorKind::InvalidLength.bound(block)) }
    }
}

/// What one client contributes: the sum of its parts, each clipped, rotated, rounded and noised on its own.
///
/// The residues lie in memory of the caller and are wiped when the contribution ends. Postcondition of every part: the integer vector before noise has a squared
/// norm of at most the mechanism's bound, whatever the values were.
pub struct Contribution<'a, L: Lane> {
    pipeline: Pipeline,
    rotation: [u8; ROTATION_SEED_SIZE],
    residues: &'a mut [L],
    parts: u32,
}

impl<'a, L: Lane> Contribution<'a, L> {
    /// A contribution without parts yet; `residues` has the padded length. The rotation seed is public, the same for all clients of a round, and fresh in
    /// each round: with the same one twice, the bound on the wrap-around fails for vectors that depend on the first rotation.
    ///
    /// # Errors
    /// `InvalidLength`, `InvalidWidth` for `residues`.
    pub fn new(pipeline: Pipeline, rotation: &[u8; ROTATION_SEED_SIZE], residues: &'a mut [L]) -> Result<Self> {
        pipeline.check_lanes(residues)?;
        residues.fill(L::default());
        Ok(Self { pipeline, rotation: *rotation, residues, parts: 0 })
    }

    /// Adds a part: a vector of the mechanism's dimension. `work` has the length of a block; it is wiped.
    ///
    /// # Errors
    /// `InvalidLength` for `values` or `work`; `NotFinite`, `OutOfRange` for a value; `OutOfOrder` for more parts than the mechanism has; `Randomness`;
    /// `SamplerFailed`, after which the contribution is of no use. Otherwise nothing has changed.
    pub fn add_part<T: Real, R: TryCryptoRng>(&mut self, rng: &mut R, values: &[T], work: &mut [i64]) -> Result<()> {
        let (factor, work) = self.check_part(values, work)?;
        let part = Part::draw(&self.pipeline, &self.rotation, factor, rng)?;
        let added = part.add_to(values, work, self.residues);
        work.zeroize();
        // Where noise is missing, no other part may make the contribution whole.
        self.parts = if added.is_ok() { self.parts + 1 } else { SPOILED };
        added
    }

    /// The clipping factor of a part that may be added, and the block to work in.
    fn check_part<'w, T: Real>(&self, values: &[T], work: &'w mut [i64]) -> Result<(f64, &'w mut [i64])> {
        let config = self.pipeline.mechanism.config();
        if self.parts >= config.parts {
            return Err(ErrorKind::OutOfOrder.bound(u64::from(config.parts)));
        }
        if values.len() as u64 != config.dimension {
            return Err(ErrorKind::InvalidLength.bound(config.dimension));
        }
        let work = self.pipeline.block_of(work)?;
        Ok((clip::factor(values, config.clamp, config.clip)?, work))
    }

    /// The residues, once every part was added.
    ///
    /// # Errors
    /// `OutOfOrder` while parts are missing.
    pub fn residues(&self) -> Result<&[L]> {
        let parts = self.pipeline.mechanism.config().parts;
        if self.parts == parts { Ok(self.residues) } else { Err(ErrorKind::OutOfOrder.bound(u64::from(parts))) }
    }

    /// Number of residues.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.residues.len()
    }

    /// Whether there are none; no mechanism has an empty vector.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.residues.is_empty()
    }

    /// The mechanism.
    #[must_use]
    pub const fn mechanism(&self) -> &Mechanism {
        &self.pipeline.mechanism
    }

    /// Bit width of the residues.
    #[must_use]
    pub const fn bits(&self) -> Bits {
        self.pipeline.bits
    }

    /// The rotation seed.
    #[must_use]
    pub const fn rotation(&self) -> &[u8; ROTATION_SEED_SIZE] {
        &self.rotation
    }
}

impl<L: Lane> Drop for Contribution<'_, L> {
    fn drop(&mut self) {
        self.residues.iter_mut().for_each(Zeroize::zeroize);
    }
}

impl<L: Lane> core::fmt::Debug for Contribution<'_, L> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Contribution(..)")
    }
}

/// One part on its way.
struct Part<'a> {
    pipeline: &'a Pipeline,
    signs: Signs,
    scale: f64,
    rounding: StreamKey,
    noise: StreamKey,
}

impl<'a> Part<'a> {
    /// A part with streams of its own.
    fn draw<R: TryCryptoRng>(
        pipeline: &'a Pipeline,
        rotation: &[u8; ROTATION_SEED_SIZE],
        factor: f64,
        rng: &mut R,
    ) -> Result<Self> {
        let mut seed = Zeroizing::new([0u8; 32]);
        random::fill(rng, &mut *seed)?;
        Ok(Self {
            pipeline,
            signs: Signs::new(pipeline.suite, rotation),
            scale: factor * pipeline.grid.scale,
            rounding: stream_key(&seed, "rounding", pipeline.suite),
            noise: stream_key(&seed, "noise", pipeline.suite),
        })
    }

    /// Two passes, since the norm is that of all blocks: a vector of one block is rotated once, one of several blocks twice, in the memory of a single block.
    fn add_to<T: Real, L: Lane>(&self, values: &[T], work: &mut [i64], residues: &mut [L]) -> Result<()> {
        let selection = self.select(values, work)?;
        self.add_selected(selection, values, work, residues)
    }

    /// The first pass: which rounding is released. A vector of one block is left rotated in `work`.
    fn select<T: Real>(&self, values: &[T], work: &mut [i64]) -> Result<Selection> {
        let mut norms = Norms::default();
        for block in 0..self.pipeline.mechanism.blocks() {
            self.rotate(block, values, work)?;
            norms.add(&self.rounding(), self.first(block), work)?;
        }
        Ok(norms.select(self.pipeline.mechanism.config().norm_bound))
    }

    /// The second pass: rounds, adds noise, and adds the outcome to the residues.
    fn add_selected<T: Real, L: Lane>(
        &self,
        selection: Selection,
        values: &[T],
        work: &mut [i64],
        residues: &mut [L],
    ) -> Result<()> {
        let blocks = self.pipeline.mechanism.blocks();
        let mut noise = self.pipeline.sampler.noise(self.pipeline.suite, &self.noise);
        for (block, residues) in (0..blocks).zip(residues.chunks_exact_mut(work.len())) {
            if blocks > 1 {
                self.rotate(block, values, work)?;
            }
            self.release(block, selection, &mut noise, work, residues)?;
        }
        Ok(())
    }

    fn first(&self, block: u64) -> u64 {
        block << self.pipeline.mechanism.config().block_log2
    }

    fn rounding(&self) -> Rounding<'_> {
        Rounding { suite: self.pipeline.suite, key: &self.rounding, shift: self.pipeline.grid.shift }
    }

    /// Quantises and rotates the values of a block into `work`.
    fn rotate<T: Real>(&self, block: u64, values: &[T], work: &mut [i64]) -> Result<()> {
        let values = usize::try_from(block).ok().and_then(|block| values.chunks(work.len()).nth(block));
        clip::quantise(values.unwrap_or_default(), self.pipeline.mechanism.config().clamp, self.scale, work);
        rotate(&self.signs, self.first(block), work)
    }

    /// Rounds a rotated block, adds noise, and adds the outcome to the residues.
    fn release<L: Lane>(
        &self,
        block: u64,
        selection: Selection,
        noise: &mut Noise<'_>,
        work: &mut [i64],
        residues: &mut [L],
    ) -> Result<()> {
        self.rounding().apply(selection, self.first(block), work)?;
        noise.add(work)?;
        for (residue, noised) in residues.iter_mut().zip(work.iter()) {
            *residue = residue.wrapping_add(L::from_u128(i128::from(*noised).cast_unsigned()));
        }
        Ok(())
    }
}

/// The key of a part's rounding or of its noise (docs/protocol.md, "The private vector").
fn stream_key(seed: &[u8; 32], label: &str, suite: Suite) -> StreamKey {
    let mut key = Zeroizing::new([0u8; 32]);
    kdf::expand(seed, label, &[&[suite.id()]], key.get_mut(..suite.key_len()).unwrap_or_default());
    StreamKey::from_bytes(*key)
}
