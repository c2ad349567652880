//! What a party asked for, as a number that all parties compare: whoever runs another program is noticed instead of computing nonsense.

use core::fmt::{self, Write};

use super::kind::{Kind, Public};
use super::operation::Operation;

/// All that was asked for so far. Everybody knows it, and nobody gains by a collision: parties that do not follow the protocol are not what it is for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Program(u64);

impl Program {
    /// The number that messages carry.
    #[allow(clippy::cast_possible_truncation, reason = "the upper half is what is taken")]
    pub(super) const fn tag(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// A call: which one, with its numbers.
    pub(super) fn call(&mut self, call: Call, numbers: &[u64]) {
        self.take(call as u64);
        self.take_all(numbers.iter().copied());
    }

    /// Public numbers.
    pub(super) fn public(&mut self, numbers: &Public) {
        self.take(numbers.kind() as u64);
        match numbers {
            Public::Integers(numbers) => self.take_all(numbers.iter().map(|number| number.cast_unsigned())),
            Public::Reals(numbers) => self.take_all(numbers.iter().map(|number| number.to_bits())),
        }
    }

    /// An operation. The order of a shuffle is each party's own.
    pub(super) fn operation(&mut self, operation: &Operation) {
        // The name of the variant, which ends where its numbers begin.
        let _ = write!(Name(self), "{operation:?}");
        match operation {
            Operation::Gather(places) => self.take_all(places.iter().map(|place| *place as u64)),
            Operation::Convert(kind) => self.take_all([*kind as u64]),
            Operation::AddPublic(public) | Operation::MultiplyPublic(public) | Operation::Clamp(public) => {
                self.public(public);
            }
            Operation::MatrixProduct { rows, inner, columns } => {
                self.take_all([*rows as u64, *inner as u64, *columns as u64]);
            }
            Operation::Power(exponent) => self.take_all([u64::from(*exponent)]),
            Operation::Polynomial(coefficients) => {
                self.take_all(coefficients.iter().map(|coefficient| coefficient.to_bits()));
            }
            Operation::OrderStatistics { columns, ranks } => {
                self.take(*columns as u64);
                self.take_all(ranks.iter().map(|rank| *rank as u64));
            }
            Operation::Sum { columns }
            | Operation::Greatest { columns }
            | Operation::Smallest { columns }
            | Operation::PlaceOfGreatest { columns }
            | Operation::PlaceOfSmallest { columns }
            | Operation::Sort { columns }
            | Operation::Median { columns }
            | Operation::Softmax { columns }
            | Operation::Shuffle { columns, .. } => self.take_all([*columns as u64]),
            _ => {}
        }
    }

    fn take_all(&mut self, numbers: impl IntoIterator<Item = u64>) {
        let mut count = 0;
        for number in numbers {
            self.take(number);
            count += 1;
        }
        self.take(count);
    }

    /// A bijection for each number, so that programs which differ in one number differ: the finaliser of MurmurHash3 (Appleby), whose every bit changes about half of the bits.
    const fn take(&mut self, number: u64) {
        let mut mixed = self.0.rotate_left(23) ^ number;
        mixed ^= mixed >> 33;
        mixed = mixed.wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^= mixed >> 33;
        mixed = mixed.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        self.0 = (mixed ^ (mixed >> 33)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    }
}

/// Takes the letters of a name in, and stops at what is none.
struct Name<'a>(&'a mut Program);

impl Write for Name<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if !byte.is_ascii_alphanumeric() {
                return Err(fmt::Error);
            }
            self.0.take(byte.into());
        }
        Ok(())
    }
}

/// The calls of a session that all parties make.
#[derive(Clone, Copy, Debug)]
pub(super) enum Call {
    Input = 1,
    Shares = 2,
    Public = 3,
    Apply = 4,
    Open = 5,
}

/// The numbers of an input: who gives how many of which kind.
pub(super) const fn form(owner: usize, kind: Kind, length: usize) -> [u64; 3] {
    [owner as u64, kind as u64, length as u64]
}

#[cfg(test)]
mod tests {
    use alloc::rc::Rc;
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    fn of(operation: &Operation) -> u32 {
        let mut program = Program::default();
        program.operation(operation);
        program.tag()
    }

    #[test]
    fn every_operation_and_every_number_of_it_counts() {
        let mut tags: Vec<u32> = [
            Operation::Add,
            Operation::Subtract,
            Operation::Less,
            Operation::Gather(Rc::new([0, 1])),
            Operation::Gather(Rc::new([1, 0])),
            Operation::Gather(Rc::new([0, 1, 0])),
            Operation::Sum { columns: 2 },
            Operation::Sum { columns: 4 },
            Operation::Sort { columns: 2 },
            Operation::Power(2),
            Operation::Power(3),
            Operation::Convert(Kind::Integer),
            Operation::Convert(Kind::Real),
            Operation::AddPublic(Public::Integers(vec![1])),
            Operation::AddPublic(Public::Integers(vec![-1])),
            Operation::AddPublic(Public::Reals(vec![1.0])),
            Operation::MultiplyPublic(Public::Reals(vec![1.0])),
            Operation::Polynomial(Rc::new([1.0, 2.0])),
            Operation::Polynomial(Rc::new([1.0, 2.0, 0.0])),
            Operation::MatrixProduct { rows: 2, inner: 3, columns: 4 },
            Operation::MatrixProduct { rows: 4, inner: 3, columns: 2 },
            Operation::OrderStatistics { columns: 4, ranks: Rc::new([1]) },
            Operation::OrderStatistics { columns: 4, ranks: Rc::new([2]) },
        ]
        .iter()
        .map(of)
        .collect();
        let count = tags.len();
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), count);
    }

    #[test]
    fn the_order_of_calls_counts() {
        let tag = |calls: &[(Call, &[u64])]| {
            let mut program = Program::default();
            calls.iter().for_each(|(call, numbers)| program.call(*call, numbers));
            program.tag()
        };
        let one: (Call, &[u64]) = (Call::Input, &[0, 1, 4]);
        let other: (Call, &[u64]) = (Call::Open, &[3, 0, 1]);
        assert_eq!(tag(&[one, other]), tag(&[one, other]));
        assert_ne!(tag(&[one, other]), tag(&[other, one]));
        assert_ne!(tag(&[one]), tag(&[one, other]));
        assert_ne!(tag(&[(Call::Open, &[1, 2])]), tag(&[(Call::Open, &[1]), (Call::Open, &[2])]));
    }
}
