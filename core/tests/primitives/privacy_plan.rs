//! The planner: known granularities, and promises that are kept when computed again.

use cloakwork_core::privacy::accountant::bounds::{BETA, rounded_l2_squared};
use cloakwork_core::privacy::accountant::rdp::Gaussian;
use cloakwork_core::privacy::accountant::{Accountant, Round};
use cloakwork_core::privacy::mechanism::Mechanism;
use cloakwork_core::privacy::parameter::{Bound, Parameter, ParameterError};
use cloakwork_core::privacy::plan::{Plan, Summands, Wanted, choose, expected_error, granularity, wrap};
use cloakwork_core::privacy::unit::{Neighbours, Unit};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::random::Generator;

/// Mean estimation among 100 clients: the setting of the paper's figure 1 at epsilon 3.
const MEAN: Wanted = Wanted {
    clients: 100,
    honest: 100,
    parts: 1,
    dimension: 250,
    block_log2: 8,
    bits: 16,
    epsilon: 3.0,
    delta: 1e-5,
    rounds: 1,
    clip: 1.0,
    clamp: f64::INFINITY,
    unit: Unit::Part,
    neighbours: Neighbours::ZeroOut,
    wraps: 1e-6,
};

#[track_caller]
fn close(value: f64, expected: f64, relative: f64) {
    assert!((value - expected).abs() <= relative * expected.abs(), "{value} is not {expected}");
}

#[test]
fn known_granularities() {
    let rows = [
        (0.1, 1.0, 16, 100, 1024, 4.0, 2496.7222913832998),
        (9.5e-4, 0.03, 16, 100, 1 << 20, 4.0, 824021.8398005372),
        (0.05, 1.0, 20, 1000, 1 << 20, 3.0, 94038.9931608369),
        (0.5, 1.0, 18, 10, 4096, 4.0, 20623.845142895716),
        // Of FL4Health's accountant, which then multiplies it by 0.001.
        (0.07, 3.0, 16, 50, 1_018_174, 4.0, 1e-3 / 6.308784998314889e-8),
    ];
    for (sigma, clip, bits, count, block, margin, inverse) in rows {
        let summands = Summands { count, clip, sigma, block };
        close(1.0 / granularity(&summands, bits, margin).unwrap(), inverse, 1e-14);
    }
    // The rounding errors of 100 parts alone reach 40 units at four standard deviations.
    let summands = Summands { count: 100, clip: 1.0, sigma: 1.0, block: 1024 };
    let error = granularity(&summands, 5, 4.0).unwrap_err();
    assert_eq!((error.parameter(), error.bound(), error.works()), (Parameter::Bits, Bound::AtLeast(6.0), Some(6.0)));
    assert!(granularity(&summands, 6, 4.0).is_ok());
    assert_eq!(error.to_string(), "the number of bits is 5 and must be at least 6; 6 works");
}

/// Everything that a plan says, computed again from its parameters.
fn check(wanted: &Wanted, plan: &Plan) {
    let config = *plan.config();
    let mechanism = Mechanism::new(config).unwrap();
    assert_eq!(mechanism, plan.mechanism);
    assert_eq!(
        (config.dimension, config.block_log2, config.parts),
        (wanted.dimension, wanted.block_log2, wanted.parts)
    );
    assert_eq!((config.clip, config.clamp, config.honest), (wanted.clip, wanted.clamp, wanted.honest));

    let mut accountant = Accountant::new();
    let round = Round::new(&mechanism, wanted.unit, wanted.neighbours).unwrap();
    for _ in 0..wanted.rounds {
        accountant.add(&round, 1);
    }
    let loss = accountant.epsilon(wanted.delta).unwrap();
    close(loss.epsilon, plan.loss.epsilon, 1e-10);
    assert!(plan.loss.epsilon <= wanted.epsilon);
    assert!(accountant.delta(plan.loss.epsilon).unwrap() <= wanted.delta * (1.0 + 1e-9));
    // Nothing is given away, unless the sampler serves no less noise.
    assert!(plan.loss.epsilon >= 0.999 * wanted.epsilon || config.noise == 0.5, "{plan:?}");

    let bound = rounded_l2_squared(config.clip / config.granularity, mechanism.padded(), BETA);
    assert_eq!(config.norm_bound, bound.floor() as u64);
    assert_eq!(plan.wrap, wrap(&mechanism, wanted.clients, wanted.bits));
    assert_eq!(plan.error, expected_error(&mechanism, wanted.clients, wanted.bits));
    assert!(plan.wrap.vector <= wanted.wraps);
    close(plan.sigma, config.noise * config.granularity, 1e-15);

    // The margin is that of the granularity rule.
    let count = u64::from(wanted.clients) * u64::from(wanted.parts);
    let summands = Summands { count, clip: config.clip, sigma: plan.sigma, block: mechanism.block() };
    close(granularity(&summands, wanted.bits, plan.wrap.margin).unwrap(), config.granularity, 1e-9);
}

/// The least noise multiplier of the central Gaussian mechanism with the same accountant.
fn central(wanted: &Wanted) -> f64 {
    let (mut low, mut high) = (0.1, 1000.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        let mut accountant = Accountant::new();
        accountant.add(&Gaussian::new(middle).unwrap(), wanted.rounds);
        if accountant.epsilon(wanted.delta).unwrap().epsilon <= wanted.epsilon { high = middle } else { low = middle }
    }
    high
}

/// Mean estimation: at 16 bits the squared error is within 2 % of the central Gaussian's; fewer bits cost, and too few are refused with the number
/// that suffices.
#[test]
fn errors_are_those_of_a_central_gaussian() {
    for epsilon in [0.75, 1.5, 3.0, 6.0] {
        let mut last = f64::INFINITY;
        for bits in [12, 14, 16, 18] {
            let wanted = Wanted { epsilon, bits, ..MEAN };
            let plan = choose(&wanted).unwrap();
            check(&wanted, &plan);
            let ratio = plan.error.square() / central(&wanted).powi(2);
            assert!(ratio >= 1.0 && ratio < last, "{ratio} {last}");
            assert!(bits < 16 || ratio <= 1.02, "{ratio}");
            last = ratio;
        }
    }
}

/// Every unit, several rounds, parts, blocks, and fewer honest clients than clients.
#[test]
fn plans_keep_their_promises() {
    let wanted = [
        Wanted { dimension: 1_000_000, block_log2: 20, bits: 18, rounds: 100, epsilon: 8.0, honest: 60, ..MEAN },
        Wanted { dimension: 1_000_000, block_log2: 16, bits: 20, rounds: 20, delta: 1e-8, ..MEAN },
        Wanted { parts: 8, unit: Unit::Client, bits: 24, ..MEAN },
        Wanted { parts: 8, unit: Unit::Part, bits: 20, neighbours: Neighbours::ReplaceOne, ..MEAN },
        Wanted { unit: Unit::Record { clip: 0.02 }, bits: 24, rounds: 50, ..MEAN },
        Wanted { clients: 3, honest: 2, dimension: 11, block_log2: 4, bits: 32, epsilon: 1.0, rounds: 10, ..MEAN },
        Wanted { clients: 1, honest: 1, dimension: 1, block_log2: 0, bits: 10, epsilon: 0.5, ..MEAN },
        Wanted { clients: 3, honest: 1, bits: 55, ..MEAN },
        Wanted { clip: 1e-9, epsilon: 20.0, clients: 1000, honest: 990, ..MEAN },
        Wanted { clip: 1e9, clamp: 3.0, wraps: 2.0, ..MEAN },
    ];
    for wanted in wanted {
        check(&wanted, &choose(&wanted).unwrap());
    }
}

#[track_caller]
/// What a plan promises is what its own parameters promise, and each argument has a range.
#[test]
fn given_parameters_promise_what_a_plan_states() {
    let plan = choose(&MEAN).unwrap();
    let expect = |clients, bits, delta, rounds| {
        Plan::expect(plan.mechanism, MEAN.unit, MEAN.neighbours, clients, bits, delta, rounds)
    };
    assert_eq!(expect(MEAN.clients, MEAN.bits, MEAN.delta, MEAN.rounds), Ok(plan));
    let more = expect(2 * MEAN.clients, MEAN.bits, MEAN.delta, 5 * MEAN.rounds).unwrap();
    assert!(more.loss.epsilon > plan.loss.epsilon && more.wrap.vector > plan.wrap.vector);
    close(more.error.noise, 2f64.sqrt() * plan.error.noise, 1e-14);
    let refused = |found: Result<Plan, ParameterError>| found.unwrap_err().parameter();
    assert_eq!(refused(expect(MEAN.clients, 0, MEAN.delta, 1)), Parameter::Bits);
    assert_eq!(refused(expect(MEAN.clients, 56, MEAN.delta, 1)), Parameter::Bits);
    assert_eq!(refused(expect(MEAN.honest - 1, 16, MEAN.delta, 1)), Parameter::Honest);
    assert_eq!(refused(expect(0, 16, MEAN.delta, 1)), Parameter::Clients);
    assert_eq!(refused(expect(MEAN.clients, 16, MEAN.delta, 0)), Parameter::Rounds);
    assert_eq!(refused(expect(MEAN.clients, 16, 1.0, 1)), Parameter::Delta);
}

fn refusal(wanted: Wanted, parameter: Parameter) -> ParameterError {
    let error = choose(&wanted).unwrap_err();
    assert_eq!(error.parameter(), parameter, "{error}");
    assert!(!error.bound().holds(error.given()), "{error}");
    assert!(error.works().is_none_or(|works| error.bound().holds(works)), "{error}");
    error
}

/// A parameter, how it is set, and values that are refused.
type Refused = (Parameter, fn(&mut Wanted, f64), &'static [f64]);

/// Every refusal names the parameter, and the value that it proposes works.
#[test]
fn refusals_propose_what_works() {
    let set: [Refused; 12] = [
        (Parameter::Clients, |wanted, value| wanted.clients = value as u32, &[0.0, 16_777_217.0]),
        (Parameter::Honest, |wanted, value| wanted.honest = value as u32, &[0.0, 101.0]),
        (Parameter::Parts, |wanted, value| wanted.parts = value as u32, &[0.0, 65_537.0]),
        (Parameter::Dimension, |wanted, value| wanted.dimension = value as u64, &[0.0, 268_435_457.0]),
        (Parameter::BlockLog2, |wanted, value| wanted.block_log2 = value as u8, &[29.0]),
        (Parameter::Bits, |wanted, value| wanted.bits = value as u8, &[0.0, 1.0, 2.0, 7.0, 56.0]),
        (Parameter::Rounds, |wanted, value| wanted.rounds = value as u32, &[0.0]),
        (Parameter::Epsilon, |wanted, value| wanted.epsilon = value, &[0.0, -1.0, f64::NAN, 65.0, f64::INFINITY]),
        (Parameter::Delta, |wanted, value| wanted.delta = value, &[0.0, 1.0, f64::NAN, -1.0, 1e-30]),
        (Parameter::Clip, |wanted, value| wanted.clip = value, &[0.0, -1.0, f64::NAN, f64::INFINITY, 1e30, 1e-30]),
        (Parameter::Clamp, |wanted, value| wanted.clamp = value, &[0.0, -1.0, f64::NAN]),
        (Parameter::Wraps, |wanted, value| wanted.wraps = value, &[0.0, f64::NAN, f64::INFINITY, 1e-12]),
    ];
    for (parameter, assign, values) in set {
        for value in values {
            let mut wanted = MEAN;
            assign(&mut wanted, *value);
            let error = refusal(wanted, parameter);
            let works = error.works().unwrap();
            assign(&mut wanted, works);
            // The number of honest clients follows the number of clients; the ring the length of a block.
            wanted.honest = wanted.honest.min(wanted.clients);
            match choose(&wanted) {
                Ok(plan) => check(&wanted, &plan),
                Err(next) => assert_ne!(next.parameter(), parameter, "{error}, then {next}"),
            }
        }
    }
    for clip in [0.0, -1.0, f64::NAN, 2.0] {
        refusal(Wanted { unit: Unit::Record { clip }, ..MEAN }, Parameter::RecordClip);
    }
}

/// With too few bits, the number proposed is the least that works.
#[test]
fn too_few_bits() {
    let wanted = Wanted { dimension: 1_000_000, block_log2: 20, bits: 10, rounds: 10, ..MEAN };
    let error = refusal(wanted, Parameter::Bits);
    let bits = error.works().unwrap() as u8;
    assert!(bits > 10);
    check(&Wanted { bits, ..wanted }, &choose(&Wanted { bits, ..wanted }).unwrap());
    assert_eq!(choose(&Wanted { bits: bits - 1, ..wanted }).unwrap_err().works(), Some(f64::from(bits)));
}

/// Where no bits help, because the sampler's noise ends before, the least epsilon that it serves is proposed, to three digits.
#[test]
fn too_small_an_epsilon() {
    let wanted =
        Wanted { dimension: 1_000_000, block_log2: 20, bits: 43, epsilon: 1e-3, honest: 50, rounds: 100, ..MEAN };
    let error = refusal(wanted, Parameter::Epsilon);
    let epsilon = error.works().unwrap();
    check(&Wanted { epsilon, ..wanted }, &choose(&Wanted { epsilon, ..wanted }).unwrap());
    assert!(choose(&Wanted { epsilon: 0.999 * epsilon, ..wanted }).is_err());
}

/// A standard normal number (Box, Muller, 1958).
fn normal(generator: &mut Generator) -> f64 {
    let [angle, radius] = [(); 2].map(|()| (generator.word() >> 11) as f64 / (1u64 << 53) as f64);
    (-2.0 * (1.0 - radius).ln()).sqrt() * (core::f64::consts::TAU * angle).cos()
}

/// Sums at the end of what clients may contribute: all parts are equal and lie along one axis, so that every rotated coordinate of the sum is N c /
/// sqrt(B) away from zero. The frequency of wrapped coordinates in a ring that is too small keeps the bound. A tenth of it is expected, so that
/// 200,000 coordinates exceed it with a probability below 10^-100.
#[test]
fn stated_wraps_are_not_exceeded() {
    let plan = choose(&Wanted { epsilon: 0.5, bits: 16, ..MEAN }).unwrap();
    let config = plan.config();
    let wrap = wrap(&plan.mechanism, 100, 15);
    let shift = 100.0 * config.clip / config.granularity / 16.0;
    let mut generator = Generator::new("wraps");
    let mut wrapped = 0;
    for _ in 0..200_000 {
        let noise = 10.0 * config.noise * normal(&mut generator);
        wrapped += u32::from((shift + noise).abs() >= 16384.0);
    }
    let bound = 200_000.0 * wrap.coordinate;
    assert!(f64::from(wrapped) <= bound && wrapped > 0, "{wrapped} {bound}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, rng_seed: RngSeed::Fixed(2102_06387), ..ProptestConfig::default() })]

    /// Any plan that there is keeps its promises.
    #[test]
    fn any_plan_keeps_its_promises(
        clients in 1u32..2000, out in 0u32..10, parts in 1u32..5, block_log2 in 0u8..22, blocks in 1u64..5, bits in 8u8..41, log2_epsilon in -4.0..4.0f64,
        log2_delta in -40.0..-8.0f64, rounds in 1u32..200, log2_clip in -20.0..20.0f64, unit in 0usize..3, replace: bool,
    ) {
        let clip = log2_clip.exp2();
        let wanted = Wanted {
            clients,
            honest: clients - out.min(clients - 1),
            parts,
            dimension: (blocks << block_log2) - (blocks << block_log2) / 3,
            block_log2,
            bits,
            epsilon: log2_epsilon.exp2(),
            delta: log2_delta.exp2(),
            rounds,
            clip,
            clamp: f64::INFINITY,
            unit: [Unit::Record { clip: clip / 4.0 }, Unit::Part, Unit::Client][unit],
            neighbours: if replace { Neighbours::ReplaceOne } else { Neighbours::ZeroOut },
            wraps: 1e-6,
        };
        match choose(&wanted) {
            Ok(plan) => check(&wanted, &plan),
            Err(error) => {
                prop_assert!(matches!(error.parameter(), Parameter::Bits | Parameter::Epsilon | Parameter::Delta), "{error}");
                if let (Parameter::Bits, Some(works)) = (error.parameter(), error.works()) {
                    let wanted = Wanted { bits: works as u8, ..wanted };
                    check(&wanted, &choose(&wanted).unwrap());
                }
            }
        }
    }
}
