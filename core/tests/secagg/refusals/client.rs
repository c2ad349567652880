//! What a client refuses for what a message says.

use cloakwork_core::ErrorKind;
use cloakwork_core::secagg::{ClientState, Kind};

use super::place::{LOST, MEMBER, Place};
use crate::support::cbor::{self, BODY, Item};
use crate::support::setting::Setting;
use crate::support::simulation::{Faithful, Losing, Moment, Simulation, saved};

fn bitmap(place: &Place, positions: &[usize]) -> Item {
    Item::Bytes(place.simulation.bitmap(positions))
}

/// The message that is due with some items of its body replaced.
fn with(place: &Place, items: &[(usize, Item)]) -> Vec<u8> {
    let replace = |message: Vec<u8>, (index, item): &(usize, Item)| cbor::with(&message, BODY + index, item.clone());
    items.iter().fold(place.message.clone(), replace)
}

#[test]
fn invite() {
    let mut place = Place::at(Kind::Invite);
    let message = cbor::with(&place.message, cbor::EPOCH, Item::Number(1));
    assert_eq!(place.refusal(&message), refusal(ErrorKind::WrongEpoch, Some(1), None), "the epoch it is in");
    place.complete();
}

/// An error as its parts, to compare with what a client returned.
fn refusal(kind: ErrorKind, bound: Option<u64>, party: Option<u64>) -> Parts {
    Parts { kind, bound, party }
}

#[derive(Debug)]
struct Parts {
    kind: ErrorKind,
    bound: Option<u64>,
    party: Option<u64>,
}

impl PartialEq<Parts> for cloakwork_core::Error {
    fn eq(&self, other: &Parts) -> bool {
        (self.kind(), self.bound(), self.party()) == (other.kind, other.bound, other.party)
    }
}

#[test]
fn keys_of_another_set() {
    let mut place = Place::at(Kind::Keys);
    let keys = cbor::item(&place.message, BODY + 1).bytes().to_vec();
    let own = place.simulation.id(MEMBER);
    let without_receiver = with(&place, &[(0, bitmap(&place, &[1, 2, 3, 4]))]);
    assert_eq!(place.refusal(&without_receiver), refusal(ErrorKind::NotInSet, None, Some(own)));
    let two = with(&place, &[(0, bitmap(&place, &[0, 1, 2])), (1, Item::Bytes(keys[..64].to_vec()))]);
    assert_eq!(place.refusal(&two), refusal(ErrorKind::TooFewNeighbours, Some(3), None));
    for (set, count) in
        [(vec![0, 1, 2, 3, 4], 3), (vec![0, 1, 2, 3, 4], 5), (vec![0, 1, 2, 3], 4), (vec![0, 1, 2, 4], 2)]
    {
        let mut joined = [keys.clone(), vec![9; 32]].concat();
        joined.truncate(32 * count);
        let message = with(&place, &[(0, bitmap(&place, &set)), (1, Item::Bytes(joined))]);
        let present = set.len() as u64 - 1;
        assert_eq!(place.refusal(&message), refusal(ErrorKind::Malformed, Some(32 * present), None));
    }
    place.complete();
}

#[test]
fn keys_that_are_bad() {
    let mut place = Place::at(Kind::Keys);
    let keys = cbor::item(&place.message, BODY + 1).bytes().to_vec();
    let roster = place.simulation.roster.clone();
    let own_fresh = place.simulation.server.message(roster[1].id).unwrap().unwrap();
    let own_fresh = cbor::item(&own_fresh, BODY + 1).bytes()[..32].to_vec();
    let mut one = vec![0; 32];
    one[0] = 1;
    let mut spelled_otherwise = keys[..32].to_vec();
    spelled_otherwise[31] |= 0x80;
    let mut prime = vec![0xff; 32];
    (prime[0], prime[31]) = (0xed, 0x7f);
    for neighbour in 1..=4 {
        let other = 1 + neighbour % 4;
        let others_fresh = keys[32 * (other - 1)..32 * other].to_vec();
        let bad: [(&str, Vec<u8>, ErrorKind); 9] = [
            ("of low order", vec![0; 32], ErrorKind::LowOrderKey),
            ("of low order, 1", one.clone(), ErrorKind::LowOrderKey),
            ("not canonical: bit 255", spelled_otherwise.clone(), ErrorKind::Malformed),
            ("not canonical: the prime", prime.clone(), ErrorKind::Malformed),
            ("the receiver's fresh key, reflected", own_fresh.clone(), ErrorKind::RepeatedKey),
            ("the receiver's static key", roster[MEMBER].key.as_bytes().to_vec(), ErrorKind::RepeatedKey),
            ("the neighbour's static key", roster[neighbour].key.as_bytes().to_vec(), ErrorKind::RepeatedKey),
            ("another neighbour's static key", roster[other].key.as_bytes().to_vec(), ErrorKind::RepeatedKey),
            ("another neighbour's fresh key", others_fresh, ErrorKind::RepeatedKey),
        ];
        for (name, key, kind) in bad {
            let message = cbor::edited(&place.message, BODY + 1, |keys| {
                keys[32 * (neighbour - 1)..32 * neighbour].copy_from_slice(&key)
            });
            let error = place.refusal(&message);
            assert_eq!(error.kind(), kind, "{name}");
            // Of two that share a key, the later one is named.
            let named = if name == "another neighbour's fresh key" { neighbour.max(other) } else { neighbour };
            assert_eq!(error.party(), Some(roster[named].id), "{name}");
        }
    }
    place.complete();
}

#[test]
fn confirmations() {
    let mut place = Place::at(Kind::Confirmations);
    let tags = cbor::item(&place.message, BODY + 1).bytes().to_vec();
    for (set, count) in [(vec![0, 1, 2, 3, 4], 3), (vec![0, 1, 2, 3], 4), (vec![], 1), (vec![1, 2, 3, 4], 5)] {
        let mut joined = [tags.clone(), vec![9; 16]].concat();
        joined.truncate(16 * count);
        let message = with(&place, &[(0, bitmap(&place, &set)), (1, Item::Bytes(joined))]);
        assert_eq!(place.refusal(&message).kind(), ErrorKind::Malformed);
    }
    place.complete();
}

/// Tags that are not from their sender to this receiver in this epoch: the reflected one, another's, one of another epoch.
#[test]
fn confirmations_with_tags_of_others() {
    let place = Place::at(Kind::Confirmations);
    let ids: Vec<u64> = place.simulation.roster.iter().map(|member| member.id).collect();
    let sent = place.past.iter().rev().find(|message| cbor::item(message, 0).number() == 2).unwrap();
    let reflected = cbor::item(sent, BODY).bytes().to_vec();
    let earlier = place.past.iter().find(|message| cbor::item(message, 0).number() == 18).unwrap();
    let earlier = cbor::item(earlier, BODY + 1).bytes().to_vec();
    let swapped = {
        let mut tags = cbor::item(&place.message, BODY + 1).bytes().to_vec();
        tags.rotate_left(16);
        tags
    };
    for tags in [reflected, earlier, swapped, vec![0; 64]] {
        let message = with(&place, &[(1, Item::Bytes(tags))]);
        let mut client = place.simulation.twin(MEMBER);
        assert_eq!(client.accept(&message), Ok(4), "no neighbour is confirmed");
        assert_eq!(client.unconfirmed().collect::<Vec<_>>(), ids[1..]);
    }
    // Nobody confirmed is no error either: no round can be joined with them.
    let message = with(&place, &[(0, bitmap(&place, &[])), (1, Item::Bytes(vec![]))]);
    assert_eq!(place.simulation.twin(MEMBER).accept(&message), Ok(4));
    place.complete();
}

#[test]
fn begin() {
    let mut place = Place::at(Kind::Begin);
    let own = place.simulation.id(MEMBER);
    for round in [0, 1, 2, 1001, u64::from(u32::MAX)] {
        let message = with(&place, &[(0, Item::Number(round))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::WrongRound, Some(2), None));
    }
    let message = with(&place, &[(2, Item::Bytes(vec![7; 32]))]);
    assert_eq!(place.refusal(&message), refusal(ErrorKind::WrongContext, None, None));
    place.simulation.context = [7; 32];
    let message = place.message.clone();
    assert_eq!(
        place.refusal(&message),
        refusal(ErrorKind::WrongContext, None, None),
        "the client received something else"
    );
    place.simulation.context = [0xc0; 32];
    for set in [&[1, 2, 3, 4][..], &[]] {
        let message = with(&place, &[(1, bitmap(&place, set))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::NotInSet, None, Some(own)));
    }
    let alone = with(&place, &[(1, bitmap(&place, &[MEMBER]))]);
    assert_eq!(place.refusal(&alone), refusal(ErrorKind::TooFewInputs, Some(2), None));
    for set in [&[0, 1][..], &[0, 1, 2], &[0, 3, 4]] {
        let message = with(&place, &[(1, bitmap(&place, set))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::TooFewNeighbours, Some(3), None));
    }
    place.complete();
}

/// `min inputs` above t + 1 is checked for itself.
#[test]
fn fewer_inputs_than_the_run_demands() {
    let setting = Setting { min_inputs: 5, ..Setting::complete(6, 3) };
    let mut simulation = Simulation::<5>::ready(&setting, "min inputs");
    simulation.begin(None).unwrap();
    let begin = simulation.due(0).unwrap();
    let four = cbor::with(&begin, BODY + 1, Item::Bytes(simulation.bitmap(&[0, 1, 2, 3])));
    let before = saved(&simulation.clients[0]);
    let error = simulation.answer(0, &four).unwrap_err();
    assert_eq!(error, refusal(ErrorKind::TooFewInputs, Some(5), None));
    assert_eq!(saved(&simulation.clients[0]), before);
    assert_eq!(simulation.step(&mut Losing(|_, member| member == 5)), []);
    let survivors = simulation.due(0).unwrap();
    let four = cbor::with(&survivors, BODY + 4, Item::Bytes(simulation.bitmap(&[0, 1, 2, 3])));
    let before = saved(&simulation.clients[0]);
    let error = simulation.answer(0, &four).unwrap_err();
    assert_eq!(error, refusal(ErrorKind::TooFewInputs, Some(5), None));
    assert_eq!(saved(&simulation.clients[0]), before);
    let (outcome, refusals) = simulation.play(&mut Faithful);
    assert_eq!(refusals, []);
    assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3, 4]));
}

/// Without recovery a client masks with more neighbours than may collude, or not at all.
#[test]
fn fewer_neighbours_than_may_collude() {
    let setting = Setting { colluders: 2, min_inputs: 4, ..Setting::no_recovery(6) };
    let mut simulation = Simulation::<5>::ready(&setting, "no recovery");
    simulation.begin(None).unwrap();
    let begin = simulation.due(0).unwrap();
    let before = saved(&simulation.clients[0]);
    for (set, kind, bound) in [(&[0, 1, 2][..], ErrorKind::TooFewInputs, 4), (&[0, 1], ErrorKind::TooFewInputs, 4)] {
        let message = cbor::with(&begin, BODY + 1, Item::Bytes(simulation.bitmap(set)));
        assert_eq!(simulation.answer(0, &message).unwrap_err(), refusal(kind, Some(bound), None));
    }
    assert_eq!(saved(&simulation.clients[0]), before);
    let (outcome, refusals) = simulation.play(&mut Faithful);
    assert_eq!(refusals, []);
    assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3, 4, 5]));

    // On a ring of six with one colluder: both neighbours are needed.
    let setting = Setting { degree: 2, colluders: 1, min_inputs: 3, ..Setting::no_recovery(6) };
    let mut simulation = Simulation::<2>::ready(&setting, "no recovery, ring");
    simulation.begin(None).unwrap();
    let begin = simulation.due(0).unwrap();
    let missing = simulation.neighbours(0)[0];
    let set: Vec<usize> = (0..6).filter(|&member| member != missing).collect();
    let message = cbor::with(&begin, BODY + 1, Item::Bytes(simulation.bitmap(&set)));
    assert_eq!(simulation.answer(0, &message).unwrap_err(), refusal(ErrorKind::TooFewNeighbours, Some(2), None));
    let (outcome, _) = simulation.play(&mut Faithful);
    assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3, 4, 5]));
}

/// A neighbour that did not take part in set-up, and one whose tag does not verify, are named.
#[test]
fn begin_with_a_neighbour_that_is_not_confirmed() {
    for garbage in [false, true] {
        let mut simulation = Simulation::<5>::new(&Setting::complete(6, 4), "not confirmed");
        simulation.invite().unwrap();
        let mut network = Losing(|moment: Moment, member| {
            !garbage && moment.step == cloakwork_core::secagg::Step::Confirm && member == 5
        });
        while simulation.server.step() != cloakwork_core::secagg::Step::Ready {
            assert_eq!(simulation.step(&mut network), []);
        }
        for position in (0..6).filter(|&position| garbage || position != 5) {
            let mut message = simulation.due(position).unwrap();
            if garbage && position == 0 {
                message = cbor::edited(&message, BODY + 1, |tags| tags[79] ^= 1);
            }
            simulation.answer(position, &message).unwrap();
        }
        let chosen: &[usize] = if garbage { &[0, 1, 2, 3, 4, 5] } else { &[0, 1, 2, 3, 4] };
        simulation.begin(Some(chosen)).unwrap();
        let begin = simulation.due(0).unwrap();
        let message = cbor::with(&begin, BODY + 1, Item::Bytes(simulation.bitmap(&[0, 1, 2, 3, 4, 5])));
        let before = saved(&simulation.clients[0]);
        let named = simulation.id(5);
        assert_eq!(simulation.answer(0, &message).unwrap_err(), refusal(ErrorKind::NotConfirmed, None, Some(named)));
        assert_eq!(saved(&simulation.clients[0]), before);
        if garbage {
            // The one who refuses tells the server by another way; the round goes on without either.
            simulation.stop().unwrap();
            simulation.begin(Some(&[0, 1, 2, 3, 4])).unwrap();
        }
        let (outcome, refusals) = simulation.play(&mut Faithful);
        assert_eq!(refusals, []);
        assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3, 4]));
    }
}

#[test]
fn survivors() {
    let mut place = Place::at(Kind::Survivors);
    let own = place.simulation.id(MEMBER);
    for round in [0, 2, 4] {
        let message = with(&place, &[(0, Item::Number(round))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::WrongRound, Some(3), None));
    }
    let message = with(&place, &[(1, Item::Bytes(vec![1; 32]))]);
    assert_eq!(place.refusal(&message), refusal(ErrorKind::WrongContext, None, None));
    for pass in [0, 2, 3, 255] {
        let message = with(&place, &[(2, Item::Number(pass))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::OutOfOrder, Some(1), None));
    }
    let message = with(&place, &[(2, Item::Number(256))]);
    assert_eq!(place.refusal(&message).kind(), ErrorKind::Malformed);
    for previous in [&[0, 1, 2, 3][..], &[], &[1, 2, 3, 4]] {
        let message = with(&place, &[(3, bitmap(&place, previous))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::WrongSet, None, None));
    }
    let same = with(&place, &[(4, bitmap(&place, &[0, 1, 2, 3, 4]))]);
    assert_eq!(place.refusal(&same), refusal(ErrorKind::SetNotNested, None, None));
    for next in [&[1, 2, 3, 4][..], &[]] {
        let message = with(&place, &[(4, bitmap(&place, next))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::NotInSet, None, Some(own)));
    }
    let alone = with(&place, &[(4, bitmap(&place, &[MEMBER]))]);
    assert_eq!(place.refusal(&alone), refusal(ErrorKind::TooFewInputs, Some(2), None));
    for next in [&[0, 1, 2][..], &[0, 4]] {
        let message = with(&place, &[(4, bitmap(&place, next))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::TooFewNeighbours, Some(3), None));
    }
    place.complete();
}

/// A set that is not part of the last one, after a part was accepted: growing, overlapping, and the first set told again.
#[test]
fn survivors_that_are_not_nested() {
    let setting = Setting { max_passes: 3, ..Setting::complete(8, 4) };
    let mut simulation = Simulation::<7>::ready(&setting, "nested");
    simulation.begin(None).unwrap();
    assert_eq!(simulation.step(&mut Losing(|_, member| member == 7)), []);
    assert_eq!(simulation.step(&mut Losing(|_, member| member == 6)), []);
    let survivors = simulation.due(0).unwrap();
    let previous = simulation.bitmap(&[0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(cbor::item(&survivors, BODY + 3).bytes(), previous);
    let before = saved(&simulation.clients[0]);
    for (next, kind) in [
        (&[0, 1, 2, 3, 4, 5, 6, 7][..], ErrorKind::SetNotNested),
        (&[0, 1, 2, 3, 4, 5, 7], ErrorKind::SetNotNested),
        (&[0, 1, 2, 3, 4, 5, 6], ErrorKind::SetNotNested),
        (&[0, 1, 2, 3, 7], ErrorKind::SetNotNested),
    ] {
        let message = cbor::with(&survivors, BODY + 4, Item::Bytes(simulation.bitmap(next)));
        assert_eq!(simulation.answer(0, &message).unwrap_err().kind(), kind, "{next:?}");
    }
    for previous in [&[0, 1, 2, 3, 4, 5, 6, 7][..], &[0, 1, 2, 3, 4, 5]] {
        let message = cbor::with(&survivors, BODY + 3, Item::Bytes(simulation.bitmap(previous)));
        assert_eq!(simulation.answer(0, &message).unwrap_err().kind(), ErrorKind::WrongSet, "{previous:?}");
    }
    assert_eq!(saved(&simulation.clients[0]), before);
    let (outcome, refusals) = simulation.play(&mut Faithful);
    assert_eq!(refusals, []);
    assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3, 4, 5]));
}

/// The server of this run keeps to the passes of the run; the client does not rely on it.
#[test]
fn more_survivors_than_passes() {
    let setting = Setting { max_passes: 1, ..Setting::complete(8, 4) };
    let mut simulation = Simulation::<7>::ready(&setting, "passes");
    simulation.begin(None).unwrap();
    assert_eq!(simulation.step(&mut Losing(|_, member| member == 7)), []);
    let first = simulation.due(0).unwrap();
    assert_eq!(simulation.exchange(&mut Faithful), []);
    let mut second = cbor::with(&first, BODY + 2, Item::Number(2));
    second = cbor::with(&second, BODY + 3, Item::Bytes(simulation.bitmap(&[0, 1, 2, 3, 4, 5, 6])));
    second = cbor::with(&second, BODY + 4, Item::Bytes(simulation.bitmap(&[0, 1, 2, 3, 4, 5])));
    let before = saved(&simulation.clients[0]);
    let error = simulation.answer(0, &second).unwrap_err();
    assert_eq!(error, refusal(ErrorKind::TooManyPasses, Some(1), None));
    assert_eq!(saved(&simulation.clients[0]), before);
    let (outcome, refusals) = simulation.play(&mut Faithful);
    assert_eq!(refusals, []);
    assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3, 4, 5, 6]));
}

#[test]
fn open() {
    let mut place = Place::at(Kind::Open);
    for round in [0, 2, 4] {
        let message = with(&place, &[(0, Item::Number(round))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::WrongRound, Some(3), None));
    }
    let message = with(&place, &[(1, Item::Bytes(vec![1; 32]))]);
    assert_eq!(place.refusal(&message), refusal(ErrorKind::WrongContext, None, None));
    for set in [&[0, 1, 2, 3, 4][..], &[0, 1, 2], &[0, 1, 2, 4], &[1, 2, 3], &[]] {
        let message = with(&place, &[(2, bitmap(&place, set))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::WrongSet, None, None), "{set:?}");
    }
    let sealed = cbor::item(&place.message, BODY + 3).bytes().to_vec();
    for size in [0, 64, 128, 191, 193, 256] {
        let mut other = sealed.clone();
        other.resize(size, 0);
        let message = with(&place, &[(3, Item::Bytes(other))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::Malformed, Some(192), None));
    }
    let tags = cbor::item(&place.message, BODY + 4).bytes().to_vec();
    for size in [0, 16, 32, 47, 49, 64] {
        let mut other = tags.clone();
        other.resize(size, 0);
        let message = with(&place, &[(4, Item::Bytes(other))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::Malformed, Some(48), None));
    }
    // t = 3 valid ones are needed of three: each counts, for its sender alone.
    let forged = [
        (0..48).map(|byte| edit(&tags, |tags| tags[byte] ^= 0x40)).collect::<Vec<_>>(),
        vec![edit(&tags, |tags| tags.rotate_left(16)), edit(&tags, |tags| tags.copy_within(0..16, 32)), vec![0; 48]],
        vec![own_acknowledgements(&place)],
    ];
    for tags in forged.concat() {
        let message = with(&place, &[(4, Item::Bytes(tags))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::TooFewAcknowledgements, Some(3), None));
    }
    place.complete();
}

fn edit(bytes: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    change(&mut bytes);
    bytes
}

/// What MEMBER stated to the others, reflected.
fn own_acknowledgements(place: &Place) -> Vec<u8> {
    let sent = place.past.iter().rev().find(|message| cbor::item(message, 0).number() == 4).unwrap();
    cbor::item(sent, BODY + 4).bytes().to_vec()
}

/// If nobody left, no acknowledgement is due and none may come.
#[test]
fn open_with_acknowledgements_of_all() {
    let mut simulation = Simulation::<4>::ready(&Setting::complete(5, 3), "open at once");
    simulation.begin(None).unwrap();
    assert_eq!(simulation.step(&mut Faithful), []);
    let open = simulation.due(0).unwrap();
    let before = saved(&simulation.clients[0]);
    for size in [1, 16, 64] {
        let message = cbor::with(&open, BODY + 4, Item::Bytes(vec![0; size]));
        assert_eq!(simulation.answer(0, &message).unwrap_err(), refusal(ErrorKind::Malformed, Some(0), None));
    }
    assert_eq!(saved(&simulation.clients[0]), before);
    let (outcome, _) = simulation.play(&mut Faithful);
    assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3, 4]));
}

#[test]
fn finished() {
    let mut place = Place::at(Kind::Finished);
    for round in [0, 1, 2, 4] {
        let message = with(&place, &[(0, Item::Number(round))]);
        assert_eq!(place.refusal(&message), refusal(ErrorKind::WrongRound, Some(3), None));
    }
    for outcome in [0_u32, 407, 509, 510, 515, 516, 517, u32::MAX] {
        let message = with(&place, &[(1, Item::Number(outcome.into()))]);
        let mut client = place.simulation.twin(MEMBER);
        assert_eq!(client.finish(&message), Ok(outcome));
        assert_eq!(client.state(), ClientState::Ready);
    }
    // A member that dropped out is told as well.
    let due = place.simulation.due(LOST).unwrap();
    assert_eq!(place.simulation.twin(LOST).finish(&due), Ok(0));
    place.complete();
}
