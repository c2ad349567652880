//! The Walsh-Hadamard transform, and the rotation made of it: a diagonal of random signs, then the transform.
//!
//! H is Sylvester's matrix of order D = 2^m: its entry (i, j) is -1 to the number of ones in `i & j`. It is symmetric and H H = D I, so H / sqrt(D) is its own
//! inverse. With a diagonal S of uniform signs, H S / sqrt(D) keeps the length of a vector and spreads it evenly over the coordinates: each becomes subgaussian with
//! variance `||x||^2 / D`, which is what bounds the bits of a rounded coordinate (Kairouz, Liu, Steinke, ICML 2021; Ailon and Chazelle, STOC 2006).
//!
//! The transform works in place in m stages of D / 2 butterflies `(a, b) -> (a + b, a - b)` on elements D/2, D/4, ..., 1 apart, in this order. The order is part of
//! the specification (protocol.md section 10), since it decides how floats round: the same input gives the same bits on every processor. Integers are exact whatever
//! the order. Which operations are done and which memory is accessed depends on the length only.
//!
//! | function | matrix |
//! | --- | --- |
//! | [`transform`] | H |
//! | [`rotate`] | H S |
//! | [`unrotate`] | S H |
//! | [`transform_orthonormal`], [`rotate_orthonormal`], [`unrotate_orthonormal`] | the same, divided by sqrt(D) |

use crate::error::{ErrorKind, Result};

mod blocks;
mod number;
mod passes;
mod signs;

pub use blocks::Blocks;
pub use number::{Number, Real};
pub use signs::Signs;

/// log2 of the longest vector that is transformed as a whole.
pub const MAX_LOG2: u32 = 28;

/// H x, unnormalised, in place.
///
/// An integer result is the true one if the magnitudes of the input sum to less than 2^31 or 2^63, and congruent to it mod 2^32 or 2^64 whatever they are.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] if the length is not a power of two in 1 ... 2^28; the bound is the next one that is. Nothing is changed then.
pub fn transform<T: Number>(data: &mut [T]) -> Result<()> {
    check_length(data.len())?;
    passes::run(data, None, |_, _| Ok(()))
}

/// H S x, unnormalised, in place: the elements of `data` take the signs `first ...` of the diagonal, then [`transform`].
///
/// The signs are applied within the first pass over the vector.
///
/// # Errors
///
/// As [`transform`]; [`ErrorKind::TooLong`] if the diagonal ends before `first + data.len()`. Nothing is changed then.
pub fn rotate<T: Number>(signs: &Signs, first: u64, data: &mut [T]) -> Result<()> {
    check(first, data)?;
    passes::run(data, Some((signs, first)), |_, _| Ok(()))
}

/// S H y, unnormalised, in place: [`transform`], then the signs `first ...`. It undoes [`rotate`] but for the length: `unrotate(rotate(x)) = D x`.
///
/// The signs are applied within the last pass over the vector.
///
/// # Errors
///
/// As [`rotate`].
pub fn unrotate<T: Number>(signs: &Signs, first: u64, data: &mut [T]) -> Result<()> {
    check(first, data)?;
    passes::run(data, None, |position, block| signs.apply(first + position, block))
}

/// H x / sqrt(D), in place: [`transform`], and then each element is multiplied once, by the nearest number to 2^(-m / 2).
///
/// What overflows before that multiplication is infinite after it: finite results need elements whose magnitudes sum to a finite number.
///
/// # Errors
///
/// As [`transform`].
pub fn transform_orthonormal<T: Real>(data: &mut [T]) -> Result<()> {
    check_length(data.len())?;
    let factor = inverse_root(data);
    passes::run(data, None, |_, block| scale(factor, block))
}

/// H S x / sqrt(D), in place: [`rotate`], and then each element is multiplied as in [`transform_orthonormal`]. The length of the vector is kept, up to rounding.
///
/// # Errors
///
/// As [`rotate`].
pub fn rotate_orthonormal<T: Real>(signs: &Signs, first: u64, data: &mut [T]) -> Result<()> {
    check(first, data)?;
    let factor = inverse_root(data);
    passes::run(data, Some((signs, first)), |_, block| scale(factor, block))
}

/// S H y / sqrt(D), in place: [`unrotate`], and each element multiplied as in [`transform_orthonormal`]. It undoes [`rotate_orthonormal`], up to rounding.
///
/// # Errors
///
/// As [`rotate`].
pub fn unrotate_orthonormal<T: Real>(signs: &Signs, first: u64, data: &mut [T]) -> Result<()> {
    check(first, data)?;
    let factor = inverse_root(data);
    passes::run(data, None, |position, block| {
        scale(factor, block)?;
        signs.apply(first + position, block)
    })
}

fn check<T>(first: u64, data: &[T]) -> Result<()> {
    check_length(data.len())?;
    signs::check_range(first, data.len())
}

fn check_length(length: usize) -> Result<()> {
    const LONGEST: usize = 1 << MAX_LOG2;
    if length.is_power_of_two() && length <= LONGEST {
        Ok(())
    } else {
        Err(ErrorKind::InvalidLength.bound(length.min(LONGEST).next_power_of_two() as u64))
    }
}

fn inverse_root<T: Real>(data: &[T]) -> T {
    T::inverse_root(data.len().trailing_zeros())
}

#[allow(clippy::unnecessary_wraps, reason = "what is done with a finished block may fail in other functions")]
fn scale<T: Real>(factor: T, block: &mut [T]) -> Result<()> {
    for value in block {
        *value = value.scaled(factor);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_powers_of_two_up_to_the_limit() {
        for log2 in 0..=MAX_LOG2 {
            assert!(check_length(1 << log2).is_ok());
        }
        for (refused, bound) in [(0, 1), (3, 4), ((1 << 28) - 1, 1 << 28), ((1 << 28) + 1, 1 << 28), (1 << 29, 1 << 28)]
        {
            let error = check_length(refused).unwrap_err();
            assert_eq!((error.kind(), error.bound()), (ErrorKind::InvalidLength, Some(bound)));
        }
    }
}
