//! The engine: openings of independent protocols share a round, and messages that do not fit are refused without harm.

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::correlation::Correlation;
use cloakwork_core::mpc::engine::{Engine, Progress};
use cloakwork_core::mpc::protocol;

use crate::table::{engines, play, share};

/// Every party begins so many products, each a protocol of its own.
fn begin(engines: &mut [Engine], products: u64) -> Vec<Vec<cloakwork_core::mpc::engine::Outcome<Vec<u64>>>> {
    let parties = engines.len();
    (0..products)
        .map(|number| {
            let (x, y) = (share(parties, &[number], number), share(parties, &[number + 7], !number));
            engines
                .iter_mut()
                .zip(x.into_iter().zip(y))
                .map(|(engine, (x, y))| {
                    let party = engine.party();
                    engine.spawn(async move {
                        let made = protocol::product(&party, &x, &y).await.unwrap();
                        protocol::open(&party, 64, &made).await
                    })
                })
                .collect()
        })
        .collect()
}

#[test]
fn independent_protocols_share_their_rounds() {
    let mut engines = engines(3, 1, 1);
    let outcomes = begin(&mut engines, 50);
    let rounds = play(&mut engines);
    assert_eq!(rounds.len(), 2);
    assert_eq!(engines[0].cost().bytes, 50 * (16 + 8));
    for (number, outcomes) in (0u64..).zip(outcomes) {
        for outcome in outcomes {
            assert_eq!(outcome.take().unwrap(), [number * (number + 7)]);
        }
    }
}

#[test]
fn messages_that_do_not_fit_are_refused() {
    let mut engines = engines(3, 2, 2);
    let outcomes = begin(&mut engines, 2);
    let refused = |engine: &mut Engine, from: usize, message: &[u8]| engine.receive(from, message).unwrap_err();
    let message = [0; 8];
    assert_eq!(refused(&mut engines[0], 1, &message).kind(), ErrorKind::OutOfOrder);
    for engine in &mut engines {
        assert_eq!(engine.advance(), Progress::Exchange);
    }
    let (one, two) = (engines[1].message(0), engines[2].message(0));
    assert_eq!(refused(&mut engines[0], 0, &one).kind(), ErrorKind::UnknownParty);
    assert_eq!(refused(&mut engines[0], 3, &one).kind(), ErrorKind::UnknownParty);
    let short = refused(&mut engines[0], 1, &one[1..]);
    assert_eq!((short.kind(), short.bound(), short.party()), (ErrorKind::Malformed, Some(one.len() as u64), Some(1)));
    let mut of_another_round = one.clone();
    of_another_round[0] = 1;
    let late = refused(&mut engines[0], 1, &of_another_round);
    assert_eq!((late.kind(), late.bound()), (ErrorKind::OutOfOrder, Some(0)));
    engines[0].receive(1, &one).unwrap();
    assert_eq!(refused(&mut engines[0], 1, &one).kind(), ErrorKind::Duplicate);
    engines[0].receive(2, &two).unwrap();
    // A replay of the round that has ended.
    assert_eq!(engines[0].advance(), Progress::Exchange);
    assert_eq!(refused(&mut engines[0], 1, &one).kind(), ErrorKind::Malformed);
    assert!(outcomes[0][0].take().is_none());
}

#[test]
fn a_correlation_is_used_once() {
    use cloakwork_core::mpc::dealer::{Dealt, Preprocessing, Seed};
    use cloakwork_core::prg::Suite;
    let mut dealt = Dealt::seeded(Suite::Aes128Ctr, Seed::from_bytes(&[7; 32]));
    let wanted = Correlation::Products { count: 3 };
    assert!(dealt.draw(0, &wanted).unwrap().is_some());
    assert_eq!(dealt.draw(0, &wanted).unwrap_err().kind(), ErrorKind::OutOfOrder);
    assert_eq!(dealt.draw(2, &wanted).unwrap_err().bound(), Some(1));
}
