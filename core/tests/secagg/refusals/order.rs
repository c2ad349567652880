//! Messages and calls at the wrong time, repeated, and from earlier rounds and epochs.

use cloakwork_core::ErrorKind;
use cloakwork_core::secagg::{Client, ClientState, Kind, Step, Values, kind_of};

use super::place::{LOST, MEMBER, Place};
use crate::support::cbor::{self, BODY, EPOCH, Item};
use crate::support::input::Column;
use crate::support::setting::Setting;
use crate::support::simulation::{Faithful, Losing, Simulation, mask, respond, saved};

/// Everything that MEMBER got and sent in an earlier epoch or round is refused wherever it comes again, and the present is not disturbed.
#[test]
fn the_past_is_refused_everywhere() {
    for mut place in Place::all() {
        let past: Vec<Vec<u8>> = place.past.clone();
        assert!(past.len() >= 9);
        for message in past {
            let kind = kind_of(&message).unwrap();
            if (kind as u8) < 16 {
                // To the server: a repeat of what it has in this epoch and round is no news, all else is refused.
                let before = place.view();
                let id = place.simulation.id(MEMBER);
                match place.simulation.server.receive(id, &message) {
                    Ok(receipt) => {
                        assert!(!receipt.counted && receipt.payload.is_none(), "{kind:?} at {:?}", place.kind);
                        let epoch = cbor::item(&message, EPOCH).number();
                        assert_eq!(epoch, u64::from(place.simulation.server.epoch()));
                    }
                    Err(error) => {
                        let late = [ErrorKind::OutOfOrder, ErrorKind::WrongEpoch, ErrorKind::WrongRound];
                        assert!(late.contains(&error.kind()), "{kind:?} at {:?}: {error}", place.kind);
                        assert_eq!(error.party(), Some(id));
                    }
                }
                assert_eq!(place.view(), before);
            } else {
                let mut client = place.simulation.twin(MEMBER);
                let before = saved(&client);
                let error = give(&mut client, &message).unwrap_err().kind();
                let late = [ErrorKind::OutOfOrder, ErrorKind::WrongEpoch, ErrorKind::WrongRound];
                assert!(late.contains(&error), "{kind:?} at {:?}: {error:?}", place.kind);
                assert_eq!(saved(&client), before);
            }
        }
        place.complete();
    }
}

fn give<const K: usize>(client: &mut Client<K>, message: &[u8]) -> cloakwork_core::Result<Option<Vec<u8>>> {
    if kind_of(message)? == Kind::Begin {
        return client.begin(message, &[0xc0; 32]).map(|()| None);
    }
    respond(client, message, &mut crate::support::random::Generator::new("given"))
}

/// The message that was just answered comes a second time.
#[test]
fn the_same_message_twice() {
    for mut place in Place::all().filter(Place::is_to_client) {
        let message = place.message.clone();
        place.give(&message).unwrap();
        let error = place.refusal(&message).kind();
        let expected = match place.kind {
            Kind::Invite => ErrorKind::WrongEpoch,
            Kind::Begin => ErrorKind::WrongRound,
            // The pass and the previous set are those of the set that was left.
            _ => ErrorKind::OutOfOrder,
        };
        assert_eq!(error, expected, "{:?}", place.kind);
    }
    for mut place in Place::all().filter(|place| !place.is_to_client()) {
        let message = place.message.clone();
        let id = place.simulation.id(MEMBER);
        assert!(place.simulation.server.receive(id, &message).unwrap().counted);
        let before = place.view();
        let again = place.simulation.server.receive(id, &message).unwrap();
        assert!(!again.counted && again.payload.is_none(), "{:?}", place.kind);
        assert_eq!(place.view(), before);
    }
}

/// A client in every state, with what it takes there.
fn clients() -> Vec<(ClientState, Client<4>)> {
    let fresh = Simulation::<4>::new(&super::place::setting(), "refusals");
    let mut found = vec![(ClientState::Idle, fresh.twin(MEMBER))];
    for (kind, state) in [
        (Kind::Advertise, ClientState::Advertised),
        (Kind::Confirm, ClientState::Confirming),
        (Kind::Begin, ClientState::Ready),
        (Kind::Masked, ClientState::Masked),
        (Kind::Acknowledge, ClientState::Acknowledged),
        (Kind::Unmask, ClientState::Closed),
    ] {
        found.push((state, Place::at(kind).simulation.twin(MEMBER)));
    }
    let place = Place::at(Kind::Begin);
    let mut begun = place.simulation.twin(MEMBER);
    begun.begin(&place.message, &place.simulation.context).unwrap();
    found.push((ClientState::Begun, begun));
    let mut masking = place.simulation.twin(MEMBER);
    masking.begin(&place.message, &place.simulation.context).unwrap();
    masking.mask_begin(&mut crate::support::random::Generator::new("masking"), &mut [0; 512]).unwrap();
    found.push((ClientState::Masking, masking));
    found
}

/// Which messages a client takes in which state. Each message is made to fit the epoch and round of the client, so that the state alone decides.
#[test]
fn every_message_in_every_state() {
    use ClientState::{Acknowledged, Advertised, Begun, Closed, Confirming, Idle, Masked, Masking, Ready};
    let places: Vec<Place> = super::place::TO_CLIENT.into_iter().map(Place::at).collect();
    for place in &places {
        for (state, mut client) in clients() {
            assert_eq!(client.state(), state);
            let taken: &[ClientState] = match place.kind {
                Kind::Invite => &[Idle, Advertised, Confirming, Ready, Begun, Masking, Masked, Acknowledged, Closed],
                Kind::Keys => &[Advertised],
                Kind::Confirmations => &[Confirming],
                Kind::Begin => &[Ready, Begun, Masking, Masked, Acknowledged, Closed],
                Kind::Survivors => &[Masked],
                Kind::Open => &[Acknowledged],
                _ => &[Begun, Masking, Masked, Acknowledged, Closed],
            };
            let epoch = client.epoch() + u32::from(place.kind == Kind::Invite);
            let mut message = cbor::with(&place.message, EPOCH, Item::Number(epoch.into()));
            if matches!(place.kind, Kind::Begin) {
                message = cbor::with(&message, BODY, Item::Number(u64::from(client.last_round()) + 1));
            }
            let before = (state != Masking).then(|| saved(&client));
            match give(&mut client, &message) {
                Ok(_) => assert!(taken.contains(&state), "{:?} was taken in {state:?}", place.kind),
                Err(error) => {
                    assert!(!taken.contains(&state), "{:?} was refused in {state:?}: {error}", place.kind);
                    let unfit = match (place.kind, state) {
                        // A surviving set is acknowledged once; an open set before its acknowledgement is another one.
                        (Kind::Open, Masked) => ErrorKind::WrongSet,
                        _ => ErrorKind::OutOfOrder,
                    };
                    assert_eq!(error.kind(), unfit, "{:?} in {state:?}", place.kind);
                    assert_eq!(client.state(), state);
                    assert_eq!(before, (state != Masking).then(|| saved(&client)));
                }
            }
        }
    }
}

/// Masking is called for a round that has begun, once.
#[test]
fn masking_in_every_state() {
    let place = Place::at(Kind::Begin);
    let input = &place.simulation.inputs[MEMBER];
    for (state, mut client) in clients() {
        let before = (state != ClientState::Masking).then(|| saved(&client));
        let mut rng = crate::support::random::Generator::new("masking");
        let values: Vec<Values<'_>> = input.iter().map(Column::values).collect();
        let mut out = vec![0; 1024];
        if state != ClientState::Masking {
            let refused = client.mask_chunk(&values[0], &mut out);
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::OutOfOrder, "{state:?}");
        }
        if state == ClientState::Begun {
            assert!(client.masked_size().is_ok() && client.masked_head_size().is_ok());
            continue;
        }
        assert_eq!(client.mask_begin(&mut rng, &mut out).unwrap_err().kind(), ErrorKind::OutOfOrder, "{state:?}");
        assert_eq!(client.mask(&mut rng, &values, &mut out).unwrap_err().kind(), ErrorKind::OutOfOrder, "{state:?}");
        if state == ClientState::Masking {
            assert!(client.save(&mut out).is_err_and(|error| error.kind() == ErrorKind::OutOfOrder));
            assert!(client.masked_size().is_ok());
            continue;
        }
        assert_eq!(client.masked_size().unwrap_err().kind(), ErrorKind::OutOfOrder, "{state:?}");
        assert_eq!(client.masked_head_size().unwrap_err().kind(), ErrorKind::OutOfOrder, "{state:?}");
        assert_eq!(before, Some(saved(&client)), "{state:?}");
    }
}

/// A second masked message in a round is refused, whatever it would hold; so is a return to the round by its own `begin`.
#[test]
fn masking_twice() {
    let mut place = Place::at(Kind::Masked);
    let input = place.simulation.inputs[MEMBER].clone();
    let begin = place.past.last().unwrap().clone();
    let client = &mut place.simulation.clients[MEMBER];
    let before = saved(client);
    let mut rng = crate::support::random::Generator::new("twice");
    assert_eq!(mask(client, &input, &mut rng).unwrap_err().kind(), ErrorKind::OutOfOrder);
    assert_eq!(client.begin(&begin, &[0xc0; 32]).unwrap_err().kind(), ErrorKind::WrongRound);
    assert_eq!(saved(client), before);
    place.complete();
}

/// After it has answered `open` a client answers no question of that round.
#[test]
fn nothing_after_the_shares() {
    let mut place = Place::at(Kind::Unmask);
    let open = place.past.last().unwrap().clone();
    let client = &mut place.simulation.clients[MEMBER];
    assert_eq!(client.state(), ClientState::Closed);
    let before = saved(client);
    let others = cbor::with(&open, BODY + 2, Item::Bytes(vec![0b11111]));
    for message in [&open, &others] {
        assert_eq!(client.unmask(message, &mut [0; 512]).unwrap_err().kind(), ErrorKind::OutOfOrder);
    }
    let round = cbor::item(&open, BODY);
    let h = cbor::item(&open, BODY + 1);
    let head = [Item::Number(20), cbor::item(&open, 1), cbor::item(&open, 2), round, h];
    for (pass, previous, next) in [(1, 0b11111, 0b01111), (2, 0b01111, 0b00111)] {
        let sets = [Item::Number(pass), Item::Bytes(vec![previous]), Item::Bytes(vec![next])];
        let message = Item::Array([&head[..], &sets[..]].concat()).encode();
        assert_eq!(client.acknowledge(&message, &mut [0; 512]).unwrap_err().kind(), ErrorKind::OutOfOrder);
    }
    assert_eq!(saved(client), before);
    place.complete();
}

/// After a new invitation or a new round nothing of the old one is answered.
#[test]
fn nothing_of_what_came_before() {
    let mut place = Place::at(Kind::Open);
    let open = place.message.clone();
    let epoch = u64::from(place.simulation.server.epoch());
    let mut invited = place.simulation.twin(MEMBER);
    let head = |kind, epoch| [Item::Number(kind), cbor::item(&open, 1), Item::Number(epoch)];
    let invite = Item::Array(head(16, epoch + 1).to_vec()).encode();
    respond(&mut invited, &invite, &mut place.simulation.rng).unwrap();
    assert_eq!(invited.unmask(&open, &mut [0; 512]).unwrap_err().kind(), ErrorKind::WrongEpoch);
    let lifted = cbor::with(&open, EPOCH, Item::Number(epoch + 1));
    assert_eq!(invited.unmask(&lifted, &mut [0; 512]).unwrap_err().kind(), ErrorKind::OutOfOrder);

    let mut begun = place.simulation.twin(MEMBER);
    let begin = [Item::Number(4), Item::Bytes(vec![0b11111]), Item::Bytes(vec![0xc0; 32])];
    let begin = Item::Array([&head(19, epoch)[..], &begin[..]].concat()).encode();
    begun.begin(&begin, &[0xc0; 32]).unwrap();
    let before = saved(&begun);
    assert_eq!(begun.unmask(&open, &mut [0; 512]).unwrap_err().kind(), ErrorKind::OutOfOrder);
    assert_eq!(saved(&begun), before);
    mask(&mut begun, &place.simulation.inputs[MEMBER], &mut place.simulation.rng).unwrap();
    assert_eq!(begun.unmask(&open, &mut [0; 512]).unwrap_err().kind(), ErrorKind::WrongRound);
    let lifted = cbor::with(&open, BODY, Item::Number(4));
    assert_eq!(begun.unmask(&lifted, &mut [0; 512]).unwrap_err().kind(), ErrorKind::WrongContext);
    place.complete();
}

/// Without recovery there are no questions.
#[test]
fn questions_without_recovery() {
    let mut simulation = Simulation::<4>::ready(&Setting::no_recovery(5), "no questions");
    simulation.begin(None).unwrap();
    let begin = simulation.due(0).unwrap();
    let masked = simulation.answer(0, &begin).unwrap().unwrap();
    let head =
        [cbor::item(&masked, 1), cbor::item(&masked, 2), cbor::item(&masked, BODY), cbor::item(&masked, BODY + 1)];
    let survivors = [Item::Number(1), Item::Bytes(vec![0b11111]), Item::Bytes(vec![0b01111])];
    let open = [Item::Bytes(vec![0b11111]), Item::Bytes(vec![0; 256]), Item::Bytes(vec![])];
    let client = &mut simulation.clients[0];
    let before = saved(client);
    for (kind, body) in [(20, survivors), (21, open)] {
        let message = Item::Array([&[Item::Number(kind)], &head[..], &body[..]].concat()).encode();
        let mut rng = crate::support::random::Generator::new("none");
        assert_eq!(respond(client, &message, &mut rng).unwrap_err().kind(), ErrorKind::OutOfOrder);
    }
    assert_eq!(saved(client), before);
    simulation.deliver(0, &masked).unwrap();
    for position in 1..5 {
        let begin = simulation.due(position).unwrap();
        let masked = simulation.answer(position, &begin).unwrap().unwrap();
        simulation.deliver(position, &masked).unwrap();
    }
    assert_eq!(simulation.server.step(), Step::Sum);
    let outcome = simulation.sum();
    assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3, 4]));
}

/// Steps of the server out of their order.
#[test]
fn calls_to_the_server_at_the_wrong_time() {
    let mut simulation = Simulation::<4>::new(&Setting { max_rounds: 2, ..Setting::complete(5, 3) }, "calls");
    let out_of_order = |simulation: &mut Simulation<4>, invite: bool, begin: bool, close: bool, stop: bool| {
        let before = simulation.view();
        let kind = |result: cloakwork_core::Result<()>| result.unwrap_err().kind();
        if !invite {
            assert_eq!(kind(simulation.server.invite().map(drop)), ErrorKind::OutOfOrder);
        }
        if !begin {
            assert_eq!(kind(simulation.server.begin(None, &[0; 32]).map(drop)), ErrorKind::OutOfOrder);
        }
        if !close {
            assert_eq!(kind(simulation.server.close_step()), ErrorKind::OutOfOrder);
        }
        if !stop {
            assert_eq!(kind(simulation.server.stop()), ErrorKind::OutOfOrder);
        }
        if simulation.server.step() != Step::Sum {
            assert_eq!(kind(simulation.server.finish(None)), ErrorKind::OutOfOrder);
            assert_eq!(kind(simulation.server.opening().map(drop)), ErrorKind::OutOfOrder);
        }
        assert_eq!(simulation.view(), before);
    };
    out_of_order(&mut simulation, true, false, false, false);
    simulation.invite().unwrap();
    out_of_order(&mut simulation, true, false, true, false);
    assert_eq!(simulation.step(&mut Faithful), []);
    out_of_order(&mut simulation, true, false, true, false);
    assert_eq!(simulation.step(&mut Faithful), []);
    out_of_order(&mut simulation, true, true, false, false);
    assert_eq!(simulation.exchange(&mut Faithful), []);
    simulation.begin(None).unwrap();
    out_of_order(&mut simulation, false, false, true, true);
    assert_eq!(simulation.step(&mut Losing(|_, member| member == LOST)), []);
    out_of_order(&mut simulation, false, false, true, true);
    assert_eq!(simulation.step(&mut Faithful), []);
    out_of_order(&mut simulation, false, false, true, true);
    assert_eq!(simulation.step(&mut Faithful), []);
    assert_eq!(simulation.server.step(), Step::Sum);
    out_of_order(&mut simulation, false, false, false, true);
    let outcome = simulation.sum();
    assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3]));
    out_of_order(&mut simulation, true, true, false, false);
    assert_eq!(simulation.exchange(&mut Faithful), []);
    simulation.assert_round();
    let error = simulation.server.begin(None, &[0; 32]).unwrap_err();
    assert_eq!((error.kind(), error.bound()), (ErrorKind::WrongRound, Some(2)), "the last round of the run is over");
}
