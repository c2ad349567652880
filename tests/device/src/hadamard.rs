//! Transforms and rotations.

use core::fmt::Debug;

use cloakwork_core::Result;
use cloakwork_core::hadamard::{
    Number, Real, Signs, rotate, rotate_orthonormal, transform, transform_orthonormal, unrotate, unrotate_orthonormal,
};
use cloakwork_core::prg::Suite;

use crate::vectors::{Data, Function, TRANSFORMS, Transform};

/// The longest vector of the file.
const LONGEST: usize = 64;
/// Longer than what the transform does in one piece.
const LONG: usize = 1 << 13;

pub(crate) fn vectors() -> usize {
    for case in TRANSFORMS {
        match (&case.data, case.orthonormal) {
            (Data::F32(input, output), false) => replay(case, input, output, f32::to_bits, apply),
            (Data::F64(input, output), false) => replay(case, input, output, f64::to_bits, apply),
            (Data::F32(input, output), true) => replay(case, input, output, f32::to_bits, apply_orthonormal),
            (Data::F64(input, output), true) => replay(case, input, output, f64::to_bits, apply_orthonormal),
            (Data::I32(input, output), _) => replay(case, input, output, core::convert::identity, apply),
            (Data::I64(input, output), _) => replay(case, input, output, core::convert::identity, apply),
        }
    }
    TRANSFORMS.len()
}

fn replay<T: Number + Default, B: PartialEq + Debug>(
    case: &Transform,
    input: &[T],
    output: &[T],
    bits: fn(T) -> B,
    apply: fn(&Transform, &mut [T]) -> Result<()>,
) {
    let mut data = [T::default(); LONGEST];
    let data = &mut data[..input.len()];
    data.copy_from_slice(input);
    apply(case, data).expect("a length");
    for (found, expected) in data.iter().zip(output) {
        assert_eq!(bits(*found), bits(*expected));
    }
}

fn signs(case: &Transform) -> Signs {
    Signs::new(Suite::new(case.suite).expect("a suite"), &case.seed)
}

fn apply<T: Number>(case: &Transform, data: &mut [T]) -> Result<()> {
    match case.function {
        Function::Transform => transform(data),
        Function::Rotate => rotate(&signs(case), case.first, data),
        Function::Unrotate => unrotate(&signs(case), case.first, data),
    }
}

fn apply_orthonormal<T: Real>(case: &Transform, data: &mut [T]) -> Result<()> {
    match case.function {
        Function::Transform => transform_orthonormal(data),
        Function::Rotate => rotate_orthonormal(&signs(case), case.first, data),
        Function::Unrotate => unrotate_orthonormal(&signs(case), case.first, data),
    }
}

/// A vector that takes several passes, against one stage after the other as the order is specified.
pub(crate) fn long() -> usize {
    let mut word = 1u64;
    let mut data = [0f32; LONG];
    for value in &mut data {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *value = f32::from_bits(0x3f80_0000 | (word >> 41) as u32) - 1.5;
    }
    let mut expected = data;
    let mut stride = LONG >> 1;
    while stride > 0 {
        for pair in expected.chunks_exact_mut(2 * stride) {
            let (left, right) = pair.split_at_mut(stride);
            for (a, b) in left.iter_mut().zip(right) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        stride >>= 1;
    }
    transform(&mut data).expect("a length");
    assert!(data.iter().zip(&expected).all(|(found, expected)| found.to_bits() == expected.to_bits()));
    1
}
