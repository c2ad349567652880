//! Attacks on set-up: keys that the server swaps, makes up or gives to the wrong neighbours.

use super::*;

/// The server puts keys of its own between two members. It lacks a static secret in two of the four agreements, so it cannot make the tags; both
/// sides name each other and join no round together.
#[test]
fn keys_swapped_in_set_up() {
    let mut simulation = Simulation::<4>::new(&Setting::complete(5, 3), "swapped");
    simulation.invite().unwrap();
    assert_eq!(simulation.step(&mut Faithful), []);
    let (u, v) = (1, 3);
    let mut rng = Generator::new("in the middle");
    let own = [FreshKey::generate(&mut rng).unwrap(), FreshKey::generate(&mut rng).unwrap()];
    let place = |receiver: usize, sender: usize| sender - usize::from(sender > receiver);
    for position in 0..5 {
        let keys = simulation.due(position).unwrap();
        let keys = match position {
            1 => cbor::edited(&keys, BODY + 1, |keys| put(keys, place(u, v), own[0].public_key().as_bytes())),
            3 => cbor::edited(&keys, BODY + 1, |keys| put(keys, place(v, u), own[1].public_key().as_bytes())),
            _ => keys,
        };
        let confirm = simulation.answer(position, &keys).unwrap().unwrap();
        simulation.deliver(position, &confirm).unwrap();
    }
    // The best that the server can do: agree as v with a static key that is not v's. It has no other.
    let server = Identity::generate(&mut rng).unwrap();
    let u_fresh = simulation.server.message(simulation.id(v)).unwrap().unwrap();
    let u_fresh = cbor::item(&u_fresh, BODY + 1).bytes()[32 * place(v, u)..32 * place(v, u) + 32].to_vec();
    let as_v = Party { id: simulation.id(v), position: v as u32, identity: &server, fresh: &own[0] };
    let u_key = simulation.roster[u].key;
    let fresh = cloakwork_core::agreement::PublicKey::from_bytes(u_fresh.try_into().unwrap());
    let peer = Peer { id: simulation.id(u), position: u as u32, key: &u_key, fresh: &fresh };
    let pair = PairKey::agree(simulation.run.hash(), &as_v, &peer).unwrap();
    let forged = pair.confirmation_tag(simulation.id(v), simulation.id(u), 1);
    for position in 0..5 {
        let confirmations = simulation.due(position).unwrap();
        let mut tried = vec![confirmations.clone()];
        if position == u {
            tried.push(cbor::edited(&confirmations, BODY + 1, |tags| {
                tags[16 * place(u, v)..16 * place(u, v) + 16].copy_from_slice(&forged);
            }));
        }
        for message in tried {
            let mut client = simulation.twin(position);
            let unconfirmed = client.accept(&message).unwrap();
            let named: Vec<u64> = client.unconfirmed().collect();
            match position {
                1 => assert_eq!((unconfirmed, named), (1, vec![simulation.id(v)])),
                3 => assert_eq!((unconfirmed, named), (1, vec![simulation.id(u)])),
                _ => assert_eq!((unconfirmed, named), (0, vec![])),
            }
        }
        simulation.answer(position, &confirmations).unwrap();
    }
    simulation.begin(None).unwrap();
    for (position, other) in [(u, v), (v, u)] {
        let begin = simulation.due(position).unwrap();
        let refused = simulation.answer(position, &begin).unwrap_err();
        assert_eq!((refused.kind(), refused.party()), (ErrorKind::NotConfirmed, Some(simulation.id(other))));
    }
    simulation.stop().unwrap();
    for left_out in [u, v] {
        simulation.begin(Some(&without(&[0, 1, 2, 3, 4], &[left_out]))).unwrap();
        let (outcome, _) = simulation.play(&mut Faithful);
        assert_eq!(outcome, simulation.expected(&without(&[0, 1, 2, 3, 4], &[left_out])));
    }
}

fn put(keys: &mut [u8], place: usize, key: &[u8; 32]) {
    keys[32 * place..32 * place + 32].copy_from_slice(key);
}

/// All fresh keys are the server's: nobody is confirmed to anybody, and no round begins.
#[test]
fn all_keys_swapped() {
    let mut simulation = Simulation::<4>::new(&Setting::complete(5, 3), "all swapped");
    simulation.invite().unwrap();
    assert_eq!(simulation.step(&mut Faithful), []);
    let mut rng = Generator::new("keys of the server");
    for position in 0..5 {
        let keys = simulation.due(position).unwrap();
        let keys = cbor::edited(&keys, BODY + 1, |keys| {
            for place in 0..4 {
                put(keys, place, FreshKey::generate(&mut rng).unwrap().public_key().as_bytes());
            }
        });
        let confirm = simulation.answer(position, &keys).unwrap().unwrap();
        simulation.deliver(position, &confirm).unwrap();
    }
    for position in 0..5 {
        let confirmations = simulation.due(position).unwrap();
        assert_eq!(simulation.clients[position].accept(&confirmations), Ok(4));
    }
    simulation.begin(None).unwrap();
    for position in 0..5 {
        let begin = simulation.due(position).unwrap();
        assert_eq!(simulation.answer(position, &begin).unwrap_err().kind(), ErrorKind::NotConfirmed);
    }
}

/// Genuine fresh keys given to the wrong neighbours: the roster says whose static key belongs to whom, so the tags do not verify.
#[test]
fn genuine_keys_exchanged() {
    let mut simulation = Simulation::<4>::new(&Setting::complete(5, 3), "exchanged");
    simulation.invite().unwrap();
    assert_eq!(simulation.step(&mut Faithful), []);
    for position in 0..5 {
        let mut keys = simulation.due(position).unwrap();
        if position == 0 {
            keys = cbor::edited(&keys, BODY + 1, |keys| {
                let (first, second) = keys.split_at_mut(32);
                first.swap_with_slice(&mut second[..32]);
            });
        }
        let confirm = simulation.answer(position, &keys).unwrap().unwrap();
        simulation.deliver(position, &confirm).unwrap();
    }
    let confirmations = simulation.due(0).unwrap();
    for message in [
        confirmations.clone(),
        cbor::edited(&confirmations, BODY + 1, |tags| {
            let (first, second) = tags.split_at_mut(16);
            first.swap_with_slice(&mut second[..16]);
        }),
    ] {
        let mut client = simulation.twin(0);
        assert_eq!(client.accept(&message), Ok(2));
        assert_eq!(client.unconfirmed().collect::<Vec<_>>(), [simulation.id(1), simulation.id(2)]);
    }
}
