//! Messages that differ from those of a transcript and are accepted, and what follows from them.

use cloakwork_core::secagg::kind_of;
use serde_json::Value;

use super::transcript::{Delivery, Observer, Replay, respond, saved};
use crate::support::random::Tape;
use crate::support::vectors::{bytes, integer, list, load, text};

fn belongs(case: &Value, delivery: &Delivery<'_>) -> bool {
    text(&case["step"]) == delivery.step && integer(&case["client"]) == delivery.id
}

fn is_at(case: &Value, delivery: &Delivery<'_>) -> bool {
    belongs(case, delivery) && integer(&case["epoch"]) == delivery.epoch && case["round"].as_u64() == delivery.round
}

fn answer_of(case: &Value) -> Option<Vec<u8>> {
    case["answer"].as_str().map(|_| bytes(&case["answer"]))
}

/// Gives a client another message; the transcript goes on with a twin that did not get it.
struct ToClient {
    case: Value,
    tried: bool,
}

impl Observer for ToClient {
    fn before_message(&mut self, replay: &mut Replay, delivery: &Delivery<'_>) {
        if !is_at(&self.case, delivery) {
            return;
        }
        self.tried = true;
        let (name, message) = (text(&self.case["name"]), bytes(&self.case["message"]));
        let mut client = replay.twin(delivery.id);
        if let Some(outcome) = self.case["outcome"].as_u64() {
            assert_eq!(client.finish(&message).map(u64::from), Ok(outcome), "{name}");
            return;
        }
        let answer = respond(&mut client, kind_of(&message).unwrap(), &message, &mut Tape::empty()).unwrap();
        assert_eq!(answer, answer_of(&self.case), "{name}");
        for next in self.case["then"].as_array().unwrap() {
            let (before, message) = (saved(&client), bytes(&next["message"]));
            let error = respond(&mut client, kind_of(&message).unwrap(), &message, &mut Tape::empty()).unwrap_err();
            let errors: Vec<u64> = list(&next["errors"]).iter().map(integer).collect();
            assert!(errors.contains(&error.kind().code().unsigned_abs().into()), "{name}: {error}");
            assert_eq!(saved(&client), before, "{name}");
        }
    }
}

#[test]
fn messages_to_clients() {
    for case in list(&load("accepted.json")["to_client"]) {
        let mut observer = ToClient { case: case.clone(), tried: false };
        Replay::new(text(&case["transcript"])).play(&mut observer);
        assert!(observer.tried, "{}", case["name"]);
    }
}

/// Gives the server other answers in one round.
struct ToServer {
    case: Value,
    used: usize,
}

impl Observer for ToServer {
    fn replacement(&mut self, delivery: &Delivery<'_>) -> Option<Vec<u8>> {
        if delivery.round != self.case["round"].as_u64() {
            return None;
        }
        let answer = list(&self.case["answers"]).iter().find(|answer| belongs(answer, delivery))?;
        self.used += 1;
        Some(bytes(&answer["message"]))
    }

    fn outcome(&self, round: u32) -> Option<u64> {
        (self.case["round"].as_u64() == Some(round.into())).then(|| integer(&self.case["outcome"]))
    }
}

#[test]
fn answers_to_servers() {
    for case in list(&load("accepted.json")["to_server"]) {
        let mut observer = ToServer { case: case.clone(), used: 0 };
        Replay::new(text(&case["transcript"])).play(&mut observer);
        assert_eq!(observer.used, list(&case["answers"]).len(), "{}", case["name"]);
    }
}

/// Gives the server an answer again.
struct Repeating {
    case: Value,
    tried: bool,
}

impl Observer for Repeating {
    fn after_delivery(&mut self, replay: &mut Replay, delivery: &Delivery<'_>) {
        if !is_at(&self.case, delivery) {
            return;
        }
        self.tried = true;
        let before = replay.view();
        let receipt = replay.server.receive(delivery.id, &bytes(&self.case["message"])).unwrap();
        assert!(!receipt.counted && receipt.payload.is_none(), "{}", self.case);
        assert_eq!(replay.view(), before, "{}", self.case);
    }
}

#[test]
fn answers_that_are_repeated() {
    for case in list(&load("accepted.json")["repeats"]) {
        let mut observer = Repeating { case: case.clone(), tried: false };
        Replay::new(text(&case["transcript"])).play(&mut observer);
        assert!(observer.tried, "{case}");
    }
}
