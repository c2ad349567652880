//! Constant-time comparison: the one module that touches `subtle`.
//!
//! What is compared does not show in the time taken; lengths do. `subtle` keeps the compiler from turning a flag back into a
//! branch on a best-effort basis, which the valgrind tests check on the binaries that are shipped.

use subtle::{Choice, ConstantTimeEq};

/// Whether `a` and `b` are the same bytes. Slices of different lengths differ; the lengths are public.
#[must_use]
pub fn eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Whether every byte is zero. An empty slice is.
#[must_use]
pub fn is_zero(bytes: &[u8]) -> bool {
    let union = bytes.iter().fold(0u8, |union, byte| union | byte);
    union.ct_eq(&0).into()
}

/// Whether `a` and `b` are the same word.
#[must_use]
pub fn eq_u64(a: u64, b: u64) -> bool {
    a.ct_eq(&b).into()
}

/// A word whose value the compiler may not reason about, so that arithmetic on a flag stays arithmetic.
#[must_use]
pub fn opaque(flag: u8) -> u8 {
    Choice::from(flag & 1).unwrap_u8()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_that_of_slices() {
        assert!(eq(b"", b""));
        assert!(eq(b"mask", b"mask"));
        assert!(!eq(b"mask", b"masc"));
        assert!(!eq(b"mask", b"mas"));
        assert!(!eq(b"\0", b""));
    }

    #[test]
    fn every_bit_of_every_byte_counts() {
        for length in 1..40usize {
            for byte in 0..length {
                for bit in 0..8 {
                    let mut bytes = [0u8; 40];
                    bytes[byte] = 1 << bit;
                    assert!(!is_zero(&bytes[..length]));
                    assert!(!eq(&bytes[..length], &[0u8; 40][..length]));
                }
            }
        }
        assert!(is_zero(&[]));
        assert!(is_zero(&[0; 40]));
    }

    #[test]
    fn words_are_equal_in_all_bits() {
        assert!(eq_u64(1 << 63, 1 << 63));
        for bit in 0..64 {
            assert!(!eq_u64(1 << bit, 0));
        }
        assert_eq!((opaque(0), opaque(1)), (0, 1));
    }
}
