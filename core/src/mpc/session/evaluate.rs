//! Operations as protocols.

use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::kind::{Kind, Public};
use super::operation::Operation;
use super::slot::Slot;
use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::Words;
use crate::mpc::engine::{Party, join_all};
use crate::mpc::local::bits;
use crate::mpc::protocol::{self, Format};

/// A party's share of an input, with what its words mean.
#[derive(Clone)]
struct Value {
    kind: Kind,
    length: usize,
    words: Rc<Words>,
}

/// Waits for the inputs, runs an operation on them, and puts what comes out into its places.
pub(super) async fn evaluate(
    party: Party,
    format: Format,
    operation: Operation,
    inputs: Vec<Slot>,
    outputs: Vec<Slot>,
) {
    let result = Evaluation { party, format }.run(&operation, &inputs, &outputs).await;
    match result {
        Ok(words) => outputs.iter().zip(words).for_each(|(output, words)| output.put(Ok(words))),
        Err(error) => outputs.iter().for_each(|output| output.put(Err(error))),
    }
}

struct Evaluation {
    party: Party,
    format: Format,
}

impl Evaluation {
    async fn run(&self, operation: &Operation, inputs: &[Slot], outputs: &[Slot]) -> Result<Vec<Words>> {
        let mut values = Vec::with_capacity(inputs.len());
        for input in inputs {
            values.push(Value { kind: input.kind, length: input.length, words: input.shares().await? });
        }
        let kind = outputs.first().map_or(Kind::Integer, |output| output.kind);
        match (operation, &values[..]) {
            (Operation::Concatenate | Operation::Sort { .. }, values) => self.of_many(operation, values, kind).await,
            (Operation::Choose, [bit, x, y]) => {
                let pair = self.all(&[x, y], kind).await?;
                let [x, y] = &pair[..] else { return Err(invalid()) };
                one(protocol::choose(&self.party, &bit.words, x, y).await?)
            }
            (_, [x]) => self.of_one(operation, x, kind).await,
            (_, [x, y]) => self.of_two(operation, x, y, kind).await,
            _ => Err(invalid()),
        }
    }

    async fn of_many(&self, operation: &Operation, values: &[Value], kind: Kind) -> Result<Vec<Words>> {
        if let Operation::Sort { columns } = operation {
            let mut words = Vec::with_capacity(values.len());
            for value in values {
                words.push(self.number(value).await?);
            }
            let (keys, others) = words.split_first().ok_or_else(invalid)?;
            let others: Vec<&[u64]> = others.iter().map(|words| words.as_slice()).collect();
            let (sorted, followed) = protocol::sort_with(&self.party, *columns, keys, &others).await?;
            return Ok(core::iter::once(sorted).chain(followed).collect());
        }
        let values: Vec<&Value> = values.iter().collect();
        let parts = self.all(&values, kind).await?;
        one(Zeroizing::new(parts.iter().flat_map(|part| part.iter().copied()).collect()))
    }

    async fn of_one(&self, operation: &Operation, x: &Value, kind: Kind) -> Result<Vec<Words>> {
        let made = match operation {
            Operation::Gather(places) if x.kind == Kind::Bit => gather_bits(&x.words, places),
            Operation::Gather(places) => gather(&x.words, places),
            Operation::Not => not(&self.party, &x.words),
            Operation::Convert(Kind::Bit) => (*x.words).clone(),
            Operation::MultiplyPublic(public) => return self.multiply_public(x, public, kind).await,
            Operation::IsNegative => return self.is_negative(x).await,
            _ => {
                let x = self.to(x, number_kind(operation, x.kind, kind)).await?;
                return self.of_number(operation, &x, kind).await;
            }
        };
        one(made)
    }

    /// Operations on one value that is a number by now.
    async fn of_number(&self, operation: &Operation, x: &[u64], kind: Kind) -> Result<Vec<Words>> {
        let (party, format) = (&self.party, &self.format);
        let real = kind == Kind::Real;
        one(match operation {
            Operation::Negate => map(x, u64::wrapping_neg),
            Operation::Convert(_) => Zeroizing::new(x.to_vec()),
            Operation::Sum { columns } => sums(x, *columns),
            Operation::AddPublic(public) => add_public(party, x, &public.words(kind, format)?),
            Operation::Clamp(public) => {
                let [low, high] = public.words(kind, format)?[..] else { return Err(invalid()) };
                protocol::clamp(party, low.cast_signed(), high.cast_signed(), x).await?
            }
            Operation::Square if real => protocol::rescaled_square(party, format, x).await?,
            Operation::Square => protocol::square(party, x).await?,
            Operation::Power(exponent) => protocol::power(party, &self.of_kind(kind)?, *exponent, x).await?,
            Operation::Polynomial(coefficients) => protocol::polynomial(party, format, coefficients, x).await?,
            Operation::Rectify => protocol::rectify(party, x).await?,
            Operation::Absolute => protocol::absolute(party, x).await?,
            Operation::Greatest { columns } => protocol::greatest(party, *columns, x).await?,
            Operation::Smallest { columns } => protocol::smallest(party, *columns, x).await?,
            Operation::PlaceOfGreatest { columns } => {
                return protocol::place_of_greatest(party, *columns, x).await.map(pair);
            }
            Operation::PlaceOfSmallest { columns } => {
                return protocol::place_of_smallest(party, *columns, x).await.map(pair);
            }
            Operation::OrderStatistics { columns, ranks } => {
                return protocol::order_statistics(party, *columns, ranks, x).await;
            }
            Operation::Median { columns } => protocol::median(party, *columns, format.rounding(), x).await?,
            Operation::Shuffle { columns, own } => protocol::shuffle(party, *columns, x, own).await?,
            Operation::Sigmoid => protocol::sigmoid(party, format, x).await?,
            Operation::Tanh => protocol::tanh(party, format, x).await?,
            Operation::Exponential => protocol::exponential(party, format, x).await?,
            Operation::Logarithm => protocol::logarithm(party, format, x).await?,
            Operation::Reciprocal => protocol::reciprocal(party, format, x).await?,
            Operation::SquareRoot => protocol::square_root(party, format, x).await?,
            Operation::InverseSquareRoot => protocol::inverse_square_root(party, format, x).await?,
            Operation::Softmax { columns } => protocol::softmax(party, format, *columns, x).await?,
            _ => return Err(invalid()),
        })
    }

    async fn of_two(&self, operation: &Operation, x: &Value, y: &Value, kind: Kind) -> Result<Vec<Words>> {
        let (party, format) = (&self.party, &self.format);
        match operation {
            Operation::And => return one(protocol::and(party, x.length, &x.words, &y.words).await?),
            Operation::Or => {
                // x + y + x y: what both have is counted three times, which is once.
                let both = protocol::and(party, x.length, &x.words, &y.words).await?;
                return one(zip(&zip(&x.words, &y.words, |x, y| x ^ y), &both, |either, both| either ^ both));
            }
            Operation::ExclusiveOr => return one(zip(&x.words, &y.words, |x, y| x ^ y)),
            Operation::Multiply | Operation::MatrixProduct { .. } => return self.multiply(operation, x, y).await,
            _ => {}
        }
        let common = if matches!(operation, Operation::Less | Operation::Equal) { x.kind.common(y.kind) } else { kind };
        let numbers = self.all(&[x, y], common).await?;
        let [x, y] = &numbers[..] else { return Err(invalid()) };
        one(match operation {
            Operation::Add => zip(x, y, u64::wrapping_add),
            Operation::Subtract => zip(x, y, u64::wrapping_sub),
            Operation::Less if common == Kind::Real => {
                protocol::is_negative(party, format.bits(), &zip(x, y, u64::wrapping_sub)).await?
            }
            Operation::Less => protocol::is_less(party, x, y).await?,
            Operation::Equal => protocol::equal(party, x, y).await?,
            Operation::Maximum => protocol::maximum(party, x, y).await?,
            Operation::Minimum => protocol::minimum(party, x, y).await?,
            Operation::DividePositive => protocol::divide(party, format, x, y).await?,
            Operation::Divide => protocol::divide_signed(party, format, x, y).await?,
            _ => return Err(invalid()),
        })
    }

    /// A product keeps the fraction bits of one factor: only that of two real numbers has too many.
    async fn multiply(&self, operation: &Operation, x: &Value, y: &Value) -> Result<Vec<Words>> {
        let (party, format) = (&self.party, &self.format);
        let rescaled = x.kind == Kind::Real && y.kind == Kind::Real;
        let factors =
            join_all([self.number(x), self.number(y)].into()).await.into_iter().collect::<Result<Vec<_>>>()?;
        let [x, y] = &factors[..] else { return Err(invalid()) };
        one(match operation {
            Operation::Multiply if rescaled => protocol::rescaled_product(party, format, x, y).await?,
            Operation::Multiply => protocol::product(party, x, y).await?,
            Operation::MatrixProduct { rows, inner, columns } if rescaled => {
                protocol::rescaled_matrix_product(party, format, [*rows, *inner, *columns], x, y).await?
            }
            Operation::MatrixProduct { rows, inner, columns } => {
                protocol::matrix_product(party, *rows, *inner, *columns, x, y).await?
            }
            _ => return Err(invalid()),
        })
    }

    async fn multiply_public(&self, x: &Value, public: &Public, kind: Kind) -> Result<Vec<Words>> {
        let number = self.number(x).await?;
        let factors = match public {
            Public::Reals(factors) if x.kind != Kind::Bit => {
                let real = x.kind == Kind::Real;
                return one(protocol::scale(&self.party, &self.format, factors, real, &number).await?);
            }
            // Whole factors as they are; real ones choose between zero and themselves.
            Public::Reals(_) => public.words(kind, &self.format)?,
            Public::Integers(_) => public.words(Kind::Integer, &self.format)?,
        };
        let factors = factors.iter().copied().cycle();
        one(Zeroizing::new(number.iter().zip(factors).map(|(x, factor)| x.wrapping_mul(factor)).collect::<Vec<_>>()))
    }

    async fn is_negative(&self, x: &Value) -> Result<Vec<Words>> {
        let bits = if x.kind == Kind::Real { self.format.bits() } else { 64 };
        let number = self.number(x).await?;
        one(protocol::is_negative(&self.party, bits, &number).await?)
    }

    /// Values as one kind, side by side.
    async fn all(&self, values: &[&Value], kind: Kind) -> Result<Vec<Rc<Words>>> {
        let made = values.iter().map(|value| self.to(value, kind)).collect();
        join_all(made).await.into_iter().collect()
    }

    /// A value as a number.
    async fn number(&self, value: &Value) -> Result<Rc<Words>> {
        self.to(value, value.kind.max(Kind::Integer)).await
    }

    /// A value as a kind that is not a smaller one.
    async fn to(&self, value: &Value, kind: Kind) -> Result<Rc<Words>> {
        let mut words = Rc::clone(&value.words);
        if value.kind == Kind::Bit && kind != Kind::Bit {
            words = Rc::new(protocol::bits_to_words(&self.party, value.length, &words).await?);
        }
        if value.kind != Kind::Real && kind == Kind::Real {
            words = Rc::new(map(&words, |word| word << self.format.fraction()));
        }
        Ok(words)
    }

    /// The format of a power: whole numbers have no fraction bits.
    fn of_kind(&self, kind: Kind) -> Result<Format> {
        if kind == Kind::Real { Ok(self.format) } else { Format::new(0, 64, self.format.rounding()) }
    }
}

/// What an operation on one value needs its input to be.
fn number_kind(operation: &Operation, kind: Kind, output: Kind) -> Kind {
    match operation {
        // Two outputs, of which the first has the kind of the input.
        Operation::PlaceOfGreatest { .. } | Operation::PlaceOfSmallest { .. } => kind.max(Kind::Integer),
        _ => output,
    }
}

fn invalid() -> crate::error::Error {
    ErrorKind::InvalidArgument.into()
}

fn one(words: Words) -> Result<Vec<Words>> {
    Ok(vec![words])
}

fn pair((first, second): (Words, Words)) -> Vec<Words> {
    vec![first, second]
}

fn map(x: &[u64], change: impl Fn(u64) -> u64) -> Words {
    Zeroizing::new(x.iter().map(|x| change(*x)).collect())
}

fn zip(x: &[u64], y: &[u64], join: impl Fn(u64, u64) -> u64) -> Words {
    Zeroizing::new(x.iter().zip(y).map(|(x, y)| join(*x, *y)).collect())
}

fn gather(x: &[u64], places: &[usize]) -> Words {
    Zeroizing::new(places.iter().map(|place| x.get(*place).copied().unwrap_or_default()).collect())
}

fn gather_bits(x: &[u64], places: &[usize]) -> Words {
    let word = |places: &[usize]| {
        places.iter().enumerate().fold(0, |word, (position, place)| word | bits::bit(x, *place) << position)
    };
    Zeroizing::new(places.chunks(64).map(word).collect())
}

fn not(party: &Party, x: &[u64]) -> Words {
    let public = u64::from(party.is_first()).wrapping_neg();
    map(x, |word| word ^ public)
}

fn sums(x: &[u64], columns: usize) -> Words {
    Zeroizing::new(x.chunks(columns.max(1)).map(|row| row.iter().fold(0u64, |sum, x| sum.wrapping_add(*x))).collect())
}

fn add_public(party: &Party, x: &[u64], public: &[u64]) -> Words {
    if !party.is_first() {
        return Zeroizing::new(x.to_vec());
    }
    Zeroizing::new(x.iter().zip(public.iter().cycle()).map(|(x, public)| x.wrapping_add(*public)).collect())
}
