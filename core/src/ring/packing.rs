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
    let groups = values.len() >> 3;
    let parts = (values.split_at_checked(groups << 3), out.split_at_mut_checked(groups * usize::from(bits.get())));
    if let (Some((whole, rest)), Some((whole_out, rest_out))) = parts {
        L::pack_groups(bits, whole, whole_out);
        pack_elements(bits, rest, rest_out);
    }
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
    let groups = accumulator.len() >> 3;
    let parts =
        (accumulator.split_at_mut_checked(groups << 3), packed.split_at_checked(groups * usize::from(bits.get())));
    if let (Some((whole, rest)), Some((whole_packed, rest_packed))) = parts {
        L::add_groups(bits, whole_packed, whole);
        add_elements(bits, rest_packed, rest);
    }
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

/// The unit in which elements are moved bit by bit, and one of twice its size, which holds a unit and the bits left over from the last one.
#[cfg(target_pointer_width = "64")]
type Unit = u64;
#[cfg(target_pointer_width = "64")]
type Double = u128;
#[cfg(not(target_pointer_width = "64"))]
type Unit = u32;
#[cfg(not(target_pointer_width = "64"))]
type Double = u64;

const UNIT_BITS: u32 = Unit::BITS;
const UNIT_BYTES: usize = size_of::<Unit>();

/// Packs any number of elements from a byte boundary on.
#[allow(clippy::cast_possible_truncation, reason = "the low bits are what is meant")]
pub(super) fn pack_elements<L: Lane>(bits: Bits, values: &[L], out: &mut [u8]) {
    let mut units = out.chunks_mut(UNIT_BYTES);
    let (mut pending, mut filled): (Double, u32) = (0, 0);
    for value in values {
        let (mut value, mut left) = (value.reduce(bits).to_u128(), u32::from(bits.get()));
        while left > 0 {
            let width = left.min(UNIT_BITS);
            pending |= Double::from(value as Unit) << filled;
            filled += width;
            value >>= UNIT_BITS;
            left -= width;
            if filled >= UNIT_BITS {
                write_unit(units.next(), pending as Unit);
                pending >>= UNIT_BITS;
                filled -= UNIT_BITS;
            }
        }
    }
    write_unit(units.next(), pending as Unit);
}

/// Adds any number of elements that start at a byte boundary.
#[allow(clippy::cast_possible_truncation, reason = "the low bits are what is meant")]
pub(super) fn add_elements<L: Lane>(bits: Bits, packed: &[u8], accumulator: &mut [L]) {
    let mut units = packed.chunks(UNIT_BYTES);
    let (mut pending, mut filled): (Double, u32) = (0, 0);
    for sum in accumulator {
        let (mut value, mut got) = (0u128, 0u32);
        while got < u32::from(bits.get()) {
            let width = (u32::from(bits.get()) - got).min(UNIT_BITS);
            if filled < width {
                pending |= Double::from(read_unit(units.next())) << filled;
                filled += UNIT_BITS;
            }
            value |= u128::from(pending as Unit & (Unit::MAX >> (UNIT_BITS - width))) << got;
            pending >>= width;
            filled -= width;
            got += width;
        }
        *sum = sum.wrapping_add(L::from_u128(value));
    }
}

/// Writes the low bytes of `unit` to a chunk, which is shorter than a unit at the end of the output.
fn write_unit(chunk: Option<&mut [u8]>, unit: Unit) {
    let chunk = chunk.unwrap_or_default();
    if let Some(whole) = chunk.first_chunk_mut() {
        *whole = unit.to_le_bytes();
    } else {
        for (byte, value) in chunk.iter_mut().zip(unit.to_le_bytes()) {
            *byte = value;
        }
    }
}

/// The unit in a chunk, which is shorter at the end of the input; zeros follow it.
fn read_unit(chunk: Option<&[u8]>) -> Unit {
    let chunk = chunk.unwrap_or_default();
    if let Some(whole) = chunk.first_chunk() {
        return Unit::from_le_bytes(*whole);
    }
    let mut bytes = [0; UNIT_BYTES];
    for (byte, value) in bytes.iter_mut().zip(chunk) {
        *byte = *value;
    }
    Unit::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    /// The definition, bit by bit.
    fn pack_bits(b: usize, values: &[u128]) -> Vec<u8> {
        let mut out = vec![0; (b * values.len()).div_ceil(8)];
        for (j, value) in values.iter().enumerate() {
            for bit in 0..b {
                let at = b * j + bit;
                out[at / 8] |= u8::from(value >> bit & 1 == 1) << (at % 8);
            }
        }
        out
    }

    /// Miri looks at every width, but only at one length: a group and one element more.
    const LENGTHS: core::ops::Range<u64> = if cfg!(miri) { 9..10 } else { 0..20 };

    fn check_width<L: Lane>(b: u8) {
        let bits = Bits::new(b).unwrap();
        for length in LENGTHS.chain([63, 64, 65, 200]).take(if cfg!(miri) { 1 } else { 24 }) {
            let values: Vec<L> = (1..=length)
                .map(|i| L::from_u128(u128::from(i).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)))
                .collect();
            let reduced: Vec<u128> = values.iter().map(|value| value.reduce(bits).to_u128()).collect();
            let expected = pack_bits(b.into(), &reduced);
            assert_eq!(expected.len() as u64, packed_len(bits, length));

            let mut packed = vec![0xff; expected.len()];
            pack(bits, &values, &mut packed).unwrap();
            assert_eq!(packed, expected, "{length} elements of {b} bits");
            let mut elements = vec![0xff; expected.len()];
            pack_elements(bits, &values, &mut elements);
            assert_eq!(elements, expected);

            let mut unpacked = vec![L::from_u128(77); values.len()];
            unpack(bits, &packed, &mut unpacked).unwrap();
            assert_eq!(unpacked.iter().map(|value| value.to_u128()).collect::<Vec<_>>(), reduced);
            let mut sums = values.clone();
            add_packed(bits, &packed, &mut sums).unwrap();
            let mut elements = values.clone();
            add_elements(bits, &packed, &mut elements);
            for (sum, value) in sums.iter().zip(&values) {
                assert_eq!(*sum, value.wrapping_add(value.reduce(bits)));
            }
            assert_eq!(sums, elements);
        }
    }

    #[test]
    fn every_width_follows_the_definition() {
        (1..=32).for_each(check_width::<u32>);
        (33..=64).for_each(check_width::<u64>);
        (65..=128).for_each(check_width::<u128>);
    }

    #[test]
    fn lengths_are_exact() {
        let bits = Bits::new(20).unwrap();
        assert_eq!([0, 1, 2, 3, 8].map(|len| packed_len(bits, len)), [0, 3, 5, 8, 20]);
        assert_eq!(packed_len(Bits::new(128).unwrap(), u64::MAX >> 4), (u64::MAX >> 4) * 16);
        assert_eq!(packed_len(Bits::new(128).unwrap(), u64::MAX), u64::MAX);
        for (len, size) in [(3, 7), (3, 9), (0, 1), (8, 19)] {
            let (values, mut out) = (vec![9u32; len], vec![7; size]);
            let error = pack(bits, &values, &mut out).unwrap_err();
            assert_eq!((error.kind(), error.bound()), (ErrorKind::InvalidLength, Some(packed_len(bits, len as u64))));
            assert!(out.iter().all(|byte| *byte == 7));
            let mut lanes = vec![9u32; len];
            assert_eq!(unpack(bits, &out, &mut lanes).unwrap_err().kind(), ErrorKind::InvalidLength);
            assert_eq!(add_packed(bits, &out, &mut lanes).unwrap_err().kind(), ErrorKind::InvalidLength);
            assert_eq!(lanes, values);
        }
    }

    #[test]
    fn only_the_lane_of_the_width_is_served() {
        let mut out = [0u8; 20];
        for (b, size) in [(20, 20), (33, 33), (64, 64), (65, 65)] {
            let bits = Bits::new(b).unwrap();
            let packed = vec![0; size];
            let kinds = [
                add_packed(bits, &packed, &mut [0u32; 8]).err(),
                add_packed(bits, &packed, &mut [0u64; 8]).err(),
                add_packed(bits, &packed, &mut [0u128; 8]).err(),
            ];
            assert_eq!(kinds.iter().flatten().filter(|error| error.kind() == ErrorKind::InvalidWidth).count(), 2);
        }
        assert_eq!(pack(Bits::new(20).unwrap(), &[0u64; 8], &mut out).unwrap_err().kind(), ErrorKind::InvalidWidth);
    }

    /// Every fill bit of every width and length, one at a time.
    #[test]
    fn fill_bits_have_to_be_zero() {
        for b in (1..=32u8).step_by(if cfg!(miri) { 7 } else { 1 }) {
            let bits = Bits::new(b).unwrap();
            for len in (1..=8usize).step_by(if cfg!(miri) { 3 } else { 1 }) {
                let mut packed = vec![0xffu8; packed_len(bits, len as u64) as usize];
                let used = usize::from(b) * len;
                let fill = 8 * packed.len() - used;
                let last = packed.len() - 1;
                packed[last] >>= fill;
                let mut lanes = vec![1u32; len];
                unpack(bits, &packed, &mut lanes).unwrap();
                assert!(lanes.iter().all(|lane| u128::from(*lane) == bits.max_residue()));
                for bit in 8 - fill..8 {
                    packed[last] ^= 1 << bit;
                    let mut untouched = vec![3u32; len];
                    assert_eq!(unpack(bits, &packed, &mut untouched).unwrap_err().kind(), ErrorKind::Malformed);
                    assert_eq!(add_packed(bits, &packed, &mut untouched).unwrap_err().kind(), ErrorKind::Malformed);
                    assert!(untouched.iter().all(|lane| *lane == 3));
                    packed[last] ^= 1 << bit;
                }
            }
        }
    }
}
