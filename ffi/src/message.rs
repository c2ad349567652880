//! Messages: which one it is, without reading the rest.

use cloakwork_core::secagg::{Kind, kind_of};

use crate::boundary::boundary;
use crate::pointer::{Out, slice};
use crate::status::cloak_status;

/// The messages of the protocol, by the numbers that they carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_kind {
    /// To the server: a fresh key.
    CLOAK_ADVERTISE = 1,
    /// To the server: key confirmation tags.
    CLOAK_CONFIRM = 2,
    /// To the server: the masked contribution.
    CLOAK_MASKED = 3,
    /// To the server: mask keys of dropped neighbours and acknowledgements of the surviving set.
    CLOAK_ACKNOWLEDGE = 4,
    /// To the server: seed shares.
    CLOAK_UNMASK = 5,
    /// To a client: set-up begins.
    CLOAK_INVITE = 16,
    /// To a client: its neighbours' fresh keys.
    CLOAK_KEYS = 17,
    /// To a client: its neighbours' tags.
    CLOAK_CONFIRMATIONS = 18,
    /// To a client: a round begins.
    CLOAK_BEGIN = 19,
    /// To a client: who is left.
    CLOAK_SURVIVORS = 20,
    /// To a client: the set to open.
    CLOAK_OPEN = 21,
    /// To a client: the round is over.
    CLOAK_FINISHED = 22,
}

const _: () = assert!(cloak_kind::CLOAK_ADVERTISE as u8 == Kind::Advertise as u8);
const _: () = assert!(cloak_kind::CLOAK_CONFIRM as u8 == Kind::Confirm as u8);
const _: () = assert!(cloak_kind::CLOAK_MASKED as u8 == Kind::Masked as u8);
const _: () = assert!(cloak_kind::CLOAK_ACKNOWLEDGE as u8 == Kind::Acknowledge as u8);
const _: () = assert!(cloak_kind::CLOAK_UNMASK as u8 == Kind::Unmask as u8);
const _: () = assert!(cloak_kind::CLOAK_INVITE as u8 == Kind::Invite as u8);
const _: () = assert!(cloak_kind::CLOAK_KEYS as u8 == Kind::Keys as u8);
const _: () = assert!(cloak_kind::CLOAK_CONFIRMATIONS as u8 == Kind::Confirmations as u8);
const _: () = assert!(cloak_kind::CLOAK_BEGIN as u8 == Kind::Begin as u8);
const _: () = assert!(cloak_kind::CLOAK_SURVIVORS as u8 == Kind::Survivors as u8);
const _: () = assert!(cloak_kind::CLOAK_OPEN as u8 == Kind::Open as u8);
const _: () = assert!(cloak_kind::CLOAK_FINISHED as u8 == Kind::Finished as u8);

/// The kind of a message, from its head; the rest is not looked at.
///
/// @param message         the message
/// @param message_length  bytes of `message`
/// @param kind            one of `cloak_kind`
/// @return `CLOAK_ERR_MALFORMED` when it is no message; `CLOAK_ERR_UNSUPPORTED` for a kind that this version does not know
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_message_kind(message: *const u8, message_length: usize, kind: *mut i32) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let message = unsafe { slice(message, message_length) }?;
        // SAFETY: header, "Pointers".
        let kind = unsafe { Out::new(kind) }?;
        kind.write(kind_of(message)? as i32);
        Ok(())
    })
}
