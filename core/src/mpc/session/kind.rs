//! What the words of a value mean, and what comes out when kinds meet.

use crate::error::{ErrorKind, Result};
use crate::mpc::protocol::Format;

/// What a value's elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Truth values, shared by exclusive or: what comparisons give. As numbers they are 0 and 1.
    Bit = 0,
    /// Whole numbers of 64 bits, in two's complement; sums and products wrap.
    Integer = 1,
    /// Numbers with the fraction bits of the session's format.
    Real = 2,
}

impl Kind {
    /// What two numbers become that are added or compared: real if one of them is, else whole.
    #[must_use]
    pub fn common(self, other: Self) -> Self {
        self.max(other).max(Self::Integer)
    }
}

/// Public numbers: one for each element, or one for all.
#[derive(Clone, Debug, PartialEq)]
pub enum Public {
    /// Whole numbers.
    Integers(alloc::vec::Vec<i64>),
    /// Real numbers.
    Reals(alloc::vec::Vec<f64>),
}

impl Public {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Integers(numbers) => numbers.len(),
            Self::Reals(numbers) => numbers.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Integers(_) => Kind::Integer,
            Self::Reals(_) => Kind::Real,
        }
    }

    /// Their words beside elements of a kind; whole numbers beside real ones are shifted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFinite`], [`ErrorKind::OutOfRange`] where a number does not fit; [`ErrorKind::InvalidArgument`] for real numbers beside whole ones.
    pub(super) fn words(&self, kind: Kind, format: &Format) -> Result<alloc::vec::Vec<u64>> {
        match (self, kind) {
            (Self::Integers(numbers), Kind::Bit | Kind::Integer) => {
                Ok(numbers.iter().map(|number| number.cast_unsigned()).collect())
            }
            (Self::Integers(numbers), Kind::Real) => numbers.iter().map(|number| lifted(*number, format)).collect(),
            (Self::Reals(numbers), Kind::Real) => {
                let mut words = alloc::vec![0; numbers.len()];
                format.encode(numbers, &mut words)?;
                Ok(words)
            }
            (Self::Reals(_), Kind::Bit | Kind::Integer) => Err(ErrorKind::InvalidArgument.into()),
        }
    }
}

/// A whole number as the word of a real one.
fn lifted(number: i64, format: &Format) -> Result<u64> {
    let limit = format.limit() >> format.fraction();
    if number.unsigned_abs() >= limit.unsigned_abs() {
        return Err(ErrorKind::OutOfRange.bound(limit.unsigned_abs()));
    }
    Ok(number.cast_unsigned() << format.fraction())
}
