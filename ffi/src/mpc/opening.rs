//! Openings: what becomes known, and to whom.

use alloc::vec;
use alloc::vec::Vec;

use cloakwork_core::mpc::session::{Kind, ResultId, ValueId};
use zeroize::Zeroizing;

use crate::boundary::boundary;
use crate::handle::{self, Exclusive};
use crate::mpc::session::cloak_mpc_session;
use crate::pointer::{Buffer, Out, slice};
use crate::status::{Checked, cloak_status};

/// Asks that a value becomes known to these parties and to nobody else. What they get tells nothing else.
///
/// @param value      the value
/// @param receivers  the parties, in rising order
/// @param count      how many; 0 for all
/// @param result     number of the result
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for a number that no value has, and for parties that are none or do not rise
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_open(
    session: *mut cloak_mpc_session,
    value: u64,
    receivers: *const u32,
    count: usize,
    result: *mut u64,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(result) }?;
        // SAFETY: header, "Pointers".
        let receivers = unsafe { slice(receivers, count) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        let mut parties: Vec<usize> =
            receivers.iter().map(|party| usize::try_from(*party).unwrap_or(usize::MAX)).collect();
        if parties.is_empty() {
            parties = (0..session.session().parties()).collect();
        }
        out.write(session.session().open(ValueId(value), &parties)?.0);
        Ok(())
    })
}

/// What was opened, kept until it is forgotten.
fn opened(session: &mut Exclusive<'_, cloak_mpc_session>, result: u64) -> Checked<(Kind, Zeroizing<Vec<u64>>)> {
    if !session.opened.contains_key(&result) {
        let opened = session.session().take(ResultId(result)).ok_or(cloak_status::CLOAK_ERR_OUT_OF_ORDER)??;
        session.opened.insert(result, opened);
    }
    let opened = session.opened.get(&result).ok_or(cloak_status::CLOAK_ERR_OUT_OF_ORDER)?;
    let words = opened.words.as_ref().ok_or(cloak_status::CLOAK_ERR_NOT_IN_SET)?;
    Ok((opened.kind, words.clone()))
}

/// A result as whole numbers; truth values are 0 and 1.
///
/// @param result    its number
/// @param out       the numbers
/// @param capacity  numbers that fit in `out`
/// @param length    how many numbers there are
/// @return `CLOAK_ERR_OUT_OF_ORDER` while it is not there, and for a number that no result has; `CLOAK_ERR_NOT_IN_SET` at a party for which it is not meant;
///         `CLOAK_ERR_INVALID_ARGUMENT` for real numbers; that of an operation that failed
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_result_i64(
    session: *mut cloak_mpc_session,
    result: u64,
    out: *mut i64,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        let (kind, words) = opened(&mut session, result)?;
        if kind == Kind::Real {
            return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT);
        }
        out.copy_all(|| words.iter().map(|word| word.cast_signed()))
    })
}

/// A result as real numbers; whole ones are taken as they are where a double holds them, and rounded where not.
///
/// @param result    its number
/// @param out       the numbers
/// @param capacity  numbers that fit in `out`
/// @param length    how many numbers there are
/// @return as `cloak_mpc_result_i64`, but for real numbers
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_result_f64(
    session: *mut cloak_mpc_session,
    result: u64,
    out: *mut f64,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        let (kind, words) = opened(&mut session, result)?;
        let mut numbers = Zeroizing::new(vec![0.0; words.len()]);
        if kind == Kind::Real {
            session.session().format().decode(&words, &mut numbers)?;
        } else {
            #[allow(clippy::cast_precision_loss, reason = "documented")]
            numbers.iter_mut().zip(words.iter()).for_each(|(number, word)| *number = word.cast_signed() as f64);
        }
        out.copy_all(|| numbers.iter().copied())
    })
}

/// Forgets a result, which is wiped. A number that no result has is fine.
///
/// @param result  its number
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_forget_result(session: *mut cloak_mpc_session, result: u64) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        let _ = session.session().take(ResultId(result));
        session.opened.remove(&result);
        Ok(())
    })
}
