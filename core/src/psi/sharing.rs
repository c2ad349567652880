//! Shares of zero: what the parties but the leader add up to for an item that all of them hold (docs/psi.md section 2).

use alloc::vec::Vec;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::error::{ErrorKind, Result};
use crate::field;
use crate::group::{Element, Scalar};
use crate::kdf;
use crate::psi::agreement::{Agreement, LEADER};
use crate::psi::items::Digest;
use crate::psi::work::Encoding;

/// A share of an item: two elements of the field, so that 122 bits tell zero from anything else.
pub(super) type Share = [field::Element; 2];

/// The elements that 32 uniform bytes give.
pub(super) fn share_of(bytes: &[u8; 32]) -> Share {
    let (words, _) = bytes.as_chunks::<8>();
    let word = |index: usize| words.get(index).map_or(0, |word| u64::from_le_bytes(*word));
    [field::Element::from_wide(word(0), word(1)), field::Element::from_wide(word(2), word(3))]
}

/// What two parties but the leader have in common.
#[derive(ZeroizeOnDrop)]
struct PairKey([u8; 32]);

/// One party's side of all pairs that it is a part of.
pub(super) struct Sharing {
    exponent: Scalar,
    public: Encoding,
    keys: Vec<Option<PairKey>>,
}

impl Sharing {
    pub(super) fn new(agreement: &Agreement, seed: &[u8; 32]) -> Self {
        let own = (agreement.index() as u64).to_le_bytes();
        let exponent = Scalar::expand(seed, "psi agreement", &[agreement.hash(), &own]);
        let public = *Element::generate(&exponent).encode();
        Self { exponent, public, keys: (0..agreement.parties()).map(|_| None).collect() }
    }

    /// What every other party but the leader gets.
    pub(super) const fn public(&self) -> &Encoding {
        &self.public
    }

    /// Takes that of another party.
    pub(super) fn receive(&mut self, agreement: &Agreement, from: usize, message: &[u8]) -> Result<()> {
        let theirs: &Encoding =
            message.try_into().map_err(|_| ErrorKind::Malformed.bound(size_of::<Encoding>() as u64))?;
        if *theirs == self.public {
            return Err(ErrorKind::RepeatedKey.into());
        }
        let shared = Element::decode(theirs)?.multiply(&self.exponent).encode();
        let own = agreement.index();
        let (low, high, first, second) =
            if own < from { (own, from, &self.public, theirs) } else { (from, own, theirs, &self.public) };
        let (low, high) = ((low as u64).to_le_bytes(), (high as u64).to_le_bytes());
        let key = kdf::hash("psi pair", &[agreement.hash(), &low, &high, first, second, &*shared]);
        if let Some(place) = self.keys.get_mut(from) {
            *place = Some(PairKey(key));
        }
        Ok(())
    }

    /// This party's share of an item. Those of all parties but the leader add up to zero.
    pub(super) fn share(&self, agreement: &Agreement, digest: &Digest) -> Share {
        let own = agreement.index();
        let mut share = Share::default();
        for (other, key) in self.keys.iter().enumerate().skip(LEADER + 1) {
            let Some(key) = key else { continue };
            let mut bytes = Zeroizing::new([0; 32]);
            kdf::expand(&key.0, "psi share", &[digest], &mut *bytes);
            for (share, part) in share.iter_mut().zip(&share_of(&bytes)) {
                *share = if own < other { share.add(part) } else { share.sub(part) };
            }
        }
        share
    }
}
