//! Whole computations in verified mode: what comes out, what merges, what it costs, what is refused, and what a lie leads to.

use std::rc::Rc;

use cloakwork_core::mpc::engine::{Cost, Progress, Rounds};
use cloakwork_core::mpc::protocol::{Format, Rounding};
use cloakwork_core::mpc::session::verified::{Operation, Session};
use cloakwork_core::mpc::session::{Kind, Opened, Operation as Unverified, Public, ResultId, ValueId};
use cloakwork_core::prg::Suite;
use cloakwork_core::{Error, ErrorKind, Result};

use super::table::{HEAD, Messages, sources};
use crate::random::Generator;

pub fn format() -> Format {
    Format::new(16, 32, Rounding::Dithered).unwrap()
}

pub fn generator(party: usize) -> Generator {
    Generator::new(&format!("verified session {party}"))
}

/// The parties of a computation, who all say the same.
pub struct Table(pub Vec<Session>);

impl Table {
    pub fn new(parties: usize) -> Self {
        let session =
            |(party, source)| Session::new(party, parties, format(), Box::new(source), &mut generator(party)).unwrap();
        Self(sources(Suite::ChaCha20, parties, parties - 1).into_iter().enumerate().map(session).collect())
    }

    pub fn all<T>(&mut self, act: impl FnMut(&mut Session) -> T) -> Vec<T> {
        self.0.iter_mut().map(act).collect()
    }

    fn input(&mut self, owner: usize, numbers: &Public) -> ValueId {
        let ids = self.all(|session| {
            let given = (session.index() == owner).then_some(numbers);
            session.input(owner, numbers.kind(), numbers.len(), given).unwrap()
        });
        ids[0]
    }

    pub fn reals(&mut self, owner: usize, numbers: &[f64]) -> ValueId {
        self.input(owner, &Public::Reals(numbers.to_vec()))
    }

    pub fn integers(&mut self, owner: usize, numbers: &[i64]) -> ValueId {
        self.input(owner, &Public::Integers(numbers.to_vec()))
    }

    pub fn apply(&mut self, operation: &Operation, inputs: &[ValueId]) -> ValueId {
        self.all(|session| session.apply(operation.clone(), inputs).unwrap())[0]
    }

    pub fn ask(&mut self, value: ValueId, receivers: &[usize]) -> ResultId {
        self.all(|session| session.open(value, receivers).unwrap())[0]
    }

    /// Runs to the end, with somebody who changes messages: what the last `advance` of each party gave.
    fn run(&mut self, mut change: impl FnMut(usize, &mut Messages)) -> (usize, Vec<Result<Progress>>) {
        let parties = self.0.len();
        for round in 0.. {
            let progress = self.all(Session::advance);
            let exchange = progress.iter().filter(|one| **one == Ok(Progress::Exchange)).count();
            if exchange == 0 {
                return (round, progress);
            }
            assert_eq!(exchange, parties, "all end in the same round: {progress:?}");
            let mut messages: Messages = self.all(|session| (0..parties).map(|to| session.message(to)).collect());
            change(round, &mut messages);
            for (from, sent) in messages.iter().enumerate() {
                for (to, session) in self.0.iter_mut().enumerate().filter(|(to, _)| *to != from) {
                    session.receive(from, &sent[to]).unwrap();
                }
            }
        }
        unreachable!("rounds end")
    }

    pub fn play(&mut self) {
        let (_, progress) = self.run(|_, _| {});
        assert!(progress.iter().all(|one| *one == Ok(Progress::Finished)), "{progress:?}");
    }

    pub fn open(&mut self, value: ValueId) -> Vec<f64> {
        let everybody: Vec<usize> = (0..self.0.len()).collect();
        let result = self.ask(value, &everybody);
        self.play();
        let mut found = self.all(|session| numbers(session, result).unwrap());
        assert!(found.iter().all(|one| *one == found[0]));
        found.remove(0)
    }

    fn cost(&self) -> Cost {
        self.0[0].cost()
    }
}

/// What a party learns.
pub fn numbers(session: &mut Session, result: ResultId) -> Option<Vec<f64>> {
    let Some(Ok(Opened { kind, words })) = session.take(result) else { panic!("it is not open") };
    words.map(|words| {
        let mut numbers = vec![0.0; words.len()];
        match kind {
            Kind::Real => assert!(session.format().decode(&words, &mut numbers).is_ok()),
            _ => numbers.iter_mut().zip(words.iter()).for_each(|(out, word)| *out = word.cast_signed() as f64),
        }
        numbers
    })
}

/// Within so many units of the last place.
fn near(found: &[f64], expected: &[f64], units: f64, told: &str) {
    assert_eq!(found.len(), expected.len(), "{told}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= units / 65536.0, "{told}: {found} is not {expected}");
    }
}

#[test]
fn every_operation_gives_what_it_says() {
    for parties in [2, 3, 5] {
        let mut table = Table::new(parties);
        let (x, n) = (table.reals(0, &[1.5, -2.25, 100.0]), table.integers(1, &[2, -3, 7]));
        let reals = |numbers: &[f64]| Public::Reals(numbers.to_vec());
        let integers = |numbers: &[i64]| Public::Integers(numbers.to_vec());
        let matrix = Operation::MatrixProduct { rows: 1, inner: 3, columns: 1 };
        // The error is 0 for whole numbers, else below the number of divisions, in units.
        let cases = [
            (Operation::Add, vec![x, n], vec![3.5, -5.25, 107.0], 0.0),
            (Operation::Subtract, vec![n, x], vec![0.5, -0.75, -93.0], 0.0),
            (Operation::Negate, vec![x], vec![-1.5, 2.25, -100.0], 0.0),
            (Operation::Gather(Rc::new([2, 0, 2, 1])), vec![x], vec![100.0, 1.5, 100.0, -2.25], 0.0),
            (Operation::Concatenate, vec![n, x], vec![2.0, -3.0, 7.0, 1.5, -2.25, 100.0], 0.0),
            (Operation::Concatenate, vec![n, n, n], vec![2.0, -3.0, 7.0, 2.0, -3.0, 7.0, 2.0, -3.0, 7.0], 0.0),
            (Operation::Sum { columns: 3 }, vec![x], vec![99.25], 0.0),
            (Operation::Sum { columns: 1 }, vec![n], vec![2.0, -3.0, 7.0], 0.0),
            (Operation::Convert(Kind::Real), vec![n], vec![2.0, -3.0, 7.0], 0.0),
            (Operation::Convert(Kind::Integer), vec![n], vec![2.0, -3.0, 7.0], 0.0),
            (Operation::AddPublic(reals(&[0.5])), vec![n], vec![2.5, -2.5, 7.5], 0.0),
            (Operation::AddPublic(integers(&[1, 2, -3])), vec![x], vec![2.5, -0.25, 97.0], 0.0),
            (Operation::MultiplyPublic(integers(&[-3])), vec![x], vec![-4.5, 6.75, -300.0], 0.0),
            (Operation::MultiplyPublic(reals(&[0.5, 0.25, -1.0])), vec![n], vec![1.0, -0.75, -7.0], 0.0),
            (Operation::MultiplyPublic(reals(&[0.1])), vec![x], vec![0.15, -0.225, 10.0], 2.0),
            (Operation::MultiplyPublic(reals(&[2.0])), vec![x], vec![3.0, -4.5, 200.0], 0.0),
            (Operation::Multiply, vec![x, n], vec![3.0, 6.75, 700.0], 0.0),
            (Operation::Multiply, vec![n, n], vec![4.0, 9.0, 49.0], 0.0),
            (Operation::Multiply, vec![x, x], vec![2.25, 5.0625, 10_000.0], 1.0),
            (Operation::Square, vec![x], vec![2.25, 5.0625, 10_000.0], 1.0),
            (Operation::Square, vec![n], vec![4.0, 9.0, 49.0], 0.0),
            (matrix.clone(), vec![x, n], vec![709.75], 0.0),
            (matrix, vec![x, x], vec![10_007.312_5], 1.0),
            (Operation::Power(0), vec![n], vec![1.0, 1.0, 1.0], 0.0),
            (Operation::Power(0), vec![x], vec![1.0, 1.0, 1.0], 0.0),
            (Operation::Power(1), vec![x], vec![1.5, -2.25, 100.0], 0.0),
            (Operation::Power(3), vec![n], vec![8.0, -27.0, 343.0], 0.0),
            (Operation::Power(3), vec![x], vec![3.375, -11.390_625, 1_000_000.0], 102.0),
            (Operation::Power(6), vec![n], vec![64.0, 729.0, 117_649.0], 0.0),
        ];
        for (operation, inputs, expected, units) in cases {
            let made = table.apply(&operation, &inputs);
            // A cube of 100 is beyond the format that comparisons hold, and opens all the same.
            near(&table.open(made), &expected, units, &format!("{operation:?} of {parties}"));
        }
        let public = table.all(|session| session.public(&reals(&[0.75, -8.0])).unwrap())[0];
        assert_eq!(table.open(public), [0.75, -8.0]);
    }
}

#[test]
fn an_output_is_for_those_it_is_for_and_several_open_together() {
    let mut table = Table::new(3);
    let x = table.reals(1, &[1.5, 2.5]);
    let square = table.apply(&Operation::Square, &[x]);
    let asked = [table.ask(x, &[0, 1, 2]), table.ask(square, &[1]), table.ask(x, &[0, 2])];
    table.play();
    // An input, a product and a division, then all three after one check and before another.
    assert_eq!(table.cost().rounds, 1 + 1 + 1 + 9);
    let found = table.all(|session| asked.map(|result| numbers(session, result)));
    for (party, [all, alone, two]) in found.into_iter().enumerate() {
        assert_eq!(all, Some(vec![1.5, 2.5]));
        assert_eq!(alone.is_some(), party == 1);
        assert_eq!(two, (party != 1).then(|| vec![1.5, 2.5]));
    }
    assert!(table.0[0].take(asked[0]).is_none(), "once");
}

#[test]
fn what_is_wanted_at_once_runs_at_once() {
    let mut table = Table::new(3);
    let (x, y) = (table.integers(0, &[2, 3]), table.integers(2, &[5, 7]));
    let products: Vec<ValueId> = (0..50).map(|_| table.apply(&Operation::Multiply, &[x, y])).collect();
    let square = table.apply(&Operation::Multiply, &[products[0], products[49]]);
    let other = table.apply(&Operation::Square, &[y]);
    table.play();
    assert_eq!(table.cost().rounds, 3, "inputs, products, a product of products");
    assert_eq!(table.open(square), [100.0, 441.0]);
    assert_eq!(table.cost().rounds, 3 + 9);
    assert_eq!(table.open(other), [25.0, 49.0]);
    assert_eq!(table.cost().rounds, 3 + 9 + 5, "nothing to check before it");
}

/// The tables of docs/mpc.md section 16, for 7 elements; bytes of a party that gives no input.
#[test]
fn costs_are_those_of_the_page() {
    const N: u64 = 7;
    let vector = vec![1.25; N as usize];
    let matrix = |inner, columns| Operation::MatrixProduct { rows: 1, inner, columns };
    let (count, tenth) = (N as usize, Public::Reals(vec![0.1]));
    // Rounds, bytes and words of 8 bytes of corrections beside those of two inputs.
    let cases: [(Operation, usize, [u64; 3]); 9] = [
        (Operation::Add, 2, [0, 0, 0]),
        (Operation::Multiply, 2, [2, (32 + 16) * N, (8 + 10) * N]),
        (Operation::Square, 1, [2, (16 + 16) * N, (6 + 10) * N]),
        (matrix(count, 1), 2, [2, 16 * (2 * N + 1), 2 * 2 * N + 4 + 10]),
        (Operation::MultiplyPublic(tenth), 1, [1, 2 * 16 * N, 2 * 10 * N]),
        (Operation::MultiplyPublic(Public::Reals(vec![0.5])), 1, [1, 16 * N, 10 * N]),
        (Operation::MultiplyPublic(Public::Reals(vec![4.0])), 1, [0, 0, 0]),
        (Operation::Sum { columns: count }, 1, [0, 0, 0]),
        (Operation::Power(4), 1, [4, 2 * (16 + 16) * N, 2 * (6 + 10) * N]),
    ];
    for (operation, inputs, [rounds, bytes, corrections]) in cases {
        for receivers in [&[0, 1, 2][..], &[0, 2]] {
            let told = format!("{operation:?} for {receivers:?}");
            let mut table = Table::new(3);
            let given = [table.reals(1, &vector), table.reals(2, &vector)];
            let made = table.apply(&operation, &given[..inputs]);
            let length = table.0[0].form(made).unwrap().1 as u64;
            let opened = table.ask(made, receivers);
            let explained = table.0[0].explain().unwrap();
            table.play();
            assert!(numbers(&mut table.0[0], opened).is_some());
            let (words, masks) = if receivers.len() == 3 { (length, 2) } else { (2 * length, 4) };
            let expected = Cost {
                rounds: 1 + rounds + 9,
                bytes: bytes + 361 + 16 * words,
                corrections: 2 * 4 * N + corrections + masks * words,
            };
            assert_eq!(table.cost(), expected, "{told}");
            assert_eq!(explained.total, expected, "{told}: as it was explained");
            // Each by itself: inputs, the operation, and an opening with nothing before it.
            let alone: Vec<Cost> = explained.steps.iter().map(|step| step.cost).collect();
            let cost = |rounds, bytes, corrections| Cost { rounds, bytes, corrections };
            let input = cost(1, 0, 4 * N);
            let output = cost(5, 181 + 16 * words, masks * words);
            assert_eq!(alone, [input, input, cost(rounds, bytes, corrections), output], "{told}");
        }
    }
}

#[test]
fn an_explanation_knows_what_is_unchecked() {
    let mut table = Table::new(2);
    let x = table.integers(0, &[3]);
    let square = table.apply(&Operation::Square, &[x]);
    table.play();
    let before = table.cost();
    assert_eq!(before.rounds, 2);
    let first = table.ask(square, &[0, 1]);
    let explained = table.0[1].explain().unwrap();
    table.play();
    assert_eq!(table.cost().rounds - before.rounds, 9);
    assert_eq!((explained.total.rounds, explained.total.bytes), (9, 361 + 16));
    assert_eq!(table.all(|session| numbers(session, first)), [Some(vec![9.0]), Some(vec![9.0])]);
    assert_eq!(table.0[0].explain().unwrap().total, Cost::default());
}

#[test]
fn what_has_no_verified_form_is_not_there() {
    let columns = 2;
    let refused = [
        Unverified::Polynomial(Rc::new([1.0])),
        Unverified::Not,
        Unverified::And,
        Unverified::Or,
        Unverified::ExclusiveOr,
        Unverified::Choose,
        Unverified::Less,
        Unverified::Equal,
        Unverified::IsNegative,
        Unverified::Rectify,
        Unverified::Absolute,
        Unverified::Maximum,
        Unverified::Minimum,
        Unverified::Clamp(Public::Reals(vec![0.0, 1.0])),
        Unverified::Greatest { columns },
        Unverified::Smallest { columns },
        Unverified::PlaceOfGreatest { columns },
        Unverified::PlaceOfSmallest { columns },
        Unverified::Sort { columns },
        Unverified::OrderStatistics { columns, ranks: Rc::new([0]) },
        Unverified::Median { columns },
        Unverified::Sigmoid,
        Unverified::Tanh,
        Unverified::Exponential,
        Unverified::Logarithm,
        Unverified::Reciprocal,
        Unverified::DividePositive,
        Unverified::Divide,
        Unverified::SquareRoot,
        Unverified::InverseSquareRoot,
        Unverified::Softmax { columns },
    ];
    for operation in refused {
        let told = format!("{operation:?}");
        assert_eq!(Operation::try_from(operation).unwrap_err().kind(), ErrorKind::NotVerified, "{told}");
    }
    for rounding in [Rounding::Down, Rounding::Nearest] {
        let format = Format::new(16, 32, rounding).unwrap();
        let source = sources(Suite::ChaCha20, 2, 0).remove(0);
        let refused = Session::new(0, 2, format, Box::new(source), &mut generator(0)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotVerified);
    }
}

#[test]
fn what_does_not_fit_is_refused_before_anything_begins() {
    let mut table = Table::new(2);
    let (x, y) = (table.reals(0, &[1.0, 2.0]), table.integers(0, &[1, 2, 3]));
    let session = &mut table.0[0];
    let mut refused = |operation: Operation, inputs: &[ValueId]| session.apply(operation, inputs).unwrap_err().kind();
    use ErrorKind::{InvalidArgument, InvalidLength};
    assert_eq!(refused(Operation::Add, &[x, y]), InvalidLength);
    assert_eq!(refused(Operation::Add, &[x]), InvalidArgument);
    assert_eq!(refused(Operation::Square, &[ValueId(999)]), InvalidArgument);
    assert_eq!(refused(Operation::Convert(Kind::Integer), &[x]), InvalidArgument);
    assert_eq!(refused(Operation::Convert(Kind::Bit), &[y]), InvalidArgument);
    assert_eq!(refused(Operation::Gather([2].into()), &[x]), InvalidArgument);
    assert_eq!(refused(Operation::Sum { columns: 0 }, &[y]), InvalidLength);
    assert_eq!(refused(Operation::MatrixProduct { rows: usize::MAX, inner: 2, columns: 2 }, &[x, y]), InvalidLength);
    for receivers in [&[][..], &[1, 0], &[2]] {
        assert_eq!(session.open(x, receivers).unwrap_err().kind(), InvalidArgument);
    }
    let mut input =
        |kind, length, numbers: Option<&Public>| session.input(0, kind, length, numbers).unwrap_err().kind();
    assert_eq!(input(Kind::Bit, 1, Some(&Public::Integers(vec![1]))), InvalidArgument);
    assert_eq!(input(Kind::Real, 1, None), InvalidArgument);
    assert_eq!(input(Kind::Real, 2, Some(&Public::Reals(vec![1.0]))), InvalidLength);
    assert_eq!(input(Kind::Real, 1, Some(&Public::Reals(vec![f64::NAN]))), ErrorKind::NotFinite);
    assert_eq!(session.public(&Public::Reals(vec![1e30])).unwrap_err().kind(), ErrorKind::OutOfRange);
}

#[test]
fn what_fails_fails_by_itself() {
    let mut table = Table::new(2);
    let (x, y) = (table.reals(0, &[1.0]), table.reals(1, &[2.0]));
    let failed = table.apply(&Operation::MultiplyPublic(Public::Reals(vec![f64::INFINITY])), &[x]);
    let follows = table.apply(&Operation::Multiply, &[failed, y]);
    let sum = table.apply(&Operation::Add, &[x, y]);
    let asked = [table.ask(follows, &[0, 1]), table.ask(sum, &[0, 1])];
    table.play();
    for session in &mut table.0 {
        assert_eq!(session.take(asked[0]).unwrap().unwrap_err().kind(), ErrorKind::NotFinite);
        assert_eq!(numbers(session, asked[1]), Some(vec![3.0]));
        assert_eq!(session.check(follows).unwrap_err().kind(), ErrorKind::NotFinite);
        session.forget(sum);
        assert_eq!(session.check(sum).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}

/// Rounds of the program of the lies.
const INPUT: usize = 0;
const PRODUCT: usize = 1;
const OUTPUT: usize = 6;
const LAST: usize = 10;

/// Party 2 says something else in a round, to everybody or to the first party, with sums that fit what it said where it tells everybody: what the others are left with.
fn lied(told: usize, place: usize, to: Option<usize>) -> Vec<Error> {
    let mut table = Table::new(3);
    let (x, y) = (table.integers(2, &[3]), table.integers(0, &[5]));
    let product = table.apply(&Operation::Multiply, &[x, y]);
    let asked = [table.ask(product, &[0, 1, 2]), table.ask(x, &[0])];
    let (rounds, ended) = table.run(|round, messages| {
        if round == told {
            for (_, message) in messages[2].iter_mut().enumerate().filter(|(at, _)| to.is_none_or(|to| to == *at)) {
                if let Some(byte) = message.get_mut(HEAD + place) {
                    *byte = byte.wrapping_add(1);
                }
            }
        }
    });
    assert_eq!(rounds, LAST + 1, "all rounds are played, so nobody waits");
    let mut found = Vec::new();
    for (session, ended) in table.0.iter_mut().zip(ended).take(2) {
        let error = ended.unwrap_err();
        for result in asked {
            assert_eq!(session.take(result).unwrap().unwrap_err(), error, "nothing opens");
        }
        // The session is over.
        assert_eq!(session.advance().unwrap_err(), error);
        assert_eq!(session.apply(Operation::Square, &[x]).unwrap_err(), error);
        assert_eq!(session.open(x, &[0]).unwrap_err(), error);
        assert_eq!(session.check(x).unwrap_err(), error);
        assert_eq!(session.public(&Public::Integers(vec![1])).unwrap_err(), error);
        assert_eq!(session.input(2, Kind::Integer, 1, None).unwrap_err(), error);
        found.push(error);
    }
    found
}

#[test]
fn whoever_lies_is_caught_and_nothing_opens() {
    // An input that is announced differently, shares of a product, shares of outputs.
    for (told, place, to) in [
        (INPUT, 0, Some(0)),
        (PRODUCT, 0, None),
        (PRODUCT, 16, None),
        (PRODUCT, 7, Some(1)),
        (OUTPUT, 1, None),
        (OUTPUT, 1, Some(1)),
        (OUTPUT, 17, Some(0)),
    ] {
        for error in lied(told, place, to) {
            assert_eq!((error.kind(), error.party()), (ErrorKind::NotAuthentic, None), "round {told}, {place}");
        }
    }
    // What somebody had committed itself to.
    for error in lied(PRODUCT + 2, 1, None) {
        assert_eq!((error.kind(), error.party()), (ErrorKind::NotAuthentic, Some(2)));
    }
    // Who says that it found something ends it, too; the last round is the word of one party to each other one.
    for error in lied(LAST, 0, None) {
        assert_eq!((error.kind(), error.party()), (ErrorKind::Stopped, Some(2)));
    }
}

#[test]
fn whoever_computes_something_else_is_named() {
    let mut table = Table::new(3);
    let x = table.integers(0, &[3]);
    table.play();
    for session in &mut table.0 {
        let other = if session.index() == 1 { Operation::Negate } else { Operation::Square };
        let made = session.apply(other, &[x]).unwrap();
        session.open(made, &[0, 1, 2]).unwrap();
    }
    assert!(table.all(Session::advance).iter().all(|one| *one == Ok(Progress::Exchange)));
    let message = table.0[1].message(0);
    let error = table.0[0].receive(1, &message).unwrap_err();
    assert_eq!((error.kind(), error.party()), (ErrorKind::WrongProgram, Some(1)));
}
