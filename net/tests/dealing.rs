//! A dealer beside its parties, in threads of one program, over loopback: sessions come out as with a dealer of their own, and every way in which it fails.
#![allow(
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::unwrap_in_result,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cloakwork_core::agreement::Identity;
use cloakwork_core::mpc::dealer::Service;
use cloakwork_core::mpc::engine::Cost;
use cloakwork_core::mpc::protocol::{Format, Rounding};
use cloakwork_core::mpc::session::{self, Kind, Operation, Public};
use cloakwork_core::prg::Suite;
use cloakwork_net::{Dealer, Error, Limits, Member, Mesh, Peer, Session, Traffic};
use getrandom::SysRng;

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(20),
    step: Duration::from_secs(20),
    corrections: Duration::from_secs(15),
    idle: Duration::from_secs(20),
    message: 1 << 22,
};
/// Longer than any of these sessions, shorter than a person's patience.
const IMPATIENT: Limits = Limits {
    connect: Duration::from_secs(4),
    step: Duration::from_secs(6),
    corrections: Duration::from_secs(3),
    ..LIMITS
};
const SUITE: Suite = Suite::ChaCha20;
/// The number of the dealer's identity.
const DEALER: usize = 30;

fn identity(number: usize) -> Identity {
    Identity::from_bytes(&core::array::from_fn(|place| u8::try_from(place * 7 + number + 1).unwrap())).unwrap()
}

/// Parties and their dealer on loopback, all of whom know each other.
struct Table {
    listeners: Vec<TcpListener>,
    members: Vec<Member>,
    dealer: Member,
    name: &'static [u8],
}

impl Table {
    fn new(parties: usize) -> Self {
        let mut listeners: Vec<TcpListener> =
            (0..=parties).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let member = |number, listener: &TcpListener| Member {
            key: identity(number).public_key(),
            address: listener.local_addr().unwrap().to_string(),
        };
        let mut members: Vec<Member> =
            listeners.iter().enumerate().map(|(number, listener)| member(number, listener)).collect();
        let dealer = Member { key: identity(DEALER).public_key(), ..members.pop().unwrap() };
        listeners.rotate_right(1);
        Self { listeners, members, dealer, name: b"test" }
    }

    fn session(&self, number: usize) -> Session {
        Session::with_dealer(&identity(number), self.members.clone(), self.dealer.clone(), self.name).unwrap()
    }

    /// Runs the dealer and the parties, each in a thread: what came of them.
    fn run<T: Send>(
        mut self,
        dealer: impl FnOnce(Session, TcpListener) -> Result<(), Error> + Send,
        party: impl Fn(Session, TcpListener) -> T + Sync,
    ) -> (Result<(), Error>, Vec<T>) {
        let mut listeners = std::mem::take(&mut self.listeners).into_iter();
        let of_dealer = listeners.next().unwrap();
        thread::scope(|scope| {
            let (table, party) = (&self, &party);
            let dealer = scope.spawn(move || dealer(table.session(DEALER), of_dealer));
            let parties: Vec<_> = listeners
                .enumerate()
                .map(|(number, listener)| scope.spawn(move || party(table.session(number), listener)))
                .collect();
            let found = parties.into_iter().map(|party| party.join().unwrap()).collect();
            (dealer.join().unwrap(), found)
        })
    }
}

fn serve(session: Session, listener: TcpListener, limits: Limits) -> Result<(), Error> {
    let service = Service::new(SUITE, session.parties(), 0, &mut SysRng).unwrap();
    Dealer::connect(session, service, listener, limits)?.run()
}

fn format() -> Format {
    Format::new(16, 32, Rounding::Nearest).unwrap()
}

/// A party of a computation, over links.
struct Party {
    mesh: Mesh,
    session: session::Session,
}

impl Party {
    fn join(session: Session, listener: TcpListener, limits: Limits) -> Result<Self, Error> {
        let mut mesh = Mesh::connect(session, listener, limits)?;
        let (index, parties, seed) = (mesh.index(), mesh.parties(), mesh.seed()?);
        let session = session::Session::with_dealer(index, parties, format(), SUITE, seed, 0, SysRng).unwrap();
        Ok(Self { mesh, session })
    }

    fn input(&mut self, owner: usize, numbers: &[f64]) -> session::ValueId {
        let given = (owner == self.session.index()).then(|| Public::Reals(numbers.to_vec()));
        self.session.input(owner, Kind::Real, numbers.len(), given.as_ref()).unwrap()
    }

    fn open(&mut self, value: session::ValueId) -> Result<Vec<u64>, Error> {
        let everybody: Vec<usize> = (0..self.session.parties()).collect();
        let result = self.session.open(value, &everybody).unwrap();
        self.mesh.run(&mut self.session)?;
        Ok(self.session.take(result).unwrap().unwrap().words.unwrap().to_vec())
    }
}

/// Products, a comparison, a division, in two batches: what is opened, and what the session said before that it would cost.
fn program(party: &mut Party, count: usize) -> Result<(Vec<u64>, Cost), Error> {
    let numbers: Vec<f64> = (0..count).map(|number| f64::from(u32::try_from(number).unwrap()) / 8.0 + 1.0).collect();
    let (x, y) = (party.input(0, &numbers), party.input(1, &vec![3.0; count]));
    let product = party.session.apply(Operation::Multiply, &[x, y]).unwrap()[0];
    let less = party.session.apply(Operation::Less, &[x, y]).unwrap()[0];
    let first = party.session.explain().unwrap().total;
    let mut found = party.open(product)?;
    let quotient = party.session.apply(Operation::Divide, &[product, x]).unwrap()[0];
    let chosen = party.session.apply(Operation::Choose, &[less, quotient, x]).unwrap()[0];
    let second = party.session.explain().unwrap().total;
    found.extend(party.open(chosen)?);
    // Beside the operations: a round of seeds for pairs, and two openings of a word an element.
    let words = 8 * count as u64;
    let cost = Cost {
        rounds: 1 + first.rounds + 1 + second.rounds + 1,
        bytes: 32 + first.bytes + second.bytes + 2 * words,
        corrections: first.corrections + second.corrections,
    };
    Ok((found, cost))
}

/// The program without a dealer, over links.
fn without_dealer(parties: usize, count: usize) -> (Vec<u64>, Cost) {
    let mut table = Table::new(parties);
    let listeners = table.listeners.split_off(1);
    let mut found = thread::scope(|scope| {
        let table = &table;
        let handles: Vec<_> = listeners
            .into_iter()
            .enumerate()
            .map(|(number, listener)| {
                scope.spawn(move || {
                    let session = Session::new(&identity(number), table.members.clone(), b"alone").unwrap();
                    let mut mesh = Mesh::connect(session, listener, LIMITS).unwrap();
                    let name = mesh.agree(&[u8::try_from(number).unwrap(); 32]).unwrap();
                    let made =
                        session::Session::without_dealer(&name, number, parties, format(), SUITE, 1 << 16, SysRng);
                    let mut party = Party { mesh, session: made.unwrap() };
                    let (found, _) = program(&mut party, count).unwrap();
                    party.mesh.finish();
                    (name, found, party.session.cost())
                })
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(found.iter().all(|one| *one == found[0]));
    let (_, found, cost) = found.remove(0);
    (found, cost)
}

#[test]
fn a_dealer_elsewhere_gives_the_results_and_costs_of_parties_without_one() {
    for parties in [2, 3] {
        let (dealer, found) = Table::new(parties).run(
            |session, listener| serve(session, listener, LIMITS),
            |session, listener| {
                let mut party = Party::join(session, listener, LIMITS).unwrap();
                let (found, expected) = program(&mut party, 100).unwrap();
                let traffic = party.mesh.traffic();
                let index = party.mesh.index();
                party.mesh.finish();
                (index, found, expected, party.session.cost(), traffic)
            },
        );
        dealer.unwrap();
        let expected = without_dealer(parties, 100);
        for (index, found, explained, cost, traffic) in found {
            assert_eq!((&found, cost), (&expected.0, expected.1), "{parties} parties");
            assert_eq!(cost, explained);
            let Traffic { rounds, messages, corrections, sent, .. } = traffic;
            assert_eq!((rounds, messages), (cost.rounds, cost.bytes + 8 * cost.rounds));
            assert_eq!(corrections, if index == 0 { 8 * cost.corrections } else { 0 });
            assert!(sent > messages);
        }
        assert_eq!(expected.0[..2], [3 << 16, (3 << 16) + (3 << 13)]);
    }
}

#[test]
fn long_corrections_come_in_many_pieces() {
    let (dealer, found) = Table::new(2).run(
        |session, listener| serve(session, listener, LIMITS),
        |session, listener| {
            let mut party = Party::join(session, listener, LIMITS).unwrap();
            let (found, _) = program(&mut party, 20_000).unwrap();
            party.mesh.finish();
            found[19_999]
        },
    );
    dealer.unwrap();
    assert_eq!(found, [(19_999 << 13) * 3 + (3 << 16); 2]);
}

#[test]
fn a_dealer_that_is_a_party_and_one_that_nobody_pinned_are_refused() {
    let table = Table::new(2);
    let dealer = Member { key: table.members[1].key, ..table.dealer.clone() };
    let refused = Session::with_dealer(&identity(0), table.members.clone(), dealer, b"").unwrap_err();
    assert!(matches!(refused, Error::InvalidSession { peer: Some(Peer::Dealer), .. }), "{refused}");
    // Its own key is no party's, and a party's is not the dealer's.
    let stranger = Session::with_dealer(&identity(7), table.members.clone(), table.dealer.clone(), b"").unwrap_err();
    assert!(matches!(stranger, Error::InvalidSession { peer: None, .. }), "{stranger}");
    // Somebody with another key answers at the dealer's address.
    let (dealer, found) = Table::new(2).run(
        |_, listener| {
            let table = Table::new(2);
            let own = Member { key: identity(31).public_key(), ..table.dealer.clone() };
            let session = Session::with_dealer(&identity(31), table.members.clone(), own, table.name).unwrap();
            serve(session, listener, IMPATIENT)
        },
        |session, listener| Party::join(session, listener, IMPATIENT).map(|_| ()).unwrap_err(),
    );
    assert!(matches!(dealer.unwrap_err(), Error::NotConnected { .. }));
    assert!(found.iter().any(|error| matches!(error, Error::NotConnected { peer: Peer::Dealer, .. })));
    assert!(found.iter().all(|error| matches!(error, Error::NotConnected { .. } | Error::Left { .. })));
}

#[test]
fn a_party_that_expects_another_dealer_or_none_means_another_session() {
    let table = Table::new(2);
    let session = |dealer: Option<Member>| match dealer {
        Some(dealer) => Session::with_dealer(&identity(0), table.members.clone(), dealer, b"x").unwrap(),
        None => Session::new(&identity(0), table.members.clone(), b"x").unwrap(),
    };
    let other = Member { key: identity(31).public_key(), ..table.dealer.clone() };
    let hashes = [session(None), session(Some(other)), session(Some(table.dealer.clone()))].map(|one| *one.hash());
    assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2] && hashes[0] != hashes[2]);
}

/// What the parties say when this happens to their dealer once the seeds are there.
fn with_broken_dealer(act: impl FnOnce(Broken) + Send) -> Vec<Error> {
    let (send, receive) = mpsc::channel::<()>();
    let (_, found) = Table::new(3).run(
        move |session, listener| {
            act(Broken { session, listener, over: receive });
            Ok(())
        },
        move |session, listener| {
            let mut party = Party::join(session, listener, IMPATIENT).unwrap();
            let error = program(&mut party, 4).unwrap_err();
            drop(party);
            let _ = send.send(());
            error
        },
    );
    found
}

/// Somebody with the dealer's key.
struct Broken {
    session: Session,
    listener: TcpListener,
    over: mpsc::Receiver<()>,
}

#[test]
fn a_dealer_that_falls_silent_is_named_by_all() {
    let found = with_broken_dealer(|Broken { session, listener, over }| {
        let service = Service::new(SUITE, 3, 0, &mut SysRng).unwrap();
        let dealer = Dealer::connect(session, service, listener, IMPATIENT).unwrap();
        let _ = over.recv();
        drop(dealer);
    });
    assert!(matches!(&found[0], Error::Silent { peers, .. } if peers == &[Peer::Dealer]), "{}", found[0]);
    for error in &found[1..] {
        assert!(matches!(error, Error::Left { peer: Peer::Party(_), .. }), "{error}");
    }
    assert!(found[1..].iter().any(|error| error.to_string().contains("nothing came from the dealer")));
}

#[test]
fn a_dealer_that_is_gone_is_named_by_all() {
    let found = with_broken_dealer(|Broken { session, listener, .. }| {
        let service = Service::new(SUITE, 3, 0, &mut SysRng).unwrap();
        drop(Dealer::connect(session, service, listener, IMPATIENT).unwrap());
    });
    assert!(matches!(&found[0], Error::Lost { peer: Peer::Dealer, .. }), "{}", found[0]);
    assert!(found[1..].iter().all(|error| error.to_string().contains("dealer") || error.to_string().contains("party")));
    assert!(found[1..].iter().any(|error| error.to_string().contains("the connection to the dealer ended")));
}

#[test]
fn a_dealer_of_another_number_of_parties_does_not_begin() {
    let table = Table::new(3);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let service = Service::new(SUITE, 2, 0, &mut SysRng).unwrap();
    let refused = Dealer::connect(table.session(DEALER), service, listener, IMPATIENT).unwrap_err();
    assert!(matches!(refused, Error::InvalidSession { peer: Some(Peer::Dealer), .. }));
    // And the session of a dealer is none of a party.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(matches!(Mesh::connect(table.session(DEALER), listener, IMPATIENT), Err(Error::InvalidSession { .. })));
}

#[test]
fn a_party_that_goes_ends_the_dealer() {
    let (dealer, found) = Table::new(3).run(
        |session, listener| serve(session, listener, LIMITS),
        |session, listener| {
            let number = session.index();
            let mut party = Party::join(session, listener, LIMITS).unwrap();
            if number == 1 {
                party.mesh.leave("the lights went out");
                return String::new();
            }
            program(&mut party, 4).unwrap_err().to_string()
        },
    );
    let said = dealer.unwrap_err().to_string();
    assert!(said.contains("party 1 ended the session: the lights went out") || said.contains("party 0"), "{said}");
    assert!(found[0].contains("lights") && found[2].contains("lights"), "{found:?}");
}

#[test]
fn parties_that_neither_ask_nor_end_are_named_by_the_dealer() {
    let (send, receive) = mpsc::channel::<()>();
    let receive = std::sync::Mutex::new(receive);
    let (dealer, _) = Table::new(2).run(
        move |session, listener| {
            let found = serve(session, listener, Limits { idle: Duration::from_secs(1), ..LIMITS });
            drop(send);
            found
        },
        |session, listener| {
            let party = Party::join(session, listener, LIMITS).unwrap();
            let _ = receive.lock().unwrap().recv();
            drop(party);
        },
    );
    let error = dealer.unwrap_err();
    let both = [Peer::Party(0), Peer::Party(1)];
    assert!(matches!(&error, Error::Silent { peers, .. } if *peers == both), "{error}");
}
