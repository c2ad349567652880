//! The segments of a run: how they lie in a payload, and their sums as numbers.

use cloakwork_core::ring::lane_bytes;
use cloakwork_core::secagg::{Encoding, Run, Segment, Values};

use crate::boundary::boundary;
use crate::handle;
use crate::pointer::{Out, Target, value};
use crate::run::cloak_run;
use crate::segment::{cloak_segment, from_core};
use crate::status::{Checked, cloak_status};
use crate::values::{self, cloak_type, cloak_values};

/// Where a segment lies and what its values may be.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_layout {
    /// First byte of the segment in a payload.
    pub offset: u64,
    /// Bytes of the segment in a payload.
    pub size: u64,
    /// Number of values.
    pub length: u64,
    /// Zero coordinates after the values; they must be zero in the sum.
    pub zeros: u64,
    /// Largest magnitude of a value: for fixed point that of the integer nearest to x * 2^fraction, for residues 2^bits - 1. 2^64 - 1 if it
    /// is more.
    pub limit: u64,
    /// The type of a residue: `CLOAK_U32`, `CLOAK_U64` or `CLOAK_U128`.
    pub lane: i32,
    /// Zero.
    pub reserved: u32,
}

/// A segment of a run.
///
/// @param index  from 0
/// @param out    the segment
/// @return `CLOAK_ERR_INVALID_ARGUMENT` when there is no such segment
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_segment(run: *const cloak_run, index: u32, out: *mut cloak_segment) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let run = &unsafe { handle::shared(run) }?.run;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        out.write(from_core(find(run, index)?));
        Ok(())
    })
}

/// Where a segment lies and what its values may be.
///
/// @param index  from 0
/// @param out    the layout
/// @return `CLOAK_ERR_INVALID_ARGUMENT` when there is no such segment
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_layout(run: *const cloak_run, index: u32, out: *mut cloak_layout) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let run = &unsafe { handle::shared(run) }?.run;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        let segment = find(run, index)?;
        let limit = match segment.encoding() {
            Encoding::Residues => segment.bits().max_residue(),
            Encoding::FixedPoint { .. } => run.fixed_point(index as usize)?.limit(),
        };
        let lane = match lane_bytes(segment.bits()) {
            4 => cloak_type::CLOAK_U32,
            8 => cloak_type::CLOAK_U64,
            _ => cloak_type::CLOAK_U128,
        };
        out.write(cloak_layout {
            offset: run.payload_offset(index as usize),
            size: segment.packed_size(),
            length: segment.length(),
            zeros: segment.zeros(),
            limit: u64::try_from(limit).unwrap_or(u64::MAX),
            lane: lane as i32,
            reserved: 0,
        });
        Ok(())
    })
}

/// The numbers that the residues of a sum stand for, in a fixed-point segment.
///
/// @param segment   index of the segment
/// @param residues  residues in the segment's lane type, any piece of the sum
/// @param out       one number for each residue, rounded to nearest
/// @param length    elements of `out`, those of `residues`
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for a segment of residues; `CLOAK_ERR_INVALID_WIDTH` for another lane type
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_to_f64(
    run: *const cloak_run,
    segment: u32,
    residues: *const cloak_values,
    out: *mut f64,
    length: usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let run = &unsafe { handle::shared(run) }?.run;
        // SAFETY: header, "Pointers".
        let residues = unsafe { value(residues) }?;
        // SAFETY: header, "Pointers".
        let residues = unsafe { residues.get() }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Target::new(out, length) }?.apart_from(&values::extent(&residues))?.borrow();
        let fixed = run.fixed_point(segment as usize)?;
        match residues {
            Values::U32(residues) => fixed.decode_f64(residues, out)?,
            Values::U64(residues) => fixed.decode_f64(residues, out)?,
            Values::U128(residues) => fixed.decode_f64(residues, out)?,
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        }
        Ok(())
    })
}

/// The integers that the residues of a sum stand for, in a fixed-point segment: as `cloak_run_to_f64`, rounded to the nearest
/// integer, ties to even.
///
/// @param segment   index of the segment
/// @param residues  residues in the segment's lane type, any piece of the sum
/// @param out       one integer for each residue; unspecified when the call fails
/// @param length    elements of `out`, those of `residues`
/// @return as `cloak_run_to_f64`, and `CLOAK_ERR_OUT_OF_RANGE` when an integer does not fit
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_to_i64(
    run: *const cloak_run,
    segment: u32,
    residues: *const cloak_values,
    out: *mut i64,
    length: usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let run = &unsafe { handle::shared(run) }?.run;
        // SAFETY: header, "Pointers".
        let residues = unsafe { value(residues) }?;
        // SAFETY: header, "Pointers".
        let residues = unsafe { residues.get() }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Target::new(out, length) }?.apart_from(&values::extent(&residues))?.borrow();
        let fixed = run.fixed_point(segment as usize)?;
        match residues {
            Values::U32(residues) => fixed.decode_i64(residues, out)?,
            Values::U64(residues) => fixed.decode_i64(residues, out)?,
            Values::U128(residues) => fixed.decode_i64(residues, out)?,
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        }
        Ok(())
    })
}

fn find(run: &Run, index: u32) -> Checked<&Segment> {
    run.config().segments.get(index as usize).ok_or(cloak_status::CLOAK_ERR_INVALID_ARGUMENT)
}
