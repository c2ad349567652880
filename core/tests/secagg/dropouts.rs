//! Dropouts: whoever falls silent wherever, the round ends as a model of a few lines says (`support/model.rs`), with exactly the sum over
//! those who are in it or with the code of the abort, and the next round is none the worse for it.

use core::cell::RefCell;
use std::collections::BTreeSet;

use crate::support::model::{Rules, Silence};
use crate::support::random::Generator;
use crate::support::setting::Setting;
use crate::support::simulation::{Faithful, Losing, Moment, Network, Outcome, Refusal, Simulation};
use cloakwork_core::ErrorKind;
use cloakwork_core::secagg::{ClientState, Step};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Members fall silent as planned: their answers are lost, or they do not hear the questions either.
struct Fading<'a> {
    silences: &'a [Silence],
    deaf: bool,
}

impl Fading<'_> {
    fn is_silent(&self, moment: Moment, member: usize) -> bool {
        let silence = self.silences[member];
        match moment.step {
            Step::Mask => silence == Silence::Mask,
            Step::Survive => silence <= Silence::Survive(moment.pass),
            _ => silence <= Silence::Unmask,
        }
    }
}

impl Network for Fading<'_> {
    fn to_client(&mut self, moment: Moment, receiver: usize, message: Vec<u8>) -> Vec<Vec<u8>> {
        if self.deaf && self.is_silent(moment, receiver) { Vec::new() } else { vec![message] }
    }

    fn to_server(&mut self, moment: Moment, sender: usize, message: Vec<u8>) -> Vec<Vec<u8>> {
        if self.is_silent(moment, sender) { Vec::new() } else { vec![message] }
    }
}

/// Plays a round with these silences and compares it with the model; returns whether it gave a sum.
fn check<const K: usize>(
    simulation: &mut Simulation<K>,
    neighbours: &[Vec<usize>],
    silences: &[Silence],
    deaf: bool,
) -> bool {
    let config = simulation.run.config();
    let rules = Rules {
        neighbours,
        threshold: config.threshold as usize,
        min_inputs: config.min_inputs as usize,
        max_passes: config.max_passes,
    };
    let predicted = rules.outcome(silences);
    let (outcome, refusals) = simulation.round(&mut Fading { silences, deaf });
    // Who did not hear of the round does not know what finished.
    let unaware = (0..silences.len()).filter(|&member| deaf && silences[member] == Silence::Mask);
    let expected: Vec<Refusal> =
        unaware.map(|member| Refusal::ByClient(member, ErrorKind::OutOfOrder.into())).collect();
    assert_eq!(refusals, expected, "{silences:?}");
    let expected = match &predicted {
        Ok(survivors) => simulation.expected(survivors),
        Err(kind) => Outcome::Aborted(kind.code().unsigned_abs()),
    };
    assert_eq!(outcome, expected, "{silences:?}");
    let everyone_is_back = simulation.clients.iter().all(|client| client.state() == ClientState::Ready);
    assert!(everyone_is_back, "{silences:?}");
    predicted.is_ok()
}

fn neighbourhoods<const K: usize>(simulation: &Simulation<K>) -> Vec<Vec<usize>> {
    (0..simulation.members()).map(|position| simulation.neighbours(position)).collect()
}

/// All points at which a member can fall silent.
fn points(max_passes: u8) -> Vec<Silence> {
    let survive = (1..=max_passes).map(Silence::Survive);
    [Silence::Never, Silence::Mask].into_iter().chain(survive).chain([Silence::Unmask]).collect()
}

/// Every pattern over n members, in one run: returns how many gave a sum.
fn every_pattern<const K: usize>(setting: &Setting) -> (usize, usize) {
    let members = setting.members as usize;
    let mut simulation = Simulation::<K>::ready(setting, "every pattern");
    let neighbours = neighbourhoods(&simulation);
    let points = points(setting.max_passes);
    let patterns = points.len().pow(setting.members);
    let mut sums = 0;
    for pattern in 0..patterns {
        let digit = |member: usize| pattern / points.len().pow(member as u32) % points.len();
        let silences: Vec<Silence> = (0..members).map(|member| points[digit(member)]).collect();
        sums += usize::from(check(&mut simulation, &neighbours, &silences, pattern % 2 == 1));
    }
    simulation.assert_round();
    (sums, patterns)
}

/// With t = 2 of 3 nobody may be missing: one member less leaves the others one neighbour each.
#[test]
fn every_pattern_of_three() {
    let sums = every_pattern::<2>(&Setting { max_passes: 3, ..Setting::complete(3, 2) });
    assert_eq!(sums, (1, 216));
}

#[test]
fn every_pattern_of_four() {
    // t = 2: one may be missing; if nobody went before, each member needs two of its three neighbours to give shares.
    let (sums, patterns) = every_pattern::<3>(&Setting { max_passes: 2, ..Setting::complete(4, 2) });
    assert_eq!(patterns, 625);
    assert_eq!(sums, 1 + 4 + 4 * 3);
    let (sums, _) = every_pattern::<3>(&Setting { max_passes: 1, colluders: 1, ..Setting::complete(4, 3) });
    assert_eq!(sums, 1, "t = 3 of 4 tolerates nothing");
}

#[test]
fn every_pattern_of_five() {
    let (sums, patterns) = every_pattern::<4>(&Setting { max_passes: 2, colluders: 1, ..Setting::complete(5, 3) });
    assert_eq!(patterns, 3125);
    assert_eq!(sums, 1 + 5 + 5 * 3);
    let (sums, _) = every_pattern::<4>(&Setting { max_passes: 1, min_inputs: 5, ..Setting::complete(5, 3) });
    assert_eq!(sums, 1 + 5 * 2, "the sum of four is not to be opened; a member that gives no shares is in the sum");
}

/// On a ring of five with k = 2 and t = 2 a break unravels everything.
#[test]
fn every_pattern_of_a_ring() {
    let (sums, _) = every_pattern::<2>(&Setting { max_passes: 1, ..Setting::sparse(5, 2, 2) });
    assert_eq!(sums, 1);
}

/// Without recovery the one pattern with a sum is the one in which nobody is silent.
#[test]
fn every_pattern_without_recovery() {
    for (members, degree) in [(2_u32, 0), (3, 0), (5, 2)] {
        let setting = Setting { degree, ..Setting::no_recovery(members) };
        let mut simulation = Simulation::<4>::ready(&setting, "no recovery");
        for pattern in 0..1_usize << members {
            let mut network = Losing(|moment: Moment, member| moment.step == Step::Mask && pattern >> member & 1 == 1);
            let (outcome, refusals) = simulation.round(&mut network);
            assert_eq!(refusals, []);
            let everyone: Vec<usize> = (0..members as usize).collect();
            let expected = match pattern {
                0 => simulation.expected(&everyone),
                _ => Outcome::Aborted(ErrorKind::NoRecovery.code().unsigned_abs()),
            };
            assert_eq!(outcome, expected);
        }
        simulation.assert_round();
    }
}

/// The set shrinks step by step until the run forbids it or its bounds do.
#[test]
fn one_after_the_other() {
    for max_passes in 1..=5 {
        let setting = Setting { max_passes, ..Setting::complete(9, 5) };
        let mut simulation = Simulation::<8>::ready(&setting, "one after the other");
        let neighbours = neighbourhoods(&simulation);
        let mut silences = vec![Silence::Never; 9];
        silences[3] = Silence::Mask;
        for (pass, member) in [(1, 8), (2, 0), (3, 5)] {
            let gave_a_sum = check(&mut simulation, &neighbours, &silences, false);
            assert_eq!(gave_a_sum, max_passes >= pass, "{pass} of {max_passes}");
            silences[member] = Silence::Survive(pass);
        }
        assert!(!check(&mut simulation, &neighbours, &silences, true), "five are left: four neighbours each, below t");
        simulation.assert_round();
    }
}

#[test]
fn the_server_stops_a_round_anywhere() {
    let mut simulation = Simulation::<4>::ready(&Setting::complete(5, 3), "stopped");
    for steps in 0..3 {
        simulation.begin(None).unwrap();
        for _ in 0..steps {
            let mut network = Losing(|moment: Moment, member| moment.step == Step::Mask && member == 4);
            assert_eq!(simulation.step(&mut network), []);
        }
        simulation.stop().unwrap();
        let (outcome, refusals) = simulation.play(&mut Faithful);
        assert_eq!(outcome, Outcome::Aborted(ErrorKind::Stopped.code().unsigned_abs()));
        assert_eq!(refusals.len(), if steps == 0 { 5 } else { 0 }, "nobody heard of the first one");
        simulation.assert_round();
    }
}

/// A member that hears nothing of the end of a round, or of the round as a whole, takes part in the next one.
#[test]
fn missed_rounds_and_endings() {
    let mut simulation = Simulation::<4>::ready(&Setting::complete(5, 3), "missed");
    for lost_from in [Step::Mask, Step::Survive, Step::Unmask] {
        simulation.begin(None).unwrap();
        while !matches!(simulation.server.step(), Step::Sum | Step::Finished) {
            let silent = |moment: Moment| moment.step as u8 >= lost_from as u8;
            assert_eq!(simulation.step(&mut Losing(|moment, member| member == 2 && silent(moment))), []);
        }
        if simulation.server.step() == Step::Sum {
            simulation.sum();
        }
        // Nobody is told that it is over.
        let states: BTreeSet<u8> = simulation.clients.iter().map(|client| client.state() as u8).collect();
        assert!(!states.contains(&(ClientState::Ready as u8)));
        simulation.assert_round();
    }
}

/// Late answers are refused and change nothing: the set that was announced stands.
#[test]
fn answers_that_come_too_late() {
    let mut simulation = Simulation::<4>::ready(&Setting::complete(5, 3), "late");
    let mut late = Vec::new();
    simulation.begin(None).unwrap();
    for moment in [Step::Mask, Step::Survive] {
        assert_eq!(simulation.server.step(), moment);
        let mut network = Keeping { member: 1, kept: Vec::new() };
        assert_eq!(simulation.step(&mut network), []);
        late.extend(network.kept);
        for message in &late {
            let before = simulation.view();
            let refused = simulation.deliver(1, message).unwrap_err();
            assert!(matches!(refused.kind(), ErrorKind::OutOfOrder), "{refused}");
            assert_eq!(simulation.view(), before);
        }
    }
    assert_eq!(late.len(), 1, "who is left out is not asked again");
    let (outcome, refusals) = simulation.play(&mut Faithful);
    assert_eq!(refusals, []);
    assert_eq!(outcome, simulation.expected(&[0, 2, 3, 4]));
}

/// Keeps back the answers of one member.
struct Keeping {
    member: usize,
    kept: Vec<Vec<u8>>,
}

impl Network for Keeping {
    fn to_server(&mut self, _moment: Moment, sender: usize, message: Vec<u8>) -> Vec<Vec<u8>> {
        if sender != self.member {
            return vec![message];
        }
        self.kept.push(message);
        Vec::new()
    }
}

/// Who is lost in set-up is not in the rounds of that epoch and is back in the next one.
fn check_set_up<const K: usize>(simulation: &mut Simulation<K>, lost: &[(Step, usize)]) {
    let neighbours = neighbourhoods(simulation);
    let config = simulation.run.config().clone();
    let needed = if config.threshold == 0 { config.colluders + 1 } else { config.threshold };
    let rules = Rules {
        neighbours: &neighbours,
        threshold: needed as usize,
        min_inputs: config.min_inputs as usize,
        max_passes: config.max_passes,
    };
    let mut set: BTreeSet<usize> = (0..simulation.members()).collect();
    let mut fails = false;
    for step in [Step::Advertise, Step::Confirm] {
        set.retain(|&member| !lost.contains(&(step, member)));
        set = rules.settled(set);
        fails |= set.len() < rules.min_inputs;
    }
    let refusals = simulation.set_up(&mut Losing(|moment: Moment, member| lost.contains(&(moment.step, member))));
    assert_eq!(refusals, [], "{lost:?}");
    if fails {
        assert_eq!(simulation.server.step(), Step::Idle, "{lost:?}");
        return;
    }
    assert_eq!(simulation.server.step(), Step::Ready, "{lost:?}");
    let left: Vec<usize> = set.into_iter().collect();
    assert_eq!(simulation.positions(&simulation.server.confirmed()), left, "{lost:?}");
    let (outcome, refusals) = simulation.round(&mut Faithful);
    assert_eq!(refusals, [], "{lost:?}");
    assert_eq!(outcome, simulation.expected(&left), "{lost:?}");
}

#[test]
fn every_dropout_in_set_up() {
    let settings =
        [Setting::complete(4, 2), Setting::complete(5, 3), Setting::sparse(6, 4, 3), Setting::no_recovery(4)];
    for setting in settings {
        let members = setting.members as usize;
        let mut simulation = Simulation::<5>::new(&setting, "set-up");
        // Each member answers everything, does not advertise, or does not confirm.
        for pattern in 0..3_usize.pow(setting.members) {
            let lost: Vec<(Step, usize)> = (0..members)
                .filter_map(|member| match pattern / 3_usize.pow(member as u32) % 3 {
                    1 => Some((Step::Advertise, member)),
                    2 => Some((Step::Confirm, member)),
                    _ => None,
                })
                .collect();
            if lost.len() <= 2 {
                check_set_up(&mut simulation, &lost);
            }
        }
        assert_eq!(simulation.set_up(&mut Faithful), []);
        simulation.assert_round();
    }
}

/// Confirmations that a member did not collect in time are still there when the round has begun.
#[test]
fn confirmations_are_collected_late() {
    let mut simulation = Simulation::<4>::new(&Setting::complete(5, 3), "late confirmations");
    simulation.invite().unwrap();
    while simulation.server.step() != Step::Ready {
        assert_eq!(simulation.step(&mut Faithful), []);
    }
    simulation.begin(None).unwrap();
    for position in 0..5 {
        let begin = simulation.due(position).unwrap();
        assert_eq!(simulation.answer(position, &begin).unwrap_err().kind(), ErrorKind::OutOfOrder);
        let confirmations = simulation.server.confirmations(simulation.id(position)).unwrap().unwrap();
        assert_eq!(simulation.answer(position, &confirmations).unwrap(), None);
    }
    let (outcome, refusals) = simulation.play(&mut Faithful);
    assert_eq!(refusals, []);
    assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3, 4]));
}

fn silence() -> impl Strategy<Value = Silence> {
    prop_oneof![
        6 => Just(Silence::Never),
        1 => Just(Silence::Mask),
        1 => (1..=3_u8).prop_map(Silence::Survive),
        1 => Just(Silence::Unmask),
    ]
}

/// So many cases, the same ones every time.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0x64_72_6f_70),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn any_pattern_on_the_complete_graph(
        members in 6..=12_u32,
        above in 0..3_u32,
        colluders in 0..3_u32,
        max_passes in 1..=4_u8,
        min_inputs in 2..=6_u32,
        patterns in prop::collection::vec(prop::collection::vec(silence(), 12), 4),
    ) {
        let threshold = ((members - 1 + colluders) / 2 + 1 + above).min(members - 1);
        let setting = Setting { colluders, max_passes, min_inputs, ..Setting::complete(members, threshold) };
        let mut simulation = Simulation::<11>::ready(&setting, "any pattern");
        let neighbours = neighbourhoods(&simulation);
        for (index, pattern) in patterns.iter().enumerate() {
            check(&mut simulation, &neighbours, &pattern[..members as usize], index % 2 == 1);
        }
        simulation.assert_round();
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn any_pattern_on_a_sparse_graph(
        members in 14..=40_u32,
        half in 3..=6_u32,
        max_passes in 1..=4_u8,
        patterns in prop::collection::vec(prop::collection::vec(silence(), 40), 4),
    ) {
        let setting = Setting { max_passes, ..Setting::sparse(members, 2 * half, half + 1) };
        let mut simulation = Simulation::<12>::ready(&setting, "any sparse pattern");
        let neighbours = neighbourhoods(&simulation);
        for (index, pattern) in patterns.iter().enumerate() {
            check(&mut simulation, &neighbours, &pattern[..members as usize], index % 2 == 1);
        }
        simulation.assert_round();
    }
}

thread_local! {
    /// One set-up for all cases.
    static LARGE: RefCell<Simulation<16>> = RefCell::new(Simulation::ready(&Setting::sparse(60, 16, 10), "large"));
}

proptest! {
    #![proptest_config(cases(40))]

    /// A few of many are lost: most of these rounds give a sum.
    #[test]
    fn few_of_many_on_a_sparse_graph(lost in prop::collection::vec((0..60_usize, silence()), 0..12)) {
        let mut silences = vec![Silence::Never; 60];
        for (member, silence) in lost {
            silences[member] = silence;
        }
        LARGE.with_borrow_mut(|simulation| {
            let neighbours = neighbourhoods(simulation);
            check(simulation, &neighbours, &silences, false);
        });
    }
}

/// Members go until too few are left for anybody; the model and the server agree on every step of the way.
#[test]
fn a_sparse_graph_falls_apart() {
    let setting = Setting { max_passes: 255, ..Setting::sparse(30, 6, 4) };
    let mut simulation = Simulation::<6>::ready(&setting, "falling apart");
    let neighbours = neighbourhoods(&simulation);
    let mut order: Vec<usize> = (0..30).collect();
    Generator::new("order of leaving").shuffle(&mut order);
    let mut silences = vec![Silence::Never; 30];
    let mut sums = 0;
    for (index, &member) in order.iter().enumerate() {
        silences[member] = if index == 0 { Silence::Mask } else { Silence::Survive(index as u8) };
        sums += usize::from(check(&mut simulation, &neighbours, &silences, index % 2 == 0));
    }
    assert!((3..20).contains(&sums), "{sums} rounds gave a sum");
    simulation.assert_round();
}
