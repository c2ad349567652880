//! Horner's rule for four polynomials at several small points at once, which is where sharing spends its time.
//!
//! A point has 32 bits and a value 61, so a product needs two multiplications of 32 by 32 bits and no 128-bit word: vector units and
//! Cortex-M4 have that multiplication, and neither has the wide one. Values stay unreduced between the steps.

use super::{ELEMENTS, SHARE_SIZE};
use crate::field::{ELEMENT_SIZE, Element, MODULUS};

/// The bits of `high` below 2^29, as 2^32 * 2^29 = 2^61 = 1.
const LOW_29: u64 = (1 << 29) - 1;

/// The values at `points` of the polynomials with these coefficients, by ascending power, as shares.
pub(super) fn evaluate<const N: usize>(
    coefficients: &[[Element; ELEMENTS]],
    points: &[u32; N],
) -> [[u8; SHARE_SIZE]; N] {
    let mut values = [[0u64; ELEMENTS]; N];
    for row in coefficients.iter().rev() {
        let row = row.each_ref().map(Element::to_canonical);
        for (values, point) in values.iter_mut().zip(points) {
            for (value, coefficient) in values.iter_mut().zip(row) {
                *value = multiply_add(*value, *point, coefficient);
            }
        }
    }
    values.map(|values| {
        let mut share = [0; SHARE_SIZE];
        for (slot, value) in share.chunks_exact_mut(ELEMENT_SIZE).zip(values) {
            slot.copy_from_slice(&canonical(value).to_le_bytes());
        }
        share
    })
}

/// A number at most p + 3 that is value * point + coefficient mod p, for a value of at most p + 3 and a coefficient below p.
#[inline(always)]
fn multiply_add(value: u64, point: u32, coefficient: u64) -> u64 {
    let point = u64::from(point);
    let low = (value & 0xffff_ffff) * point;
    let high = (value >> 32) * point;
    // Below 2^61 + 2^33 + 2^61 + 2^3 + 2^61, which is below 2^63.
    let sum = ((high & LOW_29) << 32) + (high >> 29) + (low & MODULUS) + (low >> 61) + coefficient;
    (sum & MODULUS) + (sum >> 61)
}

/// The residue below p of a number at most p + 3.
#[inline(always)]
fn canonical(value: u64) -> u64 {
    (value + ((value + 1) >> 61)) & MODULUS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn check(value: u64, point: u32, coefficient: u64) {
        let expected = (u128::from(value) * u128::from(point) + u128::from(coefficient)) % u128::from(MODULUS);
        let sum = multiply_add(value, point, coefficient);
        assert!(sum <= MODULUS + 3);
        assert_eq!(u128::from(canonical(sum)), expected, "{value} * {point} + {coefficient}");
    }

    #[test]
    fn the_ends_of_every_range() {
        let values = [0, 1, LOW_29, 0xffff_ffff, 1 << 32, MODULUS - 1, MODULUS, MODULUS + 1, MODULUS + 3];
        for value in values {
            for point in [0, 1, 2, 0x8000_0000, u32::MAX] {
                for coefficient in [0, 1, MODULUS - 1] {
                    check(value, point, coefficient);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(61), ..ProptestConfig::default() })]
        #[test]
        fn one_step_is_that_of_integers(value in 0..=MODULUS + 3, point: u32, coefficient in 0..MODULUS) {
            check(value, point, coefficient);
        }
    }
}
