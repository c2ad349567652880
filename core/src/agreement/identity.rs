//! The secret keys: the static one, which says who a party is, and the fresh one of each set-up.

use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{KEY_SIZE, PublicKey, agree, x25519};
use crate::error::{ErrorKind, Result};
use crate::random;

/// A secret scalar with its public key, which is computed once.
#[derive(ZeroizeOnDrop)]
struct KeyPair {
    secret: [u8; KEY_SIZE],
    #[zeroize(skip)]
    public: PublicKey,
}

impl KeyPair {
    fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self> {
        let mut secret = Zeroizing::new([0; KEY_SIZE]);
        random::fill(rng, &mut *secret)?;
        Ok(Self::from_secret(&secret))
    }

    /// The ladder serves for the base point too: a table would cost a microcontroller 30 KiB.
    fn from_secret(secret: &[u8; KEY_SIZE]) -> Self {
        Self { secret: *secret, public: PublicKey::from_bytes(*x25519(secret, &PublicKey::BASE_POINT)) }
    }
}

/// A static X25519 key pair: who a party is. It outlives runs; its public key is pinned in rosters.
#[derive(ZeroizeOnDrop)]
pub struct Identity(KeyPair);

impl Identity {
    /// A new identity.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Randomness`] if the generator fails.
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self> {
        KeyPair::generate(rng).map(Self)
    }

    /// The identity with these secret bytes, as [`Self::to_bytes`] gave them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for 32 equal bytes, which are erased or unset memory and no key.
    pub fn from_bytes(secret: &[u8; KEY_SIZE]) -> Result<Self> {
        if random::is_constant(secret) {
            return Err(ErrorKind::InvalidArgument.into());
        }
        Ok(Self(KeyPair::from_secret(secret)))
    }

    /// The same identity for a second owner, such as each of its runs.
    #[must_use]
    pub const fn duplicate(&self) -> Self {
        Self(KeyPair { secret: self.0.secret, public: self.0.public })
    }

    /// The secret bytes, to be stored where nobody else reads them.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; KEY_SIZE]> {
        Zeroizing::new(self.0.secret)
    }

    /// The public half.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey {
        self.0.public
    }

    /// X25519 with a peer's key, refusing zero.
    pub(super) fn agree(&self, peer: &PublicKey, shared: &mut [u8; KEY_SIZE]) -> Result<()> {
        agree(&self.0.secret, peer, shared)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

/// The X25519 key pair of one set-up. Once the pair keys are agreed it is dropped, so that later leaks do not open the run.
#[derive(ZeroizeOnDrop)]
pub struct FreshKey(KeyPair);

impl FreshKey {
    /// A new key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Randomness`] if the generator fails.
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self> {
        KeyPair::generate(rng).map(Self)
    }

    /// The public half.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey {
        self.0.public
    }

    /// The key of a saved state.
    #[cfg(feature = "saved")]
    pub(crate) fn from_bytes(secret: [u8; KEY_SIZE]) -> Self {
        Self(KeyPair::from_secret(&Zeroizing::new(secret)))
    }

    /// The secret bytes for a saved state.
    #[cfg(feature = "saved")]
    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; KEY_SIZE]> {
        Zeroizing::new(self.0.secret)
    }

    /// X25519 with a peer's key, refusing zero.
    pub(super) fn agree(&self, peer: &PublicKey, shared: &mut [u8; KEY_SIZE]) -> Result<()> {
        agree(&self.0.secret, peer, shared)
    }
}

impl fmt::Debug for FreshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FreshKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    /// RFC 7748 section 6.1.
    #[test]
    fn key_pairs_follow_rfc_7748() {
        let alice = hex!("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
        let bob = hex!("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
        let shared = hex!("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
        let (alice, bob) = (Identity::from_bytes(&alice).unwrap(), FreshKey::from_bytes(bob));
        assert_eq!(
            alice.public_key().as_bytes(),
            &hex!("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        );
        assert_eq!(
            bob.public_key().as_bytes(),
            &hex!("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
        );
        let mut agreed = [[0; KEY_SIZE]; 2];
        alice.agree(&bob.public_key(), &mut agreed[0]).unwrap();
        bob.agree(&alice.public_key(), &mut agreed[1]).unwrap();
        assert_eq!(agreed, [shared; 2]);
    }

    #[test]
    fn secret_bytes_round_trip() {
        let secret = core::array::from_fn(|index| 200 - index as u8);
        assert_eq!(*Identity::from_bytes(&secret).unwrap().to_bytes(), secret);
        assert_eq!(*FreshKey::from_bytes(secret).to_bytes(), secret);
    }
}
