//! Mask streams: a suite and a key give a seekable stream of up to 2^38 bytes, read as little-endian words.
//!
//! Suite 1 is ChaCha20 (RFC 8439) with a zero nonce and a block counter from 0; suite 2 is AES-128-CTR (SP 800-38A) from the
//! zero block. Every stream has a key of its own, so the fixed nonce never repeats under a key.
//!
//! Two ways lead from cipher blocks to words. On processors with vector units the words are taken in inside the cipher's back end (`fused`); on
//! microcontrollers, where each such copy of a cipher would cost flash, through a small buffer (`buffered`). Both are tested against each other.

use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::{ErrorKind, Result};
use crate::random;
use crate::ring::Lane;

#[cfg(feature = "aes")]
mod aes_ctr;
#[cfg(any(test, not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64"))))]
mod blocks;
#[cfg(any(test, not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64"))))]
mod buffered;
#[cfg(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64"))]
mod fused;
#[cfg(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64"))]
mod stream;
mod words;

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
use buffered::combine;
#[cfg(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64"))]
use fused::combine;
use words::{Add, Combine, Subtract, Write};

/// Bytes that a stream may have: 2^32 blocks of ChaCha20, 256 GiB. Suite 2 keeps the same limit.
pub const MAX_STREAM_BYTES: u64 = 1 << 38;

/// How a run expands its masks; the number is the suite of protocol.md section 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Suite {
    /// ChaCha20: for microcontrollers.
    ChaCha20 = 1,
    /// AES-128-CTR: for machines with AES instructions. Without them it is constant time but slow.
    #[cfg(feature = "aes")]
    Aes128Ctr = 2,
}

impl Suite {
    /// The suite with this number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`] for any other number than 1 and, with the feature `aes`, 2.
    pub fn new(id: u8) -> Result<Self> {
        match id {
            1 => Ok(Self::ChaCha20),
            #[cfg(feature = "aes")]
            2 => Ok(Self::Aes128Ctr),
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    /// The number of the suite.
    #[must_use]
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// Bytes of a [`StreamKey`] that the suite uses.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::ChaCha20 => 32,
            #[cfg(feature = "aes")]
            Self::Aes128Ctr => 16,
        }
    }
}

/// The key of one stream. Suite 2 uses its first 16 bytes.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct StreamKey([u8; 32]);

impl StreamKey {
    /// The key with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A key derived from this one (`Expand` of protocol.md section 1). A key that others are derived from has no stream of its own.
    #[cfg(feature = "alloc")]
    pub(crate) fn expand(&self, label: &str, parts: &[&[u8]]) -> Self {
        let mut key = Self([0; 32]);
        crate::kdf::expand(&self.0, label, parts, &mut key.0);
        key
    }

    /// A fresh key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Randomness`] if the generator fails.
    pub fn random<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self> {
        let mut key = Self([0; 32]);
        random::fill(rng, &mut key.0)?;
        Ok(key)
    }
}

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamKey(..)")
    }
}

/// Whether a mask is added or subtracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Added.
    Plus,
    /// Subtracted.
    Minus,
}

/// Writes the bytes `byte_offset ... byte_offset + out.len() - 1` of the stream.
///
/// # Errors
///
/// [`ErrorKind::TooLong`] if that goes beyond [`MAX_STREAM_BYTES`]; nothing is written then.
pub fn keystream(suite: Suite, key: &StreamKey, byte_offset: u64, out: &mut [u8]) -> Result<()> {
    take::<Write>(suite, key, byte_offset, out)
}

/// Adds the words `first_element ...` of the stream to `accumulator`, or subtracts them, wrapping in the lane.
///
/// # Errors
///
/// [`ErrorKind::TooLong`] if that goes beyond [`MAX_STREAM_BYTES`]; nothing is written then.
pub fn add_stream<L: Lane>(
    suite: Suite,
    key: &StreamKey,
    sign: Sign,
    first_element: u64,
    accumulator: &mut [L],
) -> Result<()> {
    match sign {
        Sign::Plus => take::<Add<L>>(suite, key, first_element, accumulator),
        Sign::Minus => take::<Subtract<L>>(suite, key, first_element, accumulator),
    }
}

/// Refuses words beyond the end of a stream; `shift` is log2 of the bytes of a word.
pub(crate) fn check_range(shift: u32, first: u64, len: usize) -> Result<()> {
    match first.checked_add(len as u64) {
        Some(end) if end <= MAX_STREAM_BYTES >> shift => Ok(()),
        _ => Err(ErrorKind::TooLong.bound(MAX_STREAM_BYTES)),
    }
}

fn take<C: Combine>(suite: Suite, key: &StreamKey, first: u64, words: &mut [C::Word]) -> Result<()> {
    check_range(C::SHIFT, first, words.len())?;
    if !words.is_empty() {
        combine::<C>(suite, key, first, words);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::buffered::combine as combine_buffered;
    use super::*;
    use alloc::vec;
    use hex_literal::hex;

    /// Miri, which takes a second for a few blocks, looks at less.
    const FIRSTS: core::ops::Range<u64> = if cfg!(miri) { 5..6 } else { 0..66 };
    const LENGTHS: usize = if cfg!(miri) { 1 } else { 12 };

    fn both_ways<C: Combine<Word: Copy + PartialEq + fmt::Debug>>(suite: Suite, first: u64, start: &[C::Word]) {
        let key = StreamKey([0x3c; 32]);
        let (mut fused, mut buffered) = (start.to_vec(), start.to_vec());
        combine::<C>(suite, &key, first, &mut fused);
        combine_buffered::<C>(suite, &key, first, &mut buffered);
        assert_eq!(fused, buffered, "{suite:?}, {} words at {first}", start.len());
    }

    #[test]
    fn fused_and_buffered_take_the_same_words() {
        for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
            for first in FIRSTS.chain([4095, (1 << 34) - 5000]).take(if cfg!(miri) { 1 } else { usize::MAX }) {
                for length in [17, 1, 2, 15, 63, 64, 65, 1023, 1024, 1025, 4095, 4097].into_iter().take(LENGTHS) {
                    both_ways::<Add<u32>>(suite, first, &vec![0xffff_fff0; length]);
                    if cfg!(miri) {
                        continue;
                    }
                    both_ways::<Write>(suite, first, &vec![0; length]);
                    both_ways::<Subtract<u32>>(suite, first, &vec![5; length]);
                    both_ways::<Add<u64>>(suite, first, &vec![u64::MAX; length]);
                    both_ways::<Subtract<u128>>(suite, first, &vec![0; length]);
                }
            }
        }
    }

    /// The second block of the zero key (RFC 8439 appendix A.1, test vector 2; test case 2 of the GCM specification) as words, whatever
    /// the byte order of the machine.
    #[test]
    fn words_are_little_endian() {
        let blocks = [
            (Suite::ChaCha20, 4, hex!("9f07e7be5551387a98ba977c732d080d")),
            (Suite::Aes128Ctr, 1, hex!("58e2fccefa7e3061367f1d57a4e7455a")),
        ];
        for (suite, first, block) in blocks {
            let key = StreamKey([0; 32]);
            let (mut short, mut middle, mut long) = ([1u32; 3], [u64::MAX; 1], [0u128; 1]);
            add_stream(suite, &key, Sign::Plus, 4 * first + 1, &mut short).unwrap();
            add_stream(suite, &key, Sign::Plus, 2 * first + 1, &mut middle).unwrap();
            add_stream(suite, &key, Sign::Minus, first, &mut long).unwrap();
            let word = |at: usize| u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
            assert_eq!(short, [4, 8, 12].map(|at| word(at).wrapping_add(1)));
            assert_eq!(middle, [(u64::from(word(12)) << 32 | u64::from(word(8))).wrapping_sub(1)]);
            assert_eq!(long, [u128::from_le_bytes(block).wrapping_neg()]);
        }
    }
}
