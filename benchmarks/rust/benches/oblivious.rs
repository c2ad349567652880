//! Correlated randomness by oblivious transfer: two parties on two threads, whose messages go through a channel; base transfers excluded.

use std::sync::Barrier;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use cloakwork_core::mpc::correlation::Correlation;
use cloakwork_core::mpc::dealer::Preprocessing;
use cloakwork_core::mpc::engine::Progress;
use cloakwork_core::mpc::local::comparison::Width;
use cloakwork_core::mpc::oblivious::Generator;
use cloakwork_core::prg::Suite;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use getrandom::SysRng;

/// Runs a generator until it has nothing to do.
fn run(generator: &mut Generator, other: usize, to: &Sender<Vec<u8>>, from: &Receiver<Vec<u8>>) {
    while generator.advance().unwrap() == Progress::Exchange {
        to.send(generator.message(other)).unwrap();
        generator.receive(other, &from.recv().unwrap()).unwrap();
    }
}

/// How long both parties take to make a correlation so many times.
fn make(suite: Suite, correlation: Correlation, times: u64) -> Duration {
    let (to_one, from_zero) = channel();
    let (to_zero, from_one) = channel();
    let barrier = Barrier::new(2);
    let party = |index: usize, to: Sender<Vec<u8>>, from: Receiver<Vec<u8>>| {
        let mut generator = Generator::new(suite, &[7; 32], index, 2, 0, &mut SysRng).unwrap();
        run(&mut generator, 1 - index, &to, &from);
        barrier.wait();
        let start = Instant::now();
        for _ in 0..times {
            let mut source = generator.begin(&[correlation]).unwrap();
            run(&mut generator, 1 - index, &to, &from);
            assert!(source.draw(0, &correlation).unwrap().is_some());
        }
        barrier.wait();
        start.elapsed()
    };
    thread::scope(|scope| {
        let one = scope.spawn(|| party(1, to_zero, from_zero));
        let zero = party(0, to_one, from_one);
        zero.max(one.join().unwrap())
    })
}

fn oblivious(criterion: &mut Criterion) {
    let width = Width::signed(64).unwrap();
    let cases = [
        ("products", Correlation::Products { count: 1 << 14 }, 1 << 14),
        ("squares", Correlation::Squares { count: 1 << 14 }, 1 << 14),
        ("products of bits", Correlation::Ands { count: 1 << 18 }, 1 << 18),
        ("bits", Correlation::Bits { count: 1 << 18 }, 1 << 18),
        ("masks that truncate", Correlation::Masks { count: 1 << 12, fraction: Some(16), width: None }, 1 << 12),
        ("masks that compare", Correlation::Masks { count: 1 << 12, fraction: None, width: Some(width) }, 1 << 12),
        ("selectors", Correlation::Selectors { count: 1 << 12, width }, 1 << 12),
        ("matrix product 64", Correlation::MatrixProduct { rows: 64, inner: 64, columns: 64 }, 1),
    ];
    for suite in [Suite::Aes128Ctr, Suite::ChaCha20] {
        let mut group = criterion.benchmark_group(format!("oblivious {suite:?}"));
        group.sample_size(10);
        for (name, correlation, elements) in cases {
            group.throughput(Throughput::Elements(elements));
            group.bench_function(name, |bencher| bencher.iter_custom(|times| make(suite, correlation, times)));
        }
        group.finish();
    }
}

criterion_group!(benches, oblivious);
criterion_main!(benches);
