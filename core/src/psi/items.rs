//! A party's set: distinct items as hashes that are bound to the run.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::group::Element;
use crate::kdf::{self, HASH_SIZE};
use crate::psi::agreement::{Agreement, MAX_ITEMS};

/// The place of an item that only fills a set up.
const PADDING: u32 = u32::MAX;

/// The hash of an item, which anybody can compute who guesses the item.
pub(super) type Digest = [u8; HASH_SIZE];

/// The element of a digest: [`Element::hash`] of the run and the item.
pub(super) fn element(digest: &Digest) -> Element {
    Element::expand(digest, "psi item", &[])
}

/// A set without repetitions. The order is that of the digests.
pub(super) struct Items {
    digests: Zeroizing<Vec<Digest>>,
    /// Where the caller has each item, or has it first.
    places: Zeroizing<Vec<u32>>,
}

impl Items {
    /// The distinct ones of what a caller gives.
    pub(super) fn distinct_vartime<'a>(
        agreement: &Agreement,
        items: impl ExactSizeIterator<Item = &'a [u8]>,
    ) -> Result<Self> {
        let most = agreement.size().unwrap_or(MAX_ITEMS);
        let mut found = Zeroizing::new(Vec::with_capacity(items.len()));
        for (place, item) in (0u32..).zip(items) {
            found.push((kdf::hash("psi item", &[agreement.run(), item]), place));
        }
        found.sort_unstable();
        found.dedup_by_key(|(digest, _)| *digest);
        if found.len() > most {
            return Err(ErrorKind::TooLong.bound(most as u64));
        }
        let mut digests = Zeroizing::new(Vec::with_capacity(most.min(found.len())));
        digests.extend(found.iter().map(|(digest, _)| *digest));
        let mut places = Zeroizing::new(Vec::with_capacity(found.len()));
        places.extend(found.iter().map(|(_, place)| *place));
        Ok(Self { digests, places })
    }

    /// Fills a set up to the agreed size. What is added is nobody's item: its digests are drawn.
    pub(super) fn pad(self, agreement: &Agreement, seed: &[u8; 32]) -> Self {
        let Some(size) = agreement.size() else { return self };
        // In vectors of the right size, for one that grows would leave copies behind.
        let mut digests = Zeroizing::new(Vec::with_capacity(size));
        digests.extend_from_slice(&self.digests);
        for index in 0..size.saturating_sub(self.digests.len()) as u64 {
            let mut digest = Zeroizing::new([0; HASH_SIZE]);
            kdf::expand(seed, "psi padding", &[agreement.hash(), &index.to_le_bytes()], &mut *digest);
            digests.push(*digest);
        }
        let mut places = Zeroizing::new(Vec::with_capacity(size));
        places.extend_from_slice(&self.places);
        places.resize(size, PADDING);
        Self { digests, places }
    }

    pub(super) fn len(&self) -> usize {
        self.digests.len()
    }

    pub(super) fn digests(&self) -> &[Digest] {
        &self.digests
    }

    /// Where the caller has an item; nothing for what fills the set up.
    pub(super) fn place(&self, index: usize) -> Option<u32> {
        self.places.get(index).copied().filter(|place| *place != PADDING)
    }
}
