//! A client in the hands of a malicious server: any calls, in any order, with forged messages, restarts in between.
//!
//! A refusal changes nothing. No round number is masked twice, and once a round is opened nothing of it is answered again.
#![no_main]

use arbitrary::Arbitrary;
use cloakwork_core::secagg::{ClientState, Values};
use cloakwork_fuzz::generator::Generator;
use cloakwork_fuzz::messages::Forged;
use cloakwork_fuzz::run::{CONTRIBUTION, MESSAGE_SIZE, Party, client, restored, saved};
use cloakwork_fuzz::transcript::{Call, VICTIM, transcript, victim_generator};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Action<'a> {
    /// The genuine next message, to the call that takes it.
    Proceed,
    /// A forged message to any call.
    Deliver(u8, Forged<'a>),
    /// The contribution, into a buffer that may be too small.
    Mask(u16),
    /// The contribution piece by piece; the number is the size of a first piece that may be refused.
    MaskInPieces(u8),
    /// The process ends and goes on from its saved state.
    Restart,
}

/// More actions than two rounds need add nothing but time.
const MOST_ACTIONS: usize = 40;

fuzz_target!(|actions: Vec<Action<'_>>| {
    let transcript = transcript();
    let genuine: Vec<&[u8]> = transcript.deliveries.iter().map(|delivery| &delivery.message[..]).collect();
    let mut client = client(VICTIM);
    let mut rng = victim_generator();
    let mut out = [0; MESSAGE_SIZE];
    let mut next = 0;
    let mut masked = Vec::new();
    let mut opened = Vec::new();
    for action in actions.iter().take(MOST_ACTIONS) {
        let before = saved(&client);
        let state = client.state();
        let unchanged = |client: &_| saved(client) == before;
        match action {
            Action::Proceed => {
                let Some(delivery) = transcript.deliveries.get(next) else { break };
                if delivery.call == Call::Begin || state != ClientState::Begun {
                    next += 1;
                    let result = delivery.call.make(&mut client, &mut rng, &delivery.message, &mut out);
                    assert!(result.is_ok() || unchanged(&client));
                    if result.is_ok() && delivery.call == Call::Unmask {
                        opened.push(client.last_round());
                    }
                } else if client.mask(&mut rng, &CONTRIBUTION, &mut out).is_ok() {
                    masked.push(client.last_round());
                }
            }
            Action::Deliver(number, forged) => {
                let call = Call::ALL[usize::from(*number) % Call::ALL.len()];
                let result = call.make(&mut client, &mut rng, &forged.bytes(&genuine), &mut out);
                assert!(result.is_ok() || unchanged(&client));
                if result.is_ok() && matches!(call, Call::Acknowledge | Call::Unmask) {
                    assert!(!opened.contains(&client.last_round()), "an opened round is closed");
                }
                if result.is_ok() && call == Call::Unmask {
                    opened.push(client.last_round());
                }
            }
            Action::Mask(size) => {
                let size = usize::from(*size).min(MESSAGE_SIZE);
                if client.mask(&mut rng, &CONTRIBUTION, &mut out[..size]).is_ok() {
                    masked.push(client.last_round());
                } else {
                    assert!(unchanged(&client));
                }
            }
            Action::MaskInPieces(first) => {
                if mask_in_pieces(&mut client, &mut rng, *first) {
                    masked.push(client.last_round());
                }
            }
            Action::Restart => {
                if let Some(before) = &before {
                    client = restored(VICTIM, before).expect("its own state");
                    assert_eq!(client.state(), state);
                }
            }
        }
        assert!(masked.is_sorted_by(|a, b| a < b), "a round is masked once");
    }
});

/// Masks in pieces of eight values; whether it was the client's turn. A first piece of another size is refused or taken.
fn mask_in_pieces(client: &mut Party, rng: &mut Generator, first: u8) -> bool {
    let mut out = [0; MESSAGE_SIZE];
    if client.mask_begin(rng, &mut out).is_err() {
        return false;
    }
    let [Values::F64(values), Values::I64(weight), wide] = &CONTRIBUTION else {
        unreachable!("the contribution is fixed")
    };
    let first = values.get(..first.into()).unwrap_or_default();
    let taken = if client.mask_chunk(&Values::F64(first), &mut out).is_ok() { first.len() } else { 0 };
    for piece in values[taken..].chunks(8) {
        client.mask_chunk(&Values::F64(piece), &mut out).expect("in turn");
    }
    client.mask_chunk(&Values::I64(weight), &mut out).expect("in turn");
    client.mask_chunk(wide, &mut out).expect("in turn");
    assert_eq!(client.state(), ClientState::Masked);
    true
}
