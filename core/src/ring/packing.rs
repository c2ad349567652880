//! Residues packed at exactly b bits: element j occupies bits b*j ... b*j + b - 1, bit i of a byte string being bit i mod 8,
//! least significant first, of byte i / 8 (protocol.md section 5).

use super::{Bits, Lane, check_lane};
use crate::error::{ErrorKind, Result};

/// Bytes of `len` residues of this width: ceil(len * b / 8). Saturates where that exceeds a u64.
#[must_use]
pub const fn packed_len(bits: Bits, len: u64) -> u64 {
    // len * b / 8 without the 67-bit product: eight elements take b bytes.
    let groups = (len >> 3).saturating_mul(bits.get() as u64);
    let rest = ((len & 7) * bits.get() as u64).div_ceil(8);
    groups.saturating_add(rest)
}

/// Packs `values` mod 2^b into `out`, whose last byte is filled up with zero bits.
///
/// # Errors
///
/// [`ErrorKind::InvalidWidth`] if `L` is not the lane type of the width; [`ErrorKind::InvalidLength`], with the
/// right length as the bound, unless `out` has [`packed_len`] bytes. Nothing is written then.
pub fn pack<L: Lane>(bits: Bits, values: &[L], out: &mut [u8]) -> Result<()> {
    check::<L>(bits, values.len(), out.len())?;
    let (whole, rest) = values.split_at(values.len() & !7);
    let (whole_out, rest_out) = out.split_at_mut((whole.len() >> 3) * usize::from(bits.get()));
    L::pack_groups(bits, whole, whole_out);
    pack_portable(bits, rest, rest_out);
    Ok(())
}

/// Unpacks `packed` into `out`: residues in 0 ... 2^b - 1.
///
/// # Errors
///
/// As [`add_packed`]. Nothing is written then.
pub fn unpack<L: Lane>(bits: Bits, packed: &[u8], out: &mut [L]) -> Result<()> {
    check::<L>(bits, out.len(), packed.len())?;
    check_fill(bits, packed, out.len())?;
    out.fill(L::default());
    add_packed(bits, packed, out)
}

/// Adds the packed residues to `accumulator`, wrapping in the lane.
///
/// # Errors
///
/// [`ErrorKind::InvalidWidth`] if `L` is not the lane type of the width; [`ErrorKind::InvalidLength`], with the right
/// length as the bound, unless `packed` has [`packed_len`] bytes; [`ErrorKind::Malformed`] if the bits that fill up the last byte are not
/// all zero. Nothing is written then.
pub fn add_packed<L: Lane>(bits: Bits, packed: &[u8], accumulator: &mut [L]) -> Result<()> {
    check::<L>(bits, accumulator.len(), packed.len())?;
    check_fill(bits, packed, accumulator.len())?;
    let (whole, rest) = accumulator.split_at_mut(accumulator.len() & !7);
    let (whole_packed, rest_packed) = packed.split_at((whole.len() >> 3) * usize::from(bits.get()));
    L::add_groups(bits, whole_packed, whole);
    add_portable(bits, rest_packed, rest);
    Ok(())
}

fn check<L: Lane>(bits: Bits, len: usize, packed: usize) -> Result<()> {
    check_lane::<L>(bits)?;
    let expected = packed_len(bits, len as u64);
    if packed as u64 == expected { Ok(()) } else { Err(ErrorKind::InvalidLength.bound(expected)) }
}

/// Refuses fill bits that are not zero. They carry nothing, so their check may show.
fn check_fill(bits: Bits, packed: &[u8], len: usize) -> Result<()> {
    let used = ((len & 7) * usize::from(bits.get())) & 7;
    match packed.last() {
        Some(last) if used != 0 && last >> used != 0 => Err(ErrorKind::Malformed.into()),
        _ => Ok(()),
    }
}

/// The kernels of a lane type for whole groups: eight elements, which take b bytes.
pub trait Groups: Sized {
    /// Packs a multiple of eight elements.
    fn pack_groups(bits: Bits, values: &[Self], out: &mut [u8]);

    /// Adds a multiple of eight packed elements.
    fn add_groups(bits: Bits, packed: &[u8], accumulator: &mut [Self]);
}

macro_rules! portable_groups {
    ($($lane:ty),*) => {$(
        impl Groups for $lane {
            fn pack_groups(bits: Bits, values: &[Self], out: &mut [u8]) {
                pack_portable(bits, values, out);
            }

            fn add_groups(bits: Bits, packed: &[u8], accumulator: &mut [Self]) {
                add_portable(bits, packed, accumulator);
            }
        }
    )*};
}

portable_groups!(u32, u64, u128);

/// Bits that the portable path moves at a time; what is left of a byte (7 bits) and a piece fit in a u64.
const PIECE: u32 = 32;

/// Packs any number of elements from a byte boundary on, piece by piece.
#[allow(clippy::cast_possible_truncation, reason = "the low bits are what is meant")]
fn pack_portable<L: Lane>(bits: Bits, values: &[L], out: &mut [u8]) {
    let mut bytes = out.iter_mut();
    let (mut pending, mut filled) = (0u64, 0u32);
    for value in values {
        let (mut value, mut left) = (value.reduce(bits).to_u128(), u32::from(bits.get()));
        while left > 0 {
            let width = left.min(PIECE);
            pending |= u64::from(value as u32) << filled;
            filled += width;
            value >>= PIECE;
            left -= width;
            while filled >= 8 {
                if let Some(byte) = bytes.next() {
                    *byte = pending as u8;
                }
                pending >>= 8;
                filled -= 8;
            }
        }
    }
    if let Some(byte) = bytes.next() {
        *byte = pending as u8;
    }
}

/// Adds any number of elements that start at a byte boundary, piece by piece.
fn add_portable<L: Lane>(bits: Bits, packed: &[u8], accumulator: &mut [L]) {
    let mut bytes = packed.iter();
    let (mut pending, mut filled) = (0u64, 0u32);
    for sum in accumulator {
        let (mut value, mut got) = (0u128, 0u32);
        while got < u32::from(bits.get()) {
            let width = (u32::from(bits.get()) - got).min(PIECE);
            while filled < width {
                pending |= u64::from(bytes.next().copied().unwrap_or(0)) << filled;
                filled += 8;
            }
            value |= u128::from(pending & !(u64::MAX << width)) << got;
            pending >>= width;
            filled -= width;
            got += width;
        }
        *sum = sum.wrapping_add(L::from_u128(value));
    }
}
