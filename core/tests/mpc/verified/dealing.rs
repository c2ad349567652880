//! A dealer elsewhere for verified mode: what it hears, and that sessions come out as with a dealer of their own.

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::correlation;
use cloakwork_core::mpc::dealer::{MOST_WORDS, Request, Requested, Service};
use cloakwork_core::mpc::engine::{Cost, Progress, Rounds};
use cloakwork_core::mpc::session::Public;
use cloakwork_core::mpc::session::verified::{Operation, Session};
use cloakwork_core::mpc::verified::{Correlation, Dealer};
use cloakwork_core::prg::Suite;
use proptest::prelude::*;

use super::session::{Table, format, generator, numbers};
use crate::random::Generator;

const SUITE: Suite = Suite::Aes128Ctr;

fn service(parties: usize, corrected: usize) -> Service<Dealer> {
    Service::verified(SUITE, parties, corrected, &mut Generator::new("dealer")).unwrap()
}

/// Runs to the end, with a dealer for one of the parties; what it heard, and words of 8 bytes that it sent.
fn play(table: &mut Table, service: &mut Service<Dealer>, corrected: usize) -> (Vec<Vec<u8>>, u64) {
    let (mut heard, mut dealt) = (Vec::new(), 0);
    loop {
        while table.0[corrected].advance().unwrap() == Progress::Preprocessing {
            let session = &mut table.0[corrected];
            let query = session.request().unwrap().expect("something is missing, so it asks");
            assert_eq!(session.request().unwrap(), None, "it asks once");
            service.take(&query.bytes).unwrap();
            let mut due = query.words;
            while let Some(piece) = service.piece().unwrap() {
                assert_eq!(session.advance().unwrap(), Progress::Preprocessing, "it begins when all is there");
                due -= piece.len() as u64 / 8;
                session.supply(&piece).unwrap();
            }
            assert_eq!(due, 0);
            dealt += query.words;
            heard.push(query.bytes);
        }
        let progress = table.all(|session| session.advance().unwrap());
        assert!(progress.iter().all(|one| *one == progress[0]), "{progress:?}");
        if progress[0] == Progress::Finished {
            return (heard, dealt);
        }
        let parties = table.0.len();
        let messages = table.all(|session| (0..parties).map(|to| session.message(to)).collect::<Vec<_>>());
        for (from, sent) in messages.iter().enumerate() {
            for (to, session) in table.0.iter_mut().enumerate().filter(|(to, _)| *to != from) {
                session.receive(from, &sent[to]).unwrap();
            }
        }
    }
}

/// Two batches on these numbers: what was opened, what the dealer heard, the costs of all.
fn program(parties: usize, corrected: usize, given: &[f64]) -> (Vec<Vec<f64>>, Vec<Vec<u8>>, Vec<Cost>) {
    let mut service = service(parties, corrected);
    let session = |party| {
        let seed = service.seed(party).unwrap();
        Session::with_dealer(party, parties, format(), SUITE, seed, corrected, &mut generator(party)).unwrap()
    };
    let mut table = Table((0..parties).map(session).collect());
    let everybody: Vec<usize> = (0..parties).collect();
    let (x, y) = (table.reals(0, given), table.reals(parties - 1, given));
    let product = table.apply(&Operation::Multiply, &[x, y]);
    let first = table.ask(product, &everybody);
    let (mut heard, mut dealt) = play(&mut table, &mut service, corrected);
    let scaled = table.apply(&Operation::MultiplyPublic(Public::Reals(vec![0.3])), &[product]);
    let matrix = table.apply(&Operation::MatrixProduct { rows: 1, inner: given.len(), columns: 1 }, &[scaled, y]);
    let second = table.ask(matrix, &[0, 1]);
    let (more, words) = play(&mut table, &mut service, corrected);
    heard.extend(more);
    dealt += words;
    assert_eq!(heard.len(), 2, "a request a batch");
    let costs: Vec<Cost> = table.0.iter().map(Session::cost).collect();
    assert!(costs.iter().all(|cost| cost.corrections == dealt));
    let opened = table.all(|session| [numbers(session, first), numbers(session, second)])[0].clone();
    (opened.into_iter().flatten().collect(), heard, costs)
}

#[test]
fn a_dealer_elsewhere_gives_right_results_and_hears_what_follows_from_the_program_alone() {
    for (parties, corrected) in [(2, 0), (3, 0), (3, 2)] {
        let (opened, heard, costs) = program(parties, corrected, &[1.5, -4.0, 10.25]);
        for (found, expected) in opened[0].iter().zip([2.25, 16.0, 105.0625]) {
            assert!((found - expected).abs() <= 1.0 / 65536.0);
        }
        let sum = 0.3 * (2.25 * 1.5 - 16.0 * 4.0 + 105.0625 * 10.25);
        assert!((opened[1][0] - sum).abs() < 20.0 * 3.0 / 65536.0, "{} {sum}", opened[1][0]);
        let (other, of_other, _) = program(parties, corrected, &[-7.0, 0.0, 30.0]);
        assert_eq!(heard, of_other);
        assert_ne!(opened, other);
        for bytes in &heard {
            assert_eq!(&Request::<Correlation>::decode(bytes).unwrap().encode(), bytes);
        }
        // Inputs, product, division, output; scale, matrix product, division, output. The last output is for two.
        let rounds = 1 + 1 + 1 + 9 + 1 + 1 + 1 + 9;
        let bytes = (32 + 16) * 3 + 361 + 16 * 3 + 2 * 16 * 3 + 16 * 6 + 16 + 361 + if parties == 2 { 16 } else { 32 };
        let inputs = |party| if party == 0 || party == parties - 1 { 8 * 3 } else { 0 };
        for (party, cost) in costs.iter().enumerate() {
            assert_eq!((cost.rounds, cost.bytes), (rounds, bytes + inputs(party)), "{party} of {parties}");
        }
    }
}

#[test]
fn a_dealer_of_one_kind_does_not_deal_the_other() {
    let verified = Request::new(0, vec![Correlation::Masks { count: 2 }]).unwrap().encode();
    let plain = Request::new(0, vec![correlation::Correlation::Bits { count: 2 }]).unwrap().encode();
    let mut unverified = Service::new(SUITE, 2, 0, &mut Generator::new("x")).unwrap();
    assert_eq!(unverified.take(&verified).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(service(2, 0).take(&plain).unwrap_err().kind(), ErrorKind::Unsupported);
    assert!(unverified.take(&plain).is_ok() && service(2, 0).take(&verified).is_ok());
    // Of an owner who is nobody it makes nothing.
    let mut service = service(2, 0);
    service.take(&Request::new(0, vec![Correlation::Known { owner: 2, count: 1 }]).unwrap().encode()).unwrap();
    assert_eq!(service.piece().unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn what_is_too_long_is_not_asked_for() {
    let kind = |correlation| Request::new(0, vec![correlation]).unwrap_err().kind();
    // A share of products is six words of 16 bytes an element.
    assert!(Correlation::Products { count: MOST_WORDS / 12 }.fits());
    assert_eq!(kind(Correlation::Products { count: MOST_WORDS / 12 + 1 }), ErrorKind::TooLong);
    assert_eq!(kind(Correlation::Known { owner: 0, count: usize::MAX }), ErrorKind::TooLong);
    let (rows, columns) = (1 << 20, 1 << 20);
    assert_eq!(kind(Correlation::MatrixProduct { rows, inner: 1, columns }), ErrorKind::TooLong);
    assert_eq!(kind(Correlation::MatrixProduct { rows: usize::MAX, inner: 2, columns }), ErrorKind::TooLong);
}

fn correlations() -> impl Strategy<Value = Correlation> {
    let count = 0usize..1 << 20;
    prop_oneof![
        (0usize..100, count.clone()).prop_map(|(owner, count)| Correlation::Known { owner, count }),
        count.clone().prop_map(|count| Correlation::Masks { count }),
        count.clone().prop_map(|count| Correlation::Products { count }),
        count.clone().prop_map(|count| Correlation::Squares { count }),
        (0usize..1000, 0usize..1000, 0usize..1000).prop_map(|(rows, inner, columns)| Correlation::MatrixProduct {
            rows,
            inner,
            columns
        }),
        (count, 0u32..63).prop_map(|(count, fraction)| Correlation::Truncations { count, fraction }),
    ]
}

proptest! {
    #[test]
    fn requests_come_back_from_their_bytes(first in 0u64..1 << 60, correlations in proptest::collection::vec(correlations(), 1..20)) {
        let request = Request::new(first, correlations).unwrap();
        let bytes = request.encode();
        prop_assert_eq!(bytes.len(), 8 + 16 * request.correlations().len());
        prop_assert_eq!(Request::<Correlation>::decode(&bytes).unwrap(), request);
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
