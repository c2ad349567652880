//! AES-128-CTR, set to a byte of its stream.

use ctr::cipher::array::Array;
use ctr::cipher::consts::{U16, U32};
use ctr::cipher::{InnerIvInit, KeyInit, StreamCipherSeekCore};

use super::StreamKey;

/// With a zero start and fewer than 2^64 blocks a 64-bit counter gives the bytes of the standard's 128-bit counter at twice the speed.
pub(super) type Aes128CtrCore = ctr::CtrCore<aes::Aes128Enc, ctr::flavors::Ctr64BE>;

/// The cipher from the block on that holds byte `offset`, and how many bytes of that block come before it.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "the low bits are what is meant")]
pub(super) fn aes128_ctr_at(key: &StreamKey, offset: u64) -> (Aes128CtrCore, usize) {
    let (key, _) = <&Array<u8, U32>>::from(&key.0).split_ref::<U16>();
    let mut cipher = Aes128CtrCore::inner_iv_init(aes::Aes128Enc::new(key), &[0; 16].into());
    cipher.set_block_pos(offset >> 4);
    (cipher, offset as usize & 15)
}
