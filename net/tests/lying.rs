//! A party that lies, in verified mode, over TLS, with every party and the dealer in a process of its own: the others end with the named error, and nothing opens.
//!
//! This program starts itself once for each of them; it has no test harness, because a process is one of the parties and no test.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cloakwork_core::Result;
use cloakwork_core::agreement::Identity;
use cloakwork_core::mpc::dealer::{Query, Service};
use cloakwork_core::mpc::engine::{Cost, Progress, Rounds};
use cloakwork_core::mpc::protocol::{Format, Rounding};
use cloakwork_core::mpc::session::verified::{Operation, Session as Computation};
use cloakwork_core::mpc::session::{Kind, Public};
use cloakwork_core::prg::Suite;
use cloakwork_net::{Dealer, Error, Limits, Member, Mesh, Session};
use getrandom::SysRng;
use zeroize::Zeroizing;

const PARTIES: usize = 3;
const SUITE: Suite = Suite::Aes128Ctr;
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(30),
    step: Duration::from_secs(20),
    corrections: Duration::from_secs(15),
    idle: Duration::from_secs(30),
    message: 1 << 20,
};
/// What a process is told: its place, all addresses, and the round in which it lies, if it does.
const ROLE: &str = "CLOAKWORK_TEST_ROLE";
const HEAD: usize = 8;

// Rounds of the program.
const PRODUCT: usize = 1;
const OUTPUT: usize = 7;

fn identity(number: usize) -> Identity {
    Identity::from_bytes(&core::array::from_fn(|place| u8::try_from(place * 7 + number + 1).unwrap())).unwrap()
}

/// A party that says something else in one round, to everybody.
struct Liar {
    computation: Computation,
    round: usize,
    told: Option<usize>,
}

impl Rounds for Liar {
    fn advance(&mut self) -> Result<Progress> {
        let progress = self.computation.advance();
        self.round += usize::from(progress == Ok(Progress::Exchange));
        progress
    }

    fn size(&self, to: usize) -> usize {
        self.computation.size(to)
    }

    fn write(&self, to: usize, out: &mut Vec<u8>) {
        let start = out.len();
        self.computation.write(to, out);
        if self.told.is_some_and(|told| told + 1 == self.round) {
            // Behind the byte that says whether its sender goes on, where there is one.
            out[start + HEAD + 1] ^= 1;
        }
    }

    fn awaited(&self, from: usize) -> usize {
        self.computation.awaited(from)
    }

    fn room(&mut self, from: usize) -> Zeroizing<Vec<u8>> {
        self.computation.room(from)
    }

    fn take(&mut self, from: usize, message: Zeroizing<Vec<u8>>) -> Result<()> {
        Rounds::take(&mut self.computation, from, message)
    }

    fn request(&mut self) -> Result<Option<Query>> {
        self.computation.request()
    }

    fn supply(&mut self, piece: &[u8]) -> Result<()> {
        self.computation.supply(piece)
    }
}

/// The process of somebody.
fn play(place: usize, addresses: &[&str], told: Option<usize>) {
    let member = |number| Member { key: identity(number).public_key(), address: addresses[number].to_owned() };
    let members: Vec<Member> = (0..PARTIES).map(member).collect();
    let session = Session::with_dealer(&identity(place), members, member(PARTIES), b"lying").unwrap();
    let listener = TcpListener::bind(addresses[place]).unwrap();
    if place == PARTIES {
        let service = Service::verified(SUITE, PARTIES, 0, &mut SysRng).unwrap();
        let dealt = Dealer::connect(session, service, listener, LIMITS).and_then(Dealer::run);
        println!("{}", if dealt.is_ok() { "dealt" } else { "ended" });
        return;
    }
    let mut mesh = Mesh::connect(session, listener, LIMITS).unwrap();
    let format = Format::new(16, 32, Rounding::Dithered).unwrap();
    let seed = mesh.seed().unwrap();
    let mut computation = Computation::with_dealer(place, PARTIES, format, SUITE, seed, 0, &mut SysRng).unwrap();
    let mut input = |owner: usize| {
        let own = Public::Reals(vec![f64::from(u8::try_from(place).unwrap()) + 1.5]);
        computation.input(owner, Kind::Real, 1, (owner == place).then_some(&own)).unwrap()
    };
    let [first, second, third] = [0, 1, 2].map(&mut input);
    let product = computation.apply(Operation::Multiply, &[first, second]).unwrap();
    let sum = computation.apply(Operation::Add, &[product, third]).unwrap();
    let result = computation.open(sum, &[0, 1, 2]).unwrap();
    let mut liar = Liar { computation, round: 0, told };
    match mesh.run(&mut liar) {
        Ok(()) => {
            let (cost, traffic) = (liar.computation.cost(), mesh.traffic());
            // An input, a product with its division, an output.
            let (rounds, bytes) = (1 + 2 + 9, 8 + 32 + 16 + 361 + 16);
            assert_eq!(cost, Cost { rounds, bytes, corrections: 3 * 4 + 8 + 10 + 2 });
            assert_eq!((traffic.rounds, traffic.messages), (rounds, bytes + 8 * rounds));
            assert_eq!(traffic.corrections, if place == 0 { 8 * cost.corrections } else { 0 });
            let words = liar.computation.take(result).unwrap().unwrap().words.unwrap();
            println!("opened {}", words[0]);
            mesh.finish();
        }
        Err(Error::Refused(error)) => {
            assert_eq!(liar.computation.take(result).unwrap().unwrap_err(), error, "nothing is open");
            println!("refused {:?} {:?}", error.kind(), error.party());
        }
        Err(error) => println!("failed: {error}"),
    }
}

/// Starts everybody, of whom the last party may lie in a round: what they say at their end.
fn processes(told: Option<usize>) -> Vec<String> {
    let listeners: Vec<TcpListener> = (0..=PARTIES).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let addresses: Vec<String> = listeners.iter().map(|one| one.local_addr().unwrap().to_string()).collect();
    drop(listeners);
    let start = |place: usize| -> Child {
        let lies = told.filter(|_| place + 1 == PARTIES).map_or(String::new(), |told| told.to_string());
        let role = [&place.to_string(), &addresses.join(","), &lies].map(String::as_str).join(" ");
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(ROLE, role).stdout(Stdio::piped()).spawn().unwrap()
    };
    let started: Vec<Child> = (0..=PARTIES).map(start).collect();
    let said = started.into_iter().map(|child| {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{told:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    });
    said.collect()
}

fn main() {
    if let Ok(role) = std::env::var(ROLE) {
        let parts: Vec<&str> = role.split(' ').collect();
        let addresses: Vec<&str> = parts[1].split(',').collect();
        play(parts[0].parse().unwrap(), &addresses, parts[2].parse().ok());
        return;
    }
    // Whoever lists tests finds none to run one by one.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let said = processes(None);
    // 1.5 times 2.5, and 3.5: in 2^-16, and rounded up or down, which is the same here.
    assert_eq!(said, ["opened 475136", "opened 475136", "opened 475136", "dealt"]);
    for told in [PRODUCT, OUTPUT] {
        let said = processes(Some(told));
        for honest in &said[..2] {
            assert_eq!(honest, "refused NotAuthentic None", "a lie in round {told}: {said:?}");
        }
        assert_eq!(said[PARTIES], "ended", "the dealer is told");
    }
    println!("a party that lies is caught by processes over TLS: ok");
}
