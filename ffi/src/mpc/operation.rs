//! Operations on values.

use alloc::vec::Vec;

use cloakwork_core::mpc::session::{Operation, Public, ValueId};

use crate::boundary::boundary;
use crate::handle;
use crate::mpc::session::{cloak_mpc_session, kind_of, public};
use crate::pointer::{Buffer, Out, slice, value};
use crate::rng::{Generator, Words, cloak_rng};
use crate::status::{Checked, cloak_status};
use crate::values::cloak_values;

/// What can be done with values. Numbers never change. x, y and z are the inputs; n are the `numbers` and c the `constants` of `cloak_mpc_operation`. Operations
/// of rows see x as a matrix with `n[0]` columns, row by row.
///
/// Whole numbers become real where one of two inputs is real and for functions; truth values become numbers where numbers are needed.
///
/// Those from `CLOAK_MPC_ADD` to `CLOAK_MPC_POWER` have a verified form, the others have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_mpc_operation_type {
    /// x + y.
    CLOAK_MPC_ADD = 1,
    /// x - y.
    CLOAK_MPC_SUBTRACT = 2,
    /// -x.
    CLOAK_MPC_NEGATE = 3,
    /// The elements of x at the places n, each any number of times.
    CLOAK_MPC_GATHER = 4,
    /// All inputs one after the other.
    CLOAK_MPC_CONCATENATE = 5,
    /// The sum of each row.
    CLOAK_MPC_SUM = 6,
    /// x as the kind `n[0]`, which may not be a smaller one.
    CLOAK_MPC_CONVERT = 7,
    /// x + c.
    CLOAK_MPC_ADD_PUBLIC = 8,
    /// x c.
    CLOAK_MPC_MULTIPLY_PUBLIC = 9,
    /// x y.
    CLOAK_MPC_MULTIPLY = 10,
    /// x^2.
    CLOAK_MPC_SQUARE = 11,
    /// The product of the matrices x, of `n[0]` rows and `n[1]` columns, and y, of `n[1]` rows and `n[2]` columns.
    CLOAK_MPC_MATRIX_PRODUCT = 12,
    /// x to the power `n[0]`.
    CLOAK_MPC_POWER = 13,
    /// `c[0] + c[1] x + c[2] x^2 + ...`
    CLOAK_MPC_POLYNOMIAL = 14,
    /// Not x.
    CLOAK_MPC_NOT = 15,
    /// x and y.
    CLOAK_MPC_AND = 16,
    /// x or y.
    CLOAK_MPC_OR = 17,
    /// Either x or y.
    CLOAK_MPC_EXCLUSIVE_OR = 18,
    /// y where x holds, else z.
    CLOAK_MPC_CHOOSE = 19,
    /// Whether x < y.
    CLOAK_MPC_LESS = 20,
    /// Whether x = y.
    CLOAK_MPC_EQUAL = 21,
    /// Whether x < 0.
    CLOAK_MPC_IS_NEGATIVE = 22,
    /// x where it is positive, else 0.
    CLOAK_MPC_RECTIFY = 23,
    /// |x|.
    CLOAK_MPC_ABSOLUTE = 24,
    /// The greater of x and y.
    CLOAK_MPC_MAXIMUM = 25,
    /// The smaller of x and y.
    CLOAK_MPC_MINIMUM = 26,
    /// x, but at least `c[0]` and at most `c[1]`.
    CLOAK_MPC_CLAMP = 27,
    /// The greatest of each row.
    CLOAK_MPC_GREATEST = 28,
    /// The smallest of each row.
    CLOAK_MPC_SMALLEST = 29,
    /// The greatest of each row, and its first place.
    CLOAK_MPC_PLACE_OF_GREATEST = 30,
    /// The smallest of each row, and its first place.
    CLOAK_MPC_PLACE_OF_SMALLEST = 31,
    /// Each row of x in rising order; further inputs are put into the order of x.
    CLOAK_MPC_SORT = 32,
    /// The elements of the ranks `n[1]`, `n[2]`, ..., from 0, of each row: an output a rank.
    CLOAK_MPC_ORDER_STATISTICS = 33,
    /// The median of each row; of an even number of columns the mean of the two in the middle, which is real.
    CLOAK_MPC_MEDIAN = 34,
    /// 1 / (1 + e^-x).
    CLOAK_MPC_SIGMOID = 35,
    /// The hyperbolic tangent.
    CLOAK_MPC_TANH = 36,
    /// e^x.
    CLOAK_MPC_EXPONENTIAL = 37,
    /// The natural logarithm.
    CLOAK_MPC_LOGARITHM = 38,
    /// 1 / x, for positive x.
    CLOAK_MPC_RECIPROCAL = 39,
    /// x / y, for positive y.
    CLOAK_MPC_DIVIDE_POSITIVE = 40,
    /// x / y.
    CLOAK_MPC_DIVIDE = 41,
    /// The square root.
    CLOAK_MPC_SQUARE_ROOT = 42,
    /// One over the square root.
    CLOAK_MPC_INVERSE_SQUARE_ROOT = 43,
    /// Each row to numbers that are to each other as e^x and add up to 1.
    CLOAK_MPC_SOFTMAX = 44,
}

/// An operation with what it needs besides its inputs.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_mpc_operation {
    /// One of `cloak_mpc_operation_type`.
    pub r#type: i32,
    /// Zero.
    pub reserved: u32,
    /// Columns, places, ranks, an exponent or a kind; may be NULL when there are none.
    pub numbers: *const u64,
    /// How many numbers.
    pub numbers_length: usize,
    /// Public numbers, `CLOAK_I64` or `CLOAK_F64`; of length 0 when there are none, and then the type does not matter.
    pub constants: cloak_values,
}

/// An operation's numbers and constants.
struct Details<'a> {
    numbers: &'a [u64],
    constants: Option<Public>,
}

impl Details<'_> {
    fn size(&self, place: usize) -> Checked<usize> {
        let number = self.numbers.get(place).copied().and_then(|number| usize::try_from(number).ok());
        number.ok_or(cloak_status::CLOAK_ERR_INVALID_ARGUMENT)
    }

    fn sizes(&self, from: usize) -> Checked<Vec<usize>> {
        (from..self.numbers.len()).map(|place| self.size(place)).collect()
    }

    fn constants(self) -> Checked<Public> {
        self.constants.ok_or(cloak_status::CLOAK_ERR_INVALID_ARGUMENT)
    }

    /// The operation of this number, with as many numbers and constants as it takes.
    fn operation(self, number: i32) -> Checked<Operation> {
        use cloak_mpc_operation_type as T;
        let is = |operation: T| operation as i32 == number;
        let exactly = |numbers: usize, constants: bool| {
            if self.numbers.len() == numbers && self.constants.is_some() == constants {
                Ok(())
            } else {
                Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT)
            }
        };
        let plain = [
            (T::CLOAK_MPC_ADD, Operation::Add),
            (T::CLOAK_MPC_SUBTRACT, Operation::Subtract),
            (T::CLOAK_MPC_NEGATE, Operation::Negate),
            (T::CLOAK_MPC_CONCATENATE, Operation::Concatenate),
            (T::CLOAK_MPC_MULTIPLY, Operation::Multiply),
            (T::CLOAK_MPC_SQUARE, Operation::Square),
            (T::CLOAK_MPC_NOT, Operation::Not),
            (T::CLOAK_MPC_AND, Operation::And),
            (T::CLOAK_MPC_OR, Operation::Or),
            (T::CLOAK_MPC_EXCLUSIVE_OR, Operation::ExclusiveOr),
            (T::CLOAK_MPC_CHOOSE, Operation::Choose),
            (T::CLOAK_MPC_LESS, Operation::Less),
            (T::CLOAK_MPC_EQUAL, Operation::Equal),
            (T::CLOAK_MPC_IS_NEGATIVE, Operation::IsNegative),
            (T::CLOAK_MPC_RECTIFY, Operation::Rectify),
            (T::CLOAK_MPC_ABSOLUTE, Operation::Absolute),
            (T::CLOAK_MPC_MAXIMUM, Operation::Maximum),
            (T::CLOAK_MPC_MINIMUM, Operation::Minimum),
            (T::CLOAK_MPC_SIGMOID, Operation::Sigmoid),
            (T::CLOAK_MPC_TANH, Operation::Tanh),
            (T::CLOAK_MPC_EXPONENTIAL, Operation::Exponential),
            (T::CLOAK_MPC_LOGARITHM, Operation::Logarithm),
            (T::CLOAK_MPC_RECIPROCAL, Operation::Reciprocal),
            (T::CLOAK_MPC_DIVIDE_POSITIVE, Operation::DividePositive),
            (T::CLOAK_MPC_DIVIDE, Operation::Divide),
            (T::CLOAK_MPC_SQUARE_ROOT, Operation::SquareRoot),
            (T::CLOAK_MPC_INVERSE_SQUARE_ROOT, Operation::InverseSquareRoot),
        ];
        if let Some((_, operation)) = plain.into_iter().find(|(plain, _)| is(*plain)) {
            exactly(0, false)?;
            return Ok(operation);
        }
        type OfRows = fn(usize) -> Operation;
        let of_rows: [(T, OfRows); 8] = [
            (T::CLOAK_MPC_SUM, |columns| Operation::Sum { columns }),
            (T::CLOAK_MPC_GREATEST, |columns| Operation::Greatest { columns }),
            (T::CLOAK_MPC_SMALLEST, |columns| Operation::Smallest { columns }),
            (T::CLOAK_MPC_PLACE_OF_GREATEST, |columns| Operation::PlaceOfGreatest { columns }),
            (T::CLOAK_MPC_PLACE_OF_SMALLEST, |columns| Operation::PlaceOfSmallest { columns }),
            (T::CLOAK_MPC_SORT, |columns| Operation::Sort { columns }),
            (T::CLOAK_MPC_MEDIAN, |columns| Operation::Median { columns }),
            (T::CLOAK_MPC_SOFTMAX, |columns| Operation::Softmax { columns }),
        ];
        if let Some((_, operation)) = of_rows.into_iter().find(|(of_rows, _)| is(*of_rows)) {
            exactly(1, false)?;
            return Ok(operation(self.size(0)?));
        }
        if is(T::CLOAK_MPC_ADD_PUBLIC) {
            exactly(0, true)?;
            return Ok(Operation::AddPublic(self.constants()?));
        }
        if is(T::CLOAK_MPC_MULTIPLY_PUBLIC) {
            exactly(0, true)?;
            return Ok(Operation::MultiplyPublic(self.constants()?));
        }
        if is(T::CLOAK_MPC_CLAMP) {
            exactly(0, true)?;
            return Ok(Operation::Clamp(self.constants()?));
        }
        if is(T::CLOAK_MPC_POLYNOMIAL) {
            exactly(0, true)?;
            return match self.constants()? {
                Public::Reals(coefficients) => Ok(Operation::Polynomial(coefficients.into())),
                Public::Integers(_) => Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
            };
        }
        if self.constants.is_some() {
            return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT);
        }
        if is(T::CLOAK_MPC_GATHER) {
            return Ok(Operation::Gather(self.sizes(0)?.into()));
        }
        if is(T::CLOAK_MPC_ORDER_STATISTICS) {
            return Ok(Operation::OrderStatistics { columns: self.size(0)?, ranks: self.sizes(1)?.into() });
        }
        if is(T::CLOAK_MPC_CONVERT) {
            exactly(1, false)?;
            let kind = i32::try_from(self.size(0)?).map_err(|_| cloak_status::CLOAK_ERR_INVALID_ARGUMENT)?;
            return Ok(Operation::Convert(kind_of(kind)?));
        }
        if is(T::CLOAK_MPC_POWER) {
            exactly(1, false)?;
            let exponent = u32::try_from(self.size(0)?).map_err(|_| cloak_status::CLOAK_ERR_INVALID_ARGUMENT)?;
            return Ok(Operation::Power(exponent));
        }
        if is(T::CLOAK_MPC_MATRIX_PRODUCT) {
            exactly(3, false)?;
            let (rows, inner, columns) = (self.size(0)?, self.size(1)?, self.size(2)?);
            return Ok(Operation::MatrixProduct { rows, inner, columns });
        }
        Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT)
    }
}

/// Asks for an operation on values. Kinds and lengths are checked now; the numbers themselves, which nobody knows, cannot be: docs/mpc.md says for which the result means something.
///
/// @param operation  the operation
/// @param inputs     the values that it takes
/// @param count      how many
/// @param outputs    the values that it gives
/// @param capacity   values that fit in `outputs`; when they do not, nothing was asked for
/// @param length     how many it gives
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for another operation, other numbers or constants than it takes, a number that no value has, another number of inputs, or kinds that
///         it does not take; `CLOAK_ERR_INVALID_LENGTH` where lengths do not fit; in verified mode `CLOAK_ERR_NOT_VERIFIED` for an operation that has no verified form
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_apply(
    session: *mut cloak_mpc_session,
    operation: *const cloak_mpc_operation,
    inputs: *const u64,
    count: usize,
    outputs: *mut u64,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(outputs, capacity, length) }?;
        // SAFETY: header, "Pointers".
        let given = unsafe { value(operation) }?;
        // SAFETY: header, "Pointers".
        let inputs = unsafe { slice(inputs, count) }?;
        // SAFETY: header, "Pointers".
        let numbers = unsafe { slice(given.numbers, given.numbers_length) }?;
        // SAFETY: header, "Pointers".
        let constants = (given.constants.length > 0).then(|| unsafe { public(given.constants) }).transpose()?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        if given.reserved != 0 {
            return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT);
        }
        let operation = Details { numbers, constants }.operation(given.r#type)?;
        let inputs: Vec<ValueId> = inputs.iter().map(|input| ValueId(*input)).collect();
        let outputs = session.session().outputs(&operation, &inputs)?;
        if outputs > capacity {
            return out.copy_all(|| (0..outputs).map(|_| 0));
        }
        let made = session.session().apply(operation, &inputs)?;
        out.copy_all(|| made.iter().map(|value| value.0))
    })
}

/// The rows of a value with so many columns in an order that nobody knows.
///
/// @param value    the value
/// @param columns  its columns
/// @param rng      source of this party's part of the order; NULL for that of the operating system
/// @param out      the rows in their new order
/// @return those of `cloak_mpc_apply`; `CLOAK_ERR_RANDOMNESS`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_shuffle(
    session: *mut cloak_mpc_session,
    value: u64,
    columns: usize,
    rng: *const cloak_rng,
    out: *mut u64,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let generator = unsafe { Generator::new(rng) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        out.write(session.session().shuffle(ValueId(value), columns, &mut Words::new(generator))?.0);
        Ok(())
    })
}
