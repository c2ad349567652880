//! Sums in a mesh.

use core::ptr::{null, null_mut};

use cloakwork::lanes::cloak_lanes;
use cloakwork::mesh::*;
use cloakwork::status::cloak_status::*;
use cloakwork::values::cloak_type::CLOAK_U64;

const PARTIES: u32 = 3;
const BITS: u8 = 64;

fn lanes(vector: &mut [u64]) -> cloak_lanes {
    cloak_lanes { r#type: CLOAK_U64 as i32, data: vector.as_mut_ptr().cast(), length: vector.len() }
}

fn party(index: u32) -> *mut cloak_mesh {
    let mut made = null_mut();
    assert_eq!(unsafe { cloak_mesh_new(2, PARTIES, index, null(), &mut made) }, CLOAK_OK);
    made
}

#[test]
fn sums_of_three() {
    let parties: Vec<_> = (0..PARTIES).map(party).collect();
    let mut pieces = vec![vec![0u8; 32 * 3]; 3];
    for (from, party) in parties.iter().enumerate() {
        for to in (0..3).filter(|to| *to != from) {
            let out = pieces[to][32 * from..].as_mut_ptr();
            assert_eq!(unsafe { cloak_mesh_piece(*party, to as u32, out) }, CLOAK_OK);
        }
    }
    for (party, received) in parties.iter().zip(&pieces) {
        assert_eq!(unsafe { cloak_mesh_agree(*party, [5; 32].as_ptr(), received.as_ptr(), 96) }, CLOAK_OK);
    }
    let mut zeros = 0;
    assert_eq!(unsafe { cloak_mesh_zeros(BITS, &mut zeros) }, CLOAK_OK);
    assert_eq!(zeros, 1);
    let mut sum = [0u64; 3];
    for (place, party) in parties.iter().enumerate() {
        let mut vector = [1 + place as u64, u64::MAX, 99];
        let (mut message, mut length) = ([0u8; 24], 0);
        let out = message.as_mut_ptr();
        assert_eq!(
            unsafe { cloak_mesh_mask(*party, BITS, &lanes(&mut vector), out, 23, &mut length) },
            CLOAK_ERR_BUFFER_TOO_SMALL
        );
        assert_eq!((length, vector), (24, [1 + place as u64, u64::MAX, 99]));
        assert_eq!(unsafe { cloak_mesh_mask(*party, BITS, &lanes(&mut vector), out, 24, &mut length) }, CLOAK_OK);
        assert_eq!(unsafe { cloak_mesh_add(BITS, message.as_ptr(), length, &lanes(&mut sum)) }, CLOAK_OK);
        let early = unsafe { cloak_mesh_finish(BITS, &lanes(&mut sum.clone())) };
        assert_eq!(early, if place == 2 { CLOAK_OK } else { CLOAK_ERR_MASKS_DID_NOT_CANCEL });
        unsafe { cloak_mesh_free(*party) };
    }
    assert_eq!(unsafe { cloak_mesh_finish(BITS, &lanes(&mut sum)) }, CLOAK_OK);
    assert_eq!(sum, [6, 0u64.wrapping_sub(3), 0]);
}

#[test]
fn what_is_refused() {
    let mut made = null_mut();
    let mut piece = [0u8; 32];
    unsafe {
        assert_eq!(cloak_mesh_new(2, 1, 0, null(), &mut made), CLOAK_ERR_INVALID_ARGUMENT);
        assert_eq!(cloak_mesh_new(9, 2, 0, null(), &mut made), CLOAK_ERR_UNSUPPORTED);
        assert_eq!(cloak_mesh_new(2, 2, 2, null(), &mut made), CLOAK_ERR_UNKNOWN_PARTY);
        assert_eq!(cloak_mesh_new(2, 2, 0, null(), null_mut()), CLOAK_ERR_NULL_POINTER);
        assert_eq!(cloak_mesh_piece(null(), 1, piece.as_mut_ptr()), CLOAK_ERR_NULL_POINTER);
        let one = party(0);
        assert_eq!(cloak_mesh_piece(one, 0, piece.as_mut_ptr()), CLOAK_ERR_UNKNOWN_PARTY);
        assert_eq!(cloak_mesh_agree(one, piece.as_ptr(), [0; 95].as_ptr(), 95), CLOAK_ERR_INVALID_LENGTH);
        assert_eq!(cloak_mesh_agree(one, piece.as_ptr(), [0; 64].as_ptr(), 64), CLOAK_ERR_INVALID_LENGTH);
        let (mut vector, mut length) = ([1u64, 2], 0);
        let given = lanes(&mut vector);
        assert_eq!(cloak_mesh_mask(one, 64, &given, null_mut(), 0, &mut length), CLOAK_ERR_OUT_OF_ORDER);
        assert_eq!(cloak_mesh_agree(one, piece.as_ptr(), [0; 96].as_ptr(), 96), CLOAK_OK);
        assert_eq!(cloak_mesh_agree(one, piece.as_ptr(), [0; 96].as_ptr(), 96), CLOAK_ERR_OUT_OF_ORDER);
        assert_eq!(cloak_mesh_mask(one, 128, &given, null_mut(), 0, &mut length), CLOAK_ERR_INVALID_WIDTH);
        assert_eq!(cloak_mesh_mask(one, 64, &given, given.data.cast(), 16, &mut length), CLOAK_ERR_OVERLAP);
        assert_eq!(cloak_mesh_mask(one, 64, &given, null_mut(), 0, &mut length), CLOAK_ERR_BUFFER_TOO_SMALL);
        assert_eq!((length, vector), (16, [1, 2]));
        assert_eq!(cloak_mesh_add(64, piece.as_ptr(), 32, &given), CLOAK_ERR_INVALID_LENGTH);
        assert_eq!(cloak_mesh_zeros(0, &mut length), CLOAK_ERR_INVALID_WIDTH);
        cloak_mesh_free(one);
        cloak_mesh_free(null_mut());
    }
}
