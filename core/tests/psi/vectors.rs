//! tests/vectors/psi.json: elements of items, and whole runs byte for byte.

use cloakwork_core::group::Element;
use cloakwork_core::kdf;
use cloakwork_core::psi::{Output, Session, Setting};
use serde_json::Value;

use crate::files::{array, bytes, integer, list, load};
use crate::random::Tape;

fn place(value: &Value) -> usize {
    integer(value).try_into().unwrap()
}

#[test]
fn items_become_elements() {
    for case in list(&load("psi.json")["elements"]) {
        let (run, item) = (bytes(&case["run"]), bytes(&case["item"]));
        assert_eq!(kdf::hash("psi item", &[&run, &item]), array(&case["digest"]));
        assert_eq!(*Element::hash("psi item", &[&run, &item]).encode(), array(&case["element"]));
    }
}

fn begin(run: &Value, index: usize) -> Session {
    let parties = list(&run["parties"]);
    let output = if integer(&run["output"]) == 0 { Output::Intersection } else { Output::Size };
    let size = (!run["size"].is_null()).then(|| place(&run["size"]));
    let setting = Setting { run: array(&run["run"]), parties: parties.len(), index, output, size };
    let items: Vec<Vec<u8>> = parties[index]["items"].as_array().unwrap().iter().map(bytes).collect();
    let mut tape = Tape::new(bytes(&parties[index]["rng_tape"]));
    let session = Session::new_vartime(setting, items.iter().map(Vec::as_slice), &mut tape).unwrap();
    assert!(tape.is_used_up());
    session
}

#[test]
fn runs_are_those_of_the_file() {
    for run in list(&load("psi.json")["runs"]) {
        let parties = list(&run["parties"]);
        for (index, party) in parties.iter().enumerate() {
            let mut session = begin(run, index);
            while session.round() < session.rounds() {
                session.work_vartime(usize::MAX).unwrap();
                let here = list(&run["messages"]).iter().filter(|message| place(&message["round"]) == session.round());
                let (mut sent, mut received) = (vec![Vec::new(); parties.len()], vec![Vec::new(); parties.len()]);
                for message in here {
                    let (from, to) = (place(&message["from"]), place(&message["to"]));
                    if from == index {
                        sent[to] = bytes(&message["message"]);
                    } else if to == index {
                        received[from] = bytes(&message["message"]);
                    }
                }
                for other in (0..parties.len()).filter(|other| *other != index) {
                    assert_eq!(session.message(other).unwrap(), sent[other], "{} {index} to {other}", run["name"]);
                    session.receive_vartime(other, &received[other]).unwrap();
                }
                session.advance_vartime().unwrap();
            }
            let outcome = session.outcome().unwrap();
            assert_eq!(outcome.size(), place(&run["common"]));
            let places: Option<Vec<u64>> =
                party["common"].as_array().map(|places| places.iter().map(integer).collect());
            assert_eq!(outcome.places().map(|places| places.iter().copied().map(u64::from).collect()), places);
        }
    }
}
