//! What can be done with values, and what kind and length comes out.

use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;

use super::kind::{Kind, Public};
use crate::error::{ErrorKind, Result};
use crate::mpc::permutation::Permutation;

/// An operation on values. Those of rows see a value as a matrix with so many columns, row by row. Truth values are taken as 0 and 1 where numbers are
/// needed, whole numbers as real ones where real ones are.
///
/// What the functions of [`crate::mpc::protocol`] say of domains, errors and costs holds here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Operation {
    /// x + y.
    Add,
    /// x - y.
    Subtract,
    /// -x.
    Negate,
    /// Elements by their places, each any number of times: slices, transposition, repetition.
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
    /// A polynomial of real numbers by its coefficients, from that of x^0.
    Polynomial(Rc<[f64]>),
    /// Not x, of truth values.
    Not,
    /// x and y.
    And,
    /// x or y.
    Or,
    /// Either x or y.
    ExclusiveOr,
    /// y where a truth value x holds, else z.
    Choose,
    /// Whether x < y.
    Less,
    /// Whether x = y.
    Equal,
    /// Whether x < 0.
    IsNegative,
    /// x where it is positive, else 0.
    Rectify,
    /// |x|.
    Absolute,
    /// The greater of x and y.
    Maximum,
    /// The smaller of x and y.
    Minimum,
    /// x, but at least the first and at most the second of two public numbers.
    Clamp(Public),
    /// The greatest of each row.
    Greatest {
        /// Columns.
        columns: usize,
    },
    /// The smallest of each row.
    Smallest {
        /// Columns.
        columns: usize,
    },
    /// The greatest of each row and, as a second value, its first place from 0.
    PlaceOfGreatest {
        /// Columns.
        columns: usize,
    },
    /// The smallest of each row and, as a second value, its first place from 0.
    PlaceOfSmallest {
        /// Columns.
        columns: usize,
    },
    /// Each row in rising order; further values follow the first one.
    Sort {
        /// Columns.
        columns: usize,
    },
    /// The elements of these ranks, from 0, in the order of each row: a value a rank.
    OrderStatistics {
        /// Columns.
        columns: usize,
        /// Ranks.
        ranks: Rc<[usize]>,
    },
    /// The median of each row; of an even number of columns the mean of the two in the middle, which is real.
    Median {
        /// Columns.
        columns: usize,
    },
    /// The rows in an order that nobody knows. [`super::Session::shuffle`] makes it.
    Shuffle {
        /// Columns.
        columns: usize,
        /// This party's part of the order.
        own: Rc<Permutation>,
    },
    /// 1 / (1 + e^-x).
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// e^x.
    Exponential,
    /// The natural logarithm, of positive numbers.
    Logarithm,
    /// 1 / x, of positive numbers.
    Reciprocal,
    /// x / y for positive y.
    DividePositive,
    /// x / y.
    Divide,
    /// The square root, of positive numbers.
    SquareRoot,
    /// One over the square root, of positive numbers.
    InverseSquareRoot,
    /// Each row to numbers that are to each other as e^x and add up to 1.
    Softmax {
        /// Columns.
        columns: usize,
    },
}

/// Kind and length of a value.
pub(super) type Form = (Kind, usize);

impl Operation {
    /// The forms of what comes out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for another number of inputs, with the one that is needed, for truth values where there are none, and for a
    /// conversion to a smaller kind; [`ErrorKind::InvalidLength`] where lengths do not fit.
    pub(super) fn forms(&self, inputs: &[Form]) -> Result<Vec<Form>> {
        let kind = inputs.iter().fold(Kind::Integer, |kind, (other, _)| kind.common(*other));
        let forms = match self {
            Self::Concatenate => vec![(kind, inputs.iter().map(|(_, length)| length).sum())],
            Self::Sort { columns } => {
                let (_, length) = first(inputs)?;
                rows(length, *columns)?;
                same_lengths(inputs)?;
                inputs.iter().map(|(kind, length)| ((*kind).max(Kind::Integer), *length)).collect()
            }
            _ => match inputs {
                [x] => self.of_one(*x)?,
                [x, y] => self.of_two(*x, *y, kind)?,
                [(Kind::Bit, length), y, z] if matches!(self, Self::Choose) => {
                    same_lengths(&[(Kind::Bit, *length), *y, *z])?;
                    vec![(y.0.common(z.0), *length)]
                }
                _ => return Err(ErrorKind::InvalidArgument.bound(self.inputs())),
            },
        };
        Ok(forms)
    }

    fn inputs(&self) -> u64 {
        match self {
            Self::Choose => 3,
            Self::Add | Self::Subtract | Self::Multiply | Self::MatrixProduct { .. } | Self::And | Self::Or => 2,
            Self::ExclusiveOr | Self::Less | Self::Equal | Self::Maximum | Self::Minimum => 2,
            Self::DividePositive | Self::Divide => 2,
            _ => 1,
        }
    }

    fn of_one(&self, (kind, length): Form) -> Result<Vec<Form>> {
        let number = kind.max(Kind::Integer);
        let one = |kind, length| Ok(vec![(kind, length)]);
        match self {
            Self::Negate | Self::Square | Self::Power(_) | Self::Rectify | Self::Absolute => one(number, length),
            Self::Gather(places) => match places.iter().max() {
                Some(largest) if *largest >= length => Err(ErrorKind::InvalidArgument.bound(length as u64)),
                _ => one(kind, places.len()),
            },
            Self::Convert(wanted) if *wanted >= kind => one(*wanted, length),
            Self::AddPublic(public) | Self::MultiplyPublic(public) => {
                if public.len() != 1 && public.len() != length {
                    return Err(ErrorKind::InvalidLength.bound(length as u64));
                }
                one(number.common(public.kind()), length)
            }
            Self::Clamp(public) if public.len() == 2 => one(number.common(public.kind()), length),
            Self::Not => {
                if kind == Kind::Bit {
                    one(kind, length)
                } else {
                    Err(ErrorKind::InvalidArgument.into())
                }
            }
            Self::IsNegative => one(Kind::Bit, length),
            Self::Sum { columns } | Self::Greatest { columns } | Self::Smallest { columns } => {
                one(number, rows(length, *columns)?)
            }
            Self::Median { columns } => {
                one(if columns & 1 == 0 { Kind::Real } else { number }, rows(length, *columns)?)
            }
            Self::PlaceOfGreatest { columns } | Self::PlaceOfSmallest { columns } => {
                let rows = rows(length, *columns)?;
                Ok(vec![(number, rows), (Kind::Integer, rows)])
            }
            Self::OrderStatistics { columns, ranks } => {
                let rows = rows(length, *columns)?;
                if ranks.iter().any(|rank| rank >= columns) {
                    return Err(ErrorKind::InvalidArgument.bound(*columns as u64));
                }
                Ok(vec![(number, rows); ranks.len()])
            }
            Self::Shuffle { columns, own } => {
                if rows(length, *columns)? != own.count() {
                    return Err(ErrorKind::InvalidLength.bound(own.count() as u64));
                }
                one(number, length)
            }
            Self::Softmax { columns } => rows(length, *columns).and_then(|_| one(Kind::Real, length)),
            Self::Polynomial(_) | Self::Sigmoid | Self::Tanh | Self::Exponential | Self::Logarithm => {
                one(Kind::Real, length)
            }
            Self::Reciprocal | Self::SquareRoot | Self::InverseSquareRoot => one(Kind::Real, length),
            _ => Err(ErrorKind::InvalidArgument.bound(self.inputs())),
        }
    }

    fn of_two(&self, x: Form, y: Form, kind: Kind) -> Result<Vec<Form>> {
        let forms = |kind| Ok(vec![(kind, x.1)]);
        if let Self::MatrixProduct { rows, inner, columns } = self {
            let size = |one: usize, other: usize| one.checked_mul(other).ok_or(ErrorKind::InvalidLength);
            if x.1 != size(*rows, *inner)? || y.1 != size(*inner, *columns)? {
                return Err(ErrorKind::InvalidLength.bound((*rows as u64).saturating_mul(*inner as u64)));
            }
            return Ok(vec![(kind, size(*rows, *columns)?)]);
        }
        same_lengths(&[x, y])?;
        match self {
            Self::Add | Self::Subtract | Self::Multiply | Self::Maximum | Self::Minimum => forms(kind),
            Self::Less | Self::Equal => forms(Kind::Bit),
            Self::DividePositive | Self::Divide => forms(Kind::Real),
            Self::And | Self::Or | Self::ExclusiveOr if x.0 == Kind::Bit && y.0 == Kind::Bit => forms(Kind::Bit),
            _ => Err(ErrorKind::InvalidArgument.bound(self.inputs())),
        }
    }
}

fn first(inputs: &[Form]) -> Result<Form> {
    inputs.first().copied().ok_or_else(|| ErrorKind::InvalidArgument.bound(1))
}

/// The rows of a value with so many columns.
fn rows(length: usize, columns: usize) -> Result<usize> {
    // Shapes are public.
    #[allow(clippy::integer_division_remainder_used, reason = "of lengths, which are public")]
    match length.checked_div(columns) {
        Some(rows) if rows * columns == length => Ok(rows),
        _ => Err(ErrorKind::InvalidLength.bound(columns as u64)),
    }
}

fn same_lengths(inputs: &[Form]) -> Result<()> {
    let (_, length) = first(inputs)?;
    if inputs.iter().all(|(_, other)| *other == length) {
        Ok(())
    } else {
        Err(ErrorKind::InvalidLength.bound(length as u64))
    }
}
