//! The engine: openings of independent protocols share a round, and messages that do not fit are refused without harm.

use std::cell::Cell;
use std::rc::Rc;

use cloakwork_core::mpc::correlation::{Correlation, Material};
use cloakwork_core::mpc::dealer::{Dealt, Preprocessing, Seed};
use cloakwork_core::mpc::engine::{Engine, Outcome, Outgoing, Progress};
use cloakwork_core::mpc::protocol;
use cloakwork_core::prg::Suite;
use cloakwork_core::{ErrorKind, Result};

use crate::table::{engines, play, share};

/// Every party begins so many products, each a protocol of its own.
fn begin(engines: &mut [Engine], products: u64) -> Vec<Vec<Outcome<Vec<u64>>>> {
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
    let short = refused(&mut engines[0], 1, &one[..one.len() - 1]);
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
    assert_eq!(refused(&mut engines[0], 1, &one).kind(), ErrorKind::OutOfOrder);
    assert!(outcomes[0][0].take().is_none());
}

#[test]
fn a_correlation_is_used_once() {
    let mut dealt = Dealt::seeded(Suite::Aes128Ctr, Seed::from_bytes(&[7; 32]));
    let wanted = Correlation::Products { count: 3 };
    assert!(dealt.draw(0, &wanted).unwrap().is_some());
    assert_eq!(dealt.draw(0, &wanted).unwrap_err().kind(), ErrorKind::OutOfOrder);
    assert_eq!(dealt.draw(2, &wanted).unwrap_err().bound(), Some(1));
}

/// Hands out what has come so far.
struct Late {
    inner: Dealt,
    come: Rc<Cell<u64>>,
}

impl Preprocessing for Late {
    fn draw(&mut self, number: u64, correlation: &Correlation) -> Result<Option<Material>> {
        if number < self.come.get() { self.inner.draw(number, correlation) } else { Ok(None) }
    }
}

#[test]
fn protocols_that_wait_for_randomness_get_it_in_order() {
    let come = Rc::new(Cell::new(0));
    let inner = Dealt::seeded(Suite::ChaCha20, Seed::from_bytes(&[5; 32]));
    let mut engine = Engine::new(0, 2, Box::new(Late { inner, come: Rc::clone(&come) })).unwrap();
    let outcomes: Vec<_> = (1..=3)
        .map(|count| {
            let party = engine.party();
            engine.spawn(async move { party.draw(Correlation::Squares { count }).await.is_ok() })
        })
        .collect();
    for number in 0..3 {
        assert_eq!(engine.advance(), Progress::Preprocessing);
        // What was asked for together is handed out together: in which order protocols go on does not depend on what came when.
        assert!(outcomes.iter().all(|outcome| outcome.take().is_none()));
        come.set(number + 1);
    }
    assert_eq!(engine.advance(), Progress::Finished);
    assert!(outcomes.iter().all(|outcome| outcome.take() == Some(true)));
}

#[test]
fn each_party_gets_what_is_meant_for_it() {
    let mut engines = engines(3, 0, 4);
    let outcomes: Vec<_> = engines
        .iter_mut()
        .map(|engine| {
            let party = engine.party();
            engine.spawn(async move {
                let own = party.index();
                let parts = (0..3).filter(|to| *to != own).map(|to| (to, vec![own as u8; to + 1])).collect();
                let expected = (0..3).map(|from| if from == own { 0 } else { own + 1 }).collect();
                party.exchange(Outgoing::Each(parts), expected).await
            })
        })
        .collect();
    play(&mut engines);
    for (own, outcome) in outcomes.iter().enumerate() {
        let expected: Vec<Vec<u8>> =
            (0..3u8).map(|from| if usize::from(from) == own { vec![] } else { vec![from; own + 1] }).collect();
        let found: Vec<Vec<u8>> = outcome.take().unwrap().iter().map(|part| part.to_vec()).collect();
        assert_eq!(found, expected);
    }
}
