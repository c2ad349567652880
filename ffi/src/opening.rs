//! The opening of a round: what takes the masks off the sum of the payloads.

use cloakwork_core::privacy::pipeline::ROTATION_SEED_SIZE;
use cloakwork_core::secagg::{Opening, Values};

use crate::boundary::boundary;
use crate::handle::{self, Opaque, kind};
use crate::lanes::{Lanes, cloak_lanes};
use crate::pointer::{NO_INPUT, Out, extent, out_array, slice, value};
use crate::server::cloak_server;
use crate::status::cloak_status;
use crate::values::cloak_values;

/// The masks that remain in the sum of the survivors' payloads.
///
/// A host sums range by range, in any order and on any number of threads at once: for each range `cloak_opening_add` for every survivor's
/// payload, then `cloak_opening_unmask` once. It keeps the values and gives the zero coordinates, which follow the last value of a
/// segment, to `cloak_opening_check_zeros`. If that fails the sum is worthless.
#[derive(Debug)]
pub struct cloak_opening {
    _opaque: (),
}

impl Opaque for cloak_opening {
    type Object = Opening;
    const KIND: u32 = kind(b"CWo");
}

/// Recovers the masks of the round.
///
/// Hosts only. The caller ends the opening with `cloak_opening_free`.
///
/// @param server  a server whose step is `CLOAK_STEP_SUM`; it may go on or be freed while the opening lives
/// @param out     the opening
/// @return `CLOAK_ERR_OUT_OF_ORDER` in another step; `CLOAK_ERR_TOO_FEW_SHARES`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_server_opening(
    server: *const cloak_server,
    out: *mut *mut cloak_opening,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let server = unsafe { handle::shared(server) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        out.write(handle::allocate::<cloak_opening>(server.server.opening()?)?.as_ptr());
        Ok(())
    })
}

/// Ends an opening and wipes its masks. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_opening_free(opening: *mut cloak_opening) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { handle::end(opening) });
}

/// cbindgen:ptrs-as-arrays=[[out; 32]]
/// The rotation seed of the round, with which `cloak_mechanism_decode` reads the sum of a run with a noise mechanism. It is public.
///
/// @param out  the seed, 32 bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_opening_rotation_seed(opening: *const cloak_opening, out: *mut u8) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let opening = unsafe { handle::shared(opening) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { out_array::<ROTATION_SEED_SIZE>(out) }?;
        out.write(opening.rotation_seed());
        Ok(())
    })
}

/// Adds a range of one survivor's contribution to an accumulator.
///
/// @param segment         index of the segment
/// @param first           first element of the range, a multiple of 8. Elements are the values and then the zero coordinates.
/// @param payload         the whole payload, as received
/// @param payload_length  bytes of `payload`
/// @param accumulator     one lane for each element of the range; their number is a multiple of 8 unless the range ends the segment
/// @return `CLOAK_ERR_INVALID_LENGTH` for a payload of another size or a range that does not fit; `CLOAK_ERR_INVALID_WIDTH` for another lane
///         type than that of `cloak_run_layout`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_opening_add(
    opening: *const cloak_opening,
    segment: u32,
    first: u64,
    payload: *const u8,
    payload_length: usize,
    accumulator: *const cloak_lanes,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let opening = unsafe { handle::shared(opening) }?;
        // SAFETY: header, "Pointers".
        let payload = unsafe { slice(payload, payload_length) }?;
        // SAFETY: header, "Pointers".
        let accumulator = unsafe { value(accumulator) }?;
        // SAFETY: header, "Pointers".
        let accumulator = unsafe { accumulator.get(&extent(payload)) }?;
        let segment = segment as usize;
        match accumulator {
            Lanes::U32(lanes) => opening.accumulate(segment, first, payload, lanes)?,
            Lanes::U64(lanes) => opening.accumulate(segment, first, payload, lanes)?,
            Lanes::U128(lanes) => opening.accumulate(segment, first, payload, lanes)?,
        }
        Ok(())
    })
}

/// Takes the masks off a range in which an accumulator holds the sum of all survivors.
///
/// @param segment      index of the segment
/// @param first        first element of the range, a multiple of 8
/// @param accumulator  one lane for each element of the range; their number is a multiple of 8 unless the range ends the segment. Afterwards
///                     the residues of the sum.
/// @return as `cloak_opening_add`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_opening_unmask(
    opening: *const cloak_opening,
    segment: u32,
    first: u64,
    accumulator: *const cloak_lanes,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let opening = unsafe { handle::shared(opening) }?;
        // SAFETY: header, "Pointers".
        let accumulator = unsafe { value(accumulator) }?;
        // SAFETY: header, "Pointers".
        let accumulator = unsafe { accumulator.get(&NO_INPUT) }?;
        let segment = segment as usize;
        match accumulator {
            Lanes::U32(lanes) => opening.unmask(segment, first, lanes)?,
            Lanes::U64(lanes) => opening.unmask(segment, first, lanes)?,
            Lanes::U128(lanes) => opening.unmask(segment, first, lanes)?,
        }
        Ok(())
    })
}

/// Checks the zero coordinates of a segment after the masks were taken off.
///
/// @param segment  index of the segment
/// @param zeros    all residues that follow the last value of the segment, in its lane type
/// @return `CLOAK_ERR_MASKS_DID_NOT_CANCEL` when one is not zero: throw the sum of every segment away and tell `cloak_server_finish`;
///         `CLOAK_ERR_INVALID_LENGTH` for another number of them
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_opening_check_zeros(
    opening: *const cloak_opening,
    segment: u32,
    zeros: *const cloak_values,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let opening = unsafe { handle::shared(opening) }?;
        // SAFETY: header, "Pointers".
        let zeros = unsafe { value(zeros) }?;
        // SAFETY: header, "Pointers".
        let zeros = unsafe { zeros.get() }?;
        let segment = segment as usize;
        match zeros {
            Values::U32(zeros) => opening.check_zeros(segment, zeros)?,
            Values::U64(zeros) => opening.check_zeros(segment, zeros)?,
            Values::U128(zeros) => opening.check_zeros(segment, zeros)?,
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        }
        Ok(())
    })
}
