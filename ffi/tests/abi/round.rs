//! Whole rounds through the C ABI: what the server opens is the sum of what the clients gave.

use core::ptr::null_mut;

use cloakwork::client::mask::cloak_client_mask;
use cloakwork::client::state::*;
use cloakwork::client::steps::*;
use cloakwork::client::*;
use cloakwork::error::*;
use cloakwork::lanes::*;
use cloakwork::layout::*;
use cloakwork::message::*;
use cloakwork::opening::*;
use cloakwork::segment::*;
use cloakwork::server::lists::*;
use cloakwork::server::*;
use cloakwork::status::cloak_status::*;
use cloakwork::values::*;

use crate::support::*;

const MEMBERS: usize = 5;
const LENGTH: usize = 1003;

/// What member `index` contributes: numbers and a count.
fn contribution(index: usize) -> (Vec<f64>, Vec<u64>) {
    let numbers = (0..LENGTH).map(|place| ((place * 7 + index * 13) % 101) as f64 / 8.0 - 5.0).collect();
    (numbers, vec![100 + index as u64, 1 << 40])
}

fn segments() -> [cloak_segment; 2] {
    [
        segment("values", 24, LENGTH as u64, CLOAK_ENCODING_FIXED_POINT, 8),
        segment("count", 50, 2, CLOAK_ENCODING_RESIDUES, 0),
    ]
}

/// Masks at each client of `masking` and takes the payloads in at the server.
fn mask_all(world: &mut World, masking: &[usize]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    for &index in masking {
        let (numbers, counts) = contribution(index);
        let message = world.mask(index, &[values_f64(&numbers), values_u64(&counts)]);
        let receipt = world.receive(index, &message);
        assert_eq!((receipt.kind, receipt.counted), (cloak_kind::CLOAK_MASKED as i32, 1));
        let again = world.receive(index, &message);
        assert_eq!(again.counted, 0, "a byte-identical repeat");
        payloads.push(message[receipt.payload_offset..receipt.payload_offset + receipt.payload_length].to_vec());
    }
    payloads
}

/// Answers `survivors` and `open` at the clients that are left.
fn answer(world: &World, index: usize) {
    let client = world.clients[index];
    let message = world.message(index);
    let mut kind = 0;
    assert_eq!(unsafe { cloak_message_kind(message.as_ptr(), message.len(), &mut kind) }, CLOAK_OK);
    let step = if kind == cloak_kind::CLOAK_SURVIVORS as i32 {
        cloak_client_acknowledge
    } else {
        assert_eq!(kind, cloak_kind::CLOAK_OPEN as i32);
        cloak_client_unmask
    };
    let answer =
        vector(|out, capacity, length| unsafe { step(client, message.as_ptr(), message.len(), out, capacity, length) });
    world.receive(index, &answer);
}

/// The sum of the payloads, range by range, as numbers.
fn open(world: &World, payloads: &[Vec<u8>]) -> (Vec<f64>, Vec<u64>) {
    let opening = object(|out| unsafe { cloak_server_opening(world.server, out) });
    let mut numbers = sum(world, opening, 0, payloads, |data: &mut Vec<u32>| cloak_lanes {
        r#type: cloak_type::CLOAK_U32 as i32,
        data: data.as_mut_ptr().cast(),
        length: data.len(),
    });
    let counts = sum(world, opening, 1, payloads, |data: &mut Vec<u64>| cloak_lanes {
        r#type: cloak_type::CLOAK_U64 as i32,
        data: data.as_mut_ptr().cast(),
        length: data.len(),
    });
    unsafe { cloak_opening_free(opening) };
    let residues =
        cloak_values { r#type: cloak_type::CLOAK_U32 as i32, data: numbers.as_mut_ptr().cast(), length: LENGTH };
    let mut decoded = vec![0.0; LENGTH];
    assert_eq!(unsafe { cloak_run_to_f64(world.run, 0, &residues, decoded.as_mut_ptr(), LENGTH) }, CLOAK_OK);
    let mut whole = vec![0; LENGTH];
    assert_eq!(unsafe { cloak_run_to_i64(world.run, 0, &residues, whole.as_mut_ptr(), LENGTH) }, CLOAK_OK);
    for (whole, number) in whole.iter().zip(&decoded) {
        assert_eq!(*whole, number.round_ties_even() as i64);
    }
    (decoded, counts)
}

/// Sums one segment in two ranges of which the first has a multiple of 8 elements, and checks its zeros.
fn sum<T: Clone + Default>(
    world: &World,
    opening: *const cloak_opening,
    index: u32,
    payloads: &[Vec<u8>],
    lanes: impl Fn(&mut Vec<T>) -> cloak_lanes,
) -> Vec<T> {
    let mut layout = cloak_layout { offset: 0, size: 0, length: 0, zeros: 0, limit: 0, lane: 0, reserved: 0 };
    assert_eq!(unsafe { cloak_run_layout(world.run, index, &mut layout) }, CLOAK_OK);
    let total = (layout.length + layout.zeros) as usize;
    let cut = total / 2 / 8 * 8;
    let mut residues = Vec::new();
    for range in [0..cut, cut..total] {
        let mut accumulator = vec![T::default(); range.len()];
        let view = lanes(&mut accumulator);
        for payload in payloads {
            let status = unsafe {
                cloak_opening_add(opening, index, range.start as u64, payload.as_ptr(), payload.len(), &view)
            };
            assert_eq!(status, CLOAK_OK);
        }
        assert_eq!(unsafe { cloak_opening_unmask(opening, index, range.start as u64, &view) }, CLOAK_OK);
        residues.extend(accumulator);
    }
    let zeros = residues.split_off(layout.length as usize);
    let zeros = cloak_values { r#type: layout.lane, data: zeros.as_ptr().cast(), length: zeros.len() };
    assert_eq!(unsafe { cloak_opening_check_zeros(opening, index, &zeros) }, CLOAK_OK);
    residues
}

/// Ends the round at the server and at the clients.
fn finish(world: &World, clients: &[usize]) {
    assert_eq!(unsafe { cloak_server_finish(world.server, CLOAK_OK as i32) }, CLOAK_OK);
    for &index in clients {
        let message = world.message(index);
        let mut outcome = u32::MAX;
        let status =
            unsafe { cloak_client_finish(world.clients[index], message.as_ptr(), message.len(), &mut outcome) };
        assert_eq!((status, outcome), (CLOAK_OK, 0));
        assert_eq!(world.state(index), cloak_client_state::CLOAK_CLIENT_READY as i32);
    }
}

fn survivors(world: &World) -> Vec<u64> {
    vector(|out, capacity, count| unsafe { cloak_server_survivors(world.server, out, capacity, count) })
}

fn waiting(world: &World) -> Vec<u64> {
    vector(|out, capacity, count| unsafe { cloak_server_waiting(world.server, out, capacity, count) })
}

fn check_sum(found: &(Vec<f64>, Vec<u64>), parties: &[usize]) {
    for place in 0..LENGTH {
        let expected: f64 = parties.iter().map(|&index| contribution(index).0[place]).sum();
        assert!((found.0[place] - expected).abs() < 1e-9, "place {place}: multiples of 1/8 are exact");
    }
    let expected: Vec<u64> =
        (0..2).map(|place| parties.iter().map(|&index| contribution(index).1[place]).sum()).collect();
    assert_eq!(found.1, expected);
}

#[test]
fn everyone_stays() {
    let mut world = World::new(MEMBERS as u64, &config(3), &segments());
    world.set_up();
    for _ in 0..2 {
        world.begin();
        let everyone: Vec<usize> = (0..MEMBERS).collect();
        let payloads = mask_all(&mut world, &everyone);
        assert_eq!(world.step(), cloak_step::CLOAK_STEP_UNMASK as i32);
        everyone
            .iter()
            .take_while(|_| world.step() == cloak_step::CLOAK_STEP_UNMASK as i32)
            .for_each(|&index| answer(&world, index));
        let found = open(&world, &payloads);
        check_sum(&found, &everyone);
        finish(&world, &everyone);
    }
}

#[test]
fn one_drops_out() {
    let mut world = World::new(MEMBERS as u64, &config(3), &segments());
    world.set_up();
    world.begin();
    let left = [0, 1, 3, 4];
    let payloads = mask_all(&mut world, &left);
    assert_eq!(waiting(&world), [World::id(2)]);
    assert_eq!(unsafe { cloak_server_close_step(world.server) }, CLOAK_OK);
    assert_eq!(world.step(), cloak_step::CLOAK_STEP_SURVIVE as i32);
    assert_eq!(survivors(&world), left.map(World::id));
    left.iter().for_each(|&index| answer(&world, index));
    assert_eq!(world.state(0), cloak_client_state::CLOAK_CLIENT_ACKNOWLEDGED as i32);
    left.iter()
        .take_while(|_| world.step() == cloak_step::CLOAK_STEP_UNMASK as i32)
        .for_each(|&index| answer(&world, index));
    assert_eq!(world.step(), cloak_step::CLOAK_STEP_SUM as i32);
    check_sum(&open(&world, &payloads), &left);
    finish(&world, &left);
}

#[test]
fn clients_go_on_from_their_saved_state_after_every_step() {
    let mut world = World::new(MEMBERS as u64, &config(3), &segments());
    let reload = |world: &mut World| {
        for (client, identity) in world.clients.iter_mut().zip(&world.identities) {
            let saved = vector(|out, capacity, length| unsafe { cloak_client_save(*client, out, capacity, length) });
            unsafe { cloak_client_free(*client) };
            *client = object(|out| unsafe {
                cloak_client_load(world.run, *identity, saved.as_ptr(), saved.len(), out, null_mut())
            });
        }
    };
    reload(&mut world);
    world.set_up();
    reload(&mut world);
    world.begin();
    reload(&mut world);
    let everyone: Vec<usize> = (0..MEMBERS).collect();
    let payloads = mask_all(&mut world, &everyone);
    reload(&mut world);
    everyone
        .iter()
        .take_while(|_| world.step() == cloak_step::CLOAK_STEP_UNMASK as i32)
        .for_each(|&index| answer(&world, index));
    reload(&mut world);
    check_sum(&open(&world, &payloads), &everyone);
    finish(&world, &everyone);
}

#[test]
fn a_stopped_round_tells_everyone_why() {
    let mut world = World::new(MEMBERS as u64, &config(3), &segments());
    world.set_up();
    world.begin();
    assert_eq!(unsafe { cloak_server_stop(world.server) }, CLOAK_OK);
    for index in 0..MEMBERS {
        let message = world.message(index);
        let mut outcome = 0;
        let status =
            unsafe { cloak_client_finish(world.clients[index], message.as_ptr(), message.len(), &mut outcome) };
        assert_eq!((status, outcome), (CLOAK_OK, CLOAK_ERR_STOPPED as u32));
    }
}

#[test]
fn a_payload_that_was_altered_does_not_cancel() {
    let mut world = World::new(MEMBERS as u64, &config(3), &segments());
    world.set_up();
    world.begin();
    let everyone: Vec<usize> = (0..MEMBERS).collect();
    let mut payloads = mask_all(&mut world, &everyone);
    everyone
        .iter()
        .take_while(|_| world.step() == cloak_step::CLOAK_STEP_UNMASK as i32)
        .for_each(|&index| answer(&world, index));
    let opening = object(|out| unsafe { cloak_server_opening(world.server, out) });
    let mut layout = cloak_layout { offset: 0, size: 0, length: 0, zeros: 0, limit: 0, lane: 0, reserved: 0 };
    assert_eq!(unsafe { cloak_run_layout(world.run, 0, &mut layout) }, CLOAK_OK);
    // The last byte of the segment belongs to a zero coordinate: (1003 + 3) * 24 bits end with a byte.
    payloads[0][layout.size as usize - 1] ^= 1;
    let mut sum = vec![0u32; (layout.length + layout.zeros) as usize];
    let lanes = cloak_lanes { r#type: layout.lane, data: sum.as_mut_ptr().cast(), length: sum.len() };
    for payload in &payloads {
        assert_eq!(unsafe { cloak_opening_add(opening, 0, 0, payload.as_ptr(), payload.len(), &lanes) }, CLOAK_OK);
    }
    assert_eq!(unsafe { cloak_opening_unmask(opening, 0, 0, &lanes) }, CLOAK_OK);
    let zeros = &sum[layout.length as usize..];
    let zeros = cloak_values { r#type: layout.lane, data: zeros.as_ptr().cast(), length: zeros.len() };
    assert_eq!(unsafe { cloak_opening_check_zeros(opening, 0, &zeros) }, CLOAK_ERR_MASKS_DID_NOT_CANCEL);
    unsafe { cloak_opening_free(opening) };
    assert_eq!(unsafe { cloak_server_finish(world.server, CLOAK_ERR_NULL_POINTER as i32) }, CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(unsafe { cloak_server_finish(world.server, CLOAK_ERR_MASKS_DID_NOT_CANCEL as i32) }, CLOAK_OK);
    let message = world.message(1);
    let mut outcome = 0;
    let status = unsafe { cloak_client_finish(world.clients[1], message.as_ptr(), message.len(), &mut outcome) };
    assert_eq!((status, outcome), (CLOAK_OK, CLOAK_ERR_MASKS_DID_NOT_CANCEL as u32));
}

#[test]
fn refusals_name_the_party_and_the_bound_and_change_nothing() {
    let mut world = World::new(MEMBERS as u64, &config(3), &segments());
    world.set_up();
    world.begin();
    let error = |client| {
        let mut error = cloak_error { status: -1, present: 9, party: 9, bound: 9 };
        assert_eq!(unsafe { cloak_client_last_error(client, &mut error) }, CLOAK_OK);
        error
    };
    let (mut numbers, counts) = contribution(0);
    numbers[17] = 1e9;
    let rng = world.generator.rng();
    let client = world.clients[0];
    let values = [values_f64(&numbers), values_u64(&counts)];
    let mut out = vec![0xa5; 100_000];
    let mut length = 4711;
    let status =
        unsafe { cloak_client_mask(client, &rng, values.as_ptr(), 2, out.as_mut_ptr(), out.len(), &mut length) };
    assert_eq!((status, length), (CLOAK_ERR_OUT_OF_RANGE, 4711));
    assert!(out.iter().all(|byte| *byte == 0xa5), "nothing was written");
    assert_eq!(world.state(0), cloak_client_state::CLOAK_CLIENT_BEGUN as i32);
    let found = error(client);
    assert_eq!((found.status, found.present), (CLOAK_ERR_OUT_OF_RANGE as i32, CLOAK_ERROR_HAS_BOUND));
    assert_eq!(found.bound, ((1 << 23) - 1) / MEMBERS as u64);

    let stranger = unsafe { cloak_server_receive(world.server, 77, [0u8].as_ptr(), 1, &mut receipt()) };
    assert_eq!(stranger, CLOAK_ERR_UNKNOWN_PARTY);
    let mut found = cloak_error { status: -1, present: 9, party: 9, bound: 9 };
    assert_eq!(unsafe { cloak_server_last_error(world.server, &mut found) }, CLOAK_OK);
    assert_eq!((found.present & CLOAK_ERROR_HAS_PARTY, found.party), (CLOAK_ERROR_HAS_PARTY, 77));

    let (numbers, counts) = contribution(0);
    world.mask(0, &[values_f64(&numbers), values_u64(&counts)]);
    assert_eq!(error(client), cloak_error { status: 0, present: 0, party: 0, bound: 0 }, "success clears it");
}

fn receipt() -> cloak_receipt {
    cloak_receipt { payload_offset: 0, payload_length: 0, kind: 0, counted: 0 }
}
