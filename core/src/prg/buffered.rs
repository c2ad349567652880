//! Words taken in through a buffer: one copy of each cipher in the program, whatever the lane types.

use ctr::cipher::StreamCipherCore;
use ctr::cipher::array::Array;
use zeroize::Zeroize;

use super::stream::Stream;
use super::words::Combine;
use super::{StreamKey, Suite};

/// Bytes of the buffer: whole blocks of both ciphers. It is on the stack.
const BUFFER_SIZE: usize = if cfg!(target_pointer_width = "64") { 4096 } else { 256 };

/// Takes the words `first ...` of the stream, which do not go beyond its end, into `words`, which are not empty.
pub(super) fn combine<C: Combine>(suite: Suite, key: &StreamKey, first: u64, words: &mut [C::Word]) {
    let (mut stream, skip) = Stream::at(suite, key, first << C::SHIFT);
    let mut buffer = [0u8; BUFFER_SIZE];
    let mut bytes = skip;
    let mut words = words;
    while !words.is_empty() {
        stream.fill(&mut buffer);
        let unread = buffer.get(bytes..).unwrap_or_default();
        let (head, rest) = words.split_at_mut((unread.len() >> C::SHIFT).min(words.len()));
        C::combine(head, unread);
        words = rest;
        bytes = 0;
    }
    buffer.zeroize();
}

impl Stream {
    /// Fills the buffer with the next blocks.
    #[inline(never)]
    fn fill(&mut self, buffer: &mut [u8; BUFFER_SIZE]) {
        match self {
            Self::ChaCha20(cipher) => cipher.write_keystream_blocks(Array::slice_as_chunks_mut(buffer).0),
            Self::Aes128Ctr(cipher) => cipher.write_keystream_blocks(Array::slice_as_chunks_mut(buffer).0),
        }
    }
}
