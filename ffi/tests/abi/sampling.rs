//! Rotations, samplers and central noise. Their numbers are those of the vectors, replayed in tests/c; here is what the boundary adds.

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use cloakwork::gaussian::*;
use cloakwork::hadamard::*;
use cloakwork::privacy::central::*;
use cloakwork::privacy::parameter::*;
use cloakwork::rng::cloak_rng;
use cloakwork::run::{CLOAK_SUITE_AES128_CTR, CLOAK_SUITE_CHACHA20};
use cloakwork::status::cloak_status::{self, *};
use cloakwork::values::cloak_type;

use crate::support::*;

const F64: i32 = cloak_type::CLOAK_F64 as i32;
const F32: i32 = cloak_type::CLOAK_F32 as i32;
const I64: i32 = cloak_type::CLOAK_I64 as i32;
const I32: i32 = cloak_type::CLOAK_I32 as i32;
const SEED: [u8; 32] = [9; 32];
const LENGTH: usize = 64;
const ELEMENTS: i64 = 64;

#[test]
fn a_transform_serves_four_types() {
    let expected = [10.0, -2.0, -4.0, 0.0];
    let mut singles = [1.0f32, 2.0, 3.0, 4.0];
    let mut doubles = [1.0f64, 2.0, 3.0, 4.0];
    let mut words = [1i32, 2, 3, 4];
    let mut long_words = [1i64, 2, 3, 4];
    let transform =
        |number, data: *mut c_void, orthonormal| unsafe { cloak_hadamard_transform(number, data, 4, orthonormal) };
    assert_eq!(transform(F32, singles.as_mut_ptr().cast(), 0), CLOAK_OK);
    assert_eq!(transform(F64, doubles.as_mut_ptr().cast(), 0), CLOAK_OK);
    assert_eq!(transform(I32, words.as_mut_ptr().cast(), 0), CLOAK_OK);
    assert_eq!(transform(I64, long_words.as_mut_ptr().cast(), 0), CLOAK_OK);
    assert_eq!((singles.map(f64::from), doubles), (expected, expected));
    assert_eq!((words.map(f64::from), long_words.map(|word| word as f64)), (expected, expected));
    let mut doubles = [1.0f64, 2.0, 3.0, 4.0];
    assert_eq!(transform(F64, doubles.as_mut_ptr().cast(), 1), CLOAK_OK);
    assert_eq!(doubles, [5.0, -1.0, -2.0, 0.0]);
    let mut singles = [1.0f32, 2.0, 3.0, 4.0];
    assert_eq!(transform(F32, singles.as_mut_ptr().cast(), 1), CLOAK_OK);
    assert_eq!(singles, [5.0, -1.0, -2.0, 0.0]);
}

#[test]
fn a_rotation_is_undone_and_goes_on_from_block_to_block() {
    let numbers: Vec<i64> = (0..2 * ELEMENTS).map(|number| number * number - 70).collect();
    for suite in [CLOAK_SUITE_CHACHA20, CLOAK_SUITE_AES128_CTR] {
        let mut data = numbers.clone();
        for (block, first) in data.chunks_mut(LENGTH).zip([0, LENGTH as u64]) {
            let data = block.as_mut_ptr().cast();
            assert_eq!(unsafe { cloak_hadamard_rotate(suite, SEED.as_ptr(), first, I64, data, LENGTH, 0) }, CLOAK_OK);
        }
        assert_ne!(data, numbers);
        for (block, first) in data.chunks_mut(LENGTH).zip([0, LENGTH as u64]) {
            let data = block.as_mut_ptr().cast();
            assert_eq!(unsafe { cloak_hadamard_unrotate(suite, SEED.as_ptr(), first, I64, data, LENGTH, 0) }, CLOAK_OK);
        }
        assert!(data.iter().zip(&numbers).all(|(found, number)| *found == ELEMENTS * number));
        let mut doubles: Vec<f64> = numbers.iter().take(LENGTH).map(|number| *number as f64).collect();
        let data = doubles.as_mut_ptr().cast();
        unsafe {
            assert_eq!(cloak_hadamard_rotate(suite, SEED.as_ptr(), 5, F64, data, LENGTH, 1), CLOAK_OK);
            assert_eq!(cloak_hadamard_unrotate(suite, SEED.as_ptr(), 5, F64, data, LENGTH, 1), CLOAK_OK);
        }
        assert!(doubles.iter().zip(&numbers).all(|(found, number)| (found - *number as f64).abs() < 1e-9));
    }
}

#[test]
fn vectors_that_cannot_be_rotated_are_refused_and_unchanged() {
    let mut data = [1.5f64; LENGTH];
    let place: *mut c_void = data.as_mut_ptr().cast();
    let (suite, seed) = (CLOAK_SUITE_CHACHA20, SEED.as_ptr());
    let found = unsafe {
        [
            cloak_hadamard_transform(F64, place, 3, 0),
            cloak_hadamard_transform(F64, place, 0, 0),
            cloak_hadamard_transform(F64, null_mut(), 4, 0),
            cloak_hadamard_transform(F64, place.wrapping_byte_add(4), 4, 0),
            cloak_hadamard_transform(0, place, 4, 0),
            cloak_hadamard_transform(cloak_type::CLOAK_U64 as i32, place, 4, 0),
            cloak_hadamard_transform(F64, place, 4, 2),
            cloak_hadamard_transform(I64, place, 4, 1),
            cloak_hadamard_transform(I32, place, 4, 1),
            cloak_hadamard_transform(F64, place, usize::MAX, 0),
            cloak_hadamard_rotate(3, seed, 0, F64, place, 4, 0),
            cloak_hadamard_rotate(suite, null(), 0, F64, place, 4, 0),
            cloak_hadamard_rotate(suite, seed, 1 << 41, F64, place, 4, 0),
            cloak_hadamard_rotate(suite, seed, u64::MAX, F64, place, 4, 0),
            cloak_hadamard_rotate(suite, seed, 0, I32, place, 4, 1),
            cloak_hadamard_unrotate(3, seed, 0, F64, place, 4, 0),
            cloak_hadamard_unrotate(suite, null(), 0, F64, place, 4, 0),
            cloak_hadamard_unrotate(suite, seed, 1 << 41, F64, place, 4, 0),
            cloak_hadamard_unrotate(suite, seed, 0, F64, place, 6, 0),
            cloak_hadamard_unrotate(suite, seed, 0, F64, null_mut(), 4, 0),
        ]
    };
    let expected = [
        CLOAK_ERR_INVALID_LENGTH,
        CLOAK_ERR_INVALID_LENGTH,
        CLOAK_ERR_NULL_POINTER,
        CLOAK_ERR_MISALIGNED,
        CLOAK_ERR_INVALID_ARGUMENT,
        CLOAK_ERR_INVALID_ARGUMENT,
        CLOAK_ERR_INVALID_ARGUMENT,
        CLOAK_ERR_INVALID_ARGUMENT,
        CLOAK_ERR_INVALID_ARGUMENT,
        CLOAK_ERR_INVALID_LENGTH,
        CLOAK_ERR_UNSUPPORTED,
        CLOAK_ERR_NULL_POINTER,
        CLOAK_ERR_TOO_LONG,
        CLOAK_ERR_TOO_LONG,
        CLOAK_ERR_INVALID_ARGUMENT,
        CLOAK_ERR_UNSUPPORTED,
        CLOAK_ERR_NULL_POINTER,
        CLOAK_ERR_TOO_LONG,
        CLOAK_ERR_INVALID_LENGTH,
        CLOAK_ERR_NULL_POINTER,
    ];
    assert_eq!(found, expected);
    assert_eq!(data, [1.5; LENGTH]);
}

#[test]
fn a_key_has_its_samples_and_a_fresh_key_others() {
    let mut first = [0; LENGTH];
    let mut second = [0; LENGTH];
    let stream = |out: &mut [i32], sigma, suite| unsafe {
        cloak_gaussian_stream(sigma, suite, SEED.as_ptr(), out.as_mut_ptr(), out.len())
    };
    assert_eq!(stream(&mut first, 10.0, CLOAK_SUITE_CHACHA20), CLOAK_OK);
    assert_eq!(stream(&mut second[..20], 10.0, CLOAK_SUITE_CHACHA20), CLOAK_OK);
    assert_eq!(first[..20], second[..20]);
    assert!(first.iter().any(|sample| *sample != 0) && first.iter().all(|sample| sample.abs() < 200));
    assert_eq!(stream(&mut second, 10.0, CLOAK_SUITE_AES128_CTR), CLOAK_OK);
    assert_ne!(first, second);
    let mut generator = Generator(4);
    let rng = generator.rng();
    let fill = |out: &mut [i32], rng| unsafe {
        cloak_gaussian_fill(10.0, CLOAK_SUITE_AES128_CTR, rng, out.as_mut_ptr(), out.len())
    };
    assert_eq!(fill(&mut first, &rng), CLOAK_OK);
    assert_eq!(fill(&mut second, &rng), CLOAK_OK);
    assert_ne!(first, second);
    assert_eq!(fill(&mut first, null()), CLOAK_OK);
    assert_ne!(first, second);
    assert_eq!(unsafe { cloak_gaussian_fill(1.0, CLOAK_SUITE_CHACHA20, &rng, null_mut(), 0) }, CLOAK_OK);

    assert_eq!(stream(&mut first, 0.4, CLOAK_SUITE_CHACHA20), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(stream(&mut first, f64::NAN, CLOAK_SUITE_CHACHA20), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(stream(&mut first, 1.0, 0), CLOAK_ERR_UNSUPPORTED);
    let mut distance = 0.0;
    assert_eq!(unsafe { cloak_gaussian_statistical_distance(1 << 30, &mut distance) }, CLOAK_OK);
    assert!(distance > 0.0 && distance < 1e-20);
    assert_eq!(unsafe { cloak_gaussian_statistical_distance(1, null_mut()) }, CLOAK_ERR_NULL_POINTER);
    let out = first.as_mut_ptr();
    assert_eq!(unsafe { cloak_gaussian_stream(1.0, 1, null(), out, 1) }, CLOAK_ERR_NULL_POINTER);
    assert_eq!(unsafe { cloak_gaussian_stream(1.0, 1, SEED.as_ptr(), null_mut(), 1) }, CLOAK_ERR_NULL_POINTER);
    assert_eq!(unsafe { cloak_gaussian_fill(1.0, 1, &rng, null_mut(), 1) }, CLOAK_ERR_NULL_POINTER);
    assert_eq!(unsafe { cloak_gaussian_fill(131_073.0, 1, &rng, out, 1) }, CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(unsafe { cloak_gaussian_fill(1.0, 3, &rng, out, 1) }, CLOAK_ERR_UNSUPPORTED);
}

unsafe extern "C" fn fails(_: *mut c_void, _: *mut u8, _: usize) -> i32 {
    1
}

/// A generator that does not change.
unsafe extern "C" fn stuck(_: *mut c_void, out: *mut u8, length: usize) -> i32 {
    unsafe { out.write_bytes(0xff, length) };
    0
}

type Exact = unsafe extern "C" fn(u64, u64, *const cloak_rng, *mut i64, usize) -> cloak_status;

const EXACT: [(&str, Exact); 3] = [
    ("gaussian", cloak_discrete_gaussian_vartime),
    ("laplace", cloak_discrete_laplace_vartime),
    ("skellam", cloak_skellam_vartime),
];

#[test]
fn exact_samplers_take_rationals() {
    let mut generator = Generator(6);
    let rng = generator.rng();
    for (name, sample) in EXACT {
        let mut out = [i64::MAX; LENGTH];
        let call = |numerator, denominator, rng, out: &mut [i64]| unsafe {
            sample(numerator, denominator, rng, out.as_mut_ptr(), out.len())
        };
        assert_eq!(call(25, 4, &rng, &mut out), CLOAK_OK, "{name}");
        assert!(out.iter().all(|sample| sample.abs() < 200), "{name}");
        assert!(out.iter().any(|sample| *sample > 0) && out.iter().any(|sample| *sample < 0), "{name}");
        let broken = [cloak_rng { fill: Some(fails), ..rng }, cloak_rng { fill: Some(stuck), ..rng }];
        assert_eq!(call(25, 4, &broken[0], &mut out), CLOAK_ERR_RANDOMNESS, "{name}");
        assert_eq!(call(5, 1, &broken[1], &mut out), CLOAK_ERR_SAMPLER_FAILED, "{name}");
        assert_eq!(call(1, 0, &rng, &mut out), CLOAK_ERR_INVALID_ARGUMENT, "{name}");
        assert_eq!(call(0, 1, &rng, &mut out), CLOAK_ERR_INVALID_ARGUMENT, "{name}");
        assert_eq!(call((1 << 48) + 1, 1, &rng, &mut out), CLOAK_ERR_INVALID_ARGUMENT, "{name}");
        assert_eq!(unsafe { sample(1, 1, &rng, null_mut(), 1) }, CLOAK_ERR_NULL_POINTER, "{name}");
        assert_eq!(unsafe { sample(1, 1, null(), null_mut(), 0) }, CLOAK_OK, "{name}");
        let empty = cloak_rng { fill: None, ..rng };
        assert_eq!(call(1, 1, &empty, &mut out), CLOAK_ERR_NULL_POINTER, "{name}");
    }
    let mut out = [0; 1];
    assert_eq!(unsafe { cloak_skellam_vartime(1 << 21, 1, &rng, out.as_mut_ptr(), 1) }, CLOAK_ERR_INVALID_ARGUMENT);
}

const GAUSSIAN: cloak_central = cloak_central {
    dimension: LENGTH as u64,
    clip: 1.0,
    sensitivity: f64::INFINITY,
    epsilon: 1.0,
    delta: 1e-5,
    kind: CLOAK_CENTRAL_GAUSSIAN,
    reserved: 0,
};
const LAPLACE: cloak_central = cloak_central { delta: 0.0, kind: CLOAK_CENTRAL_LAPLACE, ..GAUSSIAN };

#[test]
fn central_noise_has_the_scale_that_it_states() {
    let mut multiplier = 0.0;
    assert_eq!(unsafe { cloak_gaussian_multiplier(1.0, 1e-5, &mut multiplier, null_mut()) }, CLOAK_OK);
    let mut delta = 0.0;
    assert_eq!(unsafe { cloak_gaussian_delta(multiplier, 1.0, &mut delta, null_mut()) }, CLOAK_OK);
    assert!((delta - 1e-5).abs() < 1e-10);
    let mut generator = Generator(11);
    let rng = generator.rng();
    // Messages within the clip are at most 2 apart, in L1 and in L2.
    for (central, scale, deviation) in
        [(GAUSSIAN, 2.0 * multiplier, 2.0 * multiplier), (LAPLACE, 2.0, 2.0 * 2f64.sqrt())]
    {
        let central = cloak_central { dimension: 4096, ..central };
        let mut found = 0.0;
        assert_eq!(unsafe { cloak_central_scale(&central, &mut found, null_mut()) }, CLOAK_OK);
        assert!(found >= scale && found < 1.001 * scale, "{found} for {scale}");
        let mut values = vec![100.0; 4096];
        let status = unsafe { cloak_central_noise_vartime(&central, &rng, values.as_mut_ptr(), 4096, null_mut()) };
        assert_eq!(status, CLOAK_OK);
        // After clipping a value is at most 1/64. A fifth is more than ten standard deviations of the root mean square of so many: false alarms are rarer
        // than 2^-40, and for this seed there is none.
        let square = values.iter().map(|value| value * value).sum::<f64>() / 4096.0;
        assert!((square.sqrt() / deviation - 1.0).abs() < 0.2, "{square}");
    }
}

#[test]
fn central_noise_refuses_and_leaves_no_value_without_noise() {
    let mut generator = Generator(12);
    let rng = generator.rng();
    let nothing = cloak_parameter_error { parameter: -1, bound_kind: 0, given: 0.0, bound: 0.0, works: 0.0 };
    let apply = |central: &cloak_central, rng: *const cloak_rng, first: f64| {
        let mut values = [1.0; LENGTH];
        values[0] = first;
        let mut error = nothing;
        let status = unsafe { cloak_central_noise_vartime(central, rng, values.as_mut_ptr(), LENGTH, &mut error) };
        (status, error.parameter, values[1])
    };
    let parameter = |parameter: cloak_parameter| parameter as i32;
    for (central, refused) in [
        (cloak_central { epsilon: 0.0, ..GAUSSIAN }, cloak_parameter::CLOAK_PARAMETER_EPSILON),
        (cloak_central { epsilon: 65.0, ..LAPLACE }, cloak_parameter::CLOAK_PARAMETER_EPSILON),
        (cloak_central { delta: 0.0, ..GAUSSIAN }, cloak_parameter::CLOAK_PARAMETER_DELTA),
        (cloak_central { clip: f64::NAN, ..GAUSSIAN }, cloak_parameter::CLOAK_PARAMETER_CLIP),
        (cloak_central { clip: f64::INFINITY, ..LAPLACE }, cloak_parameter::CLOAK_PARAMETER_SENSITIVITY),
        (cloak_central { dimension: 0, ..LAPLACE }, cloak_parameter::CLOAK_PARAMETER_DIMENSION),
    ] {
        let expected = (CLOAK_ERR_INVALID_MECHANISM, parameter(refused), 1.0);
        assert_eq!(apply(&central, &rng, 1.0), expected, "{central:?}");
        let mut scale = -1.0;
        let status = unsafe { cloak_central_scale(&central, &mut scale, null_mut()) };
        assert_eq!((status, scale), (CLOAK_ERR_INVALID_MECHANISM, -1.0));
    }
    for central in [
        cloak_central { kind: 0, ..GAUSSIAN },
        cloak_central { kind: 3, ..GAUSSIAN },
        cloak_central { reserved: 1, ..GAUSSIAN },
        cloak_central { delta: 1e-5, ..LAPLACE },
    ] {
        assert_eq!(apply(&central, &rng, 1.0), (CLOAK_ERR_INVALID_ARGUMENT, -1, 1.0), "{central:?}");
    }
    assert_eq!(apply(&GAUSSIAN, &rng, f64::NAN), (CLOAK_ERR_NOT_FINITE, -1, 1.0));
    let unclipped = cloak_central { clip: f64::INFINITY, sensitivity: 1.0, ..LAPLACE };
    assert_eq!(apply(&unclipped, &rng, 1e300), (CLOAK_ERR_OUT_OF_RANGE, -1, 1.0));
    let wrong = cloak_central { dimension: LENGTH as u64 + 1, ..GAUSSIAN };
    assert_eq!(apply(&wrong, &rng, 1.0), (CLOAK_ERR_INVALID_LENGTH, -1, 1.0));
    let broken = cloak_rng { fill: Some(fails), ..rng };
    assert_eq!(apply(&GAUSSIAN, &broken, 1.0), (CLOAK_ERR_RANDOMNESS, -1, 0.0), "zero, not the value");

    let (mut values, mut number) = ([0.0; LENGTH], 0.0);
    let none = null_mut();
    let found = unsafe {
        [
            cloak_central_noise_vartime(null(), &rng, values.as_mut_ptr(), LENGTH, none),
            cloak_central_noise_vartime(&GAUSSIAN, &rng, null_mut(), LENGTH, none),
            cloak_central_scale(null(), &mut number, none),
            cloak_central_scale(&GAUSSIAN, null_mut(), none),
            cloak_gaussian_multiplier(1.0, 0.1, null_mut(), none),
            cloak_gaussian_delta(1.0, 1.0, null_mut(), none),
        ]
    };
    assert_eq!(found, [CLOAK_ERR_NULL_POINTER; 6]);
    let mut error = nothing;
    unsafe {
        assert_eq!(cloak_gaussian_multiplier(0.0, 0.1, &mut number, &mut error), CLOAK_ERR_INVALID_MECHANISM);
        assert_eq!(error.parameter, parameter(cloak_parameter::CLOAK_PARAMETER_EPSILON));
        assert_eq!(cloak_gaussian_delta(-1.0, 1.0, &mut number, &mut error), CLOAK_ERR_INVALID_MECHANISM);
        assert_eq!(error.parameter, parameter(cloak_parameter::CLOAK_PARAMETER_SCALE));
    }
    assert_eq!(number, 0.0);
}
