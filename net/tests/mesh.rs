//! Parties in threads of one program, over loopback: the same program as without a network, and every way in which one of them fails.
#![allow(
    clippy::panic,
    clippy::integer_division_remainder_used,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::unwrap_in_result,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use cloakwork_core::agreement::Identity;
use cloakwork_core::mpc::dealer::{Dealer, Dealt, Seed};
use cloakwork_core::mpc::engine::{Cost, Engine};
use cloakwork_core::mpc::protocol::{open, product};
use cloakwork_core::prg::Suite;
use cloakwork_net::{Error, Limits, Member, Mesh, Peer, Session, Traffic};

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(20),
    step: Duration::from_secs(20),
    corrections: Duration::from_secs(20),
    idle: Duration::from_secs(20),
    message: 1 << 20,
};
/// Longer than any of these sessions, shorter than a person's patience.
const IMPATIENT: Limits = Limits { connect: Duration::from_secs(4), step: Duration::from_secs(4), ..LIMITS };

fn identity(number: usize) -> Identity {
    let secret = core::array::from_fn(|place| u8::try_from(place * 7 + number + 1).unwrap());
    Identity::from_bytes(&secret).unwrap()
}

struct Place {
    number: usize,
    listener: TcpListener,
    members: Vec<Member>,
}

impl Place {
    fn session(&self, name: &[u8]) -> Session {
        Session::new(&identity(self.number), self.members.clone(), name).unwrap()
    }

    fn join(self, limits: Limits) -> Result<Mesh, Error> {
        let session = self.session(b"test");
        Mesh::connect(session, self.listener, limits)
    }
}

/// Parties that listen on loopback.
fn places(parties: usize) -> Vec<Place> {
    let listeners: Vec<TcpListener> = (0..parties).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let member = |(number, listener): (usize, &TcpListener)| Member {
        key: identity(number).public_key(),
        address: listener.local_addr().unwrap().to_string(),
    };
    let members: Vec<Member> = listeners.iter().enumerate().map(member).collect();
    let place = |(number, listener)| Place { number, listener, members: members.clone() };
    listeners.into_iter().enumerate().map(place).collect()
}

fn seeds(parties: usize) -> Vec<Seed> {
    (0..parties).map(|party| Seed::from_bytes(&[u8::try_from(party).unwrap() + 1; 32])).collect()
}

/// A party of a session with a dealer, whose corrections the first one makes for itself: a test has nobody to hide them from.
fn engine(index: usize, parties: usize) -> Engine {
    let seed = seeds(parties).remove(index);
    let dealt = if index == 0 {
        let mut dealer = Dealer::new(Suite::ChaCha20, seeds(parties), Seed::from_bytes(&[99; 32]), 0).unwrap();
        Dealt::corrected(Suite::ChaCha20, seed, Box::new(move |number, correlation| dealer.deal(number, correlation)))
    } else {
        Dealt::seeded(Suite::ChaCha20, seed)
    };
    Engine::new(index, parties, Box::new(dealt)).unwrap()
}

/// Squares of 0 to `count` - 1 by products of shared numbers, of which the last party has all.
fn squares(mesh: &mut Mesh, count: usize) -> Result<(Vec<u64>, Cost), Error> {
    let mut engine = engine(mesh.index(), mesh.parties());
    let last = mesh.index() + 1 == mesh.parties();
    let share: Vec<u64> = (0..count as u64).map(|number| if last { number } else { 0 }).collect();
    let party = engine.party();
    let outcome = engine.spawn(async move {
        let squares = product(&party, &share, &share).await?;
        Ok::<_, cloakwork_core::Error>(open(&party, 64, &squares).await)
    });
    mesh.run(&mut engine)?;
    Ok((outcome.take().unwrap().unwrap(), engine.cost()))
}

/// What each of these parties did, all at a time.
fn all<T: Send>(places: Vec<Place>, act: impl Fn(Place) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let handles: Vec<_> = places.into_iter().map(|place| scope.spawn(|| act(place))).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    })
}

#[test]
fn a_program_runs_over_links_as_without_and_costs_what_the_engine_says() {
    for parties in [2, 3, 5] {
        let found = all(places(parties), |place| {
            let mut mesh = place.join(LIMITS).unwrap();
            let (squares, cost) = squares(&mut mesh, 1000).unwrap();
            let traffic = mesh.traffic();
            mesh.finish();
            (squares, cost, traffic)
        });
        for (squares, cost, Traffic { rounds, messages, sent, received, .. }) in found {
            assert!(squares.iter().zip(0u64..).all(|(square, number)| *square == number * number));
            // Products open two words each, the result one.
            assert_eq!((cost.rounds, cost.bytes), (2, 24_000));
            // Eight bytes a round say which it is.
            assert_eq!((rounds, messages), (cost.rounds, cost.bytes + 8 * cost.rounds));
            let others = parties as u64 - 1;
            assert!(sent > messages * others && received > messages * others, "{parties} parties");
        }
    }
}

#[test]
fn messages_larger_than_any_buffer_cross_each_other() {
    let found = all(places(3), |place| {
        let mut mesh = place.join(Limits { message: 1 << 26, ..LIMITS }).unwrap();
        let (squares, _) = squares(&mut mesh, 1 << 19).unwrap();
        mesh.finish();
        squares
    });
    assert!(found.iter().all(|squares| squares.last() == Some(&((1 << 19) - 1u64).pow(2))));
}

#[test]
fn several_programs_run_over_the_same_links() {
    let found = all(places(2), |place| {
        let mut mesh = place.join(LIMITS).unwrap();
        let sums: Vec<u64> = (1..50).map(|count| squares(&mut mesh, count).unwrap().0.iter().sum()).collect();
        mesh.finish();
        sums
    });
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0][3], 1 + 4 + 9);
}

#[test]
fn a_party_that_does_not_come_is_named_when_its_time_has_passed() {
    let mut there = places(3);
    drop(there.remove(2));
    for result in all(there, |place| place.join(IMPATIENT)) {
        assert!(matches!(result.unwrap_err(), Error::NotConnected { peer: Peer::Party(2), .. } | Error::Left { .. }));
    }
    let mut there = places(3);
    drop(there.remove(0));
    for result in all(there, |place| place.join(IMPATIENT)) {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::NotConnected { peer: Peer::Party(0), .. } | Error::Left { .. }), "{error}");
    }
}

#[test]
fn parties_of_another_session_find_out_on_both_sides() {
    let found = all(places(2), |place| {
        let session = place.session(if place.number == 0 { b"the one" } else { b"the other" });
        Mesh::connect(session, place.listener, LIMITS).unwrap_err()
    });
    assert!(matches!(found[0], Error::OtherSession { peer: Peer::Party(1) }), "{}", found[0]);
    assert!(matches!(found[1], Error::OtherSession { peer: Peer::Party(0) }), "{}", found[1]);
}

#[test]
fn a_key_that_nobody_pinned_opens_nothing() {
    let mut there = places(2);
    let stranger = there.pop().unwrap();
    let mut believed = there[0].members.clone();
    believed[1].key = identity(7).public_key();
    let refused = all(vec![there.pop().unwrap(), Place { number: 7, members: believed, ..stranger }], |place| {
        place.join(IMPATIENT)
    });
    for result in refused {
        assert!(matches!(result.unwrap_err(), Error::NotConnected { .. }));
    }
}

#[test]
fn noise_on_the_port_keeps_nobody_out() {
    let there = places(2);
    let address = there[0].members[0].address.clone();
    let noise: Vec<TcpStream> = (0..12)
        .map(|number| {
            let mut stream = TcpStream::connect(&address).unwrap();
            // Some say nothing, some what is no TLS.
            if number % 3 > 0 {
                stream.write_all(&vec![0x16; number * 100]).unwrap();
            }
            stream
        })
        .collect();
    for result in all(there, |place| place.join(LIMITS).and_then(|mut mesh| squares(&mut mesh, 5))) {
        assert_eq!(result.unwrap().0, [0, 1, 4, 9, 16]);
    }
    drop(noise);
}

#[test]
fn a_party_that_falls_silent_is_named() {
    let start = Instant::now();
    let found = all(places(3), |place| {
        let number = place.number;
        let mut mesh = place.join(Limits { step: Duration::from_secs(3), ..LIMITS }).unwrap();
        if number == 1 {
            thread::sleep(Duration::from_secs(6));
            return Error::NoPreprocessing;
        }
        squares(&mut mesh, 3).unwrap_err()
    });
    for error in [&found[0], &found[2]] {
        assert!(error.to_string().contains("party 1") || matches!(error, Error::Left { .. }), "{error}");
    }
    assert!(found.iter().any(|error| matches!(error, Error::Silent { peers, .. } if peers == &[Peer::Party(1)])));
    assert!(start.elapsed() < LIMITS.connect);
}

#[test]
fn a_party_that_goes_is_named_at_once() {
    let found = all(places(3), |place| {
        let number = place.number;
        let mut mesh = place.join(LIMITS).unwrap();
        if number == 2 {
            mesh.leave("the lights went out");
            return String::new();
        }
        squares(&mut mesh, 3).unwrap_err().to_string()
    });
    for said in &found[..2] {
        assert!(said.contains("the lights went out"), "{said}");
    }
}

#[test]
fn a_message_above_the_limit_ends_the_session_by_name() {
    let found = all(places(2), |place| {
        let number = place.number;
        let message = if number == 0 { 100 } else { 1 << 20 };
        let mut mesh = place.join(Limits { message, ..LIMITS }).unwrap();
        squares(&mut mesh, 1000).unwrap_err()
    });
    assert!(matches!(found[0], Error::TooLarge { peer: Peer::Party(1), size: 16_008, bound: 100 }), "{}", found[0]);
    assert!(
        matches!(&found[1], Error::Left { peer: Peer::Party(0), reason } if reason.contains("16008")),
        "{}",
        found[1]
    );
}

#[test]
fn parties_that_run_other_programs_are_refused_by_the_length_of_their_messages() {
    let found = all(places(2), |place| {
        let count = 3 + place.number;
        let mut mesh = place.join(LIMITS).unwrap();
        squares(&mut mesh, count).unwrap_err()
    });
    assert!(found.iter().any(|error| matches!(error, Error::Refused(_))));
    assert!(found.iter().all(|error| matches!(error, Error::Refused(_) | Error::Left { .. })));
}

#[test]
fn sessions_that_cannot_be_are_refused() {
    let member = |number| Member { key: identity(number).public_key(), address: "127.0.0.1:1".into() };
    let refused = |own, members: &[Member]| match Session::new(&identity(own), members.to_vec(), b"") {
        Err(Error::InvalidSession { kind, peer }) => (kind.code(), peer),
        _ => panic!("not refused"),
    };
    assert_eq!(refused(0, &[member(0)]), (104, None));
    assert_eq!(refused(5, &[member(0), member(1)]), (513, None));
    assert_eq!(refused(0, &[member(0), member(1), member(1)]), (403, Some(Peer::Party(2))));
    let zero = Member { key: cloakwork_core::agreement::PublicKey::from_bytes([0; 32]), ..member(0) };
    assert_eq!(refused(0, &[member(0), zero]), (402, Some(Peer::Party(1))));
}
