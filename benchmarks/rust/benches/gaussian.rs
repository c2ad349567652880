//! Discrete Gaussian noise: samples a second, of the isochronous sampler for narrow and wide ones and of the exact ones.

use core::convert::Infallible;
use core::hint::black_box;

use cloakwork_core::gaussian::cks::{Ratio, discrete_gaussian_vartime, discrete_laplace_vartime, skellam_vartime};
use cloakwork_core::gaussian::{Sigma, isochronous};
use cloakwork_core::prg::{StreamKey, Suite, keystream};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand_core::{TryCryptoRng, TryRng};

const SIGMAS: [f64; 7] = [0.5, 1.0, 3.7, 10.0, 500.0, 41_433.0, 131_072.0];
const SAMPLES: usize = 1 << 16;

fn isochronous(c: &mut Criterion) {
    for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
        let mut group = c.benchmark_group(format!("isochronous/suite{}", suite.id()));
        group.throughput(Throughput::Elements(SAMPLES as u64));
        let key = StreamKey::from_bytes([7; 32]);
        let mut out = vec![0; SAMPLES];
        for sigma in SIGMAS {
            let sampler = isochronous::Sampler::new(Sigma::new(sigma).unwrap());
            group.bench_function(BenchmarkId::from_parameter(sigma), |b| {
                b.iter(|| sampler.fill(suite, &key, &mut out).unwrap());
            });
        }
        group.finish();
    }
    let mut group = c.benchmark_group("isochronous/new");
    for sigma in [1.0, 500.0] {
        let sigma = Sigma::new(sigma).unwrap();
        group.bench_function(BenchmarkId::from_parameter(sigma.get()), |b| {
            b.iter(|| isochronous::Sampler::new(black_box(sigma)));
        });
    }
    group.finish();
}

fn exact(c: &mut Criterion) {
    let mut rng = Buffered::new();
    let mut group = c.benchmark_group("cks");
    group.throughput(Throughput::Elements(1));
    for sigma in [1u64, 100, 10_000] {
        let variance = Ratio::new(sigma * sigma, 1).unwrap();
        group.bench_function(BenchmarkId::new("gaussian", sigma), |b| {
            b.iter(|| discrete_gaussian_vartime(&mut rng, black_box(variance)).unwrap());
        });
    }
    let scale = Ratio::new(100, 1).unwrap();
    group.bench_function("laplace/100", |b| b.iter(|| discrete_laplace_vartime(&mut rng, black_box(scale)).unwrap()));
    let variance = Ratio::new(16, 1).unwrap();
    group.bench_function("skellam/16", |b| b.iter(|| skellam_vartime(&mut rng, black_box(variance)).unwrap()));
    group.finish();
}

/// Hands out a stream of suite 2 from a buffer.
struct Buffered {
    key: StreamKey,
    offset: u64,
    buffer: [u8; 4096],
    used: usize,
}

impl Buffered {
    fn new() -> Self {
        Self { key: StreamKey::from_bytes([9; 32]), offset: 0, buffer: [0; 4096], used: 4096 }
    }
}

impl TryRng for Buffered {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        if self.used + out.len() > self.buffer.len() {
            keystream(Suite::Aes128Ctr, &self.key, self.offset, &mut self.buffer).unwrap();
            self.offset = (self.offset + 4096) & ((1 << 36) - 1);
            self.used = 0;
        }
        out.copy_from_slice(&self.buffer[self.used..self.used + out.len()]);
        self.used += out.len();
        Ok(())
    }
}

impl TryCryptoRng for Buffered {}

criterion_group!(benches, isochronous, exact);
criterion_main!(benches);
