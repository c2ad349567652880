//! Segments: the parts of a contribution.

#[cfg(feature = "std")]
use core::ffi::CStr;
use core::ffi::c_char;

use cloakwork_core::secagg::{Encoding, Segment};
#[cfg(feature = "std")]
use cloakwork_core::{Error, ErrorKind};

use crate::sizes::CLOAK_LABEL_SIZE;

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

/// The segment as core knows it.
#[cfg(feature = "std")]
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

/// The segment as C sees it.
pub(crate) fn from_core(segment: &Segment) -> cloak_segment {
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
