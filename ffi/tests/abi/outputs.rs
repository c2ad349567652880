//! Outputs: written last, in full or not at all, and never over an input.

use core::ptr::{null, null_mut};

use cloakwork::client::mask::*;
use cloakwork::client::steps::*;
use cloakwork::fingerprint::*;
use cloakwork::lanes::*;
use cloakwork::layout::*;
use cloakwork::run::*;
use cloakwork::segment::*;
use cloakwork::server::lists::*;
use cloakwork::status::cloak_status::{self, *};
use cloakwork::values::*;

use crate::support::*;

const CANARY: u8 = 0xc3;

/// Offers every length of room below the one that is needed, and one more than that.
fn offer_too_little(what: &str, mut call: impl FnMut(*mut u8, usize, *mut usize) -> cloak_status) -> usize {
    let mut needed = 0;
    assert_eq!(call(null_mut(), 0, &mut needed), CLOAK_ERR_BUFFER_TOO_SMALL, "{what}");
    assert!(needed > 0, "{what}");
    for room in [1, needed >> 1, needed - 1] {
        let mut out = vec![CANARY; needed + 8];
        let mut length = 0;
        assert_eq!(call(out.as_mut_ptr(), room, &mut length), CLOAK_ERR_BUFFER_TOO_SMALL, "{what}, room for {room}");
        assert_eq!(length, needed, "{what}");
        assert!(out.iter().all(|byte| *byte == CANARY), "{what}: nothing is written when not all fits");
    }
    let mut out = vec![CANARY; needed + 8];
    let mut length = 0;
    assert_eq!(call(out.as_mut_ptr(), needed, &mut length), CLOAK_OK, "{what}");
    assert_eq!(length, needed, "{what}");
    assert_eq!(out[needed..], [CANARY; 8], "{what}: nothing is written behind the room");
    needed
}

#[test]
fn short_buffers_change_nothing() {
    let mut world = World::new(4, &config(3), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    let run = world.run;
    offer_too_little("description", |out, room, length| unsafe { cloak_run_description(run, out, room, length) });
    offer_too_little("roster", |out, room, length| unsafe { cloak_run_roster(run, out, room, length) });
    world.set_up();
    world.begin();
    let rng = world.generator.rng();
    let client = world.clients[0];
    let numbers = [1.0, 2.0, -3.0, 0.25];
    let values = [values_f64(&numbers)];
    offer_too_little("masked message", |out, room, length| unsafe {
        cloak_client_mask(client, &rng, values.as_ptr(), 1, out, room, length)
    });
    offer_too_little("saved state", |out, room, length| unsafe {
        cloakwork::client::state::cloak_client_save(client, out, room, length)
    });
}

#[test]
fn lists_count_ids_and_not_bytes() {
    let mut world = World::new(4, &config(3), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    world.set_up();
    let (mut ids, mut count) = ([0u64; 4], 0);
    let status = unsafe { cloak_server_confirmed(world.server, ids.as_mut_ptr(), 3, &mut count) };
    assert_eq!((status, count, ids), (CLOAK_ERR_BUFFER_TOO_SMALL, 4, [0; 4]));
    let status = unsafe { cloak_server_confirmed(world.server, ids.as_mut_ptr(), 4, &mut count) };
    assert_eq!((status, count, ids), (CLOAK_OK, 4, [10, 20, 30, 40]));
    let status = unsafe { cloak_run_neighbours(world.run, 20, ids.as_mut_ptr(), 4, &mut count) };
    assert_eq!((status, count), (CLOAK_OK, 3));
    assert_eq!(ids[..3], [10, 30, 40]);
    assert_eq!(
        unsafe { cloak_run_neighbours(world.run, 21, ids.as_mut_ptr(), 4, &mut count) },
        CLOAK_ERR_UNKNOWN_PARTY
    );
}

#[test]
fn the_piecewise_form_is_short_of_room_too() {
    let mut world = World::new(3, &config(2), &[segment("x", 16, 12, CLOAK_ENCODING_FIXED_POINT, 2)]);
    world.set_up();
    world.begin();
    let rng = world.generator.rng();
    let client = world.clients[0];
    let head = offer_too_little("head", |out, room, length| unsafe {
        cloak_client_mask_begin(client, &rng, out, room, length)
    });
    let numbers = [0.5; 12];
    let (first, rest) = numbers.split_at(8);
    let (first, rest) = (values_f64(first), values_f64(rest));
    let part = offer_too_little("first piece", |out, room, length| unsafe {
        cloak_client_mask_chunk(client, &first, out, room, length)
    });
    let last = offer_too_little("last piece", |out, room, length| unsafe {
        cloak_client_mask_chunk(client, &rest, out, room, length)
    });
    assert_eq!((part, last), (16, 16), "8 values, then 4 values and 4 zeros of 2 bytes");
    let mut size = 0;
    let status = unsafe { cloak_client_masked_head_size(world.clients[1], &mut size) };
    assert_eq!((status, size), (CLOAK_OK, head));
}

#[test]
fn a_fingerprint_needs_room_for_its_nul() {
    let key = [9; 32];
    for room in [0, 1, 72, 73] {
        let mut out = [CANARY; 80];
        let status = unsafe { cloak_fingerprint_encode(key.as_ptr(), out.as_mut_ptr().cast(), room) };
        assert_eq!((status, out), (CLOAK_ERR_BUFFER_TOO_SMALL, [CANARY; 80]));
    }
    let mut out = [CANARY; 80];
    assert_eq!(unsafe { cloak_fingerprint_encode(key.as_ptr(), out.as_mut_ptr().cast(), 74) }, CLOAK_OK);
    assert_eq!(out[73], 0);
    assert_eq!(out[74..], [CANARY; 6]);
}

#[test]
fn an_output_over_an_input_is_refused() {
    let mut world = World::new(3, &config(2), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    let mut epoch = 0;
    assert_eq!(unsafe { cloakwork::server::cloak_server_invite(world.server, &mut epoch) }, CLOAK_OK);
    let message = world.message(0);
    let mut memory = message.clone();
    memory.resize(400, 0);
    let mut length = 0;
    let base = memory.as_mut_ptr();
    for offset in [0, 1, message.len() - 1] {
        let out = base.wrapping_add(offset);
        let status =
            unsafe { cloak_client_advertise(world.clients[0], null(), base, message.len(), out, 200, &mut length) };
        assert_eq!(status, CLOAK_ERR_OVERLAP, "offset {offset}");
    }
    let out = base.wrapping_add(message.len());
    let status =
        unsafe { cloak_client_advertise(world.clients[0], null(), base, message.len(), out, 200, &mut length) };
    assert_eq!(status, CLOAK_OK, "side by side is fine");

    let mut world_of_rounds = World::new(3, &config(2), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    world_of_rounds.set_up();
    world_of_rounds.begin();
    let mut numbers = [0f64; 64];
    let base = numbers.as_mut_ptr();
    let values = cloak_values { r#type: cloak_type::CLOAK_F64 as i32, data: base.cast(), length: 4 };
    let out = base.wrapping_add(3).cast();
    let status = unsafe { cloak_client_mask(world_of_rounds.clients[0], null(), &values, 1, out, 400, &mut length) };
    assert_eq!(status, CLOAK_ERR_OVERLAP);
    world.generator.next();

    let mut residues = [0u64; 4];
    let base = residues.as_mut_ptr();
    let view = cloak_values { r#type: cloak_type::CLOAK_U32 as i32, data: base.cast(), length: 4 };
    let status = unsafe { cloak_run_to_f64(world.run, 0, &view, base.cast(), 4) };
    assert_eq!(status, CLOAK_ERR_OVERLAP);
    let lanes = cloak_lanes { r#type: cloak_type::CLOAK_U32 as i32, data: base.cast(), length: 4 };
    assert_eq!(lanes.length, 4);
}
