//! Computations over TLS on loopback: two parties and their dealer in threads of one program. Connecting and sharing inputs are excluded; making and sending
//! corrections is not.

use std::net::TcpListener;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use cloakwork_core::agreement::Identity;
use cloakwork_core::mpc::dealer::Service;
use cloakwork_core::mpc::protocol::{Format, Rounding};
use cloakwork_core::mpc::session::{self, Kind, Operation, Public, ValueId};
use cloakwork_core::prg::Suite;
use cloakwork_net::{Dealer, Limits, Member, Mesh, Session};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use getrandom::SysRng;

const PARTIES: usize = 2;
const SUITE: Suite = Suite::Aes128Ctr;

/// What a party does, over and over.
#[derive(Clone, Copy)]
struct Work {
    name: &'static str,
    kind: Kind,
    operation: fn() -> Operation,
    rounding: Rounding,
    elements: usize,
    /// Operations that each need the one before.
    chain: usize,
}

const WORK: [Work; 6] = [
    Work {
        name: "products of integers",
        kind: Kind::Integer,
        operation: || Operation::Multiply,
        rounding: Rounding::Dithered,
        elements: 1_000_000,
        chain: 1,
    },
    Work {
        name: "products of real numbers",
        kind: Kind::Real,
        operation: || Operation::Multiply,
        rounding: Rounding::Dithered,
        elements: 1_000_000,
        chain: 1,
    },
    Work {
        name: "products of real numbers, exact",
        kind: Kind::Real,
        operation: || Operation::Multiply,
        rounding: Rounding::Nearest,
        elements: 1_000_000,
        chain: 1,
    },
    Work {
        name: "comparisons of integers",
        kind: Kind::Integer,
        operation: || Operation::Less,
        rounding: Rounding::Dithered,
        elements: 100_000,
        chain: 1,
    },
    Work {
        name: "comparisons of real numbers",
        kind: Kind::Real,
        operation: || Operation::Less,
        rounding: Rounding::Dithered,
        elements: 100_000,
        chain: 1,
    },
    Work {
        name: "products one after the other",
        kind: Kind::Integer,
        operation: || Operation::Multiply,
        rounding: Rounding::Dithered,
        elements: 1,
        chain: 1000,
    },
];

/// A party, connected.
struct Party {
    mesh: Mesh,
    session: session::Session,
}

impl Party {
    fn join(session: Session, listener: TcpListener, rounding: Rounding) -> Self {
        let mut mesh = Mesh::connect(session, listener, Limits::default()).unwrap();
        let format = Format::new(16, 32, rounding).unwrap();
        let (index, seed) = (mesh.index(), mesh.seed().unwrap());
        let session = session::Session::with_dealer(index, PARTIES, format, SUITE, seed, 0, SysRng).unwrap();
        Self { mesh, session }
    }

    fn input(&mut self, kind: Kind, owner: usize, elements: usize) -> ValueId {
        let numbers =
            if kind == Kind::Real { Public::Reals(vec![1.5; elements]) } else { Public::Integers(vec![3; elements]) };
        let given = (owner == self.session.index()).then_some(&numbers);
        self.session.input(owner, kind, elements, given).unwrap()
    }

    /// How long so many repetitions take.
    fn work(mut self, work: Work, times: u64, start: &Barrier) -> Duration {
        let (x, y) = (self.input(work.kind, 0, work.elements), self.input(work.kind, 1, work.elements));
        self.mesh.run(&mut self.session).unwrap();
        start.wait();
        let begun = Instant::now();
        for _ in 0..times {
            let mut last = x;
            for _ in 0..work.chain {
                let made = self.session.apply((work.operation)(), &[last, y]).unwrap()[0];
                if last != x {
                    self.session.forget(last);
                }
                last = made;
                self.mesh.run(&mut self.session).unwrap();
            }
            self.session.forget(last);
        }
        let taken = begun.elapsed();
        self.mesh.finish();
        taken
    }
}

/// The same at both parties, with the dealer beside them.
fn measure(work: Work, times: u64) -> Duration {
    let identities: Vec<Identity> = (0..=PARTIES).map(|_| Identity::generate(&mut SysRng).unwrap()).collect();
    let listeners: Vec<TcpListener> = identities.iter().map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let mut members: Vec<Member> = identities
        .iter()
        .zip(&listeners)
        .map(|(identity, listener)| Member {
            key: identity.public_key(),
            address: listener.local_addr().unwrap().to_string(),
        })
        .collect();
    let dealer = members.pop().unwrap();
    let start = Barrier::new(PARTIES);
    thread::scope(|scope| {
        let everybody: Vec<_> = identities
            .iter()
            .zip(listeners)
            .map(|(identity, listener)| {
                let session = Session::with_dealer(identity, members.clone(), dealer.clone(), b"bench").unwrap();
                let start = &start;
                scope.spawn(move || {
                    if session.is_dealer() {
                        let service = Service::new(SUITE, PARTIES, 0, &mut SysRng).unwrap();
                        Dealer::connect(session, service, listener, Limits::default()).unwrap().run().unwrap();
                        return Duration::ZERO;
                    }
                    Party::join(session, listener, work.rounding).work(work, times, start)
                })
            })
            .collect();
        everybody.into_iter().map(|one| one.join().unwrap()).max().unwrap()
    })
}

fn computation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("computation");
    group.sample_size(10);
    for work in WORK {
        group.throughput(Throughput::Elements((work.elements * work.chain) as u64));
        group.bench_function(work.name, |bencher| bencher.iter_custom(|times| measure(work, times)));
    }
    group.finish();
}

criterion_group!(benches, computation);
criterion_main!(benches);
