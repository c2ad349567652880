//! What programs without a heap need beside a client in their own memory: digests in pieces, the run of a client, scaled integers.

use core::ptr::{null, null_mut};

use cloakwork::client::run::*;
use cloakwork::description::{cloak_run_config, cloak_run_info};
use cloakwork::hash::*;
use cloakwork::layout::cloak_run_segment;
use cloakwork::run::{cloak_run_get_config, cloak_run_get_info, cloak_run_hash};
use cloakwork::segment::*;
use cloakwork::status::cloak_status::*;
use cloakwork::values::*;

use crate::support::*;

/// Memory with the alignment that the header asks for.
#[repr(C, align(16))]
struct Memory([u8; CLOAK_DIGEST_SIZE]);

#[test]
fn a_digest_in_pieces_is_the_digest() {
    let bytes: Vec<u8> = (0..300).map(|index| index as u8).collect();
    for cut in [0, 1, 64, 129, 300] {
        let mut memory = Memory([0xee; CLOAK_DIGEST_SIZE]);
        let place = memory.0.as_mut_ptr().cast();
        let digest = object(|out| unsafe { cloak_digest_init(place, cloak_digest_size(), out) });
        for piece in [&bytes[..cut], &bytes[cut..]] {
            assert_eq!(unsafe { cloak_digest_update(digest, piece.as_ptr(), piece.len()) }, CLOAK_OK);
        }
        let (mut found, mut expected) = ([0; 32], [1; 32]);
        assert_eq!(unsafe { cloak_digest_finish(digest, found.as_mut_ptr()) }, CLOAK_OK);
        assert_eq!(unsafe { cloak_sha256(bytes.as_ptr(), bytes.len(), expected.as_mut_ptr()) }, CLOAK_OK);
        assert_eq!(found, expected);
        // It has ended, and nothing of it is left.
        assert_eq!(unsafe { cloak_digest_update(digest, null(), 0) }, CLOAK_ERR_WRONG_HANDLE);
        assert_eq!(unsafe { cloak_digest_wipe(digest) }, CLOAK_ERR_WRONG_HANDLE);
        assert!(memory.0.iter().all(|byte| *byte == 0 || *byte == 0xee));
    }
}

#[test]
fn digests_refuse_bad_memory_and_pointers() {
    let mut memory = Memory([0; CLOAK_DIGEST_SIZE]);
    let place: *mut core::ffi::c_void = memory.0.as_mut_ptr().cast();
    let mut digest = null_mut();
    let init = |place, length, out| unsafe { cloak_digest_init(place, length, out) };
    assert_eq!(init(null_mut(), CLOAK_DIGEST_SIZE, &mut digest), CLOAK_ERR_NULL_POINTER);
    assert_eq!(init(place, CLOAK_DIGEST_SIZE, null_mut()), CLOAK_ERR_NULL_POINTER);
    assert_eq!(init(place, CLOAK_DIGEST_SIZE - 1, &mut digest), CLOAK_ERR_BUFFER_TOO_SMALL);
    assert_eq!(init(place.wrapping_byte_add(8), CLOAK_DIGEST_SIZE - 8, &mut digest), CLOAK_ERR_MISALIGNED);
    assert_eq!(init(place, CLOAK_DIGEST_SIZE, &mut digest), CLOAK_OK);
    assert_eq!(unsafe { cloak_digest_update(digest, null(), 1) }, CLOAK_ERR_NULL_POINTER);
    assert_eq!(unsafe { cloak_digest_finish(digest, null_mut()) }, CLOAK_ERR_NULL_POINTER);
    assert_eq!(unsafe { cloak_digest_update(null_mut(), null(), 0) }, CLOAK_ERR_NULL_POINTER);
    assert_eq!(unsafe { cloak_digest_wipe(digest) }, CLOAK_OK);
    assert_eq!(unsafe { cloak_digest_wipe(null_mut()) }, CLOAK_OK);
}

#[test]
fn a_client_knows_its_run() {
    let segments =
        [segment("values", 40, 9, CLOAK_ENCODING_FIXED_POINT, 20), segment("count", 20, 1, CLOAK_ENCODING_RESIDUES, 0)];
    let world = World::new(3, &config(2), &segments);
    let client = world.clients[0];
    let (mut of_run, mut of_client) = ([0; 32], [1; 32]);
    assert_eq!(unsafe { cloak_run_hash(world.run, of_run.as_mut_ptr()) }, CLOAK_OK);
    assert_eq!(unsafe { cloak_client_run_hash(client, of_client.as_mut_ptr()) }, CLOAK_OK);
    assert_eq!(of_client, of_run);

    let config = |get: &dyn Fn(*mut cloak_run_config) -> cloakwork::status::cloak_status| filled(config(1), get);
    let of_run = config(&|out| unsafe { cloak_run_get_config(world.run, out) });
    let of_client = config(&|out| unsafe { cloak_client_run_config(client, out) });
    assert_eq!(format!("{of_client:?}"), format!("{of_run:?}"));

    let nothing = cloak_run_info { payload_size: 0, members: 0, neighbours: 0, segments: 0, private_vector: 7 };
    let of_run = filled(nothing, &|out| unsafe { cloak_run_get_info(world.run, out) });
    let of_client = filled(nothing, &|out| unsafe { cloak_client_run_info(client, out) });
    assert_eq!(format!("{of_client:?}"), format!("{of_run:?}"));
    assert_eq!((of_client.members, of_client.segments), (3, 2));

    for index in 0..2 {
        let empty = segment("x", 1, 1, CLOAK_ENCODING_RESIDUES, 0);
        let of_run = filled(empty, &|out| unsafe { cloak_run_segment(world.run, index, out) });
        let of_client = filled(empty, &|out| unsafe { cloak_client_segment(client, index, out) });
        assert_eq!(format!("{of_client:?}"), format!("{of_run:?}"));
    }
    let mut other = segments[0];
    assert_eq!(unsafe { cloak_client_segment(client, 2, &mut other) }, CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(unsafe { cloak_client_segment(null(), 0, &mut other) }, CLOAK_ERR_NULL_POINTER);
    assert_eq!(unsafe { cloak_client_run_hash(client, null_mut()) }, CLOAK_ERR_NULL_POINTER);
}

/// An output, once it is written.
fn filled<T>(mut out: T, get: &dyn Fn(*mut T) -> cloakwork::status::cloak_status) -> T {
    assert_eq!(get(&mut out), CLOAK_OK);
    out
}

#[test]
fn scaled_integers_are_masked_as_what_they_stand_for() {
    let words = [0, 1, -1, 1 << 20, -(5 << 19), i32::MAX, i32::MIN];
    let numbers = words.map(|word| f64::from(word) / f64::from(1 << 20));
    let scaled =
        cloak_values { r#type: cloak_type::CLOAK_SCALED_I32 as i32, data: words.as_ptr().cast(), length: words.len() };
    let masked = |values| {
        let segments = [segment("values", 40, words.len() as u64, CLOAK_ENCODING_FIXED_POINT, 20)];
        let mut world = World::new(3, &config(2), &segments);
        world.set_up();
        world.begin();
        world.mask(1, &[values])
    };
    assert_eq!(masked(scaled), masked(values_f64(&numbers)));
}
