//! Nothing shows but outputs: chi-squared over bytes that are opened, and types that do not show what they hold.
//!
//! A round fails where 255 degrees of freedom give more than 447.6, once in 10^12 times.

use std::fmt::Debug;

use cloakwork_core::mpc::verified::{Preprocessing, Receivers};
use cloakwork_core::prg::Suite;

use super::table::{begin, play, sources};

const COUNT: usize = 1024;

fn chi_squared(bytes: impl Iterator<Item = u8>) -> f64 {
    let mut counts = [0u32; 256];
    bytes.for_each(|byte| counts[usize::from(byte)] += 1);
    let expected = f64::from(counts.iter().sum::<u32>()) / 256.0;
    counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
}

/// The words that were opened in a round from a place of all messages.
fn opened(round: &[Vec<Vec<u8>>], start: usize, count: usize) -> Vec<u128> {
    (0..count)
        .map(|place| {
            round.iter().enumerate().fold(0u128, |sum, (from, sent)| {
                let bytes = &sent[(from + 1) % round.len()][8 + start + 16 * place..][..16];
                sum.wrapping_add(u128::from_le_bytes(bytes.try_into().unwrap()))
            })
        })
        .collect()
}

/// Constants go in; factors, quotients, and outputs for one party look uniform, all 128 bits of them, and the upper half of what is opened for all.
#[test]
fn openings_are_uniform() {
    let (mut engines, outcomes) = begin(3, 2, |mut verified, mut rng| async move {
        let x = verified.public(&[1 << 16; COUNT]);
        let product = verified.product(&x, &x).await.unwrap();
        let quotient = verified.truncate(16, &product).await.unwrap();
        let square = verified.square(&quotient).await.unwrap();
        let outputs = [(&square, Receivers::All), (&square, Receivers::Only(&[1]))];
        verified.output(&outputs, &mut rng).await.unwrap();
    });
    let rounds = play(&mut engines, |_, _| {});
    assert!(outcomes.iter().all(|outcome| outcome.take().is_some()));
    let mut all = vec![opened(&rounds[0], 0, 2 * COUNT), opened(&rounds[1], 0, COUNT), opened(&rounds[2], 0, COUNT)];
    let outputs = opened(&rounds[7], 1, 2 * COUNT);
    all.push(outputs[COUNT..].to_vec());
    for words in all {
        for byte in 0..16 {
            assert!(chi_squared(words.iter().map(|word| word.to_le_bytes()[byte])) < 447.6);
        }
    }
    for byte in 8..16 {
        assert!(chi_squared(outputs[..COUNT].iter().map(|word| word.to_le_bytes()[byte])) < 447.6);
    }
    // The lower half is the output, give or take what the quotient was rounded by.
    let squares: [u128; 2] = [1 << 32, ((1 << 16) + 1) * ((1 << 16) + 1)];
    assert!(outputs[..COUNT].iter().all(|word| squares.contains(&(word & u128::from(u64::MAX)))));
    // No share that was sent says anything either.
    for from in 0..3 {
        let sent = &rounds[7][from][(from + 1) % 3][9..][..16 * COUNT];
        assert!(chi_squared(sent.iter().copied()) < 447.6);
    }
}

#[test]
fn debug_shows_names_only() {
    fn check(secret: &dyn Debug, name: &str) {
        assert_eq!(format!("{secret:?}"), format!("{name}(..)"));
    }
    let source = sources(Suite::ChaCha20, 2, 0).pop().unwrap();
    check(&source, "Dealt");
    check(&source.key(), "MacKey");
    let (mut engines, outcomes) = begin(2, 0, |verified, _| async move { verified.public(&[7]) });
    play(&mut engines, |_, _| {});
    check(&outcomes[0].take().unwrap(), "Authenticated");
}
