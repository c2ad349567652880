//! What can be done with values in verified mode.

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::super::kind::{Kind, Public};
use super::super::operation as unverified;
use crate::error::{Error, ErrorKind, Result};

/// An operation that has a verified form; each is that of [`super::super::Operation`] with the same name, rounded by a public dither where it divides. What is not here would take
/// a comparison, or bits.
#[derive(Clone, Debug)]
pub enum Operation {
    /// x + y.
    Add,
    /// x - y.
    Subtract,
    /// -x.
    Negate,
    /// Elements by their places, each any number of times.
    Gather(Rc<[usize]>),
    /// Values one after the other, as their common kind.
    Concatenate,
    /// The sum of each row.
    Sum {
        /// Columns.
        columns: usize,
    },
    /// The same numbers as another kind, which may not be a smaller one.
    Convert(Kind),
    /// x + c for public c.
    AddPublic(Public),
    /// c x for public c.
    MultiplyPublic(Public),
    /// x y.
    Multiply,
    /// x^2.
    Square,
    /// The matrix product of two values.
    MatrixProduct {
        /// Rows of the first.
        rows: usize,
        /// Columns of the first, rows of the second.
        inner: usize,
        /// Columns of the second.
        columns: usize,
    },
    /// x^e.
    Power(u32),
}

impl Operation {
    /// The same without checks: kinds, lengths and numbers are those of that one.
    pub(super) fn unverified(&self) -> unverified::Operation {
        use unverified::Operation as Unverified;
        match self.clone() {
            Self::Add => Unverified::Add,
            Self::Subtract => Unverified::Subtract,
            Self::Negate => Unverified::Negate,
            Self::Gather(places) => Unverified::Gather(places),
            Self::Concatenate => Unverified::Concatenate,
            Self::Sum { columns } => Unverified::Sum { columns },
            Self::Convert(kind) => Unverified::Convert(kind),
            Self::AddPublic(public) => Unverified::AddPublic(public),
            Self::MultiplyPublic(public) => Unverified::MultiplyPublic(public),
            Self::Multiply => Unverified::Multiply,
            Self::Square => Unverified::Square,
            Self::MatrixProduct { rows, inner, columns } => Unverified::MatrixProduct { rows, inner, columns },
            Self::Power(exponent) => Unverified::Power(exponent),
        }
    }

    /// Kind and length of what comes out.
    ///
    /// # Errors
    ///
    /// Those of [`super::Session::apply`].
    pub(super) fn form(&self, inputs: &[unverified::Form]) -> Result<unverified::Form> {
        let forms: Vec<unverified::Form> = self.unverified().forms(inputs)?;
        forms.first().copied().ok_or_else(|| ErrorKind::InvalidArgument.into())
    }
}

impl TryFrom<unverified::Operation> for Operation {
    type Error = Error;

    /// The operation of this name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotVerified`] for one that has no verified form.
    fn try_from(operation: unverified::Operation) -> Result<Self> {
        use unverified::Operation as Unverified;
        Ok(match operation {
            Unverified::Add => Self::Add,
            Unverified::Subtract => Self::Subtract,
            Unverified::Negate => Self::Negate,
            Unverified::Gather(places) => Self::Gather(places),
            Unverified::Concatenate => Self::Concatenate,
            Unverified::Sum { columns } => Self::Sum { columns },
            Unverified::Convert(kind) => Self::Convert(kind),
            Unverified::AddPublic(public) => Self::AddPublic(public),
            Unverified::MultiplyPublic(public) => Self::MultiplyPublic(public),
            Unverified::Multiply => Self::Multiply,
            Unverified::Square => Self::Square,
            Unverified::MatrixProduct { rows, inner, columns } => Self::MatrixProduct { rows, inner, columns },
            Unverified::Power(exponent) => Self::Power(exponent),
            _ => return Err(ErrorKind::NotVerified.into()),
        })
    }
}
