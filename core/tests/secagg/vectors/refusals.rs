//! Messages that must be refused in the place of a valid one, and messages that come too late.

use cloakwork_core::Error;
use cloakwork_core::secagg::kind_of;
use serde_json::Value;

use super::transcript::{Delivery, Observer, Replay};
use crate::support::vectors::{bytes, integer, list, load, small, text};

/// Tries what a file says at the place to which it belongs.
struct Trying {
    file: Value,
    tried: usize,
    wrong: Vec<String>,
}

fn belongs(case: &Value, to: &str, delivery: &Delivery<'_>) -> bool {
    text(&case["to"]) == to
        && text(&case["step"]) == delivery.step
        && integer(&case["epoch"]) == delivery.epoch
        && case["round"].as_u64() == delivery.round
        && integer(&case["client"]) == delivery.id
}

impl Trying {
    fn new(file: Value) -> Self {
        Self { file, tried: 0, wrong: Vec::new() }
    }

    fn judge(&mut self, what: &str, errors: &Value, refused: Option<Error>, unchanged: bool) {
        self.tried += 1;
        let code = refused.map(|error| u64::from(error.kind().code().unsigned_abs()));
        let expected: Vec<u64> = list(errors).iter().map(integer).collect();
        if !code.is_some_and(|code| expected.contains(&code)) || !unchanged {
            self.wrong.push(format!("{what}: {refused:?} and not one of {expected:?}, unchanged: {unchanged}"));
        }
    }

    fn try_on_client(
        &mut self,
        replay: &mut Replay,
        what: &str,
        valid: &[u8],
        message: &[u8],
        errors: &Value,
        id: u64,
    ) {
        let before = replay.saved(id);
        let refused = replay.answer(id, kind_of(valid).unwrap(), message).err();
        self.judge(what, errors, refused, replay.saved(id) == before);
    }

    fn try_on_server(&mut self, replay: &mut Replay, what: &str, message: &[u8], errors: &Value, id: u64) {
        let before = replay.view();
        let refused = replay.server.receive(id, message).err();
        assert!(refused.is_none_or(|error| error.party() == Some(id)), "{what}: the sender is named");
        self.judge(what, errors, refused, replay.view() == before);
    }

    fn try_in_place(&mut self, replay: &mut Replay, to: &str, delivery: &Delivery<'_>, valid: &[u8]) {
        for case in list(&self.file["messages"].clone()).iter().filter(|case| belongs(case, to, delivery)) {
            assert_eq!(bytes(&case["valid"]), valid);
            for invalid in list(&case["invalid"]) {
                let (at, cut) = (small(&invalid["at"]) as usize, small(&invalid["cut"]) as usize);
                let message = [&valid[..at], &bytes(&invalid["put"]), &valid[at + cut..]].concat();
                let what = format!("{}: {}", text(&case["name"]), text(&invalid["name"]));
                if to == "client" {
                    self.try_on_client(replay, &what, valid, &message, &invalid["errors"], delivery.id);
                } else {
                    self.try_on_server(replay, &what, &message, &invalid["errors"], delivery.id);
                }
            }
        }
    }
}

impl Observer for Trying {
    fn before_message(&mut self, replay: &mut Replay, delivery: &Delivery<'_>) {
        self.try_in_place(replay, "client", delivery, &delivery.message);
    }

    fn before_answer(&mut self, replay: &mut Replay, delivery: &Delivery<'_>) {
        if let Some(answer) = &delivery.answer {
            self.try_in_place(replay, "server", delivery, answer);
        }
    }

    fn after_delivery(&mut self, replay: &mut Replay, delivery: &Delivery<'_>) {
        let late = self.file["late_messages"].clone();
        for case in late.as_array().into_iter().flatten() {
            let (what, message) = (text(&case["name"]), bytes(&case["message"]));
            if belongs(case, "client", delivery) {
                self.try_on_client(replay, what, &message, &message, &case["errors"], delivery.id);
            }
            if belongs(case, "server", delivery) {
                self.try_on_server(replay, what, &message, &case["errors"], delivery.id);
            }
        }
    }
}

fn check(file: Value) {
    let places = list(&file["messages"]).iter().map(|case| list(&case["invalid"]).len()).sum::<usize>();
    let late = file["late_messages"].as_array().map_or(0, Vec::len);
    let mut replay = Replay::new(text(&file["transcript"]));
    let mut trying = Trying::new(file);
    replay.play(&mut trying);
    assert_eq!(trying.wrong, Vec::<String>::new());
    assert_eq!(trying.tried, places + late, "every case was tried");
}

/// Files of this kind, of which there is one for each transcript that they try.
pub(crate) fn is_refusals(name: &str) -> bool {
    name.starts_with("refusal") || name.starts_with("canonical")
}

#[test]
fn messages_that_are_refused() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors");
    let names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: Vec<String> = names.filter(|name| is_refusals(name)).collect();
    assert!(files.len() >= 4, "{files:?}");
    for name in files {
        check(load(&name));
    }
}
