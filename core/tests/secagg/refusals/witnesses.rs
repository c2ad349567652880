//! Every error that secure aggregation can return is returned by somebody: the list is that of `core/src/error.rs`, read from there.

use std::collections::BTreeMap;

use cloakwork_core::agreement::Identity;
use cloakwork_core::prg::Suite;
use cloakwork_core::privacy::mechanism::{Mechanism, MechanismConfig};
use cloakwork_core::secagg::{
    Adversary, Client, Encoding, Kind, Limits, Opening, Run, RunConfig, Segment, Step, Values, kind_of, plan,
};
use cloakwork_core::{Error, ErrorKind};

use super::place::{LOST, MEMBER, Place};
use crate::support::cbor::{self, BODY, Item};
use crate::support::random::{Generator, Tape};
use crate::support::setting::{Setting, roster_of, secrets};
use crate::support::simulation::{Losing, Moment, Outcome, Simulation, saved};

/// Why an error of the list is not returned by secure aggregation on a machine with 64-bit addresses.
const NOT_RETURNED: [(&str, &str); 9] = [
    ("TooLong", "segments are bounded so that streams are long enough; sizes fit 64-bit addresses"),
    (
        "NotAuthentic",
        "a share that does not decrypt is left out of the answer, and wrong tags have errors of their own",
    ),
    ("SamplerFailed", "noise is made before; core/tests/primitives/gaussian.rs has a witness"),
    ("WrongProgram", "it is about computations; core/tests/mpc/session.rs has a witness"),
    ("NotVerified", "it is about computations; core/tests/mpc/verified/session.rs has a witness"),
    ("RepeatedElement", "it is about set intersection; core/tests/psi/refusals.rs has a witness"),
    ("CountChanged", "it is about set intersection; core/tests/psi/refusals.rs has a witness"),
    ("BudgetSpent", "budgets are kept by hosts"),
    ("RotationSeedRepeated", "seeds of earlier rounds are kept by hosts"),
];

/// Names and numbers in the source of the errors.
fn listed() -> BTreeMap<String, i32> {
    let source = include_str!("../../../src/error.rs");
    let body = source.split_once("pub enum ErrorKind {").unwrap().1.split_once("\n}").unwrap().0;
    body.lines()
        .filter_map(|line| line.trim().strip_suffix(',')?.split_once(" = "))
        .map(|(name, number)| (name.to_owned(), number.parse().unwrap()))
        .collect()
}

fn config() -> RunConfig {
    let roster = roster_of(&secrets(&mut Generator::new("witnesses"), 5));
    Setting::complete(5, 3).config(&roster)
}

fn refused_config(change: impl FnOnce(&mut RunConfig)) -> Error {
    let mut config = config();
    change(&mut config);
    config.encode(&mut [0; 640]).unwrap_err()
}

/// For a vector of 8 values.
fn mechanism() -> Mechanism {
    Mechanism::new(MechanismConfig {
        dimension: 8,
        block_log2: 3,
        clamp: f64::INFINITY,
        clip: 1.0,
        granularity: 1.0,
        noise: 1.0,
        norm_bound: 1,
        parts: 1,
        honest: 1,
    })
    .unwrap()
}

/// A description that was changed after it was encoded.
fn refused_description(change: impl FnOnce(&mut Vec<u8>)) -> Error {
    let mut description = [0; 640];
    let size = config().encode(&mut description).unwrap();
    let mut description = description[..size].to_vec();
    change(&mut description);
    Run::decode(&description).unwrap_err()
}

fn at(kind: Kind, change: impl FnOnce(&Place) -> Vec<u8>) -> Error {
    let mut place = Place::at(kind);
    let message = change(&place);
    place.refusal(&message)
}

fn set(place: &Place, index: usize, positions: &[usize]) -> Vec<u8> {
    cbor::with(&place.message, BODY + index, Item::Bytes(place.simulation.bitmap(positions)))
}

fn masked(values: Values<'_>, rng: &mut Tape) -> Error {
    let segments = vec![Segment::new("x", 20, 2, Encoding::FixedPoint { fraction: 0 }).unwrap()];
    let mut simulation = Simulation::<2>::ready(&Setting { segments, ..Setting::complete(3, 2) }, "witness");
    simulation.begin(None).unwrap();
    let begin = simulation.due(0).unwrap();
    simulation.clients[0].begin(&begin, &simulation.context).unwrap();
    simulation.clients[0].mask(rng, &[values], &mut [0; 512]).unwrap_err()
}

/// The outcome of a round as the error that it names.
fn outcome(setting: &Setting, lose: impl FnMut(Moment, usize) -> bool) -> i32 {
    let mut simulation = Simulation::<6>::ready(setting, "outcome");
    match simulation.round(&mut Losing(lose)).0 {
        Outcome::Aborted(code) => code as i32,
        Outcome::Sum { .. } => 0,
    }
}

fn opening() -> Opening {
    let mut place = Place::at(Kind::Unmask);
    place.simulation.deliver(MEMBER, &place.message.clone()).unwrap();
    for position in 1..4 {
        let open = place.simulation.due(position).unwrap();
        let answer = place.simulation.answer(position, &open).unwrap().unwrap();
        place.simulation.deliver(position, &answer).unwrap();
    }
    place.simulation.server.opening().unwrap()
}

fn restored(name: &str) -> Error {
    let simulation = Simulation::<4>::ready(&Setting::complete(5, 3), name);
    let other = Simulation::<4>::ready(&Setting { run_id: [9; 16], ..Setting::complete(5, 3) }, name);
    if name == "another run" {
        return simulation.restored(0, &saved(&other.clients[0])).unwrap_err();
    }
    simulation.restored(0, &saved(&simulation.clients[1])).unwrap_err()
}

/// One call for each error.
fn witnesses() -> Vec<(ErrorKind, i32)> {
    use ErrorKind as E;
    let mut found: Vec<(E, Error)> = vec![
        (E::InvalidLength, masked(Values::F64(&[1.0]), &mut Tape::empty())),
        (E::InvalidArgument, masked(Values::U32(&[1; 2]), &mut Tape::empty())),
        (E::NotFinite, masked(Values::F64(&[1.0, f64::NAN]), &mut Tape::empty())),
        (E::OutOfRange, masked(Values::F64(&[1.0, 1e9]), &mut Tape::empty())),
        (E::Randomness, masked(Values::F64(&[1.0; 2]), &mut Tape::empty())),
        (E::BufferTooSmall, config().encode(&mut []).unwrap_err()),
        (E::InvalidWidth, Segment::new("x", 129, 1, Encoding::Residues).unwrap_err()),
        (E::Malformed, kind_of(&[]).unwrap_err()),
        (E::NonCanonical, refused_description(|description| description.push(0))),
        (E::Unsupported, refused_description(|description| description[1] = 2)),
        (E::UnexpectedKind, at(Kind::Begin, |place| cbor::with(&place.message, 0, Item::Number(16)))),
        (E::LowOrderKey, at(Kind::Keys, |place| cbor::edited(&place.message, BODY + 1, |keys| keys[..32].fill(0)))),
        (
            E::RepeatedKey,
            at(Kind::Keys, |place| cbor::edited(&place.message, BODY + 1, |keys| keys.copy_within(..32, 32))),
        ),
        (E::NotPinned, restored("another member")),
        (E::WrongRun, restored("another run")),
        (E::NotConfirmed, not_confirmed()),
        (E::MasksDidNotCancel, opening().check_zeros(0, &[0_u32, 0, 1, 0]).unwrap_err()),
        (E::OutOfOrder, Place::at(Kind::Begin).simulation.server.finish(None).unwrap_err()),
        (E::WrongEpoch, at(Kind::Begin, |place| cbor::with(&place.message, 2, Item::Number(7)))),
        (E::WrongRound, at(Kind::Begin, |place| cbor::with(&place.message, BODY, Item::Number(1)))),
        (E::WrongContext, at(Kind::Begin, |place| cbor::with(&place.message, BODY + 2, Item::Bytes(vec![0; 32])))),
        (E::SetNotNested, at(Kind::Survivors, |place| set(place, 4, &[0, 1, 2, 3, LOST]))),
        (E::NotInSet, at(Kind::Survivors, |place| set(place, 4, &[1, 2, 3]))),
        (E::TooFewNeighbours, at(Kind::Survivors, |place| set(place, 4, &[0, 1, 2]))),
        (E::TooFewInputs, at(Kind::Survivors, |place| set(place, 4, &[0]))),
        (E::WrongSet, at(Kind::Open, |place| set(place, 2, &[0, 1, 2, 3, 4]))),
        (
            E::TooFewAcknowledgements,
            at(Kind::Open, |place| cbor::edited(&place.message, BODY + 4, |tags| tags[0] ^= 1)),
        ),
        (E::UnknownParty, Place::at(Kind::Begin).simulation.server.message(1).unwrap_err()),
        (E::Duplicate, duplicate()),
        (E::InvalidRoster, refused_config(|config| config.members = 2)),
        (E::InvalidDegree, refused_config(|config| config.degree = 3)),
        (E::InvalidThreshold, refused_config(|config| config.threshold = 2)),
        (E::InvalidRun, refused_config(|config| config.limits = Limits { setup: 0, step: 1 })),
        (E::CapacityExceeded, capacity()),
        (E::InvalidMechanism, refused_config(|config| config.mechanism = Some(mechanism()))),
        (E::NoParameters, plan(10, 0.5, 0.4, 1, Adversary::SemiMalicious).unwrap_err()),
    ];
    let mut codes: Vec<(E, i32)> = found.drain(..).map(|(kind, error)| (kind, error.kind().code())).collect();
    // Ends of rounds, which are told as numbers.
    let lost = |step: Step| move |moment: Moment, member| moment.step == step && member < 2;
    codes.push((
        E::TooManyPasses,
        outcome(&Setting { max_passes: 1, ..Setting::complete(7, 4) }, |moment, member| {
            (moment.step == Step::Mask && member == 0) || (moment.step == Step::Survive && member == 1)
        }),
    ));
    codes.push((E::TooFewShares, outcome(&Setting::complete(5, 3), lost(Step::Unmask))));
    codes.push((E::NoRecovery, outcome(&Setting::no_recovery(5), lost(Step::Mask))));
    let mut stopped = Place::at(Kind::Begin).simulation;
    stopped.stop().unwrap();
    codes.push((E::Stopped, stopped.server.outcome() as i32));
    codes
}

fn not_confirmed() -> Error {
    let mut simulation = Simulation::<4>::new(&Setting::complete(5, 3), "not confirmed");
    simulation.set_up(&mut Losing(|moment: Moment, member| moment.step == Step::Confirm && member == LOST));
    let ids: Vec<u64> = simulation.roster.iter().map(|member| member.id).collect();
    simulation.server.begin(Some(&ids), &[0; 32]).unwrap_err()
}

fn duplicate() -> Error {
    let mut place = Place::at(Kind::Confirm);
    place.simulation.deliver(MEMBER, &place.message.clone()).unwrap();
    let other = cbor::edited(&place.message, BODY, |tags| tags[0] ^= 1);
    place.refusal(&other)
}

fn capacity() -> Error {
    let simulation = Simulation::<4>::new(&Setting::complete(5, 3), "capacity");
    let identity = Identity::from_bytes(&simulation.secrets[0]).unwrap();
    Client::<3>::new(identity, simulation.run.clone(), simulation.roster.as_slice()).unwrap_err()
}

#[test]
fn every_error_has_a_witness() {
    let listed = listed();
    assert!(listed.len() >= 40, "{listed:?}");
    let mut missing: BTreeMap<String, i32> = listed.clone();
    for (kind, code) in witnesses() {
        assert_eq!(code, kind.code(), "the witness of {kind:?}");
        assert_eq!(listed.get(&format!("{kind:?}")), Some(&code), "the number of {kind:?}");
        missing.remove(&format!("{kind:?}"));
    }
    for (name, reason) in NOT_RETURNED {
        assert!(missing.remove(name).is_some(), "{name} has a witness: {reason}");
    }
    assert_eq!(missing, BTreeMap::new(), "errors that no test reaches");
}

/// Calls on an opening that do not fit the run.
#[test]
fn ranges_of_an_opening() {
    let opening = opening();
    let place = Place::at(Kind::Masked);
    let payload = cbor::item(&place.message, BODY + 4).bytes().to_vec();
    let kind = |result: cloakwork_core::Result<()>| result.unwrap_err().kind();
    // One segment of 3 values and 4 zeros, 16 bits.
    assert_eq!(kind(opening.accumulate(0, 0, &payload, &mut [0_u64; 7])), ErrorKind::InvalidWidth);
    assert_eq!(kind(opening.accumulate(0, 0, &payload[1..], &mut [0_u32; 7])), ErrorKind::InvalidLength);
    assert_eq!(kind(opening.accumulate(0, 0, &payload, &mut [0_u32; 8])), ErrorKind::InvalidLength);
    assert_eq!(kind(opening.accumulate(0, 8, &payload, &mut [0_u32; 1])), ErrorKind::InvalidLength);
    assert_eq!(kind(opening.accumulate(0, 1, &payload, &mut [0_u32; 6])), ErrorKind::InvalidLength);
    assert_eq!(kind(opening.accumulate(0, 0, &payload, &mut [0_u32; 3])), ErrorKind::InvalidLength);
    assert_eq!(kind(opening.accumulate(0, u64::MAX - 7, &payload, &mut [0_u32; 16])), ErrorKind::InvalidLength);
    assert_eq!(kind(opening.accumulate(1, 0, &payload, &mut [0_u32; 7])), ErrorKind::InvalidArgument);
    assert_eq!(kind(opening.unmask(0, 0, &mut [0_u128; 7])), ErrorKind::InvalidWidth);
    assert_eq!(kind(opening.unmask(0, 0, &mut [0_u32; 9])), ErrorKind::InvalidLength);
    assert_eq!(kind(opening.unmask(2, 0, &mut [0_u32; 7])), ErrorKind::InvalidArgument);
    assert_eq!(kind(opening.check_zeros(0, &[0_u32; 3])), ErrorKind::InvalidLength);
    assert_eq!(kind(opening.check_zeros(9, &[0_u32; 4])), ErrorKind::InvalidArgument);
    assert_eq!(kind(opening.sum::<u32>(0, &[&payload[..3]]).map(drop)), ErrorKind::InvalidLength);
    assert_eq!(kind(opening.sum::<u64>(0, &[&payload]).map(drop)), ErrorKind::InvalidWidth);
    assert_eq!(kind(opening.sum::<u32>(3, &[&payload]).map(drop)), ErrorKind::InvalidArgument);
    // One payload of four cannot cancel the masks of four.
    assert_eq!(kind(opening.sum::<u32>(0, &[&payload]).map(drop)), ErrorKind::MasksDidNotCancel);
}

/// Every field of a run description just outside its bounds.
#[test]
fn run_descriptions_outside_their_bounds() {
    use ErrorKind::{InvalidDegree, InvalidRoster, InvalidRun, InvalidThreshold};
    let kind = |change: fn(&mut RunConfig)| refused_config(change).kind();
    assert_eq!(kind(|config| config.members = (1 << 20) + 1), InvalidRoster);
    assert_eq!(kind(|config| config.members = 2), InvalidRoster);
    assert_eq!(kind(|config| config.degree = 1), InvalidDegree);
    assert_eq!(kind(|config| config.degree = 5), InvalidDegree);
    assert_eq!(kind(|config| config.degree = 6), InvalidDegree);
    assert_eq!(kind(|config| config.threshold = 0), InvalidThreshold);
    assert_eq!(kind(|config| config.threshold = 5), InvalidThreshold);
    assert_eq!(kind(|config| config.colluders = 2), InvalidThreshold);
    assert_eq!(kind(|config| (config.degree, config.threshold) = (4, 2)), InvalidThreshold);
    assert_eq!(kind(|config| config.min_inputs = 1), InvalidRun);
    assert_eq!(kind(|config| config.min_inputs = 6), InvalidRun);
    assert_eq!(kind(|config| config.max_passes = 0), InvalidRun);
    assert_eq!(kind(|config| config.max_rounds = 0), InvalidRun);
    assert_eq!(kind(|config| config.limits.setup = 604_801), InvalidRun);
    assert_eq!(kind(|config| config.limits.step = 0), InvalidRun);
    assert_eq!(kind(|config| config.limits.step = 604_801), InvalidRun);
    assert_eq!(kind(|config| config.segments.clear()), InvalidRun);
    assert_eq!(kind(|config| config.segments.push(config.segments[0].clone()).unwrap()), InvalidRun);
    let narrow = |config: &mut RunConfig| {
        config.segments[0] = Segment::new("x", 3, 1, Encoding::FixedPoint { fraction: 0 }).unwrap();
    };
    assert_eq!(refused_config(narrow).kind(), InvalidRun, "the bound floor(3 / 5) is 0");
    for (suite, threshold) in [(Suite::ChaCha20, 3), (Suite::Aes128Ctr, 4)] {
        let mut config = config();
        (config.suite, config.threshold) = (suite, threshold);
        config.encode(&mut [0; 640]).unwrap();
    }
}

#[test]
fn segments_outside_their_bounds() {
    let fixed = |fraction| Encoding::FixedPoint { fraction };
    let kind = |label: &str, bits, length, encoding| Segment::new(label, bits, length, encoding).unwrap_err().kind();
    assert_eq!(kind("x", 0, 1, Encoding::Residues), ErrorKind::InvalidWidth);
    assert_eq!(kind("x", 129, 1, Encoding::Residues), ErrorKind::InvalidWidth);
    assert_eq!(kind("x", 8, 0, Encoding::Residues), ErrorKind::InvalidRun);
    assert_eq!(kind("x", 8, (1 << 31) + 1, Encoding::Residues), ErrorKind::InvalidRun);
    assert_eq!(kind("x", 8, 1, fixed(-65)), ErrorKind::InvalidRun);
    assert_eq!(kind("x", 8, 1, fixed(121)), ErrorKind::InvalidRun);
    for label in ["", "X", "a b", "\u{e9}", "a/b", &"a".repeat(33)] {
        assert_eq!(kind(label, 8, 1, Encoding::Residues), ErrorKind::InvalidRun, "{label}");
    }
    for label in ["a", "model.layer_1-bias", &"z".repeat(32)] {
        Segment::new(label, 128, 1 << 31, fixed(120)).unwrap();
    }
}
