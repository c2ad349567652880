//! Random bytes from the caller's generator.
//!
//! A generator that fails, or that repeats one byte, gives an error and no bytes. The second is what a microcontroller's generator
//! delivers before its clock runs; sixteen good bytes look like that once in 2^120 draws.

use rand_core::TryCryptoRng;
use zeroize::Zeroize;

use crate::ct;
use crate::error::{ErrorKind, Result};

/// Shortest output in which equal bytes prove a broken generator.
const SHORTEST_CHECKED: usize = 16;

/// Fills `out` with random bytes; on error it is zero.
///
/// # Errors
///
/// [`ErrorKind::Randomness`] if the generator fails or gives 16 bytes or more that are all the same.
pub(crate) fn fill<R: TryCryptoRng + ?Sized>(rng: &mut R, out: &mut [u8]) -> Result<()> {
    if rng.try_fill_bytes(out).is_err() || (out.len() >= SHORTEST_CHECKED && is_constant(out)) {
        out.zeroize();
        return Err(ErrorKind::Randomness.into());
    }
    Ok(())
}

/// Whether all bytes are the same, in constant time.
pub(crate) fn is_constant(bytes: &[u8]) -> bool {
    let first = bytes.first().copied().unwrap_or_default();
    let difference = bytes.iter().fold(0, |difference, byte| difference | (byte ^ first));
    ct::is_zero(&[difference])
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::convert::Infallible;
    use rand_core::TryRng;

    /// Repeats one byte.
    struct Stuck(u8);

    impl TryRng for Stuck {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> core::result::Result<u32, Infallible> {
            Ok(u32::from_le_bytes([self.0; 4]))
        }
        fn try_next_u64(&mut self) -> core::result::Result<u64, Infallible> {
            Ok(u64::from_le_bytes([self.0; 8]))
        }
        fn try_fill_bytes(&mut self, out: &mut [u8]) -> core::result::Result<(), Infallible> {
            out.fill(self.0);
            Ok(())
        }
    }

    impl TryCryptoRng for Stuck {}

    #[test]
    fn a_stuck_generator_gives_no_bytes() {
        for byte in [0x00, 0x5a, 0xff] {
            let mut out = [1; 16];
            assert_eq!(fill(&mut Stuck(byte), &mut out).unwrap_err().kind(), ErrorKind::Randomness);
            assert_eq!(out, [0; 16]);
        }
    }

    #[test]
    fn one_differing_byte_is_enough() {
        for position in 0..16 {
            let mut bytes = [7; 16];
            assert!(is_constant(&bytes));
            bytes[position] ^= 0x80;
            assert!(!is_constant(&bytes));
        }
    }
}
