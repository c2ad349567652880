//! The diagonal: its bits, what a minus does to each type, its end.

use super::{Oracle, SEED, SUITES, bits, flip, signs_oracle};
use cloakwork_core::ErrorKind;
use cloakwork_core::hadamard::{Signs, rotate, unrotate};
use cloakwork_core::prg::{MAX_STREAM_BYTES, Suite};

#[test]
fn signs_are_the_bits_of_the_stream() {
    for suite in SUITES {
        let signs = Signs::new(suite, &SEED);
        for first in (0..20).chain([4090, (1 << 33) + 5, MAX_STREAM_BYTES * 8 - 10_000]) {
            for length in [0, 1, 2, 7, 8, 9, 15, 16, 17, 100, 4095, 4096, 4097, 9001] {
                let mut data = vec![1i32; length];
                signs.apply(first, &mut data).unwrap();
                let minus: Vec<bool> = data.iter().map(|value| *value == -1).collect();
                assert_eq!(minus, signs_oracle(suite, &SEED, first, length), "{suite:?}, {length} at {first}");
                assert!(data.iter().all(|value| value.abs() == 1));
            }
        }
    }
}

/// Zero has two signs as a float; the smallest integer is its own negative.
#[test]
fn signs_negate_exactly() {
    let signs = Signs::new(Suite::ChaCha20, &SEED);
    let minus = signs_oracle(Suite::ChaCha20, &SEED, 0, 64);
    fn check<T: Oracle>(signs: &Signs, minus: &[bool], value: T) {
        let (mut data, mut expected) = (vec![value; 64], vec![value; 64]);
        signs.apply(0, &mut data).unwrap();
        flip(minus, &mut expected);
        assert_eq!(bits(&data), bits(&expected));
    }
    for value in [0.0, -0.0, f64::INFINITY, f64::MIN_POSITIVE / 4.0, 1.5] {
        check(&signs, &minus, value);
        check(&signs, &minus, value as f32);
    }
    for value in [0, i64::MIN, i64::MAX, -1] {
        check(&signs, &minus, value);
        check(&signs, &minus, value as i32);
    }
    check(&signs, &minus, i32::MIN);
}

#[test]
fn signs_depend_on_seed_and_suite() {
    let diagonal = |suite, seed: &[u8; 32]| {
        let mut data = [1i32; 256];
        Signs::new(suite, seed).apply(0, &mut data).unwrap();
        data
    };
    let mut other = SEED;
    other[31] ^= 0x80;
    assert_ne!(diagonal(Suite::ChaCha20, &SEED), diagonal(Suite::ChaCha20, &other));
    assert_ne!(diagonal(Suite::ChaCha20, &SEED), diagonal(Suite::Aes128Ctr, &SEED));
}

#[test]
fn the_diagonal_ends() {
    let end = MAX_STREAM_BYTES * 8;
    let signs = Signs::new(Suite::Aes128Ctr, &SEED);
    for (first, length) in [(end, 1), (end - 7, 8), (u64::MAX, 1), (u64::MAX - 1, 4)] {
        let mut data = vec![1.0f32; length];
        let refused =
            [signs.apply(first, &mut data), rotate(&signs, first, &mut data), unrotate(&signs, first, &mut data)];
        for result in refused {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.bound()), (ErrorKind::TooLong, Some(end)));
        }
        assert!(data.iter().all(|value| *value == 1.0));
    }
    let mut data = [1i32; 8];
    signs.apply(end - 8, &mut data).unwrap();
    signs.apply(end, &mut data[..0]).unwrap();
    rotate(&signs, end - 8, &mut data).unwrap();
}
