//! What becomes of a stream's bytes: they are written out, or added to or subtracted from words.

use core::marker::PhantomData;

use crate::ring::Lane;

/// How words take in their bytes of the stream.
pub(super) trait Combine {
    type Word;

    /// log2 of the bytes of a word.
    const SHIFT: u32;

    /// Takes as many bytes as the words need, from the start of `bytes`, which has at least as many.
    fn combine(words: &mut [Self::Word], bytes: &[u8]);
}

pub(super) struct Write;
pub(super) struct Add<L>(PhantomData<L>);
pub(super) struct Subtract<L>(PhantomData<L>);

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
        L::take_le_bytes(words, bytes, L::wrapping_add);
    }
}

impl<L: Lane> Combine for Subtract<L> {
    type Word = L;
    const SHIFT: u32 = L::BYTES.trailing_zeros();

    #[inline(always)]
    fn combine(words: &mut [L], bytes: &[u8]) {
        L::take_le_bytes(words, bytes, L::wrapping_sub);
    }
}
