//! Saved states: a client restored at any step goes on as if nothing had happened; states that are not its own are refused; and what a rollback can and cannot
//! cost (threat-model.md section 4).

use crate::support::cbor::{BODY, Item, edited, item, with};
use crate::support::random::Generator;
use crate::support::setting::Setting;
use crate::support::simulation::{Faithful, Losing, Moment, Network, Simulation, mask, respond, saved};
use cloakwork_core::ErrorKind;
use cloakwork_core::secagg::{Client, ClientState, Kind, Step, kind_of};

/// Every client is replaced by one made from its saved state before each message.
struct Restarting;

fn restart_all(simulation: &mut Simulation<8>) {
    for position in 0..simulation.members() {
        simulation.clients[position] = simulation.twin(position);
    }
}

impl Network for Restarting {}

#[test]
fn a_client_restored_before_every_message_goes_on() {
    for setting in [Setting::complete(5, 3), Setting::sparse(8, 4, 3), Setting::no_recovery(4)] {
        let mut simulation = Simulation::<8>::new(&setting, "restored");
        simulation.invite().unwrap();
        while simulation.server.step() != Step::Ready {
            restart_all(&mut simulation);
            assert_eq!(simulation.step(&mut Restarting), []);
        }
        restart_all(&mut simulation);
        simulation.exchange(&mut Faithful);
        for _ in 0..3 {
            restart_all(&mut simulation);
            simulation.begin(None).unwrap();
            while matches!(simulation.server.step(), Step::Mask | Step::Survive | Step::Unmask) {
                restart_all(&mut simulation);
                assert_eq!(simulation.step(&mut Restarting), []);
            }
            let everyone: Vec<usize> = (0..simulation.members()).collect();
            assert_eq!(simulation.sum(), simulation.expected(&everyone));
            restart_all(&mut simulation);
            simulation.exchange(&mut Faithful);
        }
    }
}

#[test]
fn a_restored_client_gives_the_same_answers() {
    let mut simulation = Simulation::<8>::ready(&Setting::complete(5, 3), "same answers");
    simulation.begin(None).unwrap();
    let mut loses = Losing(|moment: Moment, sender: usize| moment.step == Step::Mask && sender == 4);
    simulation.step(&mut loses);
    for step in [Step::Survive, Step::Unmask] {
        assert_eq!(simulation.server.step(), step);
        for position in 0..4 {
            let message = simulation.due(position).unwrap();
            let mut twin = simulation.twin(position);
            let ours = simulation.answer(position, &message).unwrap().unwrap();
            let theirs = respond(&mut twin, &message, &mut Generator::new("another")).unwrap().unwrap();
            assert_eq!(ours, theirs);
            assert_eq!(saved(&twin), saved(&simulation.clients[position]));
            if simulation.server.step() == step {
                simulation.deliver(position, &ours).unwrap();
            }
        }
    }
    assert_eq!(simulation.sum(), simulation.expected(&[0, 1, 2, 3]));
}

#[test]
fn a_state_says_where_it_stands() {
    let mut simulation = Simulation::<8>::new(&Setting::complete(5, 3), "states");
    let state = |simulation: &Simulation<8>| {
        let twin = simulation.twin(0);
        (twin.state(), twin.epoch(), twin.last_round())
    };
    assert_eq!(state(&simulation), (ClientState::Idle, 0, 0));
    simulation.invite().unwrap();
    simulation.step(&mut Faithful);
    assert_eq!(state(&simulation), (ClientState::Advertised, 1, 0));
    simulation.step(&mut Faithful);
    assert_eq!(state(&simulation), (ClientState::Confirming, 1, 0));
    simulation.exchange(&mut Faithful);
    assert_eq!(state(&simulation), (ClientState::Ready, 1, 0));
    simulation.begin(None).unwrap();
    let begin = simulation.due(0).unwrap();
    let context = simulation.context;
    simulation.clients[0].begin(&begin, &context).unwrap();
    assert_eq!(state(&simulation), (ClientState::Begun, 1, 1));
    let input = simulation.inputs[0].clone();
    mask(&mut simulation.clients[0], &input, &mut simulation.rng).unwrap();
    assert_eq!(state(&simulation), (ClientState::Masked, 1, 1));
}

#[test]
fn a_client_in_the_middle_of_its_contribution_has_no_state_to_save() {
    let mut simulation = Simulation::<8>::ready(&Setting::complete(5, 3), "middle");
    simulation.begin(None).unwrap();
    let begin = simulation.due(0).unwrap();
    let context = simulation.context;
    let client = &mut simulation.clients[0];
    client.begin(&begin, &context).unwrap();
    let mut head = vec![0; client.masked_head_size().unwrap()];
    client.mask_begin(&mut simulation.rng, &mut head).unwrap();
    let mut out = vec![0; client.saved_size_limit()];
    assert_eq!(client.save(&mut out).unwrap_err().kind(), ErrorKind::OutOfOrder);
}

#[test]
fn states_of_others_are_refused() {
    let own = Simulation::<8>::ready(&Setting::complete(5, 3), "own");
    let state = saved(&own.clients[0]);
    let refusal = |other: &Simulation<8>, position: usize| other.restored(position, &state).unwrap_err().kind();
    assert_eq!(refusal(&own, 1), ErrorKind::NotPinned);
    let mut setting = Setting::complete(5, 3);
    setting.run_id = [1; 16];
    assert_eq!(refusal(&Simulation::ready(&setting, "own"), 0), ErrorKind::WrongRun);
    let mut larger = [state.clone(), vec![0]].concat();
    assert_eq!(own.restored(0, &larger).unwrap_err().kind(), ErrorKind::NonCanonical);
    larger = with(&state, 0, Item::Number(2));
    assert_eq!(own.restored(0, &larger).unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn cut_states_are_refused_and_altered_ones_never_panic() {
    let mut simulation = Simulation::<8>::ready(&Setting::complete(5, 3), "cut");
    simulation.begin(None).unwrap();
    simulation.step(&mut Faithful);
    let state = saved(&simulation.clients[0]);
    for length in 0..state.len() {
        assert!(simulation.restored(0, &state[..length]).is_err(), "{length}");
    }
    let mut survivors = 0;
    for index in 0..state.len() {
        for bit in [0, 7] {
            let mut altered = state.clone();
            altered[index] ^= 1 << bit;
            // Keys and hashes have no redundancy: the host's storage answers for them. What restores must save to the same bytes.
            if let Ok(client) = simulation.restored(0, &altered) {
                assert_eq!(saved(&client), altered, "{index}");
                survivors += 1;
            }
        }
    }
    assert!(survivors < state.len() * 2);
}

/// Between rounds: the client masks twice under one round number, with another self mask and other share keys; nobody opens the second one.
#[test]
fn a_rollback_between_rounds_opens_nothing() {
    let mut simulation = Simulation::<8>::ready(&Setting::complete(5, 3), "rollback");
    let old = saved(&simulation.clients[0]);
    simulation.begin(None).unwrap();
    let begin = simulation.due(0).unwrap();
    let first = simulation.answer(0, &begin).unwrap().unwrap();
    simulation.deliver(0, &first).unwrap();
    simulation.step(&mut Faithful);
    let open: Vec<Vec<u8>> = (0..5).map(|position| simulation.due(position).unwrap()).collect();
    simulation.step(&mut Faithful);

    let mut rolled_back: Client<8> = simulation.restored(0, &old).unwrap();
    let context = simulation.context;
    rolled_back.begin(&begin, &context).unwrap();
    let second = mask(&mut rolled_back, &simulation.inputs[0].clone(), &mut simulation.rng).unwrap();
    let (salt, sealed) = (BODY + 2, BODY + 3);
    assert_ne!(item(&first, salt), item(&second, salt), "no share key is used twice");
    let shares =
        |message: &[u8]| -> Vec<Vec<u8>> { item(message, sealed).bytes().chunks(48).map(<[u8]>::to_vec).collect() };
    for (one, other) in shares(&first).iter().zip(shares(&second)) {
        assert_ne!(one[..], other[..]);
    }
    // The neighbours have closed the round: neither the question they answered nor one with the new shares gets anything.
    for (position, question) in open.iter().enumerate().skip(1) {
        let replaced = edited(question, BODY + 3, |joined| {
            joined[..16].copy_from_slice(item(&second, salt).bytes());
            joined[16..64].copy_from_slice(&shares(&second)[position - 1]);
        });
        for question in [question, &replaced] {
            assert_eq!(kind_of(question).unwrap(), Kind::Open);
            let refusal = simulation.answer(position, question).unwrap_err().kind();
            assert_eq!(refusal, ErrorKind::OutOfOrder);
        }
    }
    assert_eq!(simulation.sum(), simulation.expected(&[0, 1, 2, 3, 4]));
    simulation.exchange(&mut Faithful);
    for position in 1..5 {
        let refusal = simulation.answer(position, &begin).unwrap_err().kind();
        assert_eq!(refusal, ErrorKind::WrongRound, "nor does anyone play the round again");
    }
}

/// Within a round the page promises nothing: a client that is rolled back hands out mask keys under two sets. That is why hosts store before
/// they send; the test pins down what the threat model says.
#[test]
fn a_rollback_within_a_round_costs_the_client_its_protection() {
    let mut simulation = Simulation::<8>::ready(&Setting::complete(5, 3), "within");
    simulation.begin(None).unwrap();
    simulation.step(&mut Losing(|moment: Moment, sender: usize| moment.step == Step::Mask && sender == 4));
    let old = saved(&simulation.clients[0]);
    let told = simulation.due(0).unwrap();
    let other = edited(&told, BODY + 4, |next| next[0] = 0b1_0111);
    let mut given = Vec::new();
    for message in [&told, &other] {
        let mut client = simulation.restored(0, &old).unwrap();
        let answer = respond(&mut client, message, &mut simulation.rng).unwrap().unwrap();
        given.push(item(&answer, BODY + 3).bytes().to_vec());
    }
    assert_eq!((given[0].len(), given[1].len()), (32, 32));
    assert_ne!(given[0], given[1], "keys of two neighbours, where an honest history gives one");

    // Without the rollback the second set is refused.
    let mut client = simulation.restored(0, &old).unwrap();
    respond(&mut client, &told, &mut simulation.rng).unwrap();
    let second_pass = with(&other, BODY + 2, Item::Number(2));
    assert_eq!(respond(&mut client, &second_pass, &mut simulation.rng).unwrap_err().kind(), ErrorKind::WrongSet);
}
