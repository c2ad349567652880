//! Messages of a session.

use cloakwork_core::mpc::engine::{Progress, Rounds};

use crate::boundary::boundary;
use crate::error::{Report, cloak_error};
use crate::handle;
use crate::mpc::session::cloak_mpc_session;
use crate::pointer::{Buffer, Out, slice};
use crate::status::cloak_status;

/// What a session needs to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_mpc_progress {
    /// Nothing: all that was asked for has ended.
    CLOAK_MPC_FINISHED = 0,
    /// The messages of a round: each party sends that of `cloak_mpc_message` to each other one and gives `cloak_mpc_receive` those of all others.
    CLOAK_MPC_EXCHANGE = 1,
}

/// Goes on as far as it gets without messages. What was asked for since the last round begins with it.
///
/// @param progress  one of `cloak_mpc_progress`
/// @param error     NULL, or where to report whom an error concerns
/// @return that of what ends the session; `CLOAK_ERR_OUT_OF_ORDER` for one that is connected (`cloak_mpc_run`)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_advance(
    session: *mut cloak_mpc_session,
    progress: *mut i32,
    error: *mut cloak_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let (out, report) = unsafe { (Out::new(progress)?, Report::new(error)?) };
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        session.is_for_hand()?;
        let progress = match report.on(session.session().advance())? {
            Progress::Finished => cloak_mpc_progress::CLOAK_MPC_FINISHED,
            Progress::Exchange => cloak_mpc_progress::CLOAK_MPC_EXCHANGE,
            Progress::Preprocessing => return Err(cloak_status::CLOAK_ERR_OUT_OF_ORDER),
        };
        out.write(progress as i32);
        Ok(())
    })
}

/// The message of the present round to a party. It has to reach that party unread and unchanged by anybody else.
///
/// @param to        the party
/// @param out       the message
/// @param capacity  bytes that fit in `out`
/// @param length    bytes of the message
/// @return `CLOAK_ERR_UNKNOWN_PARTY`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_message(
    session: *mut cloak_mpc_session,
    to: u32,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        let (index, parties) = (session.session().index(), session.session().parties());
        let to = usize::try_from(to).ok().filter(|to| *to != index && *to < parties);
        let to = to.ok_or(cloak_status::CLOAK_ERR_UNKNOWN_PARTY)?;
        out.copy(&session.session().message(to))
    })
}

/// Takes the message of the present round from a party; after the last one `cloak_mpc_advance` goes on. A message that is refused changes nothing.
///
/// @param from     the party
/// @param message  the message
/// @param length   bytes of `message`
/// @param error    NULL, or where to report whom an error concerns
/// @return `CLOAK_ERR_UNKNOWN_PARTY`; `CLOAK_ERR_OUT_OF_ORDER` while no round is open and for a message of another round; `CLOAK_ERR_DUPLICATE`;
///         `CLOAK_ERR_MALFORMED` for a message of another length, with the one expected
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_receive(
    session: *mut cloak_mpc_session,
    from: u32,
    message: *const u8,
    length: usize,
    error: *mut cloak_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let (message, report) = unsafe { (slice(message, length)?, Report::new(error)?) };
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        session.is_for_hand()?;
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        report.on(session.session().receive(from, message))
    })
}
