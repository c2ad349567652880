//! Bit-packing: elements a second in the second-level cache.

use cloakwork_core::ring::{Bits, Lane, add_packed, pack, packed_len, unpack};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const LENGTH: usize = 1 << 16;

fn width<L: Lane>(c: &mut Criterion, b: u8) {
    let bits = Bits::new(b).unwrap();
    let values: Vec<L> =
        (0..LENGTH).map(|i| L::from_u128((i as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15 << 50))).collect();
    let mut packed = vec![0u8; packed_len(bits, LENGTH as u64) as usize];
    let mut lanes = vec![L::default(); LENGTH];
    let mut group = c.benchmark_group("packing");
    group.throughput(Throughput::Elements(LENGTH as u64));
    group.bench_function(BenchmarkId::new("pack", b), |bench| {
        bench.iter(|| pack(bits, &values, &mut packed).unwrap());
    });
    group.bench_function(BenchmarkId::new("unpack", b), |bench| {
        bench.iter(|| unpack(bits, &packed, &mut lanes).unwrap());
    });
    group.bench_function(BenchmarkId::new("add_packed", b), |bench| {
        bench.iter(|| add_packed(bits, &packed, &mut lanes).unwrap());
    });
    group.finish();
}

fn widths(c: &mut Criterion) {
    for b in [1, 7, 12, 16, 20, 24, 25, 31, 32] {
        width::<u32>(c, b);
    }
    for b in [33, 40, 48, 61, 64] {
        width::<u64>(c, b);
    }
    for b in [65, 96, 128] {
        width::<u128>(c, b);
    }
}

criterion_group!(benches, widths);
criterion_main!(benches);
