//! Segments: the parts of a contribution, how they lie in a payload, and their sums as numbers.

use core::ffi::{CStr, c_char};

use cloakwork_core::ring::lane_bytes;
use cloakwork_core::secagg::{Encoding, Run, Segment, Values};
use cloakwork_core::{Error, ErrorKind};

use crate::boundary::{Checked, boundary};
use crate::handle;
use crate::pointer::{Out, Target, value};
use crate::run::cloak_run;
use crate::sizes::CLOAK_LABEL_SIZE;
use crate::status::cloak_status;
use crate::values::{self, cloak_type, cloak_values};

/// `cloak_segment.encoding`: the values are residues mod 2^bits already; sums wrap.
pub const CLOAK_ENCODING_RESIDUES: u8 = 0;
/// `cloak_segment.encoding`: signed fixed point, range-checked so that the sum over the roster cannot wrap.
pub const CLOAK_ENCODING_FIXED_POINT: u8 = 1;

/// One part of a contribution, with a bit width and masks of its own.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_segment {
    /// Number of values: 1 to 2^31.
    pub length: u64,
    /// Name: 1 to 32 characters of `a-z 0-9 _ . -`, then a NUL; unique in the run.
    pub label: [c_char; CLOAK_LABEL_SIZE],
    /// Bits of a residue: 1 to 128.
    pub bits: u8,
    /// `CLOAK_ENCODING_RESIDUES` or `CLOAK_ENCODING_FIXED_POINT`.
    pub encoding: u8,
    /// A value x is the integer nearest to x * 2^fraction: -64 to 120; 0 for residues.
    pub fraction: i8,
}

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

/// The segment as core knows it.
pub(crate) fn to_core(segment: &cloak_segment) -> Result<Segment, Error> {
    let label = segment.label.map(c_char::to_ne_bytes);
    let label = CStr::from_bytes_until_nul(label.as_flattened()).map_err(|_| ErrorKind::InvalidRun)?;
    let label = label.to_str().map_err(|_| ErrorKind::InvalidRun)?;
    let encoding = match (segment.encoding, segment.fraction) {
        (CLOAK_ENCODING_RESIDUES, 0) => Encoding::Residues,
        (CLOAK_ENCODING_FIXED_POINT, fraction) => Encoding::FixedPoint { fraction },
        _ => return Err(ErrorKind::InvalidRun.into()),
    };
    Segment::new(label, segment.bits, segment.length, encoding)
}

fn from_core(segment: &Segment) -> cloak_segment {
    let mut label = [0; CLOAK_LABEL_SIZE];
    for (character, byte) in label.iter_mut().zip(segment.label().bytes()) {
        *character = c_char::from_ne_bytes([byte]);
    }
    let (encoding, fraction) = match segment.encoding() {
        Encoding::Residues => (CLOAK_ENCODING_RESIDUES, 0),
        Encoding::FixedPoint { fraction } => (CLOAK_ENCODING_FIXED_POINT, fraction),
    };
    cloak_segment { length: segment.length(), label, bits: segment.bits().get(), encoding, fraction }
}

fn find(run: &Run, index: u32) -> Checked<&Segment> {
    run.config().segments.get(index as usize).ok_or(cloak_status::CLOAK_ERR_INVALID_ARGUMENT)
}
