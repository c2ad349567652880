//! What is opened is uniform whatever the inputs: chi-squared over the bytes of each round.
//!
//! The exclusive or of all parties' messages of a round is, bit for bit, what was opened of packed bits, and in its lowest bit what was opened of a word. If a mask were missing, so that the
//! shares of a word added up to a constant, its lowest bits would be constant as well. A round of at least 2,560 bytes fails where 255 degrees of freedom give more than
//! 447.6, which happens once in 10^12 times; there are fewer than 1,000 rounds.

use std::future::Future;

use cloakwork_core::Result;
use cloakwork_core::mpc::correlation::Words;
use cloakwork_core::mpc::engine::Party;
use cloakwork_core::mpc::permutation::Permutation;
use cloakwork_core::mpc::protocol::{self, Format, Rounding};

use crate::random::Generator;
use crate::table::{Numbers, engines, play, share};

const COUNT: usize = 1024;

/// Chi-squared of each round that is long enough.
fn statistics<F>(seed: u64, x: &[u64], protocol: impl Fn(Party, Vec<u64>) -> F) -> Vec<f64>
where
    F: Future<Output = Result<Words>> + 'static,
{
    let parties = 3;
    let mut engines = engines(parties, 0, seed);
    let shares = share(parties, x, seed);
    let outcomes: Vec<_> = engines
        .iter_mut()
        .zip(shares)
        .map(|(engine, own)| {
            let protocol = protocol(engine.party(), own);
            engine.spawn(protocol)
        })
        .collect();
    let rounds = play(&mut engines);
    assert!(outcomes.iter().all(|outcome| outcome.take().unwrap().is_ok()));
    rounds
        .iter()
        .map(|messages| {
            let mut opened = messages[0][1][8..].to_vec();
            for (from, sent) in messages.iter().enumerate().skip(1) {
                let to = (from + 1) % parties;
                opened.iter_mut().zip(&sent[to][8..]).for_each(|(sum, byte)| *sum ^= byte);
            }
            opened
        })
        .filter(|opened| opened.len() >= 2560)
        .map(|opened| {
            let mut counts = [0u32; 256];
            opened.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
            let expected = opened.len() as f64 / 256.0;
            counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
        })
        .collect()
}

/// Two vectors of numbers, one of them constant, through every kind of protocol.
#[test]
fn openings_are_uniform() {
    let mut numbers = Numbers(8);
    let inputs: [Vec<u64>; 2] = [vec![1 << 16; COUNT], (0..COUNT).map(|_| (numbers.next() >> 46) + 1).collect()];
    let mut tested = 0;
    for (x, seed) in inputs.iter().zip(100..) {
        for rounding in [Rounding::Dithered, Rounding::Nearest] {
            let format = Format::new(16, 32, rounding).unwrap();
            let mut all = statistics(seed, x, |party, x| async move { protocol::sigmoid(&party, &format, &x).await });
            all.extend(statistics(seed, x, |party, x| async move { protocol::exponential(&party, &format, &x).await }));
            all.extend(statistics(seed, x, |party, x| async move {
                protocol::divide_signed(&party, &format, &x, &x).await
            }));
            all.extend(statistics(seed, x, |party, x| async move { protocol::logarithm(&party, &format, &x).await }));
            all.extend(statistics(seed, x, |party, x| async move { protocol::square_root(&party, &format, &x).await }));
            tested += all.len();
            assert!(all.iter().all(|statistic| *statistic < 447.6), "{all:?}");
        }
        let mut all = statistics(seed, x, |party, x| async move {
            protocol::place_of_greatest(&party, 8, &x).await.map(|(_, places)| places)
        });
        all.extend(statistics(seed, x, |party, x| async move { protocol::sort(&party, 2, &x).await }));
        all.extend(statistics(seed, x, |party, x| async move { protocol::is_less(&party, &x, &x).await }));
        all.extend(statistics(seed, x, |party, x| async move {
            let own = Permutation::random(COUNT, &mut Generator::new("openings"))?;
            protocol::shuffle(&party, 1, &x, &own).await
        }));
        tested += all.len();
        assert!(all.iter().all(|statistic| *statistic < 447.6), "{all:?}");
    }
    assert!((300..1000).contains(&tested), "{tested}");
}

/// Shares that nothing hides are found.
#[test]
fn a_missing_mask_is_found() {
    let found =
        statistics(1, &[1 << 16; COUNT], |party, x| async move { Ok(protocol::open(&party, 64, &x).await.into()) });
    assert_eq!(found.len(), 1);
    assert!(found[0] > 447.6, "{found:?}");
}
