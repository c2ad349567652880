//! Rosters: the members of a run, as an array or read one by one.

use core::ffi::c_void;

use cloakwork_core::agreement::PublicKey;
use cloakwork_core::secagg::{Member, RosterSource};
use cloakwork_core::{Error, ErrorKind};

use crate::pointer::value;
use crate::status::{Checked, cloak_status};

/// A member of a run.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_member {
    /// Any number; the roster is sorted by it, strictly ascending.
    pub id: u64,
    /// Public key of the member's identity.
    pub key: [u8; 32],
}

/// A roster that is read entry by entry, so that a device need not hold it. It is read twice, whole, in order.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_roster {
    /// Writes the member at `position`, from 0, to `out` and returns 0. Any other value makes the call fail with
    /// `CLOAK_ERR_INVALID_ROSTER`. It must not throw or jump out.
    pub member: Option<unsafe extern "C" fn(userdata: *mut c_void, position: u32, out: *mut cloak_member) -> i32>,
    /// Handed to `member` as it is.
    pub userdata: *mut c_void,
}

impl From<&cloak_member> for Member {
    fn from(member: &cloak_member) -> Self {
        Self { id: member.id, key: PublicKey::from_bytes(member.key) }
    }
}

/// The caller's function as a source of members.
#[derive(Debug)]
pub(crate) struct Reader {
    member: unsafe extern "C" fn(*mut c_void, u32, *mut cloak_member) -> i32,
    userdata: *mut c_void,
}

impl Reader {
    /// The reader that the caller named.
    ///
    /// # Safety
    /// Header, "Pointers" for `roster`; its `member` keeps to what `cloak_roster` says.
    pub(crate) unsafe fn new(roster: *const cloak_roster) -> Checked<Self> {
        // SAFETY: the caller's obligation; both fields have every bit pattern (a NULL function is `None`).
        let roster = unsafe { value(roster) }?;
        let member = roster.member.ok_or(cloak_status::CLOAK_ERR_NULL_POINTER)?;
        Ok(Self { member, userdata: roster.userdata })
    }
}

impl RosterSource for Reader {
    fn member(&mut self, position: u32) -> Result<Member, Error> {
        let mut member = cloak_member { id: 0, key: [0; 32] };
        // SAFETY: `cloak_roster` of the header: the function writes one member and comes back.
        let answer = unsafe { (self.member)(self.userdata, position, &raw mut member) };
        if answer == 0 { Ok(Member::from(&member)) } else { Err(ErrorKind::InvalidRoster.into()) }
    }
}
