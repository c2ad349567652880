//! Prime fields whose modulus is chosen at run time: any odd prime below 2^64.
//!
//! The modulus is public, elements may be secret: words below the modulus q, in slices of their caller, who wipes them. Products are reduced by P. Montgomery's method
//! (Mathematics of Computation 44, 1985) with R = 2^64: `reduced(x y)` is x y / R mod q whenever x y < q R, so one factor may be any word. Where q is 2^61 - 1 from the start,
//! [`crate::field`] is faster.
//!
//! Products are 64 by 64 bits; where these take longer for some operands ([`crate::field`] says where) so do they here.

mod primality;

use crate::ct::{self, Masks};
use crate::error::{ErrorKind, Result};

/// An odd prime below 2^64, which everybody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modulus {
    value: u64,
    /// -1 / q mod 2^64.
    negated_inverse: u64,
    /// 2^64 mod q.
    radix: u64,
    /// 2^128 mod q.
    radix_squared: u64,
}

impl Modulus {
    /// The field of `value` elements. The time tells the value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] unless it is an odd prime.
    pub fn new_vartime(value: u64) -> Result<Self> {
        let odd = Self::odd_vartime(value).ok_or(ErrorKind::InvalidArgument)?;
        if primality::is_prime_vartime(&odd) { Ok(odd) } else { Err(ErrorKind::InvalidArgument.into()) }
    }

    /// The constants of an odd modulus from 3, prime or not.
    #[allow(clippy::integer_division_remainder_used, reason = "the modulus is public")]
    fn odd_vartime(value: u64) -> Option<Self> {
        if value < 3 || value & 1 == 0 {
            return None;
        }
        // Newton's iteration doubles the bits that are right; an odd number is its own inverse mod 8.
        let inverse =
            (0..5).fold(value, |inverse, _| inverse.wrapping_mul(2u64.wrapping_sub(value.wrapping_mul(inverse))));
        let radix = value.wrapping_neg() % value;
        let squared = u128::from(radix) * u128::from(radix) % u128::from(value);
        let radix_squared = u64::try_from(squared).ok()?;
        Some(Self { value, negated_inverse: inverse.wrapping_neg(), radix, radix_squared })
    }

    /// The modulus.
    #[must_use]
    pub const fn value(&self) -> u64 {
        self.value
    }

    /// Checks that all of these are elements. Whether they are shows; which is not does not.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfRange`], with the modulus, if one is not below it.
    pub fn check(&self, words: &[u64]) -> Result<()> {
        let beyond = words.iter().fold(0, |beyond, word| beyond | (1 ^ borrow(u128::from(*word), self.value)));
        // One decision for all words.
        let [flag, ..] = beyond.to_le_bytes();
        if ct::opaque(flag) == 0 { Ok(()) } else { Err(ErrorKind::OutOfRange.bound(self.value)) }
    }

    /// x + y.
    #[must_use]
    pub fn sum(&self, x: u64, y: u64) -> u64 {
        self.once(u128::from(x) + u128::from(y))
    }

    /// x - y.
    #[must_use]
    pub fn difference(&self, x: u64, y: u64) -> u64 {
        self.once(u128::from(x) + u128::from(self.value.wrapping_sub(y)))
    }

    /// x y.
    #[must_use]
    pub fn product(&self, x: u64, y: u64) -> u64 {
        self.reduced(self.reduced(x, y), self.radix_squared)
    }

    /// An element from 128 uniform bits: their number mod q. It is uniform but for a statistical distance below q / 2^128, so below 2^-64.
    #[must_use]
    pub fn uniform(&self, low: u64, high: u64) -> u64 {
        self.sum(self.reduced(low, self.radix), self.reduced(high, self.radix_squared))
    }

    /// x y / 2^64, for x y < q 2^64.
    fn reduced(&self, x: u64, y: u64) -> u64 {
        let product = u128::from(x) * u128::from(y);
        let multiple = u128::from(low(product).wrapping_mul(self.negated_inverse)) * u128::from(self.value);
        // The lower halves add up to 0 or 2^64.
        let carry = (u128::from(low(product)) + u128::from(low(multiple))) >> 64;
        self.once((product >> 64) + (multiple >> 64) + carry)
    }

    /// x mod q for x < 2 q.
    fn once(&self, x: u128) -> u64 {
        let mask = Masks::new().spread(borrow(x, self.value));
        low(x).wrapping_sub(self.value).wrapping_add(self.value & mask)
    }
}

/// Whether x < y, for x below 2^127.
fn borrow(x: u128, y: u64) -> u64 {
    low(x.wrapping_sub(u128::from(y)) >> 127)
}

#[allow(clippy::cast_possible_truncation, reason = "the lower half")]
const fn low(x: u128) -> u64 {
    x as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    /// 2^64 - 59, 2^61 - 1, and small ones.
    const PRIMES: [u64; 7] = [u64::MAX - 58, (1 << 61) - 1, 67, 3, 5, 257, 0xffff_ffff_0000_0001];

    fn modulus(value: u64) -> Modulus {
        Modulus::new_vartime(value).unwrap()
    }

    #[test]
    fn every_operation_of_small_fields() {
        for q in [3u64, 5, 7, 67] {
            let field = modulus(q);
            for x in 0..q {
                for y in 0..q {
                    assert_eq!(field.sum(x, y), (x + y) % q);
                    assert_eq!(field.difference(x, y), (x + q - y) % q);
                    assert_eq!(field.product(x, y), x * y % q);
                }
            }
        }
    }

    #[test]
    fn known_products() {
        // By Python's integers.
        let field = modulus(u64::MAX - 58);
        assert_eq!(field.product(u64::MAX - 59, u64::MAX - 59), 1);
        assert_eq!(field.product(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210), 0x650b_76b7_e000_2926);
        assert_eq!(field.difference(25, 50), 18_446_744_073_709_551_532);
        assert_eq!(modulus((1 << 61) - 1).product(1 << 60, 4), 2);
        assert_eq!(modulus(67).difference(0, 20), 47);
    }

    #[test]
    fn elements_are_below_the_modulus() {
        let field = modulus(67);
        assert!(field.check(&[0, 66]).is_ok());
        assert!(field.check(&[]).is_ok());
        for word in [67, 68, 1 << 63, u64::MAX] {
            assert_eq!(field.check(&[1, word, 2]).unwrap_err().kind(), ErrorKind::OutOfRange);
        }
    }

    #[test]
    fn every_residue_comes_from_wide_numbers() {
        let field = modulus(67);
        for low in 0..200u64 {
            for high in [0, 1, 2, 66, 67, u64::MAX] {
                let wide = u128::from(high) << 64 | u128::from(low);
                assert_eq!(u128::from(field.uniform(low, high)), wide % 67);
            }
        }
    }

    proptest! {
        #[test]
        fn operations_are_those_of_wide_integers(x: u64, y: u64, low: u64, high: u64, which in 0..PRIMES.len()) {
            let q = PRIMES[which];
            let (field, x, y, wide) = (modulus(q), x % q, y % q, u128::from(q));
            let (long_x, long_y) = (u128::from(x), u128::from(y));
            prop_assert_eq!(u128::from(field.sum(x, y)), (long_x + long_y) % wide);
            prop_assert_eq!(u128::from(field.difference(x, y)), (long_x + wide - long_y) % wide);
            prop_assert_eq!(u128::from(field.product(x, y)), long_x * long_y % wide);
            prop_assert_eq!(u128::from(field.uniform(low, high)), (u128::from(high) << 64 | u128::from(low)) % wide);
        }

        #[test]
        fn edges(left in 0..6usize, right in 0..6usize, which in 0..PRIMES.len()) {
            let q = PRIMES[which];
            let field = modulus(q);
            let edges: Vec<u64> = vec![0, 1, 2, q / 2, q - 2, q - 1];
            let (x, y) = (edges[left], edges[right]);
            prop_assert_eq!(u128::from(field.product(x, y)), u128::from(x) * u128::from(y) % u128::from(q));
            prop_assert_eq!(field.sum(field.difference(x, y), y), x);
        }
    }
}
