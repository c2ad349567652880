//! Vectors of numbers that are read: what a client contributes, and residues of a sum.

use core::ffi::c_void;
use core::ops::Range;

use cloakwork_core::secagg::Values;

#[cfg(feature = "noise")]
use crate::handle;
use crate::pointer::{self, slice};
#[cfg(feature = "noise")]
use crate::privacy::contribution::cloak_contribution;
use crate::status::{Checked, cloak_status};

/// What the elements of a vector are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_type {
    /// `double`, for fixed-point segments.
    CLOAK_F64 = 1,
    /// `float`, for fixed-point segments.
    CLOAK_F32 = 2,
    /// `int64_t`, for fixed-point segments: the value itself, not the scaled integer.
    CLOAK_I64 = 3,
    /// `int32_t`, for fixed-point segments.
    CLOAK_I32 = 4,
    /// `uint32_t`, for segments of residues; the lane of widths up to 32 bits.
    CLOAK_U32 = 5,
    /// `uint64_t`, for segments of residues; the lane of widths from 33 to 64 bits.
    CLOAK_U64 = 6,
    /// 128-bit unsigned integers of 16 bytes in the byte order of the machine, aligned to 16 bytes (two `uint64_t`, the low one first
    /// on little-endian machines), for segments of residues; the lane of widths above 64 bits.
    CLOAK_U128 = 7,
    /// A `cloak_contribution`, for runs with a noise mechanism: `data` is the handle and `length` the padded length.
    CLOAK_CONTRIBUTION = 8,
    /// `int32_t`, for fixed-point segments: the integer x * 2^fraction itself.
    CLOAK_SCALED_I32 = 9,
}

impl cloak_type {
    /// The type of a number that the caller gave.
    pub(crate) fn new(number: i32) -> Checked<Self> {
        const TYPES: [cloak_type; 9] = [
            cloak_type::CLOAK_F64,
            cloak_type::CLOAK_F32,
            cloak_type::CLOAK_I64,
            cloak_type::CLOAK_I32,
            cloak_type::CLOAK_U32,
            cloak_type::CLOAK_U64,
            cloak_type::CLOAK_U128,
            cloak_type::CLOAK_CONTRIBUTION,
            cloak_type::CLOAK_SCALED_I32,
        ];
        TYPES.into_iter().find(|known| *known as i32 == number).ok_or(cloak_status::CLOAK_ERR_INVALID_ARGUMENT)
    }
}

/// The values of one segment, or of a piece of it, to be read.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_values {
    /// One of `cloak_type`.
    pub r#type: i32,
    /// The first element; may be NULL when `length` is 0. For `CLOAK_CONTRIBUTION` the handle.
    pub data: *const c_void,
    /// Number of elements.
    pub length: usize,
}

impl cloak_values {
    /// The values as core takes them.
    ///
    /// # Safety
    /// Header, "Pointers": `data` is readable for `length` elements of `type`. For a contribution "Handles".
    pub(crate) unsafe fn get<'a>(self) -> Checked<Values<'a>> {
        let (data, length) = (self.data, self.length);
        Ok(match cloak_type::new(self.r#type)? {
            // SAFETY: the caller's obligation; numbers have every bit pattern.
            #[cfg(feature = "conversion")]
            cloak_type::CLOAK_F64 => Values::F64(unsafe { slice(data.cast(), length) }?),
            // SAFETY: as above.
            #[cfg(feature = "conversion")]
            cloak_type::CLOAK_F32 => Values::F32(unsafe { slice(data.cast(), length) }?),
            // SAFETY: as above.
            #[cfg(feature = "conversion")]
            cloak_type::CLOAK_I64 => Values::I64(unsafe { slice(data.cast(), length) }?),
            // SAFETY: as above.
            #[cfg(feature = "conversion")]
            cloak_type::CLOAK_I32 => Values::I32(unsafe { slice(data.cast(), length) }?),
            // SAFETY: as above.
            cloak_type::CLOAK_U32 => Values::U32(unsafe { slice(data.cast(), length) }?),
            // SAFETY: as above.
            cloak_type::CLOAK_U64 => Values::U64(unsafe { slice(data.cast(), length) }?),
            // SAFETY: as above.
            #[cfg(feature = "wide")]
            cloak_type::CLOAK_U128 => Values::U128(unsafe { slice(data.cast(), length) }?),
            // SAFETY: as above.
            cloak_type::CLOAK_SCALED_I32 => Values::ScaledI32(unsafe { slice(data.cast(), length) }?),
            #[cfg(feature = "noise")]
            cloak_type::CLOAK_CONTRIBUTION => {
                // SAFETY: the caller's obligation.
                let values = unsafe { handle::shared(data.cast::<cloak_contribution>()) }?.values();
                if values.len() != length {
                    return Err(cloak_status::CLOAK_ERR_INVALID_LENGTH);
                }
                values
            }
            // A type that this build leaves out.
            #[allow(unreachable_patterns, reason = "hosts have all types")]
            _ => return Err(cloak_status::CLOAK_ERR_UNSUPPORTED),
        })
    }
}

/// The addresses of values.
pub(crate) fn extent(values: &Values<'_>) -> Range<usize> {
    match values {
        #[cfg(feature = "conversion")]
        Values::F64(values) => pointer::extent(values),
        #[cfg(feature = "conversion")]
        Values::F32(values) => pointer::extent(values),
        #[cfg(feature = "conversion")]
        Values::I64(values) => pointer::extent(values),
        #[cfg(feature = "conversion")]
        Values::I32(values) => pointer::extent(values),
        Values::ScaledI32(values) => pointer::extent(values),
        Values::U32(values) => pointer::extent(values),
        Values::U64(values) => pointer::extent(values),
        #[cfg(feature = "wide")]
        Values::U128(values) => pointer::extent(values),
        // Where parts are missing nothing is read.
        #[cfg(feature = "noise")]
        Values::PrivateU32(contribution) => contribution.residues().map_or(0..0, pointer::extent),
        #[cfg(feature = "noise")]
        Values::PrivateU64(contribution) => contribution.residues().map_or(0..0, pointer::extent),
        // `get` makes no other.
        _ => 0..0,
    }
}
