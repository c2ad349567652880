//! Run descriptions and rosters.

use cloakwork_core::prg::Suite;
use cloakwork_core::secagg::{
    Encoding, Limits, MAX_DESCRIPTION_SIZE, MEMBER_SIZE, Member, Mode, RosterBytes, Run, RunConfig, Segment, Server,
    roster_hash,
};
use serde_json::Value;

use crate::support::vectors::{array, bytes, integer, list, load, mechanism, small, text};

/// A run of which only the graph counts.
pub(crate) fn run_with_graph(members: u32, degree: u32, beacon: [u8; 32]) -> Run {
    let mut segments = heapless::Vec::new();
    segments.push(Segment::new("value", 8, 1, Encoding::Residues).unwrap()).unwrap();
    let config = RunConfig {
        run_id: [0; 16],
        suite: Suite::ChaCha20,
        mode: Mode::NoRecovery,
        members,
        roster_hash: [0; 32],
        degree,
        beacon,
        threshold: 0,
        min_inputs: 2,
        colluders: 0,
        max_passes: 0,
        max_rounds: 1,
        limits: Limits { setup: 1, step: 1 },
        segments,
        mechanism: None,
        settings_hash: [0; 32],
    };
    decoded(&config)
}

fn decoded(config: &RunConfig) -> Run {
    let mut description = [0; MAX_DESCRIPTION_SIZE];
    let size = config.encode(&mut description).unwrap();
    Run::decode(&description[..size]).unwrap()
}

/// The entries of roster bytes.
pub(crate) fn members_of(roster: &[u8]) -> Vec<Member> {
    roster.chunks(MEMBER_SIZE).map(|entry| Member::from_bytes(entry.try_into().unwrap())).collect()
}

fn config_of(parameters: &Value, roster_hash: [u8; 32]) -> RunConfig {
    let mut segments = heapless::Vec::new();
    for segment in list(&parameters["segments"]) {
        let fraction = segment["fraction"].as_i64().unwrap().try_into().unwrap();
        let encoding = match integer(&segment["encoding"]) {
            0 => Encoding::Residues,
            _ => Encoding::FixedPoint { fraction },
        };
        let bits = small(&segment["bits"]).try_into().unwrap();
        segments
            .push(Segment::new(text(&segment["label"]), bits, integer(&segment["length"]), encoding).unwrap())
            .unwrap();
    }
    RunConfig {
        run_id: array(&parameters["run_id"]),
        suite: Suite::new(small(&parameters["suite"]).try_into().unwrap()).unwrap(),
        mode: if integer(&parameters["mode"]) == 1 { Mode::Recovery } else { Mode::NoRecovery },
        members: small(&parameters["count"]),
        roster_hash,
        degree: small(&parameters["degree"]),
        beacon: array(&parameters["beacon"]),
        threshold: small(&parameters["threshold"]),
        min_inputs: small(&parameters["min_inputs"]),
        colluders: small(&parameters["colluders"]),
        max_passes: small(&parameters["max_passes"]).try_into().unwrap(),
        max_rounds: small(&parameters["max_rounds"]),
        limits: Limits { setup: small(&parameters["setup_seconds"]), step: small(&parameters["step_seconds"]) },
        segments,
        mechanism: parameters.get("mechanism").map(mechanism),
        settings_hash: array(&parameters["settings"]),
    }
}

#[test]
fn descriptions() {
    for case in list(&load("run.json")["valid"]) {
        let (description, name) = (bytes(&case["description"]), text(&case["name"]));
        let run = Run::decode(&description).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(run.hash(), &array::<32>(&case["run_hash"]), "{name}");
        let config = config_of(&case["parameters"], array(&case["roster_hash"]));
        assert_eq!(run.config(), &config, "{name}");
        let mut encoded = vec![0; description.len()];
        assert_eq!(config.encode(&mut encoded).unwrap(), description.len(), "{name}");
        assert_eq!(encoded, description, "{name}");
        if let Some(roster) = case["roster"].as_str().map(|_| bytes(&case["roster"])) {
            let hash = roster_hash(&mut RosterBytes(&roster), config.members).unwrap();
            assert_eq!(hash, config.roster_hash, "{name}");
            Server::new(run, members_of(&roster)).unwrap();
        }
    }
}

#[test]
fn descriptions_that_are_refused() {
    let mut wrong = Vec::new();
    for case in list(&load("run.json")["invalid"]) {
        let code = Run::decode(&bytes(&case["description"])).map(drop).map_err(|error| integer_code(error.kind()));
        if code != Err(integer(&case["error"])) {
            wrong.push(format!("{}: {code:?}, not {}", text(&case["name"]), case["error"]));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

fn integer_code(kind: cloakwork_core::ErrorKind) -> u64 {
    u64::from(kind.code().unsigned_abs())
}

/// The run over a roster with a given hash, which need not be the one of the roster.
fn run_over(count: u32, roster_hash: [u8; 32]) -> Run {
    let mut config = run_with_graph(count, 0, [0; 32]).config().clone();
    config.roster_hash = roster_hash;
    decoded(&config)
}

#[test]
fn rosters() {
    let file = load("run.json");
    let valid = &file["rosters"]["valid"];
    let members = members_of(&bytes(&valid["roster"]));
    let run = run_over(small(&valid["count"]), array(&valid["roster_hash"]));
    Server::new(run, members).unwrap();

    let mut wrong = Vec::new();
    for case in list(&file["rosters"]["invalid"]) {
        let roster = bytes(&case["roster"]);
        let run = run_over(small(&case["count"]), array(&case["roster_hash"]));
        // Members are read one by one, and nothing is read after the last one: bytes beyond it are for hosts to refuse.
        let whole = roster.len() / MEMBER_SIZE;
        if roster.len() > MEMBER_SIZE * small(&case["count"]) as usize {
            continue;
        }
        let by_bytes = roster_hash(&mut RosterBytes(&roster), run.config().members).map(drop);
        let by_server = Server::new(run, members_of(&roster[..whole * MEMBER_SIZE])).map(drop);
        let refused = by_bytes.and(by_server).map_err(|error| integer_code(error.kind()));
        if refused != Err(integer(&case["error"])) {
            wrong.push(format!("{}: {refused:?}, not {}", text(&case["name"]), case["error"]));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
