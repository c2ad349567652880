//! The two ciphers as hosts use them, set to a byte of their stream.

use chacha20::ChaCha20;
use chacha20::cipher::consts::U64;
use chacha20::cipher::{KeyIvInit, StreamCipherCore, StreamCipherCoreWrapper};

#[cfg(feature = "aes")]
use super::aes_ctr::{Aes128CtrCore, aes128_ctr_at};
use super::{StreamKey, Suite};

/// Names the core type inside a wrapper: `chacha20` exports the cipher with its wrapper only, whose buffer and checks are of no use here.
pub(super) trait Wrapped {
    type Core;
}

impl<C: StreamCipherCore<BlockSize = U64>> Wrapped for StreamCipherCoreWrapper<C> {
    type Core = C;
}

pub(super) type ChaCha20Core = <ChaCha20 as Wrapped>::Core;

/// A cipher whose next block is the one that holds the byte asked for.
pub(super) enum Stream {
    ChaCha20(ChaCha20Core),
    #[cfg(feature = "aes")]
    Aes128Ctr(Aes128CtrCore),
}

impl Stream {
    /// The stream from the block on that holds byte `offset`, and how many bytes of that block come before it.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "offsets are below 2^38: fewer than 2^32 blocks of 64 bytes")]
    pub(super) fn at(suite: Suite, key: &StreamKey, offset: u64) -> (Self, usize) {
        match suite {
            Suite::ChaCha20 => {
                let mut cipher = ChaCha20Core::new((&key.0).into(), &[0; 12].into());
                cipher.set_block_pos((offset >> 6) as u32);
                (Self::ChaCha20(cipher), offset as usize & 63)
            }
            #[cfg(feature = "aes")]
            Suite::Aes128Ctr => {
                let (cipher, skip) = aes128_ctr_at(key, offset);
                (Self::Aes128Ctr(cipher), skip)
            }
        }
    }
}
