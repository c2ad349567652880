//! What the server refuses, and whom it names.

use cloakwork_core::ErrorKind;
use cloakwork_core::secagg::{Kind, Server, Step};

use super::place::{LOST, MEMBER, Place, TO_SERVER};
use crate::support::cbor::{self, BODY, Item};
use crate::support::random::Generator;
use crate::support::setting::{Setting, id_at, roster_of, secrets};
use crate::support::simulation::{Faithful, Losing, Simulation};

/// The message that is due with one item of its body replaced.
fn with(place: &Place, index: usize, item: Item) -> Vec<u8> {
    cbor::with(&place.message, BODY + index, item)
}

#[test]
fn senders_that_are_no_members() {
    for place in TO_SERVER.map(Place::at) {
        let mut place = place;
        let before = place.view();
        for stranger in [1, 999, id_at(1, 5) + 1, u64::MAX - 1] {
            let error = place.simulation.server.receive(stranger, &place.message).unwrap_err();
            assert_eq!((error.kind(), error.party()), (ErrorKind::UnknownParty, Some(stranger)), "{:?}", place.kind);
            let error = place.simulation.server.message(stranger).unwrap_err();
            assert_eq!((error.kind(), error.party()), (ErrorKind::UnknownParty, Some(stranger)));
            let error = place.simulation.server.confirmations(stranger).unwrap_err();
            assert_eq!((error.kind(), error.party()), (ErrorKind::UnknownParty, Some(stranger)));
        }
        assert_eq!(place.view(), before);
        place.complete();
    }
}

/// A member sends what another one wrote: nothing in it says who wrote it, so it is the host that authenticates senders; what the core sees is
/// that two members do not say the same.
#[test]
fn a_key_advertised_by_two() {
    let mut place = Place::at(Kind::Advertise);
    let message = place.message.clone();
    let (own, other) = (place.simulation.id(MEMBER), place.simulation.id(1));
    place.simulation.server.receive(other, &message).unwrap();
    let error = place.simulation.server.receive(own, &message).unwrap_err();
    assert_eq!((error.kind(), error.party()), (ErrorKind::RepeatedKey, Some(own)));
}

#[test]
fn advertise() {
    let mut place = Place::at(Kind::Advertise);
    for member in place.simulation.roster.clone() {
        let message = with(&place, 0, Item::Bytes(member.key.as_bytes().to_vec()));
        assert_eq!(place.refusal(&message).kind(), ErrorKind::RepeatedKey, "a static key");
    }
    let mut one = vec![0; 32];
    one[0] = 1;
    for key in [vec![0; 32], one] {
        let message = with(&place, 0, Item::Bytes(key));
        assert_eq!(place.refusal(&message).kind(), ErrorKind::LowOrderKey);
    }
    let honest = cbor::item(&place.message, BODY).bytes().to_vec();
    let mut bit_255 = honest;
    bit_255[31] |= 0x80;
    for key in [bit_255, vec![0xff; 32]] {
        let message = with(&place, 0, Item::Bytes(key));
        assert_eq!(place.refusal(&message).kind(), ErrorKind::Malformed);
    }
    place.complete();
}

/// Another message for a step in which one was accepted.
#[test]
fn a_second_message() {
    for mut place in TO_SERVER.map(Place::at) {
        let message = place.message.clone();
        let id = place.simulation.id(MEMBER);
        assert!(place.simulation.server.receive(id, &message).unwrap().counted);
        let index = match place.kind {
            Kind::Advertise | Kind::Confirm => BODY,
            Kind::Masked => BODY + 2,
            _ => BODY + 4,
        };
        let other = cbor::edited(&message, index, |bytes| bytes[0] ^= 1);
        let error = place.refusal(&other);
        assert_eq!(error.kind(), ErrorKind::Duplicate, "{:?}", place.kind);
    }
}

#[test]
fn confirm() {
    let mut place = Place::at(Kind::Confirm);
    let tags = cbor::item(&place.message, BODY).bytes().to_vec();
    for size in [0, 16, 48, 63, 65, 80] {
        let mut other = tags.clone();
        other.resize(size, 0);
        let error = place.refusal(&with(&place, 0, Item::Bytes(other)));
        assert_eq!((error.kind(), error.bound()), (ErrorKind::Malformed, Some(64)));
    }
    place.complete();
}

/// Who is not in the step: it did not advertise, takes no part in the round, or has left the set.
#[test]
fn members_without_a_part() {
    let mut simulation = Simulation::<4>::ready(&Setting::complete(5, 3), "without a part");
    simulation.invite().unwrap();
    let late = {
        let invite = simulation.due(2).unwrap();
        simulation.answer(2, &invite).unwrap().unwrap()
    };
    for position in [0, 1, 3, 4] {
        let invite = simulation.due(position).unwrap();
        let answer = simulation.answer(position, &invite).unwrap().unwrap();
        simulation.deliver(position, &answer).unwrap();
    }
    simulation.close_step().unwrap();
    let confirm = {
        let keys = simulation.due(0).unwrap();
        simulation.answer(0, &keys).unwrap().unwrap()
    };
    assert_eq!(simulation.due(2), None);
    let before = simulation.view();
    let error = simulation.deliver(2, &late).unwrap_err();
    assert_eq!((error.kind(), error.party()), (ErrorKind::OutOfOrder, Some(simulation.id(2))));
    let error = simulation.deliver(2, &confirm).unwrap_err();
    assert_eq!((error.kind(), error.party()), (ErrorKind::NotInSet, Some(simulation.id(2))));
    assert_eq!(simulation.view(), before);

    assert_eq!(simulation.set_up(&mut Faithful), []);
    simulation.begin(Some(&[0, 1, 2, 3])).unwrap();
    assert_eq!(simulation.due(LOST), None);
    let masked = {
        let begin = simulation.due(0).unwrap();
        simulation.answer(0, &begin).unwrap().unwrap()
    };
    let error = simulation.deliver(LOST, &masked).unwrap_err();
    assert_eq!((error.kind(), error.party()), (ErrorKind::NotInSet, Some(simulation.id(LOST))));
    simulation.stop().unwrap();
    simulation.exchange(&mut Faithful);
    simulation.assert_round();

    for kind in [Kind::Acknowledge, Kind::Unmask] {
        let mut place = Place::at(kind);
        let before = place.view();
        let lost = place.simulation.id(LOST);
        let error = place.simulation.server.receive(lost, &place.message).unwrap_err();
        assert_eq!((error.kind(), error.party()), (ErrorKind::NotInSet, Some(lost)));
        assert_eq!(place.simulation.server.message(lost), Ok(None));
        assert_eq!(place.view(), before);
        place.complete();
    }
}

#[test]
fn other_rounds_contexts_and_sets() {
    for mut place in [Kind::Masked, Kind::Acknowledge, Kind::Unmask].map(Place::at) {
        for round in [0, 1, 2, 4, u64::from(u32::MAX)] {
            let error = place.refusal(&with(&place, 0, Item::Number(round)));
            assert_eq!((error.kind(), error.bound()), (ErrorKind::WrongRound, Some(3)), "{:?}", place.kind);
        }
        let error = place.refusal(&with(&place, 1, Item::Bytes(vec![9; 32])));
        assert_eq!(error.kind(), ErrorKind::WrongContext, "{:?}", place.kind);
        if place.kind != Kind::Masked {
            let error = place.refusal(&with(&place, 2, Item::Bytes(vec![9; 32])));
            assert_eq!(error.kind(), ErrorKind::WrongSet, "{:?}", place.kind);
        }
        place.complete();
    }
}

#[test]
fn masked() {
    let mut place = Place::at(Kind::Masked);
    for size in [0, 15, 17, 32] {
        let error = place.refusal(&with(&place, 2, Item::Bytes(vec![1; size])));
        assert_eq!(error.kind(), ErrorKind::Malformed, "salt of {size}");
    }
    for size in [0, 48, 144, 191, 193, 240] {
        let error = place.refusal(&with(&place, 3, Item::Bytes(vec![1; size])));
        assert_eq!((error.kind(), error.bound()), (ErrorKind::Malformed, Some(192)), "shares of {size}");
    }
    let payload = cbor::item(&place.message, BODY + 4).bytes().to_vec();
    for size in [0, 1, payload.len() - 1, payload.len() + 1, 2 * payload.len()] {
        let error = place.refusal(&with(&place, 4, Item::Bytes(vec![0; size])));
        assert_eq!((error.kind(), error.bound()), (ErrorKind::Malformed, Some(payload.len() as u64)));
    }
    place.complete();
}

/// The bits that fill up the last byte of each segment are zero.
#[test]
fn fill_bits() {
    use cloakwork_core::secagg::{Encoding, Segment};
    let widths = [(1, 3), (7, 5), (20, 1), (33, 2), (100, 1), (8, 2)];
    let segments: Vec<Segment> = widths
        .iter()
        .map(|&(bits, length)| Segment::new(&format!("s{bits}"), bits, length, Encoding::Residues).unwrap())
        .collect();
    let mut simulation =
        Simulation::<2>::ready(&Setting { segments: segments.clone(), ..Setting::complete(3, 2) }, "fill bits");
    simulation.begin(None).unwrap();
    let begin = simulation.due(0).unwrap();
    let masked = simulation.answer(0, &begin).unwrap().unwrap();
    let (mut end, mut filled) = (0, 0);
    for segment in &segments {
        end += segment.packed_size() as usize;
        let used = segment.total() * u64::from(segment.bits().get()) % 8;
        for bit in (0..8).filter(|&bit| used > 0 && bit >= used) {
            let message = cbor::edited(&masked, BODY + 4, |payload| payload[end - 1] |= 1 << bit);
            let before = simulation.view();
            let error = simulation.deliver(0, &message).unwrap_err();
            assert_eq!((error.kind(), error.party()), (ErrorKind::Malformed, Some(0)), "{}", segment.label());
            assert_eq!(simulation.view(), before);
            filled += 1;
        }
    }
    assert!(filled >= 12);
    simulation.deliver(0, &masked).unwrap();
}

#[test]
fn masked_without_recovery() {
    let mut simulation = Simulation::<2>::ready(&Setting::no_recovery(3), "no recovery");
    simulation.begin(None).unwrap();
    let begin = simulation.due(0).unwrap();
    let masked = simulation.answer(0, &begin).unwrap().unwrap();
    let before = simulation.view();
    for (index, size) in [(2, 16), (3, 96), (2, 1), (3, 48)] {
        let message = cbor::with(&masked, BODY + index, Item::Bytes(vec![0; size]));
        assert_eq!(simulation.deliver(0, &message).unwrap_err().kind(), ErrorKind::Malformed);
    }
    assert_eq!(simulation.view(), before);
    simulation.deliver(0, &masked).unwrap();
}

#[test]
fn acknowledge() {
    let mut place = Place::at(Kind::Acknowledge);
    for (index, size, sizes) in [(3, 32, [0, 31, 33, 64]), (4, 48, [0, 32, 47, 64])] {
        for other in sizes {
            let error = place.refusal(&with(&place, index, Item::Bytes(vec![0; other])));
            assert_eq!((error.kind(), error.bound()), (ErrorKind::Malformed, Some(size)));
        }
    }
    place.complete();
}

#[test]
fn unmask() {
    let mut place = Place::at(Kind::Unmask);
    let shares = cbor::item(&place.message, BODY + 4).bytes().to_vec();
    assert_eq!((cbor::item(&place.message, BODY + 3).bytes(), shares.len()), (&[0b111][..], 96));
    // Bits and shares that do not fit together; bits for nobody; bitmaps of another size.
    for bits in [vec![0b011], vec![0b000], vec![0b1111], vec![0b1000_0111], vec![], vec![0b111, 0]] {
        let error = place.refusal(&with(&place, 3, Item::Bytes(bits)));
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }
    for size in [0, 32, 64, 95, 97, 128] {
        let error = place.refusal(&with(&place, 4, Item::Bytes(vec![0; size])));
        assert_eq!((error.kind(), error.bound()), (ErrorKind::Malformed, Some(96)));
    }
    // Each of the twelve elements must be below p = 2^61 - 1.
    for element in 0..12 {
        for value in [(1_u64 << 61) - 1, 1 << 61, u64::MAX] {
            let message = cbor::edited(&place.message, BODY + 4, |shares| {
                shares[8 * element..8 * element + 8].copy_from_slice(&value.to_le_bytes());
            });
            assert_eq!(place.refusal(&message).kind(), ErrorKind::Malformed);
        }
    }
    place.complete();
}

/// Shares that come after the sum can be opened are taken and not counted; what is wrong with them is still said.
#[test]
fn shares_that_come_late() {
    let mut simulation = Simulation::<5>::ready(&Setting::complete(6, 3), "late shares");
    simulation.begin(None).unwrap();
    assert_eq!(simulation.step(&mut Faithful), []);
    let mut answers = Vec::new();
    for position in 0..6 {
        let open = simulation.due(position).unwrap();
        answers.push(simulation.answer(position, &open).unwrap().unwrap());
    }
    for (position, answer) in answers.iter().enumerate() {
        let enough = simulation.server.step() == Step::Sum;
        if enough {
            let other = cbor::with(answer, BODY + 2, Item::Bytes(vec![0; 32]));
            assert_eq!(simulation.deliver(position, &other).unwrap_err().kind(), ErrorKind::WrongSet);
        }
        let receipt = simulation.deliver(position, answer).unwrap();
        assert_eq!(receipt.counted, !enough);
        assert_eq!(enough, position >= 4, "four members give three shares of each");
    }
    let outcome = simulation.sum();
    assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3, 4, 5]));
    assert!(!simulation.deliver(5, &answers[5]).unwrap().counted);
    assert_eq!(simulation.exchange(&mut Faithful), []);
    simulation.assert_round();
}

#[test]
fn rounds_over_participants_that_cannot_take_part() {
    let mut simulation = Simulation::<5>::new(&Setting { min_inputs: 4, ..Setting::complete(6, 3) }, "participants");
    simulation.set_up(&mut Losing(|moment: crate::support::simulation::Moment, member| {
        moment.step == Step::Confirm && member == 5
    }));
    let before = simulation.view();
    let ids: Vec<u64> = simulation.roster.iter().map(|member| member.id).collect();
    let refused = |server: &mut Server, ids: &[u64]| {
        let error = server.begin(Some(ids), &[0; 32]).unwrap_err();
        (error.kind(), error.party())
    };
    let server = &mut simulation.server;
    assert_eq!(refused(server, &[ids[0], ids[1], 7]), (ErrorKind::UnknownParty, Some(7)));
    assert_eq!(refused(server, &ids), (ErrorKind::NotConfirmed, Some(ids[5])));
    assert_eq!(refused(server, &ids[..2]).0, ErrorKind::TooFewInputs);
    assert_eq!(refused(server, &[]).0, ErrorKind::TooFewInputs);
    assert_eq!(simulation.view(), before);
    simulation.assert_round();

    // On a ring of ten with k = 4 and t = 3 the one who lost two neighbours is named.
    let mut simulation = Simulation::<4>::ready(&Setting { min_inputs: 3, ..Setting::sparse(10, 4, 3) }, "sparse");
    let around = simulation.neighbours(0);
    let chosen: Vec<u64> =
        (0..10).filter(|member| !around[..2].contains(member)).map(|member| simulation.id(member)).collect();
    let error = simulation.server.begin(Some(&chosen), &[0; 32]).unwrap_err();
    match error.kind() {
        ErrorKind::TooFewNeighbours => assert!(chosen.contains(&error.party().unwrap())),
        other => assert_eq!(other, ErrorKind::TooFewInputs, "the rest of the ring unravelled"),
    }
    simulation.assert_round();
}

/// Set-up with too few members fails, says so and can be tried again.
#[test]
fn set_up_with_too_few() {
    let mut simulation = Simulation::<4>::new(&Setting { min_inputs: 4, ..Setting::complete(5, 3) }, "too few");
    for step in [Step::Advertise, Step::Confirm] {
        simulation.invite().unwrap();
        while simulation.server.step() != step {
            assert_eq!(simulation.step(&mut Faithful), []);
        }
        assert_eq!(simulation.exchange(&mut Losing(|_, member| member > 2)), []);
        let error = simulation.close_step().unwrap_err();
        assert_eq!(simulation.server.step(), Step::Idle);
        match step {
            // Three members have two neighbours each, below t: nobody is left.
            Step::Advertise => assert_eq!((error.kind(), error.bound()), (ErrorKind::TooFewInputs, Some(4))),
            _ => assert_eq!(error.kind(), ErrorKind::TooFewInputs),
        }
        assert_eq!(simulation.due(0), None);
    }
    assert_eq!(simulation.set_up(&mut Faithful), []);
    simulation.assert_round();
}

#[test]
fn rosters() {
    let mut rng = Generator::new("rosters");
    let setting = Setting::complete(4, 2);
    let secrets = secrets(&mut rng, 4);
    let roster = roster_of(&secrets);
    let run = setting.run(&roster);
    let refused = |run: &cloakwork_core::secagg::Run, roster: &[cloakwork_core::secagg::Member]| {
        let error = Server::new(run.clone(), roster.to_vec()).unwrap_err();
        (error.kind(), error.party())
    };
    assert_eq!(refused(&run, &roster[..3]), (ErrorKind::InvalidRoster, None));
    let mut other = roster.clone();
    other[1].id += 1;
    assert_eq!(refused(&run, &other), (ErrorKind::InvalidRoster, None));
    other.swap(0, 1);
    assert_eq!(refused(&run, &other).0, ErrorKind::InvalidRoster);
    other = [roster.clone(), roster[..1].to_vec()].concat();
    assert_eq!(refused(&run, &other).0, ErrorKind::InvalidRoster);

    // Rosters that are the ones of their runs and bad all the same.
    let mut repeated = roster.clone();
    repeated[3].key = repeated[1].key;
    assert_eq!(refused(&setting.run(&repeated), &repeated), (ErrorKind::InvalidRoster, Some(u64::MAX)));
    let mut low = roster.clone();
    low[2].key = cloakwork_core::agreement::PublicKey::from_bytes([0; 32]);
    assert_eq!(refused(&setting.run(&low), &low), (ErrorKind::LowOrderKey, Some(low[2].id)));
    let mut spelled = roster;
    spelled[0].key = cloakwork_core::agreement::PublicKey::from_bytes([0xff; 32]);
    assert_eq!(refused(&setting.run(&spelled), &spelled), (ErrorKind::Malformed, Some(0)));
}
