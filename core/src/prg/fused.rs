//! Words taken in inside the cipher's back end.
//!
//! The closure that the `cipher` traits take is compiled into a function with the CPU features that the cipher found at run time. So the additions
//! are vectorised at the width of the cipher, and no key stream is written to memory but one batch of blocks at a time.

use core::marker::PhantomData;

use ctr::cipher::array::ArraySize;
use ctr::cipher::typenum::Unsigned;
use ctr::cipher::{BlockSizeUser, ParBlocks, StreamCipherBackend, StreamCipherClosure, StreamCipherCore};

use super::stream::Stream;
use super::words::Combine;
use super::{StreamKey, Suite};

/// Takes the words `first ...` of the stream, which do not go beyond its end, into `words`, which are not empty.
pub(super) fn combine<C: Combine>(suite: Suite, key: &StreamKey, first: u64, words: &mut [C::Word]) {
    let (stream, skip) = Stream::at(suite, key, first << C::SHIFT);
    let skip = skip >> C::SHIFT;
    match stream {
        Stream::ChaCha20(mut cipher) => {
            cipher.process_with_backend(Expand::<C, _> { skip, words, block_size: PhantomData });
        }
        Stream::Aes128Ctr(mut cipher) => {
            cipher.process_with_backend(Expand::<C, _> { skip, words, block_size: PhantomData });
        }
    }
}

/// The closure that a back end runs.
struct Expand<'a, C: Combine, Size: ArraySize> {
    /// Words of the first block to pass over.
    skip: usize,
    words: &'a mut [C::Word],
    block_size: PhantomData<Size>,
}

impl<C: Combine, Size: ArraySize> BlockSizeUser for Expand<'_, C, Size> {
    type BlockSize = Size;
}

impl<C: Combine, Size: ArraySize> StreamCipherClosure for Expand<'_, C, Size> {
    // Everything in here has to be inlined to run under the back end's CPU features.
    #[inline(always)]
    fn call<B: StreamCipherBackend<BlockSize = Size>>(self, backend: &mut B) {
        let block_words = Size::USIZE >> C::SHIFT;
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

        // Wiped once a call, in one piece rather than byte by byte, which would take as long as the ciphers take for a kilobyte.
        batch = ParBlocks::<B>::default();
        zeroize::optimization_barrier(&batch);
    }
}
