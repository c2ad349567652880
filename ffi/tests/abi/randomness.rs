//! Generators that fail, stick, or are those of the operating system.

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use cloakwork::client::mask::*;
use cloakwork::client::state::*;
use cloakwork::client::steps::*;
use cloakwork::identity::*;
use cloakwork::rng::cloak_rng;
use cloakwork::segment::*;
use cloakwork::server::*;
use cloakwork::status::cloak_status::*;

use crate::support::*;

unsafe extern "C" fn fail(userdata: *mut c_void, out: *mut u8, length: usize) -> i32 {
    unsafe { out.write_bytes(0x5a, length >> 1) };
    // The answer that the test chose; any but 0 is a failure.
    unsafe { *userdata.cast::<i32>() }
}

unsafe extern "C" fn stick(_: *mut c_void, out: *mut u8, length: usize) -> i32 {
    unsafe { out.write_bytes(0, length) };
    0
}

/// Works a number of times, then fails.
struct Limited(Generator, u32);

unsafe extern "C" fn limited(userdata: *mut c_void, out: *mut u8, length: usize) -> i32 {
    let limited = unsafe { &mut *userdata.cast::<Limited>() };
    if limited.1 == 0 {
        return 1;
    }
    limited.1 -= 1;
    let out = unsafe { core::slice::from_raw_parts_mut(out, length) };
    out.fill_with(|| limited.0.next().to_le_bytes()[0]);
    0
}

#[test]
fn a_failing_generator_makes_no_identity() {
    for mut answer in [1, -1, i32::MIN, i32::MAX] {
        let rng = cloak_rng { fill: Some(fail), userdata: (&raw mut answer).cast() };
        let mut identity = null_mut();
        assert_eq!(unsafe { cloak_identity_new(&rng, &mut identity) }, CLOAK_ERR_RANDOMNESS);
        assert!(identity.is_null(), "outputs are written on success only");
    }
}

#[test]
fn a_stuck_generator_makes_no_identity() {
    let rng = cloak_rng { fill: Some(stick), userdata: null_mut() };
    assert_eq!(unsafe { cloak_identity_new(&rng, &mut null_mut()) }, CLOAK_ERR_RANDOMNESS);
}

#[test]
fn the_operating_system_gives_different_identities() {
    let identities = [0, 1].map(|_| object(|out| unsafe { cloak_identity_new(null(), out) }));
    assert_ne!(public_key(identities[0]), public_key(identities[1]));
    for identity in identities {
        unsafe { cloak_identity_free(identity) };
    }
}

/// Wherever the generator fails while a client masks, nothing is written, the client is as before, and masking succeeds later.
#[test]
fn masking_survives_a_generator_that_fails_at_any_draw() {
    let mut world = World::new(4, &config(3), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    world.set_up();
    world.begin();
    let numbers = [1.0; 4];
    let values = [values_f64(&numbers)];
    let client = world.clients[0];
    let mut failures = 0;
    for draws in 0..1000 {
        let mut source = Limited(Generator(5), draws);
        let rng = cloak_rng { fill: Some(limited), userdata: (&raw mut source).cast() };
        let mut out = vec![0xc3; 1000];
        let mut length = 4711;
        let status =
            unsafe { cloak_client_mask(client, &rng, values.as_ptr(), 1, out.as_mut_ptr(), out.len(), &mut length) };
        if status == CLOAK_OK {
            break;
        }
        assert_eq!((status, length), (CLOAK_ERR_RANDOMNESS, 4711));
        assert_eq!(world.state(0), cloak_client_state::CLOAK_CLIENT_BEGUN as i32);
        failures += 1;
    }
    assert!(failures >= 2, "seed and salt are drawn");
    assert_eq!(world.state(0), cloak_client_state::CLOAK_CLIENT_MASKED as i32);
}

#[test]
fn a_failing_generator_leaves_a_client_uninvited() {
    let world = World::new(3, &config(2), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    let mut epoch = 0;
    assert_eq!(unsafe { cloak_server_invite(world.server, &mut epoch) }, CLOAK_OK);
    let message = world.message(0);
    let mut answer = 1;
    let rng = cloak_rng { fill: Some(fail), userdata: (&raw mut answer).cast() };
    let (mut out, mut length) = ([0; 200], 0);
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
    assert_eq!(status, CLOAK_ERR_RANDOMNESS);
    assert_eq!(world.state(0), cloak_client_state::CLOAK_CLIENT_IDLE as i32);
}
