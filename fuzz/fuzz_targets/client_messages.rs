//! The decoders of the messages to a client: each kind meets a client that waits for it. A refusal changes nothing.
#![no_main]

use cloakwork_fuzz::run::{MESSAGE_SIZE, restored, saved};
use cloakwork_fuzz::transcript::{VICTIM, transcript, victim_generator};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((number, message)) = input.split_first() else { return };
    let deliveries = &transcript().deliveries;
    let delivery = &deliveries[usize::from(*number) % deliveries.len()];
    let mut client = restored(VICTIM, &delivery.before).expect("a genuine state");
    let mut out = [0xa5; MESSAGE_SIZE];
    if delivery.call.make(&mut client, &mut victim_generator(), message, &mut out).is_err() {
        assert_eq!(saved(&client).as_ref(), Some(&delivery.before), "a refusal changes nothing");
    }
});
