//! Inputs of parties and of clients, and outputs to some of them.

use std::rc::Rc;

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::dealer::Seed;
use cloakwork_core::mpc::engine::{Engine, Outcome, Party};
use cloakwork_core::mpc::pairwise::Pairwise;
use cloakwork_core::mpc::protocol;
use cloakwork_core::prg::Suite;
use cloakwork_core::ring::Bits;
use cloakwork_core::sharing::additive::{ShareSeed, Sharing};

use crate::random::Generator;
use crate::table::{engines, play, share};

/// Runs a protocol at every party.
fn at_all<T: 'static, F: Future<Output = T> + 'static>(
    engines: &mut [Engine],
    protocol: impl Fn(Party) -> F,
) -> Vec<Outcome<T>> {
    engines.iter_mut().map(|engine| engine.spawn(protocol(engine.party()))).collect()
}

fn agreed(engines: &mut [Engine], suite: Suite) -> Vec<Rc<Pairwise>> {
    let outcomes = at_all(engines, |party| async move {
        let mut rng = Generator::new(&format!("seeds of {}", party.index()));
        Rc::new(Pairwise::agree(&party, suite, &mut rng).await.unwrap())
    });
    play(engines);
    outcomes.iter().map(|outcome| outcome.take().unwrap()).collect()
}

#[test]
fn parties_give_numbers_without_a_message() {
    for parties in [2, 3, 5] {
        for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
            let mut engines = engines(parties, 0, 3);
            let pairwise = agreed(&mut engines, suite);
            assert_eq!((engines[0].cost().rounds, engines[0].cost().bytes), (1, 32));
            for owner in (0..parties).chain([0]) {
                let values = [1, u64::MAX, 1 << 63, 12345];
                let shares: Vec<_> = pairwise
                    .iter()
                    .enumerate()
                    .map(|(index, one)| one.input(owner, 4, (index == owner).then_some(&values[..])).unwrap())
                    .collect();
                let sums: Vec<u64> =
                    (0..4).map(|at| shares.iter().fold(0u64, |sum, share| sum.wrapping_add(share[at]))).collect();
                assert_eq!(sums, values);
                // No share is the value, or that of another input.
                assert!(shares.iter().all(|share| share[..] != values));
                let again: Vec<_> = pairwise
                    .iter()
                    .enumerate()
                    .map(|(index, one)| one.input(owner, 4, (index == owner).then_some(&values[..])).unwrap())
                    .collect();
                assert!(shares.iter().zip(&again).all(|(one, other)| one[..] != other[..]));
            }
            assert_eq!(engines[0].cost().rounds, 1);
        }
    }
}

#[test]
fn some_parties_learn_an_output() {
    let values: Vec<u64> = (0..10).map(|word: u64| word.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    for parties in [2, 3, 5] {
        for receivers in [vec![], vec![0], vec![parties - 1], vec![0, 1], (0..parties).collect::<Vec<_>>()] {
            let mut engines = engines(parties, 0, 3);
            let pairwise = agreed(&mut engines, Suite::ChaCha20);
            let before = engines[0].cost();
            let shares = share(parties, &values, 9);
            let outcomes = at_all(&mut engines, |party| {
                let (pairwise, own) = (Rc::clone(&pairwise[party.index()]), shares[party.index()].clone());
                let receivers = receivers.clone();
                async move { protocol::output(&party, &pairwise, &receivers, &own).await.unwrap() }
            });
            let rounds = play(&mut engines);
            assert_eq!(rounds.len(), 1);
            let mut received = vec![vec![0u64; values.len()]; parties];
            for (from, sent) in rounds[0].iter().enumerate() {
                for (to, message) in sent.iter().enumerate() {
                    let words: Vec<u64> =
                        message[8..].chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect();
                    if from == to || !receivers.contains(&to) {
                        assert!(from == to || words.is_empty());
                        continue;
                    }
                    // Fresh shares: none is one of those that went in.
                    assert!(words.iter().zip(&shares[from]).all(|(sent, own)| sent != own));
                    received[to].iter_mut().zip(&words).for_each(|(sum, word)| *sum = sum.wrapping_add(*word));
                }
            }
            for (index, outcome) in outcomes.iter().enumerate() {
                let found = outcome.take().unwrap().map(|found| found.to_vec());
                assert_eq!(found, receivers.contains(&index).then(|| values.clone()));
            }
            let sends = if receivers.iter().any(|to| *to != 0) { 80 } else { 0 };
            assert_eq!(engines[0].cost().bytes - before.bytes, sends);
        }
    }
}

/// A client shares with 32 bytes to all parties but one, and adds up what they send back.
#[test]
fn clients_give_and_get_shares() {
    let values = [7, u64::MAX - 7, 1 << 40];
    let mut rng = Generator::new("client");
    let sharing = Sharing::new(Suite::ChaCha20, Bits::new(64).unwrap(), values.len() as u64).unwrap();
    for parties in [2, 3, 5] {
        let mut engines = engines(parties, 1, 4);
        let pairwise = agreed(&mut engines, Suite::ChaCha20);
        let seeds: Vec<ShareSeed> = (1..parties).map(|_| ShareSeed::generate(&mut rng).unwrap()).collect();
        let keys: Vec<_> = seeds.iter().map(|seed| sharing.stream_key(seed)).collect();
        let mut shares = vec![vec![0u64; values.len()]; parties];
        shares[0].copy_from_slice(&values);
        sharing.split(&keys, 0, &mut shares[0]).unwrap();
        for (key, share) in keys.iter().zip(&mut shares[1..]) {
            sharing.accumulate(key, 0, share).unwrap();
        }
        let outcomes = at_all(&mut engines, |party| {
            let (pairwise, own) = (Rc::clone(&pairwise[party.index()]), shares[party.index()].clone());
            async move {
                let squared = protocol::square(&party, &own).await.unwrap();
                pairwise.rerandomized(&squared).unwrap()
            }
        });
        play(&mut engines);
        let mut sum = vec![0u64; values.len()];
        for outcome in &outcomes {
            let share = outcome.take().unwrap();
            sum.iter_mut().zip(share.iter()).for_each(|(sum, share)| *sum = sum.wrapping_add(*share));
        }
        assert_eq!(sum, values.map(|value: u64| value.wrapping_mul(value)));
    }
}

/// Shares of zero: of 64,000 bits of one party's, taken with 3 parties, ones are half to within 6.1 standard deviations, which fails once in 10^9
/// seeds.
#[test]
fn zeros_are_shared_uniformly() {
    let mut engines = engines(3, 0, 5);
    let pairwise = agreed(&mut engines, Suite::ChaCha20);
    let zeros: Vec<_> = pairwise.iter().map(|one| one.rerandomized(&[0; 1000]).unwrap()).collect();
    for place in 0..1000 {
        assert_eq!(zeros.iter().fold(0u64, |sum, share| sum.wrapping_add(share[place])), 0);
    }
    for share in &zeros {
        let ones: u32 = share.iter().map(|word| word.count_ones()).sum();
        assert!((f64::from(ones) - 32_000.0).abs() < 6.1 * 64_000f64.sqrt() / 2.0, "{ones}");
    }
}

#[test]
fn wrong_owners_and_receivers_are_refused() {
    let seeds = |count| (0..count).map(|byte| Seed::from_bytes(&[byte; 32])).collect::<Vec<_>>();
    for (index, count) in [(0, 1), (2, 2)] {
        let error = Pairwise::new(Suite::ChaCha20, index, seeds(count)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    let own = Pairwise::new(Suite::ChaCha20, 0, seeds(3)).unwrap();
    assert_eq!(format!("{own:?}"), "Pairwise(0 of 3)");
    let kind = |owner, count, values: Option<&[u64]>| own.input(owner, count, values).unwrap_err().kind();
    assert_eq!(kind(3, 1, None), ErrorKind::InvalidArgument);
    assert_eq!(kind(0, 1, None), ErrorKind::InvalidArgument);
    assert_eq!(kind(1, 1, Some(&[1])), ErrorKind::InvalidArgument);
    assert_eq!(kind(0, 1, Some(&[1, 2])), ErrorKind::InvalidLength);
    let own = Rc::new(own);
    let mut engines = engines(3, 0, 5);
    for receivers in [vec![3], vec![1, 0], vec![1, 1]] {
        let (party, own) = (engines[0].party(), Rc::clone(&own));
        let outcome = engines[0].spawn(async move { protocol::output(&party, &own, &receivers, &[1]).await });
        let _ = engines[0].advance();
        assert_eq!(outcome.take().unwrap().unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}
