//! Vectors of residues that are changed: the accumulators of a server.

use core::ffi::c_void;
use core::ops::Range;

use crate::pointer::Target;
use crate::status::{Checked, cloak_status};
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
    #[cfg(feature = "wide")]
    U128(&'a mut [u128]),
}

impl cloak_lanes {
    /// The residues, by lane, apart from an input.
    ///
    /// # Safety
    /// Header, "Pointers": `data` is writable for `length` elements of `type`, and nobody else uses them.
    pub(crate) unsafe fn get<'a>(self, input: &Range<usize>) -> Checked<Lanes<'a>> {
        Ok(match cloak_type::new(self.r#type)? {
            // SAFETY: the caller's obligation.
            cloak_type::CLOAK_U32 => Lanes::U32(unsafe { self.elements(input) }?),
            // SAFETY: the caller's obligation.
            cloak_type::CLOAK_U64 => Lanes::U64(unsafe { self.elements(input) }?),
            // SAFETY: the caller's obligation.
            #[cfg(feature = "wide")]
            cloak_type::CLOAK_U128 => Lanes::U128(unsafe { self.elements(input) }?),
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        })
    }

    /// The elements as numbers of type `T`.
    ///
    /// # Safety
    /// As for [`cloak_lanes::get`]; `T` is the type that `type` stands for.
    unsafe fn elements<'a, T>(self, input: &Range<usize>) -> Checked<&'a mut [T]> {
        // SAFETY: the caller's obligation; numbers have every bit pattern.
        let elements = unsafe { Target::new(self.data.cast(), self.length) }?;
        Ok(elements.apart_from(input)?.borrow())
    }
}
