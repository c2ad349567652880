//! X25519 (RFC 7748 section 5) for processors without an operating system, in less than half of the flash that the crate takes there, and less stack.
//!
//! The same bytes as those of the crate that hosts use, against which it is tested. The crate's field is made for speed on wide processors: ten limbs, multiplied
//! in straight code. Here a number is eight words mod 2^256 - 38, twice the prime 2^255 - 19, and each operation goes over them once, a product eight times.
//! A Cortex-M4 has the multiplication that the inner loop needs, of two words with two to add, as one instruction of constant time.

use zeroize::{Zeroize, Zeroizing};

use super::KEY_SIZE;
use crate::ct::Masks;

/// Words of a number.
const WORDS: usize = 8;

/// 2^256 mod 2^255 - 19.
const FOLD: i64 = 38;

/// Below this bit of the last word a number is below 2^255.
const TOP: u32 = 1 << 31;

/// (A - 2) / 4 of the curve, whose A is 486662.
const A24: u32 = 121_665;

/// The body for each number of a word. In a loop, what the loop does takes as long as what is in it.
macro_rules! each_word {
    ($word:ident => $body:block) => {
        each_word!(@ $word $body 0 1 2 3 4 5 6 7)
    };
    (@ $word:ident $body:block $($number:literal)*) => {
        $({
            const $word: usize = $number;
            $body
        })*
    };
}

/// An integer below 2^256, which stands for its residue mod 2^255 - 19. The points of the ladder are wiped, what passes through the stack between them is not.
#[derive(Zeroize)]
struct Number([u32; WORDS]);

impl Number {
    const fn small(value: u32) -> Self {
        Self([value, 0, 0, 0, 0, 0, 0, 0])
    }

    /// The number in 32 bytes without their last bit, which X25519 ignores.
    fn from_bytes(bytes: &[u8; KEY_SIZE]) -> Self {
        let mut number = Self::small(0);
        for (word, bytes) in number.0.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        number.0[WORDS - 1] &= !TOP;
        number
    }

    /// The residue below 2^255 - 19.
    fn into_bytes(mut self) -> [u8; KEY_SIZE] {
        // At most 2^255 + 18 afterwards; then 19 more reach bit 255 exactly if the prime goes into it once.
        let top = self.take_top();
        self.add_word(19 * top);
        let mut above = Self(self.0);
        above.add_word(19);
        self.add_word(19 * above.take_top());
        self.take_top();
        let mut bytes = [0; KEY_SIZE];
        for (bytes, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(&self.0) {
            *bytes = word.to_le_bytes();
        }
        bytes
    }

    /// Takes bit 255 away.
    fn take_top(&mut self) -> u32 {
        let top = self.0[WORDS - 1] >> 31;
        self.0[WORDS - 1] &= !TOP;
        top
    }

    /// Adds a word to a number that is far enough below 2^256.
    fn add_word(&mut self, word: u32) {
        self.add_signed(word.into());
    }

    /// Adds a number of a few words' bits, with a sign, and returns what then goes beyond 256 bits.
    #[inline(never)]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the low word is what is meant")]
    fn add_signed(&mut self, number: i64) -> i64 {
        let mut carry = number;
        each_word!(WORD => {
            carry += i64::from(self.0[WORD]);
            self.0[WORD] = carry as u32;
            carry >>= 32;
        });
        carry
    }

    /// Adds `carry` * 2^256, for a carry of a few bits and a sign.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the low word is what is meant")]
    fn settle(&mut self, carry: i64) {
        let rest = self.add_signed(carry * FOLD);
        // Where there is a rest, the number went past an end of its range by little, and the first word takes it in without another carry.
        self.0[0] = self.0[0].wrapping_add((rest * FOLD) as u32);
    }

    #[inline(never)]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the low word is what is meant")]
    fn add(&self, other: &Self) -> Self {
        let (mut sum, mut carry) = (Self::small(0), 0);
        each_word!(WORD => {
            carry += i64::from(self.0[WORD]) + i64::from(other.0[WORD]);
            sum.0[WORD] = carry as u32;
            carry >>= 32;
        });
        sum.settle(carry);
        sum
    }

    #[inline(never)]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the low word is what is meant")]
    fn sub(&self, other: &Self) -> Self {
        let (mut difference, mut carry) = (Self::small(0), 0);
        each_word!(WORD => {
            carry += i64::from(self.0[WORD]) - i64::from(other.0[WORD]);
            difference.0[WORD] = carry as u32;
            carry >>= 32;
        });
        difference.settle(carry);
        difference
    }

    #[inline(never)]
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "words, and a carry of six bits")]
    fn mul(&self, other: &Self) -> Self {
        let mut product = [0u32; 2 * WORDS];
        for (first, one) in self.0.iter().enumerate() {
            if let Some((places, [after, ..])) = product.get_mut(first..).and_then(<[u32]>::split_first_chunk_mut) {
                *after = add_multiple(places, *one, &other.0);
            }
        }
        let (mut reduced, mut carry) = (Self::small(0), 0u64);
        each_word!(WORD => {
            carry += u64::from(product[WORD]) + u64::from(product[WORD + WORDS]) * FOLD.unsigned_abs();
            reduced.0[WORD] = carry as u32;
            carry >>= 32;
        });
        reduced.settle(carry as i64);
        reduced
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "words, and a carry of 17 bits")]
    fn mul_word(&self, word: u32) -> Self {
        let (mut product, mut carry) = (Self::small(0), 0u64);
        each_word!(WORD => {
            carry += u64::from(self.0[WORD]) * u64::from(word);
            product.0[WORD] = carry as u32;
            carry >>= 32;
        });
        product.settle(carry as i64);
        product
    }

    /// The power 2^`times`, for `times` of 1 and more.
    fn squared(&self, times: u32) -> Self {
        (1..times).fold(self.mul(self), |square, _| square.mul(&square))
    }

    /// The inverse by Fermat: the power 2^255 - 21. The inverse of zero is zero.
    fn inverse(&self) -> Self {
        // runs(n) is the power 2^n - 1; runs(m + n) = runs(m)^(2^n) * runs(n).
        let extended = |run: &Self, by: u32, with: &Self| run.squared(by).mul(with);
        let two = extended(self, 1, self);
        let four = extended(&two, 2, &two);
        let five = extended(&four, 1, self);
        let ten = extended(&five, 5, &five);
        let twenty = extended(&ten, 10, &ten);
        let forty = extended(&twenty, 20, &twenty);
        let fifty = extended(&forty, 10, &ten);
        let hundred = extended(&fifty, 50, &fifty);
        let two_hundred = extended(&hundred, 100, &hundred);
        let two_hundred_and_fifty = extended(&two_hundred, 50, &fifty);
        // 2^255 - 21 = 32 (2^250 - 1) + 8 + 3.
        extended(&two_hundred_and_fifty, 5, &extended(self, 3, &two))
    }
}

/// Adds `one` times `other` to as many words and returns the word that goes beyond.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the two words of a sum")]
fn add_multiple(places: &mut [u32; WORDS], one: u32, other: &[u32; WORDS]) -> u32 {
    let mut carry = 0;
    each_word!(WORD => {
        // At most (2^32 - 1)^2 + 2 (2^32 - 1), which is 2^64 - 1.
        let sum = u64::from(one) * u64::from(other[WORD]) + u64::from(places[WORD]) + u64::from(carry);
        places[WORD] = sum as u32;
        carry = (sum >> 32) as u32;
    });
    carry
}

/// X25519 of a scalar, which is clamped here, and a coordinate.
pub(super) fn x25519(secret: &[u8; KEY_SIZE], public: &[u8; KEY_SIZE]) -> [u8; KEY_SIZE] {
    let masks = Masks::new();
    let point = Number::from_bytes(public);
    // Projective coordinates x, z of the two points of the ladder.
    let mut points = Zeroizing::new([Number::small(1), Number::small(0), Number(point.0), Number::small(1)]);
    let [x2, z2, x3, z3] = &mut *points;
    let mut swapped = 0;
    for position in (0..255usize).rev() {
        let byte = secret.get(position >> 3).copied().unwrap_or_default();
        let bit = match position {
            // Clamping: a multiple of 8 with bit 254 set and bit 255 clear.
            254 => 1,
            0..3 => 0,
            _ => u32::from(byte >> (position & 7)) & 1,
        };
        let mask = masks.spread(swapped ^ bit);
        swap(mask, x2, x3);
        swap(mask, z2, z3);
        swapped = bit;
        let (sum, difference) = (x2.add(z2), x2.sub(z2));
        let crossed = (x3.sub(z3).mul(&sum), x3.add(z3).mul(&difference));
        let (sum, difference) = (sum.squared(1), difference.squared(1));
        *x3 = crossed.0.add(&crossed.1).squared(1);
        *z3 = crossed.0.sub(&crossed.1).squared(1).mul(&point);
        *x2 = sum.mul(&difference);
        let four = sum.sub(&difference);
        *z2 = four.mul_word(A24).add(&sum).mul(&four);
    }
    // The last bit of a clamped scalar is 0: the points are not swapped.
    x2.mul(&z2.inverse()).into_bytes()
}

/// Exchanges two numbers where the mask is all ones.
#[inline(never)]
fn swap(mask: u32, one: &mut Number, other: &mut Number) {
    each_word!(WORD => {
        let difference = (one.0[WORD] ^ other.0[WORD]) & mask;
        one.0[WORD] ^= difference;
        other.0[WORD] ^= difference;
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn as_the_crate(secret: [u8; KEY_SIZE], public: [u8; KEY_SIZE]) {
        assert_eq!(x25519(&secret, &public), x25519_dalek::x25519(secret, public), "{public:02x?}");
    }

    /// Numbers at which carries and reductions begin and end.
    fn ends() -> impl Iterator<Item = [u8; KEY_SIZE]> {
        let near = |last: u8, first: u8| {
            let mut bytes = [if last == 0 { 0 } else { 0xff }; KEY_SIZE];
            (bytes[0], bytes[KEY_SIZE - 1]) = (first, last);
            bytes
        };
        let small = (0..40).map(move |first| near(0, first));
        let around_the_prime = (0xd9..=0xff).flat_map(move |first| [near(0x7f, first), near(0xff, first)]);
        small.chain(around_the_prime)
    }

    #[test]
    fn coordinates_at_every_end() {
        for public in ends() {
            as_the_crate([0; KEY_SIZE], public);
            as_the_crate([0xff; KEY_SIZE], public);
        }
    }

    /// Arithmetic at the ends of its range, where products and chance seldom lead: against the definition in the words of the prime's residues.
    #[test]
    fn sums_and_products_at_every_end() {
        let whole = |bytes: &[u8; KEY_SIZE]| {
            let mut number = Number::from_bytes(bytes);
            number.0[WORDS - 1] |= u32::from(bytes[KEY_SIZE - 1] >> 7) << 31;
            number
        };
        for one in ends() {
            for other in ends() {
                let (one, other) = (whole(&one), whole(&other));
                // (a + b) + (a - b) = 2 a, and (a + b) (a - b) = a^2 - b^2.
                let (sum, difference) = (one.add(&other), one.sub(&other));
                assert_eq!(sum.add(&difference).into_bytes(), one.mul(&Number::small(2)).into_bytes());
                assert_eq!(one.mul(&Number::small(A24)).into_bytes(), one.mul_word(A24).into_bytes());
                let squares = one.mul(&one).sub(&other.mul(&other));
                assert_eq!(sum.mul(&difference).into_bytes(), squares.into_bytes());
                assert_eq!(sum.sub(&other).into_bytes(), Number(one.0).into_bytes());
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(7748), ..ProptestConfig::default() })]
        #[test]
        fn any_scalar_and_coordinate(secret: [u8; KEY_SIZE], public: [u8; KEY_SIZE]) {
            as_the_crate(secret, public);
        }
    }
}
