//! The rotation: Walsh-Hadamard transforms with random signs.

use core::ffi::c_void;

use cloakwork_core::hadamard::{
    Number, Real, Signs, rotate, rotate_orthonormal, transform, transform_orthonormal, unrotate, unrotate_orthonormal,
};
use cloakwork_core::prg::Suite;
use cloakwork_core::{Error, ErrorKind};

use crate::boundary::boundary;
use crate::pointer::{Target, array};
use crate::sizes::CLOAK_KEY_SIZE;
use crate::status::{Checked, cloak_status};
use crate::values::cloak_type;

/// The Walsh-Hadamard transform of a vector, in place, in Sylvester's order: element i becomes the sum of all elements j, with a minus where i and j
/// have an odd number of bits in common.
///
/// @param type         `CLOAK_F32`, `CLOAK_F64`, `CLOAK_I32` or `CLOAK_I64`; integers wrap
/// @param data         the vector
/// @param length       elements of `data`: a power of two, at most 2^28
/// @param orthonormal  1 to divide by the square root of the length, so that the transform is its own inverse; 0 not to, as for integers
/// @return `CLOAK_ERR_INVALID_LENGTH`; `CLOAK_ERR_INVALID_ARGUMENT` for another type, another `orthonormal`, or 1 for integers
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_hadamard_transform(
    r#type: i32,
    data: *mut c_void,
    length: usize,
    orthonormal: u8,
) -> cloak_status {
    // SAFETY: header, "Pointers".
    boundary(|| Ok(unsafe { Coordinates::new(r#type, data, length) }?.apply(Step::Transform, flag(orthonormal)?)?))
}

/// cbindgen:ptrs-as-arrays=[[seed; 32]]
/// Rotates a vector in place: gives its elements the signs of a public seed, then `cloak_hadamard_transform` (the protocol document, section 10).
///
/// @param suite        `CLOAK_SUITE_CHACHA20` or `CLOAK_SUITE_AES128_CTR`
/// @param seed         rotation seed, 32 bytes
/// @param first        number of the first sign; a vector that is cut into blocks goes on where the last one ended
/// @param type         as for `cloak_hadamard_transform`
/// @param data         the vector
/// @param length       elements of `data`: a power of two, at most 2^28
/// @param orthonormal  1 to keep the length of the vector, up to rounding; 0 for integers
/// @return as `cloak_hadamard_transform`; `CLOAK_ERR_UNSUPPORTED` for the suite; `CLOAK_ERR_TOO_LONG` for signs beyond 2^41
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_hadamard_rotate(
    suite: u8,
    seed: *const u8,
    first: u64,
    r#type: i32,
    data: *mut c_void,
    length: usize,
    orthonormal: u8,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let signs = unsafe { signs(suite, seed) }?;
        // SAFETY: header, "Pointers".
        let coordinates = unsafe { Coordinates::new(r#type, data, length) }?;
        Ok(coordinates.apply(Step::Rotate(&signs, first), flag(orthonormal)?)?)
    })
}

/// cbindgen:ptrs-as-arrays=[[seed; 32]]
/// Undoes `cloak_hadamard_rotate` in place; without `orthonormal` the vector comes back multiplied by its length.
///
/// @param suite        `CLOAK_SUITE_CHACHA20` or `CLOAK_SUITE_AES128_CTR`
/// @param seed         rotation seed, 32 bytes
/// @param first        number of the first sign
/// @param type         as for `cloak_hadamard_transform`
/// @param data         the vector
/// @param length       elements of `data`: a power of two, at most 2^28
/// @param orthonormal  what it was for the rotation
/// @return as `cloak_hadamard_rotate`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_hadamard_unrotate(
    suite: u8,
    seed: *const u8,
    first: u64,
    r#type: i32,
    data: *mut c_void,
    length: usize,
    orthonormal: u8,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let signs = unsafe { signs(suite, seed) }?;
        // SAFETY: header, "Pointers".
        let coordinates = unsafe { Coordinates::new(r#type, data, length) }?;
        Ok(coordinates.apply(Step::Unrotate(&signs, first), flag(orthonormal)?)?)
    })
}

/// A vector by type, to be changed in place.
enum Coordinates<'a> {
    F32(&'a mut [f32]),
    F64(&'a mut [f64]),
    I32(&'a mut [i32]),
    I64(&'a mut [i64]),
}

/// What is done with a vector.
#[derive(Clone, Copy)]
enum Step<'a> {
    Transform,
    Rotate(&'a Signs, u64),
    Unrotate(&'a Signs, u64),
}

impl Coordinates<'_> {
    /// # Safety
    /// Header, "Pointers": `data` is writable for `length` elements of `type`, and nobody else uses them.
    unsafe fn new(number: i32, data: *mut c_void, length: usize) -> Checked<Self> {
        Ok(match cloak_type::new(number)? {
            // SAFETY: the caller's obligation; numbers have every bit pattern.
            cloak_type::CLOAK_F32 => Self::F32(unsafe { Target::new(data.cast(), length) }?.borrow()),
            // SAFETY: as above.
            cloak_type::CLOAK_F64 => Self::F64(unsafe { Target::new(data.cast(), length) }?.borrow()),
            // SAFETY: as above.
            cloak_type::CLOAK_I32 => Self::I32(unsafe { Target::new(data.cast(), length) }?.borrow()),
            // SAFETY: as above.
            cloak_type::CLOAK_I64 => Self::I64(unsafe { Target::new(data.cast(), length) }?.borrow()),
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        })
    }

    fn apply(self, step: Step<'_>, orthonormal: bool) -> Result<(), Error> {
        match (self, orthonormal) {
            (Self::F32(data), true) => step.orthonormal(data),
            (Self::F64(data), true) => step.orthonormal(data),
            (Self::F32(data), false) => step.plain(data),
            (Self::F64(data), false) => step.plain(data),
            (Self::I32(data), false) => step.plain(data),
            (Self::I64(data), false) => step.plain(data),
            (Self::I32(_) | Self::I64(_), true) => Err(ErrorKind::InvalidArgument.into()),
        }
    }
}

impl Step<'_> {
    fn plain<T: Number>(self, data: &mut [T]) -> Result<(), Error> {
        match self {
            Self::Transform => transform(data),
            Self::Rotate(signs, first) => rotate(signs, first, data),
            Self::Unrotate(signs, first) => unrotate(signs, first, data),
        }
    }

    fn orthonormal<T: Real>(self, data: &mut [T]) -> Result<(), Error> {
        match self {
            Self::Transform => transform_orthonormal(data),
            Self::Rotate(signs, first) => rotate_orthonormal(signs, first, data),
            Self::Unrotate(signs, first) => unrotate_orthonormal(signs, first, data),
        }
    }
}

/// # Safety
/// Header, "Pointers" for `seed`.
unsafe fn signs(suite: u8, seed: *const u8) -> Checked<Signs> {
    // SAFETY: the caller's obligation.
    let seed = unsafe { array::<CLOAK_KEY_SIZE>(seed) }?;
    Ok(Signs::new(Suite::new(suite)?, &seed))
}

fn flag(number: u8) -> Checked<bool> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
    }
}
