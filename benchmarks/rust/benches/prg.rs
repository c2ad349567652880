//! Mask streams: bytes of stream a second, added into an accumulator in cache (64 KiB), beyond it, and written out.

use cloakwork_core::prg::{Sign, StreamKey, Suite, add_stream, keystream};
use cloakwork_core::ring::Lane;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const SIZES: [usize; 5] = [64, 1 << 10, 16 << 10, 64 << 10, 4 << 20];

fn adding<L: Lane>(c: &mut Criterion, lane: &str) {
    for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
        let mut group = c.benchmark_group(format!("add_stream/{lane}/suite{}", suite.id()));
        let key = StreamKey::from_bytes([7; 32]);
        for size in SIZES {
            let mut accumulator = vec![L::default(); size / L::BYTES];
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |b| {
                b.iter(|| add_stream(suite, &key, Sign::Plus, 0, &mut accumulator).unwrap());
            });
        }
        group.finish();
    }
}

fn lanes(c: &mut Criterion) {
    adding::<u32>(c, "u32");
    adding::<u64>(c, "u64");
    adding::<u128>(c, "u128");
}

fn writing(c: &mut Criterion) {
    for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
        let mut group = c.benchmark_group(format!("keystream/suite{}", suite.id()));
        let key = StreamKey::from_bytes([7; 32]);
        let mut out = vec![0u8; 64 << 10];
        group.throughput(Throughput::Bytes(out.len() as u64));
        group.bench_function("aligned", |b| b.iter(|| keystream(suite, &key, 0, &mut out).unwrap()));
        group.bench_function("odd offset", |b| b.iter(|| keystream(suite, &key, 13, &mut out).unwrap()));
        group.finish();
    }
}

criterion_group!(benches, lanes, writing);
criterion_main!(benches);
