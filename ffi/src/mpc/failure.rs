//! Why a computation over a network ended, and who ended it.

use alloc::string::ToString;
use core::ffi::c_char;
use core::ptr::NonNull;

use cloakwork_core::ErrorKind;
use cloakwork_net::{Error, Peer};

use crate::error::{CLOAK_ERROR_HAS_BOUND, CLOAK_ERROR_HAS_PARTY, cloak_error};
use crate::status::{Checked, cloak_status};

/// Characters of a reason, with its NUL.
pub const CLOAK_MPC_REASON_LENGTH: usize = 384;

/// In `cloak_error.party`: the dealer.
pub const CLOAK_MPC_DEALER: u32 = 0xFFFF_FFFF;

/// Why a computation over a network ended. It holds no secret.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_mpc_failure {
    /// The status, and the place of the party that caused it, or `CLOAK_MPC_DEALER`; where there are several, that of the first.
    pub error: cloak_error,
    /// A sentence for people, in UTF-8, that names all of them.
    pub reason: [c_char; CLOAK_MPC_REASON_LENGTH],
}

/// Where a call reports a failure.
#[derive(Debug)]
pub(crate) struct Place(Option<NonNull<cloak_mpc_failure>>);

impl Place {
    /// Accepts a place; NULL for none.
    ///
    /// # Safety
    /// Header, "Pointers" for `failure`, which stays writable as long as the place is used.
    pub(crate) unsafe fn new(failure: *mut cloak_mpc_failure) -> Checked<Self> {
        let place = NonNull::new(failure);
        if place.is_some_and(|place| !place.is_aligned()) {
            return Err(cloak_status::CLOAK_ERR_MISALIGNED);
        }
        Ok(Self(place))
    }

    /// Passes a result on and reports its error.
    pub(crate) fn on<T>(&self, result: Result<T, Error>) -> Checked<T> {
        result.map_err(|error| {
            let status = status(&error);
            if let Some(place) = self.0 {
                // SAFETY: aligned (checked in `new`); writable by the obligation of `new`.
                unsafe { place.write(failure(&error, status)) };
            }
            status
        })
    }
}

fn failure(error: &Error, status: cloak_status) -> cloak_mpc_failure {
    let (party, bound) = (party(error), bound(error));
    let mut reason = [0; CLOAK_MPC_REASON_LENGTH];
    let text = error.to_string();
    let mut end = text.len().min(CLOAK_MPC_REASON_LENGTH - 1);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    for (place, byte) in reason.iter_mut().zip(text.bytes().take(end)) {
        *place = c_char::from_ne_bytes([byte]);
    }
    let present = party.map_or(0, |_| CLOAK_ERROR_HAS_PARTY) | bound.map_or(0, |_| CLOAK_ERROR_HAS_BOUND);
    let error = cloak_error {
        status: status as i32,
        present,
        party: party.unwrap_or_default(),
        bound: bound.unwrap_or_default(),
    };
    cloak_mpc_failure { error, reason }
}

fn status(error: &Error) -> cloak_status {
    match error {
        Error::InvalidSession { kind, .. } => (*kind).into(),
        Error::NotConnected { .. } => cloak_status::CLOAK_ERR_NOT_CONNECTED,
        Error::OtherSession { .. } => cloak_status::CLOAK_ERR_OTHER_SESSION,
        Error::Silent { .. } => cloak_status::CLOAK_ERR_SILENT,
        Error::Lost { .. } => cloak_status::CLOAK_ERR_LOST,
        Error::Left { .. } => cloak_status::CLOAK_ERR_LEFT,
        Error::TooLarge { .. } | Error::Malformed { .. } => ErrorKind::Malformed.into(),
        Error::Refused(error) => (*error).into(),
        Error::NoPreprocessing => ErrorKind::OutOfOrder.into(),
        _ => cloak_status::CLOAK_ERR_SYSTEM,
    }
}

fn party(error: &Error) -> Option<u64> {
    let peer = match error {
        Error::InvalidSession { peer, .. } => *peer,
        Error::NotConnected { peer, .. }
        | Error::OtherSession { peer }
        | Error::Lost { peer, .. }
        | Error::Left { peer, .. }
        | Error::TooLarge { peer, .. }
        | Error::Malformed { peer } => Some(*peer),
        Error::Silent { peers, .. } => peers.first().copied(),
        Error::Refused(error) => return error.party(),
        _ => None,
    };
    peer.map(|peer| match peer {
        Peer::Party(party) => party as u64,
        Peer::Dealer => CLOAK_MPC_DEALER.into(),
    })
}

fn bound(error: &Error) -> Option<u64> {
    match error {
        Error::TooLarge { bound, .. } => Some(*bound),
        Error::Refused(error) => error.bound(),
        _ => None,
    }
}
