//! Kernels for groups: eight elements of b bits are b bytes.
//!
//! With b known to the compiler all offsets and shifts are constants and the loop over a group is straight-line code. That is worth one copy of the
//! loop for each of the 64 common widths on hosts; microcontrollers and wider residues take the loop over single elements.

use super::Bits;
use super::packing::{add_elements, pack_elements};

/// Packing of whole groups for one lane type.
pub trait Groups: Sized {
    /// Packs a multiple of eight elements.
    fn pack_groups(bits: Bits, values: &[Self], out: &mut [u8]);

    /// Adds a multiple of eight packed elements.
    fn add_groups(bits: Bits, packed: &[u8], accumulator: &mut [Self]);
}

#[cfg(target_pointer_width = "64")]
macro_rules! groups {
    ($lane:ty: $($b:literal)*) => {
        impl Groups for $lane {
            fn pack_groups(bits: Bits, values: &[Self], out: &mut [u8]) {
                match bits.get() {
                    $($b => unrolled::pack::<Self, $b>(values, out),)*
                    _ => pack_elements(bits, values, out),
                }
            }

            fn add_groups(bits: Bits, packed: &[u8], accumulator: &mut [Self]) {
                match bits.get() {
                    $($b => unrolled::add::<Self, $b>(packed, accumulator),)*
                    _ => add_elements(bits, packed, accumulator),
                }
            }
        }
    };
}

#[cfg(not(target_pointer_width = "64"))]
macro_rules! groups {
    ($lane:ty: $($b:literal)*) => {
        impl Groups for $lane {
            fn pack_groups(bits: Bits, values: &[Self], out: &mut [u8]) {
                pack_elements(bits, values, out);
            }

            fn add_groups(bits: Bits, packed: &[u8], accumulator: &mut [Self]) {
                add_elements(bits, packed, accumulator);
            }
        }
    };
}

groups!(u32: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
groups!(u64: 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64);
groups!(u128: );

#[cfg(target_pointer_width = "64")]
mod unrolled {
    use crate::ring::Lane;

    /// Packs groups of eight elements of `B` bits, `B` being at most 64.
    pub(super) fn pack<L: Lane, const B: usize>(values: &[L], out: &mut [u8]) {
        for (values, group) in values.as_chunks::<8>().0.iter().zip(out.as_chunks_mut::<B>().0) {
            pack_group(values, group);
        }
    }

    /// Adds groups of eight elements of `B` bits, `B` being at most 64.
    pub(super) fn add<L: Lane, const B: usize>(packed: &[u8], accumulator: &mut [L]) {
        for (group, sums) in packed.as_chunks::<B>().0.iter().zip(accumulator.as_chunks_mut::<8>().0) {
            let mut element = 0;
            while element < 8 {
                sums[element] = sums[element].wrapping_add(L::from_u128(extract(group, element).into()));
                element += 1;
            }
        }
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "the low bits are what is meant")]
    fn pack_group<L: Lane, const B: usize>(values: &[L; 8], group: &mut [u8; B]) {
        let (mut pending, mut filled, mut written) = (0u128, 0, 0);
        for value in values {
            pending |= (value.to_u128() & (u128::MAX >> (128 - B))) << filled;
            filled += B;
            if filled >= 64 {
                group[written..written + 8].copy_from_slice(&(pending as u64).to_le_bytes());
                pending >>= 64;
                filled -= 64;
                written += 8;
            }
        }
        group[written..].copy_from_slice(&(pending as u64).to_le_bytes()[..B & 7]);
    }

    /// Element number `element` of a group.
    #[inline(always)]
    fn extract<const B: usize>(group: &[u8; B], element: usize) -> u64 {
        let bit = B * element;
        let mask = u64::MAX >> (64 - B);
        // The eight bytes that hold the start of the element, or the last eight bytes of the group if those come earlier.
        let byte = (bit >> 3).min(B.saturating_sub(8));
        let shift = bit - 8 * byte;
        let low = load(group, byte) >> shift;
        // From 58 bits on an element can reach into a ninth byte.
        let high = if shift + B > 64 { load(group, byte + 8) << (64 - shift) } else { 0 };
        (low | high) & mask
    }

    /// Up to eight bytes from `byte` on, little-endian.
    #[inline(always)]
    fn load<const B: usize>(group: &[u8; B], byte: usize) -> u64 {
        let mut word = [0; 8];
        let length = (B - byte).min(8);
        word[..length].copy_from_slice(&group[byte..byte + length]);
        u64::from_le_bytes(word)
    }
}
