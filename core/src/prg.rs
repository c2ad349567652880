//! Mask streams: a suite and a key give a seekable stream of up to 2^38 bytes, read as little-endian words.
//!
//! Suite 1 is ChaCha20 (RFC 8439) with a zero nonce and a block counter from 0; suite 2 is AES-128-CTR (SP 800-38A) from the
//! zero block. Every stream has a key of its own, so the fixed nonce never repeats under a key.
//!
//! The words are added inside the cipher's back end: the closure that the `cipher` traits take runs under the CPU features that were found at run
//! time, so the additions are vectorised at the same width as the cipher and no key stream is written to memory but a batch of blocks.

use core::fmt;
use core::marker::PhantomData;

use chacha20::ChaCha20;
use ctr::cipher::array::ArraySize;
use ctr::cipher::consts::U64;
use ctr::cipher::typenum::Unsigned;
use ctr::cipher::{
    BlockSizeUser, InnerIvInit, KeyInit, KeyIvInit, ParBlocks, StreamCipherBackend, StreamCipherClosure,
    StreamCipherCore, StreamCipherCoreWrapper, StreamCipherSeekCore,
};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::{ErrorKind, Result};
use crate::ring::Lane;

/// Bytes that a stream may have: 2^32 blocks of ChaCha20, 256 GiB. Suite 2 keeps the same limit.
pub const MAX_STREAM_BYTES: u64 = 1 << 38;

/// How a run expands its masks; the number is the suite of protocol.md section 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Suite {
    /// ChaCha20: for microcontrollers.
    ChaCha20 = 1,
    /// AES-128-CTR: for machines with AES instructions. Without them it is constant time but slow.
    Aes128Ctr = 2,
}

impl Suite {
    /// The suite with this number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`] for any other number than 1 and 2.
    pub fn new(id: u8) -> Result<Self> {
        match id {
            1 => Ok(Self::ChaCha20),
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
    combine::<Write>(suite, key, byte_offset, out)
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
        Sign::Plus => combine::<Add<L>>(suite, key, first_element, accumulator),
        Sign::Minus => combine::<Subtract<L>>(suite, key, first_element, accumulator),
    }
}

/// How words take in their bytes of the stream.
trait Combine {
    type Word;
    /// log2 of the bytes of a word.
    const SHIFT: u32;
    /// Takes as many bytes as the words need, from the start of `bytes`.
    fn combine(words: &mut [Self::Word], bytes: &[u8]);
}

struct Write;
struct Add<L>(PhantomData<L>);
struct Subtract<L>(PhantomData<L>);

impl Combine for Write {
    type Word = u8;
    const SHIFT: u32 = 0;

    #[inline(always)]
    fn combine(words: &mut [u8], bytes: &[u8]) {
        if let Some(bytes) = bytes.get(..words.len()) {
            words.copy_from_slice(bytes);
        }
    }
}

impl<L: Lane> Combine for Add<L> {
    type Word = L;
    const SHIFT: u32 = L::BYTES.trailing_zeros();

    #[inline(always)]
    fn combine(words: &mut [L], bytes: &[u8]) {
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(L::BYTES)) {
            *word = word.wrapping_add(L::from_le_slice(bytes));
        }
    }
}

impl<L: Lane> Combine for Subtract<L> {
    type Word = L;
    const SHIFT: u32 = L::BYTES.trailing_zeros();

    #[inline(always)]
    fn combine(words: &mut [L], bytes: &[u8]) {
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(L::BYTES)) {
            *word = word.wrapping_sub(L::from_le_slice(bytes));
        }
    }
}

/// Names the core type inside a wrapper: `chacha20` exports the cipher with its wrapper only.
trait Wrapped {
    type Core;
}

impl<C: StreamCipherCore<BlockSize = U64>> Wrapped for StreamCipherCoreWrapper<C> {
    type Core = C;
}

type ChaCha20Core = <ChaCha20 as Wrapped>::Core;

/// With a zero start and fewer than 2^64 blocks a 64-bit counter gives the bytes of the standard's 128-bit counter at twice the speed.
type Aes128CtrCore = ctr::CtrCore<aes::Aes128Enc, ctr::flavors::Ctr64BE>;

/// Refuses words beyond the end of a stream.
pub(crate) fn check_range(shift: u32, first: u64, len: usize) -> Result<()> {
    match first.checked_add(len as u64) {
        Some(end) if end <= MAX_STREAM_BYTES >> shift => Ok(()),
        _ => Err(ErrorKind::TooLong.bound(MAX_STREAM_BYTES)),
    }
}

fn combine<C: Combine>(suite: Suite, key: &StreamKey, first: u64, words: &mut [C::Word]) -> Result<()> {
    check_range(C::SHIFT, first, words.len())?;
    if words.is_empty() {
        return Ok(());
    }
    match suite {
        Suite::ChaCha20 => {
            let mut cipher = ChaCha20Core::new((&key.0).into(), &[0; 12].into());
            let (block, skip) = position::<C, ChaCha20Core>(first);
            #[allow(clippy::cast_possible_truncation, reason = "below 2^38 / 64 = 2^32 blocks")]
            cipher.set_block_pos(block as u32);
            cipher.process_with_backend(Expand::<C, _> { skip, words, block_size: PhantomData });
        }
        Suite::Aes128Ctr => {
            let (key, _) = key.0.split_at(16);
            let Ok(block_cipher) = aes::Aes128Enc::new_from_slice(key) else {
                return Err(ErrorKind::InvalidLength.into());
            };
            let mut cipher = Aes128CtrCore::inner_iv_init(block_cipher, &[0; 16].into());
            let (block, skip) = position::<C, Aes128CtrCore>(first);
            cipher.set_block_pos(block);
            cipher.process_with_backend(Expand::<C, _> { skip, words, block_size: PhantomData });
        }
    }
    Ok(())
}

/// The block that holds word `first`, and the words of that block before it.
#[allow(clippy::cast_possible_truncation, reason = "below the words of a block")]
fn position<C: Combine, B: BlockSizeUser>(first: u64) -> (u64, usize) {
    let words = B::BlockSize::USIZE >> C::SHIFT;
    (first >> words.trailing_zeros(), first as usize & (words - 1))
}

/// The closure that a cipher's back end runs.
struct Expand<'a, C: Combine, BS: ArraySize> {
    /// Words of the first block to pass over.
    skip: usize,
    words: &'a mut [C::Word],
    block_size: PhantomData<BS>,
}

impl<C: Combine, BS: ArraySize> BlockSizeUser for Expand<'_, C, BS> {
    type BlockSize = BS;
}

impl<C: Combine, BS: ArraySize> StreamCipherClosure for Expand<'_, C, BS> {
    #[inline(always)]
    fn call<B: StreamCipherBackend<BlockSize = BS>>(self, backend: &mut B) {
        let block_words = BS::USIZE >> C::SHIFT;
        let mut batch = ParBlocks::<B>::default();
        let mut words = self.words;

        if self.skip != 0 {
            let (head, rest) = words.split_at_mut((block_words - self.skip).min(words.len()));
            words = rest;
            if let Some(block) = batch.first_mut() {
                backend.gen_ks_block(block);
                C::combine(head, block.get(self.skip << C::SHIFT..).unwrap_or_default());
            }
        }

        let mut batches = words.chunks_exact_mut(block_words * B::ParBlocksSize::USIZE);
        for words in &mut batches {
            backend.gen_par_ks_blocks(&mut batch);
            for (words, block) in words.chunks_exact_mut(block_words).zip(&batch) {
                C::combine(words, block);
            }
        }

        let tail = batches.into_remainder();
        if tail.len() > block_words {
            backend.gen_par_ks_blocks(&mut batch);
        } else if let Some(block) = batch.first_mut() {
            backend.gen_ks_block(block);
        }
        for (words, block) in tail.chunks_mut(block_words).zip(&batch) {
            C::combine(words, block);
        }

        // Wiped once a call: one store for the compiler to keep, not one a byte.
        batch = ParBlocks::<B>::default();
        zeroize::optimization_barrier(&batch);
    }
}
