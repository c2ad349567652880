//! Central noise: known scales, the law on the grid, clipping, refusals.

use cloakwork_core::ErrorKind;
use cloakwork_core::privacy::central::{Noise, Query, gaussian_delta, gaussian_multiplier};
use cloakwork_core::privacy::parameter::Parameter;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::random::{Generator, Tape};

const INFINITY: f64 = f64::INFINITY;

fn query(dimension: u64, clip: f64, sensitivity: f64) -> Query {
    Query { dimension, clip, sensitivity }
}

#[track_caller]
fn close(value: f64, expected: f64, relative: f64) {
    assert!((value - expected).abs() <= relative * expected.abs(), "{value} is not {expected}");
}

/// Sensitivity 2 clip, or the given one if that is less; FeatureCloud's defaults are a clip of 10 and epsilon 0.99999.
#[test]
fn scales_are_those_of_featurecloud() {
    let laplace = |query, epsilon| Noise::laplace(query, epsilon).unwrap().scale();
    close(laplace(query(3, 10.0, INFINITY), 0.99999), 20.0 / 0.99999, 1e-9);
    close(laplace(query(1000, 10.0, INFINITY), 1.0), 20.0, 1e-9);
    close(laplace(query(3, INFINITY, 1.5), 0.5), 3.0, 1e-9);
    // A given sensitivity counts twice beside a clip in the L1 norm.
    close(laplace(query(3, 10.0, 4.0), 1.0), 8.0, 1e-9);
    close(laplace(query(3, 10.0, 15.0), 1.0), 20.0, 1e-9);

    let gaussian = |query, epsilon, delta| Noise::gaussian(query, epsilon, delta).unwrap().scale();
    for (epsilon, delta) in [(0.99999, 0.01), (0.1, 1e-5), (8.0, 1e-9)] {
        let multiplier = gaussian_multiplier(epsilon, delta).unwrap();
        close(gaussian(query(1000, 10.0, INFINITY), epsilon, delta), 20.0 * multiplier, 1e-6);
        close(gaussian(query(1000, INFINITY, 1.5), epsilon, delta), 1.5 * multiplier, 1e-3);
        close(gaussian(query(1000, 10.0, 1.5), epsilon, delta), 1.5 * multiplier, 1e-3);
    }
    // The multiplier of epsilon 1 and delta 10^-5, 3.730632, by the definition.
    close(gaussian_multiplier(1.0, 1e-5).unwrap(), 3.730632, 1e-5);
}

/// Never less noise than the sensitivity on the grid needs, and always a power of two as the unit.
#[test]
fn grids_are_powers_of_two() {
    for dimension in [1, 17, 1 << 20] {
        for clip in [1e-12, 0.3, 1.0, 1e12] {
            for noise in [
                Noise::laplace(query(dimension, clip, INFINITY), 0.7).unwrap(),
                Noise::gaussian(query(dimension, clip, INFINITY), 0.7, 1e-6).unwrap(),
                Noise::laplace(query(dimension, INFINITY, clip), 0.7).unwrap(),
                Noise::gaussian(query(dimension, INFINITY, clip), 0.7, 1e-6).unwrap(),
            ] {
                assert_eq!(noise.granularity().to_bits() << 12, 0);
                assert!(noise.scale() > noise.granularity() * 1e6);
            }
            assert!(Noise::laplace(query(dimension, clip, INFINITY), 0.7).unwrap().scale() >= 2.0 * clip / 0.7);
        }
    }
}

fn moments(noise: &Noise, name: &str, count: usize) -> (f64, f64) {
    let mut generator = Generator::new(name);
    let (mut first, mut second) = (0.0, 0.0);
    for _ in 0..count {
        let mut value = [0.25];
        noise.apply_vartime(&mut generator, &mut value).unwrap();
        assert_eq!((value[0] / noise.granularity()).fract(), 0.0, "off the grid");
        let deviation = (value[0] - 0.25) / noise.scale();
        first += deviation / count as f64;
        second += deviation * deviation / count as f64;
    }
    (first, second)
}

/// Mean and variance over 4,000 draws, within six standard deviations of each: false alarms below 10^-8.
#[test]
fn noise_has_the_stated_scale() {
    let laplace = Noise::laplace(query(1, 1.0, INFINITY), 1.0).unwrap();
    let (mean, square) = moments(&laplace, "laplace", 4000);
    assert!(mean.abs() < 6.0 * (2.0f64 / 4000.0).sqrt(), "{mean}");
    // The fourth moment is 24.
    assert!((square - 2.0).abs() < 6.0 * (20.0f64 / 4000.0).sqrt(), "{square}");
    let gaussian = Noise::gaussian(query(1, 1.0, INFINITY), 1.0, 1e-5).unwrap();
    let (mean, square) = moments(&gaussian, "gaussian", 4000);
    assert!(mean.abs() < 6.0 / 4000f64.sqrt(), "{mean}");
    assert!((square - 1.0).abs() < 6.0 * (2.0f64 / 4000.0).sqrt(), "{square}");
}

#[test]
fn refusals() {
    for (dimension, clip, sensitivity, parameter) in [
        (0, 1.0, 1.0, Parameter::Dimension),
        (1 << 29, 1.0, 1.0, Parameter::Dimension),
        (1, 0.0, 1.0, Parameter::Clip),
        (1, f64::NAN, 1.0, Parameter::Clip),
        (1, -1.0, 1.0, Parameter::Clip),
        (1, 1e300, 1.0, Parameter::Clip),
        (1, 1.0, 0.0, Parameter::Sensitivity),
        (1, 1.0, f64::NAN, Parameter::Sensitivity),
        (1, INFINITY, INFINITY, Parameter::Sensitivity),
    ] {
        let query = query(dimension, clip, sensitivity);
        assert_eq!(Noise::laplace(query, 1.0).unwrap_err().parameter(), parameter);
        assert_eq!(Noise::gaussian(query, 1.0, 1e-5).unwrap_err().parameter(), parameter);
    }
    let plain = query(1, 1.0, INFINITY);
    for epsilon in [0.0, -1.0, f64::NAN, 1e-7, 65.0] {
        assert_eq!(Noise::laplace(plain, epsilon).unwrap_err().parameter(), Parameter::Epsilon);
        assert_eq!(Noise::gaussian(plain, epsilon, 1e-5).unwrap_err().parameter(), Parameter::Epsilon);
    }
    for delta in [0.0, 1.0, f64::NAN, -0.1] {
        assert_eq!(Noise::gaussian(plain, 1.0, delta).unwrap_err().parameter(), Parameter::Delta);
    }
    // So many values for so small a sensitivity that the grid's own units count for more than the sampler serves.
    let wide = query(1 << 28, INFINITY, 1.0);
    assert!(Noise::laplace(wide, 64.0).is_ok());
    assert!(gaussian_delta(0.0, 1.0).is_err() && gaussian_delta(1.0, f64::NAN).is_err());
}

/// Values that cannot be noised stay as they are; once noising has begun, nothing un-noised is left behind.
#[test]
fn nothing_is_left_without_noise() {
    let noise = Noise::laplace(query(3, INFINITY, 1.0), 1.0).unwrap();
    let mut generator = Generator::new("left");
    let untouched = |values: &mut [f64], kind: ErrorKind, generator: &mut Generator| {
        let before: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
        assert_eq!(noise.apply_vartime(generator, values).unwrap_err().kind(), kind);
        assert!(values.iter().map(|value| value.to_bits()).eq(before));
    };
    untouched(&mut [1.0, 2.0], ErrorKind::InvalidLength, &mut generator);
    untouched(&mut [1.0, f64::NAN, 2.0], ErrorKind::NotFinite, &mut generator);
    untouched(&mut [1.0, 2.0, f64::NEG_INFINITY], ErrorKind::NotFinite, &mut generator);
    untouched(&mut [1.0, 2.0, 1e9], ErrorKind::OutOfRange, &mut generator);

    let mut values = [1.0, 2.0, 3.0];
    let error = noise.apply_vartime(&mut Tape::new(vec![0x55; 64]), &mut values).unwrap_err();
    assert_eq!((error.kind(), values), (ErrorKind::Randomness, [0.0; 3]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, rng_seed: RngSeed::Fixed(2012), ..ProptestConfig::default() })]

    /// Delta falls with epsilon and with the multiplier, and a multiplier keeps what it was made for.
    #[test]
    fn calibration_is_monotone(log2_epsilon in -19.0..6.0f64, log2_delta in -200.0..-0.1f64) {
        let (epsilon, delta) = (log2_epsilon.exp2(), log2_delta.exp2());
        let multiplier = gaussian_multiplier(epsilon, delta).unwrap();
        let reached = gaussian_delta(multiplier, epsilon).unwrap();
        prop_assert!(reached <= delta && reached >= delta * (1.0 - 1e-4), "{} {}", reached, delta);
        prop_assert!(gaussian_delta(multiplier * 1.01, epsilon).unwrap() < reached);
        prop_assert!(gaussian_delta(multiplier, epsilon * 0.99).unwrap() > reached);
    }

    /// What is clipped lies within the clip, and what is inside is not moved: with noise that is small beside both. The noise of 8 values exceeds 30
    /// scales in total with a probability below 10^-6.
    #[test]
    fn clipping_is_in_the_norm_of_the_noise(values in prop::collection::vec(-1e3..1e3f64, 8), log2_clip in -5.0..15.0f64) {
        let clip = log2_clip.exp2();
        let mut generator = Generator::new("clip");
        for gaussian in [false, true] {
            let query = query(8, clip, INFINITY);
            let noise = if gaussian { Noise::gaussian(query, 64.0, 1e-2) } else { Noise::laplace(query, 64.0) }.unwrap();
            let norm = |values: &[f64]| {
                if gaussian { values.iter().map(|x| x * x).sum::<f64>().sqrt() } else { values.iter().map(|x| x.abs()).sum() }
            };
            let mut noised = values.clone();
            noise.apply_vartime(&mut generator, &mut noised).unwrap();
            let factor = (clip / norm(&values)).min(1.0);
            let moved: Vec<f64> = noised.iter().zip(&values).map(|(noised, value)| noised - value * factor).collect();
            prop_assert!(norm(&moved) <= 30.0 * noise.scale(), "{:?} {}", moved, noise.scale());
        }
    }
}
