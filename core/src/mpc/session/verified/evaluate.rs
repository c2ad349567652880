//! Operations as verified protocols.

use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;

use super::super::kind::{Kind, Public};
use super::operation::Operation;
use crate::error::{ErrorKind, Result};
use crate::mpc::engine::join;
use crate::mpc::protocol::Format;
use crate::mpc::verified::{Authenticated, Verified};

/// A party's shares of an input, with what its words mean.
pub(super) struct Value {
    pub(super) kind: Kind,
    pub(super) shares: Rc<Authenticated>,
}

pub(super) struct Evaluation<'a> {
    pub(super) verified: &'a Verified,
    pub(super) format: &'a Format,
}

impl Evaluation<'_> {
    /// What an operation gives, which is of a kind.
    pub(super) async fn run(&self, operation: &Operation, values: &[Value], kind: Kind) -> Result<Authenticated> {
        match (operation, values) {
            (Operation::Concatenate, values) => {
                let parts = values.iter().map(|value| self.to(value, kind)).collect::<Result<Vec<_>>>()?;
                Ok(Authenticated::concatenated(&parts.iter().map(Rc::as_ref).collect::<Vec<_>>()))
            }
            (_, [x]) => self.of_one(operation, x, kind).await,
            (_, [x, y]) => self.of_two(operation, x, y, kind).await,
            _ => Err(invalid()),
        }
    }

    async fn of_one(&self, operation: &Operation, x: &Value, kind: Kind) -> Result<Authenticated> {
        match operation {
            Operation::MultiplyPublic(Public::Reals(factors)) => {
                self.verified.scale(self.format, factors, x.kind == Kind::Real, &x.shares).await
            }
            Operation::MultiplyPublic(whole) => {
                let factors = whole.words(Kind::Integer, self.format)?;
                self.to(x, kind)?.times_public(&repeated(&factors, x.shares.len()))
            }
            Operation::AddPublic(public) => {
                let words = public.words(kind, self.format)?;
                self.verified.plus_public(&*self.to(x, kind)?, &repeated(&words, x.shares.len()))
            }
            Operation::Negate => Ok(x.shares.negated()),
            Operation::Gather(places) => x.shares.gather(places),
            Operation::Sum { columns } => Ok(x.shares.row_sums(*columns)),
            Operation::Convert(_) => self.to(x, kind)?.part(0, x.shares.len()),
            Operation::Square => self.rescaled(kind == Kind::Real, self.verified.square(&x.shares).await?).await,
            Operation::Power(exponent) => self.power(*exponent, x, kind).await,
            _ => Err(invalid()),
        }
    }

    async fn of_two(&self, operation: &Operation, x: &Value, y: &Value, kind: Kind) -> Result<Authenticated> {
        let both = x.kind == Kind::Real && y.kind == Kind::Real;
        match operation {
            Operation::Add => self.to(x, kind)?.plus(&*self.to(y, kind)?),
            Operation::Subtract => self.to(x, kind)?.minus(&*self.to(y, kind)?),
            Operation::Multiply => self.rescaled(both, self.verified.product(&x.shares, &y.shares).await?).await,
            Operation::MatrixProduct { rows, inner, columns } => {
                let made = self.verified.matrix_product(*rows, *inner, *columns, &x.shares, &y.shares).await?;
                self.rescaled(both, made).await
            }
            _ => Err(invalid()),
        }
    }

    /// x^e by squaring, as [`crate::mpc::protocol::power`] has it.
    async fn power(&self, exponent: u32, x: &Value, kind: Kind) -> Result<Authenticated> {
        let real = kind == Kind::Real;
        let fraction = if real { self.format.fraction() } else { 0 };
        let mut squared = Rc::clone(&x.shares);
        let mut made: Option<Rc<Authenticated>> = None;
        let mut left = exponent;
        while left > 0 {
            let wanted = (left & 1 == 1).then_some(&squared);
            // What was gathered takes the factor while its square is made.
            let gather = async {
                match (&made, wanted) {
                    (Some(made), Some(factor)) => {
                        let product = self.verified.product(made, factor).await?;
                        self.rescaled(real, product).await.map(|product| Some(Rc::new(product)))
                    }
                    (Some(made), None) => Ok(Some(Rc::clone(made))),
                    (None, factor) => Ok(factor.cloned()),
                }
            };
            let double = async {
                if left == 1 {
                    return Ok(None);
                }
                let square = self.verified.square(&squared).await?;
                self.rescaled(real, square).await.map(|square| Some(Rc::new(square)))
            };
            let (gathered, doubled) = join(gather, double).await;
            made = gathered?;
            left >>= 1;
            if let Some(doubled) = doubled? {
                squared = doubled;
            }
        }
        match made {
            Some(made) => made.part(0, made.len()),
            None => Ok(self.verified.public(&vec![1 << fraction; x.shares.len()])),
        }
    }

    /// A product without the fraction bits that it has too many, if it has.
    async fn rescaled(&self, real: bool, product: Authenticated) -> Result<Authenticated> {
        if real { self.verified.truncate(self.format.fraction(), &product).await } else { Ok(product) }
    }

    /// A value as a kind that is not a smaller one.
    fn to(&self, value: &Value, kind: Kind) -> Result<Rc<Authenticated>> {
        if value.kind == kind || kind != Kind::Real {
            return Ok(Rc::clone(&value.shares));
        }
        let units = vec![1 << self.format.fraction(); value.shares.len()];
        value.shares.times_public(&units).map(Rc::new)
    }
}

/// One number for all elements, or those that there are.
fn repeated(numbers: &[u64], count: usize) -> Vec<u64> {
    numbers.iter().copied().cycle().take(count).collect()
}

fn invalid() -> crate::error::Error {
    ErrorKind::InvalidArgument.into()
}
