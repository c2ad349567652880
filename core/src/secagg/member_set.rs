//! Sets of members as they travel: a bitmap over positions (protocol.md section 6).

use crate::error::{ErrorKind, Result};
use crate::kdf;

/// A set of members, borrowed from the message that carried it: bit i is the member at position i.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberSet<'a>(&'a [u8]);

impl<'a> MemberSet<'a> {
    /// Reads a bitmap over `members` positions.
    ///
    /// # Errors
    /// `Malformed` for another length or when an unused bit is set.
    pub fn new(bitmap: &'a [u8], members: u32) -> Result<Self> {
        let unused = (8 - (members & 7)) & 7;
        let stray = bitmap.last().is_some_and(|last| unused > 0 && last >> (8 - unused) != 0);
        if bitmap.len() != bitmap_size(members) || stray {
            return Err(ErrorKind::Malformed.into());
        }
        Ok(Self(bitmap))
    }

    /// Whether the member at `position` is in the set.
    #[must_use]
    pub fn contains(&self, position: u32) -> bool {
        self.0.get((position >> 3) as usize).is_some_and(|byte| (byte >> (position & 7)) & 1 == 1)
    }

    /// Number of members in the set.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.0.iter().map(|byte| byte.count_ones()).sum()
    }

    /// Whether every member of this set is also in `other`.
    #[must_use]
    pub fn is_subset_of(&self, other: &MemberSet<'_>) -> bool {
        self.0.len() == other.0.len() && self.0.iter().zip(other.0).all(|(own, theirs)| own & !theirs == 0)
    }

    /// The set hash of protocol.md section 6.
    #[must_use]
    pub fn hash(&self, run_hash: &[u8; 32]) -> [u8; 32] {
        kdf::hash("set", &[run_hash, self.0])
    }

    /// The bitmap itself.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

/// Bytes of a bitmap over `members` positions.
pub(crate) const fn bitmap_size(members: u32) -> usize {
    members.div_ceil(8) as usize
}

#[cfg(feature = "alloc")]
pub(crate) use owned::OwnedSet;

#[cfg(feature = "alloc")]
mod owned {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::{MemberSet, bitmap_size};

    /// A set of members that the server keeps.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(crate) struct OwnedSet(Vec<u8>);

    impl OwnedSet {
        /// The empty set over `members` positions.
        pub(crate) fn empty(members: u32) -> Self {
            Self(vec![0; bitmap_size(members)])
        }

        pub(crate) fn of(members: u32, positions: impl IntoIterator<Item = u32>) -> Self {
            let mut set = Self::empty(members);
            positions.into_iter().for_each(|position| set.insert(position));
            set
        }

        pub(crate) fn insert(&mut self, position: u32) {
            if let Some(byte) = self.0.get_mut((position >> 3) as usize) {
                *byte |= 1 << (position & 7);
            }
        }

        pub(crate) fn remove(&mut self, position: u32) {
            if let Some(byte) = self.0.get_mut((position >> 3) as usize) {
                *byte &= !(1 << (position & 7));
            }
        }

        pub(crate) fn view(&self) -> MemberSet<'_> {
            MemberSet(&self.0)
        }

        pub(crate) fn contains(&self, position: u32) -> bool {
            self.view().contains(position)
        }

        pub(crate) fn count(&self) -> u32 {
            self.view().count()
        }

        /// Positions in the set, ascending.
        pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
            (0u32..).zip(&self.0).flat_map(|(index, &byte)| {
                (0..8).filter(move |bit| (byte >> bit) & 1 == 1).map(move |bit| index * 8 + bit)
            })
        }

        /// How many members of the set come before `position`.
        pub(crate) fn rank(&self, position: u32) -> usize {
            let whole = (position >> 3) as usize;
            let before: u32 = self.0.iter().take(whole).map(|byte| byte.count_ones()).sum();
            let partial = self.0.get(whole).map_or(0, |byte| (byte & ((1 << (position & 7)) - 1)).count_ones());
            (before + partial) as usize
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_bits_and_other_lengths_are_refused() {
        assert!(MemberSet::new(&[0b0001_1111], 5).is_ok());
        assert!(MemberSet::new(&[0b0010_0000], 5).is_err());
        assert!(MemberSet::new(&[0xff], 8).is_ok());
        assert!(MemberSet::new(&[0xff], 9).is_err());
        assert!(MemberSet::new(&[0xff, 1], 9).is_ok());
        assert!(MemberSet::new(&[0xff, 1, 0], 9).is_err());
        assert!(MemberSet::new(&[], 9).is_err());
    }

    #[test]
    fn membership_and_nesting() {
        let all = MemberSet::new(&[0b0001_1111], 5).unwrap();
        let some = MemberSet::new(&[0b0001_0101], 5).unwrap();
        assert_eq!((all.count(), some.count()), (5, 3));
        assert!(some.contains(4) && !some.contains(1) && !some.contains(77));
        assert!(some.is_subset_of(&all) && !all.is_subset_of(&some));
    }
}
