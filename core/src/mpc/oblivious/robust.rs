//! The hash that breaks the correlation of rows: both hashes of a transfer look random to whoever knows one of the two rows and not their difference.
//!
//! Suite 2: H(x, i) = p(p(x) xor i) xor p(x) with a permutation p (C. Guo, J. Katz, X. Wang, Y. Yu, IEEE S&P 2020, ePrint 2019/074: tweakable and
//! circular correlation robust if p is random). p is AES-128 under a public key of its own for each extension, so that what is known about p from one of
//! them does not help with another (C. Guo et al., CRYPTO 2020, ePrint 2019/1168). Suite 1, for machines without AES: SHA-256, cut to 128 bits.

#[cfg(feature = "aes")]
use aes::cipher::{BlockCipherEncrypt, KeyInit};
#[cfg(feature = "aes")]
use aes::{Aes128Enc, Block};

use super::base::Context;
use crate::kdf::{self, Hasher};
use crate::prg::Suite;

/// Rows that are hashed side by side.
pub(super) const RUN: usize = 64;

/// The hash of one extension.
#[allow(clippy::large_enum_variant, reason = "one an extension, on the stack")]
pub(super) enum Robust {
    #[cfg(feature = "aes")]
    Permutation(Aes128Enc),
    Digest(Hasher),
}

impl Robust {
    /// The hash of the extension that begins with transfer `start` in a context.
    pub(super) fn new(suite: Suite, context: &Context, start: u64) -> Self {
        let unique = kdf::hash("oblivious permutation", &[context, &[suite.id()], &start.to_le_bytes()]);
        match suite {
            #[cfg(feature = "aes")]
            Suite::Aes128Ctr => {
                let mut key = [0; 16];
                for (key, byte) in key.iter_mut().zip(unique) {
                    *key = byte;
                }
                Self::Permutation(Aes128Enc::new(&key.into()))
            }
            Suite::ChaCha20 => {
                let mut hasher = Hasher::new("oblivious row");
                hasher.part(&unique);
                Self::Digest(hasher)
            }
        }
    }

    /// The hashes of up to 64 rows under the tweaks `first`, `first` + 1, ... No tweak is used for two rows of one side.
    pub(super) fn hash(&self, first: u128, rows: &[u128], out: &mut [u128; RUN]) {
        match self {
            #[cfg(feature = "aes")]
            Self::Permutation(cipher) => permute(cipher, first, rows, out),
            Self::Digest(hasher) => {
                for (tweak, (out, row)) in (first..).zip(out.iter_mut().zip(rows)) {
                    let mut hasher = hasher.clone();
                    hasher.part(&tweak.to_le_bytes());
                    hasher.part(&row.to_le_bytes());
                    *out = hasher.finish().iter().take(16).rev().fold(0, |word, byte| word << 8 | u128::from(*byte));
                }
            }
        }
    }
}

#[cfg(feature = "aes")]
fn permute(cipher: &Aes128Enc, first: u128, rows: &[u128], out: &mut [u128; RUN]) {
    let mut once = [Block::default(); RUN];
    for (block, row) in once.iter_mut().zip(rows) {
        *block = row.to_le_bytes().into();
    }
    cipher.encrypt_blocks(&mut once);
    let mut twice = [Block::default(); RUN];
    for (tweak, (twice, once)) in (first..).zip(twice.iter_mut().zip(&once)) {
        *twice = (u128::from_le_bytes((*once).into()) ^ tweak).to_le_bytes().into();
    }
    cipher.encrypt_blocks(&mut twice);
    for (out, (twice, once)) in out.iter_mut().zip(twice.iter().zip(&once)) {
        *out = u128::from_le_bytes((*twice).into()) ^ u128::from_le_bytes((*once).into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes::cipher::BlockCipherDecrypt;

    /// p(p(x) xor i) xor p(x), the permutation undone step by step.
    #[test]
    fn the_permutation_twice() {
        let robust = Robust::new(Suite::Aes128Ctr, &[7; 32], 64);
        let mut out = [0; RUN];
        robust.hash(1 << 64 | 5, &[1, 2, 3], &mut out);
        let key: [u8; 16] =
            kdf::hash("oblivious permutation", &[&[7; 32], &[2], &64u64.to_le_bytes()])[..16].try_into().unwrap();
        let inverse = aes::Aes128Dec::new(&key.into());
        let Robust::Permutation(cipher) = robust else { unreachable!() };
        for (place, out) in out[..3].iter().enumerate() {
            let mut block: Block = (place as u128 + 1).to_le_bytes().into();
            cipher.encrypt_block(&mut block);
            let once = u128::from_le_bytes(block.into());
            let mut inner: Block = (out ^ once).to_le_bytes().into();
            inverse.decrypt_block(&mut inner);
            assert_eq!(u128::from_le_bytes(inner.into()) ^ once, (1 << 64) + 5 + place as u128);
        }
    }

    #[test]
    fn rows_tweaks_places_and_contexts_matter() {
        for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
            let mut seen = alloc::vec::Vec::new();
            for (context, start, tweak, row) in
                [(0, 0, 0, 0), (1, 0, 0, 0), (0, 64, 0, 0), (0, 0, 1, 0), (0, 0, 1 << 64, 0), (0, 0, 0, 1)]
            {
                let mut out = [0; RUN];
                Robust::new(suite, &[context; 32], start).hash(tweak, &[row, row], &mut out);
                assert!(!seen.contains(&out[0]));
                assert_ne!(out[0], out[1]);
                seen.push(out[0]);
            }
        }
    }
}
