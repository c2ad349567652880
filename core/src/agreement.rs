//! Key agreement: X25519 (RFC 7748) and HKDF-SHA256 (RFC 5869) under labels of their own (protocol.md sections 4 and 9).
//!
//! Two neighbours share a [`PairKey`] from the four Diffie-Hellman values of their static and fresh keys: nobody without a static key can
//! stand in for its owner, and once both sides forgot their fresh keys a leak of both static ones does not open the run. A caller and
//! its server share a [`ChannelKey`] from their static keys alone, two parties of a computation a [`LinkKey`].
//!
//! Every agreement whose output is zero is refused, so no public key of low order takes part in a derivation. A public key in another
//! than its canonical spelling is refused as well: X25519 ignores bit 255 and reduces mod 2^255 - 19, so such a key would be an old one that
//! passes for a new one.

mod channel;
mod identity;
#[cfg(any(test, target_os = "none"))]
mod ladder;
mod link;
mod pair;
mod public_key;

use zeroize::Zeroizing;

use crate::ct;
use crate::error::{ErrorKind, Result};
use crate::kdf;

pub use channel::{ChannelKey, Direction, MAC_SIZE, Request, Side};
pub use identity::{FreshKey, Identity};
pub use link::{LinkKey, PROOF_SIZE};
pub use pair::{PairKey, Party, Peer, SALT_SIZE, TAG_SIZE};
pub use public_key::PublicKey;

/// Bytes of a public key, of a secret key and of what two of them agree on.
pub const KEY_SIZE: usize = 32;

/// X25519 of RFC 7748 section 5; the scalar is clamped here.
fn x25519(secret: &[u8; KEY_SIZE], public: &PublicKey) -> Zeroizing<[u8; KEY_SIZE]> {
    #[cfg(not(target_os = "none"))]
    let shared = x25519_dalek::x25519(*secret, *public.as_bytes());
    #[cfg(target_os = "none")]
    let shared = ladder::x25519(secret, public.as_bytes());
    Zeroizing::new(shared)
}

/// What two static keys agree on, for one use: `names` are both public keys in an order that both sides know.
fn static_key(
    identity: &Identity,
    peer: &PublicKey,
    label: &str,
    names: impl FnOnce(PublicKey, PublicKey) -> (PublicKey, PublicKey),
    key: &mut [u8; KEY_SIZE],
) -> Result<()> {
    let own = identity.public_key();
    if !peer.is_canonical() {
        return Err(ErrorKind::Malformed.into());
    }
    if own == *peer {
        return Err(ErrorKind::RepeatedKey.into());
    }
    let mut shared = Zeroizing::new([0; KEY_SIZE]);
    identity.agree(peer, &mut shared)?;
    let prk = Zeroizing::new(kdf::extract(&kdf::hash(label, &[]), &*shared));
    let (first, second) = names(own, *peer);
    kdf::expand(&prk, label, &[first.as_bytes(), second.as_bytes()], key);
    Ok(())
}

/// X25519 that refuses the zero output, in constant time.
fn agree(secret: &[u8; KEY_SIZE], public: &PublicKey, shared: &mut [u8; KEY_SIZE]) -> Result<()> {
    *shared = *x25519(secret, public);
    if ct::is_zero(shared) { Err(ErrorKind::LowOrderKey.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    /// RFC 7748 section 5.2: two single vectors.
    #[test]
    fn x25519_follows_rfc_7748() {
        let vectors = [
            (
                hex!("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                hex!("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
                hex!("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"),
            ),
            (
                hex!("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
                hex!("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"),
                hex!("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"),
            ),
        ];
        for (secret, public, shared) in vectors {
            let mut agreed = [0; KEY_SIZE];
            agree(&secret, &PublicKey::from_bytes(public), &mut agreed).unwrap();
            assert_eq!(agreed, shared);
        }
    }

    /// RFC 7748 section 5.2: each output is the next scalar, each scalar the next coordinate.
    #[test]
    fn x25519_iterated_a_thousand_times() {
        let mut secret = *PublicKey::BASE_POINT.as_bytes();
        let mut public = secret;
        for iteration in 1..=1000 {
            let shared = *x25519(&secret, &PublicKey::from_bytes(public));
            (public, secret) = (secret, shared);
            if iteration == 1 {
                assert_eq!(secret, hex!("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
            }
        }
        assert_eq!(secret, hex!("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
    }
}
