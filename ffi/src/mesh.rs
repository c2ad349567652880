//! Sums among parties of whom each reaches each, without a server.

use cloakwork_core::mesh::{self, Mesh, PIECE_SIZE, RUN_SIZE};
use cloakwork_core::prg::Suite;
use cloakwork_core::ring::{self, Bits, Lane};

use crate::boundary::boundary;
use crate::handle::{self, Opaque, kind};
use crate::lanes::{Lanes, cloak_lanes};
use crate::pointer::{Buffer, NO_INPUT, Out, array, extent, out_array, slice, value};
use crate::rng::{Generator, cloak_rng};
use crate::status::{Checked, cloak_status};

/// One party of sums in a mesh. Vectors are residues mod 2^bits in the lane of their width, with `cloak_mesh_zeros` elements behind the values.
///
/// Hosts only, as everything of meshes.
#[derive(Debug)]
pub struct cloak_mesh {
    _opaque: (),
}

impl Opaque for cloak_mesh {
    type Object = Mesh;
    const KIND: u32 = kind(b"CWn");
}

/// A party with new pieces for the others.
///
/// The caller ends it with `cloak_mesh_free`.
///
/// @param suite    the cipher of its masks, 1 or 2
/// @param parties  2 to 1024
/// @param index    its place, from 0
/// @param rng      source of the pieces; NULL for that of the operating system
/// @param out      the party
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for another number of parties; `CLOAK_ERR_UNKNOWN_PARTY` for a place beyond them; `CLOAK_ERR_UNSUPPORTED` for another
///         suite; `CLOAK_ERR_RANDOMNESS`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mesh_new(
    suite: u8,
    parties: u32,
    index: u32,
    rng: *const cloak_rng,
    out: *mut *mut cloak_mesh,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let mut generator = unsafe { Generator::new(rng) }?;
        let made = Mesh::new(Suite::new(suite)?, parties as usize, index as usize, &mut generator)?;
        out.write(handle::allocate::<cloak_mesh>(made)?.as_ptr());
        Ok(())
    })
}

/// Ends a party and wipes its secrets. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mesh_free(mesh: *mut cloak_mesh) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { handle::end(mesh) });
}

/// cbindgen:ptrs-as-arrays=[[out; 32]]
/// What goes to another party, over a channel that only the two of them read.
///
/// @param to   the other party
/// @param out  the piece, 32 bytes, secret
/// @return `CLOAK_ERR_UNKNOWN_PARTY`; `CLOAK_ERR_OUT_OF_ORDER` after `cloak_mesh_agree`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mesh_piece(mesh: *const cloak_mesh, to: u32, out: *mut u8) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let mesh = unsafe { handle::shared(mesh) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { out_array::<PIECE_SIZE>(out) }?;
        out.write(*mesh.piece(to as usize)?);
        Ok(())
    })
}

/// cbindgen:ptrs-as-arrays=[[run; 32]]
/// Takes the pieces of all other parties.
///
/// @param run     what all have agreed on, their numbering included; 32 bytes that differ between runs
/// @param pieces  32 bytes of each party, in order; those in the place of this party are ignored
/// @param length  bytes of `pieces`
/// @return `CLOAK_ERR_INVALID_LENGTH` for another number of pieces; `CLOAK_ERR_OUT_OF_ORDER` for a second time
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mesh_agree(
    mesh: *mut cloak_mesh,
    run: *const u8,
    pieces: *const u8,
    length: usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let run = unsafe { array::<RUN_SIZE>(run) }?;
        // SAFETY: header, "Pointers".
        let (pieces, []) = unsafe { slice(pieces, length) }?.as_chunks() else {
            return Err(cloak_status::CLOAK_ERR_INVALID_LENGTH);
        };
        // SAFETY: header, "Handles".
        Ok(unsafe { handle::exclusive(mesh) }?.agree(&run, pieces.iter())?)
    })
}

/// How many elements follow the values of a vector: those of which the parties know that they add up to zero.
///
/// @param bits  width of a residue, 1 to 128
/// @param out   the number
/// @return `CLOAK_ERR_INVALID_WIDTH`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mesh_zeros(bits: u8, out: *mut usize) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        out.write(mesh::zero_coordinates(Bits::new(bits)?));
        Ok(())
    })
}

/// Masks the vector of the next sum in place and packs it for the others, who all get the same. All parties make as many sums, in the same order, of the
/// same widths and lengths.
///
/// @param bits      width of a residue, 1 to 128
/// @param vector    the values, and room for `cloak_mesh_zeros` more; wiped by its masks
/// @param out       the message: ceil(elements * bits / 8) bytes
/// @param capacity  bytes that fit at `out`
/// @param length    bytes that were written
/// @return `CLOAK_ERR_OUT_OF_ORDER` before `cloak_mesh_agree`; `CLOAK_ERR_INVALID_WIDTH` for another lane; `CLOAK_ERR_INVALID_LENGTH` without room for the
///         zeros; `CLOAK_ERR_TOO_LONG`; `CLOAK_ERR_BUFFER_TOO_SMALL`, `length` then says what is needed, and nothing is masked
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mesh_mask(
    mesh: *mut cloak_mesh,
    bits: u8,
    vector: *const cloak_lanes,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let vector = unsafe { value(vector) }?;
        // SAFETY: header, "Pointers".
        let vector = unsafe { vector.get(&NO_INPUT) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?;
        // SAFETY: header, "Handles".
        let mut mesh = unsafe { handle::exclusive(mesh) }?;
        let bits = Bits::new(bits)?;
        match vector {
            Lanes::U32(lanes) => masked(&mut mesh, bits, lanes, out),
            Lanes::U64(lanes) => masked(&mut mesh, bits, lanes, out),
            Lanes::U128(lanes) => masked(&mut mesh, bits, lanes, out),
        }
    })
}

fn masked<L: Lane>(mesh: &mut Mesh, bits: Bits, lanes: &mut [L], out: Buffer) -> Checked<()> {
    out.apart_from(&extent(lanes))?.fill(|out| mesh.mask(bits, lanes, out))
}

/// Adds the message of a party to a sum, which starts with zeros.
///
/// @param bits     width of a residue, 1 to 128
/// @param message  as received
/// @param length   bytes of `message`
/// @param sum      as many elements as the vectors have
/// @return `CLOAK_ERR_INVALID_LENGTH` for a message of another length, `CLOAK_ERR_MALFORMED` for bits behind its last element; `CLOAK_ERR_INVALID_WIDTH` for another lane
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mesh_add(
    bits: u8,
    message: *const u8,
    length: usize,
    sum: *const cloak_lanes,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let message = unsafe { slice(message, length) }?;
        // SAFETY: header, "Pointers".
        let sum = unsafe { value(sum) }?;
        let bits = Bits::new(bits)?;
        // SAFETY: header, "Pointers".
        match unsafe { sum.get(&extent(message)) }? {
            Lanes::U32(lanes) => ring::add_packed(bits, message, lanes)?,
            Lanes::U64(lanes) => ring::add_packed(bits, message, lanes)?,
            Lanes::U128(lanes) => ring::add_packed(bits, message, lanes)?,
        }
        Ok(())
    })
}

/// Ends a sum to which the messages of all parties were added: its elements become residues in 0 to 2^bits - 1.
///
/// @param bits  width of a residue, 1 to 128
/// @param sum   the sum
/// @return `CLOAK_ERR_MASKS_DID_NOT_CANCEL`: throw it away; `CLOAK_ERR_INVALID_WIDTH` for another lane; `CLOAK_ERR_INVALID_LENGTH` without room for the zeros
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mesh_finish(bits: u8, sum: *const cloak_lanes) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let sum = unsafe { value(sum) }?;
        let bits = Bits::new(bits)?;
        // SAFETY: header, "Pointers".
        match unsafe { sum.get(&NO_INPUT) }? {
            Lanes::U32(lanes) => mesh::finish(bits, lanes)?,
            Lanes::U64(lanes) => mesh::finish(bits, lanes)?,
            Lanes::U128(lanes) => mesh::finish(bits, lanes)?,
        }
        Ok(())
    })
}
