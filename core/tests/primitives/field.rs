//! The field of 2^61 - 1 against 128-bit division, with operands biased to where carries and reductions happen.

use cloakwork_core::ErrorKind;
use cloakwork_core::field::{Element, MODULUS};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::random::Tape;

/// Canonical values near 0, p, powers of two and their complements, or anywhere.
fn canonical() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..=MODULUS - 1,
        0..4u64,
        MODULUS - 4..=MODULUS - 1,
        (0u32..61, 0u64..3).prop_map(|(power, less)| (1u64 << power).saturating_sub(less)),
        (0u32..61, 0u64..3)
            .prop_map(|(power, less)| MODULUS - 1 - (1u64 << power).saturating_sub(less).min(MODULUS - 1)),
    ]
}

fn element(value: u64) -> Element {
    Element::from_canonical(value).unwrap()
}

fn modulo(value: u128) -> u64 {
    (value % u128::from(MODULUS)) as u64
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, rng_seed: RngSeed::Fixed(61), ..ProptestConfig::default() })]

    #[test]
    fn operations_follow_the_integers(a in canonical(), b in canonical()) {
        let (x, y) = (element(a), element(b));
        let (wide_a, wide_b) = (u128::from(a), u128::from(b));
        prop_assert_eq!(x.add(&y).to_canonical(), modulo(wide_a + wide_b));
        prop_assert_eq!(x.sub(&y).to_canonical(), modulo(wide_a + u128::from(MODULUS) - wide_b));
        prop_assert_eq!(x.mul(&y).to_canonical(), modulo(wide_a * wide_b));
        prop_assert_eq!(x.ct_eq(&y), a == b);
    }

    #[test]
    fn inverses_give_one(a in canonical()) {
        let x = element(a);
        let expected = u64::from(a != 0);
        prop_assert_eq!(x.inverse().mul(&x).to_canonical(), expected);
        // The inverse by the extended Euclidean algorithm.
        let (mut old, mut new) = ((i128::from(MODULUS), 0i128), (i128::from(a), 1i128));
        while new.0 != 0 {
            let quotient = old.0 / new.0;
            (old, new) = (new, (old.0 - quotient * new.0, old.1 - quotient * new.1));
        }
        prop_assert_eq!(i128::from(x.inverse().to_canonical()), if a == 0 { 0 } else { old.1.rem_euclid(i128::from(MODULUS)) });
    }

    #[test]
    fn only_canonical_bytes_are_read(value: u64) {
        for value in [value, value & MODULUS, MODULUS ^ (value & 7), MODULUS.wrapping_add(value & 7), u64::MAX - (value & 7)] {
            match Element::from_le_bytes(&value.to_le_bytes()) {
                Ok(element) => {
                    prop_assert!(value < MODULUS);
                    prop_assert_eq!(element.to_le_bytes(), value.to_le_bytes());
                }
                Err(error) => {
                    prop_assert!(value >= MODULUS);
                    prop_assert_eq!(error.kind(), ErrorKind::Malformed);
                }
            }
        }
    }
}

/// Every pair of the values at which a step of the reduction changes.
#[test]
fn every_pair_of_boundary_values() {
    let near = |value: u64| [value.wrapping_sub(1), value, value + 1];
    let values: Vec<u64> = (0..61)
        .flat_map(|power| near(1 << power))
        .chain(near(MODULUS - 1))
        .chain(near(MODULUS / 2))
        .filter(|value| *value < MODULUS)
        .collect();
    for a in &values {
        for b in &values {
            let (x, y) = (element(*a), element(*b));
            assert_eq!(x.mul(&y).to_canonical(), modulo(u128::from(*a) * u128::from(*b)), "{a} * {b}");
            assert_eq!(x.add(&y).to_canonical(), modulo(u128::from(*a) + u128::from(*b)), "{a} + {b}");
            assert_eq!(x.sub(&y).add(&y).to_canonical(), *a, "{a} - {b}");
        }
    }
}

#[test]
fn constants_and_names() {
    assert_eq!((Element::ZERO.to_canonical(), Element::ONE.to_canonical()), (0, 1));
    assert_eq!(Element::default().to_canonical(), 0);
    assert_eq!(Element::from_u32(u32::MAX).to_canonical(), u64::from(u32::MAX));
    assert_eq!(format!("{:?}", element(123_456_789)), "Element(..)");
}

/// A generator that delivers these words and then fails.
fn tape(words: &[u64]) -> Tape {
    Tape::new(words.iter().flat_map(|word| word.to_le_bytes()).collect())
}

#[test]
fn random_takes_61_bits_and_redraws_only_the_prime() {
    let mut tape_of_five = tape(&[0xe000_0000_0000_0007, MODULUS, u64::MAX, MODULUS - 1, 5]);
    assert_eq!(Element::random(&mut tape_of_five).unwrap().to_canonical(), 7);
    assert_eq!(Element::random(&mut tape_of_five).unwrap().to_canonical(), MODULUS - 1);
    assert_eq!(Element::random(&mut tape_of_five).unwrap().to_canonical(), 5);
    assert_eq!(Element::random(&mut tape_of_five).unwrap_err().kind(), ErrorKind::Randomness);
    assert_eq!(Element::random(&mut tape(&[MODULUS])).unwrap_err().kind(), ErrorKind::Randomness);
}
