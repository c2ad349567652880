//! Contributions of any values under any small mechanism. A part is refused for its own fault only and leaves no trace; what comes out has, before noise,
//! a norm within the bound, whatever the values were.
#![no_main]

use cloakwork_core::ErrorKind;
use cloakwork_core::prg::Suite;
use cloakwork_core::privacy::mechanism::{Mechanism, MechanismConfig};
use cloakwork_core::privacy::pipeline::{Contribution, Pipeline};
use cloakwork_core::ring::{Bits, Lane, center};
use cloakwork_fuzz::generator::Generator;
use cloakwork_fuzz::noise::{Reader, noise};
use libfuzzer_sys::fuzz_target;
use rand_core::TryRng;

/// Magnitudes from here on are refused.
const TOO_LARGE: u64 = (1023 + 400) << 52;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader(bytes);
    let mut config = reader.mechanism();
    config.dimension %= 300;
    config.block_log2 %= 9;
    config.parts %= 4;
    let (bits, suite) = (reader.byte(), [Suite::ChaCha20, Suite::Aes128Ctr][usize::from(reader.byte() % 2)]);
    let Ok(mechanism) = Mechanism::new(config) else { return };
    let Ok(bits) = Bits::new(bits) else { return };
    let pipeline = match Pipeline::new(mechanism, bits, suite) {
        Ok(pipeline) => pipeline,
        Err(error) => {
            assert!(error.kind() == ErrorKind::InvalidWidth && bits.get() > mechanism.max_bits());
            return;
        }
    };
    if bits.get() <= 32 {
        contribute::<u32>(&pipeline, suite, reader)
    } else {
        contribute::<u64>(&pipeline, suite, reader)
    }
});

/// A vector as the input spells it: as long as the mechanism asks for, or not; cut to single precision, or not.
struct Part {
    values: Vec<f64>,
    single: bool,
}

impl Part {
    fn read(reader: &mut Reader<'_>, dimension: u64) -> Self {
        let shape = reader.byte();
        let length = if shape & 0xf0 == 0xf0 { u64::from(shape & 0xf) } else { dimension };
        let single = shape & 1 == 1;
        let cut = |value: f64| if single { f64::from(value as f32) } else { value };
        let values = (0..length).map(|_| cut(reader.real())).collect();
        Self { values, single }
    }

    /// Why it is refused.
    fn fault(&self, config: &MechanismConfig) -> Option<ErrorKind> {
        if self.values.len() as u64 != config.dimension {
            Some(ErrorKind::InvalidLength)
        } else if self.values.iter().any(|value| !value.is_finite()) {
            Some(ErrorKind::NotFinite)
        } else if self.values.iter().any(|value| value.abs().to_bits() >= TOO_LARGE) {
            Some(ErrorKind::OutOfRange)
        } else {
            None
        }
    }

    fn add_to<L: Lane>(
        &self,
        contribution: &mut Contribution<'_, L>,
        rng: &mut Generator,
        work: &mut [i64],
    ) -> cloakwork_core::Result<()> {
        if self.single {
            let values: Vec<f32> = self.values.iter().map(|value| *value as f32).collect();
            contribution.add_part(rng, &values, work)
        } else {
            contribution.add_part(rng, &self.values, work)
        }
    }
}

fn contribute<L: Lane>(pipeline: &Pipeline, suite: Suite, mut reader: Reader<'_>) {
    let mechanism = pipeline.mechanism();
    let (config, padded, rotation) = (mechanism.config(), mechanism.padded() as usize, [reader.byte(); 32]);
    let (mut residues, mut work) = (vec![L::default(); padded], vec![77; mechanism.block() as usize]);
    let mut rng = Generator::new(1);
    // The bits that only noise is left of once the parts' own noise is taken away.
    let mut quiet = vec![L::default(); padded];
    let mut contribution = Contribution::new(pipeline.clone(), &rotation, &mut residues).expect("as long as it says");
    let mut taken = 0;
    for _ in 0..config.parts + 2 {
        let part = Part::read(&mut reader, config.dimension);
        let mut seed = [0; 32];
        rng.clone().try_fill_bytes(&mut seed).expect("it does not fail");
        let result = part.add_to(&mut contribution, &mut rng, &mut work);
        let expected = if taken == config.parts { Some(ErrorKind::OutOfOrder) } else { part.fault(config) };
        assert_eq!(result.err().map(|error| error.kind()), expected);
        if expected.is_none() {
            taken += 1;
            assert!(work.iter().all(|word| *word == 0), "working memory is wiped");
            for (quiet, noise) in quiet.iter_mut().zip(noise(config, suite, &seed, padded)) {
                *quiet = quiet.wrapping_sub(L::from_i64(noise.into()));
            }
        }
        assert_eq!(contribution.residues().is_ok(), taken == config.parts, "residues of whole contributions only");
    }
    let Ok(sum) = contribution.residues() else { return };
    check_norm(pipeline, sum, &quiet);
    check_decoding(pipeline, &rotation, sum, &mut work);
}

/// The norm of a sum of parts is at most the sum of their bounds, if the ring can show it.
fn check_norm<L: Lane>(pipeline: &Pipeline, sum: &[L], quiet: &[L]) {
    let (config, bits) = (pipeline.mechanism().config(), pipeline.bits());
    let bound = f64::from(config.parts) * (config.norm_bound as f64).sqrt();
    if bound >= 2f64.powi(i32::from(bits.get()) - 1) {
        return;
    }
    let rounded = sum.iter().zip(quiet).map(|(noised, noise)| center(noised.wrapping_add(*noise), bits));
    let square: f64 = rounded.map(|value| (value * value) as f64).sum();
    assert!(square.sqrt() <= bound * (1.0 + 1e-12), "{square} and {bound}");
}

fn check_decoding<L: Lane>(pipeline: &Pipeline, rotation: &[u8; 32], sum: &[L], work: &mut [i64]) {
    let bits = pipeline.bits();
    let reduced: Vec<L> = sum.iter().map(|residue| residue.reduce(bits)).collect();
    assert!(reduced.iter().all(|residue| residue.to_u128() <= bits.max_residue()));
    let mut values = vec![f64::NAN; pipeline.mechanism().config().dimension as usize];
    pipeline.decode(rotation, sum, work, &mut values).expect("as long as it says");
    assert!(values.iter().all(|value| value.is_finite()));
    let mut again = vec![f64::NAN; values.len()];
    pipeline.decode(rotation, &reduced, work, &mut again).expect("as long as it says");
    assert_eq!(values, again, "only the residues count");
    let short = sum.get(1..).unwrap_or_default();
    let refused = pipeline.decode(rotation, short, work, &mut again).expect_err("a residue is missing");
    assert_eq!(refused.kind(), ErrorKind::InvalidLength);
}
