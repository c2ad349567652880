//! Channels: the MACs of requests between a client and its server.

use core::ffi::c_void;

use cloakwork_core::agreement::{ChannelKey, Direction, PublicKey, Request, Side};

use crate::boundary::boundary;
use crate::handle::{self, Cell, Opaque, kind};
use crate::identity::cloak_identity;
use crate::pointer::{Out, array, out_array, slice, value};
use crate::sizes::{CLOAK_ALIGN, CLOAK_KEY_SIZE, CLOAK_MAC_SIZE, CLOAK_RUN_ID_SIZE};
use crate::status::{Checked, cloak_status};

/// The secret that a client and its server share for the MACs of their requests.
#[derive(Debug)]
pub struct cloak_channel {
    _opaque: (),
}

impl Opaque for cloak_channel {
    type Object = ChannelKey;
    const KIND: u32 = kind(b"CWc");
}

/// Bytes of memory that a channel needs, at most, on any target.
pub const CLOAK_CHANNEL_SIZE: usize = 48;

const _: () = assert!(size_of::<Cell<ChannelKey>>() <= CLOAK_CHANNEL_SIZE);
const _: () = assert!(align_of::<Cell<ChannelKey>>() <= CLOAK_ALIGN);

/// `side` of `cloak_channel_new`: this identity sends requests.
pub const CLOAK_SIDE_CLIENT: u8 = 0;
/// `side` of `cloak_channel_new`: this identity answers them.
pub const CLOAK_SIDE_SERVER: u8 = 1;

/// `cloak_request.direction`: from the client to the server.
pub const CLOAK_DIRECTION_REQUEST: u8 = 0;
/// `cloak_request.direction`: from the server to the client.
pub const CLOAK_DIRECTION_RESPONSE: u8 = 1;

/// What a MAC covers. A response repeats the path, query, run and counter of its request.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_request {
    /// Rises with each new request of the client.
    pub counter: u64,
    /// The method in upper case; in a response the three digits of the status, a space, and the MAC of the request in hex digits
    /// (protocol document, section 9).
    pub method: *const u8,
    /// Bytes of `method`.
    pub method_length: usize,
    /// The raw bytes of the path.
    pub path: *const u8,
    /// Bytes of `path`.
    pub path_length: usize,
    /// The raw bytes of the query, without the question mark.
    pub query: *const u8,
    /// Bytes of `query`.
    pub query_length: usize,
    /// The run id that the path names, `CLOAK_RUN_ID_SIZE` bytes; NULL if it names none.
    pub run: *const u8,
    /// SHA-256 of the body.
    pub body_hash: [u8; 32],
    /// `CLOAK_DIRECTION_REQUEST` or `CLOAK_DIRECTION_RESPONSE`.
    pub direction: u8,
}

/// cbindgen:ptrs-as-arrays=[[peer; 32]]
/// The channel between an identity and the pinned key of the other side.
///
/// Hosts only. The caller ends it with `cloak_channel_free`.
///
/// @param identity  the own identity; it may be freed while the channel lives
/// @param side      `CLOAK_SIDE_CLIENT` or `CLOAK_SIDE_SERVER`: what the own identity is
/// @param peer      public key of the other side, 32 bytes
/// @param out       the channel
/// @return `CLOAK_ERR_LOW_ORDER_KEY`; `CLOAK_ERR_MALFORMED` for a key in another than its canonical spelling; `CLOAK_ERR_REPEATED_KEY` for the
///         own key
#[cfg(feature = "std")]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_channel_new(
    identity: *const cloak_identity,
    side: u8,
    peer: *const u8,
    out: *mut *mut cloak_channel,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Handles" and "Pointers".
        let channel = unsafe { agree(identity, side, peer) }?;
        out.write(handle::allocate(channel)?.as_ptr());
        Ok(())
    })
}

/// Ends a channel that came from `cloak_channel_new` and wipes its key. NULL is fine.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_channel_free(channel: *mut cloak_channel) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { handle::end(channel) });
}

/// Bytes of memory for `cloak_channel_init`: `CLOAK_CHANNEL_SIZE`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_channel_size() -> usize {
    CLOAK_CHANNEL_SIZE
}

/// cbindgen:ptrs-as-arrays=[[peer; 32]]
/// As `cloak_channel_new`, in memory of the caller, who ends it with `cloak_channel_wipe`.
///
/// @param memory    at least `cloak_channel_size` bytes, aligned to `cloak_align`
/// @param length    bytes of `memory`
/// @param identity  the own identity; it may be wiped while the channel lives
/// @param side      `CLOAK_SIDE_CLIENT` or `CLOAK_SIDE_SERVER`: what the own identity is
/// @param peer      public key of the other side, 32 bytes
/// @param out       the channel; it lies in `memory`
/// @return as `cloak_channel_new`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_channel_init(
    memory: *mut c_void,
    length: usize,
    identity: *const cloak_identity,
    side: u8,
    peer: *const u8,
    out: *mut *mut cloak_channel,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Handles" and "Pointers".
        let channel = || unsafe { agree(identity, side, peer) };
        // SAFETY: header, "Memory of the caller".
        let channel = unsafe { handle::initialise::<cloak_channel>(memory, length, CLOAK_CHANNEL_SIZE, channel) }?;
        out.write(channel.as_ptr());
        Ok(())
    })
}

/// Ends a channel in memory of the caller and wipes that memory. NULL is fine.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_channel_wipe(channel: *mut cloak_channel) -> cloak_status {
    // SAFETY: header, "Handles".
    boundary(|| unsafe { handle::end(channel) })
}

/// cbindgen:ptrs-as-arrays=[[out; 32]]
/// The MAC of a request or response.
///
/// @param request  what it covers
/// @param out      the MAC, 32 bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_channel_mac(
    channel: *const cloak_channel,
    request: *const cloak_request,
    out: *mut u8,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let channel = unsafe { handle::shared(channel) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { out_array::<CLOAK_MAC_SIZE>(out) }?;
        // SAFETY: header, "Pointers".
        let request = unsafe { Covered::new(request) }?;
        out.write(channel.mac(&request.get())?);
        Ok(())
    })
}

/// cbindgen:ptrs-as-arrays=[[mac; 32]]
/// Checks the MAC of a request or response.
///
/// @param request  what it covers
/// @param mac      the MAC that came with it, 32 bytes
/// @return `CLOAK_ERR_NOT_AUTHENTIC` when it is another
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_channel_verify(
    channel: *const cloak_channel,
    request: *const cloak_request,
    mac: *const u8,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let channel = unsafe { handle::shared(channel) }?;
        // SAFETY: header, "Pointers".
        let mac = unsafe { array::<CLOAK_MAC_SIZE>(mac) }?;
        // SAFETY: header, "Pointers".
        let request = unsafe { Covered::new(request) }?;
        channel.verify(&request.get(), &mac)?;
        Ok(())
    })
}

/// The key of a channel.
///
/// # Safety
/// Header, "Handles" for `identity` and "Pointers" for `peer`.
unsafe fn agree(identity: *const cloak_identity, side: u8, peer: *const u8) -> Checked<ChannelKey> {
    // SAFETY: the caller's obligation.
    let identity = unsafe { handle::shared(identity) }?;
    // SAFETY: the caller's obligation.
    let peer = PublicKey::from_bytes(unsafe { array::<CLOAK_KEY_SIZE>(peer) }?);
    let side = match side {
        CLOAK_SIDE_CLIENT => Side::Client,
        CLOAK_SIDE_SERVER => Side::Server,
        _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
    };
    Ok(ChannelKey::new(identity, side, &peer)?)
}

/// The parts of a request with their pointers turned into slices.
struct Covered<'a> {
    direction: Direction,
    method: &'a [u8],
    path: &'a [u8],
    query: &'a [u8],
    body_hash: [u8; 32],
    run: Option<[u8; CLOAK_RUN_ID_SIZE]>,
    counter: u64,
}

impl<'a> Covered<'a> {
    /// Reads the parts.
    ///
    /// # Safety
    /// Header, "Pointers" for `request` and for the parts that it points to.
    unsafe fn new(request: *const cloak_request) -> Checked<Self> {
        // SAFETY: the caller's obligation; the fields have every bit pattern.
        let request = unsafe { value(request) }?;
        let direction = match request.direction {
            CLOAK_DIRECTION_REQUEST => Direction::Request,
            CLOAK_DIRECTION_RESPONSE => Direction::Response,
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        };
        // SAFETY: the caller's obligation.
        let method = unsafe { slice(request.method, request.method_length) }?;
        // SAFETY: the caller's obligation.
        let path = unsafe { slice(request.path, request.path_length) }?;
        // SAFETY: the caller's obligation.
        let query = unsafe { slice(request.query, request.query_length) }?;
        let run = if request.run.is_null() {
            None
        } else {
            // SAFETY: the caller's obligation.
            Some(unsafe { array(request.run) }?)
        };
        Ok(Self { direction, method, path, query, body_hash: request.body_hash, run, counter: request.counter })
    }

    const fn get(&self) -> Request<'_> {
        Request {
            direction: self.direction,
            method: self.method,
            path: self.path,
            query: self.query,
            body_hash: &self.body_hash,
            run: self.run.as_ref(),
            counter: self.counter,
        }
    }
}
