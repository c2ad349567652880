//! Where a client stands, and its state as bytes.

use cloakwork_core::secagg::ClientState;

use crate::boundary::boundary;
use crate::client::{cloak_client, with_client};
use crate::error::cloak_error;
use crate::pointer::{Buffer, Out};
use crate::status::cloak_status;

/// What a client can do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_client_state {
    /// Waits for an invitation to set-up.
    CLOAK_CLIENT_IDLE = 0,
    /// Has sent its fresh key, waits for those of its neighbours.
    CLOAK_CLIENT_ADVERTISED = 1,
    /// Has sent its tags, waits for those of its neighbours.
    CLOAK_CLIENT_CONFIRMING = 2,
    /// Waits for a round.
    CLOAK_CLIENT_READY = 3,
    /// A round has begun; the contribution is due.
    CLOAK_CLIENT_BEGUN = 4,
    /// Part of the contribution is masked.
    CLOAK_CLIENT_MASKING = 5,
    /// The contribution is masked; waits for survivors or for the set to open.
    CLOAK_CLIENT_MASKED = 6,
    /// Has acknowledged a surviving set.
    CLOAK_CLIENT_ACKNOWLEDGED = 7,
    /// Has answered the last question of the round.
    CLOAK_CLIENT_CLOSED = 8,
}

const _: () = assert!(cloak_client_state::CLOAK_CLIENT_IDLE as u8 == ClientState::Idle as u8);
const _: () = assert!(cloak_client_state::CLOAK_CLIENT_ADVERTISED as u8 == ClientState::Advertised as u8);
const _: () = assert!(cloak_client_state::CLOAK_CLIENT_CONFIRMING as u8 == ClientState::Confirming as u8);
const _: () = assert!(cloak_client_state::CLOAK_CLIENT_READY as u8 == ClientState::Ready as u8);
const _: () = assert!(cloak_client_state::CLOAK_CLIENT_BEGUN as u8 == ClientState::Begun as u8);
const _: () = assert!(cloak_client_state::CLOAK_CLIENT_MASKING as u8 == ClientState::Masking as u8);
const _: () = assert!(cloak_client_state::CLOAK_CLIENT_MASKED as u8 == ClientState::Masked as u8);
const _: () = assert!(cloak_client_state::CLOAK_CLIENT_ACKNOWLEDGED as u8 == ClientState::Acknowledged as u8);
const _: () = assert!(cloak_client_state::CLOAK_CLIENT_CLOSED as u8 == ClientState::Closed as u8);

/// Where a client stands.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_client_info {
    /// Its id in the roster.
    pub id: u64,
    /// One of `cloak_client_state`.
    pub state: i32,
    /// Set-up epoch that it joined last; 0 before the first.
    pub epoch: u32,
    /// Round that it joined last; 0 before the first.
    pub round: u32,
    /// Neighbours that it has in the run.
    pub neighbours: u32,
}

/// Where a client stands.
///
/// @param out  its id, state, epoch and round
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_get_info(
    client: *const cloak_client,
    out: *mut cloak_client_info,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        with_client!(shared client, client => {
            let client = &client.client;
            out.write(cloak_client_info {
                id: client.id(),
                state: client.state() as i32,
                epoch: client.epoch(),
                round: client.last_round(),
                neighbours: client.run().graph().degree(),
            });
            Ok(())
        })
    })
}

/// Ids of the neighbours whose keys are not confirmed in this epoch: absent, or possibly swapped on the way.
///
/// @param out       the ids, in the order of the roster
/// @param capacity  ids that fit in `out`
/// @param count     number of ids
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_unconfirmed(
    client: *const cloak_client,
    out: *mut u64,
    capacity: usize,
    count: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, count) }?;
        with_client!(shared client, client => out.copy_all(|| client.client.unconfirmed()))
    })
}

/// The state of a client as bytes, so that a restarted process goes on where it stopped.
///
/// The bytes are secret and belong in storage that only this party reads, that is durable and that does not go back to older states. Store them
/// after each step, before its answer leaves.
///
/// @param out       the state
/// @param capacity  bytes that fit in `out`
/// @param length    bytes of the state
/// @return `CLOAK_ERR_OUT_OF_ORDER` while a contribution is being masked piece by piece
#[cfg(feature = "saved")]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_save(
    client: *const cloak_client,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?;
        with_client!(shared client, client => out.fill(|out| client.client.save(out)))
    })
}

/// More about the last call that changed this client or failed to: whom the error concerns and which bound was missed.
///
/// Errors of the pointers (101 and 105 to 109) are not kept.
///
/// @param out  the error; its status is `CLOAK_OK` when that call succeeded
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_last_error(client: *const cloak_client, out: *mut cloak_error) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        with_client!(shared client, client => {
            out.write(client.last_error.map_or(cloak_error::NONE, cloak_error::from));
            Ok(())
        })
    })
}
