//! The members of a run, read one by one so that a device never holds them all (protocol.md section 2).

use crate::agreement::PublicKey;
use crate::error::{ErrorKind, Result};
use crate::kdf::Hasher;

/// Bytes of a roster entry: the id and the static public key.
pub const MEMBER_SIZE: usize = 40;

/// One member: an id that is unique in the run, and the pinned static key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Any number; the roster is sorted by it.
    pub id: u64,
    /// The member's identity.
    pub key: PublicKey,
}

impl Member {
    /// The 40 bytes of the entry.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; MEMBER_SIZE] {
        let mut entry = [0; MEMBER_SIZE];
        entry[..8].copy_from_slice(&self.id.to_le_bytes());
        entry[8..].copy_from_slice(self.key.as_bytes());
        entry
    }

    /// Reads an entry.
    #[must_use]
    pub fn from_bytes(entry: &[u8; MEMBER_SIZE]) -> Self {
        let mut id = [0; 8];
        let mut key = [0; 32];
        id.copy_from_slice(&entry[..8]);
        key.copy_from_slice(&entry[8..]);
        Self { id: u64::from_le_bytes(id), key: PublicKey::from_bytes(key) }
    }
}

/// Where a client reads roster entries from: memory, flash or a file. It is read twice, whole, and never stored.
pub trait RosterSource {
    /// The member at a position, from 0.
    ///
    /// # Errors
    /// Any error of the medium; `InvalidRoster` past the end.
    fn member(&mut self, position: u32) -> Result<Member>;
}

impl RosterSource for &[Member] {
    fn member(&mut self, position: u32) -> Result<Member> {
        self.get(position as usize).copied().ok_or(ErrorKind::InvalidRoster.into())
    }
}

/// Roster bytes as they travel: 40-byte entries joined.
#[derive(Clone, Copy, Debug)]
pub struct RosterBytes<'a>(pub &'a [u8]);

impl RosterSource for RosterBytes<'_> {
    fn member(&mut self, position: u32) -> Result<Member> {
        let start = position as usize * MEMBER_SIZE;
        let entry = self.0.get(start..start + MEMBER_SIZE).ok_or(ErrorKind::InvalidRoster)?;
        entry.try_into().map(Member::from_bytes).map_err(|_| ErrorKind::InvalidRoster.into())
    }
}

/// Reads a roster of `count` members once, in order, hands each to `visit`, and returns the roster hash.
///
/// # Errors
/// `InvalidRoster` when ids do not ascend strictly; what the source or `visit` return.
pub(crate) fn read_roster(
    source: &mut impl RosterSource,
    count: u32,
    mut visit: impl FnMut(u32, &Member) -> Result<()>,
) -> Result<[u8; 32]> {
    let mut hasher = Hasher::new("roster");
    hasher.begin_part(count as usize * MEMBER_SIZE);
    let mut last = None;
    for position in 0..count {
        let member = source.member(position)?;
        if last.is_some_and(|last| member.id <= last) {
            return Err(ErrorKind::InvalidRoster.party(member.id));
        }
        last = Some(member.id);
        hasher.continue_part(&member.to_bytes());
        visit(position, &member)?;
    }
    Ok(hasher.finish())
}

/// The roster hash of a run description.
///
/// # Errors
/// `InvalidRoster` when ids do not ascend strictly, and what the source returns.
pub fn roster_hash(source: &mut impl RosterSource, count: u32) -> Result<[u8; 32]> {
    read_roster(source, count, |_, _| Ok(()))
}

/// What can be said against a public key by itself.
pub(crate) fn check_key(key: &PublicKey) -> core::result::Result<(), ErrorKind> {
    if !key.is_canonical() {
        return Err(ErrorKind::Malformed);
    }
    if key.is_low_order() { Err(ErrorKind::LowOrderKey) } else { Ok(()) }
}
