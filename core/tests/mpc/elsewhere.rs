//! A dealer elsewhere: what it is asked, what it answers, and that sessions come out as with a dealer of their own.

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::correlation::Correlation;
use cloakwork_core::mpc::dealer::{
    Delivery, MOST_CORRELATIONS, MOST_WORDS, PIECE_BYTES, Preprocessing, Request, Service,
};
use cloakwork_core::mpc::engine::{Cost, Progress, Rounds};
use cloakwork_core::mpc::local::comparison::Width;
use cloakwork_core::mpc::protocol::{Format, Rounding};
use cloakwork_core::mpc::session::{Kind, Operation, Public, Session, ValueId};
use cloakwork_core::prg::Suite;
use proptest::prelude::*;

use crate::random::Generator;
use crate::table::sources;

const SUITE: Suite = Suite::Aes128Ctr;

fn generator(name: &str) -> Generator {
    Generator::new(name)
}

fn format() -> Format {
    Format::new(16, 32, Rounding::Nearest).unwrap()
}

/// Sessions, the dealer if it is elsewhere, and all bytes that it got.
struct Parties {
    sessions: Vec<Session>,
    service: Option<Service>,
    heard: Vec<Vec<u8>>,
    dealt: u64,
    /// Whether corrections come after the messages of the round in which they were asked for.
    late: bool,
}

impl Parties {
    fn elsewhere(parties: usize, corrected: usize) -> Self {
        let mut service = Service::new(SUITE, parties, corrected, &mut generator("dealer")).unwrap();
        let session = |party| {
            let (seed, rng) = (service.seed(party).unwrap(), generator(&format!("party {party}")));
            Session::with_dealer(party, parties, format(), SUITE, seed, corrected, rng).unwrap()
        };
        let sessions = (0..parties).map(session).collect();
        Self { sessions, service: Some(service), heard: Vec::new(), dealt: 0, late: false }
    }

    fn here(parties: usize) -> Self {
        let session = |(party, source)| {
            Session::new(party, parties, format(), Suite::ChaCha20, source, generator(&format!("party {party}")))
                .unwrap()
        };
        let sessions = sources(parties, 0, 99).into_iter().enumerate().map(session).collect();
        Self { sessions, service: None, heard: Vec::new(), dealt: 0, late: false }
    }

    fn all<T>(&mut self, act: impl Fn(&mut Session) -> T) -> Vec<T> {
        self.sessions.iter_mut().map(act).collect()
    }

    fn input(&mut self, owner: usize, numbers: &[f64]) -> ValueId {
        let numbers = Public::Reals(numbers.to_vec());
        let ids = self.all(|session| {
            let given = (session.index() == owner).then_some(&numbers);
            session.input(owner, Kind::Real, numbers.len(), given).unwrap()
        });
        ids[0]
    }

    fn apply(&mut self, operation: &Operation, inputs: &[ValueId]) -> ValueId {
        self.all(|session| session.apply(operation.clone(), inputs).unwrap()[0])[0]
    }

    /// Carries a request and its answer, if a party asks for something; whether it did.
    fn deal(&mut self, party: usize) -> bool {
        let session = &mut self.sessions[party];
        let (Some(service), Some(request)) = (&mut self.service, session.request().unwrap()) else { return false };
        assert_eq!(session.request().unwrap(), None, "it asks once");
        service.take(&request.bytes).unwrap();
        self.heard.push(request.bytes);
        while let Some(piece) = service.piece().unwrap() {
            assert!(piece.len() <= PIECE_BYTES);
            self.dealt += piece.len() as u64 / 8;
            session.supply(&piece).unwrap();
        }
        true
    }

    /// Carries messages and corrections: these before the messages of the round in which they were asked for, or after them.
    fn play(&mut self) {
        loop {
            let mut progress = self.all(|session| session.advance().unwrap());
            for (party, progress) in progress.iter_mut().enumerate() {
                while *progress == Progress::Preprocessing || (*progress == Progress::Exchange && !self.late) {
                    let asked = self.deal(party);
                    assert!(asked || *progress == Progress::Exchange, "something is missing, so it asks");
                    *progress = self.sessions[party].advance().unwrap();
                    if !asked {
                        break;
                    }
                }
            }
            assert!(progress.iter().all(|one| *one == progress[0]), "{progress:?}");
            if progress[0] == Progress::Finished {
                return;
            }
            let parties = self.sessions.len();
            let messages = self.all(|session| (0..parties).map(|to| session.message(to)).collect::<Vec<_>>());
            for (from, sent) in messages.iter().enumerate() {
                for (to, session) in self.sessions.iter_mut().enumerate().filter(|(to, _)| *to != from) {
                    session.receive(from, &sent[to]).unwrap();
                }
            }
        }
    }

    fn open(&mut self, value: ValueId) -> Vec<u64> {
        let everybody: Vec<usize> = (0..self.sessions.len()).collect();
        let results = self.all(|session| session.open(value, &everybody).unwrap());
        self.play();
        let mut found = self.all(|session| session.take(results[0]).unwrap().unwrap().words.unwrap().to_vec());
        assert!(found.iter().all(|one| *one == found[0]));
        found.remove(0)
    }

    fn costs(&self) -> Vec<Cost> {
        self.sessions.iter().map(Session::cost).collect()
    }
}

/// Products, a comparison that is opened, a choice and a division, in three batches.
fn program(parties: &mut Parties, numbers: &[f64]) -> Vec<Vec<u64>> {
    let (x, y) = (parties.input(0, numbers), parties.input(1, &[2.5, -0.75, 3.0]));
    let product = parties.apply(&Operation::Multiply, &[x, y]);
    let less = parties.apply(&Operation::Less, &[product, y]);
    let first = parties.open(less);
    let chosen = parties.apply(&Operation::Choose, &[less, product, y]);
    let quotient = parties.apply(&Operation::Divide, &[chosen, y]);
    let second = parties.open(quotient);
    let square = parties.apply(&Operation::Square, &[quotient]);
    vec![first, second, parties.open(square)]
}

#[test]
fn results_and_costs_are_those_of_a_dealer_of_ones_own() {
    for (parties, corrected, late) in [(2, 0, false), (2, 0, true), (3, 0, true), (3, 2, false), (3, 2, true)] {
        let (mut here, mut elsewhere) = (Parties::here(parties), Parties::elsewhere(parties, corrected));
        elsewhere.late = late;
        let numbers = [1.5, -4.0, 100.25];
        assert_eq!(program(&mut here, &numbers), program(&mut elsewhere, &numbers), "{parties} parties");
        assert_eq!(here.costs(), elsewhere.costs());
        assert_eq!(elsewhere.heard.len(), 3, "a request a batch");
        assert_eq!(elsewhere.dealt, elsewhere.costs()[0].corrections);
    }
}

#[test]
fn what_the_dealer_hears_follows_from_the_program_alone() {
    let heard = |numbers: &[f64]| {
        let mut parties = Parties::elsewhere(3, 0);
        let results = program(&mut parties, numbers);
        (parties.heard, results)
    };
    let (one, of_one) = heard(&[1.5, -4.0, 100.25]);
    let (other, of_other) = heard(&[-7.0, 0.0, 3000.0]);
    assert_eq!(one, other);
    assert_ne!(of_one, of_other);
    // Nothing but well-formed requests, which hold kinds and lengths.
    for bytes in &one {
        assert_eq!(&Request::<Correlation>::decode(bytes).unwrap().encode(), bytes);
    }
}

#[test]
fn a_long_batch_comes_in_pieces() {
    let mut parties = Parties::elsewhere(2, 0);
    let numbers: Vec<f64> = (0..20_000).map(|number| f64::from(number) / 64.0).collect();
    let x = parties.input(0, &numbers);
    let square = parties.apply(&Operation::Square, &[x]);
    let found = parties.open(square);
    // It is not rehearsed: squares, masks, two levels of a comparison and the bits that round are asked for one after the other.
    assert_eq!(parties.heard.len(), 5);
    assert!(parties.dealt > 2 * PIECE_BYTES as u64 / 8);
    // (k / 64)^2 is k^2 * 16 units of 2^-16.
    assert!(found.iter().zip(0u64..).all(|(square, number)| *square == number * number * 16));
}

#[test]
fn more_correlations_than_a_request_holds_are_asked_for_in_several() {
    let (mut delivery, mut source) =
        Delivery::new(SUITE, Service::new(SUITE, 2, 0, &mut generator("x")).unwrap().seed(0).unwrap());
    let mut service = Service::new(SUITE, 2, 0, &mut generator("x")).unwrap();
    let count = MOST_CORRELATIONS + 5;
    delivery.announce(&vec![Correlation::Ands { count: 1 }; count]);
    let mut requests = 0;
    while let Some(request) = delivery.request().unwrap() {
        requests += 1;
        service.take(&request.encode()).unwrap();
        while let Some(piece) = service.piece().unwrap() {
            delivery.take(&piece).unwrap();
        }
    }
    assert!(requests == 2 && delivery.is_complete());
    for number in 0..count as u64 {
        assert!(source.draw(number, &Correlation::Ands { count: 1 }).unwrap().is_some());
    }
    // Nobody said that more would be wanted.
    assert!(source.draw(count as u64, &Correlation::Ands { count: 1 }).unwrap().is_none());
}

#[test]
fn a_dealer_answers_each_number_once_and_in_order() {
    let mut service = Service::new(SUITE, 2, 0, &mut generator("dealer")).unwrap();
    let ask = |first, count| Request::new(first, vec![Correlation::Products { count }; 3]).unwrap().encode();
    let refused = |service: &mut Service, bytes: &[u8]| service.take(bytes).unwrap_err();
    assert_eq!(refused(&mut service, &ask(1, 4)).bound(), Some(0));
    service.take(&ask(0, 4)).unwrap();
    assert_eq!(refused(&mut service, &ask(3, 4)).kind(), ErrorKind::Duplicate);
    assert_eq!(service.piece().unwrap().unwrap().len(), 8 * 12);
    assert!(service.piece().unwrap().is_none());
    for again in [0, 1, 2, 4] {
        let error = refused(&mut service, &ask(again, 4));
        assert_eq!((error.kind(), error.bound()), (ErrorKind::OutOfOrder, Some(3)));
    }
    // A refusal changes nothing, and what has no corrections counts.
    service.take(&ask(3, 0)).unwrap();
    assert!(service.piece().unwrap().is_none());
    service.take(&ask(6, 1)).unwrap();
    assert_eq!(service.piece().unwrap().unwrap().len(), 8 * 3);
    // Seeds, too.
    let _ = service.seed(1).unwrap();
    assert_eq!(service.seed(1).unwrap_err().kind(), ErrorKind::Duplicate);
    assert_eq!(service.seed(2).unwrap_err().kind(), ErrorKind::UnknownParty);
}

#[test]
fn a_piece_of_another_length_and_one_that_nobody_asked_for_are_refused() {
    let seed = || Service::new(SUITE, 2, 0, &mut generator("dealer")).unwrap().seed(0).unwrap();
    let (mut delivery, mut source) = Delivery::new(SUITE, seed());
    assert_eq!(delivery.take(&[]).unwrap_err().kind(), ErrorKind::OutOfOrder);
    delivery.announce(&[Correlation::Products { count: 2 }, Correlation::Squares { count: 1 }]);
    assert_eq!(delivery.take(&[0; 24]).unwrap_err().kind(), ErrorKind::OutOfOrder);
    let _ = delivery.request().unwrap().unwrap();
    for length in [0, 16, 23, 25, 32] {
        let error = delivery.take(&vec![0; length]).unwrap_err();
        assert_eq!((error.kind(), error.bound()), (ErrorKind::Malformed, Some(24)));
    }
    delivery.take(&[0; 24]).unwrap();
    assert_eq!(delivery.take(&[0; 24]).unwrap_err().kind(), ErrorKind::OutOfOrder);
    // Another correlation than the one that was announced.
    let error = source.draw(0, &Correlation::Products { count: 1 }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn what_is_too_long_is_not_asked_for() {
    let kind = |correlation| Request::new(0, vec![correlation]).unwrap_err().kind();
    assert_eq!(kind(Correlation::Products { count: MOST_WORDS }), ErrorKind::TooLong);
    assert_eq!(kind(Correlation::Products { count: usize::MAX }), ErrorKind::TooLong);
    let (rows, columns) = (1 << 20, 1 << 20);
    assert_eq!(kind(Correlation::MatrixProduct { rows, inner: 1, columns }), ErrorKind::TooLong);
    assert_eq!(kind(Correlation::MatrixProduct { rows: usize::MAX, inner: 2, columns }), ErrorKind::TooLong);
    assert_eq!(Request::<Correlation>::new(0, Vec::new()).unwrap_err().kind(), ErrorKind::InvalidLength);
    let one = Correlation::Bits { count: 1 };
    assert_eq!(Request::new(0, vec![one; MOST_CORRELATIONS + 1]).unwrap_err().kind(), ErrorKind::InvalidLength);
    assert_eq!(Request::new(u64::MAX, vec![one]).unwrap_err().kind(), ErrorKind::OutOfRange);
}

/// Every kind of correlation.
fn correlations() -> impl Strategy<Value = Correlation> {
    let width = (2u32..=64, any::<bool>())
        .prop_map(|(bits, signed)| if signed { Width::signed(bits) } else { Width::low(bits) }.unwrap());
    let count = 0usize..1 << 20;
    let fraction = proptest::option::of(0u32..63);
    prop_oneof![
        count.clone().prop_map(|count| Correlation::Products { count }),
        count.clone().prop_map(|count| Correlation::Squares { count }),
        (0usize..1000, 0usize..1000, 0usize..1000).prop_map(|(rows, inner, columns)| Correlation::MatrixProduct {
            rows,
            inner,
            columns
        }),
        (count.clone(), fraction, proptest::option::of(width.clone()))
            .prop_map(|(count, fraction, width)| Correlation::Masks { count, fraction, width }),
        (count.clone(), width).prop_map(|(count, width)| Correlation::Selectors { count, width }),
        count.clone().prop_map(|count| Correlation::Bits { count }),
        count.clone().prop_map(|count| Correlation::Ands { count }),
        count.prop_map(|count| Correlation::SharedAnds { count }),
    ]
}

proptest! {
    #[test]
    fn requests_come_back_from_their_bytes(first in 0u64..1 << 60, correlations in proptest::collection::vec(correlations(), 1..20)) {
        let request = Request::new(first, correlations).unwrap();
        let bytes = request.encode();
        prop_assert_eq!(bytes.len(), 8 + 16 * request.correlations().len());
        prop_assert_eq!(Request::decode(&bytes).unwrap(), request);
    }

    #[test]
    fn bytes_that_are_taken_are_those_of_their_request(
        correlations in proptest::collection::vec(correlations(), 1..4), place in 0usize..72, bit in 0u32..8,
    ) {
        let mut bytes = Request::new(7, correlations).unwrap().encode();
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1 << bit;
        }
        if let Ok(request) = Request::<Correlation>::decode(&bytes) {
            prop_assert_eq!(request.encode(), bytes);
        }
    }
}
