//! What follows from a mechanism's parameters alone: scales and shifts between a vector and the integers.

use core::f64::consts::SQRT_2;

use crate::privacy::mechanism::Mechanism;

/// Bits of an integer that a double holds exactly, and two to spare.
const EXACT_BITS: i32 = 50;
/// Bits that the sum of a rotated coordinate and its random addend keeps below.
const LANE_BITS: i32 = 61;
/// More fraction bits than this improve nothing that a double can tell.
const MOST_FRACTION_BITS: i32 = 40;

/// Public constants of a mechanism.
///
/// A value x becomes the integer q = x * scale. With B the length of a block, H the unnormalised Walsh-Hadamard transform and u = H diag(signs) q, the number
/// u / 2^shift is the coordinate of the orthonormally rotated vector in units of granularity, exactly: where log2 B is odd, scale holds the factor
/// sqrt(2) that makes sqrt(B) a power of two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) scale: f64,
    pub(super) shift: u32,
    /// Granularity / sqrt(B): takes an unrotated integer back to a value.
    pub(super) unit: f64,
}

impl Grid {
    /// The fraction bits F are as many as leave |q| <= clip * scale below 2^51 and |u| + 2^shift <= 2 sqrt(B) |q| below 2^62.
    pub(super) fn new(mechanism: &Mechanism) -> Self {
        let config = mechanism.config();
        let (block_log2, clip) = (i32::from(config.block_log2), mechanism.clip_in_units());
        let odd = block_log2 & 1;
        let half = (block_log2 + odd) >> 1;
        let clip_bits = libm::ilogb(clip) + 1;
        let fraction = MOST_FRACTION_BITS.min(EXACT_BITS - clip_bits - odd).min(LANE_BITS - clip_bits - half);
        let whole = libm::scalbn(1.0, fraction) / config.granularity;
        let scale = if odd == 1 { whole * SQRT_2 } else { whole };
        let root = if odd == 1 { libm::scalbn(SQRT_2, half - 1) } else { libm::scalbn(1.0, half) };
        Self { scale, shift: (fraction + half).unsigned_abs(), unit: config.granularity / root }
    }
}
