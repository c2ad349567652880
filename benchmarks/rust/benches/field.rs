//! The field of 2^61 - 1: elements a second over vectors, and one inversion.

use cloakwork_core::field::{Element, MODULUS};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const LENGTH: u64 = 1 << 14;

fn elements(c: &mut Criterion) {
    let vector = |factor: u64| -> Vec<Element> {
        (1..=LENGTH).map(|i| Element::from_canonical(i.wrapping_mul(factor) % MODULUS).unwrap()).collect()
    };
    let (left, mut right) = (vector(0x9e37_79b9_7f4a_7c15), vector(0xd1b5_4a32_d192_ed03));
    let mut group = c.benchmark_group("field");
    group.throughput(Throughput::Elements(LENGTH));
    group.bench_function("add", |b| {
        b.iter(|| left.iter().zip(&mut right).for_each(|(left, right)| *right = left.add(right)));
    });
    group.bench_function("mul", |b| {
        b.iter(|| left.iter().zip(&mut right).for_each(|(left, right)| *right = left.mul(right)));
    });
    group.finish();
    c.bench_function("field/inverse", |b| b.iter(|| core::hint::black_box(&left[1]).inverse()));
}

criterion_group!(benches, elements);
criterion_main!(benches);
