//! Vectors of residues that are changed: the accumulators of a server.

use core::ffi::c_void;
use core::ops::Range;

use crate::boundary::Checked;
use crate::pointer::{self, slice_mut};
use crate::status::cloak_status;
use crate::values::cloak_type;

/// Residues of one segment, or of a piece of it, to be changed in place.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_lanes {
    /// `CLOAK_U32`, `CLOAK_U64` or `CLOAK_U128`: the lane of the segment's bit width.
    pub r#type: i32,
    /// The first element; may be NULL when `length` is 0.
    pub data: *mut c_void,
    /// Number of elements.
    pub length: usize,
}

/// Residues by lane, to be changed in place.
#[derive(Debug)]
pub(crate) enum Lanes<'a> {
    U32(&'a mut [u32]),
    U64(&'a mut [u64]),
    U128(&'a mut [u128]),
}

impl Lanes<'_> {
    /// The addresses of the residues.
    pub(crate) fn extent(&self) -> Range<usize> {
        match self {
            Self::U32(lanes) => pointer::extent(lanes),
            Self::U64(lanes) => pointer::extent(lanes),
            Self::U128(lanes) => pointer::extent(lanes),
        }
    }
}

impl cloak_lanes {
    /// The residues, by lane.
    ///
    /// # Safety
    /// Header, "Pointers": `data` is writable for `length` elements of `type`, and nobody else uses them.
    pub(crate) unsafe fn get<'a>(self) -> Checked<Lanes<'a>> {
        let (data, length) = (self.data, self.length);
        Ok(match cloak_type::new(self.r#type)? {
            // SAFETY: the caller's obligation; numbers have every bit pattern.
            cloak_type::CLOAK_U32 => Lanes::U32(unsafe { slice_mut(data.cast(), length) }?),
            // SAFETY: as above.
            cloak_type::CLOAK_U64 => Lanes::U64(unsafe { slice_mut(data.cast(), length) }?),
            // SAFETY: as above.
            cloak_type::CLOAK_U128 => Lanes::U128(unsafe { slice_mut(data.cast(), length) }?),
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        })
    }
}
