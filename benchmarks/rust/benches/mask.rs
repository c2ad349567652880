//! Pairwise masks: 100 streams added into one vector, block by block.

use cloakwork_core::mask::add_masks;
use cloakwork_core::prg::{Sign, StreamKey, Suite};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn masks(c: &mut Criterion) {
    let keys: Vec<_> = (0..100u8)
        .map(|i| (if i % 2 == 0 { Sign::Plus } else { Sign::Minus }, StreamKey::from_bytes([i; 32])))
        .collect();
    for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
        let mut group = c.benchmark_group(format!("add_masks/100 streams/u32/suite{}", suite.id()));
        group.sample_size(10);
        for length in [10_000usize, 1_000_000] {
            let mut accumulator = vec![0u32; length];
            group.throughput(Throughput::Elements(100 * length as u64));
            group.bench_function(BenchmarkId::from_parameter(length), |b| {
                b.iter(|| {
                    let masks = keys.iter().map(|(sign, key)| (*sign, key));
                    add_masks(suite, masks, 0, &mut accumulator).unwrap();
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, masks);
criterion_main!(benches);
