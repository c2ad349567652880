//! Whether a modulus is prime: the test of G. Miller and M. Rabin with bases that leave no doubt. It is for public numbers.

use super::Modulus;

/// The first twelve primes: no composite number below 3.18 10^23 passes for all of them (J. Sorenson, J. Webster, Mathematics of Computation 86, 2017).
const BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

/// Whether an odd modulus from 3 is prime. The time tells it.
pub(super) fn is_prime_vartime(modulus: &Modulus) -> bool {
    let q = modulus.value();
    if BASES.contains(&q) {
        return true;
    }
    BASES.iter().all(|base| passes_vartime(modulus, base.min(&(q - 1))))
}

/// Whether q could be prime by what the powers of a base are: with q - 1 = 2^s t for an odd t, base^t is 1, or one of its first s squares is -1.
fn passes_vartime(modulus: &Modulus, base: &u64) -> bool {
    let q = modulus.value();
    let twos = (q - 1).trailing_zeros();
    let mut power = power_vartime(modulus, *base, (q - 1) >> twos);
    if power == 1 {
        return true;
    }
    for _ in 0..twos {
        if power == q - 1 {
            return true;
        }
        power = modulus.product(power, power);
    }
    false
}

fn power_vartime(modulus: &Modulus, base: u64, exponent: u64) -> u64 {
    let mut power = 1;
    for bit in (0..u64::BITS - exponent.leading_zeros()).rev() {
        power = modulus.product(power, power);
        if exponent >> bit & 1 == 1 {
            power = modulus.product(power, base);
        }
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(value: u64) -> bool {
        Modulus::new_vartime(value).is_ok()
    }

    #[test]
    fn odd_numbers_below_ten_thousand() {
        for number in 0..10_000u64 {
            let prime = number > 2
                && (2..number).take_while(|factor| factor * factor <= number).all(|factor| number % factor != 0);
            assert_eq!(accepted(number), prime, "{number}");
        }
    }

    #[test]
    fn large_primes_and_what_looks_like_them() {
        for prime in [u64::MAX - 58, (1 << 61) - 1, 0xffff_ffff_0000_0001, (1 << 31) - 1, 4_294_967_291] {
            assert!(accepted(prime), "{prime}");
        }
        // Carmichael numbers, strong pseudoprimes to the first bases (OEIS A014233), squares and products of large primes.
        for composite in [
            561,
            41_041,
            825_265,
            2_047,
            1_373_653,
            25_326_001,
            3_215_031_751,
            2_152_302_898_747,
            3_474_749_660_383,
            341_550_071_728_321,
            3_825_123_056_546_413_051,
            4_294_967_291 * 4_294_967_291,
            4_294_967_291 * 4_294_967_279,
            u64::MAX,
            u64::MAX - 2,
            (1 << 61) + 1,
        ] {
            assert!(!accepted(composite), "{composite}");
        }
    }
}
