//! The vectors of an independent program: operations in exact mode, word for word, for several numbers of parties.

use std::collections::BTreeMap;

use cloakwork_core::mpc::engine::{Progress, Rounds};
use cloakwork_core::mpc::protocol::{Format, Rounding};
use cloakwork_core::mpc::session::{Kind, Operation, Public, ResultId, Session, ValueId};
use cloakwork_core::prg::Suite;
use serde_json::Value;

use crate::files::{array, list, load, small, text};
use crate::random::Generator;
use crate::table::sources;

fn words(value: &Value) -> Vec<i64> {
    list(&value["words"]).iter().map(|word| text(word).parse().unwrap()).collect()
}

fn kind(value: &Value) -> Kind {
    match text(&value["kind"]) {
        "bit" => Kind::Bit,
        "integer" => Kind::Integer,
        "real" => Kind::Real,
        other => panic!("{other}"),
    }
}

/// The public numbers of a case.
fn constants(case: &Value) -> Public {
    match case.get("reals") {
        Some(reals) => {
            Public::Reals(list(reals).iter().map(|real| f64::from_be_bytes(array(&real["ieee754"]))).collect())
        }
        None => Public::Integers(list(&case["integers"]).iter().map(|one| text(one).parse().unwrap()).collect()),
    }
}

fn operation(case: &Value) -> Operation {
    let size = |place: usize| usize::try_from(small(&case["numbers"][place])).unwrap();
    match text(&case["operation"]) {
        "add" => Operation::Add,
        "subtract" => Operation::Subtract,
        "negate" => Operation::Negate,
        "multiply" => Operation::Multiply,
        "square" => Operation::Square,
        "multiply_public" => Operation::MultiplyPublic(constants(case)),
        "add_public" => Operation::AddPublic(constants(case)),
        "power" => Operation::Power(u32::try_from(size(0)).unwrap()),
        "polynomial" => match constants(case) {
            Public::Reals(coefficients) => Operation::Polynomial(coefficients.into()),
            Public::Integers(_) => panic!("coefficients are real"),
        },
        "matrix_product" => Operation::MatrixProduct { rows: size(0), inner: size(1), columns: size(2) },
        "sum" => Operation::Sum { columns: size(0) },
        "less" => Operation::Less,
        "equal" => Operation::Equal,
        "maximum" => Operation::Maximum,
        "minimum" => Operation::Minimum,
        "rectify" => Operation::Rectify,
        "absolute" => Operation::Absolute,
        "choose" => Operation::Choose,
        "clamp" => Operation::Clamp(constants(case)),
        "greatest" => Operation::Greatest { columns: size(0) },
        "smallest" => Operation::Smallest { columns: size(0) },
        "place_of_greatest" => Operation::PlaceOfGreatest { columns: size(0) },
        "place_of_smallest" => Operation::PlaceOfSmallest { columns: size(0) },
        "sort" => Operation::Sort { columns: size(0) },
        "median" => Operation::Median { columns: size(0) },
        "and" => Operation::And,
        "or" => Operation::Or,
        "exclusive_or" => Operation::ExclusiveOr,
        "not" => Operation::Not,
        "sigmoid" => Operation::Sigmoid,
        "tanh" => Operation::Tanh,
        "exponential" => Operation::Exponential,
        "logarithm" => Operation::Logarithm,
        "reciprocal" => Operation::Reciprocal,
        "divide" => Operation::Divide,
        "square_root" => Operation::SquareRoot,
        "inverse_square_root" => Operation::InverseSquareRoot,
        "softmax" => Operation::Softmax { columns: size(0) },
        other => panic!("{other}"),
    }
}

/// The input of a case: a truth value is whether a number is positive.
fn input(session: &mut Session, owner: usize, fraction: u32, given: &Value) -> ValueId {
    let words = words(given);
    let numbers = match kind(given) {
        Kind::Real => Public::Reals(words.iter().map(|word| *word as f64 / f64::from(1u32 << fraction)).collect()),
        Kind::Bit | Kind::Integer => Public::Integers(words),
    };
    let own = (session.index() == owner).then_some(&numbers);
    let value = session.input(owner, numbers.kind(), numbers.len(), own).unwrap();
    if kind(given) != Kind::Bit {
        return value;
    }
    let negative = session.apply(Operation::Negate, &[value]).unwrap();
    session.apply(Operation::IsNegative, &negative).unwrap()[0]
}

/// Asks for a case; what is opened of it.
fn ask(session: &mut Session, fraction: u32, case: &Value) -> ResultId {
    let inputs: Vec<ValueId> = list(&case["inputs"])
        .iter()
        .enumerate()
        .map(|(place, given)| input(session, place & 1, fraction, given))
        .collect();
    let made = session.apply(operation(case), &inputs).unwrap();
    let everybody: Vec<usize> = (0..session.parties()).collect();
    session.open(*made.last().unwrap(), &everybody).unwrap()
}

fn play(sessions: &mut [Session]) {
    while sessions.iter_mut().map(|session| session.advance().unwrap()).max_by_key(|one| *one == Progress::Exchange)
        == Some(Progress::Exchange)
    {
        let everybody = 0..sessions.len();
        let messages: Vec<Vec<Vec<u8>>> =
            sessions.iter().map(|from| everybody.clone().map(|to| from.message(to)).collect()).collect();
        for (from, sent) in messages.iter().enumerate() {
            for (to, session) in sessions.iter_mut().enumerate().filter(|(to, _)| *to != from) {
                session.receive(from, &sent[to]).unwrap();
            }
        }
    }
}

/// Side by side, all cases of a format.
fn replay(parties: usize, format: Format, cases: &[&Value]) {
    let sources = sources(parties, 0, 0x7ec7_0125).into_iter().enumerate();
    let session = |(party, source)| {
        let rng = Generator::new(&format!("vectors {party}"));
        Session::new(party, parties, format, Suite::ChaCha20, source, rng).unwrap()
    };
    let mut sessions: Vec<Session> = sources.map(session).collect();
    let asked: Vec<Vec<ResultId>> = sessions
        .iter_mut()
        .map(|session| cases.iter().map(|case| ask(session, format.fraction(), case)).collect())
        .collect();
    play(&mut sessions);
    for (session, results) in sessions.iter_mut().zip(asked) {
        for (case, result) in cases.iter().zip(results) {
            let opened = session.take(result).unwrap().unwrap();
            let found: Vec<i64> = opened.words.unwrap().iter().map(|word| word.cast_signed()).collect();
            let what = format!("{} of {parties} with {format:?}", case["operation"]);
            assert_eq!((found, opened.kind), (words(&case["output"]), kind(&case["output"])), "{what}");
        }
    }
}

#[test]
fn operations_follow_the_vectors() {
    let file = load("mpc.json");
    let mut formats: BTreeMap<(u32, u32, &str), Vec<&Value>> = BTreeMap::new();
    for case in list(&file["cases"]) {
        let number = |name: &str| small(&case[name]);
        formats.entry((number("fraction"), number("bits"), text(&case["rounding"]))).or_default().push(case);
    }
    for parties in [2, 3, 5] {
        for ((fraction, bits, rounding), cases) in &formats {
            let rounding = match *rounding {
                "nearest" => Rounding::Nearest,
                "down" => Rounding::Down,
                other => panic!("{other}"),
            };
            replay(parties, Format::new(*fraction, *bits, rounding).unwrap(), cases);
        }
        let wide: Vec<&Value> = list(&file["wide"]).iter().collect();
        replay(parties, Format::new(16, 32, Rounding::Nearest).unwrap(), &wide);
    }
}
