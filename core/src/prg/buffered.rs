//! Words taken in through a buffer: one copy of each cipher in the program, whatever the lane types.

use ctr::cipher::StreamCipherCore;
use ctr::cipher::array::Array;
use zeroize::Zeroize;

use super::stream::Stream;
use super::words::Combine;
use super::{StreamKey, Suite};

/// Bytes of the buffer: whole blocks of both ciphers. It is on the stack.
const BUFFER_SIZE: usize = if cfg!(target_pointer_width = "64") { 4096 } else { 256 };

/// Bytes of a block of ChaCha20, a multiple of those of AES.
const LONGEST_BLOCK: usize = 64;

/// Takes the words `first ...` of the stream, which do not go beyond its end, into `words`, which are not empty.
pub(super) fn combine<C: Combine>(suite: Suite, key: &StreamKey, first: u64, words: &mut [C::Word]) {
    let (mut stream, mut skip) = Stream::at(suite, key, first << C::SHIFT);
    let mut buffer = [0u8; BUFFER_SIZE];
    let mut words = words;
    while !words.is_empty() {
        let (head, rest) = words.split_at_mut(((BUFFER_SIZE - skip) >> C::SHIFT).min(words.len()));
        let wanted = skip + (head.len() << C::SHIFT);
        let filled = buffer.split_at_mut(wanted.next_multiple_of(LONGEST_BLOCK).min(BUFFER_SIZE)).0;
        stream.fill(filled);
        C::combine(head, filled.get(skip..).unwrap_or_default());
        words = rest;
        skip = 0;
    }
    buffer.zeroize();
}

impl Stream {
    /// Fills the buffer with the next blocks; bytes beyond a multiple of [`LONGEST_BLOCK`] are left.
    #[inline(never)]
    fn fill(&mut self, buffer: &mut [u8]) {
        // A fixed number of blocks at a time: no second copy of the ciphers for a rest.
        for piece in buffer.as_chunks_mut::<LONGEST_BLOCK>().0 {
            match self {
                Self::ChaCha20(cipher) => cipher.write_keystream_blocks(Array::slice_as_chunks_mut(piece).0),
                Self::Aes128Ctr(cipher) => cipher.write_keystream_blocks(Array::slice_as_chunks_mut(piece).0),
            }
        }
    }
}
