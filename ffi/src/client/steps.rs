//! The steps of set-up and of a round: each takes a message of the server and gives the answer.

use crate::boundary::boundary;
use crate::client::{cloak_client, with_client};
use crate::pointer::{Buffer, Out, array, extent, slice};
use crate::rng::{Generator, cloak_rng};
use crate::sizes::CLOAK_HASH_SIZE;
use crate::status::cloak_status;

/// Answers `invite` with a fresh key. What came before this epoch is forgotten; the last round number stays.
///
/// @param rng             source of randomness; NULL for that of the operating system
/// @param message         the server's message
/// @param message_length  bytes of `message`
/// @param out             the answer
/// @param capacity        bytes that fit in `out`
/// @param length          bytes of the answer
/// @return `CLOAK_ERR_WRONG_EPOCH` unless the epoch is above the last one; `CLOAK_ERR_RANDOMNESS`; errors of group 300
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_advertise(
    client: *mut cloak_client,
    rng: *const cloak_rng,
    message: *const u8,
    message_length: usize,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let mut generator = unsafe { Generator::new(rng) }?;
        // SAFETY: header, "Pointers".
        let message = unsafe { slice(message, message_length) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?.apart_from(&extent(message))?;
        with_client!(exclusive client, client => {
            out.fill(|out| client.call(|client| client.advertise(message, &mut generator, out)))
        })
    })
}

/// Answers `keys` with a confirmation tag for each neighbour that takes part in this set-up.
///
/// @param message         the server's message
/// @param message_length  bytes of `message`
/// @param out             the answer
/// @param capacity        bytes that fit in `out`
/// @param length          bytes of the answer
/// @return `CLOAK_ERR_TOO_FEW_NEIGHBOURS`; `CLOAK_ERR_LOW_ORDER_KEY`, `CLOAK_ERR_MALFORMED` or `CLOAK_ERR_REPEATED_KEY` with the party whose fresh
///         key is bad; `CLOAK_ERR_NOT_IN_SET`; `CLOAK_ERR_OUT_OF_ORDER`; errors of group 300
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_confirm(
    client: *mut cloak_client,
    message: *const u8,
    message_length: usize,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let message = unsafe { slice(message, message_length) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?.apart_from(&extent(message))?;
        with_client!(exclusive client, client => out.fill(|out| client.call(|client| client.confirm(message, out))))
    })
}

/// Takes `confirmations`. The client then takes part in no round with a neighbour that did not confirm.
///
/// @param message         the server's message
/// @param message_length  bytes of `message`
/// @param unconfirmed     how many neighbours of this set-up did not confirm: `cloak_client_unconfirmed` names them
/// @return `CLOAK_ERR_OUT_OF_ORDER`; errors of group 300. A tag that does not verify is no error: it leaves its sender unconfirmed.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_accept(
    client: *mut cloak_client,
    message: *const u8,
    message_length: usize,
    unconfirmed: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let message = unsafe { slice(message, message_length) }?;
        // SAFETY: header, "Pointers".
        let unconfirmed = unsafe { Out::new(unconfirmed) }?;
        with_client!(exclusive client, client => {
            unconfirmed.write(client.call(|client| client.accept(message))?);
            Ok(())
        })
    })
}

/// cbindgen:ptrs-as-arrays=[[context_hash; 32]]
/// Joins the round that `begin` announces. An earlier round that is still open is closed.
///
/// @param message         the server's message
/// @param message_length  bytes of `message`
/// @param context_hash    SHA-256 of what this client received for the round (global model and settings), computed by its host; 32 bytes
/// @return `CLOAK_ERR_WRONG_ROUND` unless the number is above the last one and within the run's; `CLOAK_ERR_WRONG_CONTEXT`;
///         `CLOAK_ERR_NOT_IN_SET`; `CLOAK_ERR_TOO_FEW_INPUTS`; `CLOAK_ERR_TOO_FEW_NEIGHBOURS`; `CLOAK_ERR_NOT_CONFIRMED` with the neighbour whose
///         keys are not confirmed; `CLOAK_ERR_OUT_OF_ORDER` before set-up is complete; errors of group 300
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_begin(
    client: *mut cloak_client,
    message: *const u8,
    message_length: usize,
    context_hash: *const u8,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let message = unsafe { slice(message, message_length) }?;
        // SAFETY: header, "Pointers".
        let context_hash = unsafe { array::<CLOAK_HASH_SIZE>(context_hash) }?;
        with_client!(exclusive client, client => Ok(client.call(|client| client.begin(message, &context_hash))?))
    })
}

/// Answers `survivors` with the round mask keys of the neighbours that left and an acknowledgement for each neighbour that is left.
///
/// The answer hands mask keys out: it is secret on its way to the server.
///
/// @param message         the server's message
/// @param message_length  bytes of `message`
/// @param out             the answer
/// @param capacity        bytes that fit in `out`
/// @param length          bytes of the answer
/// @return `CLOAK_ERR_TOO_MANY_PASSES`; `CLOAK_ERR_WRONG_SET` when the previous set is not the last one accepted;
///         `CLOAK_ERR_SET_NOT_NESTED`; `CLOAK_ERR_NOT_IN_SET`; `CLOAK_ERR_TOO_FEW_INPUTS`; `CLOAK_ERR_TOO_FEW_NEIGHBOURS`;
///         `CLOAK_ERR_NO_RECOVERY`; `CLOAK_ERR_OUT_OF_ORDER`; errors of group 300
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_acknowledge(
    client: *mut cloak_client,
    message: *const u8,
    message_length: usize,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let message = unsafe { slice(message, message_length) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?.apart_from(&extent(message))?;
        with_client!(exclusive client, client => out.fill(|out| client.call(|client| client.acknowledge(message, out))))
    })
}

/// Answers `open` with the shares of its neighbours' seeds and closes the round. A share that does not decrypt is left out.
///
/// @param message         the server's message
/// @param message_length  bytes of `message`
/// @param out             the answer
/// @param capacity        bytes that fit in `out`
/// @param length          bytes of the answer
/// @return `CLOAK_ERR_WRONG_SET` unless the set is the last one accepted; `CLOAK_ERR_TOO_FEW_ACKNOWLEDGEMENTS` when it is not that of all
///         participants and fewer than t neighbours acknowledged it; `CLOAK_ERR_OUT_OF_ORDER`; errors of group 300
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_unmask(
    client: *mut cloak_client,
    message: *const u8,
    message_length: usize,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let message = unsafe { slice(message, message_length) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?.apart_from(&extent(message))?;
        with_client!(exclusive client, client => out.fill(|out| client.call(|client| client.unmask(message, out))))
    })
}

/// Takes `finished`: the round is over.
///
/// @param message         the server's message
/// @param message_length  bytes of `message`
/// @param outcome         0, or the status for which the round was aborted
/// @return `CLOAK_ERR_WRONG_ROUND` for another round than the present one; `CLOAK_ERR_OUT_OF_ORDER` outside a round; errors of group 300
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_finish(
    client: *mut cloak_client,
    message: *const u8,
    message_length: usize,
    outcome: *mut u32,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let message = unsafe { slice(message, message_length) }?;
        // SAFETY: header, "Pointers".
        let outcome = unsafe { Out::new(outcome) }?;
        with_client!(exclusive client, client => {
            outcome.write(client.call(|client| client.finish(message))?);
            Ok(())
        })
    })
}
