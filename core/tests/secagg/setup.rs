//! Set-up: whom a member shares keys with, rosters and graphs that do not fit, keys that are agreed with whoever takes part and with nobody
//! else, and new set-ups over old ones.

use std::collections::BTreeSet;

use crate::support::cbor::{self, BODY, Item};
use crate::support::random::Generator;
use crate::support::setting::{Setting, id_at, roster_of, secrets};
use crate::support::simulation::{Faithful, Losing, Moment, Network, Simulation, saved};
use cloakwork_core::agreement::{Identity, PublicKey};
use cloakwork_core::secagg::{Client, ClientState, Member, RosterBytes, RosterSource, Run, Step};
use cloakwork_core::{Error, ErrorKind, Result};

/// Random keys; whose they are does not matter where nobody agrees on anything.
fn any_roster(rng: &mut Generator, members: usize) -> Vec<Member> {
    let key = |rng: &mut Generator| {
        let mut key = rng.bytes::<32>();
        key[31] &= 0x3f;
        PublicKey::from_bytes(key)
    };
    (0..members).map(|position| Member { id: id_at(position, members), key: key(rng) }).collect()
}

/// The members that a client waits for before set-up: its neighbours.
fn neighbours_of<const K: usize>(run: &Run, roster: &[Member], secret: &[u8; 32]) -> Vec<u64> {
    Client::<K>::new(Identity::from_bytes(secret).unwrap(), run.clone(), roster).unwrap().unconfirmed().collect()
}

/// If u is a neighbour of v then v is one of u, by what the clients themselves say; everyone has k of them, in the order of the roster.
#[test]
fn neighbourhood_is_mutual() {
    let settings = [
        Setting::complete(3, 2),
        Setting::complete(12, 6),
        Setting::sparse(5, 4, 3),
        Setting::sparse(9, 2, 2),
        Setting::sparse(40, 12, 8),
        Setting { degree: 2, ..Setting::no_recovery(7) },
    ];
    for setting in settings {
        let members = setting.members as usize;
        let secrets = secrets(&mut Generator::new("mutual"), members);
        let roster = roster_of(&secrets);
        let run = setting.run(&roster);
        let degree = if setting.degree == 0 { members - 1 } else { setting.degree as usize };
        let lists: Vec<Vec<u64>> = secrets.iter().map(|secret| neighbours_of::<39>(&run, &roster, secret)).collect();
        for (position, list) in lists.iter().enumerate() {
            let own = roster[position].id;
            assert!(list.len() == degree && list.is_sorted() && !list.contains(&own));
            for other in list {
                let place = roster.iter().position(|member| member.id == *other).unwrap();
                assert!(lists[place].contains(&own), "{own} and {other}");
            }
        }
    }
}

/// The beacon decides who is whose neighbour.
#[test]
fn another_beacon_is_another_graph() {
    let secrets = secrets(&mut Generator::new("beacons"), 30);
    let roster = roster_of(&secrets);
    let mut graphs = BTreeSet::new();
    for beacon in 0..8 {
        let mut config = Setting::sparse(30, 6, 4).config(&roster);
        config.beacon = [beacon; 32];
        let run = crate::support::setting::run_of(&config);
        graphs.insert(secrets.iter().map(|secret| neighbours_of::<6>(&run, &roster, secret)).collect::<Vec<_>>());
    }
    assert_eq!(graphs.len(), 8);
}

#[test]
fn room_for_neighbours() {
    let secrets = secrets(&mut Generator::new("capacity"), 9);
    let roster = roster_of(&secrets);
    let new = |setting: &Setting, capacity: usize| {
        let run = setting.run(&roster);
        let identity = Identity::from_bytes(&secrets[4]).unwrap();
        let refused = match capacity {
            5 => Client::<5>::new(identity, run, roster.as_slice()).err(),
            6 => Client::<6>::new(identity, run, roster.as_slice()).err(),
            7 => Client::<7>::new(identity, run, roster.as_slice()).err(),
            8 => Client::<8>::new(identity, run, roster.as_slice()).err(),
            _ => Client::<64>::new(identity, run, roster.as_slice()).err(),
        };
        refused.map(|error: Error| (error.kind(), error.bound()))
    };
    for (setting, degree) in [(Setting::complete(9, 5), 8), (Setting::sparse(9, 6, 4), 6)] {
        for capacity in [5, 6, 7, 8, 64] {
            let expected = (capacity < degree).then_some((ErrorKind::CapacityExceeded, Some(degree as u64)));
            assert_eq!(new(&setting, capacity), expected, "{capacity} for {degree}");
        }
    }
}

/// What a client returns for a roster that is not the one of its run, or that no run should have.
#[test]
fn rosters() {
    let mut rng = Generator::new("rosters");
    let secrets = secrets(&mut rng, 4);
    let roster = roster_of(&secrets);
    let setting = Setting::complete(4, 2);
    let refused = |run: &Run, roster: &[Member]| {
        let error = Client::<3>::new(Identity::from_bytes(&secrets[0]).unwrap(), run.clone(), roster).unwrap_err();
        (error.kind(), error.party())
    };
    let run = setting.run(&roster);
    assert_eq!(refused(&run, &roster[..3]), (ErrorKind::InvalidRoster, None), "it ends too early");
    assert_eq!(refused(&run, &[]), (ErrorKind::InvalidRoster, None));
    let mut other = roster.clone();
    other[2].id += 1;
    assert_eq!(refused(&run, &other), (ErrorKind::InvalidRoster, None), "another id");
    other = roster.clone();
    other.swap(1, 2);
    assert_eq!(refused(&run, &other), (ErrorKind::InvalidRoster, Some(roster[1].id)), "not ascending");
    other = roster.clone();
    other[2].id = other[1].id;
    assert_eq!(refused(&run, &other), (ErrorKind::InvalidRoster, Some(other[1].id)), "an id twice");
    other = roster.clone();
    other[1].key = PublicKey::from_bytes(rng.bytes());
    assert_eq!(refused(&run, &other), (ErrorKind::InvalidRoster, None), "a key that is not the pinned one");

    // Rosters that are the ones of their runs and bad all the same.
    let with = |position: usize, key: PublicKey| {
        let mut roster = roster.clone();
        roster[position].key = key;
        refused(&setting.run(&roster), &roster)
    };
    let last = Some(u64::MAX);
    let stranger = Identity::generate(&mut rng).unwrap().public_key();
    assert_eq!(with(0, stranger), (ErrorKind::UnknownParty, None), "this identity is not in it");
    assert_eq!(with(3, roster[0].key), (ErrorKind::InvalidRoster, last), "this identity twice");
    assert_eq!(with(3, roster[1].key), (ErrorKind::InvalidRoster, last), "two neighbours with one key");
    assert_eq!(with(3, PublicKey::from_bytes([0; 32])), (ErrorKind::LowOrderKey, last));
    assert_eq!(with(3, PublicKey::from_bytes([0xff; 32])), (ErrorKind::Malformed, last));
    let mut spelled = *roster[3].key.as_bytes();
    spelled[31] |= 0x80;
    assert_eq!(with(3, PublicKey::from_bytes(spelled)), (ErrorKind::Malformed, last));
}

/// A source of entries that fails or changes its mind.
struct Unreliable<'a> {
    roster: &'a [Member],
    read: usize,
    fails_at: usize,
    changes_at: usize,
}

impl RosterSource for Unreliable<'_> {
    fn member(&mut self, position: u32) -> Result<Member> {
        self.read += 1;
        if self.read == self.fails_at {
            return Err(ErrorKind::Stopped.into());
        }
        let mut member = self.roster[position as usize];
        if self.read == self.changes_at {
            member.key = PublicKey::from_bytes([5; 32]);
        }
        Ok(member)
    }
}

/// The roster is read twice, whole; what differs the second time is noticed, and errors of the medium come through.
#[test]
fn sources_that_fail() {
    let secrets = secrets(&mut Generator::new("sources"), 6);
    let roster = roster_of(&secrets);
    let run = Setting::complete(6, 3).run(&roster);
    let new = |fails_at, changes_at| {
        let source = Unreliable { roster: &roster, read: 0, fails_at, changes_at };
        let client = Client::<5>::new(Identity::from_bytes(&secrets[2]).unwrap(), run.clone(), source);
        client.map(|client| client.id()).map_err(|error| error.kind())
    };
    for place in 1..=12 {
        assert_eq!(new(place, 0), Err(ErrorKind::Stopped), "read {place}");
        assert_eq!(new(0, place), Err(ErrorKind::InvalidRoster), "read {place}");
    }
    assert_eq!(new(13, 13), Ok(roster[2].id), "twelve reads");

    let bytes: Vec<u8> = roster.iter().flat_map(Member::to_bytes).collect();
    let client = |bytes| Client::<5>::new(Identity::from_bytes(&secrets[2]).unwrap(), run.clone(), RosterBytes(bytes));
    assert_eq!(client(&bytes).unwrap().unconfirmed().count(), 5);
    for size in [0, 39, 40, 239] {
        assert_eq!(client(&bytes[..size]).unwrap_err().kind(), ErrorKind::InvalidRoster);
    }
}

/// A large roster that nobody holds: a client finds its place and its neighbours.
#[test]
fn a_large_roster() {
    let mut rng = Generator::new("large");
    let secret = rng.bytes();
    let mut roster = any_roster(&mut rng, 20_000);
    roster[12_345].key = Identity::from_bytes(&secret).unwrap().public_key();
    let setting = Setting::sparse(20_000, 40, 30);
    let run = setting.run(&roster);
    let client = Client::<40>::new(Identity::from_bytes(&secret).unwrap(), run, roster.as_slice()).unwrap();
    assert_eq!(client.id(), roster[12_345].id);
    assert_eq!(client.unconfirmed().count(), 40);
}

/// After set-up everyone is confirmed to every neighbour, in any order of messages.
struct Shuffled(Generator);

impl Network for Shuffled {
    fn order(&mut self, receivers: &mut [usize]) {
        self.0.shuffle(receivers);
    }
}

#[test]
fn everyone_is_confirmed() {
    for setting in [Setting::complete(8, 4), Setting::sparse(20, 6, 4), Setting::no_recovery(5)] {
        let mut simulation = Simulation::<7>::new(&setting, "confirmed");
        for epoch in 1..=3 {
            assert_eq!(simulation.set_up(&mut Shuffled(Generator::new("order"))), []);
            assert!(
                simulation.clients.iter().all(|client| client.epoch() == epoch && client.unconfirmed().count() == 0)
            );
            assert_eq!(
                simulation.server.confirmed(),
                simulation.roster.iter().map(|member| member.id).collect::<Vec<_>>()
            );
            simulation.assert_round();
        }
    }
}

/// Neighbours that are absent are unconfirmed by name, and counted only if they took part.
#[test]
fn absent_neighbours_are_named() {
    let mut simulation = Simulation::<5>::new(&Setting::complete(6, 3), "absent");
    let mut network = Losing(|moment: Moment, member| {
        (moment.step == Step::Advertise && member == 1) || (moment.step == Step::Confirm && member == 4)
    });
    simulation.invite().unwrap();
    while simulation.server.step() != Step::Ready {
        assert_eq!(simulation.step(&mut network), []);
    }
    let absent = [simulation.id(1), simulation.id(4)];
    for position in [0, 2, 3, 5] {
        let message = simulation.due(position).unwrap();
        let client = &mut simulation.clients[position];
        assert_eq!(client.accept(&message), Ok(1), "only member 4 took part and did not confirm");
        assert_eq!(client.unconfirmed().collect::<Vec<_>>(), absent);
    }
    assert_eq!(simulation.due(1), None);
    assert_eq!(simulation.due(4), None);
    simulation.assert_round();
}

/// One fresh key in one message is another one: exactly the two whom it concerns name each other, and the rest is confirmed.
#[test]
fn a_swapped_key_is_named() {
    for (receiver, sender) in [(0, 1), (1, 0), (4, 2), (2, 5)] {
        let mut simulation = Simulation::<5>::new(&Setting::complete(6, 3), "swapped");
        simulation.invite().unwrap();
        assert_eq!(simulation.step(&mut Faithful), []);
        let mut rng = Generator::new("the other key");
        let key = Identity::generate(&mut rng).unwrap().public_key();
        for position in 0..6 {
            let mut keys = simulation.due(position).unwrap();
            if position == receiver {
                let place = sender - usize::from(sender > receiver);
                keys = cbor::edited(&keys, BODY + 1, |keys| keys[32 * place..][..32].copy_from_slice(key.as_bytes()));
            }
            let confirm = simulation.answer(position, &keys).unwrap().unwrap();
            simulation.deliver(position, &confirm).unwrap();
        }
        for position in 0..6 {
            let message = simulation.due(position).unwrap();
            let client = &mut simulation.clients[position];
            let unconfirmed = client.accept(&message).unwrap();
            let named: Vec<u64> = client.unconfirmed().collect();
            let expected: Vec<u64> = match position {
                _ if position == receiver => vec![simulation.roster[sender].id],
                _ if position == sender => vec![simulation.roster[receiver].id],
                _ => vec![],
            };
            assert_eq!((unconfirmed, named), (expected.len(), expected), "{receiver} got another key of {sender}");
        }
    }
}

/// An invitation is taken in every state, and what came before it is gone: the rounds of the new set-up are those of its keys.
#[test]
fn invited_in_the_middle() {
    let mut simulation = Simulation::<4>::new(&Setting::complete(5, 3), "in the middle");
    for interrupted in [Step::Advertise, Step::Confirm, Step::Ready] {
        simulation.invite().unwrap();
        while simulation.server.step() != interrupted {
            assert_eq!(simulation.step(&mut Faithful), []);
        }
        // Some got their messages, some did not.
        for position in 0..3 {
            let message = simulation.due(position).unwrap();
            simulation.answer(position, &message).unwrap();
        }
        assert_eq!(simulation.set_up(&mut Faithful), []);
        simulation.assert_round();
    }
    // In the middle of a round the server does not invite; a client that is invited by another server of its run leaves the round.
    simulation.begin(None).unwrap();
    assert_eq!(simulation.step(&mut Faithful), []);
    let open = simulation.due(0).unwrap();
    let invite = Item::Array(vec![Item::Number(16), cbor::item(&open, 1), Item::Number(99)]).encode();
    simulation.answer(0, &invite).unwrap();
    assert_eq!((simulation.clients[0].state(), simulation.clients[0].epoch()), (ClientState::Advertised, 99));
    assert_eq!(simulation.answer(0, &open).unwrap_err().kind(), ErrorKind::WrongEpoch);
}

/// Fresh keys and what is derived from them are new in every set-up: the saved pair keys of two epochs have nothing in common.
#[test]
fn every_set_up_has_its_own_keys() {
    let mut simulation = Simulation::<4>::ready(&Setting::complete(5, 3), "own keys");
    let mut seen = BTreeSet::new();
    for _ in 0..4 {
        for client in &simulation.clients {
            let (neighbours, _) = cbor::items(&saved(client)).pop().unwrap();
            // Each pair key is held twice, once by each side.
            seen.extend(neighbours.bytes().chunks_exact(33).map(|entry| entry[..32].to_vec()));
        }
        assert_eq!(simulation.set_up(&mut Faithful), []);
    }
    assert_eq!(seen.len(), 4 * 10);
}

/// Two runs over one roster share no key: a message of one is another run's, and its pair keys differ.
#[test]
fn every_run_has_its_own_keys() {
    let mut keys = BTreeSet::new();
    for run_id in 0..3 {
        let setting = Setting { run_id: [run_id; 16], ..Setting::complete(4, 2) };
        let simulation = Simulation::<3>::ready(&setting, "the same secrets");
        for client in &simulation.clients {
            let (neighbours, _) = cbor::items(&saved(client)).pop().unwrap();
            keys.extend(neighbours.bytes().chunks_exact(33).map(|entry| entry[..32].to_vec()));
        }
    }
    assert_eq!(keys.len(), 3 * 6);
}
