//! What the surface does not show: tables, weights of proposals, undecided proposals, and the margin of the quick arithmetic.
//!
//! The exact values are those of tests/vectors/gaussian.json.

use alloc::vec::Vec;

use serde_json::Value;

use super::*;
use crate::ct::Masks;
use crate::gaussian::exponential::{QUICK_ERROR, precise, quick};

fn file() -> Value {
    serde_json::from_str(include_str!("../../../../tests/vectors/gaussian.json")).unwrap()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    let items = value[name].as_array().unwrap();
    assert!(!items.is_empty());
    items
}

fn sigma(case: &Value) -> Sigma {
    let bits = u64::from_str_radix(case["ieee754"].as_str().unwrap(), 16).unwrap();
    Sigma::new(f64::from_bits(bits)).unwrap()
}

fn wide(value: &Value) -> u128 {
    u128::from_str_radix(value.as_str().unwrap(), 16).unwrap()
}

fn integers(case: &Value, name: &str) -> Vec<i32> {
    list(case, name).iter().map(|value| i32::try_from(value.as_i64().unwrap()).unwrap()).collect()
}

fn words<const SIZE: usize>(case: &Value) -> [u32; SIZE] {
    let digits = case["bytes"].as_str().unwrap();
    assert_eq!(digits.len(), 8 * SIZE);
    core::array::from_fn(|at| u32::from_str_radix(&digits[8 * at..8 * at + 8], 16).unwrap().swap_bytes())
}

/// Values of sigma in every range of the parameters, and at their ends.
fn sigmas() -> impl Iterator<Item = Sigma> {
    let ends = (-1..=17).flat_map(|exponent| {
        let power = libm::ldexp(1.0, exponent);
        [power, power.next_up(), power * 1.3, power * 1.7, (2.0 * power).next_down()]
    });
    ends.filter_map(|sigma| Sigma::new(sigma).ok())
}

/// 2^128 times the distance that a table or the weights of a proposal may have from the true ones: 2^-113.
const TOLERANCE: u128 = 1 << 15;

#[test]
fn tables_are_within_their_distance() {
    for case in list(&file(), "tables") {
        let sampler = Sampler::new(sigma(case));
        for (ours, exact) in sampler.table.largest().iter().zip(list(case, "largest")) {
            assert!(ours.abs_diff(wide(exact)) < TOLERANCE, "{} {ours:x} {exact}", case["sigma"]);
        }
    }
}

/// The probability mass that table, stretching and rejection give to each magnitude, in integers, against the true one.
#[test]
fn weights_are_within_their_distance() {
    for case in list(&file(), "weights") {
        let sampler = Sampler::new(sigma(case));
        let largest = sampler.table.largest();
        let mut sum = 0;
        for (magnitude, exact) in integers(case, "magnitudes").iter().zip(list(case, "weights")) {
            let magnitude = magnitude.unsigned_abs();
            let stretch = sampler.combination.as_ref().map_or(0, |combination| combination.log2_stretch());
            let narrow = (magnitude >> stretch) as usize;
            let mass = largest[narrow].wrapping_sub(narrow.checked_sub(1).map_or(u128::MAX, |below| largest[below]));
            let weight = sampler.combination.as_ref().map_or(mass, |combination| {
                let filling = (magnitude & ((1 << stretch) - 1)) << (16 - stretch);
                let probability = combination.probability(narrow as u32, filling, Masks::new());
                // Of 2^l fillings, each with its probability in units of 2^-127.
                crate::gaussian::wide::multiply_high(mass, probability) << 1 >> stretch
            });
            let difference = weight.abs_diff(wide(exact));
            assert!(difference < TOLERANCE, "{} {magnitude} {weight:x} {exact}", case["sigma"]);
            sum += difference;
        }
        // Twice the statistical distance where every magnitude is there, but for the accepted part of the mass, 5/6 or more. docs/privacy.md states it.
        let stated: u128 = if case["all"].as_bool().unwrap() { 1 << 8 } else { 1 << 3 };
        assert!(sum < stated, "{} {sum:x}", case["sigma"]);
    }
}

#[test]
fn tables_end_and_rise() {
    for sigma in sigmas() {
        let sampler = Sampler::new(sigma);
        let largest = sampler.table.largest();
        assert!(largest.is_sorted(), "{sigma:?}");
        assert_eq!(largest.last(), Some(&u128::MAX), "{sigma:?}");
        let heads = sampler.table.heads();
        assert!(heads.is_sorted() && heads.len() <= 27, "{sigma:?} {}", heads.len());
        assert_eq!(heads.last(), Some(&i32::MAX), "no draw is above the last head of {sigma:?}");
        // What five of six accepted proposals and the range of the quick arithmetic rest on.
        assert_eq!(sampler.combination.is_some(), sigma.get() >= 4.0);
    }
}

#[test]
fn quick_and_exact_lookups_agree_where_they_are_decided() {
    for sigma in sigmas() {
        let table = Sampler::new(sigma).table;
        for head in table.heads() {
            let word = head.cast_unsigned() ^ 1 << 31;
            for near in [word.wrapping_sub(2), word.wrapping_sub(1), word, word.saturating_add(1)] {
                let ([magnitude], [undecided]) = table.quick(&[near]);
                let [low, high] = [0, (1 << 97) - 1].map(|rest| table.exact(u128::from(near >> 1) << 97 | rest));
                let is_head = table.heads().iter().any(|head| near >> 1 == (head.cast_unsigned() ^ 1 << 31) >> 1);
                assert_eq!(undecided == 1, is_head, "{sigma:?} {near:x}");
                assert!(undecided == 1 || (low == high && low == magnitude), "{sigma:?} {near:x}");
            }
        }
    }
}

/// Exponents of all sizes, with random and with extreme fractions.
#[test]
fn the_quick_power_is_within_its_error() {
    let masks = Masks::new();
    let (mut lowest, mut highest) = (0i64, 0i64);
    let mut random = 1u64;
    for sigma in sigmas().filter(|sigma| sigma.get() >= 4.0) {
        let sampler = Sampler::new(sigma);
        let combination = sampler.combination.unwrap();
        for narrow in 0..sampler.table.heads().len() as u64 {
            for step in 0..400u64 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let part = [step, 0xffff - step, random >> 48][(step % 3) as usize];
                let reach = (narrow << 17) + part;
                let quick = quick(combination.quick_rate(), reach, part, masks);
                let exact = precise(combination.rate(), reach * part, masks) >> 95;
                let error = quick.cast_signed() - (exact as u64).cast_signed();
                (lowest, highest) = (lowest.min(error), highest.max(error));
            }
        }
    }
    // The exact power is truncated here, so an error may seem larger by one.
    assert!(-6 < lowest && highest.unsigned_abs() <= QUICK_ERROR, "{lowest} {highest}");
}

#[test]
fn undecided_draws_are_decided_by_their_completion() {
    for case in list(&file(), "undecided_draws") {
        let sampler = Sampler::new(sigma(case));
        let mut noise = [0; BATCH];
        direct::sample(&sampler.table, &words(case), &mut noise);
        assert_eq!(noise.to_vec(), integers(case, "samples"), "{}", case["sigma"]);
    }
}

#[test]
fn undecided_proposals_are_decided_by_their_completion() {
    for case in list(&file(), "undecided_proposals") {
        let sampler = Sampler::new(sigma(case));
        let mut noise = [0; BATCH];
        let accepted = sampler.combination.unwrap().propose(&sampler.table, &words(case), &mut noise);
        let kept = compact(&mut noise, accepted);
        assert_eq!(noise[..kept].to_vec(), integers(case, "samples"), "{}", case["sigma"]);
    }
}

/// Where more proposals are undecided than are worked out again, the first are.
#[test]
fn four_undecided_draws_are_worked_out() {
    let table = Sampler::new(Sigma::new(3.0).unwrap()).table;
    let mut words = [0; direct::SIZE];
    words[..BATCH].fill(u32::MAX);
    let mut noise = [0; BATCH];
    direct::sample(&table, &words, &mut noise);
    let quick = table.quick(&[u32::MAX]).0[0].cast_signed();
    let exact = table.exact((u128::from(u32::MAX) >> 1) << 97).cast_signed();
    assert_ne!(quick, exact + 1);
    assert_eq!(noise[..4], [-exact; 4]);
    assert!(noise[4..].iter().all(|sample| *sample == -quick));
}

#[test]
fn a_key_has_a_last_sample() {
    let (sampler, key) = (Sampler::new(Sigma::new(2.0).unwrap()), StreamKey::from_bytes([1; 32]));
    let mut noise = sampler.noise(Suite::ChaCha20, &key);
    noise.taken = MAX_SAMPLES - 2;
    noise.batches = (MAX_SAMPLES >> 7) + 3;
    let mut out = [i32::MIN; 3];
    let error = noise.fill(&mut out).unwrap_err();
    assert_eq!((error.kind(), error.bound()), (ErrorKind::TooLong, Some(MAX_SAMPLES)));
    assert_eq!(out, [i32::MIN; 3]);
    noise.fill(&mut out[..2]).unwrap();
    assert!(out[0] != i32::MIN && out[2] == i32::MIN);
    assert_eq!(noise.fill(&mut out).unwrap_err().kind(), ErrorKind::TooLong);
}

#[test]
fn proposals_come_to_an_end() {
    let (sampler, key) = (Sampler::new(Sigma::new(20.0).unwrap()), StreamKey::from_bytes([1; 32]));
    let mut noise = sampler.noise(Suite::ChaCha20, &key);
    noise.batches = 4;
    assert_eq!(noise.fill(&mut [0; 100]).unwrap_err().kind(), ErrorKind::SamplerFailed);
    noise.fill(&mut [0; 28]).unwrap();
}
