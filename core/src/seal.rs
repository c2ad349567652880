//! Encryption of one share under a key of its own: ChaCha20-Poly1305 (RFC 8439) with a zero nonce and no associated data.
//!
//! What a share must be bound to is in the derivation of its key (protocol.md section 4), so nothing is left for a nonce or associated
//! data to say; in return a key may encrypt once only, and sealing consumes it.

use core::fmt;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, Tag};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::error::{ErrorKind, Result};

/// Bytes of a share.
pub const SHARE_SIZE: usize = 32;

/// Bytes of an encrypted share: the share and a tag of 16 bytes.
pub const SEALED_SIZE: usize = SHARE_SIZE + 16;

/// The key of one encryption.
#[derive(ZeroizeOnDrop)]
pub struct ShareKey([u8; 32]);

impl ShareKey {
    pub(crate) const fn from_bytes(key: &[u8; 32]) -> Self {
        Self(*key)
    }

    /// Encrypts a share.
    ///
    /// # Errors
    ///
    /// None for this length; the cipher reports messages beyond 256 GiB this way ([`ErrorKind::TooLong`]).
    pub fn seal(self, share: &[u8; SHARE_SIZE]) -> Result<[u8; SEALED_SIZE]> {
        let mut text = Zeroizing::new(*share);
        let tag = self
            .cipher()
            .encrypt_inout_detached(&Nonce::default(), &[], text.as_mut_slice().into())
            .map_err(|_| ErrorKind::TooLong)?;
        let mut sealed = [0; SEALED_SIZE];
        let (head, tail) = sealed.split_at_mut(SHARE_SIZE);
        head.copy_from_slice(&*text);
        tail.copy_from_slice(&tag);
        Ok(sealed)
    }

    /// Decrypts a share.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotAuthentic`] if it was altered or encrypted under another key.
    pub fn open(self, sealed: &[u8; SEALED_SIZE]) -> Result<Zeroizing<[u8; SHARE_SIZE]>> {
        let (head, tail) = sealed.split_at(SHARE_SIZE);
        let mut share = Zeroizing::new([0; SHARE_SIZE]);
        share.copy_from_slice(head);
        let mut tag = Tag::default();
        tag.copy_from_slice(tail);
        self.cipher()
            .decrypt_inout_detached(&Nonce::default(), &[], share.as_mut_slice().into(), &tag)
            .map_err(|_| ErrorKind::NotAuthentic)?;
        Ok(share)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new((&self.0).into())
    }
}

impl fmt::Debug for ShareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShareKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    /// RFC 8439 section 2.8.2, the cipher as it is linked here.
    #[test]
    fn the_cipher_follows_rfc_8439() {
        let key = hex!("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
        let nonce = hex!("070000004041424344454647");
        let data = hex!("50515253c0c1c2c3c4c5c6c7");
        let plain = *b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let mut text = plain;
        let cipher = ChaCha20Poly1305::new(&key.into());
        let tag = cipher.encrypt_inout_detached(&nonce.into(), &data, text.as_mut_slice().into()).unwrap();
        assert_eq!(
            text,
            hex!(
                "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
                "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
                "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                "3ff4def08e4b7a9de576d26586cec64b6116"
            )
        );
        assert_eq!(<[u8; 16]>::from(tag), hex!("1ae10b594f09e26a7e902ecbd0600691"));
        cipher.decrypt_inout_detached(&nonce.into(), &data, text.as_mut_slice().into(), &tag).unwrap();
        assert_eq!(text, plain);
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
