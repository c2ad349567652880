//! Shamir's scheme at n = 128, t = 64 and n = 100, t = 67: microseconds a seed, which is four secrets.

use core::hint::black_box;

use cloakwork_core::sharing::shamir::{SHARE_SIZE, SeedPolynomial, Weights};
use criterion::{Criterion, criterion_group, criterion_main};
use getrandom::SysRng;

fn seeds(c: &mut Criterion) {
    for (members, threshold) in [(128u32, 64u32), (100, 67)] {
        let mut group = c.benchmark_group(format!("shamir/{members} shares, any {threshold}"));
        let polynomial = SeedPolynomial::<128>::random(&mut SysRng, threshold).unwrap();
        let indices: Vec<u32> = (1..=members).collect();
        let mut shares = vec![[0; SHARE_SIZE]; indices.len()];
        group.bench_function("draw", |b| {
            b.iter(|| SeedPolynomial::<128>::random(&mut SysRng, threshold).unwrap());
        });
        group.bench_function("all shares", |b| {
            b.iter(|| polynomial.shares(black_box(&indices), &mut shares).unwrap());
        });
        group.bench_function("all shares, one by one", |b| {
            b.iter(|| indices.iter().for_each(|index| drop(black_box(polynomial.share(*index).unwrap()))));
        });
        let used = threshold as usize;
        let weights = Weights::new(&indices[..used]).unwrap();
        group.bench_function("weights", |b| b.iter(|| Weights::new(black_box(&indices[..used])).unwrap()));
        group.bench_function("reconstruct", |b| b.iter(|| weights.reconstruct(black_box(&shares[..used])).unwrap()));
        group.finish();
    }
}

fn device(c: &mut Criterion) {
    let polynomial = SeedPolynomial::<16>::random(&mut SysRng, 11).unwrap();
    c.bench_function("shamir/one share, any 11", |b| {
        b.iter(|| polynomial.share(black_box(16)).unwrap());
    });
}

criterion_group!(benches, seeds, device);
criterion_main!(benches);
