//! The Walsh-Hadamard transform and the rotation: known answers, the plain loops as oracle, properties.
//!
//! Floats are compared by their bits: the order of the stages is specified, so there is one right answer.

use core::fmt::Debug;

use cloakwork_core::ErrorKind;
use cloakwork_core::hadamard::{
    Number, Real, Signs, rotate, rotate_orthonormal, transform, transform_orthonormal, unrotate, unrotate_orthonormal,
};
use cloakwork_core::prg::Suite;
use hex_literal::hex;
use hkdf::Hkdf;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use sha2::Sha256;

mod blocks;
mod signs;
mod vectors;

const SUITES: [Suite; 2] = [Suite::ChaCha20, Suite::Aes128Ctr];
const SEED: [u8; 32] = hex!("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");

/// What the oracles need of a number: arithmetic as the language has it, and bits to compare.
trait Oracle: Number {
    type Bits: PartialEq + Debug;

    fn bits(self) -> Self::Bits;
    fn add(self, other: Self) -> Self;
    fn subtract(self, other: Self) -> Self;
    fn negate(self) -> Self;
    /// Any number of the type, from 64 uniform bits. Floats are finite, of either sign, and differ in exponent by up to 2^32, so that every other order of the sums shows.
    fn any(word: u64) -> Self;
    fn small(value: i32) -> Self;
}

macro_rules! integer_oracle {
    ($number:ty) => {
        impl Oracle for $number {
            type Bits = $number;

            fn bits(self) -> $number {
                self
            }
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn subtract(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            fn negate(self) -> Self {
                self.wrapping_neg()
            }
            fn any(word: u64) -> Self {
                word as $number
            }
            fn small(value: i32) -> Self {
                value.into()
            }
        }
    };
}

macro_rules! float_oracle {
    ($number:ty, $bits:ty) => {
        impl Oracle for $number {
            type Bits = $bits;

            fn bits(self) -> $bits {
                self.to_bits()
            }
            fn add(self, other: Self) -> Self {
                self + other
            }
            fn subtract(self, other: Self) -> Self {
                self - other
            }
            fn negate(self) -> Self {
                -self
            }
            fn any(word: u64) -> Self {
                let mantissa = ((word >> 11) as $number) - (1u64 << 52) as $number;
                mantissa / (1u64 << (word & 31)) as $number
            }
            fn small(value: i32) -> Self {
                value as $number
            }
        }
    };
}

integer_oracle!(i32);
integer_oracle!(i64);
float_oracle!(f32, u32);
float_oracle!(f64, u64);

/// Splitmix64 (Steele, Lea, Flood, OOPSLA 2014): the vectors here are long.
fn words(seed: u64) -> impl Iterator<Item = u64> {
    (1u64..).map(move |n| {
        let mut word = seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    })
}

fn vector<T: Oracle>(seed: u64, length: usize) -> Vec<T> {
    words(seed).take(length).map(T::any).collect()
}

fn bits<T: Oracle>(data: &[T]) -> Vec<T::Bits> {
    data.iter().map(|value| value.bits()).collect()
}

/// The specified stages, one at a time over the whole vector.
fn stages<T: Oracle>(data: &mut [T]) {
    let mut apart = data.len() / 2;
    while apart > 0 {
        for pair in data.chunks_exact_mut(2 * apart) {
            let (left, right) = pair.split_at_mut(apart);
            for (a, b) in left.iter_mut().zip(right) {
                (*a, *b) = (a.add(*b), a.subtract(*b));
            }
        }
        apart /= 2;
    }
}

/// The signs `first ...` of protocol.md section 10, by the wrapper types of the crates: true is minus.
fn signs_oracle(suite: Suite, seed: &[u8; 32], first: u64, length: usize) -> Vec<bool> {
    use ctr::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
    let label = b"cloakwork/1 signs";
    let mut info = Vec::new();
    for part in [&label[..], &[suite.id()]] {
        info.extend_from_slice(&(part.len() as u32).to_le_bytes());
        info.extend_from_slice(part);
    }
    let hkdf = Hkdf::<Sha256>::from_prk(seed).unwrap();
    let mut bytes = vec![0; length / 8 + 2];
    match suite {
        Suite::ChaCha20 => {
            let mut key = [0; 32];
            hkdf.expand(&info, &mut key).unwrap();
            let mut cipher = chacha20::ChaCha20::new(&key.into(), &[0; 12].into());
            cipher.seek(first / 8);
            cipher.apply_keystream(&mut bytes);
        }
        Suite::Aes128Ctr => {
            let mut key = [0; 16];
            hkdf.expand(&info, &mut key).unwrap();
            let mut cipher = ctr::Ctr128BE::<aes::Aes128>::new(&key.into(), &[0; 16].into());
            cipher.seek(first / 8);
            cipher.apply_keystream(&mut bytes);
        }
    }
    let skipped = (first % 8) as usize;
    (skipped..skipped + length).map(|bit| bytes[bit / 8] >> (bit % 8) & 1 == 1).collect()
}

fn flip<T: Oracle>(signs: &[bool], data: &mut [T]) {
    for (value, minus) in data.iter_mut().zip(signs) {
        if *minus {
            *value = value.negate();
        }
    }
}

/// By hand; in Sylvester's order.
fn known_answers<T: Oracle>() {
    let check = |input: &[i32], output: &[i32]| {
        let mut data: Vec<T> = input.iter().map(|value| T::small(*value)).collect();
        let expected: Vec<T> = output.iter().map(|value| T::small(*value)).collect();
        transform(&mut data).unwrap();
        assert_eq!(data, expected);
    };
    check(&[5], &[5]);
    check(&[3, 5], &[8, -2]);
    check(&[1, 2, 3, 4], &[10, -2, -4, 0]);
    check(&[1, 0, 0, 0], &[1, 1, 1, 1]);
    check(&[3, -1, 2, 0, -4, 5, 1, 1], &[7, -3, -1, -7, 1, 15, 1, 11]);
    check(&[1; 8], &[8, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn small_vectors_give_the_known_answers() {
    known_answers::<f32>();
    known_answers::<f64>();
    known_answers::<i32>();
    known_answers::<i64>();

    let mut data = [1.0f64, 2.0, 3.0, 4.0];
    transform_orthonormal(&mut data).unwrap();
    assert_eq!(data, [5.0, -1.0, -2.0, 0.0]);
    let mut data = [1.0f32, 2.0, 3.0, 4.0];
    transform_orthonormal(&mut data).unwrap();
    assert_eq!(data, [5.0, -1.0, -2.0, 0.0]);
    let mut data = [3.0f64, 5.0];
    transform_orthonormal(&mut data).unwrap();
    assert_eq!(data, [8.0, -2.0].map(|value| value * core::f64::consts::FRAC_1_SQRT_2));
}

/// Entry (i, j) is -1 to the number of ones in `i & j`; columns are the images of unit vectors.
#[test]
fn the_matrix_is_sylvesters() {
    for log2 in 0..=10 {
        let size = 1usize << log2;
        for column in 0..size {
            let mut data = vec![0i32; size];
            data[column] = 1;
            transform(&mut data).unwrap();
            for (row, entry) in data.iter().enumerate() {
                assert_eq!(*entry, if (row & column).count_ones() % 2 == 0 { 1 } else { -1 });
            }
        }
    }
}

fn every_stage_in_its_order<T: Oracle>(log2: u32) {
    let mut data = vector::<T>(u64::from(log2), 1 << log2);
    let mut expected = data.clone();
    transform(&mut data).unwrap();
    stages(&mut expected);
    // Not assert_eq: nobody wants to read a million numbers.
    assert!(bits(&data) == bits(&expected), "2^{log2}");
}

#[test]
fn every_size_gives_the_bits_of_the_specified_stages() {
    for log2 in 0..=20 {
        every_stage_in_its_order::<f32>(log2);
        every_stage_in_its_order::<f64>(log2);
        every_stage_in_its_order::<i32>(log2);
        every_stage_in_its_order::<i64>(log2);
    }
    every_stage_in_its_order::<f32>(24);
}

/// The comparison above can fail: stages in the opposite order round floats differently.
#[test]
fn another_order_of_the_stages_gives_other_bits() {
    for log2 in 2..=12u32 {
        let mut data = vector::<f32>(u64::from(log2), 1 << log2);
        let mut reversed = data.clone();
        transform(&mut data).unwrap();
        for stage in 0..log2 {
            for pair in reversed.chunks_exact_mut(2 << stage) {
                let (left, right) = pair.split_at_mut(1 << stage);
                for (a, b) in left.iter_mut().zip(right) {
                    (*a, *b) = (*a + *b, *a - *b);
                }
            }
        }
        assert!(bits(&data) != bits(&reversed), "2^{log2}");
    }
}

/// Subnormal numbers, both zeros, infinities and NaN go through as through the plain loops; of a NaN only that it is one.
#[test]
fn special_floats_follow_the_stages() {
    let specials =
        [0.0, -0.0, f32::MIN_POSITIVE / 8.0, -f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, -f32::INFINITY, f32::NAN];
    for log2 in 0..=14 {
        for kinds in 1..=specials.len() {
            let mut data: Vec<f32> =
                words(7).take(1 << log2).map(|word| specials[(word % kinds as u64) as usize]).collect();
            let mut expected = data.clone();
            transform(&mut data).unwrap();
            stages(&mut expected);
            for (value, expected) in data.iter().zip(&expected) {
                assert!(value.to_bits() == expected.to_bits() || value.is_nan() && expected.is_nan());
            }
        }
    }
}

fn rotations<T: Oracle>(suite: Suite, log2: u32, first: u64) {
    let input = vector::<T>(first, 1 << log2);
    let signs = Signs::new(suite, &SEED);
    let diagonal = signs_oracle(suite, &SEED, first, 1 << log2);

    let (mut data, mut expected) = (input.clone(), input.clone());
    rotate(&signs, first, &mut data).unwrap();
    flip(&diagonal, &mut expected);
    stages(&mut expected);
    assert!(bits(&data) == bits(&expected), "{suite:?}, 2^{log2} at {first}");

    let (mut data, mut expected) = (input.clone(), input);
    unrotate(&signs, first, &mut data).unwrap();
    stages(&mut expected);
    flip(&diagonal, &mut expected);
    assert!(bits(&data) == bits(&expected), "{suite:?}, 2^{log2} at {first}");
}

#[test]
fn rotations_are_the_diagonal_and_the_stages() {
    for suite in SUITES {
        for log2 in 0..=18 {
            // At the start, at a whole byte of the stream, within one, beyond 2^32.
            for first in [0, 8 << log2, 3, (1 << 35) + (5 << log2)] {
                rotations::<f32>(suite, log2, first);
                rotations::<f64>(suite, log2, first);
                rotations::<i32>(suite, log2, first);
                rotations::<i64>(suite, log2, first);
            }
        }
        rotations::<i64>(suite, 20, 1 << 20);
        rotations::<f32>(suite, 20, 0);
    }
}

/// One rounding more than the unnormalised function, by the nearest number to 2^(-m / 2).
fn normalised<T: Oracle + Real>(log2: u32, factor: impl Fn(T) -> T) {
    let input = vector::<T>(9, 1 << log2);
    let signs = Signs::new(Suite::Aes128Ctr, &SEED);
    let check = |orthonormal: &dyn Fn(&mut [T]), plain: &dyn Fn(&mut [T])| {
        let (mut data, mut expected) = (input.clone(), input.clone());
        orthonormal(&mut data);
        plain(&mut expected);
        for value in &mut expected {
            *value = factor(*value);
        }
        assert!(bits(&data) == bits(&expected), "2^{log2}");
    };
    check(&|data| transform_orthonormal(data).unwrap(), &|data| transform(data).unwrap());
    check(&|data| rotate_orthonormal(&signs, 64, data).unwrap(), &|data| rotate(&signs, 64, data).unwrap());
    check(&|data| unrotate_orthonormal(&signs, 64, data).unwrap(), &|data| unrotate(&signs, 64, data).unwrap());
}

#[test]
fn orthonormal_functions_round_once_more() {
    for log2 in 0..=18 {
        // Powers of two are exact in both types, and 2^(-1/2), which is not near the middle of two numbers, is rounded to nearest in both.
        let root = 0.5f64.powi(log2 as i32).sqrt();
        normalised::<f64>(log2, |value| value * root);
        normalised::<f32>(log2, |value| value * root as f32);
    }
}

#[test]
fn orthonormal_rotations_keep_lengths_and_undo_each_other() {
    let signs = Signs::new(Suite::ChaCha20, &SEED);
    for log2 in 0..=16 {
        let input: Vec<f64> = words(3).take(1 << log2).map(|word| (word >> 40) as f64 - 8_388_608.0).collect();
        let length = |data: &[f64]| data.iter().map(|value| value * value).sum::<f64>().sqrt();
        let mut data = input.clone();
        rotate_orthonormal(&signs, 0, &mut data).unwrap();
        let tolerance = 1e-13 * length(&input);
        assert!((length(&data) - length(&input)).abs() < tolerance);
        unrotate_orthonormal(&signs, 0, &mut data).unwrap();
        assert!(data.iter().zip(&input).all(|(value, expected)| (value - expected).abs() < tolerance));
    }
}

/// What a rotation is for: the image of a single coordinate has the same magnitude everywhere.
#[test]
fn a_rotation_spreads_one_coordinate() {
    let signs = Signs::new(Suite::Aes128Ctr, &SEED);
    let mut data = vec![0i64; 1 << 12];
    data[1234] = 77;
    rotate(&signs, 0, &mut data).unwrap();
    assert!(data.iter().all(|value| value.abs() == 77));
}

/// Computed from protocol.md section 10 with Python's hmac, the package `cryptography` and the dense matrix: the rotation of (1, 2, ..., 16).
#[test]
fn rotations_give_the_known_answers() {
    let known = [
        (
            Suite::ChaCha20,
            hex!("0b71f30ef78abbedef667d60e8081f66"),
            [20, -44, -56, 8, 20, 20, 8, -56, 24, 56, 44, -20, -80, 0, -4, 44],
        ),
        (
            Suite::Aes128Ctr,
            hex!("826feee30f14a224da1a9fd748bb3b74"),
            [-26, 14, 6, 46, -46, -6, -14, -38, 58, 18, 2, -70, 38, -18, -26, 78],
        ),
    ];
    for (suite, stream, image) in known {
        let signs = Signs::new(suite, &SEED);
        let mut diagonal = [1i32; 128];
        signs.apply(0, &mut diagonal).unwrap();
        for (position, sign) in diagonal.iter().enumerate() {
            assert_eq!(*sign == -1, stream[position / 8] >> (position % 8) & 1 == 1);
        }
        let mut data: [i64; 16] = core::array::from_fn(|position| position as i64 + 1);
        rotate(&signs, 0, &mut data).unwrap();
        assert_eq!(data, image);
        unrotate(&signs, 0, &mut data).unwrap();
        assert_eq!(data, core::array::from_fn(|position| 16 * (position as i64 + 1)));
    }
}

#[test]
fn lengths_that_are_no_power_of_two_are_refused() {
    let signs = Signs::new(Suite::ChaCha20, &SEED);
    for (length, next) in [(0, 1), (3, 4), (5, 8), (6, 8), (7, 8), (24, 32), (1000, 1024), (1025, 2048)] {
        let mut data = vec![1.0f64; length];
        let refused = [
            transform(&mut data),
            transform_orthonormal(&mut data),
            rotate(&signs, 0, &mut data),
            unrotate(&signs, 0, &mut data),
            rotate_orthonormal(&signs, 0, &mut data),
            unrotate_orthonormal(&signs, 0, &mut data),
        ];
        for result in refused {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.bound()), (ErrorKind::InvalidLength, Some(next)));
        }
        assert!(data.iter().all(|value| *value == 1.0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1867), ..ProptestConfig::default() })]

    #[test]
    fn the_transform_is_its_own_inverse_but_for_the_length(log2 in 0u32..13, seed: u64) {
        let input = vector::<i64>(seed, 1 << log2);
        let mut data = input.clone();
        transform(&mut data).unwrap();
        transform(&mut data).unwrap();
        let expected: Vec<i64> = input.iter().map(|value| value.wrapping_mul(1 << log2)).collect();
        prop_assert_eq!(data, expected);
    }

    #[test]
    fn the_transform_is_linear(log2 in 0u32..13, seed: u64, factor: i32) {
        let (x, y) = (vector::<i32>(seed, 1 << log2), vector::<i32>(!seed, 1 << log2));
        let mut sum: Vec<i32> = x.iter().zip(&y).map(|(x, y)| x.wrapping_mul(factor).wrapping_add(*y)).collect();
        let (mut image_x, mut image_y) = (x, y);
        for data in [&mut sum, &mut image_x, &mut image_y] {
            transform(data).unwrap();
        }
        let expected: Vec<i32> =
            image_x.iter().zip(&image_y).map(|(x, y)| x.wrapping_mul(factor).wrapping_add(*y)).collect();
        prop_assert_eq!(sum, expected);
    }

    #[test]
    fn a_rotation_is_undone_but_for_the_length(
        suite in 0usize..2, seed: [u8; 32], log2 in 0u32..15, first in 0u64..1 << 40, words: u64,
    ) {
        let signs = Signs::new(SUITES[suite], &seed);
        let input = vector::<i64>(words, 1 << log2);
        let mut data = input.clone();
        rotate(&signs, first, &mut data).unwrap();
        unrotate(&signs, first, &mut data).unwrap();
        let expected: Vec<i64> = input.iter().map(|value| value.wrapping_mul(1 << log2)).collect();
        prop_assert_eq!(data, expected);
    }
}
