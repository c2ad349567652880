//! Inputs: NULL, lengths, alignment, and where (NULL, 0) is the empty vector.

use core::ffi::c_void;
use core::ptr::{dangling, null, null_mut};

use cloakwork::client::mask::*;
use cloakwork::client::steps::*;
use cloakwork::fingerprint::*;
use cloakwork::hash::cloak_sha256;
use cloakwork::identity::*;
use cloakwork::layout::*;
use cloakwork::message::*;
use cloakwork::plan::*;
use cloakwork::rng::cloak_rng;
use cloakwork::run::*;
use cloakwork::segment::*;
use cloakwork::server::*;
use cloakwork::status::cloak_status::*;
use cloakwork::values::*;

use crate::support::*;

#[test]
fn the_empty_vector_may_be_null() {
    let mut digest = [0; 32];
    assert_eq!(unsafe { cloak_sha256(null(), 0, digest.as_mut_ptr()) }, CLOAK_OK);
    // FIPS 180-4, the empty message.
    assert_eq!(digest[..4], [0xe3, 0xb0, 0xc4, 0x42]);
    assert_eq!(unsafe { cloak_sha256(null(), 1, digest.as_mut_ptr()) }, CLOAK_ERR_NULL_POINTER);
    assert_eq!(unsafe { cloak_sha256(b"abc".as_ptr(), 3, null_mut()) }, CLOAK_ERR_NULL_POINTER);
    let mut kind = 0;
    assert_eq!(unsafe { cloak_message_kind(null(), 0, &mut kind) }, CLOAK_ERR_MALFORMED);
}

#[test]
fn lengths_that_no_object_has_are_refused() {
    let mut digest = [0; 32];
    let byte = [0u8];
    for length in [isize::MAX.unsigned_abs() + 1, usize::MAX, usize::MAX - byte.as_ptr().addr() + 1] {
        assert_eq!(unsafe { cloak_sha256(byte.as_ptr(), length, digest.as_mut_ptr()) }, CLOAK_ERR_INVALID_LENGTH);
    }
    let config = config(2);
    let mut run = null_mut();
    let status =
        unsafe { cloak_run_new(&config, null(), dangling(), usize::MAX / 8, dangling(), 3, &mut run, null_mut()) };
    assert_eq!((status, run), (CLOAK_ERR_INVALID_LENGTH, null_mut()), "elements, not bytes");
}

#[test]
fn every_pointer_that_must_not_be_null_is_checked() {
    let world = World::new(3, &config(2), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    let key = [9u8; 32];
    let mut out = [0u8; 256];
    let mut length = 0usize;
    let mut number = 0u32;
    let config = config(2);
    let segments = [segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)];
    let members = [cloakwork::roster::cloak_member { id: 1, key }; 3];
    let message = [0u8; 4];
    let client = world.clients[0];
    let (run, server) = (world.run, world.server);
    let statuses = unsafe {
        [
            cloak_identity_new(null(), null_mut()),
            cloak_identity_from_bytes(null(), &mut null_mut()),
            cloak_identity_from_bytes(key.as_ptr(), null_mut()),
            cloak_identity_public_key(null(), out.as_mut_ptr()),
            cloak_identity_public_key(world.identities[0], null_mut()),
            cloak_identity_export(world.identities[0], null_mut()),
            cloak_fingerprint_encode(null(), out.as_mut_ptr().cast(), out.len()),
            cloak_fingerprint_encode(key.as_ptr(), null_mut(), 1),
            cloak_fingerprint_decode(null(), out.as_mut_ptr()),
            cloak_run_new(null(), null(), segments.as_ptr(), 1, members.as_ptr(), 3, &mut null_mut(), null_mut()),
            cloak_run_new(&config, null(), null(), 1, members.as_ptr(), 3, &mut null_mut(), null_mut()),
            cloak_run_new(&config, null(), segments.as_ptr(), 1, null(), 3, &mut null_mut(), null_mut()),
            cloak_run_new(&config, null(), segments.as_ptr(), 1, members.as_ptr(), 3, null_mut(), null_mut()),
            cloak_run_decode(null(), 1, null(), 0, &mut null_mut(), null_mut()),
            cloak_run_description(run, null_mut(), 1, &mut length),
            cloak_run_description(run, out.as_mut_ptr(), out.len(), null_mut()),
            cloak_run_get_config(run, null_mut()),
            cloak_run_segment(run, 0, null_mut()),
            cloak_plan(100, 0.05, 0.05, 1, 0, null_mut(), &mut number),
            cloak_plan(100, 0.05, 0.05, 1, 0, &mut number, null_mut()),
            cloak_client_advertise(client, null(), null(), 4, out.as_mut_ptr(), 256, &mut length),
            cloak_client_advertise(client, null(), message.as_ptr(), 4, null_mut(), 256, &mut length),
            cloak_client_advertise(client, null(), message.as_ptr(), 4, out.as_mut_ptr(), 256, null_mut()),
            cloak_client_begin(client, message.as_ptr(), 4, null()),
            cloak_client_mask(client, null(), null(), 1, out.as_mut_ptr(), 256, &mut length),
            cloak_client_masked_size(client, null_mut()),
            cloak_server_receive(server, 10, message.as_ptr(), 4, null_mut()),
            cloak_server_begin(server, null(), 1, key.as_ptr(), &mut number),
            cloak_server_begin(server, null(), 0, null(), &mut number),
            cloak_server_get_phase(server, null_mut()),
        ]
    };
    for (index, status) in statuses.into_iter().enumerate() {
        assert_eq!(status, CLOAK_ERR_NULL_POINTER, "call {index}");
    }
}

#[test]
fn a_generator_needs_its_function() {
    let rng = cloak_rng { fill: None, userdata: null_mut::<c_void>() };
    assert_eq!(unsafe { cloak_identity_new(&rng, &mut null_mut()) }, CLOAK_ERR_NULL_POINTER);
}

#[test]
fn misaligned_elements_are_refused() {
    let mut world = World::new(3, &config(2), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    world.set_up();
    world.begin();
    let numbers = [0u64; 8];
    let odd: *const c_void = numbers.as_ptr().cast::<u8>().wrapping_add(1).cast();
    let mut out = [0u64; 64];
    let mut length = 0;
    for kind in [
        cloak_type::CLOAK_F64,
        cloak_type::CLOAK_F32,
        cloak_type::CLOAK_I64,
        cloak_type::CLOAK_I32,
        cloak_type::CLOAK_U32,
        cloak_type::CLOAK_U64,
        cloak_type::CLOAK_U128,
    ] {
        let values = cloak_values { r#type: kind as i32, data: odd, length: 2 };
        let status = unsafe {
            cloak_client_mask(world.clients[0], null(), &values, 1, out.as_mut_ptr().cast(), 512, &mut length)
        };
        assert_eq!(status, CLOAK_ERR_MISALIGNED, "{kind:?}");
    }
    let odd_length = out.as_mut_ptr().cast::<u8>().wrapping_add(1).cast::<usize>();
    let status = unsafe { cloak_run_description(world.run, null_mut(), 0, odd_length) };
    assert_eq!(status, CLOAK_ERR_MISALIGNED);
    let status = unsafe { cloak_run_get_config(world.run, out.as_mut_ptr().cast::<u8>().wrapping_add(2).cast()) };
    assert_eq!(status, CLOAK_ERR_MISALIGNED);
}

#[test]
fn types_that_do_not_exist_are_refused() {
    let mut world = World::new(3, &config(2), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    world.set_up();
    world.begin();
    let numbers = [0u64; 4];
    let mut out = [0; 512];
    let mut length = 0;
    for r#type in [i32::MIN, -1, 0, 10, i32::MAX] {
        let values = cloak_values { r#type, data: numbers.as_ptr().cast(), length: 4 };
        let status =
            unsafe { cloak_client_mask(world.clients[0], null(), &values, 1, out.as_mut_ptr(), 512, &mut length) };
        assert_eq!(status, CLOAK_ERR_INVALID_ARGUMENT);
    }
    let values = [values_f64(&[0.0; 4]); 9];
    let status =
        unsafe { cloak_client_mask(world.clients[0], null(), values.as_ptr(), 9, out.as_mut_ptr(), 512, &mut length) };
    assert_eq!(status, CLOAK_ERR_INVALID_LENGTH, "more segments than a run can have");
}
