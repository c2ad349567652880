//! Fixed point of 128 bits: the products and the quotient that the exponential and the table need.

/// floor(a b / 2^128), in constant time.
pub(super) const fn multiply_high(a: u128, b: u128) -> u128 {
    let (a_high, a_low) = halves(a);
    let (b_high, b_low) = halves(b);
    let low = (a_low * b_low) >> 64;
    // Neither sum overflows: a product of words is at most 2^128 - 2^65 + 1, and a word is added to it.
    let (middle_high, middle_low) = halves(a_high * b_low + low);
    let other_middle = a_low * b_high + middle_low;
    a_high * b_high + middle_high + (other_middle >> 64)
}

/// a b as its upper 64 and its lower 128 bits, in constant time.
pub(super) const fn multiply(a: u128, b: u64) -> (u64, u128) {
    let (a_high, a_low) = halves(a);
    let b = b as u128;
    let (carry, low) = halves(a_low * b);
    let (high, middle) = halves(a_high * b + carry);
    #[allow(clippy::cast_possible_truncation, reason = "the upper half of 128 bits")]
    (high as u64, middle << 64 | low)
}

/// floor(2^128 numerator / denominator) for a numerator below the denominator. Both are public.
pub(super) fn quotient_vartime(numerator: u128, denominator: u128) -> u128 {
    let (mut remainder, mut quotient) = (numerator, 0);
    for _ in 0..u128::BITS {
        let carried = remainder >> 127 == 1;
        remainder <<= 1;
        quotient <<= 1;
        if carried || remainder >= denominator {
            remainder = remainder.wrapping_sub(denominator);
            quotient |= 1;
        }
    }
    quotient
}

const fn halves(value: u128) -> (u128, u128) {
    (value >> 64, value & (u64::MAX as u128))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers around the edges of words and of the type.
    const EDGES: [u128; 10] = [
        0,
        1,
        3,
        (1 << 64) - 1,
        1 << 64,
        (1 << 64) + 1,
        0x1234_5678_9abc_def0_0fed_cba9_8765_4321,
        (1 << 127) - 1,
        1 << 127,
        u128::MAX,
    ];

    /// The product by shifting and adding, as its upper and lower 128 bits.
    fn product(a: u128, b: u128) -> (u128, u128) {
        let (mut high, mut low) = (0u128, 0u128);
        for bit in (0..128).rev() {
            high = high << 1 | low >> 127;
            low <<= 1;
            if a >> bit & 1 == 1 {
                let (sum, carry) = low.overflowing_add(b);
                (high, low) = (high + u128::from(carry), sum);
            }
        }
        (high, low)
    }

    #[test]
    fn products_are_those_of_shifting_and_adding() {
        for a in EDGES {
            for b in EDGES {
                assert_eq!(multiply_high(a, b), product(a, b).0, "{a:x} {b:x}");
                let word = b as u64;
                let (high, low) = product(a, word.into());
                assert_eq!(multiply(a, word), (high as u64, low), "{a:x} {word:x}");
            }
        }
    }

    #[test]
    fn a_quotient_is_the_largest_whose_product_fits() {
        for denominator in EDGES {
            for numerator in EDGES.into_iter().filter(|numerator| *numerator < denominator) {
                let quotient = quotient_vartime(numerator, denominator);
                let (high, low) = product(quotient, denominator);
                // numerator 2^128 - quotient denominator lies in [0, denominator).
                let (rest, borrow) = 0u128.overflowing_sub(low);
                assert_eq!(high + u128::from(borrow), numerator, "{numerator:x} / {denominator:x}");
                assert!(rest < denominator, "{numerator:x} / {denominator:x}");
            }
        }
    }
}
