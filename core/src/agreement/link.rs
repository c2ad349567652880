//! The proof by which two parties that pinned each other's static keys find themselves at the two ends of one encrypted channel (mpc.md, "Links").
//!
//! The channel is somebody else's: TLS 1.3 with keys that nobody pinned. What it exports (RFC 8446 section 7.5) differs for any two channels, so a
//! relay between two of them cannot hand a proof on.

use core::fmt;

use sha2::Digest as _;
use zeroize::ZeroizeOnDrop;

use super::{Identity, KEY_SIZE, PublicKey, static_key};
use crate::ct;
use crate::error::{ErrorKind, Result};
use crate::kdf::{self, hmac};

/// Bytes of a proof.
pub const PROOF_SIZE: usize = 32;

/// The secret of two static keys: whoever proves that it knows it has one of them.
#[derive(ZeroizeOnDrop)]
pub struct LinkKey([u8; KEY_SIZE]);

impl LinkKey {
    /// The key between this identity and a pinned peer; both sides get the same.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::LowOrderKey`]; [`ErrorKind::Malformed`] for a key in another than its canonical spelling; [`ErrorKind::RepeatedKey`] for this identity's own.
    pub fn new(identity: &Identity, peer: &PublicKey) -> Result<Self> {
        let mut key = Self([0; KEY_SIZE]);
        static_key(identity, peer, "link", |own, peer| (own.min(peer), own.max(peer)), &mut key.0)?;
        Ok(key)
    }

    /// What `from` sends to `to` through a channel: `exported` is the channel's own, `session` what both believe to take part in.
    #[must_use]
    pub fn proof(&self, from: &PublicKey, to: &PublicKey, session: &[u8; 32], exported: &[u8; 32]) -> [u8; PROOF_SIZE] {
        let message = kdf::hash("link proof", &[from.as_bytes(), to.as_bytes(), session, exported]);
        hmac(&self.0, &|hash| hash.update(message))
    }

    /// Checks a proof, in constant time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotAuthentic`]
    pub fn verify(
        &self,
        from: &PublicKey,
        to: &PublicKey,
        session: &[u8; 32],
        exported: &[u8; 32],
        proof: &[u8; PROOF_SIZE],
    ) -> Result<()> {
        if ct::eq(&self.proof(from, to, session, exported), proof) {
            Ok(())
        } else {
            Err(ErrorKind::NotAuthentic.into())
        }
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(number: u8) -> Identity {
        Identity::from_bytes(&core::array::from_fn(|place| number.wrapping_add(u8::try_from(place).unwrap_or(0))))
            .unwrap()
    }

    #[test]
    fn both_ends_agree_and_nothing_else_verifies() {
        let (a, b, stranger) = (identity(1), identity(2), identity(3));
        let (own, peer) = (a.public_key(), b.public_key());
        let (key, same) = (LinkKey::new(&a, &peer).unwrap(), LinkKey::new(&b, &own).unwrap());
        let (session, exported) = ([4; 32], [5; 32]);
        let proof = key.proof(&own, &peer, &session, &exported);
        same.verify(&own, &peer, &session, &exported, &proof).unwrap();
        let refused = |result: Result<()>| assert_eq!(result.unwrap_err().kind(), ErrorKind::NotAuthentic);
        // Sent back to where it came from.
        refused(key.verify(&peer, &own, &session, &exported, &proof));
        refused(same.verify(&own, &peer, &[6; 32], &exported, &proof));
        refused(same.verify(&own, &peer, &session, &[6; 32], &proof));
        let other = LinkKey::new(&stranger, &peer).unwrap();
        let forged = other.proof(&own, &peer, &session, &exported);
        refused(same.verify(&own, &peer, &session, &exported, &forged));
        assert_eq!(LinkKey::new(&a, &own).unwrap_err().kind(), ErrorKind::RepeatedKey);
        assert_eq!(LinkKey::new(&a, &PublicKey::from_bytes([0; 32])).unwrap_err().kind(), ErrorKind::LowOrderKey);
        assert_eq!(LinkKey::new(&a, &PublicKey::from_bytes([0xff; 32])).unwrap_err().kind(), ErrorKind::Malformed);
    }
}
