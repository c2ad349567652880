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
