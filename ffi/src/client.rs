//! The client: a member of a run, on the heap or in memory of the caller.
//!
//! A client has room for 16, 128 or 1024 neighbours; the run decides which. Bare metal has the smallest alone, and the next with the feature
//! `neighbours-128`.

pub mod steps;

pub mod mask;
pub mod run;
pub mod state;

use core::ffi::c_void;
use core::ptr::NonNull;

use cloakwork_core::Error;
#[cfg(not(feature = "saved"))]
use cloakwork_core::ErrorKind;
use cloakwork_core::agreement::Identity;
use cloakwork_core::secagg::Client;
#[cfg(any(feature = "saved", feature = "neighbours-128"))]
use cloakwork_core::secagg::Run;

use crate::boundary::boundary;
use crate::error::{Report, cloak_error};
use crate::handle::{self, Cell, Exclusive, Opaque};
use crate::identity::cloak_identity;
use crate::pointer::{Out, slice};
use crate::roster::{Reader, cloak_roster};
#[cfg(feature = "std")]
use crate::run::{RunObject, cloak_run};
use crate::sizes::CLOAK_ALIGN;
use crate::status::{Checked, cloak_status};

/// A member of a run: keys, and where it stands in set-up and round.
#[derive(Debug)]
pub struct cloak_client {
    _opaque: (),
}

/// Bytes of memory that a client with up to 16 neighbours needs, at most, on any target.
pub const CLOAK_CLIENT_SIZE_16: usize = 3072;
/// Bytes of memory that a client with up to 128 neighbours needs, at most, on any target.
pub const CLOAK_CLIENT_SIZE_128: usize = 16384;
/// Bytes of memory that a client with up to 1024 neighbours needs, at most, on any target.
pub const CLOAK_CLIENT_SIZE_1024: usize = 122880;

/// A client with room for `K` neighbours, as the handle machinery knows it.
pub(crate) struct Room<const K: usize>;

impl<const K: usize> Opaque for Room<K> {
    type Object = ClientObject<K>;
    const KIND: u32 = handle::kind(&[b'C', b'k', K.trailing_zeros().to_le_bytes()[0]]);
}

/// What a client handle holds.
#[derive(Debug)]
pub(crate) struct ClientObject<const K: usize> {
    client: Client<K>,
    last_error: Option<Error>,
}

impl<const K: usize> Exclusive<'_, Room<K>> {
    /// Runs one call of the client and keeps what went wrong.
    fn call<T>(&mut self, call: impl FnOnce(&mut Client<K>) -> Result<T, Error>) -> Result<T, Error> {
        let result = call(&mut self.client);
        self.last_error = result.as_ref().err().copied();
        result
    }
}

/// Runs `$body` with the client behind a handle, whatever its room; `shared` for calls that read, `exclusive` for calls that change it.
macro_rules! with_client {
    ($access:ident $handle:ident, $client:ident => $body:expr) => {
        // SAFETY: header, "Handles".
        match unsafe { $crate::handle::kind_of($handle) }? {
            $crate::client::KIND_16 => $crate::client::with_client!(@ 16, $access $handle, $client => $body),
            #[cfg(any(feature = "std", feature = "neighbours-128"))]
            $crate::client::KIND_128 => $crate::client::with_client!(@ 128, $access $handle, $client => $body),
            #[cfg(feature = "std")]
            $crate::client::KIND_1024 => $crate::client::with_client!(@ 1024, $access $handle, $client => $body),
            _ => Err($crate::status::cloak_status::CLOAK_ERR_WRONG_HANDLE),
        }
    };
    (@ $room:literal, shared $handle:ident, $client:ident => $body:expr) => {{
        // SAFETY: header, "Handles".
        let $client = unsafe { $crate::handle::shared($handle.cast::<$crate::client::Room<$room>>()) }?;
        $body
    }};
    (@ $room:literal, exclusive $handle:ident, $client:ident => $body:expr) => {{
        // SAFETY: header, "Handles".
        let mut $client = unsafe { $crate::handle::exclusive($handle.cast::<$crate::client::Room<$room>>()) }?;
        $body
    }};
}

pub(crate) use with_client;

const KIND_16: u32 = Room::<16>::KIND;
#[cfg(any(feature = "std", feature = "neighbours-128"))]
const KIND_128: u32 = Room::<128>::KIND;
#[cfg(feature = "std")]
const KIND_1024: u32 = Room::<1024>::KIND;

const _: () = assert!(size_of::<Cell<ClientObject<16>>>() <= CLOAK_CLIENT_SIZE_16);
const _: () = assert!(size_of::<Cell<ClientObject<128>>>() <= CLOAK_CLIENT_SIZE_128);
const _: () = assert!(size_of::<Cell<ClientObject<1024>>>() <= CLOAK_CLIENT_SIZE_1024);
const _: () = assert!(align_of::<Cell<ClientObject<16>>>() <= CLOAK_ALIGN);

/// A member of a run for an identity that is in its roster.
///
/// Hosts only. The caller ends it with `cloak_client_free`.
///
/// @param run       the run; it may be freed while the client lives
/// @param identity  the own identity; it may be freed while the client lives
/// @param out       the client
/// @param error     NULL, or where to report whom an error concerns
/// @return `CLOAK_ERR_UNKNOWN_PARTY` when the identity is not in the roster; `CLOAK_ERR_INVALID_ROSTER` with the party when it is there twice
///         or two neighbours have one key; `CLOAK_ERR_LOW_ORDER_KEY` or `CLOAK_ERR_MALFORMED` with the neighbour whose key must not be used;
///         `CLOAK_ERR_CAPACITY_EXCEEDED` for a run with more than 1024 neighbours
#[cfg(feature = "std")]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_new(
    run: *const cloak_run,
    identity: *const cloak_identity,
    out: *mut *mut cloak_client,
    error: *mut cloak_error,
) -> cloak_status {
    // SAFETY: header, "Handles" and "Pointers".
    boundary(|| unsafe { on_heap(run, identity, None, out, error) })
}

/// The client whose state `cloak_client_save` gave.
///
/// Hosts only. The caller ends it with `cloak_client_free`.
///
/// @param run           the run; it may be freed while the client lives
/// @param identity      the own identity; it may be freed while the client lives
/// @param saved         the state
/// @param saved_length  bytes of `saved`
/// @param out           the client
/// @param error         NULL, or where to report whom an error concerns
/// @return as `cloak_client_new`; `CLOAK_ERR_WRONG_RUN` or `CLOAK_ERR_NOT_PINNED` for the state of another run or identity;
///         `CLOAK_ERR_MALFORMED` or `CLOAK_ERR_NON_CANONICAL` for other bytes
#[cfg(feature = "std")]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_load(
    run: *const cloak_run,
    identity: *const cloak_identity,
    saved: *const u8,
    saved_length: usize,
    out: *mut *mut cloak_client,
    error: *mut cloak_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let saved = unsafe { slice(saved, saved_length) }?;
        // SAFETY: header, "Handles" and "Pointers".
        unsafe { on_heap(run, identity, Some(saved), out, error) }
    })
}

/// Ends a client that came from `cloak_client_new` or `cloak_client_load` and wipes its keys. NULL is fine.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_free(client: *mut cloak_client) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { end(client) });
}

/// Bytes of memory for `cloak_client_init` of a client with so many neighbours; 0 for more than this library serves.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_client_size(neighbours: u32) -> usize {
    match neighbours {
        ..=16 => CLOAK_CLIENT_SIZE_16,
        #[cfg(any(feature = "std", feature = "neighbours-128"))]
        ..=128 => CLOAK_CLIENT_SIZE_128,
        #[cfg(feature = "std")]
        ..=1024 => CLOAK_CLIENT_SIZE_1024,
        _ => 0,
    }
}

/// A client in memory of the caller, who ends it with `cloak_client_wipe`: a new one, or the one whose state `cloak_client_save` gave.
///
/// @param memory              at least `cloak_client_size` bytes for the neighbours of the run, aligned to `cloak_align`
/// @param length              bytes of `memory`
/// @param identity            the own identity; it may be wiped while the client lives
/// @param description         the run description; it is not needed afterwards
/// @param description_length  bytes of `description`
/// @param roster              where the members are read from
/// @param saved               the state; NULL for a new client; a library that was built without states refuses others: `CLOAK_ERR_UNSUPPORTED`
/// @param saved_length        bytes of `saved`
/// @param out                 the client; it lies in `memory`, which is wiped when it cannot be made
/// @param error               NULL, or where to report whom an error concerns
/// @return as `cloak_client_load`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_init(
    memory: *mut c_void,
    length: usize,
    identity: *const cloak_identity,
    description: *const u8,
    description_length: usize,
    roster: *const cloak_roster,
    saved: *const u8,
    saved_length: usize,
    out: *mut *mut cloak_client,
    error: *mut cloak_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let identity = unsafe { handle::shared(identity) }?;
        // SAFETY: header, "Pointers".
        let description = unsafe { slice(description, description_length) }?;
        // SAFETY: header, "Pointers".
        let roster = unsafe { Reader::new(roster) }?;
        // SAFETY: header, "Pointers".
        let saved = unsafe { slice(saved, saved_length) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let report = unsafe { Report::new(error) }?;
        let saved = (!saved.is_empty()).then_some(saved);
        let memory = (memory, length);
        let new = Ingredients { identity, description, roster, saved };
        // SAFETY: header, "Memory of the caller".
        #[cfg(not(any(feature = "std", feature = "neighbours-128")))]
        let client = unsafe { new.in_place::<16>(memory, &report) }?;
        #[cfg(any(feature = "std", feature = "neighbours-128"))]
        let client = match report.on(Run::decode(description))?.graph().degree() {
            // SAFETY: header, "Memory of the caller".
            #[cfg(feature = "std")]
            129.. => unsafe { new.in_place::<1024>(memory, &report) },
            // SAFETY: header, "Memory of the caller".
            17.. => unsafe { new.in_place::<128>(memory, &report) },
            // SAFETY: header, "Memory of the caller".
            _ => unsafe { new.in_place::<16>(memory, &report) },
        }?;
        out.write(client.as_ptr());
        Ok(())
    })
}

/// Ends a client in memory of the caller and wipes that memory. NULL is fine.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_wipe(client: *mut cloak_client) -> cloak_status {
    // SAFETY: header, "Handles".
    boundary(|| unsafe { end(client) })
}

/// What a client in memory of the caller is made of.
struct Ingredients<'a> {
    identity: &'a Identity,
    description: &'a [u8],
    roster: Reader,
    saved: Option<&'a [u8]>,
}

impl Ingredients<'_> {
    /// Builds the client in memory of the caller: there, and not on the stack, which on a microcontroller has no room for it.
    ///
    /// # Safety
    /// Header, "Memory of the caller".
    unsafe fn in_place<const K: usize>(
        self,
        (memory, length): (*mut c_void, usize),
        report: &Report,
    ) -> Checked<NonNull<cloak_client>> {
        let size = cloak_client_size(u32::try_from(K).unwrap_or(u32::MAX));
        let identity = self.identity.duplicate();
        #[cfg(feature = "saved")]
        if let Some(saved) = self.saved {
            let restored = || {
                let client = Client::restore(identity, Run::decode(self.description)?, self.roster, saved)?;
                Ok(ClientObject { client, last_error: None })
            };
            // SAFETY: the caller's obligation.
            let client = unsafe { handle::initialise::<Room<K>>(memory, length, size, || report.on(restored())) };
            return Ok(client?.cast());
        }
        #[cfg(not(feature = "saved"))]
        if self.saved.is_some() {
            return report.on(Err(ErrorKind::Unsupported.into()));
        }
        let unjoined = || ClientObject { client: Client::<K>::unjoined(identity), last_error: None };
        // SAFETY: the caller's obligation.
        let client = unsafe { handle::make::<Room<K>>(memory, length, size, unjoined) }?;
        // SAFETY: it has just been made, and nobody else has it.
        let joined = unsafe { handle::exclusive(client.as_ptr()) }?.client.join(self.description, self.roster);
        if joined.is_err() {
            // SAFETY: as above.
            unsafe { handle::end(client.as_ptr()) }?;
        }
        report.on(joined)?;
        Ok(client.cast())
    }
}

/// A client on the heap.
#[cfg(feature = "std")]
fn allocate<const K: usize>(
    identity: &Identity,
    run: &RunObject,
    saved: Option<&[u8]>,
    report: &Report,
) -> Checked<NonNull<cloak_client>> {
    let (identity, roster, run) = (identity.duplicate(), run.roster.as_slice(), run.run.clone());
    let client = report.on(match saved {
        None => Client::new(identity, run, roster),
        Some(saved) => Client::restore(identity, run, roster, saved),
    })?;
    Ok(handle::allocate::<Room<K>>(ClientObject { client, last_error: None })?.cast())
}

/// A client of a run that the library holds.
///
/// # Safety
/// Header, "Handles" for `run` and `identity`, "Pointers" for the others.
#[cfg(feature = "std")]
unsafe fn on_heap(
    run: *const cloak_run,
    identity: *const cloak_identity,
    saved: Option<&[u8]>,
    out: *mut *mut cloak_client,
    error: *mut cloak_error,
) -> Checked<()> {
    // SAFETY: the caller's obligation.
    let run = unsafe { handle::shared(run) }?;
    // SAFETY: the caller's obligation.
    let identity = unsafe { handle::shared(identity) }?;
    // SAFETY: the caller's obligation.
    let out = unsafe { Out::new(out) }?;
    // SAFETY: the caller's obligation.
    let report = unsafe { Report::new(error) }?;
    let client = match run.run.graph().degree() {
        129.. => allocate::<1024>(identity, run, saved, &report),
        17.. => allocate::<128>(identity, run, saved, &report),
        _ => allocate::<16>(identity, run, saved, &report),
    }?;
    out.write(client.as_ptr());
    Ok(())
}

/// Ends a client of any room.
///
/// # Safety
/// Header, "Handles".
unsafe fn end(client: *mut cloak_client) -> Checked<()> {
    if client.is_null() {
        return Ok(());
    }
    // SAFETY: the caller's obligation.
    match unsafe { handle::kind_of(client) }? {
        // SAFETY: the caller's obligation.
        KIND_16 => unsafe { handle::end(client.cast::<Room<16>>()) },
        // SAFETY: the caller's obligation.
        #[cfg(any(feature = "std", feature = "neighbours-128"))]
        KIND_128 => unsafe { handle::end(client.cast::<Room<128>>()) },
        // SAFETY: the caller's obligation.
        #[cfg(feature = "std")]
        KIND_1024 => unsafe { handle::end(client.cast::<Room<1024>>()) },
        _ => Err(cloak_status::CLOAK_ERR_WRONG_HANDLE),
    }
}
