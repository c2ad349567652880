//! The values of a segment, in the host's number type.

use crate::error::{ErrorKind, Result};
use crate::fixed::FixedPoint;
#[cfg(feature = "noise")]
use crate::privacy::mechanism::Mechanism;
#[cfg(feature = "noise")]
use crate::privacy::pipeline::{Contribution, ROTATION_SEED_SIZE};
use crate::ring::Lane;
use crate::secagg::segment::Segment;

/// The values of one segment, or of a piece of it. Fixed-point segments take the signed and floating types, segments of residues the unsigned ones,
/// of which each must be below 2^b.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Values<'a> {
    /// For fixed point.
    #[cfg(feature = "conversion")]
    F64(&'a [f64]),
    /// For fixed point.
    #[cfg(feature = "conversion")]
    F32(&'a [f32]),
    /// For fixed point.
    #[cfg(feature = "conversion")]
    I64(&'a [i64]),
    /// For fixed point.
    #[cfg(feature = "conversion")]
    I32(&'a [i32]),
    /// For fixed point: the integers x * 2^f themselves, as converters and devices without floating point have them.
    ScaledI32(&'a [i32]),
    /// Residues.
    U32(&'a [u32]),
    /// Residues.
    U64(&'a [u64]),
    /// Residues.
    #[cfg(feature = "wide")]
    U128(&'a [u128]),
    /// For a run with a noise mechanism, up to 32 bits wide.
    #[cfg(feature = "noise")]
    PrivateU32(&'a Contribution<'a, u32>),
    /// For a run with a noise mechanism, up to 62 bits wide.
    #[cfg(feature = "noise")]
    PrivateU64(&'a Contribution<'a, u64>),
}

/// What a segment takes.
pub(super) enum Coding {
    Residues,
    FixedPoint(FixedPoint),
    /// Nothing but contributions of this mechanism, rotated for this round.
    #[cfg(feature = "noise")]
    Private(Mechanism, [u8; ROTATION_SEED_SIZE]),
}

impl Values<'_> {
    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            #[cfg(feature = "conversion")]
            Self::F64(values) => values.len(),
            #[cfg(feature = "conversion")]
            Self::F32(values) => values.len(),
            #[cfg(feature = "conversion")]
            Self::I64(values) => values.len(),
            #[cfg(feature = "conversion")]
            Self::I32(values) => values.len(),
            Self::ScaledI32(values) => values.len(),
            Self::U32(values) => values.len(),
            Self::U64(values) => values.len(),
            #[cfg(feature = "wide")]
            Self::U128(values) => values.len(),
            #[cfg(feature = "noise")]
            Self::PrivateU32(contribution) => contribution.len(),
            #[cfg(feature = "noise")]
            Self::PrivateU64(contribution) => contribution.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the segment takes these values.
    pub(super) fn check(&self, segment: &Segment, coding: &Coding) -> Result<()> {
        match (self, coding) {
            #[cfg(feature = "conversion")]
            (Self::F64(values), Coding::FixedPoint(fixed)) => fixed.check_f64(values),
            #[cfg(feature = "conversion")]
            (Self::F32(values), Coding::FixedPoint(fixed)) => fixed.check_f32(values),
            #[cfg(feature = "conversion")]
            (Self::I64(values), Coding::FixedPoint(fixed)) => fixed.check_i64(values),
            #[cfg(feature = "conversion")]
            (Self::I32(values), Coding::FixedPoint(fixed)) => fixed.check_i32(values),
            (Self::ScaledI32(values), Coding::FixedPoint(fixed)) => fixed.check_scaled_i32(values),
            (Self::U32(values), Coding::Residues) => check_residues(values, segment),
            (Self::U64(values), Coding::Residues) => check_residues(values, segment),
            #[cfg(feature = "wide")]
            (Self::U128(values), Coding::Residues) => check_residues(values, segment),
            #[cfg(feature = "noise")]
            (Self::PrivateU32(contribution), Coding::Private(..)) => check_private(contribution, segment, coding),
            #[cfg(feature = "noise")]
            (Self::PrivateU64(contribution), Coding::Private(..)) => check_private(contribution, segment, coding),
            _ => Err(ErrorKind::InvalidArgument.into()),
        }
    }

    /// Writes the residues of the values from index `first` on.
    pub(super) fn fill<L: Lane>(&self, coding: &Coding, first: usize, out: &mut [L]) -> Result<()> {
        match (self, coding) {
            #[cfg(feature = "conversion")]
            (Self::F64(values), Coding::FixedPoint(fixed)) => fixed.encode_f64(part(values, first, out.len())?, out),
            #[cfg(feature = "conversion")]
            (Self::F32(values), Coding::FixedPoint(fixed)) => fixed.encode_f32(part(values, first, out.len())?, out),
            #[cfg(feature = "conversion")]
            (Self::I64(values), Coding::FixedPoint(fixed)) => fixed.encode_i64(part(values, first, out.len())?, out),
            #[cfg(feature = "conversion")]
            (Self::I32(values), Coding::FixedPoint(fixed)) => fixed.encode_i32(part(values, first, out.len())?, out),
            (Self::ScaledI32(values), Coding::FixedPoint(fixed)) => {
                fixed.encode_scaled_i32(part(values, first, out.len())?, out)
            }
            (Self::U32(values), Coding::Residues) => convert(part(values, first, out.len())?, out),
            (Self::U64(values), Coding::Residues) => convert(part(values, first, out.len())?, out),
            #[cfg(feature = "wide")]
            (Self::U128(values), Coding::Residues) => convert(part(values, first, out.len())?, out),
            #[cfg(feature = "noise")]
            (Self::PrivateU32(contribution), Coding::Private(..)) => {
                convert(part(contribution.residues()?, first, out.len())?, out)
            }
            #[cfg(feature = "noise")]
            (Self::PrivateU64(contribution), Coding::Private(..)) => {
                convert(part(contribution.residues()?, first, out.len())?, out)
            }
            _ => Err(ErrorKind::InvalidArgument.into()),
        }
    }
}

impl core::fmt::Debug for Values<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Values(..)")
    }
}

fn part<T>(values: &[T], first: usize, count: usize) -> Result<&[T]> {
    let end = first.checked_add(count).ok_or(ErrorKind::InvalidLength)?;
    values.get(first..end).ok_or(ErrorKind::InvalidLength.into())
}

/// Whether all residues are below 2^b; one flag for the whole slice.
fn check_residues<T: Lane>(values: &[T], segment: &Segment) -> Result<()> {
    let largest = segment.bits().max_residue();
    let above = values.iter().fold(0, |flag, value| flag | (value.to_u128() & !largest));
    if above == 0 { Ok(()) } else { Err(ErrorKind::OutOfRange.bound(u64::try_from(largest).unwrap_or(u64::MAX))) }
}

/// Whether a contribution is whole, of the run's mechanism and width, and rotated for this round.
#[cfg(feature = "noise")]
fn check_private<L: Lane>(contribution: &Contribution<'_, L>, segment: &Segment, coding: &Coding) -> Result<()> {
    let Coding::Private(mechanism, rotation) = coding else {
        return Err(ErrorKind::InvalidArgument.into());
    };
    if contribution.mechanism() != mechanism || contribution.bits() != segment.bits() {
        return Err(ErrorKind::InvalidArgument.into());
    }
    if contribution.rotation() != rotation {
        return Err(ErrorKind::WrongRound.into());
    }
    contribution.residues().map(drop)
}

fn convert<T: Lane, L: Lane>(values: &[T], out: &mut [L]) -> Result<()> {
    for (lane, value) in out.iter_mut().zip(values) {
        *lane = L::from_u128(value.to_u128());
    }
    Ok(())
}
