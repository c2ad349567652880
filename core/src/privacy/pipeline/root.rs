//! The square root of a secret number.
//!
//! `libm` looks up a first approximation by the number's bits, which on most machines shows in the cache; processors have an instruction for it, and some of
//! our targets are none of those. One root is taken a vector, so the digit-by-digit method is fast enough.

/// Bits of the root before rounding: those of a double and one to round by.
const ROOT_BITS: u32 = 54;
const MANTISSA_BITS: u32 = 52;
const BIAS: u64 = 1023;

/// The square root of a normal number that is not negative, rounded to nearest. For zero and subnormal numbers some number below 2^-510.
///
/// With x = m 2^(e - 52), e even and 2^52 <= m < 2^54, the root is r 2^(e/2 - 53), where r is the 54-bit root of m 2^54. A tie cannot occur: r would be odd and its square, too.
pub(super) fn square_root(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = (bits >> MANTISSA_BITS).wrapping_sub(BIAS).cast_signed();
    let mantissa = (bits & ((1 << MANTISSA_BITS) - 1)) | (1 << MANTISSA_BITS);
    let radicand = u128::from(mantissa << (exponent & 1)) << ROOT_BITS;
    let root = integer_root(radicand);
    let half = (exponent >> 1).cast_unsigned().wrapping_add(BIAS) << MANTISSA_BITS;
    // A root that rounds up to 2^53 carries into the exponent, as it should.
    f64::from_bits(half.wrapping_add(((root + 1) >> 1) - (1 << MANTISSA_BITS)))
}

/// floor(sqrt(n)) for n below 2^108, bit by bit.
fn integer_root(n: u128) -> u64 {
    let mut root = 0u64;
    for bit in (0..ROOT_BITS).rev() {
        let trial = root | (1 << bit);
        // The top bit of the difference is set if the square of the trial is too large.
        let too_large = (n.wrapping_sub(u128::from(trial) * u128::from(trial)) >> 127) as u64;
        root |= (too_large ^ 1) << bit;
    }
    root
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    /// An interpreter is too slow for more.
    const CASES: u32 = if cfg!(miri) { 20 } else { 20_000 };

    #[test]
    fn roots_are_those_of_the_processor() {
        let mut word = 1u64;
        for _ in 0..CASES {
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Any mantissa, and exponents from -1022 to 1023.
            let exponent = (word >> 53).clamp(1, 2046);
            let x = f64::from_bits(exponent << 52 | (word.rotate_left(29) & ((1 << 52) - 1)));
            assert_eq!(square_root(x).to_bits(), x.sqrt().to_bits(), "{x:e}");
        }
    }

    #[test]
    fn squares_and_their_neighbours_are_exact() {
        for whole in (1..CASES.min(3000)).map(f64::from).chain([2.0f64.powi(200), 94_906_265.0, 94_906_266.0]) {
            let square = whole * whole;
            for bits in [square.to_bits() - 1, square.to_bits(), square.to_bits() + 1] {
                let x = f64::from_bits(bits);
                assert_eq!(square_root(x).to_bits(), x.sqrt().to_bits(), "{x:e}");
            }
        }
    }

    #[test]
    fn what_is_not_normal_has_a_small_root() {
        for x in [0.0, 5e-324, f64::MIN_POSITIVE / 2.0] {
            assert!((0.0..1e-150).contains(&square_root(x)));
        }
    }
}
