//! The private vector against vectors of an independent program, and its properties.

use cloakwork_core::ErrorKind;
use cloakwork_core::prg::Suite;
use cloakwork_core::privacy::mechanism::{Mechanism, MechanismConfig};
use cloakwork_core::privacy::pipeline::{Contribution, Pipeline, Real};
use cloakwork_core::ring::{Bits, Lane, lane_bytes};
use serde_json::Value;

use crate::files::{array, bytes, integer, list, load, mechanism, real, small, text};
use crate::random::{Generator, Tape};

fn pipeline_of(case: &Value) -> Pipeline {
    let bits = Bits::new(small(&case["bits"]).try_into().unwrap()).unwrap();
    let suite = Suite::new(small(&case["suite"]).try_into().unwrap()).unwrap();
    Pipeline::new(mechanism(&case["mechanism"]), bits, suite).unwrap()
}

fn replay<L: Lane>(case: &Value) {
    let pipeline = pipeline_of(case);
    let mechanism = *pipeline.mechanism();
    let mask = pipeline.bits().max_residue();
    let rotation = array(&case["rotation"]);
    let mut residues = vec![L::default(); mechanism.padded().try_into().unwrap()];
    let mut work = vec![-1i64; mechanism.block().try_into().unwrap()];
    let mut tape = Tape::new(bytes(&case["rng_tape"]));
    let mut contribution = Contribution::new(pipeline.clone(), &rotation, &mut residues).unwrap();
    for part in list(&case["parts"]) {
        let values: Vec<f64> = list(part).iter().map(real).collect();
        contribution.add_part(&mut tape, &values, &mut work).unwrap();
        assert!(work.iter().all(|word| *word == 0), "{}", case["name"]);
    }
    let found: Vec<u128> = contribution.residues().unwrap().iter().map(|lane| lane.to_u128() & mask).collect();
    let expected: Vec<u128> = list(&case["residues"]).iter().map(|residue| text(residue).parse().unwrap()).collect();
    assert_eq!(found, expected, "{}", case["name"]);

    let sum: Vec<L> = expected.into_iter().map(L::from_u128).collect();
    let mut decoded = vec![0.0; mechanism.config().dimension.try_into().unwrap()];
    pipeline.decode(&rotation, &sum, &mut work, &mut decoded).unwrap();
    let values: Vec<f64> = list(&case["values"]).iter().map(real).collect();
    assert_eq!(decoded, values, "{}", case["name"]);
}

#[test]
fn contributions_and_their_sums() {
    for case in list(&load("private.json")["contributions"]) {
        match lane_bytes(Bits::new(small(&case["bits"]).try_into().unwrap()).unwrap()) {
            4 => replay::<u32>(case),
            _ => replay::<u64>(case),
        }
    }
}

#[test]
fn values_that_are_refused() {
    let file = load("private.json");
    let pipeline =
        Pipeline::new(mechanism(&file["refused"]["mechanism"]), Bits::new(16).unwrap(), Suite::ChaCha20).unwrap();
    for case in list(&file["refused"]["values"]) {
        let values: Vec<f64> = list(&case["values"]).iter().map(real).collect();
        let (mut residues, mut work) = ([0u32; 8], [0i64; 8]);
        let mut contribution = Contribution::new(pipeline.clone(), &[0; 32], &mut residues).unwrap();
        let error = contribution.add_part(&mut Tape::empty(), &values, &mut work).unwrap_err();
        assert_eq!(u64::from(error.kind().code().unsigned_abs()), integer(&case["error"]), "{}", case["name"]);
        // Nothing was drawn and nothing has changed.
        assert_eq!(contribution.residues().unwrap_err().kind(), ErrorKind::OutOfOrder);
        contribution.add_part(&mut Generator::new("after a refusal"), &[0.5; 5], &mut work).unwrap();
    }
}

fn config() -> MechanismConfig {
    MechanismConfig {
        dimension: 1000,
        block_log2: 10,
        clamp: f64::INFINITY,
        clip: 1.0,
        granularity: 1.0 / 4096.0,
        noise: 0.5,
        norm_bound: 4096 * 4096 + 40_000,
        parts: 1,
        honest: 1,
    }
}

fn decoded<T: Real>(config: MechanismConfig, name: &str, values: &[T]) -> Vec<f64> {
    let pipeline = Pipeline::new(Mechanism::new(config).unwrap(), Bits::new(32).unwrap(), Suite::ChaCha20).unwrap();
    let padded = usize::try_from(pipeline.mechanism().padded()).unwrap();
    let (mut residues, mut work) = (vec![0u32; padded], vec![0i64; 1 << config.block_log2]);
    let mut contribution = Contribution::new(pipeline.clone(), &[3; 32], &mut residues).unwrap();
    for _ in 0..config.parts {
        contribution.add_part(&mut Generator::new(name), values, &mut work).unwrap();
    }
    let sum = contribution.residues().unwrap().to_vec();
    let mut out = vec![0.0; values.len()];
    pipeline.decode(&[3; 32], &sum, &mut work, &mut out).unwrap();
    out
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// Rounding and noise of 0.5 units have a variance below 1/2 a coordinate, so the error of 1,024 coordinates has a norm of about 23 units; it is above 40
/// with a probability far below 2^-40.
const ERROR: f64 = 40.0 / 4096.0;

#[test]
fn vectors_come_back_scaled_to_the_clip() {
    let values: Vec<f64> = (0..1000).map(|place| (f64::from(place) * 0.37).sin()).collect();
    for scale in [0.001, 0.01, 1.0, 1e6, 1e100] {
        let values: Vec<f64> = values.iter().map(|value| value * scale).collect();
        let factor = (1.0 / norm(&values)).min(1.0);
        let expected: Vec<f64> = values.iter().map(|value| value * factor).collect();
        let found = decoded(config(), "clip", &values);
        let error: Vec<f64> = found.iter().zip(&expected).map(|(found, expected)| found - expected).collect();
        assert!(norm(&error) < ERROR, "{scale}: {}", norm(&error));
    }
}

#[test]
fn floats_of_both_widths_and_any_blocks_give_the_same_vector() {
    let narrow: Vec<f32> = (0..1000).map(|place| (place as f32 * 0.11).cos() / 64.0).collect();
    let wide: Vec<f64> = narrow.iter().map(|value| f64::from(*value)).collect();
    assert_eq!(decoded(config(), "width", &narrow), decoded(config(), "width", &wide));
    for block_log2 in [0, 1, 5, 9] {
        let found = decoded(MechanismConfig { block_log2, ..config() }, "blocks", &wide);
        let error: Vec<f64> = found.iter().zip(&wide).map(|(found, value)| found - value).collect();
        assert!(norm(&error) < ERROR, "{block_log2}: {}", norm(&error));
    }
}

#[test]
fn the_rounding_is_unbiased() {
    // 2,000 contributions of the same vector: the mean of a coordinate has a deviation below 0.75 / sqrt(2000) = 0.0168 units; six of them for 5 coordinates are
    // passed with a probability below 2^-25, once and for all since the seeds are fixed.
    let config =
        MechanismConfig { dimension: 5, block_log2: 3, granularity: 1.0 / 16.0, norm_bound: 16 * 16 + 60, ..config() };
    let values = [0.11, -0.23, 0.301, 0.0, -0.04];
    let mut sums = [0.0; 5];
    for number in 0..2000 {
        for (sum, value) in sums.iter_mut().zip(decoded(config, &format!("unbiased {number}"), &values)) {
            *sum += value;
        }
    }
    for (sum, value) in sums.iter().zip(values) {
        assert!((sum / 2000.0 - value).abs() < 6.0 * 0.0168 / 16.0, "{} for {value}", sum / 2000.0);
    }
}

#[test]
fn lengths_and_widths_are_checked() {
    let mechanism = Mechanism::new(config()).unwrap();
    assert_eq!(
        Pipeline::new(mechanism, Bits::new(63).unwrap(), Suite::ChaCha20).unwrap_err().kind(),
        ErrorKind::InvalidWidth
    );
    let pipeline = Pipeline::new(mechanism, Bits::new(20).unwrap(), Suite::ChaCha20).unwrap();
    assert_eq!(
        Contribution::new(pipeline.clone(), &[0; 32], &mut [0u64; 1024]).unwrap_err().kind(),
        ErrorKind::InvalidWidth
    );
    let short = Contribution::new(pipeline.clone(), &[0; 32], &mut [0u32; 1000]).unwrap_err();
    assert_eq!((short.kind(), short.bound()), (ErrorKind::InvalidLength, Some(1024)));
    let mut residues = vec![0u32; 1024];
    let mut contribution = Contribution::new(pipeline.clone(), &[0; 32], &mut residues).unwrap();
    let mut rng = Generator::new("lengths");
    let mut work = vec![0i64; 1024];
    let refused = contribution.add_part(&mut rng, &[0.0; 999], &mut work).unwrap_err();
    assert_eq!((refused.kind(), refused.bound()), (ErrorKind::InvalidLength, Some(1000)));
    let refused = contribution.add_part(&mut rng, &[0.0; 1000], &mut work[..1023]).unwrap_err();
    assert_eq!((refused.kind(), refused.bound()), (ErrorKind::InvalidLength, Some(1024)));
    assert_eq!(
        contribution.add_part(&mut Tape::empty(), &[0.0; 1000], &mut work).unwrap_err().kind(),
        ErrorKind::Randomness
    );
    contribution.add_part(&mut rng, &[0.0; 1000], &mut work).unwrap();
    let mut out = vec![0.0; 1000];
    assert_eq!(
        pipeline.decode(&[0; 32], &[0u32; 1000], &mut work, &mut out).unwrap_err().kind(),
        ErrorKind::InvalidLength
    );
    assert_eq!(
        pipeline.decode(&[0; 32], &[0u32; 1024], &mut work, &mut out[..999]).unwrap_err().kind(),
        ErrorKind::InvalidLength
    );
}
