//! A server among malicious clients and a careless host: any messages, in any order, from anyone, and any calls in between.
//!
//! A refusal changes nothing that shows. Every member can be answered at every step. What opens has enough inputs.
#![no_main]

use arbitrary::Arbitrary;
use cloakwork_core::ErrorKind;
use cloakwork_core::secagg::{Server, Step};
use cloakwork_fuzz::messages::Forged;
use cloakwork_fuzz::run::{CONTEXT, MEMBERS, id, server};
use cloakwork_fuzz::transcript::{Event, transcript};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Action<'a> {
    /// The genuine next event.
    Proceed,
    /// A forged message from a member, or from a stranger.
    Receive(u8, Forged<'a>),
    /// The time limit of the step.
    Close,
    /// Set-up again.
    Invite,
    /// A round over the members in the mask.
    Begin(u8),
    /// A round over everyone.
    BeginAll,
    /// The controller stops the round.
    Stop,
    /// The host adds up, with or without success.
    Finish(bool),
}

/// More actions than two rounds need add nothing but time.
const MOST_ACTIONS: usize = 120;

fuzz_target!(|actions: Vec<Action<'_>>| {
    let events = &transcript().events;
    let genuine: Vec<&[u8]> = events
        .iter()
        .filter_map(|event| if let Event::Receive(_, message) = event { Some(&message[..]) } else { None })
        .collect();
    let mut server = server();
    let mut next = 0;
    for action in actions.iter().take(MOST_ACTIONS) {
        let before = view(&server);
        let result = match action {
            Action::Proceed => {
                let Some(event) = events.get(next) else { break };
                next += 1;
                event.replay(&mut server)
            }
            Action::Receive(sender, forged) => {
                server.receive(id(usize::from(*sender) % (MEMBERS + 1)), &forged.bytes(&genuine)).map(drop)
            }
            Action::Close => server.close_step(),
            Action::Invite => server.invite().map(drop),
            Action::Begin(mask) => {
                let chosen: Vec<u64> = (0..MEMBERS).filter(|index| mask >> index & 1 == 1).map(id).collect();
                server.begin(Some(&chosen), &CONTEXT).map(drop)
            }
            Action::BeginAll => server.begin(None, &CONTEXT).map(drop),
            Action::Stop => server.stop(),
            Action::Finish(well) => server.finish((!well).then_some(ErrorKind::MasksDidNotCancel)),
        };
        // A set-up that fails takes the server back to the beginning, and is reported as an error.
        if result.is_err() && !matches!(action, Action::Close | Action::Proceed) {
            assert_eq!(before, view(&server), "a refusal changes nothing");
        }
        let minimum = server.run().config().min_inputs as usize;
        if matches!(server.step(), Step::Unmask | Step::Sum) {
            assert!(server.survivors().len() >= minimum);
        }
        assert_eq!(server.opening().is_ok(), server.step() == Step::Sum);
    }
    for index in 0..MEMBERS {
        server.message(id(index)).expect("every member can be answered at every step");
    }
});

/// What of a server shows.
fn view(server: &Server) -> (Step, u32, u32, u8, Vec<u64>, Vec<u64>) {
    (server.step(), server.epoch(), server.last_round(), server.pass(), server.waiting(), server.survivors())
}
