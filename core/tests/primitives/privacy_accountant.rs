//! The accountant against values of independent implementations, and its own laws.

use cloakwork_core::privacy::accountant::amplification::{
    gaussian_subsampled_only_against_third_parties, subsampled_only_against_third_parties,
};
use cloakwork_core::privacy::accountant::bounds::{
    BETA, Sensitivity, rounded_l1, rounded_l2, rounded_l2_squared, sensitivity, tau,
};
use cloakwork_core::privacy::accountant::conversion::{self, Loss};
use cloakwork_core::privacy::accountant::rdp::{Concentrated, Curve, DistributedGaussian, Gaussian, Skellam, Slack};
use cloakwork_core::privacy::accountant::{Accountant, Round, orders};
use cloakwork_core::privacy::mechanism::{Mechanism, MechanismConfig};
use cloakwork_core::privacy::parameter::{Bound, Parameter};
use cloakwork_core::privacy::unit::{Neighbours, Unit};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// e^(-1/2), the bias that the paper recommends for repeated rounding.
const RECOMMENDED: f64 = 0.606_530_659_712_633_4;

/// The digits given, and no more than the rounding of a few operations beyond them.
#[track_caller]
fn close(value: f64, expected: f64, relative: f64) {
    assert!((value - expected).abs() <= relative * expected.abs(), "{value} is not {expected}");
}

/// All digits of a double.
#[track_caller]
fn same(value: f64, expected: f64) {
    close(value, expected, 1e-14);
}

/// 2, 3, ..., 128 and 256.
fn whole_orders() -> impl Iterator<Item = f64> {
    (2..=128).chain([256]).map(f64::from)
}

fn epsilon(curve: &impl Curve, rounds: f64, delta: f64, orders: impl Iterator<Item = f64>) -> Loss {
    conversion::epsilon(orders.map(|order| (order, rounds * curve.rdp(order))), delta)
}

/// Granularity, standard deviation of a share, shares, clip, beta, D.
type Setting = (f64, f64, u64, f64, f64, u64);

fn distributed((granularity, sigma, shares, clip, beta, padded): Setting) -> DistributedGaussian {
    let l2 = rounded_l2(clip / granularity, padded, beta);
    let sensitivity = Sensitivity { l2, l1: rounded_l1(l2, padded) };
    DistributedGaussian::new(sensitivity, sigma / granularity, shares, padded).unwrap()
}

#[test]
fn rounded_sensitivities() {
    let rows = [
        (10.0, 0.0, 1024, 42.0, 1344.0),
        (10.0, RECOMMENDED, 1024, 19.544820285692065, 382.0),
        (1000.0, RECOMMENDED, 1 << 20, 1124.1245482596669, 1151103.537417899),
        (100.0, 0.06, 1 << 16, 164.08789419989577, 26924.837022956188),
        (1.0, RECOMMENDED, 4, 2.0, 4.0),
    ];
    for (clip, beta, padded, l2, l1) in rows {
        same(rounded_l2(clip, padded, beta), l2);
        same(rounded_l1(rounded_l2(clip, padded, beta), padded), l1);
        same(rounded_l2_squared(clip, padded, beta), l2 * l2);
    }
    same(rounded_l2(400.0, 4, 0.06), 401.18849556609325);
}

#[test]
fn distances_to_one_discrete_gaussian() {
    let rows = [
        (0.5, 2, 0.8480497247111379),
        (0.5, 100, 9.701158454121376),
        (0.7, 50, 0.15541031948709816),
        (1.0, 2, 5.172318620381233e-4),
        (1.0, 10, 5.435242581620002e-4),
        (1.0, 100, 5.47788699060149e-4),
        (1.0, 1000, 5.731282577500227e-4),
        (2.0, 100, 7.157179647609446e-17),
    ];
    for (noise, shares, expected) in rows {
        close(tau(noise, shares), expected, 1e-13);
    }
    assert_eq!(tau(0.5, 1), 0.0);
    assert_eq!(tau(20.0, 1 << 40), 0.0);
}

/// Beyond 1024 shares the rest of the sum is bounded by its largest term: never below the sum, and above it by the 2 % that the terms still differ by.
#[test]
fn tau_of_many_shares_is_bounded_from_above() {
    for noise in [0.5f64, 1.0, 1.3] {
        for shares in [1025u32, 1026, 5000, 100_000] {
            let pi = core::f64::consts::PI;
            let exponent = -2.0 * pi * pi * noise * noise;
            let exact: f64 =
                10.0 * (1..shares).map(|k| (exponent * f64::from(k) / f64::from(k + 1)).exp()).sum::<f64>();
            let bound = tau(noise, u64::from(shares));
            assert!(bound >= exact * (1.0 - 1e-12) && bound <= exact * 1.04, "{noise} {shares}: {bound} {exact}");
        }
    }
}

#[test]
fn losses_of_the_distributed_gaussian() {
    let rows: [(Setting, f64, f64, f64, f64); 7] = [
        ((0.01, 0.1, 100, 1.0, RECOMMENDED, 1024), 1.0, 1e-5, 4.845728336819823, 5.0),
        ((0.01, 0.1, 100, 1.0, 0.0, 1024), 1.0, 1e-5, 6.572661628831666, 4.0),
        ((0.01, 0.1, 100, 1.0, RECOMMENDED, 1 << 16), 1.0, 1e-5, 8.410261628831664, 4.0),
        ((1e-3, 0.5, 10, 1.0, RECOMMENDED, 4096), 1.0, 1e-6, 3.138203511922123, 9.0),
        ((1e-3, 0.5, 10, 1.0, RECOMMENDED, 4096), 100.0, 1e-6, 52.51145619684437, 2.0),
        ((0.05, 0.05, 1000, 1.0, RECOMMENDED, 1024), 1.0, 1e-5, 3.914171181904286, 6.0),
        ((1.0, 1.0, 100, 10.0, RECOMMENDED, 256), 1.0, 1e-5, 6.76789428322216, 4.0),
    ];
    for (setting, rounds, delta, expected, order) in rows {
        let loss = epsilon(&distributed(setting), rounds, delta, whole_orders());
        close(loss.epsilon, expected, 1e-13);
        assert_eq!(loss.order, order);
    }
    same(0.01 * rounded_l2(100.0, 1024, RECOMMENDED), 1.0184301645179212);
    close(distributed((0.05, 0.05, 1000, 1.0, RECOMMENDED, 1024)).tau(), 5.731e-4, 1e-4);
    // Parameters that no privacy comes from.
    let bad = distributed((0.5, 0.3, 20, 5.0, RECOMMENDED, 64));
    let loss = epsilon(&bad, 1.0, 1e-5, whole_orders());
    close(loss.epsilon, 72.53430243418364, 1e-13);
    assert_eq!(loss.order, 2.0);
    close(bad.tau(), 0.693, 1e-3);
}

#[test]
fn losses_at_real_orders() {
    let curve = distributed((0.01, 0.1, 100, 1.0, RECOMMENDED, 1024));
    let grid = (101..=1000).map(|order| f64::from(order) / 100.0);
    close(epsilon(&curve, 1.0, 1e-5, grid).epsilon, 4.828699377080566, 1e-13);
}

/// The parameters of a published configuration, which are not private at all, and what its own accountant says of them.
#[test]
fn a_published_configuration_is_not_private() {
    let curve = distributed((3.5e-6, 9.5e-4, 100, 0.03, RECOMMENDED, 1 << 20));
    let sampled = subsampled_only_against_third_parties(curve, 1.0 / 34.0).unwrap();
    let loss = epsilon(&sampled, 1500.0, 1.0 / 3400.0, whole_orders());
    close(loss.epsilon, 4517.318941788809, 1e-12);
    assert_eq!(loss.order, 2.0);

    // With the dimension instead of the padded one, and by its concentrated privacy at the orders 1.01, 1.02, ..., 10.
    let unpadded = (3.5e-6, 9.5e-4, 100, 0.03, RECOMMENDED, 1_018_174);
    same(3.5e-6 * 3.5e-6 * rounded_l2_squared(0.03 / 3.5e-6, 1_018_174, RECOMMENDED), 9.032293382822657e-4);
    let rho = distributed(unpadded).concentrated();
    close((2.0 * rho.rho()).sqrt(), 3.1635551695215973, 1e-13);
    let grid = (101..=1000).map(|order| f64::from(order) / 100.0);
    close(epsilon(&rho, 1500.0, 1.0 / 3400.0, grid).epsilon, 7997.772426022966, 1e-12);
}

/// A second one, with a granularity a thousand times too fine for its ring.
#[test]
fn a_second_published_configuration() {
    let curve = distributed((6.308784998314889e-8, 0.07, 50, 3.0, 0.06, 1_018_174));
    close((2.0 * curve.concentrated().rho()).sqrt(), 6.060915418825523, 1e-13);
    let grid = (101..=1000).map(|order| f64::from(order) / 100.0);
    close(epsilon(&curve.concentrated(), 500.0, 1.0 / 3400.0, grid).epsilon, 9725.71376, 1e-9);
}

#[test]
fn losses_of_samples() {
    let curve = distributed((1e-4, 0.02, 50, 0.1, RECOMMENDED, 1 << 18));
    let sampled = subsampled_only_against_third_parties(curve, 0.05).unwrap();
    let loss = epsilon(&sampled, 500.0, 1e-5, whole_orders());
    close(loss.epsilon, 5.828264989402111, 1e-12);
    assert_eq!(loss.order, 4.0);
    assert_eq!(sampled.slack(), Slack::NONE);
}

/// Scale, central standard deviation, clip, beta, D.
#[test]
fn losses_of_skellam() {
    for (scale, padded, expected) in [(100.0, 1024, 4.846010591467719), (1000.0, 4096, 4.757870687544459)] {
        let l2 = rounded_l2(scale, padded, RECOMMENDED);
        let sensitivity = Sensitivity { l2, l1: rounded_l1(l2, padded) };
        let curve = Skellam::new(sensitivity, scale * scale).unwrap();
        let loss = epsilon(&curve, 1.0, 1e-5, whole_orders());
        close(loss.epsilon, expected, 1e-13);
        assert_eq!(loss.order, 5.0);
    }
}

#[test]
fn losses_of_the_gaussian() {
    let loss = |multiplier, rounds| epsilon(&Gaussian::new(multiplier).unwrap(), rounds, 1e-5, whole_orders());
    close(loss(1.0, 1.0).epsilon, 4.752728336819822, 1e-14);
    assert_eq!(loss(1.0, 1.0).order, 5.0);
    close(loss(10.0, 1.0).epsilon, 0.3752912223662765, 1e-13);
    assert_eq!(loss(10.0, 1.0).order, 41.0);

    let tenths = || (11..=110).map(|order| f64::from(order) / 10.0).chain((12..64).map(f64::from));
    let fine = epsilon(&Gaussian::new(1.0).unwrap(), 1.0, 1e-5, tenths());
    close(fine.epsilon, 4.728507067217623, 1e-14);
    assert_eq!(fine.order, 5.4);
    close(epsilon(&Gaussian::new(5.0).unwrap(), 100.0, 1e-5, tenths()).epsilon, 10.725509696418232, 1e-13);
}

/// Values of the accountants of dp-accounting and of FL4Health for Gaussian noise on Poisson samples.
#[test]
fn losses_of_gaussian_samples() {
    let sampled = |multiplier: f64, rate| {
        gaussian_subsampled_only_against_third_parties(Gaussian::new(multiplier).unwrap(), rate).unwrap()
    };
    // That accountant knows fractional orders; ours bounds them by the integers next to them.
    let loss = epsilon(&sampled(1.0, 0.01), 1000.0, 1e-5, orders()).epsilon;
    assert!((2.101366525420273..2.101366525420273 * 1.004).contains(&loss), "{loss}");
    for (rounds, expected) in [(1e4, 1.035), (4e4, 2.213)] {
        let loss = epsilon(&sampled(4.0, 0.01), rounds, 1e-5, orders()).epsilon;
        assert!((loss - expected).abs() < 0.01, "{loss}");
    }
    let delta = 1e5f64.powf(-1.1);
    for (rounds, expected) in [(1.0, 0.697), (1e1, 0.700), (1e2, 0.725), (1e3, 0.774), (1e4, 0.884), (1e5, 1.899)] {
        let loss = epsilon(&sampled(1.0, 1e-3), rounds, delta, orders()).epsilon;
        assert!((loss - expected).abs() < 0.001, "{loss}");
    }
    let loss = epsilon(&sampled(1.0, 1e-3), 1e6, delta, orders()).epsilon;
    assert!((6.829..6.9).contains(&loss), "{loss}");
    // Of single examples: a tenth of the clients a round, six batches of 100 out of 600 each.
    for (rounds, multiplier, delta, expected) in
        [(640.0, 4.0, 9e-6, 1.083), (288.0, 3.0, 9e-7, 1.109), (54.0, 2.0, 1e-11, 1.169)]
    {
        let loss = epsilon(&sampled(multiplier, 0.1 / 6.0), 6.0 * rounds, delta, orders()).epsilon;
        assert!((loss - expected).abs() < 0.001, "{loss}");
    }
}

/// At integer orders the general bound is above the exact divergence of the Gaussian, both are below the one without sampling, and neither falls with
/// the order or the rate.
#[test]
fn samples_lose_less() {
    let gaussian = Gaussian::new(1.3).unwrap();
    let all = subsampled_only_against_third_parties(gaussian, 1.0).unwrap();
    let mut last_rate = [0.0; 2];
    for rate in [0.001, 0.01, 0.1, 0.5, 0.9] {
        let exact = gaussian_subsampled_only_against_third_parties(gaussian, rate).unwrap();
        let general = subsampled_only_against_third_parties(gaussian, rate).unwrap();
        let mut last = [0.0; 2];
        for order in [1.01, 1.5, 2.0, 2.5, 3.0, 7.0, 7.9, 8.0, 31.0, 500.0, 1024.5, 5000.0] {
            let both = [exact.rdp(order), general.rdp(order)];
            assert!(both[0] <= both[1] * (1.0 + 1e-9) && both[1] <= gaussian.rdp(order), "{rate} {order} {both:?}");
            assert!(
                both.iter().zip(last).all(|(now, last)| *now >= last * (1.0 - 1e-9)),
                "{rate} {order} {both:?} {last:?}"
            );
            close(all.rdp(order), gaussian.rdp(order), 1e-13);
            last = both;
        }
        let at_seven = [exact.rdp(7.0), general.rdp(7.0)];
        assert!(at_seven.iter().zip(last_rate).all(|(now, last)| *now >= last));
        last_rate = at_seven;
    }
    for rate in [0.0, -0.1, 1.1, f64::NAN] {
        assert_eq!(subsampled_only_against_third_parties(gaussian, rate).unwrap_err().parameter(), Parameter::Rate);
        assert_eq!(
            gaussian_subsampled_only_against_third_parties(gaussian, rate).unwrap_err().parameter(),
            Parameter::Rate
        );
    }
}

fn mechanism(granularity: f64, noise: f64, parts: u32, honest: u32) -> Mechanism {
    let bound = rounded_l2_squared(1.0 / granularity, 1024, BETA).floor() as u64;
    Mechanism::new(MechanismConfig {
        dimension: 1000,
        block_log2: 10,
        clamp: f64::INFINITY,
        clip: 1.0,
        granularity,
        noise,
        norm_bound: bound,
        parts,
        honest,
    })
    .unwrap()
}

/// A part, a client, a replaced one, a record.
#[test]
fn units_of_privacy() {
    let mechanism = mechanism(1e-3, 300.0, 5, 10);
    let of = |unit, neighbours| sensitivity(&mechanism, unit, neighbours).unwrap();
    let part = of(Unit::Part, Neighbours::ZeroOut);
    close(part.l2 * part.l2, mechanism.config().norm_bound as f64, 1e-14);
    same(part.l1, part.l2 * 32.0);
    let client = of(Unit::Client, Neighbours::ZeroOut);
    assert_eq!((client.l2, client.l1), (5.0 * part.l2, 5.0 * part.l1));
    let replaced = of(Unit::Client, Neighbours::ReplaceOne);
    assert_eq!((replaced.l2, replaced.l1), (10.0 * part.l2, 10.0 * part.l1));
    // The record's own clip, rounded, and a little for the quantisation before.
    let record = of(Unit::Record { clip: 0.1 }, Neighbours::ZeroOut);
    close(record.l2, rounded_l2(100.0, 1024, BETA), 1e-4);
    assert!(record.l2 > rounded_l2(100.0, 1024, BETA));
    close(of(Unit::Record { clip: 0.1 }, Neighbours::ReplaceOne).l2, rounded_l2(200.0, 1024, BETA), 1e-4);

    // Shares of noise: those of all parts of the honest clients.
    let round = Round::new(&mechanism, Unit::Part, Neighbours::ZeroOut).unwrap();
    close(round.rdp(2.0), part.l2 * part.l2 / (50.0 * 300.0 * 300.0), 1e-13);
    assert_eq!(round.rdp(2.0), round.curve().rdp(2.0));
    assert_eq!(round.slack().failure, 0.0);
    close(round.slack().distance, 50.0 * 1024.0 * 513.0 * 2f64.powi(-102), 1e-13);
    let record = Round::new(&mechanism, Unit::Record { clip: 0.1 }, Neighbours::ZeroOut).unwrap();
    assert_eq!(record.slack().failure, 3.0 * BETA);

    let error = sensitivity(&mechanism, Unit::Record { clip: 0.0 }, Neighbours::ZeroOut).unwrap_err();
    assert_eq!(error.parameter(), Parameter::RecordClip);
    let tight = MechanismConfig { norm_bound: 1_000_000, ..*mechanism.config() };
    let tight = Mechanism::new(tight).unwrap();
    assert!(sensitivity(&tight, Unit::Part, Neighbours::ZeroOut).is_ok());
    let error = sensitivity(&tight, Unit::Record { clip: 0.1 }, Neighbours::ZeroOut).unwrap_err();
    assert_eq!((error.parameter(), error.works()), (Parameter::NormBound, Some(mechanism.config().norm_bound as f64)));
}

#[test]
fn refused_parameters() {
    let sensitivity = Sensitivity { l2: 1.0, l1: 1.0 };
    let refused = |sensitivity, noise, shares, padded| {
        DistributedGaussian::new(sensitivity, noise, shares, padded).unwrap_err().parameter()
    };
    for noise in [0.0, 0.49, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(sensitivity, noise, 1, 1), Parameter::Noise);
    }
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(Sensitivity { l2: wrong, l1: 1.0 }, 1.0, 1, 1), Parameter::Sensitivity);
        assert_eq!(refused(Sensitivity { l2: 1.0, l1: wrong }, 1.0, 1, 1), Parameter::Sensitivity);
        assert_eq!(Gaussian::new(wrong).unwrap_err().parameter(), Parameter::Scale);
        assert_eq!(Concentrated::new(wrong).unwrap_err().parameter(), Parameter::Scale);
        assert_eq!(Skellam::new(sensitivity, wrong).unwrap_err().parameter(), Parameter::Scale);
    }
    assert_eq!(refused(sensitivity, 1.0, 0, 1), Parameter::Shares);
    assert_eq!(refused(sensitivity, 1.0, 1, 0), Parameter::Dimension);
    let accountant = Accountant::new();
    for delta in [0.0, 1.0, -1.0, f64::NAN] {
        let error = accountant.epsilon(delta).unwrap_err();
        assert_eq!(error.parameter(), Parameter::Delta);
        assert!(error.works().is_some_and(|works| accountant.epsilon(works).is_ok()));
    }
    assert_eq!(accountant.delta(f64::NAN).unwrap_err().bound(), Bound::AtLeast(0.0));
}

#[test]
fn nothing_costs_nothing() {
    let mut accountant = Accountant::new();
    accountant.add(&Gaussian::new(1.0).unwrap(), 0);
    assert_eq!(accountant.epsilon(1e-9).unwrap().epsilon, 0.0);
    assert_eq!(accountant.delta(0.0).unwrap(), 0.0);
}

struct Imprecise(f64);

impl Curve for Imprecise {
    fn rdp(&self, order: f64) -> f64 {
        0.5 * order
    }

    fn slack(&self) -> Slack {
        Slack { failure: 1e-7, distance: self.0 }
    }
}

/// What failures and samplers take from delta is missing there, and where nothing is left no epsilon is.
#[test]
fn imprecision_enters_delta() {
    let mut accountant = Accountant::new();
    accountant.add(&Imprecise(1e-9), 2);
    let Loss { epsilon, .. } = accountant.epsilon(1e-5).unwrap();
    let used = 2.0 * (1e-7 + (1.0 + epsilon.exp()) * 1e-9);
    let plain = conversion::epsilon(orders().map(|order| (order, order)), 1e-5 - used).epsilon;
    close(epsilon, plain, 1e-9);
    assert!(accountant.delta(epsilon).unwrap() <= 1e-5 * (1.0 + 1e-9));
    assert!(accountant.epsilon(2e-7).unwrap().epsilon.is_infinite());
    accountant.add(&Imprecise(1e-6), 1);
    assert!(accountant.epsilon(1e-5).unwrap().epsilon.is_infinite());
    assert!(accountant.epsilon(1e-2).unwrap().epsilon.is_finite());
    accountant.add(&Imprecise(f64::INFINITY), 1);
    assert!(accountant.epsilon(0.5).unwrap().epsilon.is_infinite());
    assert_eq!(accountant.delta(1.0).unwrap(), 1.0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, rng_seed: RngSeed::Fixed(2102_06387), ..ProptestConfig::default() })]

    /// More rounds cost more, more noise and more honest clients less. From three units of noise on tau does not count.
    #[test]
    fn losses_are_monotone(
        log2_units in 4.0..14.0f64, noise in 3.0..5000.0f64, parts in 1u32..4, honest in 1u32..1000, rounds in 1u32..1000, log2_delta in -40.0..-5.0f64,
    ) {
        let delta = log2_delta.exp2();
        let loss = |noise, honest, rounds| {
            let mechanism = mechanism((-log2_units).exp2(), noise, parts, honest);
            let mut accountant = Accountant::new();
            accountant.add(&Round::new(&mechanism, Unit::Client, Neighbours::ZeroOut).unwrap(), rounds);
            accountant.epsilon(delta).unwrap().epsilon
        };
        let here = loss(noise, honest, rounds);
        prop_assert!(loss(noise, honest, rounds + 1) >= here);
        prop_assert!(loss(noise * 1.1, honest, rounds) <= here);
        prop_assert!(loss(noise, honest + 1, rounds) <= here);
    }

    /// Rounds of several kinds, in any order and grouping, add up; epsilon and delta undo each other.
    #[test]
    fn composition_adds(multipliers in prop::collection::vec(0.3..30.0f64, 1..6), log2_delta in -60.0..-2.0f64) {
        let mut one_by_one = Accountant::new();
        for multiplier in multipliers.iter().chain(&multipliers) {
            one_by_one.add(&Gaussian::new(*multiplier).unwrap(), 1);
        }
        let mut grouped = Accountant::new();
        for multiplier in multipliers.iter().rev() {
            grouped.add(&Gaussian::new(*multiplier).unwrap(), 2);
        }
        let rho: f64 = multipliers.iter().map(|multiplier| 1.0 / (multiplier * multiplier)).sum();
        let mut concentrated = Accountant::new();
        concentrated.add(&Concentrated::new(rho).unwrap(), 1);
        let delta = log2_delta.exp2();
        let [one_by_one, grouped, concentrated] = [one_by_one, grouped, concentrated].map(|accountant| {
            let Loss { epsilon, .. } = accountant.epsilon(delta).unwrap();
            (epsilon, accountant.delta(epsilon).unwrap())
        });
        prop_assert!((one_by_one.0 - grouped.0).abs() <= 1e-12 * grouped.0);
        prop_assert!((one_by_one.0 - concentrated.0).abs() <= 1e-12 * grouped.0);
        prop_assert!(one_by_one.1 <= delta * (1.0 + 1e-9));
        // The statement of Bun and Steinke is never better.
        prop_assert!(concentrated.0 <= (rho + 2.0 * (-rho * delta.ln()).sqrt()) * 1.001);
    }

    /// The concentrated statement is above the three branches at every order.
    #[test]
    fn the_concentrated_statement_is_weaker(
        noise in 0.5..4.0f64, shares in 1u64..50, l2 in 1.0..50.0f64, padded in 1u64..5000, order in 1.001..50.0f64,
    ) {
        let curve = DistributedGaussian::new(Sensitivity { l2, l1: rounded_l1(l2, padded) }, noise, shares, padded).unwrap();
        prop_assert!(curve.rdp(order) <= curve.concentrated().rdp(order) * (1.0 + 1e-12));
    }
}
