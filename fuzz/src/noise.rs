//! Noise mechanisms with any fields, and what a contribution is before its noise, computed from the specification.

use cloakwork_core::gaussian::Sigma;
use cloakwork_core::gaussian::isochronous::Sampler;
use cloakwork_core::prg::{StreamKey, Suite};
use cloakwork_core::privacy::mechanism::MechanismConfig;
use hkdf::Hkdf;
use sha2::Sha256;

/// Reads numbers off the input; zeros follow its end.
pub struct Reader<'a>(pub &'a [u8]);

impl Reader<'_> {
    /// The next bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let (now, later) = self.0.split_at(N.min(self.0.len()));
        let mut bytes = [0; N];
        bytes[..now.len()].copy_from_slice(now);
        self.0 = later;
        bytes
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        u8::from_le_bytes(self.bytes())
    }

    /// The next double, by its bits: any that there is.
    pub fn real(&mut self) -> f64 {
        f64::from_le_bytes(self.bytes())
    }

    /// The fields of a mechanism: 64 bytes.
    pub fn mechanism(&mut self) -> MechanismConfig {
        MechanismConfig {
            dimension: u64::from_le_bytes(self.bytes()),
            clamp: self.real(),
            clip: self.real(),
            granularity: self.real(),
            noise: self.real(),
            norm_bound: u64::from_le_bytes(self.bytes()),
            parts: u32::from_le_bytes(self.bytes()),
            honest: u32::from_le_bytes(self.bytes()),
            block_log2: u64::from_le_bytes(self.bytes()) as u8,
        }
    }
}

/// What [`Reader::mechanism`] reads as `config`.
pub fn written(config: &MechanismConfig) -> Vec<u8> {
    let reals = [config.clamp, config.clip, config.granularity, config.noise].map(f64::to_le_bytes);
    let counts = [config.parts, config.honest].map(u32::to_le_bytes);
    let log2 = u64::from(config.block_log2).to_le_bytes();
    let (dimension, bound) = (config.dimension.to_le_bytes(), config.norm_bound.to_le_bytes());
    [&dimension[..], reals.as_flattened(), &bound, counts.as_flattened(), &log2].concat()
}

/// A mechanism for vectors of ten values in blocks of eight, with a norm bound that most roundings keep.
pub const GENUINE: MechanismConfig = MechanismConfig {
    dimension: 10,
    block_log2: 3,
    clamp: 4.0,
    clip: 1.0,
    granularity: 1.0 / 64.0,
    noise: 3.5,
    norm_bound: 4590,
    parts: 2,
    honest: 2,
};

/// The noise of the part with a seed (protocol.md section 11).
pub fn noise(config: &MechanismConfig, suite: Suite, seed: &[u8; 32], padded: usize) -> Vec<i32> {
    let labelled = [&b"cloakwork/1 "[..], b"noise"].concat();
    let mut info = Vec::new();
    for part in [&labelled[..], &[suite.id()]] {
        info.extend((part.len() as u32).to_le_bytes());
        info.extend(part);
    }
    let mut key = [0; 32];
    let hkdf = Hkdf::<Sha256>::from_prk(seed).expect("32 bytes");
    hkdf.expand(&info, &mut key[..suite.key_len()]).expect("one block");
    let mut noise = vec![0; padded];
    let sampler = Sampler::new(Sigma::new(config.noise).expect("checked by the mechanism"));
    sampler.fill(suite, &StreamKey::from_bytes(key), &mut noise).expect("no sampler fails");
    noise
}
