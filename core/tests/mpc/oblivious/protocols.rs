//! Every protocol's tests once more, with transfers in the place of the dealer: the same results, rounds and bytes.

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::engine::{Engine, Outcome, Progress};
use cloakwork_core::mpc::protocol::{self, Rounding};
use cloakwork_core::mpc::rehearsal::rehearse;
use cloakwork_core::prg::Suite;

use super::table::generators;
use crate::table::{share, without_dealer};
use crate::{comparison, product, truncation};

/// One after the other on the same generators: the base transfers are made once for each number of parties.
#[test]
fn the_same_without_a_dealer() {
    without_dealer(|| {
        product::products();
        product::squares();
        product::matrix_products();
        truncation::dithered();
        truncation::exact();
        comparison::signs();
        comparison::rectified();
        comparison::indicators();
        comparison::bits_become_words();
        comparison::equality();
        comparison::order_of_all_words();
        comparison::thresholds_share_a_mask();
    });
}

/// A program with everything in it, on zeros or on shares.
fn program(engine: &mut Engine, x: Vec<u64>, y: Vec<u64>) -> Outcome<Vec<u64>> {
    let party = engine.party();
    engine.spawn(async move {
        let product = protocol::product(&party, &x, &y).await.unwrap();
        let quotient = protocol::truncate(&party, 3, Rounding::Down, &product).await.unwrap();
        let kept = protocol::rectify(&party, &quotient).await.unwrap();
        protocol::open(&party, 64, &kept).await
    })
}

/// What a rehearsal says is all that the program then takes: it never waits, and no more is made.
#[test]
fn a_rehearsed_program_finds_everything_made() {
    let parties = 3;
    let (x, y) = ([5, 100, u64::MAX, 12], [16, 3, 80, u64::MAX - 7]);
    let plan = rehearse(parties, |engine| drop(program(engine, vec![0; 4], vec![0; 4]))).unwrap().correlations;
    assert!(plan.len() > 10);

    let mut generators = generators(Suite::Aes128Ctr, parties, usize::MAX);
    let sources = super::table::begin(&mut generators, &plan);
    let (x, y) = (share(parties, &x, 1), share(parties, &y, 2));
    let mut engines: Vec<Engine> = sources
        .into_iter()
        .enumerate()
        .map(|(index, source)| Engine::new(index, parties, Box::new(source)).unwrap())
        .collect();
    let outcomes: Vec<_> =
        engines.iter_mut().zip(x.into_iter().zip(y)).map(|(engine, (x, y))| program(engine, x, y)).collect();
    crate::table::play(&mut engines);
    for outcome in outcomes {
        assert_eq!(outcome.take().unwrap(), [10, 37, 0, 0]);
    }
    assert_eq!(generators[0].advance().unwrap(), Progress::Finished);
}

#[test]
fn a_rehearsal_needs_parties_who_do_the_same() {
    assert_eq!(rehearse(1, |_| {}).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(rehearse(2, |_| {}).unwrap().correlations, []);
    let mut seen = 0;
    let refused = rehearse(2, |engine| {
        seen += 1;
        if seen == 1 {
            drop(program(engine, vec![0], vec![0]));
        }
    });
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::OutOfOrder);
}
