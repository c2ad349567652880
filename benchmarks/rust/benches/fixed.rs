//! Fixed point: elements a second, check included, on the floating-point paths (b = 20, 64), the integer path (b = 100) and for integers.

use cloakwork_core::fixed::FixedPoint;
use cloakwork_core::ring::Bits;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const LENGTH: usize = 1 << 16;

fn encoding(c: &mut Criterion) {
    let doubles: Vec<f64> = (0..LENGTH).map(|i| (i as f64).sin()).collect();
    let singles: Vec<f32> = doubles.iter().map(|x| *x as f32).collect();
    let integers: Vec<i64> = doubles.iter().map(|x| (x * 5000.0) as i64).collect();
    let narrow = FixedPoint::new(Bits::new(20).unwrap(), 12, 100).unwrap();
    let wide = FixedPoint::new(Bits::new(64).unwrap(), 40, 100).unwrap();
    let whole = FixedPoint::new(Bits::new(20).unwrap(), 0, 100).unwrap();
    let widest = FixedPoint::new(Bits::new(100).unwrap(), 60, 100).unwrap();
    let (mut words, mut longs, mut sums) = (vec![0u32; LENGTH], vec![0u64; LENGTH], vec![0f64; LENGTH]);
    let mut widest_words = vec![0u128; LENGTH];

    let mut group = c.benchmark_group("fixed");
    group.throughput(Throughput::Elements(LENGTH as u64));
    group.bench_function("encode f64 to 20 bits", |b| b.iter(|| narrow.encode_f64(&doubles, &mut words).unwrap()));
    group.bench_function("encode f32 to 20 bits", |b| b.iter(|| narrow.encode_f32(&singles, &mut words).unwrap()));
    group.bench_function("encode i64 to 20 bits", |b| b.iter(|| whole.encode_i64(&integers, &mut words).unwrap()));
    group.bench_function("encode f64 to 64 bits", |b| b.iter(|| wide.encode_f64(&doubles, &mut longs).unwrap()));
    group.bench_function("encode f64 to 100 bits", |b| {
        b.iter(|| widest.encode_f64(&doubles, &mut widest_words).unwrap());
    });
    group.bench_function("decode 20 bits", |b| b.iter(|| narrow.decode_f64(&words, &mut sums).unwrap()));
    group.bench_function("decode 64 bits", |b| b.iter(|| wide.decode_f64(&longs, &mut sums).unwrap()));
    group.finish();
}

criterion_group!(benches, encoding);
criterion_main!(benches);
