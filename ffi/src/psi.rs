//! Private set intersection: one party's side of it.

use alloc::vec::Vec;

use cloakwork_core::Error;
use cloakwork_core::psi::{Outcome, Output, Piece, Session, Setting};

use crate::boundary::boundary;
use crate::error::{Report, cloak_error};
use crate::handle::{self, Opaque, kind};
use crate::pointer::{Buffer, Out, slice, value};
use crate::rng::{Generator, cloak_rng};
use crate::status::{Checked, cloak_status};

/// One party's side of a private set intersection. In each round: `cloak_psi_work_vartime` until nothing is pending, then `cloak_psi_message` for each other party,
/// `cloak_psi_receive_vartime` for what comes from them, and `cloak_psi_advance_vartime`.
#[derive(Debug)]
pub struct cloak_psi {
    _opaque: (),
}

impl Opaque for cloak_psi {
    type Object = Session;
    const KIND: u32 = kind(b"CWp");
}

/// What the parties of a private set intersection learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_psi_output {
    /// The items that all sets hold.
    CLOAK_PSI_INTERSECTION = 0,
    /// How many these are.
    CLOAK_PSI_SIZE = 1,
}

const _: () = assert!(cloak_psi_output::CLOAK_PSI_INTERSECTION as u8 == Output::Intersection as u8);
const _: () = assert!(cloak_psi_output::CLOAK_PSI_SIZE as u8 == Output::Size as u8);

/// What all parties agree on, and which of them this is.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_psi_config {
    /// What identifies the run, the same for all parties; it is used once.
    pub run: [u8; 32],
    /// Number of parties, 2 to 64.
    pub parties: u32,
    /// The place of this one, from 0. The first one works most, in proportion to its set and to the number of parties.
    pub index: u32,
    /// One of `cloak_psi_output`.
    pub output: i32,
    /// The size, up to 2^20, to which every set is padded, so that nobody learns how many items another one has; 0 to let sizes show.
    pub size: u32,
}

fn number(number: u32) -> Checked<usize> {
    usize::try_from(number).map_err(|_| cloak_status::CLOAK_ERR_INVALID_ARGUMENT)
}

/// Items that lie one behind the other.
fn split<'a>(bytes: &'a [u8], lengths: &[usize]) -> Checked<Vec<&'a [u8]>> {
    let mut rest = bytes;
    let mut items = Vec::with_capacity(lengths.len());
    for length in lengths {
        let (item, after) = rest.split_at_checked(*length).ok_or(cloak_status::CLOAK_ERR_INVALID_LENGTH)?;
        items.push(item);
        rest = after;
    }
    if rest.is_empty() { Ok(items) } else { Err(cloak_status::CLOAK_ERR_INVALID_LENGTH) }
}

/// Begins a run with this party's items, up to 2^20 different ones; repeated ones count once.
///
/// Hosts only, as everything of private set intersection. The caller ends it with `cloak_psi_free`.
///
/// @param config   the agreement
/// @param items    the items, byte strings of any lengths, one behind the other
/// @param length   bytes of all items
/// @param lengths  the length of each item
/// @param count    how many items
/// @param rng      source of what this party draws, all within this call; NULL for that of the operating system
/// @param out      the run
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for a number outside of its range; `CLOAK_ERR_UNKNOWN_PARTY` for an index that is no party's; `CLOAK_ERR_INVALID_LENGTH` for lengths that
///         do not add up; `CLOAK_ERR_TOO_LONG` for more items than the agreed size, or than there may be; `CLOAK_ERR_RANDOMNESS`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_psi_new_vartime(
    config: *const cloak_psi_config,
    items: *const u8,
    length: usize,
    lengths: *const usize,
    count: usize,
    rng: *const cloak_rng,
    out: *mut *mut cloak_psi,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let config = unsafe { value(config) }?;
        // SAFETY: header, "Pointers".
        let items = unsafe { slice(items, length) }?;
        // SAFETY: header, "Pointers".
        let lengths = unsafe { slice(lengths, count) }?;
        // SAFETY: header, "Pointers".
        let mut generator = unsafe { Generator::new(rng) }?;
        let output = match config.output {
            0 => Output::Intersection,
            1 => Output::Size,
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        };
        let setting = Setting {
            run: config.run,
            parties: number(config.parties)?,
            index: number(config.index)?,
            output,
            size: if config.size == 0 { None } else { Some(number(config.size)?) },
        };
        let items = split(items, lengths)?;
        let session = Session::new_vartime(setting, items.into_iter(), &mut generator)?;
        out.write(handle::allocate::<cloak_psi>(session)?.as_ptr());
        Ok(())
    })
}

/// Ends a run. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_psi_free(psi: *mut cloak_psi) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { handle::end(psi) });
}

/// How far a run is.
///
/// @param round    the present round, from 0; that of the end is `rounds`
/// @param rounds   how many rounds there are
/// @param pending  rows that are to be multiplied before this round's messages exist
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_psi_get_progress(
    psi: *const cloak_psi,
    round: *mut u32,
    rounds: *mut u32,
    pending: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let round = unsafe { Out::new(round) }?;
        // SAFETY: header, "Pointers".
        let rounds = unsafe { Out::new(rounds) }?;
        // SAFETY: header, "Pointers".
        let pending = unsafe { Out::new(pending) }?;
        // SAFETY: header, "Handles".
        let session = unsafe { handle::shared(psi) }?;
        round.write(u32::try_from(session.round()).unwrap_or(u32::MAX));
        rounds.write(u32::try_from(session.rounds()).unwrap_or(u32::MAX));
        pending.write(session.pending());
        Ok(())
    })
}

/// Multiplies rows of this round. A row takes tens of microseconds for each element, so a caller can show progress, or stop, between calls.
///
/// @param count    how many rows, at most
/// @param threads  on how many threads, 1 or more
/// @param error    NULL, or where to report whom an error concerns
/// @return `CLOAK_ERR_NON_CANONICAL` for what encodes no element, and `CLOAK_ERR_LOW_ORDER_KEY` for zero, with the party that sent it: the run cannot go on;
///         `CLOAK_ERR_INVALID_ARGUMENT` for no thread, or more than 1024
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_psi_work_vartime(
    psi: *mut cloak_psi,
    count: usize,
    threads: u32,
    error: *mut cloak_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let report = unsafe { Report::new(error) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(psi) }?;
        if !(1..=1024).contains(&threads) {
            return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT);
        }
        report.on(session.work_in_pieces_vartime(count, number(threads)?, on_threads))
    })
}

/// Runs all pieces, the first one here and the others on threads of their own. Where the system has no thread to give, a panic says so.
fn on_threads(pieces: Vec<Piece<'_>>) -> Result<(), Error> {
    std::thread::scope(|scope| {
        let mut pieces = pieces.into_iter();
        let first = pieces.next();
        let threads: Vec<_> = pieces.map(|piece| scope.spawn(|| piece.run())).collect();
        let mut result = first.map_or(Ok(()), Piece::run);
        for thread in threads {
            let joined = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result = result.and(joined);
        }
        result
    })
}

/// The message of the present round to a party, of no bytes where there is nothing to say. It has to reach that party unread and unchanged by anybody else.
///
/// @param to        the party
/// @param out       the message
/// @param capacity  bytes that fit in `out`
/// @param length    bytes of the message
/// @return `CLOAK_ERR_UNKNOWN_PARTY`; `CLOAK_ERR_OUT_OF_ORDER` while work is pending and after the end
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_psi_message(
    psi: *const cloak_psi,
    to: u32,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?;
        // SAFETY: header, "Handles".
        let session = unsafe { handle::shared(psi) }?;
        out.copy(session.message(number(to)?)?)
    })
}

/// Takes the message of the present round from a party; one of no bytes says that there is nothing to say. A message that is refused changes nothing.
///
/// @param from     the party
/// @param message  the message
/// @param length   bytes of `message`
/// @param error    NULL, or where to report whom an error concerns
/// @return `CLOAK_ERR_UNKNOWN_PARTY`; `CLOAK_ERR_OUT_OF_ORDER` while work is pending, after the end, and for a party that has nothing to say; `CLOAK_ERR_DUPLICATE`; `CLOAK_ERR_WRONG_RUN`
///         for a message of another run, agreement, round or pair; `CLOAK_ERR_MALFORMED`; `CLOAK_ERR_REPEATED_ELEMENT`; `CLOAK_ERR_COUNT_CHANGED` and `CLOAK_ERR_TOO_LONG` for another
///         number of elements; `CLOAK_ERR_NON_CANONICAL`, `CLOAK_ERR_LOW_ORDER_KEY`, `CLOAK_ERR_REPEATED_KEY`; `CLOAK_ERR_NOT_IN_SET` for a common item that this party does not hold
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_psi_receive_vartime(
    psi: *mut cloak_psi,
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
        let mut session = unsafe { handle::exclusive(psi) }?;
        report.on(session.receive_vartime(number(from)?, message))
    })
}

/// Goes to the next round, when this round's messages have been taken and given; they are gone then.
///
/// @param error  NULL, or where to report whom an error concerns
/// @return `CLOAK_ERR_OUT_OF_ORDER` while work is pending, after the end, and, with the party, while a message is missing
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_psi_advance_vartime(psi: *mut cloak_psi, error: *mut cloak_error) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let report = unsafe { Report::new(error) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(psi) }?;
        report.on(session.advance_vartime())
    })
}

fn outcome(session: &Session) -> Checked<&Outcome> {
    session.outcome().ok_or(cloak_status::CLOAK_ERR_OUT_OF_ORDER)
}

/// How many items all sets hold.
///
/// @param size  their number
/// @return `CLOAK_ERR_OUT_OF_ORDER` before the last round
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_psi_get_size(psi: *const cloak_psi, size: *mut usize) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(size) }?;
        // SAFETY: header, "Handles".
        let session = unsafe { handle::shared(psi) }?;
        out.write(outcome(session)?.size());
        Ok(())
    })
}

/// Which of this party's items all sets hold: their places among those that it gave, ascending; of a repeated one the first.
///
/// @param places    the places
/// @param capacity  places that fit
/// @param length    how many there are
/// @return `CLOAK_ERR_OUT_OF_ORDER` before the last round, and where the parties learn the size alone
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_psi_get_common(
    psi: *const cloak_psi,
    places: *mut u32,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(places, capacity, length) }?;
        // SAFETY: header, "Handles".
        let session = unsafe { handle::shared(psi) }?;
        out.copy(outcome(session)?.places().ok_or(cloak_status::CLOAK_ERR_OUT_OF_ORDER)?)
    })
}
