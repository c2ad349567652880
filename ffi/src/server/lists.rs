//! Who is where: lists of ids, by ascending id.

use alloc::vec::Vec;

use cloakwork_core::secagg::Server;

use crate::boundary::boundary;
use crate::handle;
use crate::pointer::Buffer;
use crate::server::cloak_server;
use crate::status::cloak_status;

/// Ids of the members whose message the present step still waits for.
///
/// @param out       the ids
/// @param capacity  ids that fit in `out`
/// @param count     number of ids
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_waiting(
    server: *const cloak_server,
    out: *mut u64,
    capacity: usize,
    count: *mut usize,
) -> cloak_status {
    // SAFETY: header, "Handles" and "Pointers".
    unsafe { list(server, out, capacity, count, Server::waiting) }
}

/// Ids of the members with confirmed keys, who can take part in a round.
///
/// @param out       the ids
/// @param capacity  ids that fit in `out`
/// @param count     number of ids
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_confirmed(
    server: *const cloak_server,
    out: *mut u64,
    capacity: usize,
    count: *mut usize,
) -> cloak_status {
    // SAFETY: header, "Handles" and "Pointers".
    unsafe { list(server, out, capacity, count, Server::confirmed) }
}

/// Ids of the participants of the last round begun.
///
/// @param out       the ids
/// @param capacity  ids that fit in `out`
/// @param count     number of ids
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_participants(
    server: *const cloak_server,
    out: *mut u64,
    capacity: usize,
    count: *mut usize,
) -> cloak_status {
    // SAFETY: header, "Handles" and "Pointers".
    unsafe { list(server, out, capacity, count, Server::participants) }
}

/// Ids of the participants that are left in the last round begun: those whose inputs the sum holds.
///
/// @param out       the ids
/// @param capacity  ids that fit in `out`
/// @param count     number of ids
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_survivors(
    server: *const cloak_server,
    out: *mut u64,
    capacity: usize,
    count: *mut usize,
) -> cloak_status {
    // SAFETY: header, "Handles" and "Pointers".
    unsafe { list(server, out, capacity, count, Server::survivors) }
}

/// Writes one of the lists.
///
/// # Safety
/// Header, "Handles" for `server`, "Pointers" for the others.
unsafe fn list(
    server: *const cloak_server,
    out: *mut u64,
    capacity: usize,
    count: *mut usize,
    ids: impl FnOnce(&Server) -> Vec<u64>,
) -> cloak_status {
    boundary(|| {
        // SAFETY: the caller's obligation.
        let server = unsafe { handle::shared(server) }?;
        // SAFETY: the caller's obligation.
        let out = unsafe { Buffer::new(out, capacity, count) }?;
        out.copy(&ids(&server.server))
    })
}
