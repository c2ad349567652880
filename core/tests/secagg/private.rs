//! Runs with a noise mechanism: nothing but whole contributions of the mechanism, rotated for the round, are masked; their sum opens and decodes.

use cloakwork_core::ErrorKind;
use cloakwork_core::privacy::mechanism::{Mechanism, MechanismConfig};
use cloakwork_core::privacy::pipeline::{Contribution, Pipeline};
use cloakwork_core::secagg::{Encoding, MAX_DESCRIPTION_SIZE, Run, Segment, Step, Values};

use crate::support::input::Column;
use crate::support::random::Generator;
use crate::support::setting::{Setting, roster_of, secrets};
use crate::support::simulation::{Faithful, Losing, Outcome, Simulation};

const DIMENSION: usize = 50;
const PADDED: usize = 64;

fn config() -> MechanismConfig {
    MechanismConfig {
        dimension: DIMENSION as u64,
        block_log2: 5,
        clamp: f64::INFINITY,
        clip: 2.0,
        granularity: 1.0 / 64.0,
        noise: 3.5,
        norm_bound: 128 * 128 + 600,
        parts: 2,
        honest: 3,
    }
}

fn setting() -> Setting {
    Setting {
        min_inputs: 4,
        colluders: 1,
        segments: vec![Segment::new("update", 16, PADDED as u64, Encoding::Residues).unwrap()],
        mechanism: Some(Mechanism::new(config()).unwrap()),
        ..Setting::complete(6, 4)
    }
}

/// The values of a member's part.
fn part(member: usize, part: usize) -> Vec<f64> {
    (0..DIMENSION).map(|place| ((member + 2 * part + place) as f64).sin() / 8.0).collect()
}

/// Masks the contributions of a round that has begun for all clients; the server gets those of `present`.
fn contribute(simulation: &mut Simulation<8>, present: impl Fn(usize) -> bool) -> [u8; 32] {
    let pipeline = simulation.run.pipeline().unwrap();
    let mut seed = [0; 32];
    for member in 0..simulation.members() {
        let message = simulation.due(member).unwrap();
        simulation.clients[member].begin(&message, &simulation.context).unwrap();
        seed = simulation.clients[member].rotation_seed().unwrap();
        let (mut residues, mut work) = (vec![0u32; PADDED], vec![0i64; 32]);
        let mut contribution = Contribution::new(pipeline.clone(), &seed, &mut residues).unwrap();
        for number in 0..2 {
            contribution.add_part(&mut simulation.rng, &part(member, number), &mut work).unwrap();
        }
        assert!(work.iter().all(|word| *word == 0));
        simulation.inputs[member] = vec![Column::of_lanes(16, contribution.residues().unwrap())];
        let client = &mut simulation.clients[member];
        let mut out = vec![0; client.masked_size().unwrap()];
        client.mask(&mut simulation.rng, &[Values::PrivateU32(&contribution)], &mut out).unwrap();
        drop(contribution);
        assert!(residues.iter().all(|residue| *residue == 0));
        if present(member) {
            simulation.deliver(member, &out).unwrap();
        }
    }
    seed
}

/// The sum decodes to the sum of the parts, but for noise and rounding: 12 parts with a deviation below (3.5 + 0.5) / 64 each, 50 values, six deviations:
/// a false alarm has a probability below 2^-22 for this seed, fixed once and for all.
fn assert_decodes(run: &Run, seed: &[u8; 32], survivors: &[usize], sums: &[Vec<u128>]) {
    let sum: Vec<u32> = sums[0].iter().map(|residue| u32::try_from(*residue).unwrap()).collect();
    let (mut work, mut decoded) = (vec![0i64; 32], vec![0.0; DIMENSION]);
    run.pipeline().unwrap().decode(seed, &sum, &mut work, &mut decoded).unwrap();
    let deviation = (2.0 * survivors.len() as f64).sqrt() * 4.0 / 64.0;
    for (place, value) in decoded.iter().enumerate() {
        let expected: f64 = survivors.iter().map(|&member| part(member, 0)[place] + part(member, 1)[place]).sum();
        assert!((value - expected).abs() < 6.0 * deviation, "{place}: {value} for {expected}");
    }
}

#[test]
fn rounds_with_noise_open_to_the_sum_of_the_contributions() {
    let mut simulation = Simulation::<8>::ready(&setting(), "private rounds");
    for _ in 0..2 {
        simulation.begin(None).unwrap();
        let seed = contribute(&mut simulation, |_| true);
        let (outcome, refusals) = simulation.play(&mut Faithful);
        assert_eq!(refusals, []);
        assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3, 4, 5]));
        let Outcome::Sum { survivors, sums } = outcome else { panic!("no sum") };
        assert_decodes(&simulation.run, &seed, &survivors, &sums);
    }
}

#[test]
fn a_dropout_leaves_the_shares_of_the_others() {
    let mut simulation = Simulation::<8>::ready(&setting(), "private dropout");
    simulation.begin(None).unwrap();
    let seed = contribute(&mut simulation, |member| member != 2);
    simulation.close_step().unwrap();
    let (outcome, refusals) = simulation.play(&mut Losing(|_, member| member == 2));
    assert_eq!(refusals, []);
    assert_eq!(outcome, simulation.expected(&[0, 1, 3, 4, 5]));
    let Outcome::Sum { survivors, sums } = outcome else { panic!("no sum") };
    assert_decodes(&simulation.run, &seed, &survivors, &sums);
}

#[test]
fn too_few_shares_of_noise_are_too_few_inputs() {
    let mut simulation = Simulation::<8>::ready(&setting(), "private shares");
    simulation.begin(None).unwrap();
    contribute(&mut simulation, |member| member > 2);
    let _ = simulation.close_step();
    assert_ne!(simulation.server.step(), Step::Mask);
    let (outcome, _) = simulation.play(&mut Faithful);
    assert_eq!(outcome, Outcome::Aborted(ErrorKind::TooFewInputs.code().unsigned_abs()));
}

#[test]
fn what_has_no_noise_is_refused() {
    let mut simulation = Simulation::<8>::ready(&setting(), "private refusals");
    simulation.begin(None).unwrap();
    let message = simulation.due(0).unwrap();
    simulation.clients[0].begin(&message, &simulation.context).unwrap();
    let client = &mut simulation.clients[0];
    let seed = client.rotation_seed().unwrap();
    let mut rng = Generator::new("private refusals");
    let mut out = vec![0; client.masked_size().unwrap()];
    let mut refusal =
        |values: Values<'_>| client.mask(&mut Generator::new("mask"), &[values], &mut out).unwrap_err().kind();

    assert_eq!(refusal(Values::U32(&[0; PADDED])), ErrorKind::InvalidArgument);
    assert_eq!(refusal(Values::F64(&[0.0; PADDED])), ErrorKind::InvalidArgument);
    assert_eq!(refusal(Values::F64(&[0.0; DIMENSION])), ErrorKind::InvalidLength);

    let pipeline = simulation.run.pipeline().unwrap();
    let (mut residues, mut work) = (vec![0u32; PADDED], vec![0i64; 32]);
    let mut half = Contribution::new(pipeline.clone(), &seed, &mut residues).unwrap();
    half.add_part(&mut rng, &part(0, 0), &mut work).unwrap();
    assert_eq!(refusal(Values::PrivateU32(&half)), ErrorKind::OutOfOrder);
    half.add_part(&mut rng, &part(0, 1), &mut work).unwrap();
    assert_eq!(half.add_part(&mut rng, &part(0, 2), &mut work).unwrap_err().kind(), ErrorKind::OutOfOrder);
    drop(half);

    let mut earlier = Contribution::new(pipeline, &[7; 32], &mut residues).unwrap();
    for number in 0..2 {
        earlier.add_part(&mut rng, &part(0, number), &mut work).unwrap();
    }
    assert_eq!(refusal(Values::PrivateU32(&earlier)), ErrorKind::WrongRound);
    drop(earlier);

    let other = Mechanism::new(MechanismConfig { noise: 3.0, ..config() }).unwrap();
    let segment = &simulation.run.config().segments[0];
    let pipeline = Pipeline::new(other, segment.bits(), simulation.run.config().suite).unwrap();
    let mut weaker = Contribution::new(pipeline, &seed, &mut residues).unwrap();
    for number in 0..2 {
        weaker.add_part(&mut rng, &part(0, number), &mut work).unwrap();
    }
    assert_eq!(refusal(Values::PrivateU32(&weaker)), ErrorKind::InvalidArgument);
}

#[test]
fn runs_that_would_let_something_pass_without_noise_are_refused() {
    let roster = roster_of(&secrets(&mut Generator::new("private runs"), 6));
    let refusal = |setting: Setting| {
        let mut description = [0; MAX_DESCRIPTION_SIZE];
        setting.config(&roster).encode(&mut description).unwrap_err().kind()
    };
    let with = |segments: Vec<Segment>| Setting { segments, ..setting() };
    let segment = |bits, length, encoding| Segment::new("update", bits, length, encoding).unwrap();
    let update = || segment(16, PADDED as u64, Encoding::Residues);
    let count = Segment::new("count", 16, 1, Encoding::Residues).unwrap();
    assert_eq!(refusal(with(vec![update(), count])), ErrorKind::InvalidMechanism);
    assert_eq!(refusal(with(vec![segment(16, DIMENSION as u64, Encoding::Residues)])), ErrorKind::InvalidMechanism);
    assert_eq!(refusal(with(vec![segment(63, PADDED as u64, Encoding::Residues)])), ErrorKind::InvalidMechanism);
    assert_eq!(
        refusal(with(vec![segment(16, PADDED as u64, Encoding::FixedPoint { fraction: 0 })])),
        ErrorKind::InvalidMechanism
    );
    assert_eq!(refusal(Setting { colluders: 2, threshold: 5, ..setting() }), ErrorKind::InvalidMechanism);
    // More honest inputs than t + 1 - c are not sure on the complete graph, nor more than 2t - k - c + 1 on a sparse one.
    let honest = |honest| Some(Mechanism::new(MechanismConfig { honest, ..config() }).unwrap());
    let all = Setting { min_inputs: 6, mechanism: honest(4), ..setting() };
    all.run(&roster);
    assert_eq!(refusal(Setting { mechanism: honest(5), ..all.clone() }), ErrorKind::InvalidMechanism);
    let sparse = Setting { degree: 4, threshold: 4, mechanism: honest(4), ..all };
    sparse.run(&roster);
    assert_eq!(refusal(Setting { mechanism: honest(5), ..sparse }), ErrorKind::InvalidMechanism);
}

#[test]
fn mechanisms_outside_their_bounds_are_refused() {
    let refused = |config: MechanismConfig| {
        Mechanism::new(config).is_err_and(|error| error.kind() == ErrorKind::InvalidMechanism)
    };
    assert!(!refused(config()));
    for wrong in [
        MechanismConfig { dimension: 0, ..config() },
        MechanismConfig { dimension: (1 << 28) + 1, ..config() },
        MechanismConfig { dimension: u64::MAX, ..config() },
        MechanismConfig { block_log2: 29, ..config() },
        MechanismConfig { block_log2: 64, ..config() },
        MechanismConfig { clamp: 0.0, ..config() },
        MechanismConfig { clamp: f64::NAN, ..config() },
        MechanismConfig { clip: 0.0, ..config() },
        MechanismConfig { clip: f64::INFINITY, ..config() },
        MechanismConfig { clip: f64::NAN, ..config() },
        MechanismConfig { granularity: -1.0, ..config() },
        MechanismConfig { granularity: 3.0, ..config() },
        MechanismConfig { granularity: 2.0 / (1u64 << 32) as f64, ..config() },
        MechanismConfig { noise: 0.25, ..config() },
        MechanismConfig { noise: 131_073.0, ..config() },
        MechanismConfig { noise: f64::NAN, ..config() },
        MechanismConfig { norm_bound: 128 * 128 - 1, ..config() },
        MechanismConfig { norm_bound: u64::MAX, ..config() },
        MechanismConfig { parts: 0, ..config() },
        MechanismConfig { parts: (1 << 16) + 1, ..config() },
        MechanismConfig { honest: 0, ..config() },
    ] {
        assert!(refused(wrong), "{wrong:?}");
    }
}

#[test]
fn descriptions_with_a_mechanism_are_read_as_written() {
    let roster = roster_of(&secrets(&mut Generator::new("private description"), 6));
    let run = setting().run(&roster);
    assert_eq!(run.config().mechanism, setting().mechanism);
    let without = Setting { mechanism: None, ..setting() }.run(&roster);
    assert_ne!(run.hash(), without.hash());
    assert_eq!(without.pipeline().unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn descriptions_with_a_wrong_mechanism_are_refused() {
    let roster = roster_of(&secrets(&mut Generator::new("private description"), 6));
    let mut description = [0; MAX_DESCRIPTION_SIZE];
    let size = setting().config(&roster).encode(&mut description).unwrap();
    let description = &description[..size];
    // The mechanism: ten items, its kind, and the dimension, which takes two bytes.
    let start = description.windows(4).position(|bytes| bytes == [0x8a, 0x01, 0x18, 50]).unwrap();
    let noise =
        description.windows(9).position(|bytes| bytes[0] == 0x1b && bytes[1..] == 3.5f64.to_bits().to_be_bytes());
    let refusal = |at: usize, put: &[u8]| {
        let mut changed = description.to_vec();
        changed[at..at + put.len()].copy_from_slice(put);
        Run::decode(&changed).unwrap_err().kind()
    };
    assert_eq!(refusal(start + 1, &[0x02]), ErrorKind::Unsupported);
    assert_eq!(refusal(start + 3, &[97]), ErrorKind::InvalidMechanism);
    assert_eq!(refusal(start + 2, &[0x19]), ErrorKind::Malformed);
    assert_eq!(refusal(noise.unwrap() + 1, &f64::NAN.to_bits().to_be_bytes()), ErrorKind::InvalidMechanism);
    assert_eq!(refusal(noise.unwrap(), &[0xfb]), ErrorKind::Malformed);
    for cut in 1..size {
        assert!(Run::decode(&description[..cut]).is_err());
    }
}
