//! The Walsh-Hadamard transform and the rotation, beside the plain triple loop: elements a second, each of which takes log2(n) additions.

use cloakwork_core::hadamard::{Number, Signs, rotate, transform, unrotate};
use cloakwork_core::prg::Suite;
use core::hint::black_box;
use core::ops::{Add, Sub};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// The specified stages, one pass over the vector each.
fn triple_loop<T: Copy + Add<Output = T> + Sub<Output = T>>(data: &mut [T]) {
    let mut apart = data.len() / 2;
    while apart > 0 {
        for pair in data.chunks_exact_mut(2 * apart) {
            let (left, right) = pair.split_at_mut(apart);
            for (a, b) in left.iter_mut().zip(right) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        apart /= 2;
    }
}

/// All elements are zero, so that they stay in range however often they are transformed; no time depends on them.
fn number<T: Number + Add<Output = T> + Sub<Output = T>>(c: &mut Criterion, name: &str) {
    for log2 in [10, 16, 20, 24] {
        let mut data = vec![T::default(); 1 << log2];
        let mut group = c.benchmark_group(format!("hadamard/{name}"));
        group.throughput(Throughput::Elements(1 << log2));
        if log2 == 24 {
            group.sample_size(10);
        }
        group.bench_function(BenchmarkId::new("triple loop", log2), |b| b.iter(|| triple_loop(black_box(&mut data))));
        group.bench_function(BenchmarkId::new("transform", log2), |b| {
            b.iter(|| transform(black_box(&mut data)).unwrap())
        });
        for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
            let signs = Signs::new(suite, &[7; 32]);
            let id = |what: &str| BenchmarkId::new(format!("{what}, suite {}", suite.id()), log2);
            group.bench_function(id("rotate"), |b| b.iter(|| rotate(&signs, 0, black_box(&mut data)).unwrap()));
            group.bench_function(id("unrotate"), |b| b.iter(|| unrotate(&signs, 0, black_box(&mut data)).unwrap()));
        }
        group.finish();
    }
}

fn numbers(c: &mut Criterion) {
    number::<f32>(c, "f32");
    number::<f64>(c, "f64");
    number::<i32>(c, "i32");
    number::<i64>(c, "i64");
}

criterion_group!(benches, numbers);
criterion_main!(benches);
