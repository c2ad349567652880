//! Runs with a noise mechanism: contributions on the heap and in memory of the caller, and the vector that comes out.

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use cloakwork::client::mask::*;
use cloakwork::client::steps::*;
use cloakwork::error::*;
use cloakwork::lanes::*;
use cloakwork::opening::*;
use cloakwork::privacy::contribution::*;
use cloakwork::privacy::mechanism::*;
use cloakwork::rng::cloak_rng;
use cloakwork::run::*;
use cloakwork::segment::*;
use cloakwork::server::*;
use cloakwork::status::cloak_status::{self, *};
use cloakwork::values::*;

use crate::support::*;

const DIMENSION: usize = 27;
const PADDED: usize = 32;
const MEMBERS: u64 = 4;
const SUITE: u8 = CLOAK_SUITE_CHACHA20;

/// Two blocks of 16 values; a part has a norm of at most 64 units, and noise of 3 units.
pub const MECHANISM: cloak_mechanism = cloak_mechanism {
    dimension: DIMENSION as u64,
    clamp: f64::INFINITY,
    clip: 4.0,
    granularity: 1.0 / 16.0,
    noise: 3.0,
    norm_bound: 4500,
    parts: 2,
    honest: 2,
    block_log2: 4,
    reserved: [0; 7],
};

fn private_world(bits: u8) -> World {
    let config = cloak_run_config { min_inputs: 3, ..config(3) };
    let segments = [segment("update", bits, PADDED as u64, CLOAK_ENCODING_RESIDUES, 0)];
    let mut world = World::with_noise(MEMBERS, &config, Some(&MECHANISM), &segments);
    world.set_up();
    world.begin();
    world
}

fn rotation(world: &World) -> [u8; 32] {
    let mut seed = [0; 32];
    assert_eq!(unsafe { cloak_client_rotation_seed(world.clients[0], seed.as_mut_ptr()) }, CLOAK_OK);
    seed
}

fn part(member: usize, number: usize) -> Vec<f64> {
    (0..DIMENSION).map(|place| ((member + 2 * number + place) as f64).sin() / 2.0).collect()
}

/// A contribution on the heap without parts.
fn contribution(mechanism: &cloak_mechanism, bits: u8, rotation: &[u8; 32]) -> *mut cloak_contribution {
    object(|out| unsafe { cloak_contribution_new(mechanism, bits, SUITE, rotation.as_ptr(), out, null_mut()) })
}

fn add(contribution: *mut cloak_contribution, generator: &mut Generator, values: &cloak_values) -> cloak_status {
    let rng = generator.rng();
    unsafe { cloak_contribution_add(contribution, &rng, values) }
}

const fn as_values(contribution: *const cloak_contribution) -> cloak_values {
    cloak_values { r#type: cloak_type::CLOAK_CONTRIBUTION as i32, data: contribution.cast(), length: PADDED }
}

fn residues_u32(contribution: *const cloak_contribution) -> (cloak_status, Vec<u32>) {
    let mut residues = vec![0u32; PADDED];
    let lanes = lanes_u32(&mut residues);
    (unsafe { cloak_contribution_residues(contribution, &lanes) }, residues)
}

fn lanes_u32(residues: &mut [u32]) -> cloak_lanes {
    cloak_lanes { r#type: cloak_type::CLOAK_U32 as i32, data: residues.as_mut_ptr().cast(), length: residues.len() }
}

fn lanes_u64(residues: &mut [u64]) -> cloak_lanes {
    cloak_lanes { r#type: cloak_type::CLOAK_U64 as i32, data: residues.as_mut_ptr().cast(), length: residues.len() }
}

/// Answers `open` and opens the sum of the only segment.
fn open<T: Clone + Default>(
    world: &World,
    payloads: &[Vec<u8>],
    zeros: usize,
    lanes: fn(&mut [T]) -> cloak_lanes,
) -> ([u8; 32], Vec<T>) {
    for (index, client) in world.clients.iter().enumerate() {
        if world.step() != cloak_step::CLOAK_STEP_UNMASK as i32 {
            break;
        }
        let message = world.message(index);
        let answer = vector(|out, capacity, length| unsafe {
            cloak_client_unmask(*client, message.as_ptr(), message.len(), out, capacity, length)
        });
        world.receive(index, &answer);
    }
    let opening = object(|out| unsafe { cloak_server_opening(world.server, out) });
    let mut seed = [0; 32];
    assert_eq!(unsafe { cloak_opening_rotation_seed(opening, seed.as_mut_ptr()) }, CLOAK_OK);
    assert_eq!(unsafe { cloak_opening_rotation_seed(opening, null_mut()) }, CLOAK_ERR_NULL_POINTER);
    let mut sum = vec![T::default(); PADDED + zeros];
    let view = lanes(&mut sum);
    for payload in payloads {
        assert_eq!(unsafe { cloak_opening_add(opening, 0, 0, payload.as_ptr(), payload.len(), &view) }, CLOAK_OK);
    }
    assert_eq!(unsafe { cloak_opening_unmask(opening, 0, 0, &view) }, CLOAK_OK);
    unsafe { cloak_opening_free(opening) };
    sum.truncate(PADDED);
    (seed, sum)
}

fn decode(bits: u8, seed: &[u8; 32], residues: &cloak_lanes) -> Vec<f64> {
    let view = cloak_values { r#type: residues.r#type, data: residues.data, length: residues.length };
    let mut decoded = vec![0.0; DIMENSION];
    let status = unsafe {
        cloak_mechanism_decode(
            &MECHANISM,
            bits,
            SUITE,
            seed.as_ptr(),
            &view,
            decoded.as_mut_ptr(),
            DIMENSION,
            null_mut(),
        )
    };
    assert_eq!(status, CLOAK_OK);
    decoded
}

/// The vector is the sum of the parts, but for noise and rounding: 8 parts with deviations of 3.1 units of 1/16 each, six deviations. That 27 values keep
/// them fails with a probability below 2^-23, for these seeds never again.
fn assert_is_the_sum(decoded: &[f64]) {
    for (place, value) in decoded.iter().enumerate() {
        let expected: f64 = (0..MEMBERS as usize).map(|member| part(member, 0)[place] + part(member, 1)[place]).sum();
        assert!((value - expected).abs() < 6.0 * 8f64.sqrt() * 3.1 / 16.0, "{place}: {value} for {expected}");
    }
}

#[test]
fn a_private_round_opens_to_the_noised_sum() {
    let mut world = private_world(20);
    let seed = rotation(&world);
    let (mut payloads, mut expected) = (Vec::new(), vec![0u32; PADDED]);
    for member in 0..MEMBERS as usize {
        let contribution = contribution(&MECHANISM, 20, &seed);
        for number in 0..2 {
            assert_eq!(residues_u32(contribution).0, CLOAK_ERR_OUT_OF_ORDER, "parts are missing");
            let values = part(member, number);
            assert_eq!(add(contribution, &mut world.generator, &values_f64(&values)), CLOAK_OK);
        }
        let (status, residues) = residues_u32(contribution);
        assert_eq!(status, CLOAK_OK);
        assert!(residues.iter().all(|residue| *residue < 1 << 20));
        expected.iter_mut().zip(&residues).for_each(|(sum, residue)| *sum = (*sum + residue) % (1 << 20));
        let message = world.mask(member, &[as_values(contribution)]);
        unsafe { cloak_contribution_free(contribution) };
        let receipt = world.receive(member, &message);
        payloads.push(message[receipt.payload_offset..receipt.payload_offset + receipt.payload_length].to_vec());
    }
    // 64 / 20 zero coordinates, rounded up.
    let (found, mut sum) = open(&world, &payloads, 4, lanes_u32);
    assert_eq!((found, &sum), (seed, &expected));
    assert_is_the_sum(&decode(20, &seed, &lanes_u32(&mut sum)));
}

/// The memory of a device: room for the contribution, residues and a block.
struct Device {
    room: Vec<u128>,
    residues: Vec<u64>,
    work: Vec<i64>,
}

impl Device {
    fn new() -> Self {
        Self { room: vec![u128::MAX; CLOAK_CONTRIBUTION_SIZE / 16], residues: vec![7; PADDED], work: vec![7; 16] }
    }

    fn start(&mut self, bits: u8, rotation: &[u8; 32]) -> (cloak_status, *mut cloak_contribution) {
        let mut contribution = null_mut();
        let status = unsafe {
            cloak_contribution_init(
                self.room.as_mut_ptr().cast(),
                self.room.len() * 16,
                &MECHANISM,
                bits,
                SUITE,
                rotation.as_ptr(),
                self.residues.as_mut_ptr().cast(),
                self.residues.len(),
                self.work.as_mut_ptr(),
                self.work.len(),
                &mut contribution,
                null_mut(),
            )
        };
        (status, contribution)
    }

    fn is_untouched(&self) -> bool {
        let Self { room, residues, work } = self;
        let filled = residues.iter().all(|word| *word == 7) && work.iter().all(|word| *word == 7);
        filled && room.iter().all(|word| *word == u128::MAX)
    }
}

#[test]
fn wide_residues_and_a_contribution_without_heap() {
    let mut world = private_world(40);
    let seed = rotation(&world);
    let mut payloads = Vec::new();
    for member in 0..MEMBERS as usize {
        let mut device = Device::new();
        let (status, contribution) = device.start(40, &seed);
        assert_eq!(status, CLOAK_OK);
        for number in 0..2 {
            // The halves of these numbers are exact in single precision.
            let values: Vec<f32> = part(member, number).iter().map(|value| *value as f32).collect();
            let values =
                cloak_values { r#type: cloak_type::CLOAK_F32 as i32, data: values.as_ptr().cast(), length: DIMENSION };
            assert_eq!(add(contribution, &mut world.generator, &values), CLOAK_OK);
        }
        let client = world.clients[member];
        let rng = world.generator.rng();
        let mut message: Vec<u8> =
            vector(|out, capacity, length| unsafe { cloak_client_mask_begin(client, &rng, out, capacity, length) });
        let piece = as_values(contribution);
        message.extend(vector(|out, capacity, length| unsafe {
            cloak_client_mask_chunk(client, &piece, out, capacity, length)
        }));
        assert_eq!(unsafe { cloak_contribution_wipe(contribution) }, CLOAK_OK);
        assert!(device.residues.iter().all(|word| *word == 0), "residues are wiped");
        assert!(device.work.iter().all(|word| *word == 0), "working memory is wiped");
        assert_eq!(device.room[0], 0);
        assert_eq!(unsafe { cloak_contribution_wipe(contribution) }, CLOAK_ERR_WRONG_HANDLE);
        let receipt = world.receive(member, &message);
        payloads.push(message[receipt.payload_offset..receipt.payload_offset + receipt.payload_length].to_vec());
    }
    // 64 / 40 zero coordinates, rounded up.
    let (found, mut sum) = open(&world, &payloads, 2, lanes_u64);
    assert_eq!(found, seed);
    assert_is_the_sum(&decode(40, &seed, &lanes_u64(&mut sum)));
}

#[test]
fn memory_for_a_contribution_is_checked_before_it_is_touched() {
    let seed = [5; 32];
    let mut device = Device::new();
    device.room.pop();
    assert_eq!(device.start(40, &seed), (CLOAK_ERR_BUFFER_TOO_SMALL, null_mut()));
    device.room.push(u128::MAX);
    device.residues.pop();
    assert_eq!(device.start(40, &seed), (CLOAK_ERR_INVALID_LENGTH, null_mut()));
    device.residues.push(7);
    device.work.pop();
    assert_eq!(device.start(40, &seed), (CLOAK_ERR_INVALID_LENGTH, null_mut()));
    device.work.push(7);
    assert_eq!(device.start(60, &seed), (CLOAK_ERR_INVALID_WIDTH, null_mut()), "60 bits and blocks of 2^4 exceed 63");
    assert_eq!(device.start(0, &seed), (CLOAK_ERR_INVALID_WIDTH, null_mut()));
    assert!(device.is_untouched());

    let room = device.room.as_mut_ptr().cast::<c_void>();
    let inside = room.cast::<u8>().wrapping_add(CLOAK_CONTRIBUTION_SIZE - 8);
    let (residues, work) = (device.residues.as_mut_ptr(), device.work.as_mut_ptr());
    let init = |room: *mut c_void, residues: *mut c_void, work: *mut i64| unsafe {
        let (mut out, error) = (null_mut(), null_mut());
        let seed = seed.as_ptr();
        let size = CLOAK_CONTRIBUTION_SIZE;
        cloak_contribution_init(room, size, &MECHANISM, 40, SUITE, seed, residues, PADDED, work, 16, &mut out, error)
    };
    assert_eq!(init(room, inside.cast(), work), CLOAK_ERR_OVERLAP);
    assert_eq!(init(room, residues.cast(), inside.cast()), CLOAK_ERR_OVERLAP);
    assert_eq!(init(room, residues.cast(), residues.wrapping_add(PADDED - 1).cast()), CLOAK_ERR_OVERLAP);
    assert_eq!(init(room, residues.cast::<u8>().wrapping_add(4).cast(), work), CLOAK_ERR_MISALIGNED);
    assert_eq!(init(room, residues.cast(), work.cast::<u8>().wrapping_add(4).cast()), CLOAK_ERR_MISALIGNED);
    assert_eq!(init(room.wrapping_byte_add(8), residues.cast(), work), CLOAK_ERR_MISALIGNED);
    assert_eq!(init(null_mut(), residues.cast(), work), CLOAK_ERR_NULL_POINTER);
    assert_eq!(init(room, null_mut(), work), CLOAK_ERR_NULL_POINTER);
    assert_eq!(init(room, residues.cast(), null_mut()), CLOAK_ERR_NULL_POINTER);
    assert!(device.is_untouched());
}

#[test]
fn a_client_takes_contributions_of_its_run_and_round_only() {
    let world = private_world(20);
    let seed = rotation(&world);
    let values = part(0, 0);
    let filled = |mechanism: &cloak_mechanism, bits, rotation: &[u8; 32]| {
        let contribution = contribution(mechanism, bits, rotation);
        for _ in 0..mechanism.parts {
            assert_eq!(add(contribution, &mut Generator(1), &values_f64(&values)), CLOAK_OK);
        }
        contribution
    };
    let client = world.clients[0];
    let mask = |values: &cloak_values| {
        let (mut out, mut length) = (vec![0; 4096], 0);
        let status = unsafe { cloak_client_mask(client, null(), values, 1, out.as_mut_ptr(), out.len(), &mut length) };
        assert_eq!(length > 0, status == CLOAK_OK);
        status
    };
    let missing = contribution(&MECHANISM, 20, &seed);
    assert_eq!(add(missing, &mut Generator(1), &values_f64(&values)), CLOAK_OK);
    assert_eq!(mask(&as_values(missing)), CLOAK_ERR_OUT_OF_ORDER);
    let cases = [
        (filled(&MECHANISM, 20, &[9; 32]), CLOAK_ERR_WRONG_ROUND),
        (filled(&MECHANISM, 21, &seed), CLOAK_ERR_INVALID_ARGUMENT),
        (filled(&cloak_mechanism { noise: 2.0, ..MECHANISM }, 20, &seed), CLOAK_ERR_INVALID_ARGUMENT),
    ];
    for (contribution, expected) in cases {
        assert_eq!(mask(&as_values(contribution)), expected);
        unsafe { cloak_contribution_free(contribution) };
    }
    let good = filled(&MECHANISM, 20, &seed);
    assert_eq!(mask(&cloak_values { length: DIMENSION, ..as_values(good) }), CLOAK_ERR_INVALID_LENGTH);
    assert_eq!(mask(&cloak_values { length: 0, ..as_values(good) }), CLOAK_ERR_INVALID_LENGTH);
    assert_eq!(mask(&as_values(null())), CLOAK_ERR_NULL_POINTER);
    assert_eq!(mask(&as_values(world.run.cast())), CLOAK_ERR_WRONG_HANDLE);
    // Nothing leaves a client without noise.
    let bare = [0u32; PADDED];
    let bare = cloak_values { r#type: cloak_type::CLOAK_U32 as i32, data: bare.as_ptr().cast(), length: PADDED };
    assert_eq!(mask(&bare), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(mask(&as_values(good)), CLOAK_OK);
    unsafe {
        cloak_contribution_free(good);
        cloak_contribution_free(missing);
    }

    let mut plain = World::new(3, &config(2), &[segment("x", 20, PADDED as u64, CLOAK_ENCODING_RESIDUES, 0)]);
    plain.set_up();
    plain.begin();
    let other = filled(&MECHANISM, 20, &rotation(&plain));
    let (mut out, mut length) = (vec![0; 4096], 0);
    let status = unsafe {
        cloak_client_mask(plain.clients[0], null(), &as_values(other), 1, out.as_mut_ptr(), out.len(), &mut length)
    };
    assert_eq!(status, CLOAK_ERR_INVALID_ARGUMENT);
    unsafe { cloak_contribution_free(other) };
}

unsafe extern "C" fn fails(_: *mut c_void, _: *mut u8, _: usize) -> i32 {
    1
}

/// A generator that uses the contribution that asked it.
unsafe extern "C" fn meddles(userdata: *mut c_void, out: *mut u8, length: usize) -> i32 {
    let (contribution, found) = unsafe { &mut *userdata.cast::<(*mut cloak_contribution, Vec<cloak_status>)>() };
    let values = part(0, 0);
    found.push(unsafe { cloak_contribution_add(*contribution, null(), &values_f64(&values)) });
    found.push(residues_u32(*contribution).0);
    found.push(unsafe { cloak_contribution_wipe(*contribution) });
    for place in 0..length {
        unsafe { out.add(place).write(place.to_le_bytes()[0]) };
    }
    0
}

#[test]
fn refused_parts_change_nothing() {
    let seed = [3; 32];
    let values = part(1, 1);
    let filled = |refusals: bool| {
        let contribution = contribution(&MECHANISM, 20, &seed);
        let mut generator = Generator(8);
        for _ in 0..2 {
            if refusals {
                let mut bad = values.clone();
                bad[3] = f64::NAN;
                assert_eq!(add(contribution, &mut Generator(1), &values_f64(&bad)), CLOAK_ERR_NOT_FINITE);
                // 2^400, the least magnitude that is refused.
                bad[3] = f64::from_bits((1023 + 400) << 52);
                assert_eq!(add(contribution, &mut Generator(1), &values_f64(&bad)), CLOAK_ERR_OUT_OF_RANGE);
                let short = values_f64(&values[1..]);
                assert_eq!(add(contribution, &mut Generator(1), &short), CLOAK_ERR_INVALID_LENGTH);
                let other = cloak_values { r#type: cloak_type::CLOAK_I64 as i32, ..values_f64(&values) };
                assert_eq!(add(contribution, &mut Generator(1), &other), CLOAK_ERR_INVALID_ARGUMENT);
                assert_eq!(add(contribution, &mut Generator(1), &as_values(contribution)), CLOAK_ERR_BUSY);
                let rng = cloak_rng { fill: Some(fails), userdata: null_mut() };
                let status = unsafe { cloak_contribution_add(contribution, &rng, &values_f64(&values)) };
                assert_eq!(status, CLOAK_ERR_RANDOMNESS);
            }
            assert_eq!(add(contribution, &mut generator, &values_f64(&values)), CLOAK_OK);
        }
        assert_eq!(add(contribution, &mut generator, &values_f64(&values)), CLOAK_ERR_OUT_OF_ORDER);
        let (status, residues) = residues_u32(contribution);
        assert_eq!(status, CLOAK_OK);
        let mut wide = [0u64; PADDED];
        assert_eq!(
            unsafe { cloak_contribution_residues(contribution, &lanes_u64(&mut wide)) },
            CLOAK_ERR_INVALID_WIDTH
        );
        let mut short = [0u32; PADDED - 1];
        assert_eq!(
            unsafe { cloak_contribution_residues(contribution, &lanes_u32(&mut short)) },
            CLOAK_ERR_INVALID_LENGTH
        );
        unsafe { cloak_contribution_free(contribution) };
        residues
    };
    assert_eq!(filled(true), filled(false));

    let contribution = contribution(&MECHANISM, 20, &seed);
    let mut meddler = (contribution, Vec::<cloak_status>::new());
    let rng = cloak_rng { fill: Some(meddles), userdata: (&raw mut meddler).cast() };
    assert_eq!(unsafe { cloak_contribution_add(contribution, &rng, &values_f64(&values)) }, CLOAK_OK);
    assert!(!meddler.1.is_empty() && meddler.1.iter().all(|status| *status == CLOAK_ERR_BUSY));
    unsafe { cloak_contribution_free(contribution) };
}

#[test]
fn mechanisms_are_checked() {
    let check = |mechanism: &cloak_mechanism| {
        let mut info = cloak_mechanism_info { padded: 1, block: 1, blocks: 1, max_bits: 1, reserved: [1; 7] };
        let mut error = cloak_error { status: 0, present: 0, party: 0, bound: 0 };
        let status = unsafe { cloak_mechanism_check(mechanism, &mut info, &mut error) };
        assert_eq!(error.status, status as i32);
        assert_eq!(info.padded == 1, status != CLOAK_OK, "no output of a call that failed");
        (status, info, error)
    };
    let (status, info, _) = check(&MECHANISM);
    assert_eq!(status, CLOAK_OK);
    assert_eq!((info.padded, info.block, info.blocks, info.max_bits, info.reserved), (32, 16, 2, 59, [0; 7]));
    let refused = [
        cloak_mechanism { dimension: 0, ..MECHANISM },
        cloak_mechanism { dimension: (1 << 28) + 1, ..MECHANISM },
        cloak_mechanism { dimension: u64::MAX, ..MECHANISM },
        cloak_mechanism { clamp: 0.0, ..MECHANISM },
        cloak_mechanism { clamp: f64::NAN, ..MECHANISM },
        cloak_mechanism { clip: f64::NAN, ..MECHANISM },
        cloak_mechanism { clip: f64::INFINITY, ..MECHANISM },
        cloak_mechanism { granularity: 0.0, ..MECHANISM },
        cloak_mechanism { granularity: 4.5, ..MECHANISM },
        cloak_mechanism { noise: 0.4, ..MECHANISM },
        cloak_mechanism { noise: f64::NAN, ..MECHANISM },
        cloak_mechanism { norm_bound: 1 << 20, ..MECHANISM },
        cloak_mechanism { parts: 0, ..MECHANISM },
        cloak_mechanism { honest: 0, ..MECHANISM },
        cloak_mechanism { block_log2: 29, ..MECHANISM },
        cloak_mechanism { reserved: [0, 0, 0, 0, 0, 0, 1], ..MECHANISM },
    ];
    for mechanism in refused {
        assert_eq!(check(&mechanism).0, CLOAK_ERR_INVALID_MECHANISM, "{mechanism:?}");
    }
    let (status, _, error) = check(&cloak_mechanism { norm_bound: 4095, ..MECHANISM });
    assert_eq!((status, error.present, error.bound), (CLOAK_ERR_INVALID_MECHANISM, CLOAK_ERROR_HAS_BOUND, 4096));
}

#[test]
fn a_run_carries_its_mechanism() {
    let world = private_world(20);
    let description: Vec<u8> =
        vector(|out, capacity, length| unsafe { cloak_run_description(world.run, out, capacity, length) });
    let roster: Vec<u8> = vector(|out, capacity, length| unsafe { cloak_run_roster(world.run, out, capacity, length) });
    let run = object(|out| unsafe {
        let (description, roster) = ((description.as_ptr(), description.len()), (roster.as_ptr(), roster.len()));
        cloak_run_decode(description.0, description.1, roster.0, roster.1, out, null_mut())
    });
    let mut found = cloak_mechanism { dimension: 0, reserved: [1; 7], ..MECHANISM };
    assert_eq!(unsafe { cloak_run_get_mechanism(run, &mut found) }, CLOAK_OK);
    assert_eq!(format!("{found:?}"), format!("{MECHANISM:?}"));
    let mut info = cloak_run_info { payload_size: 0, members: 0, neighbours: 0, segments: 0, private_vector: 0 };
    assert_eq!(unsafe { cloak_run_get_info(run, &mut info) }, CLOAK_OK);
    assert_eq!((info.private_vector, info.segments), (1, 1));
    unsafe { cloak_run_free(run) };

    let plain = World::new(3, &config(2), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    assert_eq!(unsafe { cloak_run_get_mechanism(plain.run, &mut found) }, CLOAK_ERR_INVALID_ARGUMENT);
}

#[test]
fn nothing_here_takes_null_or_another_handle() {
    let world = private_world(20);
    let seed = [1u8; 32];
    let values = part(0, 0);
    let part = values_f64(&values);
    let handle = contribution(&MECHANISM, 20, &seed);
    let (mut decoded, mut sum) = ([0.0; DIMENSION], [0u32; PADDED]);
    let out = decoded.as_mut_ptr();
    let lanes = lanes_u32(&mut sum);
    let residues = cloak_values { r#type: lanes.r#type, data: lanes.data, length: PADDED };
    let (key, suite, none) = (seed.as_ptr(), SUITE, null_mut());
    let mut info = cloak_mechanism_info { padded: 0, block: 0, blocks: 0, max_bits: 0, reserved: [0; 7] };
    let mut other = MECHANISM;
    let statuses = unsafe {
        [
            cloak_mechanism_check(null(), &mut info, none),
            cloak_mechanism_check(&MECHANISM, null_mut(), none),
            cloak_mechanism_decode(null(), 20, suite, key, &residues, out, DIMENSION, none),
            cloak_mechanism_decode(&MECHANISM, 20, suite, null(), &residues, out, DIMENSION, none),
            cloak_mechanism_decode(&MECHANISM, 20, suite, key, null(), out, DIMENSION, none),
            cloak_mechanism_decode(&MECHANISM, 20, suite, key, &residues, null_mut(), DIMENSION, none),
            cloak_contribution_new(null(), 20, suite, key, &mut null_mut(), none),
            cloak_contribution_new(&MECHANISM, 20, suite, null(), &mut null_mut(), none),
            cloak_contribution_new(&MECHANISM, 20, suite, key, null_mut(), none),
            cloak_contribution_add(null_mut(), null(), &part),
            cloak_contribution_add(handle, null(), null()),
            cloak_contribution_residues(null(), &lanes),
            cloak_contribution_residues(handle, null()),
            cloak_run_get_mechanism(null(), &mut other),
            cloak_run_get_mechanism(world.run, null_mut()),
            cloak_client_rotation_seed(null(), [0; 32].as_mut_ptr()),
            cloak_client_rotation_seed(world.clients[0], null_mut()),
            cloak_opening_rotation_seed(null(), [0; 32].as_mut_ptr()),
        ]
    };
    for (index, status) in statuses.into_iter().enumerate() {
        assert_eq!(status, CLOAK_ERR_NULL_POINTER, "call {index}");
    }
    let statuses = unsafe {
        [
            cloak_contribution_add(world.run.cast(), null(), &part),
            cloak_contribution_residues(world.run.cast(), &lanes),
            cloak_contribution_wipe(world.run.cast()),
            cloak_run_get_mechanism(handle.cast(), &mut other),
            cloak_client_rotation_seed(handle.cast(), [0; 32].as_mut_ptr()),
            cloak_opening_rotation_seed(handle.cast(), [0; 32].as_mut_ptr()),
        ]
    };
    for (index, status) in statuses.into_iter().enumerate() {
        assert_eq!(status, CLOAK_ERR_WRONG_HANDLE, "call {index}");
    }
    let mut idle = [0; 32];
    let before = World::new(3, &config(2), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    assert_eq!(unsafe { cloak_client_rotation_seed(before.clients[0], idle.as_mut_ptr()) }, CLOAK_ERR_OUT_OF_ORDER);
    assert_eq!(idle, [0; 32]);
    unsafe {
        assert_eq!(cloak_contribution_wipe(null_mut()), CLOAK_OK);
        cloak_contribution_free(null_mut());
        cloak_contribution_free(handle);
    }
}

#[test]
fn what_does_not_fit_the_mechanism_is_not_decoded() {
    let (mut decoded, mut sum) = ([0.0; DIMENSION], [0u32; PADDED]);
    let seed = [1u8; 32];
    let lanes = lanes_u32(&mut sum);
    let view = cloak_values { r#type: lanes.r#type, data: lanes.data, length: PADDED };
    let mut try_with = |mechanism: &cloak_mechanism, bits, suite, view: &cloak_values, length| unsafe {
        cloak_mechanism_decode(mechanism, bits, suite, seed.as_ptr(), view, decoded.as_mut_ptr(), length, null_mut())
    };
    assert_eq!(try_with(&MECHANISM, 20, SUITE, &view, DIMENSION), CLOAK_OK);
    assert_eq!(try_with(&MECHANISM, 20, SUITE, &view, DIMENSION - 1), CLOAK_ERR_INVALID_LENGTH);
    let short = cloak_values { length: PADDED - 1, ..view };
    assert_eq!(try_with(&MECHANISM, 20, SUITE, &short, DIMENSION), CLOAK_ERR_INVALID_LENGTH);
    assert_eq!(try_with(&MECHANISM, 40, SUITE, &view, DIMENSION), CLOAK_ERR_INVALID_WIDTH);
    assert_eq!(try_with(&MECHANISM, 60, SUITE, &view, DIMENSION), CLOAK_ERR_INVALID_WIDTH);
    assert_eq!(try_with(&MECHANISM, 20, 9, &view, DIMENSION), CLOAK_ERR_UNSUPPORTED);
    let floats = cloak_values { r#type: cloak_type::CLOAK_F32 as i32, ..view };
    assert_eq!(try_with(&MECHANISM, 20, SUITE, &floats, DIMENSION), CLOAK_ERR_INVALID_ARGUMENT);
    let bad = cloak_mechanism { parts: 0, ..MECHANISM };
    assert_eq!(try_with(&bad, 20, SUITE, &view, DIMENSION), CLOAK_ERR_INVALID_MECHANISM);
    let mut both = [0u64; PADDED];
    let base = both.as_mut_ptr();
    let over = cloak_values { r#type: lanes.r#type, data: base.cast(), length: PADDED };
    let status = unsafe {
        cloak_mechanism_decode(&MECHANISM, 20, SUITE, seed.as_ptr(), &over, base.cast(), DIMENSION, null_mut())
    };
    assert_eq!(status, CLOAK_ERR_OVERLAP);
}
