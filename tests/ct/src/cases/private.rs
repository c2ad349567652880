//! The private vector: clip, rotation, rounding and the check of the norm, from secret values and a secret generator.

use crate::Case;
use crate::generator::SecretGenerator;
use crate::secret::{hide, reveal};
use cloakwork_core::prg::Suite;
use cloakwork_core::privacy::mechanism::{Mechanism, MechanismConfig};
use cloakwork_core::privacy::pipeline::{Contribution, Pipeline};
use cloakwork_core::ring::Bits;

/// The cases of this file.
pub const CASES: &[Case] = &[
    ("private vector: one block, within the clip", || contribution(7, 0.001, 1 << 30)),
    ("private vector: several blocks, cut and scaled to the clip", || contribution(4, 1000.0, 1 << 30)),
    ("private vector: truncated for its norm", || contribution(7, 1000.0, 1 << 24)),
];

fn contribution(block_log2: u8, magnitude: f64, norm_bound: u64) {
    let most = (4096.0 + 112.0f64.sqrt()).powi(2) as u64;
    let mechanism = Mechanism::new(MechanismConfig {
        dimension: 100,
        block_log2,
        clamp: 500.0,
        clip: 1.0,
        granularity: 1.0 / 4096.0,
        noise: 10.0,
        norm_bound: norm_bound.min(most),
        parts: 1,
        honest: 1,
    })
    .expect("within the bounds");
    let pipeline = Pipeline::new(mechanism, Bits::new(20).expect("a width"), Suite::ChaCha20).expect("a pipeline");
    let mut values: Vec<f64> = (0..100).map(|place| magnitude * f64::from(place - 50)).collect();
    hide(&mut values);
    let mut residues = vec![0u32; mechanism.padded() as usize];
    let mut work = vec![0i64; mechanism.block() as usize];
    let mut contribution = Contribution::new(pipeline, &[5; 32], &mut residues).expect("fits");
    contribution.add_part(&mut SecretGenerator::new(17), &values, &mut work).expect("finite");
    let mut made = contribution.residues().expect("whole").to_vec();
    reveal(&mut made);
    assert!(made.iter().any(|residue| *residue != 0));
}
