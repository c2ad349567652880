//! The server: collects the messages of a run and gives each member the next one.

pub mod lists;

use cloakwork_core::Error;
use cloakwork_core::secagg::{Server, Step};

use crate::boundary::boundary;
use crate::error::{Report, cloak_error};
use crate::handle::{self, Exclusive, Opaque, kind};
use crate::pointer::{Buffer, Out, array, slice};
use crate::run::cloak_run;
use crate::sizes::CLOAK_HASH_SIZE;
use crate::status::{cloak_status, failure_of};

/// The server side of a run. It holds everything but the payloads.
///
/// Every change follows from the calls that change it, in order, so a host that logs them can rebuild the server after a crash by making them
/// again.
#[derive(Debug)]
pub struct cloak_server {
    _opaque: (),
}

impl Opaque for cloak_server {
    type Object = ServerObject;
    const KIND: u32 = kind(b"CWs");
}

/// What a server handle holds.
#[derive(Debug)]
pub(crate) struct ServerObject {
    pub(crate) server: Server,
    last_error: cloak_error,
}

impl Exclusive<'_, cloak_server> {
    /// Runs one call of the server and keeps what went wrong.
    fn call<T>(&mut self, call: impl FnOnce(&mut Server) -> Result<T, Error>) -> Result<T, Error> {
        let result = call(&mut self.server);
        self.last_error = result.as_ref().err().map_or(cloak_error::NONE, |error| (*error).into());
        result
    }
}

/// What a server waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_step {
    /// Nothing; set-up has not begun or has failed.
    CLOAK_STEP_IDLE = 0,
    /// Fresh keys.
    CLOAK_STEP_ADVERTISE = 1,
    /// Confirmation tags.
    CLOAK_STEP_CONFIRM = 2,
    /// A round to begin.
    CLOAK_STEP_READY = 3,
    /// Masked contributions.
    CLOAK_STEP_MASK = 4,
    /// Acknowledgements of the surviving set.
    CLOAK_STEP_SURVIVE = 5,
    /// Seed shares.
    CLOAK_STEP_UNMASK = 6,
    /// The host, to add up the payloads and call `cloak_server_finish`.
    CLOAK_STEP_SUM = 7,
    /// The next round; the last one is over.
    CLOAK_STEP_FINISHED = 8,
}

const _: () = assert!(cloak_step::CLOAK_STEP_IDLE as u8 == Step::Idle as u8);
const _: () = assert!(cloak_step::CLOAK_STEP_ADVERTISE as u8 == Step::Advertise as u8);
const _: () = assert!(cloak_step::CLOAK_STEP_CONFIRM as u8 == Step::Confirm as u8);
const _: () = assert!(cloak_step::CLOAK_STEP_READY as u8 == Step::Ready as u8);
const _: () = assert!(cloak_step::CLOAK_STEP_MASK as u8 == Step::Mask as u8);
const _: () = assert!(cloak_step::CLOAK_STEP_SURVIVE as u8 == Step::Survive as u8);
const _: () = assert!(cloak_step::CLOAK_STEP_UNMASK as u8 == Step::Unmask as u8);
const _: () = assert!(cloak_step::CLOAK_STEP_SUM as u8 == Step::Sum as u8);
const _: () = assert!(cloak_step::CLOAK_STEP_FINISHED as u8 == Step::Finished as u8);

/// Where a server stands.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_phase {
    /// One of `cloak_step`.
    pub step: i32,
    /// The present set-up epoch; 0 before the first.
    pub epoch: u32,
    /// The last round begun; 0 before the first.
    pub round: u32,
    /// Which shrinking of the surviving set is under way; 0 before the first.
    pub pass: u32,
    /// How the last round ended: 0, or the status for which it was aborted.
    pub outcome: u32,
}

/// What became of a message.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_receipt {
    /// Where in a masked message the payload begins, for the host to keep it.
    pub payload_offset: usize,
    /// Bytes of the payload; 0 for other messages.
    pub payload_length: usize,
    /// Which message it was: one of `cloak_kind`.
    pub kind: i32,
    /// 1 if it changed anything; 0 for a byte-identical repeat and for shares that came when enough were there.
    pub counted: u8,
}

/// The server of a run.
///
/// Hosts only. The caller ends it with `cloak_server_free`.
///
/// @param run    the run; it may be freed while the server lives
/// @param out    the server
/// @param error  NULL, or where to report whom an error concerns
/// @return `CLOAK_ERR_LOW_ORDER_KEY` or `CLOAK_ERR_MALFORMED` with the member whose key must not be used; `CLOAK_ERR_INVALID_ROSTER` with a
///         member who has the key of another
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_new(
    run: *const cloak_run,
    out: *mut *mut cloak_server,
    error: *mut cloak_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let run = unsafe { handle::shared(run) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let report = unsafe { Report::new(error) }?;
        let server = report.on(Server::new(run.run.clone(), run.roster.clone()))?;
        out.write(handle::allocate::<cloak_server>(ServerObject { server, last_error: cloak_error::NONE })?.as_ptr());
        Ok(())
    })
}

/// Ends a server and wipes its secrets. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_free(server: *mut cloak_server) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { handle::end(server) });
}

/// Begins set-up with the next epoch; `cloak_server_message` then invites every member.
///
/// @param epoch  the epoch
/// @return `CLOAK_ERR_OUT_OF_ORDER` during a round
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_invite(server: *mut cloak_server, epoch: *mut u32) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let mut server = unsafe { handle::exclusive(server) }?;
        // SAFETY: header, "Pointers".
        let epoch = unsafe { Out::new(epoch) }?;
        epoch.write(server.call(|server| server.invite())?);
        Ok(())
    })
}

/// Takes a message from a member whom the host has authenticated. When it is the last one that the step waits for, the next step begins.
///
/// A refusal leaves the server as it was and names the sender; the round goes on for the others.
///
/// @param sender          id of the member
/// @param message         the message
/// @param message_length  bytes of `message`
/// @param receipt         what became of it
/// @return `CLOAK_ERR_UNKNOWN_PARTY`, `CLOAK_ERR_NOT_IN_SET`, `CLOAK_ERR_DUPLICATE`, `CLOAK_ERR_OUT_OF_ORDER`, `CLOAK_ERR_WRONG_RUN`,
///         `CLOAK_ERR_WRONG_EPOCH`, `CLOAK_ERR_WRONG_ROUND`, `CLOAK_ERR_WRONG_CONTEXT`, `CLOAK_ERR_WRONG_SET`, `CLOAK_ERR_LOW_ORDER_KEY`,
///         `CLOAK_ERR_REPEATED_KEY`; errors of group 300
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_receive(
    server: *mut cloak_server,
    sender: u64,
    message: *const u8,
    message_length: usize,
    receipt: *mut cloak_receipt,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let mut server = unsafe { handle::exclusive(server) }?;
        // SAFETY: header, "Pointers".
        let message = unsafe { slice(message, message_length) }?;
        // SAFETY: header, "Pointers".
        let receipt = unsafe { Out::new(receipt) }?;
        let found = server.call(|server| server.receive(sender, message))?;
        let payload = found.payload.unwrap_or_default();
        receipt.write(cloak_receipt {
            payload_offset: payload.start,
            payload_length: payload.len(),
            kind: found.kind as i32,
            counted: found.counted.into(),
        });
        Ok(())
    })
}

/// Closes the present step: its time limit has passed. Who has not answered is left out.
///
/// A round that cannot go on is no error of this call: `cloak_server_get_phase` has its outcome.
///
/// @return `CLOAK_ERR_OUT_OF_ORDER` when nothing is being waited for; `CLOAK_ERR_TOO_FEW_INPUTS` when set-up fails, which takes the server back
///         to `CLOAK_STEP_IDLE`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_close_step(server: *mut cloak_server) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let mut server = unsafe { handle::exclusive(server) }?;
        Ok(server.call(Server::close_step)?)
    })
}

/// cbindgen:ptrs-as-arrays=[[context_hash; 32]]
/// Begins the next round.
///
/// @param participants  ids of those who take part; NULL, with a count of 0, for everyone with confirmed keys
/// @param count         number of ids
/// @param context_hash  SHA-256 of what every participant is given for the round, 32 bytes
/// @param round         number of the round
/// @return `CLOAK_ERR_OUT_OF_ORDER` before set-up is complete or during a round; `CLOAK_ERR_WRONG_ROUND` after the last round;
///         `CLOAK_ERR_UNKNOWN_PARTY`, `CLOAK_ERR_NOT_CONFIRMED` or `CLOAK_ERR_TOO_FEW_NEIGHBOURS` with the participant;
///         `CLOAK_ERR_TOO_FEW_INPUTS`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_begin(
    server: *mut cloak_server,
    participants: *const u64,
    count: usize,
    context_hash: *const u8,
    round: *mut u32,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let mut server = unsafe { handle::exclusive(server) }?;
        // SAFETY: header, "Pointers".
        let ids = unsafe { slice(participants, count) }?;
        // SAFETY: header, "Pointers".
        let context_hash = unsafe { array::<CLOAK_HASH_SIZE>(context_hash) }?;
        // SAFETY: header, "Pointers".
        let round = unsafe { Out::new(round) }?;
        let ids = (!participants.is_null()).then_some(ids);
        round.write(server.call(|server| server.begin(ids, &context_hash))?);
        Ok(())
    })
}

/// The message that a member is due in the present step. In the step of the sum that is still the one of the step before, for members that have
/// not asked for it; a client that has answered it refuses it.
///
/// @param receiver  id of the member
/// @param out       the message
/// @param capacity  bytes that fit in `out`
/// @param length    bytes of the message; 0 when the member has no part in the step
/// @return `CLOAK_ERR_UNKNOWN_PARTY`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_message(
    server: *const cloak_server,
    receiver: u64,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let server = unsafe { handle::shared(server) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?;
        out.copy(&server.server.message(receiver)?.unwrap_or_default())
    })
}

/// The confirmations for a member that did not collect them before the next step began.
///
/// @param receiver  id of the member
/// @param out       the message
/// @param capacity  bytes that fit in `out`
/// @param length    bytes of the message; 0 when there is none
/// @return `CLOAK_ERR_UNKNOWN_PARTY`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_confirmations(
    server: *const cloak_server,
    receiver: u64,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let server = unsafe { handle::shared(server) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?;
        out.copy(&server.server.confirmations(receiver)?.unwrap_or_default())
    })
}

/// Stops the present round; every participant is told.
///
/// @return `CLOAK_ERR_OUT_OF_ORDER` outside a round
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_stop(server: *mut cloak_server) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let mut server = unsafe { handle::exclusive(server) }?;
        Ok(server.call(Server::stop)?)
    })
}

/// Ends the round after the host has added up the payloads.
///
/// @param failure  `CLOAK_OK`, or what `cloak_opening_check_zeros` gave
/// @return `CLOAK_ERR_OUT_OF_ORDER` unless the sum is due; `CLOAK_ERR_INVALID_ARGUMENT` for a failure that is no error of the protocol
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_finish(server: *mut cloak_server, failure: i32) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let mut server = unsafe { handle::exclusive(server) }?;
        let failure = failure_of(failure)?;
        Ok(server.call(|server| server.finish(failure))?)
    })
}

/// Where a server stands.
///
/// @param out  its step, epoch, round, pass, and how the last round ended
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_get_phase(server: *const cloak_server, out: *mut cloak_phase) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let server = &unsafe { handle::shared(server) }?.server;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        out.write(cloak_phase {
            step: server.step() as i32,
            epoch: server.epoch(),
            round: server.last_round(),
            pass: server.pass().into(),
            outcome: server.outcome(),
        });
        Ok(())
    })
}

/// More about the last call that changed this server or failed to: whom the error concerns and which bound was missed.
///
/// Errors of the pointers (101 and 105 to 109) are not kept.
///
/// @param out  the error; its status is `CLOAK_OK` when that call succeeded
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_last_error(server: *const cloak_server, out: *mut cloak_error) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let server = unsafe { handle::shared(server) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        out.write(server.last_error);
        Ok(())
    })
}
