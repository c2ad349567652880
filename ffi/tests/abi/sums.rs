//! Openings and decoding: ranges, lane types and widths.

use core::ptr::null;

use cloakwork::lanes::*;
use cloakwork::layout::*;
use cloakwork::opening::*;
use cloakwork::segment::*;
use cloakwork::status::cloak_status::{self, *};
use cloakwork::values::*;

use crate::support::*;

/// A round without recovery, whose sum is due when every contribution is there.
fn summing() -> (World, Vec<Vec<u8>>) {
    let mut config = config(0);
    config.mode = cloakwork::run::CLOAK_MODE_NO_RECOVERY;
    config.max_passes = 0;
    config.min_inputs = 3;
    let segments = [
        segment("narrow", 9, 20, CLOAK_ENCODING_RESIDUES, 0),
        segment("wide", 100, 20, CLOAK_ENCODING_FIXED_POINT, 40),
    ];
    let mut world = World::new(3, &config, &segments);
    world.set_up();
    world.begin();
    let payloads = (0..3u32)
        .map(|index| {
            let narrow = [index + 1; 20];
            let wide = [f64::from(index) * 1e6 + 0.5; 20];
            let narrow =
                cloak_values { r#type: cloak_type::CLOAK_U32 as i32, data: narrow.as_ptr().cast(), length: 20 };
            let message = world.mask(index as usize, &[narrow, values_f64(&wide)]);
            let receipt = world.receive(index as usize, &message);
            message[receipt.payload_offset..][..receipt.payload_length].to_vec()
        })
        .collect();
    (world, payloads)
}

fn lanes(r#type: cloak_type, data: &mut [u128]) -> cloak_lanes {
    let scale = match r#type {
        cloak_type::CLOAK_U32 => 4,
        cloak_type::CLOAK_U64 => 2,
        _ => 1,
    };
    cloak_lanes { r#type: r#type as i32, data: data.as_mut_ptr().cast(), length: data.len() * scale }
}

fn read(lanes: &cloak_lanes) -> cloak_values {
    cloak_values { r#type: lanes.r#type, data: lanes.data, length: lanes.length }
}

#[test]
fn a_wide_sum_opens_and_decodes() {
    let (world, payloads) = summing();
    let opening = object(|out| unsafe { cloak_server_opening(world.server, out) });
    let mut sum = vec![0u128; 21];
    let view = lanes(cloak_type::CLOAK_U128, &mut sum);
    for payload in &payloads {
        assert_eq!(unsafe { cloak_opening_add(opening, 1, 0, payload.as_ptr(), payload.len(), &view) }, CLOAK_OK);
    }
    assert_eq!(unsafe { cloak_opening_unmask(opening, 1, 0, &view) }, CLOAK_OK);
    let zeros = cloak_values { r#type: view.r#type, data: view.data.cast::<u128>().wrapping_add(20).cast(), length: 1 };
    assert_eq!(unsafe { cloak_opening_check_zeros(opening, 1, &zeros) }, CLOAK_OK);
    let residues = cloak_values { length: 20, ..read(&view) };
    let mut numbers = [0.0; 20];
    assert_eq!(unsafe { cloak_run_to_f64(world.run, 1, &residues, numbers.as_mut_ptr(), 20) }, CLOAK_OK);
    assert_eq!(numbers, [3_000_001.5; 20]);
    let status = unsafe { cloak_run_to_f64(world.run, 0, &residues, numbers.as_mut_ptr(), 20) };
    assert_eq!(status, CLOAK_ERR_INVALID_ARGUMENT, "residues stand for themselves");
    let status = unsafe { cloak_run_to_f64(world.run, 1, &residues, numbers.as_mut_ptr(), 19) };
    assert_eq!(status, CLOAK_ERR_INVALID_LENGTH);
    let halves = cloak_values { r#type: cloak_type::CLOAK_U64 as i32, ..residues };
    let status = unsafe { cloak_run_to_f64(world.run, 1, &halves, numbers.as_mut_ptr(), 20) };
    assert_eq!(status, CLOAK_ERR_INVALID_WIDTH);
    let floats = cloak_values { r#type: cloak_type::CLOAK_F64 as i32, ..residues };
    let status = unsafe { cloak_run_to_f64(world.run, 1, &floats, numbers.as_mut_ptr(), 20) };
    assert_eq!(status, CLOAK_ERR_INVALID_ARGUMENT);
    unsafe { cloak_opening_free(opening) };
}

#[test]
fn ranges_that_do_not_fit_are_refused_and_leave_the_accumulator() {
    let (world, payloads) = summing();
    let opening = object(|out| unsafe { cloak_server_opening(world.server, out) });
    let payload = &payloads[0];
    let mut memory = vec![7u128; 8];
    // 20 values and 8 zeros of 9 bits.
    let view = |length: usize, r#type: cloak_type, memory: &mut [u128]| cloak_lanes { length, ..lanes(r#type, memory) };
    let add = |first: u64, view: &cloak_lanes, payload: &[u8]| unsafe {
        cloak_opening_add(opening, 0, first, payload.as_ptr(), payload.len(), view)
    };
    let cases: [(u64, usize, cloak_type, cloak_status); 8] = [
        (0, 29, cloak_type::CLOAK_U32, CLOAK_ERR_INVALID_LENGTH),
        (8, 21, cloak_type::CLOAK_U32, CLOAK_ERR_INVALID_LENGTH),
        (1, 8, cloak_type::CLOAK_U32, CLOAK_ERR_INVALID_LENGTH),
        (0, 7, cloak_type::CLOAK_U32, CLOAK_ERR_INVALID_LENGTH),
        (u64::MAX - 7, 8, cloak_type::CLOAK_U32, CLOAK_ERR_INVALID_LENGTH),
        (0, 8, cloak_type::CLOAK_U64, CLOAK_ERR_INVALID_WIDTH),
        (0, 8, cloak_type::CLOAK_U128, CLOAK_ERR_INVALID_WIDTH),
        (0, 8, cloak_type::CLOAK_F64, CLOAK_ERR_INVALID_ARGUMENT),
    ];
    for (first, length, r#type, expected) in cases {
        let view = view(length, r#type, &mut memory);
        assert_eq!(add(first, &view, payload), expected, "{first} {length} {:?}", r#type);
        assert_eq!(unsafe { cloak_opening_unmask(opening, 0, first, &view) }, expected);
    }
    let good = view(28, cloak_type::CLOAK_U32, &mut memory);
    assert_eq!(add(0, &good, &payload[1..]), CLOAK_ERR_INVALID_LENGTH);
    assert_eq!(
        unsafe { cloak_opening_add(opening, 2, 0, payload.as_ptr(), payload.len(), &good) },
        CLOAK_ERR_INVALID_ARGUMENT
    );
    assert_eq!(
        unsafe { cloak_opening_add(opening, 0, 0, payload.as_ptr(), payload.len(), null()) },
        CLOAK_ERR_NULL_POINTER
    );
    assert_eq!(memory, [7; 8]);
    let good = view(28, cloak_type::CLOAK_U32, &mut memory);
    assert_eq!(add(0, &good, payload), CLOAK_OK);
    assert_ne!(memory, [7; 8]);
    unsafe { cloak_opening_free(opening) };
}

#[test]
fn there_is_no_opening_before_the_sum_is_due() {
    let mut world = World::new(3, &config(2), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    let mut opening = core::ptr::null_mut();
    assert_eq!(unsafe { cloak_server_opening(world.server, &mut opening) }, CLOAK_ERR_OUT_OF_ORDER);
    world.set_up();
    world.begin();
    assert_eq!(unsafe { cloak_server_opening(world.server, &mut opening) }, CLOAK_ERR_OUT_OF_ORDER);
    assert!(opening.is_null());
}
