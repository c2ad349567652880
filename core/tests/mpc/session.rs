//! Whole computations by number: kinds, what is refused, what merges, who learns what, and what it costs.

use std::rc::Rc;

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::engine::{Cost, Progress, Rounds};
use cloakwork_core::mpc::protocol::{Format, Rounding};
use cloakwork_core::mpc::session::{Kind, Opened, Operation, Public, Session, ValueId};
use cloakwork_core::prg::Suite;

use crate::random::Generator;
use crate::table::sources;

const FORMAT: fn() -> Format = || Format::new(16, 32, Rounding::Nearest).unwrap();

fn generator(party: usize) -> Generator {
    Generator::new(&format!("session {party}"))
}

/// The parties of a computation, who all say the same.
struct Table(Vec<Session>);

impl Table {
    fn new(parties: usize) -> Self {
        let sources = sources(parties, 0, 0x5e55_1011).into_iter().enumerate();
        let session = |(party, source)| {
            Session::new(party, parties, FORMAT(), Suite::ChaCha20, source, generator(party)).unwrap()
        };
        Self(sources.map(session).collect())
    }

    fn without_dealer(parties: usize) -> Self {
        let session = |party| {
            let rng = generator(party);
            Session::without_dealer(&[5; 32], party, parties, FORMAT(), Suite::Aes128Ctr, 1 << 16, rng).unwrap()
        };
        Self((0..parties).map(session).collect())
    }

    fn all<T>(&mut self, act: impl Fn(&mut Session) -> T) -> Vec<T> {
        self.0.iter_mut().map(act).collect()
    }

    /// Numbers of a party.
    fn input(&mut self, owner: usize, numbers: &Public) -> ValueId {
        let ids = self.all(|session| {
            let given = (session.index() == owner).then_some(numbers);
            session.input(owner, numbers.kind(), numbers.len(), given).unwrap()
        });
        ids[0]
    }

    fn reals(&mut self, numbers: &[f64]) -> ValueId {
        self.input(0, &Public::Reals(numbers.to_vec()))
    }

    fn integers(&mut self, numbers: &[i64]) -> ValueId {
        self.input(1, &Public::Integers(numbers.to_vec()))
    }

    fn apply(&mut self, operation: &Operation, inputs: &[ValueId]) -> Vec<ValueId> {
        self.all(|session| session.apply(operation.clone(), inputs).unwrap()).remove(0)
    }

    fn one(&mut self, operation: &Operation, inputs: &[ValueId]) -> ValueId {
        let [made] = self.apply(operation, inputs)[..] else { panic!("one value") };
        made
    }

    fn play(&mut self) {
        loop {
            let progress = self.all(|session| session.advance().unwrap());
            assert!(progress.iter().all(|one| *one == progress[0]));
            if progress[0] == Progress::Finished {
                return;
            }
            let parties = self.0.len();
            let messages = self.all(|session| (0..parties).map(|to| session.message(to)).collect::<Vec<_>>());
            for (from, sent) in messages.iter().enumerate() {
                for (to, session) in self.0.iter_mut().enumerate().filter(|(to, _)| *to != from) {
                    session.receive(from, &sent[to]).unwrap();
                }
            }
        }
    }

    /// What each party learns of a value.
    fn open_to(&mut self, value: ValueId, receivers: &[usize]) -> Vec<Option<Vec<f64>>> {
        let results = self.all(|session| session.open(value, receivers).unwrap());
        self.play();
        self.all(|session| {
            let Opened { kind, words } = session.take(results[0]).unwrap().unwrap();
            words.map(|words| match kind {
                Kind::Real => {
                    let mut numbers = vec![0.0; words.len()];
                    session.format().decode(&words, &mut numbers).unwrap();
                    numbers
                }
                Kind::Bit | Kind::Integer => words.iter().map(|word| word.cast_signed() as f64).collect(),
            })
        })
    }

    fn open(&mut self, value: ValueId) -> Vec<f64> {
        let receivers: Vec<usize> = (0..self.0.len()).collect();
        let mut found = self.open_to(value, &receivers);
        assert!(found.iter().all(|one| one == &found[0]));
        found.remove(0).unwrap()
    }

    fn cost(&self) -> Cost {
        self.0[0].cost()
    }
}

#[test]
fn numbers_of_different_kinds_mix_by_rule() {
    for parties in [2, 3] {
        let mut table = Table::new(parties);
        let (x, n) = (table.reals(&[1.5, -2.25, 100.0]), table.integers(&[2, -3, 7]));
        let less = table.one(&Operation::Less, &[n, x]);
        let cases = [
            (Operation::Add, vec![x, n], vec![3.5, -5.25, 107.0]),
            (Operation::Subtract, vec![n, x], vec![0.5, -0.75, -93.0]),
            (Operation::Multiply, vec![x, n], vec![3.0, 6.75, 700.0]),
            (Operation::Multiply, vec![n, n], vec![4.0, 9.0, 49.0]),
            (Operation::Multiply, vec![x, x], vec![2.25, 5.0625, 10_000.0]),
            (Operation::Multiply, vec![less, x], vec![0.0, -2.25, 100.0]),
            (Operation::Add, vec![less, less], vec![0.0, 2.0, 2.0]),
            (Operation::Maximum, vec![x, n], vec![2.0, -2.25, 100.0]),
            (Operation::Choose, vec![less, x, n], vec![2.0, -2.25, 100.0]),
            (Operation::AddPublic(Public::Integers(vec![10])), vec![x], vec![11.5, 7.75, 110.0]),
            (Operation::AddPublic(Public::Reals(vec![0.5])), vec![n], vec![2.5, -2.5, 7.5]),
            (Operation::MultiplyPublic(Public::Reals(vec![0.5, 0.25, -1.0])), vec![n], vec![1.0, -0.75, -7.0]),
            (Operation::MultiplyPublic(Public::Reals(vec![0.5, 2.0, -1.0])), vec![x], vec![0.75, -4.5, -100.0]),
            (Operation::MultiplyPublic(Public::Integers(vec![3])), vec![x], vec![4.5, -6.75, 300.0]),
            (Operation::Power(3), vec![n], vec![8.0, -27.0, 343.0]),
            (Operation::Power(2), vec![x], vec![2.25, 5.0625, 10_000.0]),
            (Operation::Convert(Kind::Real), vec![less], vec![0.0, 1.0, 1.0]),
            (Operation::Concatenate, vec![n, x], vec![2.0, -3.0, 7.0, 1.5, -2.25, 100.0]),
            (Operation::Clamp(Public::Reals(vec![-1.0, 2.5])), vec![x], vec![1.5, -1.0, 2.5]),
            (Operation::Negate, vec![less], vec![0.0, -1.0, -1.0]),
            (Operation::Divide, vec![n, n], vec![1.0, 1.0, 1.0]),
        ];
        for (operation, inputs, expected) in cases {
            let made = table.one(&operation, &inputs);
            assert_eq!(table.open(made), expected, "{operation:?} of {parties}");
        }
    }
}

#[test]
fn truth_values_are_logic_and_numbers() {
    let mut table = Table::new(3);
    let (x, y) = (table.integers(&[1, 5, 5, i64::MIN]), table.integers(&[2, 5, -7, i64::MAX]));
    let (less, equal) = (table.one(&Operation::Less, &[x, y]), table.one(&Operation::Equal, &[x, y]));
    assert_eq!(table.open(less), [1.0, 0.0, 0.0, 1.0]);
    assert_eq!(table.open(equal), [0.0, 1.0, 0.0, 0.0]);
    let cases = [
        (Operation::And, vec![0.0, 0.0, 0.0, 0.0]),
        (Operation::Or, vec![1.0, 1.0, 0.0, 1.0]),
        (Operation::ExclusiveOr, vec![1.0, 1.0, 0.0, 1.0]),
    ];
    for (operation, expected) in cases {
        let made = table.one(&operation, &[less, equal]);
        assert_eq!(table.open(made), expected, "{operation:?}");
    }
    let not = table.one(&Operation::Not, &[less]);
    assert_eq!(table.open(not), [0.0, 1.0, 1.0, 0.0]);
    let both = table.one(&Operation::Concatenate, &[not, less]);
    assert_eq!(table.open(both), [0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    let places: Rc<[usize]> = (0..130).map(|place| place % 4).collect();
    let many = table.one(&Operation::Gather(places), &[less]);
    assert_eq!(
        table.open(many),
        (0..130).map(|place| f64::from(u8::from(matches!(place % 4, 0 | 3)))).collect::<Vec<_>>()
    );
}

#[test]
fn rows_are_added_ordered_and_multiplied() {
    let mut table = Table::new(2);
    let x = table.integers(&[3, 1, 2, -4, 9, 9]);
    let rows = [
        (Operation::Sum { columns: 3 }, vec![6.0, 14.0]),
        (Operation::Greatest { columns: 3 }, vec![3.0, 9.0]),
        (Operation::Smallest { columns: 3 }, vec![1.0, -4.0]),
        (Operation::Median { columns: 3 }, vec![2.0, 9.0]),
        (Operation::Median { columns: 2 }, vec![2.0, -1.0, 9.0]),
        (Operation::Sort { columns: 3 }, vec![1.0, 2.0, 3.0, -4.0, 9.0, 9.0]),
        (Operation::Gather([5, 0, 0].into()), vec![9.0, 3.0, 3.0]),
    ];
    for (operation, expected) in rows {
        let made = table.one(&operation, &[x]);
        assert_eq!(table.open(made), expected, "{operation:?}");
    }
    let [greatest, place] = table.apply(&Operation::PlaceOfGreatest { columns: 3 }, &[x])[..] else {
        panic!("two values")
    };
    assert_eq!((table.open(greatest), table.open(place)), (vec![3.0, 9.0], vec![0.0, 1.0]));
    let carried = table.reals(&[0.5, 1.5, 2.5, 3.5, 4.5, 5.5]);
    let [_, followed] = table.apply(&Operation::Sort { columns: 3 }, &[x, carried])[..] else { panic!("two values") };
    assert_eq!(table.open(followed)[..3], [1.5, 2.5, 0.5]);
    let ranks = Operation::OrderStatistics { columns: 3, ranks: [0, 2].into() };
    let [low, high] = table.apply(&ranks, &[x])[..] else { panic!("two values") };
    assert_eq!((table.open(low), table.open(high)), (vec![1.0, -4.0], vec![3.0, 9.0]));
    let product = table.one(&Operation::MatrixProduct { rows: 2, inner: 3, columns: 2 }, &[x, carried]);
    // [[3 1 2] [-4 9 9]] times [[.5 1.5] [2.5 3.5] [4.5 5.5]].
    assert_eq!(table.open(product), [13.0, 19.0, 61.0, 75.0]);
    let mut shuffled = table.all(|session| session.shuffle(x, 3, &mut generator(session.index())).unwrap());
    let found = table.open(shuffled.remove(0));
    assert!(found == [3.0, 1.0, 2.0, -4.0, 9.0, 9.0] || found == [-4.0, 9.0, 9.0, 3.0, 1.0, 2.0], "{found:?}");
}

#[test]
fn functions_of_real_numbers_take_whole_ones_too() {
    let mut table = Table::new(3);
    let n = table.integers(&[1, 2, 4]);
    type Function = fn(f64) -> f64;
    let functions: [(Operation, Function); 7] = [
        (Operation::Sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
        (Operation::Tanh, f64::tanh),
        (Operation::Exponential, f64::exp),
        (Operation::Logarithm, f64::ln),
        (Operation::Reciprocal, |x| 1.0 / x),
        (Operation::SquareRoot, f64::sqrt),
        (Operation::InverseSquareRoot, |x| 1.0 / x.sqrt()),
    ];
    for (operation, plain) in functions {
        let made = table.one(&operation, &[n]);
        for (found, x) in table.open(made).into_iter().zip([1.0, 2.0, 4.0]) {
            assert!((found - plain(x)).abs() < 2e-4, "{operation:?} of {x} is {found}");
        }
    }
    let softmax = table.one(&Operation::Softmax { columns: 3 }, &[n]);
    assert!((table.open(softmax).iter().sum::<f64>() - 1.0).abs() < 1e-3);
    let cubic = table.one(&Operation::Polynomial([1.0, 0.0, -2.0, 0.5].into()), &[n]);
    assert_eq!(table.open(cubic), [-0.5, -3.0, 1.0]);
}

#[test]
fn what_is_wanted_at_once_opens_at_once() {
    let mut table = Table::new(3);
    let (x, y) = (table.integers(&[2, 3]), table.integers(&[5, 7]));
    table.play();
    assert_eq!(table.cost().rounds, 1, "seeds");
    let mut sums = Vec::new();
    for _ in 0..50 {
        sums.push(table.one(&Operation::Multiply, &[x, y]));
    }
    // A product of products comes after them, and beside it goes what needs nothing of it.
    let square = table.one(&Operation::Multiply, &[sums[0], sums[1]]);
    let other = table.one(&Operation::Multiply, &[y, y]);
    table.play();
    assert_eq!(table.cost().rounds, 3);
    assert_eq!(table.open(square), [100.0, 441.0]);
    assert_eq!(table.open(other), [25.0, 49.0]);
}

#[test]
fn an_explanation_is_what_it_then_costs() {
    let mut table = Table::new(3);
    let (x, y) = (table.reals(&[2.0, 3.0, 4.0]), table.reals(&[5.0, 7.0, 0.5]));
    table.play();
    let before = table.cost();
    let product = table.one(&Operation::Multiply, &[x, y]);
    let root = table.one(&Operation::SquareRoot, &[product]);
    let _ = table.one(&Operation::Sigmoid, &[x]);
    let _ = table.one(&Operation::Less, &[root, y]);
    let explained = table.0[2].explain().unwrap();
    table.play();
    let after = table.cost();
    assert_eq!(explained.total.rounds, after.rounds - before.rounds);
    assert_eq!(explained.total.bytes, after.bytes - before.bytes);
    assert_eq!(explained.total.corrections, after.corrections - before.corrections);
    assert_eq!(explained.steps.len(), 4);
    let alone: u64 = explained.steps.iter().map(|step| step.cost.bytes).sum();
    assert_eq!(alone, explained.total.bytes);
    assert!(explained.steps.iter().map(|step| step.cost.rounds).sum::<u64>() > explained.total.rounds);
    assert_eq!(table.0[0].explain().unwrap().total, Cost::default());
}

#[test]
fn a_truth_value_becomes_a_word_once_when_it_is_opened() {
    let mut table = Table::new(2);
    let (x, y) = (table.integers(&[2, 3, 4]), table.integers(&[5, 1, 4]));
    let less = table.one(&Operation::Less, &[x, y]);
    table.play();
    let before = table.cost();
    assert_eq!(table.open(less), [1.0, 0.0, 0.0]);
    let after = table.cost();
    // A byte for three bits and a word each, one after the other; a word of corrections for each bit.
    assert_eq!((after.rounds - before.rounds, after.bytes - before.bytes), (2, 1 + 24));
    assert_eq!(after.corrections - before.corrections, 3);
}

#[test]
fn parties_without_a_dealer_compute_the_same_at_the_same_cost() {
    let computed = |table: &mut Table| {
        let (x, y) = (table.reals(&[0.5, -3.0, 12.25]), table.integers(&[2, 3, -4]));
        let product = table.one(&Operation::Multiply, &[x, y]);
        let less = table.one(&Operation::Less, &[product, x]);
        let chosen = table.one(&Operation::Choose, &[less, product, x]);
        let first = table.open(chosen);
        let sigmoid = table.one(&Operation::Sigmoid, &[chosen]);
        let all = table.one(&Operation::Concatenate, &[less, sigmoid]);
        (first, table.open(all), table.cost())
    };
    for parties in [2, 3] {
        let mut without = Table::without_dealer(parties);
        assert_eq!(computed(&mut Table::new(parties)), computed(&mut without));
        let making = without.0[0].making_cost();
        // Two rounds of base transfers, and what the two batches ask for.
        assert!(making.rounds > 4 && making.bytes > 14_336, "{making:?}");
    }
}

#[test]
fn an_output_is_for_those_it_is_for() {
    let mut table = Table::new(3);
    let x = table.reals(&[1.5, 2.5]);
    assert_eq!(table.open_to(x, &[1]), [None, Some(vec![1.5, 2.5]), None]);
    assert_eq!(table.open_to(x, &[0, 2]), [Some(vec![1.5, 2.5]), None, Some(vec![1.5, 2.5])]);
    // Bytes go to the receivers alone.
    let before: Vec<u64> = table.all(|session| session.cost().bytes);
    let _ = table.open_to(x, &[1]);
    let after: Vec<u64> = table.all(|session| session.cost().bytes);
    assert_eq!(after.iter().zip(before).map(|(after, before)| after - before).collect::<Vec<_>>(), [16, 0, 16]);
}

#[test]
fn exact_results_do_not_depend_on_the_parties() {
    let results: Vec<Vec<u64>> = [2, 3, 5]
        .into_iter()
        .map(|parties| {
            let mut table = Table::new(parties);
            let (x, y) = (table.reals(&[0.3, -7.77, 1234.5]), table.reals(&[11.1, 3.25, 0.1]));
            let quotient = table.one(&Operation::Divide, &[x, y]);
            let product = table.one(&Operation::Multiply, &[quotient, x]);
            let sigmoid = table.one(&Operation::Sigmoid, &[product]);
            let all = table.one(&Operation::Concatenate, &[quotient, product, sigmoid]);
            table.open(all).into_iter().map(f64::to_bits).collect()
        })
        .collect();
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
}

#[test]
fn what_does_not_fit_is_refused_before_anything_begins() {
    let mut table = Table::new(2);
    let (x, y) = (table.reals(&[1.0, 2.0]), table.integers(&[1, 2, 3]));
    let bits = table.one(&Operation::Less, &[x, x]);
    let session = &mut table.0[0];
    let mut refused = |operation: Operation, inputs: &[ValueId]| session.apply(operation, inputs).unwrap_err().kind();
    use ErrorKind::{InvalidArgument, InvalidLength};
    assert_eq!(refused(Operation::Add, &[x, y]), InvalidLength);
    assert_eq!(refused(Operation::Add, &[x]), InvalidArgument);
    assert_eq!(refused(Operation::Add, &[x, x, x]), InvalidArgument);
    assert_eq!(refused(Operation::Add, &[x, ValueId(999)]), InvalidArgument);
    assert_eq!(refused(Operation::And, &[x, bits]), InvalidArgument);
    assert_eq!(refused(Operation::Not, &[x]), InvalidArgument);
    assert_eq!(refused(Operation::Choose, &[x, x, x]), InvalidArgument);
    assert_eq!(refused(Operation::Choose, &[bits, x, y]), InvalidLength);
    assert_eq!(refused(Operation::Convert(Kind::Integer), &[x]), InvalidArgument);
    assert_eq!(refused(Operation::Gather([2].into()), &[x]), InvalidArgument);
    assert_eq!(refused(Operation::Sum { columns: 2 }, &[y]), InvalidLength);
    assert_eq!(refused(Operation::Sum { columns: 0 }, &[y]), InvalidLength);
    assert_eq!(refused(Operation::MatrixProduct { rows: 2, inner: 1, columns: 2 }, &[x, y]), InvalidLength);
    assert_eq!(refused(Operation::MatrixProduct { rows: usize::MAX, inner: 2, columns: 2 }, &[x, y]), InvalidLength);
    assert_eq!(refused(Operation::AddPublic(Public::Integers(vec![1, 2])), &[y]), InvalidLength);
    assert_eq!(refused(Operation::OrderStatistics { columns: 3, ranks: [3].into() }, &[y]), InvalidArgument);
    assert_eq!(session.open(x, &[]).unwrap_err().kind(), InvalidArgument);
    assert_eq!(session.open(x, &[1, 0]).unwrap_err().kind(), InvalidArgument);
    assert_eq!(session.open(x, &[2]).unwrap_err().kind(), InvalidArgument);
    let mut input =
        |kind, length, numbers: Option<&Public>| session.input(0, kind, length, numbers).unwrap_err().kind();
    assert_eq!(input(Kind::Real, 1, None), InvalidArgument);
    assert_eq!(input(Kind::Integer, 1, Some(&Public::Reals(vec![1.0]))), InvalidArgument);
    assert_eq!(input(Kind::Real, 2, Some(&Public::Reals(vec![1.0]))), InvalidLength);
    assert_eq!(input(Kind::Real, 1, Some(&Public::Reals(vec![f64::NAN]))), ErrorKind::NotFinite);
    assert_eq!(input(Kind::Real, 1, Some(&Public::Reals(vec![1e30]))), ErrorKind::OutOfRange);
}

#[test]
fn what_fails_fails_by_itself() {
    let mut table = Table::new(2);
    let (x, y) = (table.reals(&[1.0]), table.reals(&[2.0]));
    let failed = table.one(&Operation::AddPublic(Public::Reals(vec![f64::INFINITY])), &[x]);
    let follows = table.one(&Operation::Multiply, &[failed, y]);
    let fine = table.one(&Operation::Multiply, &[x, y]);
    assert_eq!(table.open(fine), [2.0]);
    for value in [failed, follows] {
        assert_eq!(table.0[0].check(value).unwrap_err().kind(), ErrorKind::NotFinite);
    }
    table.0[0].forget(fine);
    assert_eq!(table.0[0].check(fine).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

/// Messages of the same length: nothing but the number of the program tells.
#[test]
fn whoever_computes_something_else_is_named() {
    fn opened(session: &mut Session, operation: Operation, inputs: &[ValueId]) {
        let made = session.apply(operation, inputs).unwrap()[0];
        session.open(made, &[0, 1]).unwrap();
    }
    type Calls = fn(&mut Session, ValueId, ValueId);
    let pairs: [(Calls, Calls); 6] = [
        (
            |session, x, y| opened(session, Operation::Subtract, &[x, y]),
            |session, x, y| opened(session, Operation::Subtract, &[y, x]),
        ),
        (
            |session, x, y| opened(session, Operation::Maximum, &[x, y]),
            |session, x, y| opened(session, Operation::Minimum, &[x, y]),
        ),
        (
            |session, x, _| opened(session, Operation::AddPublic(Public::Integers(vec![1])), &[x]),
            |session, x, _| opened(session, Operation::AddPublic(Public::Integers(vec![2])), &[x]),
        ),
        (
            |session, x, _| opened(session, Operation::Gather(Rc::new([0, 1])), &[x]),
            |session, x, _| opened(session, Operation::Gather(Rc::new([1, 0])), &[x]),
        ),
        (
            |session, x, _| assert!(session.open(x, &[0, 1]).is_ok()),
            |session, _, y| assert!(session.open(y, &[0, 1]).is_ok()),
        ),
        (
            |session, x, _| {
                session.input(0, Kind::Real, 2, Some(&Public::Reals(vec![1.0, 2.0]))).unwrap();
                session.open(x, &[0, 1]).unwrap();
            },
            |session, x, _| {
                session.input(0, Kind::Integer, 2, None).unwrap();
                session.open(x, &[0, 1]).unwrap();
            },
        ),
    ];
    for (number, (one, other)) in pairs.into_iter().enumerate() {
        let mut table = Table::new(2);
        let (x, y) = (table.integers(&[1, 2]), table.integers(&[3, 4]));
        table.play();
        let [first, second] = &mut table.0[..] else { panic!("two parties") };
        one(first, x, y);
        other(second, x, y);
        for session in [&mut *first, &mut *second] {
            assert_eq!(session.advance().unwrap(), Progress::Exchange);
        }
        let sent = [first.message(1), second.message(0)];
        for (error, sender) in [(second.receive(0, &sent[0]), 0), (first.receive(1, &sent[1]), 1)] {
            let error = error.unwrap_err();
            assert_eq!((error.kind(), error.party()), (ErrorKind::WrongProgram, Some(sender)), "pair {number}");
        }
    }
}
