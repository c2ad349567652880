//! Powers of 1/2: a precise one for what has to be decided exactly, and a quick one that decides nearly everything.

use crate::ct::Masks;

use super::constants::{COEFFICIENTS, HALF_LOG2_E, LN_2, ROOTS};
use super::wide::{multiply, multiply_high, quotient_vartime};

/// log2 of what [`rate_vartime`] multiplies by.
pub(super) const RATE_BITS: u32 = 126;

/// How far [`quick`] may be from 2^32 times the power: between 6 below and 12 above.
///
/// Above: 4 from the four product truncations that raise the polynomial, 0.4 from its coefficients, 0.7 from the 33rd bit of the exponent's fraction,
/// 5.6 from the 30th of the slope, 1.1 from the rate. Below: 3 from the truncations that lower it, 0.4, 1.1, and 1 from the shift.
pub(super) const QUICK_ERROR: u64 = 12;

/// 1/i! times 2^127.
const INVERSE_FACTORIALS: [u128; 17] = inverse_factorials();

const fn inverse_factorials() -> [u128; 17] {
    let mut inverses = [0; 17];
    let (mut factorial, mut i) = (1u128, 0);
    while i < inverses.len() {
        if i > 1 {
            factorial *= i as u128;
        }
        #[allow(clippy::integer_division_remainder_used, reason = "by the compiler")]
        {
            inverses[i] = (1 << 127) / factorial;
        }
        i += 1;
    }
    inverses
}

/// log2(e) / (2 s^2) times 2^126 for s = 2^(exponent - 52) mantissa, where 2^52 <= mantissa < 2^53 and -1 <= exponent <= 1: the rate at which
/// the logarithm of a Gaussian density falls with the square of the distance. The error is below 1.5 units and 2^-124 of the rate.
pub(super) fn rate_vartime(mantissa: u64, exponent: i32) -> u128 {
    let square = u128::from(mantissa) * u128::from(mantissa);
    // In [2^126, 2^128), above the numerator.
    let quotient = quotient_vartime(HALF_LOG2_E, square << 22);
    // 2^128 log2(e) / 2 * (2^52 / mantissa)^2, to be divided by 4^exponent.
    quotient >> (128 - RATE_BITS).saturating_add_signed(2 * exponent)
}

/// 2^-(rate numerator / 2^(126 + 32)), times 2^127: off by less than 2^-122, and by what the rate is off.
pub(super) fn precise(rate: u128, numerator: u64, masks: Masks) -> u128 {
    let (high, low) = multiply(rate, numerator);
    let fraction = u128::from(high) << 98 | low >> 30;
    power_of_half(high >> 30, fraction, masks)
}

/// 2^-(whole + fraction / 2^128), times 2^127, in constant time: off by less than 16 units.
///
/// The first four bits of the fraction choose among roots of 1/2; what remains is below 1/16 and served by 17 terms of the Taylor series, whose
/// remainder is below 2^-125. Each of the 22 products truncates by less than a unit.
fn power_of_half(whole: u64, fraction: u128, masks: Masks) -> u128 {
    let mut power = 1u128 << 127;
    for (place, root) in (0..).zip(ROOTS) {
        let mask = masks.spread(fraction >> (127 - place) & 1);
        power ^= (power ^ multiply_high(power, root)) & mask;
    }
    let rest = multiply_high(fraction << 4 >> 4, LN_2);
    let mut series = 0;
    for inverse in INVERSE_FACTORIALS.iter().rev() {
        series = inverse - multiply_high(series, rest);
    }
    power = multiply_high(series, power) << 1;
    // A shift by a secret number of places, one bit of the number at a time: not every machine shifts 128 bits in constant time.
    for place in 0..7 {
        let mask = masks.spread(u128::from(whole >> place & 1));
        power ^= (power ^ power >> (1u32 << place)) & mask;
    }
    let beyond = (whole >> 7).wrapping_neg() >> 63;
    power & !masks.spread(u128::from(beyond))
}

/// About 2^-(rate reach part / 2^(34 + 32)), times 2^32: within [`QUICK_ERROR`], for exponents below 8 and parts and reaches below 2^16 and 2^22.
///
/// Written in 64-bit lanes whose upper halves are zero before each product, so that the compiler takes the vector product of 32-bit words.
#[inline(always)]
pub(super) fn quick(rate: u64, reach: u64, part: u64, masks: Masks) -> u64 {
    const LOW: u64 = 0xffff_ffff;
    // 29 bits of fraction, then 45.
    let slope = ((reach & LOW) * (rate & LOW)) >> 21;
    let exponent = (slope & LOW) * (part & LOW);
    let fraction = exponent >> 13 & LOW;
    let [first, rest @ .., last] = COEFFICIENTS;
    let mut power = last;
    for coefficient in rest.into_iter().rev() {
        power = coefficient - (((power & LOW) * fraction) >> 32);
    }
    power = first - (((power & LOW) * fraction) >> 32);
    // As above; vector units of old shift all lanes by the same number.
    for place in 0..3 {
        let mask = masks.spread(exponent >> (45 + place) & 1);
        power ^= (power ^ power >> (1u32 << place)) & mask;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each root squares to the one before, the inverse factorials sum up to powers of e, and the logarithms belong together.
    #[test]
    fn constants_are_what_they_are_named() {
        let mut square = 1u128 << 127;
        for root in ROOTS {
            assert!(square.abs_diff(multiply_high(root, root)) <= 2);
            square = root;
        }
        // e^(1/16) from the series, to 2^-116; its sixteenth power is e, times 2^126.
        let series = (0..).zip(INVERSE_FACTORIALS).map(|(i, inverse)| inverse >> (4 * i + 1));
        let e = (0..4).fold(series.sum(), |power: u128, _| multiply_high(power, power) << 2);
        let over_e = power_of_half(1, quotient_vartime(LN_2_COMPLEMENT, LN_2), Masks::new());
        assert!(multiply_high(e, over_e).abs_diff(1 << 125) < 1 << 16);
        // log2(e) / 2 = 1 / (2 ln 2).
        assert!(multiply_high(HALF_LOG2_E, LN_2).abs_diff(1 << 125) <= 2);
    }

    /// 2^128 (1 - ln 2): 1/e = 2^-(1 + (1 - ln 2) / ln 2).
    const LN_2_COMPLEMENT: u128 = LN_2.wrapping_neg();

    #[test]
    fn powers_multiply() {
        let masks = Masks::new();
        let parts = [1u128 << 127, 1 << 126, 3 << 123, 0x1234_5678_9abc_def0 << 60, 1 << 90, (1 << 124) - 1];
        for a in parts {
            for b in parts {
                let (sum, carry) = a.overflowing_add(b);
                let product = multiply_high(power_of_half(0, a, masks), power_of_half(0, b, masks)) << 1;
                let together = power_of_half(carry.into(), sum, masks);
                assert!(product.abs_diff(together) < 40, "{a:x} {b:x}");
            }
        }
        assert!(power_of_half(0, 0, masks).abs_diff(1 << 127) <= 2);
    }

    #[test]
    fn whole_exponents_shift() {
        let masks = Masks::new();
        let fraction = 0x89ab_cdef << 90;
        let power = power_of_half(0, fraction, masks);
        for whole in 0..128 {
            assert_eq!(power_of_half(whole, fraction, masks), power >> whole);
        }
        for whole in [128, 129, 255, 256, 1 << 20, 1 << 40, u64::MAX] {
            assert_eq!(power_of_half(whole, fraction, masks), 0);
        }
    }

    /// The rate of s = 1 is log2(e) / 2, and it falls with the square of s.
    #[test]
    fn rates_fall_with_the_square() {
        assert!(rate_vartime(1 << 52, 0).abs_diff(HALF_LOG2_E) <= 1);
        assert!(rate_vartime(1 << 52, -1).abs_diff(HALF_LOG2_E << 2) <= 4);
        assert!(rate_vartime(1 << 52, 1).abs_diff(HALF_LOG2_E >> 2) <= 1);
        // s = 1.5: 4/9.
        assert!((9 * (rate_vartime(3 << 51, 0) >> 4)).abs_diff(4 * (HALF_LOG2_E >> 4)) <= 18);
    }
}
