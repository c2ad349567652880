//! Words taken in inside the cipher's back end.
//!
//! The closure that the `cipher` traits take is compiled into a function with the CPU features that the cipher found at run time, so the additions are
//! vectorised at the width of the cipher. The key stream stays in a buffer of a kilobyte, or in registers where the compiler sees that it can.

use core::marker::PhantomData;

use chacha20::cipher::array::{Array, ArraySize};
use chacha20::cipher::typenum::Unsigned;
use chacha20::cipher::{BlockSizeUser, StreamCipherBackend, StreamCipherClosure, StreamCipherCore};

use super::stream::Stream;
use super::words::Combine;
use super::{StreamKey, Suite};

/// Bytes of the buffer: what the widest back ends (AES and ChaCha20 with AVX-512) make at once, and a multiple of what the others do.
const BUFFER_SIZE: usize = 1024;

/// Takes the words `first ...` of the stream, which do not go beyond its end, into `words`, which are not empty.
pub(super) fn combine<C: Combine>(suite: Suite, key: &StreamKey, first: u64, words: &mut [C::Word]) {
    let (stream, skip) = Stream::at(suite, key, first << C::SHIFT);
    match stream {
        Stream::ChaCha20(mut cipher) => {
            cipher.process_with_backend(Expand::<C, _> { skip, words, block_size: PhantomData });
        }
        #[cfg(feature = "aes")]
        Stream::Aes128Ctr(mut cipher) => {
            cipher.process_with_backend(Expand::<C, _> { skip, words, block_size: PhantomData });
        }
    }
}

/// The closure that a back end runs. Everything in it has to be inlined to run under the back end's CPU features.
struct Expand<'a, C: Combine, Size: ArraySize> {
    /// Bytes of the first block to pass over.
    skip: usize,
    words: &'a mut [C::Word],
    block_size: PhantomData<Size>,
}

impl<C: Combine, Size: ArraySize> BlockSizeUser for Expand<'_, C, Size> {
    type BlockSize = Size;
}

impl<C: Combine, Size: ArraySize> StreamCipherClosure for Expand<'_, C, Size> {
    #[inline(always)]
    fn call<B: StreamCipherBackend<BlockSize = Size>>(self, backend: &mut B) {
        let mut buffer = [0u8; BUFFER_SIZE];
        let mut words = self.words;

        if self.skip != 0 {
            let (head, rest) = words.split_at_mut(((BUFFER_SIZE - self.skip) >> C::SHIFT).min(words.len()));
            fill(backend, &mut buffer, self.skip + (head.len() << C::SHIFT));
            C::combine(head, buffer.get(self.skip..).unwrap_or_default());
            words = rest;
        }

        let mut whole = words.chunks_exact_mut(BUFFER_SIZE >> C::SHIFT);
        for words in &mut whole {
            fill(backend, &mut buffer, BUFFER_SIZE);
            C::combine(words, &buffer);
        }

        let tail = whole.into_remainder();
        if !tail.is_empty() {
            fill(backend, &mut buffer, tail.len() << C::SHIFT);
            C::combine(tail, &buffer);
        }

        // Wiped once a call, in one piece rather than byte by byte, which would take as long as the ciphers take for a kilobyte.
        buffer = [0; BUFFER_SIZE];
        zeroize::optimization_barrier(&buffer);
    }
}

/// Puts the next blocks into the buffer, `wanted` bytes at least.
#[inline(always)]
fn fill<B: StreamCipherBackend>(backend: &mut B, buffer: &mut [u8; BUFFER_SIZE], wanted: usize) {
    let (blocks, _) = Array::<u8, B::BlockSize>::slice_as_chunks_mut(buffer);
    if wanted <= B::BlockSize::USIZE {
        if let Some(block) = blocks.first_mut() {
            backend.gen_ks_block(block);
        }
        return;
    }
    let batch_size = B::BlockSize::USIZE * B::ParBlocksSize::USIZE;
    let (batches, _) = Array::<_, B::ParBlocksSize>::slice_as_chunks_mut(blocks);
    for batch in batches.iter_mut().take(wanted.div_ceil(batch_size)) {
        backend.gen_par_ks_blocks(batch);
    }
}
