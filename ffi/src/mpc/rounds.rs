//! Messages of a session.

use cloakwork_core::mpc::engine::{Content, Progress, Rounds};

use crate::boundary::boundary;
use crate::error::{Report, cloak_error};
use crate::handle;
use crate::mpc::computation::Computation;
use crate::mpc::session::cloak_mpc_session;
use crate::pointer::{Buffer, Out, slice};
use crate::status::{Checked, cloak_status};

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
        let out = unsafe { Out::new(progress) }?;
        // SAFETY: header, "Pointers".
        let report = unsafe { Report::new(error) }?;
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
        let to = other(session.session(), to)?;
        out.copy(&session.session().message(to))
    })
}

/// The place of a party that is another one.
fn other(session: &Computation, party: u32) -> Checked<usize> {
    let found = usize::try_from(party).ok().filter(|party| *party != session.index() && *party < session.parties());
    found.ok_or(cloak_status::CLOAK_ERR_UNKNOWN_PARTY)
}

/// What a part of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_mpc_content {
    /// Something that no other case describes: what makes correlated randomness without a dealer; all that verified mode sends.
    CLOAK_MPC_OTHER = 0,
    /// Seeds that two parties have in common afterwards.
    CLOAK_MPC_SEEDS = 1,
    /// Shares of masked words, which are opened: packed, from the lowest bit of the first byte.
    CLOAK_MPC_MASKED_WORDS = 2,
    /// Shares of masked bits, which are opened: vectors, each of which begins with a byte.
    CLOAK_MPC_MASKED_BITS = 3,
    /// Shares of an output.
    CLOAK_MPC_OUTPUT = 4,
}

/// A part of a message.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_mpc_part {
    /// One of `cloak_mpc_content`.
    pub content: i32,
    /// Bits of an element; 0 where the part has no elements.
    pub bits: u32,
    /// Vectors.
    pub vectors: u64,
    /// Elements of each vector.
    pub count: u64,
    /// Bytes of the part.
    pub bytes: u64,
}

impl cloak_mpc_part {
    fn new(content: Content, bytes: usize) -> Self {
        use cloak_mpc_content as C;
        let (content, bits, vectors, count) = match content {
            Content::Other => (C::CLOAK_MPC_OTHER, 0, 0, 0),
            Content::Seeds => (C::CLOAK_MPC_SEEDS, 0, 0, 0),
            Content::Words { bits, count } => (C::CLOAK_MPC_MASKED_WORDS, bits, 1, count),
            Content::Bits { vectors, count } => (C::CLOAK_MPC_MASKED_BITS, 1, vectors, count),
            Content::Output { count } => (C::CLOAK_MPC_OUTPUT, u64::BITS, 1, count),
        };
        Self { content: content as i32, bits, vectors: vectors as u64, count: count as u64, bytes: bytes as u64 }
    }
}

/// What the message of the present round to a party is made of, after its first eight bytes. For learners who look at a computation from inside.
///
/// @param to        the party
/// @param parts     the parts, in their order
/// @param capacity  parts that fit
/// @param length    how many parts there are
/// @return `CLOAK_ERR_UNKNOWN_PARTY`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_message_parts(
    session: *mut cloak_mpc_session,
    to: u32,
    parts: *mut cloak_mpc_part,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(parts, capacity, length) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        let to = other(session.session(), to)?;
        let contents = session.session().contents(to);
        out.copy_all(|| contents.iter().map(|(content, bytes)| cloak_mpc_part::new(*content, *bytes)))
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
        let message = unsafe { slice(message, length) }?;
        // SAFETY: header, "Pointers".
        let report = unsafe { Report::new(error) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        session.is_for_hand()?;
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        report.on(session.session().receive(from, message))
    })
}
