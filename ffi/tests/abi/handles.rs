//! Handles that are of another kind, ended, or in use are refused.

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use cloakwork::channel::*;
use cloakwork::client::state::*;
use cloakwork::client::steps::*;
use cloakwork::client::*;
use cloakwork::identity::*;
use cloakwork::opening::*;
use cloakwork::rng::cloak_rng;
use cloakwork::run::*;
use cloakwork::segment::*;
use cloakwork::server::lists::*;
use cloakwork::server::*;
use cloakwork::status::cloak_status::{self, *};

use crate::support::*;

fn small() -> World {
    World::new(3, &config(2), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)])
}

/// One function of each kind of handle that reads it, as functions of an untyped pointer.
type Reader = (&'static str, fn(*const c_void) -> cloak_status);

const READERS: [Reader; 5] = [
    ("identity", |handle| unsafe { cloak_identity_public_key(handle.cast(), [0; 32].as_mut_ptr()) }),
    ("channel", |handle| {
        let request = request();
        unsafe { cloak_channel_mac(handle.cast(), &request, [0; 32].as_mut_ptr()) }
    }),
    ("run", |handle| unsafe { cloak_run_hash(handle.cast(), [0; 32].as_mut_ptr()) }),
    ("client", |handle| {
        let mut info = cloak_client_info { id: 0, state: 0, epoch: 0, round: 0, neighbours: 0 };
        unsafe { cloak_client_get_info(handle.cast(), &mut info) }
    }),
    ("server", |handle| {
        let mut count = 0;
        let mut ids = [0; 8];
        unsafe { cloak_server_waiting(handle.cast(), ids.as_mut_ptr(), ids.len(), &mut count) }
    }),
];

pub fn request() -> cloak_request {
    cloak_request {
        counter: 1,
        method: b"GET".as_ptr(),
        method_length: 3,
        path: null(),
        path_length: 0,
        query: null(),
        query_length: 0,
        run: null(),
        body_hash: [0; 32],
        direction: CLOAK_DIRECTION_REQUEST,
    }
}

#[test]
fn a_handle_serves_its_own_kind_only() {
    let world = small();
    let channel = channel(world.identities[0], CLOAK_SIDE_CLIENT, &public_key(world.identities[1]));
    let handles: [(&str, *const c_void); 5] = [
        ("identity", world.identities[0].cast()),
        ("channel", channel.cast()),
        ("run", world.run.cast()),
        ("client", world.clients[0].cast()),
        ("server", world.server.cast()),
    ];
    for (kind, handle) in handles {
        for (reader, read) in READERS {
            let expected = if kind == reader { CLOAK_OK } else { CLOAK_ERR_WRONG_HANDLE };
            assert_eq!(read(handle), expected, "{kind} read as {reader}");
        }
    }
    // A handle of another kind is not freed either: it goes on working.
    unsafe {
        cloak_client_free(world.server.cast());
        cloak_server_free(world.run.cast());
        cloak_run_free(world.identities[0].cast());
        cloak_identity_free(channel.cast());
        cloak_channel_free(world.clients[0].cast());
        cloak_opening_free(world.server.cast());
    }
    for (kind, handle) in handles {
        let (_, read) = READERS.into_iter().find(|(reader, _)| *reader == kind).unwrap();
        assert_eq!(read(handle), CLOAK_OK, "{kind}");
    }
    unsafe { cloak_channel_free(channel) };
}

#[test]
fn memory_that_is_no_handle_is_refused() {
    let mut memory = [0x41u64; 64];
    let start = memory.as_mut_ptr().cast::<u8>();
    for (reader, read) in READERS {
        assert_eq!(read(start.cast()), CLOAK_ERR_WRONG_HANDLE, "{reader}");
        assert_eq!(read(null()), CLOAK_ERR_NULL_POINTER, "{reader}");
        let odd = start.wrapping_add(1);
        assert_eq!(read(odd.cast()), CLOAK_ERR_MISALIGNED, "{reader}");
    }
}

#[test]
fn ending_nothing_does_nothing() {
    unsafe {
        cloak_identity_free(null_mut());
        cloak_channel_free(null_mut());
        cloak_run_free(null_mut());
        cloak_client_free(null_mut());
        cloak_server_free(null_mut());
        cloak_opening_free(null_mut());
        assert_eq!(cloak_identity_wipe(null_mut()), CLOAK_OK);
        assert_eq!(cloak_channel_wipe(null_mut()), CLOAK_OK);
        assert_eq!(cloak_client_wipe(null_mut()), CLOAK_OK);
    }
}

#[test]
fn objects_outlive_what_they_were_made_from() {
    let mut world = small();
    unsafe { cloak_run_free(core::mem::replace(&mut world.run, null_mut())) };
    for identity in world.identities.drain(..) {
        unsafe { cloak_identity_free(identity) };
    }
    world.set_up();
    world.begin();
}

/// A generator that uses the client that asked it.
struct Meddler {
    client: *mut cloak_client,
    found: Vec<cloak_status>,
}

unsafe extern "C" fn meddle(userdata: *mut c_void, out: *mut u8, length: usize) -> i32 {
    let meddler = unsafe { &mut *userdata.cast::<Meddler>() };
    let mut info = cloak_client_info { id: 0, state: 0, epoch: 0, round: 0, neighbours: 0 };
    let mut count = 0;
    meddler.found.push(unsafe { cloak_client_get_info(meddler.client, &mut info) });
    meddler.found.push(unsafe { cloak_client_accept(meddler.client, null(), 0, &mut count) });
    unsafe { cloak_client_free(meddler.client) };
    for place in 0..length {
        unsafe { out.add(place).write(place.to_le_bytes()[0]) };
    }
    0
}

#[test]
fn a_callback_cannot_use_the_handle_of_its_call() {
    let world = small();
    let mut epoch = 0;
    assert_eq!(unsafe { cloak_server_invite(world.server, &mut epoch) }, CLOAK_OK);
    let message = world.message(0);
    let mut meddler = Meddler { client: world.clients[0], found: Vec::new() };
    let rng = cloak_rng { fill: Some(meddle), userdata: (&raw mut meddler).cast() };
    let mut out = [0; 200];
    let mut length = 0;
    let status = unsafe {
        cloak_client_advertise(
            world.clients[0],
            &rng,
            message.as_ptr(),
            message.len(),
            out.as_mut_ptr(),
            out.len(),
            &mut length,
        )
    };
    assert_eq!(status, CLOAK_OK);
    assert_eq!(meddler.found, [CLOAK_ERR_BUSY, CLOAK_ERR_BUSY]);
    assert_eq!(world.state(0), cloak_client_state::CLOAK_CLIENT_ADVERTISED as i32);
    world.receive(0, &out[..length]);
}

#[test]
fn threads_share_what_only_reads() {
    struct Shared(*const cloak_run);
    // Reading a run from several threads at once is what the header allows.
    unsafe impl Sync for Shared {}
    let world = small();
    let shared = Shared(world.run);
    let mut expected = [0; 32];
    assert_eq!(unsafe { cloak_run_hash(world.run, expected.as_mut_ptr()) }, CLOAK_OK);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let shared = &shared;
            scope.spawn(move || {
                for _ in 0..100 {
                    let mut hash = [0; 32];
                    assert_eq!(unsafe { cloak_run_hash(shared.0, hash.as_mut_ptr()) }, CLOAK_OK);
                    assert_eq!(hash, expected);
                }
            });
        }
    });
}
