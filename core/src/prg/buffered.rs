//! Words taken in through a buffer: one copy of each cipher in the program, whatever the lane types.

#[cfg(feature = "aes")]
use ctr::cipher::StreamCipherCore;
#[cfg(feature = "aes")]
use ctr::cipher::array::Array;

#[cfg(feature = "aes")]
use super::aes_ctr::{Aes128CtrCore, aes128_ctr_at};
use super::blocks::{BLOCK_SIZE, Block, Blocks};
use super::words::Combine;
use super::{StreamKey, Suite};

/// Takes the words `first ...` of the stream, which do not go beyond its end, into `words`, which are not empty.
pub(super) fn combine<C: Combine>(suite: Suite, key: &StreamKey, first: u64, words: &mut [C::Word]) {
    let (mut stream, mut skip) = Stream::at(suite, key, first << C::SHIFT);
    let mut block = Block::default();
    let mut words = words;
    while !words.is_empty() {
        stream.next(&mut block);
        let (head, rest) = words.split_at_mut(((BLOCK_SIZE - skip) >> C::SHIFT).min(words.len()));
        C::combine(head, block.as_flattened().get(skip..).unwrap_or_default());
        words = rest;
        skip = 0;
    }
    // In one piece rather than byte by byte, which would take as long as a fifth of the cipher.
    block = Block::default();
    zeroize::optimization_barrier(&block);
}

/// A cipher whose next block is the one that holds the byte asked for.
enum Stream {
    ChaCha20(Blocks),
    #[cfg(feature = "aes")]
    Aes128Ctr(Aes128CtrCore),
}

impl Stream {
    /// The stream from the block on that holds byte `offset`, and how many bytes of that block come before it.
    #[allow(clippy::cast_possible_truncation, reason = "offsets are below 2^38: fewer than 2^32 blocks of 64 bytes")]
    fn at(suite: Suite, key: &StreamKey, offset: u64) -> (Self, usize) {
        match suite {
            Suite::ChaCha20 => (Self::ChaCha20(Blocks::new(&key.0, (offset >> 6) as u32)), offset as usize & 63),
            #[cfg(feature = "aes")]
            Suite::Aes128Ctr => {
                let (cipher, skip) = aes128_ctr_at(key, offset);
                (Self::Aes128Ctr(cipher), skip)
            }
        }
    }

    /// The next block.
    fn next(&mut self, block: &mut Block) {
        match self {
            Self::ChaCha20(blocks) => blocks.next(block),
            #[cfg(feature = "aes")]
            Self::Aes128Ctr(cipher) => {
                cipher.write_keystream_blocks(Array::slice_as_chunks_mut(block.as_flattened_mut()).0)
            }
        }
    }
}
