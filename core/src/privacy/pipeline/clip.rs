//! From values to integers of bounded norm.
//!
//! The order of the sums is part of the specification (docs/protocol.md, "The private vector"), so that the same values give the same integers on every platform. There is no branch on
//! a value; that the arithmetic on doubles takes the same time for all of them is not promised: division may not and, on processors without such a unit,
//! nothing does.

use super::root::square_root;
use crate::error::{ErrorKind, Result};

/// Values at this magnitude and above are refused: their squares and the sum of these stay finite.
const TOO_LARGE: f64 = f64::from_bits((1023 + 400) << 52);
const INFINITE: u64 = 0x7ff << 52;
const SUMS: usize = 8;
/// 1.5 * 2^52: added to a number below 2^51 it leaves the nearest integer in the low bits.
const MAGIC: f64 = 6_755_399_441_055_744.0;
/// 1 - 2^-26: more than the norm of 2^28 values can be off by rounding.
const MARGIN: f64 = 1.0 - 1.0 / (1u32 << 26) as f64;

/// A number type of vectors.
pub trait Real: Copy + Into<f64> {}
impl Real for f32 {}
impl Real for f64 {}

/// The factor, at most 1, that brings a vector with every coordinate cut to `clamp` within the norm `clip`.
///
/// # Errors
/// `NotFinite`; `OutOfRange` for a magnitude of 2^400 or more.
pub(super) fn factor<T: Real>(values: &[T], clamp: f64, clip: f64) -> Result<f64> {
    let largest = values.iter().fold(0u64, |largest, &value| largest.max(value.into().to_bits() << 1));
    if largest >= TOO_LARGE.to_bits() << 1 {
        return Err(if largest >= INFINITE << 1 { ErrorKind::NotFinite } else { ErrorKind::OutOfRange }.into());
    }
    let mut sums = [0.0f64; SUMS];
    let (groups, rest) = values.as_chunks::<SUMS>();
    for group in groups {
        add_squares(&mut sums, group, clamp);
    }
    add_squares(&mut sums, rest, clamp);
    let [a, b, c, d, e, f, g, h] = sums;
    let square = ((a + e) + (c + g)) + ((b + f) + (d + h));
    Ok((clip * MARGIN / square_root(square)).min(1.0))
}

#[inline(always)]
fn add_squares<T: Real>(sums: &mut [f64; SUMS], values: &[T], clamp: f64) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        let value = cut(value.into(), clamp);
        *sum += value * value;
    }
}

#[inline(always)]
fn cut(value: f64, clamp: f64) -> f64 {
    value.max(-clamp).min(clamp)
}

/// Writes the integers of magnitude at most |value| * scale, at most 1 from it; zeros where the values end.
///
/// Every product is below 2^51 in magnitude (see [`super::grid::Grid`]).
pub(super) fn quantise<T: Real>(values: &[T], clamp: f64, scale: f64, out: &mut [i64]) {
    let (filled, padding) = out.split_at_mut(values.len().min(out.len()));
    for (integer, &value) in filled.iter_mut().zip(values) {
        *integer = toward_zero(cut(value.into(), clamp) * scale);
    }
    padding.fill(0);
}

/// An integer of the sign of x with |x| - 1 <= magnitude <= |x|.
#[inline(always)]
fn toward_zero(x: f64) -> i64 {
    let magnitude = ((x.abs() - 0.5) + MAGIC).to_bits().wrapping_sub(MAGIC.to_bits()).cast_signed();
    let sign = x.to_bits().cast_signed() >> 63;
    (magnitude ^ sign).wrapping_sub(sign)
}
