//! The private vector: a part of 10^6 values from clip to residues, and the sum back to values.

use cloakwork_core::prg::Suite;
use cloakwork_core::privacy::mechanism::{Mechanism, MechanismConfig};
use cloakwork_core::privacy::pipeline::{Contribution, Pipeline};
use cloakwork_core::ring::Bits;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use getrandom::SysRng;

const DIMENSION: usize = 1_000_000;
const SEED: [u8; 32] = [7; 32];

/// n = 100 and b = 18 at a noise multiplier of 1 (secagg-ddg of Kairouz, Liu, Steinke: gamma = 3.066e-5 c, s = 3261.3).
fn pipeline(suite: Suite) -> Pipeline {
    let config = MechanismConfig {
        dimension: DIMENSION as u64,
        block_log2: 20,
        clamp: f64::INFINITY,
        clip: 1.0,
        granularity: 3.066e-5,
        noise: 3261.3,
        norm_bound: 1_064_200_000,
        parts: 1,
        honest: 66,
    };
    Pipeline::new(Mechanism::new(config).unwrap(), Bits::new(18).unwrap(), suite).unwrap()
}

fn parts(c: &mut Criterion) {
    let values: Vec<f64> = (0..DIMENSION).map(|place| (place as f64).sin()).collect();
    let (mut residues, mut work) = (vec![0u32; 1 << 20], vec![0i64; 1 << 20]);
    let mut group = c.benchmark_group("private vector/10^6");
    group.sample_size(10).throughput(Throughput::Elements(DIMENSION as u64));
    for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
        let pipeline = pipeline(suite);
        group.bench_function(format!("part/suite{}", suite.id()), |b| {
            b.iter(|| {
                let mut contribution = Contribution::new(pipeline.clone(), &SEED, &mut residues).unwrap();
                contribution.add_part(&mut SysRng, &values, &mut work).unwrap();
            });
        });
    }
    let pipeline = pipeline(Suite::Aes128Ctr);
    let mut decoded = vec![0.0; DIMENSION];
    group.bench_function("decode", |b| b.iter(|| pipeline.decode(&SEED, &residues, &mut work, &mut decoded).unwrap()));
    group.finish();
}

criterion_group!(benches, parts);
criterion_main!(benches);
