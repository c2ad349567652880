//! A kind of correlation as 16 bytes of a request (docs/mpc.md section 3).

use crate::error::{ErrorKind, Result};

/// Bytes of a correlation.
pub(super) const SIZE: usize = 16;

/// In the place of a number of fraction bits: none.
pub(in crate::mpc) const NO_FRACTION: u8 = 255;
/// In the place of a width: none.
pub(in crate::mpc) const NO_WIDTH: u8 = 0;
/// Fraction bits that a truncation takes off, at most.
pub(in crate::mpc) const MOST_FRACTION: u8 = 62;

/// The fields of a correlation: its kind, fraction, width, and up to three lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields {
    pub(in crate::mpc) kind: u8,
    pub(in crate::mpc) fraction: u8,
    pub(in crate::mpc) width: u8,
    pub(in crate::mpc) lengths: [u32; 3],
}

impl Fields {
    /// Those of a kind that has a number of elements and nothing else.
    pub(in crate::mpc) fn plain(kind: u8, count: usize) -> Self {
        Self { kind, fraction: NO_FRACTION, width: NO_WIDTH, lengths: [length(count), 0, 0] }
    }

    /// The lengths as sizes.
    pub(in crate::mpc) fn sizes(&self) -> [usize; 3] {
        self.lengths.map(|length| usize::try_from(length).unwrap_or(usize::MAX))
    }

    pub(super) fn encode(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        let (head, lengths) = bytes.split_at_mut(4);
        head.copy_from_slice(&[self.kind, self.fraction, self.width, 0]);
        for (place, length) in lengths.as_chunks_mut::<4>().0.iter_mut().zip(self.lengths) {
            *place = length.to_le_bytes();
        }
        bytes
    }

    /// # Errors
    ///
    /// [`ErrorKind::NonCanonical`] where the place that is not used is not zero.
    pub(super) fn decode(bytes: &[u8; SIZE]) -> Result<Self> {
        let &[kind, fraction, width, unused, ref lengths @ ..] = bytes;
        if unused != 0 {
            return Err(ErrorKind::NonCanonical.into());
        }
        let mut fields = Self { kind, fraction, width, lengths: [0; 3] };
        for (length, bytes) in fields.lengths.iter_mut().zip(lengths.as_chunks::<4>().0) {
            *length = u32::from_le_bytes(*bytes);
        }
        Ok(fields)
    }
}

/// A length; one that is longer than what a request may ask for stays so.
pub(in crate::mpc) fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A number of fraction bits; none stays none.
pub(in crate::mpc) fn fraction_byte(fraction: Option<u32>) -> u8 {
    fraction.and_then(|fraction| u8::try_from(fraction).ok()).unwrap_or(NO_FRACTION)
}

/// # Errors
///
/// [`ErrorKind::Malformed`] for more than a truncation takes off.
pub(in crate::mpc) fn fraction(byte: u8) -> Result<Option<u32>> {
    match byte {
        NO_FRACTION => Ok(None),
        0..=MOST_FRACTION => Ok(Some(byte.into())),
        _ => Err(ErrorKind::Malformed.into()),
    }
}
