//! What is not the canonical encoding of the message that is due: cut, altered bit by bit, spelled otherwise, of another kind or run.

use cloakwork_core::ErrorKind;
use cloakwork_core::secagg::{Kind, kind_of};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;

use super::place::{MEMBER, Place, TO_CLIENT, TO_SERVER};
use crate::support::cbor::{self, BODY, EPOCH, Item, RUN};

#[test]
fn cut_anywhere() {
    for mut place in Place::all() {
        let message = place.message.clone();
        for size in 0..message.len() {
            assert_eq!(
                place.refusal(&message[..size]).kind(),
                ErrorKind::Malformed,
                "{:?} of {size} bytes",
                place.kind
            );
        }
        place.complete();
    }
}

#[test]
fn every_other_spelling() {
    for mut place in Place::all() {
        let mut tried = 0;
        for (name, message) in cbor::deviations(&place.message.clone()) {
            let canonical_otherwise = name.contains("head of") || name.contains("after") || name == "twice";
            let expected = if canonical_otherwise { ErrorKind::NonCanonical } else { ErrorKind::Malformed };
            assert_eq!(place.refusal(&message).kind(), expected, "{:?}, {name}", place.kind);
            tried += 1;
        }
        assert!(tried > 20);
        place.complete();
    }
}

#[test]
fn other_kinds() {
    let messages: Vec<(Kind, Vec<u8>)> = Place::all().map(|place| (place.kind, place.message)).collect();
    for mut place in Place::all() {
        for (kind, message) in &messages {
            // What the server already has is repeated without a word: order.rs.
            if *kind == place.kind || place.past.contains(message) {
                continue;
            }
            let error = place.refusal(message).kind();
            // The server knows the other messages of clients and says that they are not due.
            let known = TO_SERVER.contains(&place.kind) && TO_SERVER.contains(kind);
            let late = [ErrorKind::OutOfOrder, ErrorKind::WrongEpoch, ErrorKind::WrongRound];
            if known {
                assert!(late.contains(&error), "{kind:?} for {:?}: {error:?}", place.kind);
            } else {
                assert_eq!(error, ErrorKind::UnexpectedKind, "{kind:?} for {:?}", place.kind);
            }
        }
        for kind in (0..=255).filter(|&kind| !(1..=5).contains(&kind) && !(16..=22).contains(&kind)) {
            let message = cbor::with(&place.message, cbor::KIND, Item::Number(kind));
            assert_eq!(kind_of(&message).unwrap_err().kind(), ErrorKind::UnexpectedKind);
            assert_eq!(place.refusal(&message).kind(), ErrorKind::UnexpectedKind);
        }
        place.complete();
    }
}

#[test]
fn other_runs_and_epochs() {
    for mut place in Place::all() {
        let epoch = cbor::item(&place.message, EPOCH).number();
        for other in [[0; 32], [0xff; 32], *place.simulation.roster[1].key.as_bytes()] {
            let message = cbor::with(&place.message, RUN, Item::Bytes(other.to_vec()));
            assert_eq!(place.refusal(&message).kind(), ErrorKind::WrongRun, "{:?}", place.kind);
        }
        let above = if place.kind == Kind::Invite { vec![] } else { vec![epoch + 1, epoch + 256, u32::MAX.into()] };
        for other in [vec![0, 1], above].concat() {
            let message = cbor::with(&place.message, EPOCH, Item::Number(other));
            let error = place.refusal(&message);
            assert_eq!(error.kind(), ErrorKind::WrongEpoch, "{:?}", place.kind);
            let known = if place.kind == Kind::Invite { epoch - 1 } else { epoch };
            assert_eq!(error.bound(), Some(known), "{:?}", place.kind);
        }
        let message = cbor::with(&place.message, EPOCH, Item::Number(1 << 32));
        assert_eq!(place.refusal(&message).kind(), ErrorKind::Malformed, "{:?}", place.kind);
        place.complete();
    }
}

/// Byte strings of every other length, and numbers that their fields cannot hold.
#[test]
fn items_of_another_size() {
    for mut place in Place::all() {
        for (index, (item, _)) in cbor::items(&place.message.clone()).into_iter().enumerate().skip(1) {
            match item {
                Item::Bytes(bytes) => {
                    let lengths =
                        [0, 1, bytes.len().saturating_sub(32), bytes.len().saturating_sub(1), bytes.len() + 1];
                    for length in lengths.into_iter().filter(|&length| length != bytes.len()) {
                        let mut other = bytes.clone();
                        other.resize(length, 0);
                        let message = cbor::with(&place.message, index, Item::Bytes(other));
                        let error = place.refusal(&message).kind();
                        assert_eq!(error, ErrorKind::Malformed, "{:?}: item {index} of {length} bytes", place.kind);
                    }
                }
                _ => {
                    let message = cbor::with(&place.message, index, Item::Number(1 << 32));
                    assert_eq!(place.refusal(&message).kind(), ErrorKind::Malformed, "{:?}: item {index}", place.kind);
                }
            }
        }
        place.complete();
    }
}

/// Items in which a message that differs may still be accepted: nothing else can be said of them when they come.
fn opaque_items(kind: Kind) -> &'static [usize] {
    const FIRST: usize = BODY;
    match kind {
        // A higher epoch; a higher round, other participants.
        Kind::Invite => &[EPOCH],
        Kind::Begin => &[FIRST, FIRST + 1],
        // Another key: its tag will not verify. Another tag: its sender is not confirmed. One bit of the bitmap is the receiver's own.
        Kind::Keys => &[FIRST + 1],
        Kind::Confirmations => &[FIRST, FIRST + 1],
        // A share that does not decrypt is left out.
        Kind::Open => &[FIRST + 3],
        Kind::Finished => &[FIRST + 1],
        Kind::Advertise | Kind::Confirm => &[FIRST],
        Kind::Masked => &[FIRST + 2, FIRST + 3, FIRST + 4],
        Kind::Acknowledge => &[FIRST + 3, FIRST + 4],
        Kind::Unmask => &[FIRST + 4],
        _ => &[],
    }
}

/// Every bit of every message is turned. A message that differs outside its opaque items is refused.
#[test]
fn every_bit_turned() {
    for mut place in Place::all() {
        let message = place.message.clone();
        let opaque: Vec<_> = opaque_items(place.kind).iter().map(|&index| cbor::place(&message, index)).collect();
        let mut accepted = 0;
        for position in 0..message.len() {
            for bit in 0..8 {
                let mut altered = message.clone();
                altered[position] ^= 1 << bit;
                if place.attempt(&altered).is_ok() {
                    let inside = opaque.iter().any(|range| range.contains(&position));
                    assert!(inside, "{:?}: bit {bit} of byte {position} was accepted", place.kind);
                    accepted += 1;
                }
            }
        }
        assert_eq!(accepted > 0, !opaque.is_empty(), "{:?}", place.kind);
        place.complete();
    }
}

/// What follows from the bits that are accepted by a client: the one party they concern is left out, by name.
#[test]
fn turned_bits_are_noticed_by_name() {
    // Keys: the neighbour whose fresh key was altered is not confirmed, even with the honest tags.
    let mut place = Place::at(Kind::Keys);
    for neighbour in 1..=4 {
        let altered = cbor::edited(&place.message, BODY + 1, |keys| keys[32 * (neighbour - 1) + 7] ^= 0x10);
        let state = crate::support::simulation::saved(&place.simulation.clients[MEMBER]);
        place.give(&altered).unwrap();
        let confirmations = Place::at(Kind::Confirmations);
        let client = &mut place.simulation.clients[MEMBER];
        assert_eq!(client.accept(&confirmations.message), Ok(1));
        assert_eq!(client.unconfirmed().collect::<Vec<_>>(), [place.simulation.roster[neighbour].id]);
        place.simulation.clients[MEMBER] = place.simulation.restored(MEMBER, &state).unwrap();
    }
    place.complete();

    // Confirmations: each altered tag costs its sender.
    let place = Place::at(Kind::Confirmations);
    for byte in 0..64 {
        let altered = cbor::edited(&place.message, BODY + 1, |tags| tags[byte] ^= 1);
        let mut client = place.simulation.twin(MEMBER);
        assert_eq!(client.accept(&altered), Ok(1));
        let sender = place.simulation.roster[1 + byte / 16].id;
        assert_eq!(client.unconfirmed().collect::<Vec<_>>(), [sender]);
    }
    place.complete();

    // Open: each altered salt or share is left out of the answer, the others are not.
    let mut place = Place::at(Kind::Open);
    let honest = place.attempt(&place.message.clone()).unwrap().unwrap();
    let shares = cbor::item(&honest, BODY + 4).bytes().to_vec();
    assert_eq!((cbor::item(&honest, BODY + 3).bytes(), shares.len()), (&[0b111][..], 96));
    for byte in 0..3 * 64 {
        let altered = cbor::edited(&place.message, BODY + 3, |sealed| sealed[byte] ^= 0x80);
        let answer = place.attempt(&altered).unwrap().unwrap();
        let left_out = byte / 64;
        assert_eq!(cbor::item(&answer, BODY + 3).bytes(), [0b111 ^ (1 << left_out)]);
        let mut others = shares.clone();
        others.drain(32 * left_out..32 * left_out + 32);
        assert_eq!(cbor::item(&answer, BODY + 4).bytes(), others);
    }
    place.complete();
}

/// One way of spoiling a message.
#[derive(Clone, Debug)]
enum Spoil {
    Turn(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Repeat(Index, Index),
    Swap(Index, Index),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    prop_oneof![
        (any::<Index>(), 1..=255_u8).prop_map(|(at, mask)| Spoil::Turn(at, mask)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Spoil::Insert(at, byte)),
        any::<Index>().prop_map(Spoil::Remove),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Spoil::Repeat(from, to)),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Spoil::Swap(a, b)),
    ]
}

impl Spoil {
    fn apply(&self, message: &mut Vec<u8>) {
        if message.is_empty() {
            return;
        }
        let size = message.len();
        match self {
            Self::Turn(at, mask) => message[at.index(size)] ^= mask,
            Self::Insert(at, byte) => message.insert(at.index(size), *byte),
            Self::Remove(at) => drop(message.remove(at.index(size))),
            Self::Repeat(from, to) => {
                let (from, to) = (from.index(size), to.index(size));
                let piece = message[from.min(to)..from.max(to)].to_vec();
                message.splice(from.max(to)..from.max(to), piece);
            }
            Self::Swap(a, b) => message.swap(a.index(size), b.index(size)),
        }
    }
}

thread_local! {
    static PLACES: core::cell::RefCell<Vec<Place>> = core::cell::RefCell::new(Place::all().collect());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        rng_seed: RngSeed::Fixed(0x72_65_66_75),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever is done to a message, it is taken or refused without a trace.
    #[test]
    fn spoiled_in_any_way(at in 0..TO_CLIENT.len() + TO_SERVER.len(), spoils in prop::collection::vec(spoil(), 1..4)) {
        PLACES.with_borrow_mut(|places| {
            let place = &mut places[at];
            let mut message = place.message.clone();
            spoils.iter().for_each(|spoil| spoil.apply(&mut message));
            if message != place.message {
                let _ = place.attempt(&message);
            }
            place.attempt(&place.message.clone()).unwrap();
        });
    }

    /// Bytes that were never a message.
    #[test]
    fn any_bytes(at in 0..TO_CLIENT.len() + TO_SERVER.len(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        PLACES.with_borrow_mut(|places| {
            places[at].refusal(&bytes);
        });
    }
}
