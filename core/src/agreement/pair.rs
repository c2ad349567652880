//! What two neighbours of a run share, and what they derive from it (protocol.md section 4).

use core::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{FreshKey, Identity, KEY_SIZE, PublicKey};
use crate::error::{ErrorKind, Result};
use crate::kdf;
use crate::seal::ShareKey;

/// Bytes of a confirmation tag and of an acknowledgement.
pub const TAG_SIZE: usize = 16;

/// Bytes of the salt that is drawn anew for each masked message.
pub const SALT_SIZE: usize = 16;

/// The side that runs this code.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// Its id.
    pub id: u64,
    /// Its position in the roster.
    pub position: u32,
    /// Its static key pair.
    pub identity: &'a Identity,
    /// Its key pair of this set-up.
    pub fresh: &'a FreshKey,
}

/// The other side.
#[derive(Clone, Copy, Debug)]
pub struct Peer<'a> {
    /// Its id.
    pub id: u64,
    /// Its position in the roster.
    pub position: u32,
    /// Its pinned static key.
    pub key: &'a PublicKey,
    /// The fresh key that it is said to have sent.
    pub fresh: &'a PublicKey,
}

/// The secret of a pair of neighbours for one set-up of a run. Every use has a label of its own; ids and the direction enter where they matter.
#[derive(ZeroizeOnDrop)]
pub struct PairKey([u8; KEY_SIZE]);

impl PairKey {
    /// Agrees on the key of this pair. Both sides get the same one if their run, ids, positions and all four public keys are the same.
    ///
    /// That the peer holds its secret keys is known only once its [confirmation tag](Self::confirmation_tag) verified.
    ///
    /// # Errors
    ///
    /// With the id of the peer: [`ErrorKind::LowOrderKey`] for a key of low order, [`ErrorKind::Malformed`] for a key in another than its
    /// canonical spelling, [`ErrorKind::RepeatedKey`] if two of the four keys are the same, [`ErrorKind::InvalidArgument`] if the two sides share an id or a position.
    #[inline(never)]
    pub fn agree(run_hash: &[u8; 32], own: &Party<'_>, peer: &Peer<'_>) -> Result<Self> {
        check_keys(own, peer).map_err(|kind| kind.party(peer.id))?;
        // The lower position is a, whose fresh key comes before that of b.
        let own_is_a = own.position < peer.position;
        let own_side = (own.id, own.identity.public_key(), own.fresh.public_key());
        let peer_side = (peer.id, *peer.key, *peer.fresh);
        let (a, b) = if own_is_a { (own_side, peer_side) } else { (peer_side, own_side) };
        let mut ikm = Zeroizing::new([[0; KEY_SIZE]; 4]);
        let [static_static, fresh_a, fresh_b, fresh_fresh] = &mut *ikm;
        let (fresh_static, static_fresh) = if own_is_a { (fresh_a, fresh_b) } else { (fresh_b, fresh_a) };
        own.identity
            .agree(peer.key, static_static)
            .and_then(|()| own.fresh.agree(peer.key, fresh_static))
            .and_then(|()| own.identity.agree(peer.fresh, static_fresh))
            .and_then(|()| own.fresh.agree(peer.fresh, fresh_fresh))
            .map_err(|error| error.of_party(peer.id))?;
        let prk = Zeroizing::new(kdf::extract(run_hash, ikm.as_flattened()));
        let mut key = Self([0; KEY_SIZE]);
        kdf::expand(
            &prk,
            "pair",
            &[&a.0.to_le_bytes(), &b.0.to_le_bytes(), a.1.as_bytes(), b.1.as_bytes(), a.2.as_bytes(), b.2.as_bytes()],
            &mut key.0,
        );
        Ok(key)
    }

    /// The tag with which party `from` shows party `to` that it has this key. Compare it in constant time.
    #[must_use]
    pub fn confirmation_tag(&self, from: u64, to: u64, epoch: u32) -> [u8; TAG_SIZE] {
        let epoch = u64::from(epoch).to_le_bytes();
        let mut tag = [0; TAG_SIZE];
        kdf::expand(&self.0, "confirm", &[&from.to_le_bytes(), &to.to_le_bytes(), &epoch], &mut tag);
        tag
    }

    /// The key that encrypts the share with index `index` of party `from`'s seed for party `to`, in the round with hash `round_hash`.
    ///
    /// `salt` is drawn for each masked message; under the same arguments [`ShareKey::seal`] may run once.
    #[must_use]
    pub fn share_key(
        &self,
        from: u64,
        to: u64,
        index: u32,
        round: u32,
        round_hash: &[u8; 32],
        salt: &[u8; SALT_SIZE],
    ) -> ShareKey {
        let mut key = Zeroizing::new([0; KEY_SIZE]);
        kdf::expand(
            &self.0,
            "share",
            &[
                &from.to_le_bytes(),
                &to.to_le_bytes(),
                &u64::from(index).to_le_bytes(),
                &u64::from(round).to_le_bytes(),
                round_hash,
                salt,
            ],
            &mut *key,
        );
        ShareKey::from_bytes(&key)
    }

    /// What party `from` states to party `to`: that it accepts the surviving set with hash `set_hash`. Compare it in constant time.
    #[must_use]
    pub fn acknowledgement(
        &self,
        from: u64,
        to: u64,
        round: u32,
        round_hash: &[u8; 32],
        set_hash: &[u8; 32],
    ) -> [u8; TAG_SIZE] {
        let round = u64::from(round).to_le_bytes();
        let mut tag = [0; TAG_SIZE];
        kdf::expand(
            &self.0,
            "acknowledge",
            &[&from.to_le_bytes(), &to.to_le_bytes(), &round, round_hash, set_hash],
            &mut tag,
        );
        tag
    }

    /// The key of a saved state.
    #[cfg(feature = "saved")]
    pub(crate) const fn from_bytes(bytes: [u8; KEY_SIZE]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a saved state and for the derivations of upper floors.
    pub(crate) const fn as_bytes(&self) -> &[u8; KEY_SIZE] {
        &self.0
    }
}

impl fmt::Debug for PairKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairKey(..)")
    }
}

/// What can be said against the public keys without an agreement.
fn check_keys(own: &Party<'_>, peer: &Peer<'_>) -> core::result::Result<(), ErrorKind> {
    let own_keys = [own.identity.public_key(), own.fresh.public_key()];
    if own.id == peer.id || own.position == peer.position {
        return Err(ErrorKind::InvalidArgument);
    }
    if !peer.key.is_canonical() || !peer.fresh.is_canonical() {
        return Err(ErrorKind::Malformed);
    }
    if peer.key == peer.fresh || own_keys.contains(peer.key) || own_keys.contains(peer.fresh) {
        return Err(ErrorKind::RepeatedKey);
    }
    Ok(())
}
