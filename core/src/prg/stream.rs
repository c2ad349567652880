//! The two ciphers, set to a byte of their stream.

use chacha20::ChaCha20;
use ctr::cipher::array::Array;
use ctr::cipher::consts::{U16, U32, U64};
use ctr::cipher::{InnerIvInit, KeyInit, KeyIvInit, StreamCipherCore, StreamCipherCoreWrapper, StreamCipherSeekCore};

use super::{StreamKey, Suite};

/// Names the core type inside a wrapper: `chacha20` exports the cipher with its wrapper only, whose buffer and checks are of no use here.
pub(super) trait Wrapped {
    type Core;
}

impl<C: StreamCipherCore<BlockSize = U64>> Wrapped for StreamCipherCoreWrapper<C> {
    type Core = C;
}

pub(super) type ChaCha20Core = <ChaCha20 as Wrapped>::Core;

/// With a zero start and fewer than 2^64 blocks a 64-bit counter gives the bytes of the standard's 128-bit counter at twice the speed.
pub(super) type Aes128CtrCore = ctr::CtrCore<aes::Aes128Enc, ctr::flavors::Ctr64BE>;

/// A cipher whose next block is the one that holds the byte asked for.
pub(super) enum Stream {
    ChaCha20(ChaCha20Core),
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
            Suite::Aes128Ctr => {
                let (key, _) = <&Array<u8, U32>>::from(&key.0).split_ref::<U16>();
                let mut cipher = Aes128CtrCore::inner_iv_init(aes::Aes128Enc::new(key), &[0; 16].into());
                cipher.set_block_pos(offset >> 4);
                (Self::Aes128Ctr(cipher), offset as usize & 15)
            }
        }
    }
}
