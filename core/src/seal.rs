//! Encryption of one share under a key of its own: ChaCha20-Poly1305 (RFC 8439) with a zero nonce and no associated data.
//!
//! Put together from the stream of the masks and the crate of the authenticator: a device then holds one ChaCha20 instead of two.
//!
//! What a share must be bound to is in the derivation of its key (protocol.md section 4), so nothing is left for a nonce or associated
//! data to say; in return a key may encrypt once only, and sealing consumes it.

use core::fmt;

use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::ct;
use crate::error::{ErrorKind, Result};
use crate::prg::{self, StreamKey, Suite};

/// Bytes of a share.
pub const SHARE_SIZE: usize = 32;

/// Bytes of a tag.
const TAG_SIZE: usize = 16;

/// Bytes of an encrypted share: the share and a tag of 16 bytes.
pub const SEALED_SIZE: usize = SHARE_SIZE + TAG_SIZE;

/// The first three halves of a block of the stream (RFC 8439 sections 2.6 and 2.8): the key of the tag, what is not used of its block, what is added to the share.
type Stream = Zeroizing<[[u8; SHARE_SIZE]; 3]>;

/// The key of one encryption.
#[derive(ZeroizeOnDrop)]
pub struct ShareKey(StreamKey);

impl ShareKey {
    pub(crate) const fn from_bytes(key: &[u8; 32]) -> Self {
        Self(StreamKey::from_bytes(*key))
    }

    /// Encrypts a share.
    ///
    /// # Errors
    ///
    /// None for this length; streams report lengths beyond 256 GiB this way ([`ErrorKind::TooLong`]).
    pub fn seal(self, share: &[u8; SHARE_SIZE]) -> Result<[u8; SEALED_SIZE]> {
        let stream = self.stream()?;
        let mut sealed = [0; SEALED_SIZE];
        let (text, tag) = sealed.split_at_mut(SHARE_SIZE);
        text.copy_from_slice(share);
        xor(text, &stream);
        tag.copy_from_slice(&authenticate(&stream, text));
        Ok(sealed)
    }

    /// Decrypts a share.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotAuthentic`] if it was altered or encrypted under another key.
    pub fn open(self, sealed: &[u8; SEALED_SIZE]) -> Result<Zeroizing<[u8; SHARE_SIZE]>> {
        let stream = self.stream()?;
        let (text, tag) = sealed.split_at(SHARE_SIZE);
        if !ct::eq(&authenticate(&stream, text), tag) {
            return Err(ErrorKind::NotAuthentic.into());
        }
        let mut share = Zeroizing::new([0; SHARE_SIZE]);
        share.copy_from_slice(text);
        xor(&mut *share, &stream);
        Ok(share)
    }

    fn stream(&self) -> Result<Stream> {
        let mut stream = Zeroizing::new([[0; SHARE_SIZE]; 3]);
        prg::keystream(Suite::ChaCha20, &self.0, 0, stream.as_flattened_mut())?;
        Ok(stream)
    }
}

/// Encrypts or decrypts a share.
fn xor(text: &mut [u8], stream: &Stream) {
    let [_, _, mask] = &**stream;
    text.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
}

/// The tag of an encrypted share. There is no associated data, and whole blocks need no padding: what follows the text is the two lengths.
fn authenticate(stream: &Stream, text: &[u8]) -> [u8; TAG_SIZE] {
    let [key, ..] = &**stream;
    let mut input = [0; SHARE_SIZE + 16];
    input[..SHARE_SIZE].copy_from_slice(text);
    input[SHARE_SIZE + 8..].copy_from_slice(&(SHARE_SIZE as u64).to_le_bytes());
    Poly1305::new(key.into()).compute_unpadded(&input).into()
}

impl fmt::Debug for ShareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShareKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chacha20poly1305::aead::AeadInOut;
    use chacha20poly1305::{ChaCha20Poly1305, Nonce};

    /// The crate of the whole construction, which the tests run on the vectors of RFC 8439 and of Project Wycheproof (core/tests), gives the same.
    #[test]
    fn shares_are_sealed_as_rfc_8439_says() {
        for seed in (0..=255u8).step_by(if cfg!(miri) { 100 } else { 1 }) {
            let key: [u8; 32] = core::array::from_fn(|index| seed.wrapping_mul(31) ^ (index as u8).wrapping_mul(29));
            let share: [u8; SHARE_SIZE] = core::array::from_fn(|index| seed ^ (index as u8).wrapping_mul(53));
            let cipher = ChaCha20Poly1305::new(&key.into());
            let mut text = share;
            let tag = cipher.encrypt_inout_detached(&Nonce::default(), &[], text.as_mut_slice().into()).unwrap();
            let sealed = ShareKey::from_bytes(&key).seal(&share).unwrap();
            assert_eq!((&sealed[..SHARE_SIZE], &sealed[SHARE_SIZE..]), (&text[..], &tag[..]));
            assert_eq!(*ShareKey::from_bytes(&key).open(&sealed).unwrap(), share);
        }
    }

    #[test]
    fn any_other_bit_is_refused() {
        let sealed = ShareKey::from_bytes(&[0x42; 32]).seal(&[0x17; SHARE_SIZE]).unwrap();
        for bit in (0..8 * SEALED_SIZE).step_by(if cfg!(miri) { 67 } else { 1 }) {
            let mut altered = sealed;
            altered[bit >> 3] ^= 1 << (bit & 7);
            let error = ShareKey::from_bytes(&[0x42; 32]).open(&altered).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotAuthentic);
        }
    }

    /// RFC 8439 section 2.4 and 2.5 by hand: the ciphertext is the key stream from block 1, xored.
    #[test]
    fn sealing_uses_block_one_of_the_zero_nonce() {
        use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
        let (key, share) = ([0x42; 32], [0x17; SHARE_SIZE]);
        let mut expected = share;
        let mut stream = chacha20::ChaCha20::new(&key.into(), &[0; 12].into());
        stream.seek(64u64);
        stream.apply_keystream(&mut expected);
        let sealed = ShareKey::from_bytes(&key).seal(&share).unwrap();
        assert_eq!(sealed[..SHARE_SIZE], expected);
        assert_eq!(*ShareKey::from_bytes(&key).open(&sealed).unwrap(), share);
    }
}
