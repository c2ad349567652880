//! The decoders of the messages to the server: each kind meets a server that waits for it. A refusal changes nothing that shows.
#![no_main]

use cloakwork_fuzz::run::{id, server};
use cloakwork_fuzz::transcript::{Event, transcript};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((number, message)) = input.split_first() else { return };
    let events = &transcript().events;
    let receives = events.iter().enumerate().filter(|(_, event)| matches!(event, Event::Receive(..)));
    let moments: Vec<usize> = receives.map(|(moment, _)| moment).collect();
    let moment = moments[usize::from(*number) % moments.len()];
    let Event::Receive(sender, _) = events[moment] else { return };
    let mut server = server();
    for event in &events[..moment] {
        event.replay(&mut server).expect("genuine");
    }
    let before = (server.step(), server.waiting(), server.survivors());
    match server.receive(sender, message) {
        Err(error) => {
            assert_eq!(error.party(), Some(sender));
            assert_eq!(before, (server.step(), server.waiting(), server.survivors()));
        }
        Ok(receipt) => {
            if let Some(payload) = receipt.payload {
                assert_eq!(payload.len() as u64, server.run().payload_size());
                assert!(payload.end <= message.len());
            }
        }
    }
    for index in 0..cloakwork_fuzz::run::MEMBERS {
        server.message(id(index)).expect("every member can be answered at every step");
    }
});
