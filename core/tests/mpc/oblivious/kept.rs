//! Base transfers that are kept for many sessions.

use std::collections::BTreeSet;

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::correlation::Correlation;
use cloakwork_core::mpc::dealer::Preprocessing;
use cloakwork_core::mpc::engine::Progress;
use cloakwork_core::mpc::oblivious::{BaseExchange, BaseTransfers, Generator};
use cloakwork_core::prg::Suite;

use crate::random::{Generator as Random, Stuck};

fn rng(name: &str) -> Random {
    Random::new(name)
}

/// Both sides of a pair.
fn pair(name: u8) -> [BaseTransfers; 2] {
    let mut sides =
        [0, 1].map(|side| BaseExchange::new(&[name; 32], side, &mut rng(&format!("{name} {side}"))).unwrap());
    while !sides[0].message().is_empty() {
        let messages = sides.each_ref().map(|side| side.message().to_vec());
        sides[0].receive(&messages[1]).unwrap();
        sides[1].receive(&messages[0]).unwrap();
    }
    sides.map(|side| side.finish().unwrap())
}

/// What party i keeps with party j is `kept[i][j]`.
fn mesh(parties: usize) -> Vec<Vec<Option<BaseTransfers>>> {
    let mut kept: Vec<Vec<Option<BaseTransfers>>> =
        (0..parties).map(|_| (0..parties).map(|_| None).collect()).collect();
    let pairs = (0..parties).flat_map(|low| (low + 1..parties).map(move |high| (low, high)));
    for (low, high) in pairs {
        let [one, other] = pair(u8::try_from(16 * low + high).unwrap());
        (kept[low][high], kept[high][low]) = (Some(one), Some(other));
    }
    kept
}

fn session(kept: &mut [Vec<Option<BaseTransfers>>], number: u8, suite: Suite) -> Vec<Generator> {
    let party = |(index, kept): (usize, &mut Vec<Option<BaseTransfers>>)| {
        let mut kept: Vec<Option<&mut BaseTransfers>> = kept.iter_mut().map(Option::as_mut).collect();
        let rng = &mut rng(&format!("session {index}"));
        Generator::with_base_transfers(suite, &[number; 32], index, &mut kept, 0, rng).unwrap()
    };
    kept.iter_mut().enumerate().map(party).collect()
}

/// Products by all generators: the bytes that were sent, and whether c = a b.
fn products(generators: &mut [Generator]) -> Vec<Vec<u8>> {
    let wanted = Correlation::Products { count: 64 };
    let mut sources: Vec<_> = generators.iter_mut().map(|generator| generator.begin(&[wanted]).unwrap()).collect();
    let mut sent = Vec::new();
    loop {
        let progress: Vec<Progress> = generators.iter_mut().map(|generator| generator.advance().unwrap()).collect();
        if progress[0] == Progress::Finished {
            break;
        }
        let parties = generators.len();
        let pairs =
            (0..parties).flat_map(|from| (0..parties).map(move |to| (from, to))).filter(|(from, to)| from != to);
        let messages: Vec<_> = pairs.map(|(from, to)| (from, to, generators[from].message(to))).collect();
        for (from, to, message) in messages {
            generators[to].receive(from, &message).unwrap();
            sent.push(message);
        }
    }
    let mut sums = [[0u64; 64]; 3];
    for source in &mut sources {
        let made = source.draw(0, &wanted).unwrap().unwrap();
        for (sums, words) in sums.iter_mut().zip([made.words(0, 64), made.words(64, 64), made.dependent_words(0, 64)]) {
            for (sum, word) in sums.iter_mut().zip(words) {
                *sum = sum.wrapping_add(*word);
            }
        }
    }
    let [a, b, c] = sums;
    assert!(a.iter().zip(b).zip(c).all(|((a, b), c)| a.wrapping_mul(b) == c));
    sent
}

#[test]
fn many_sessions_from_one_base() {
    for parties in [2, 3, 5] {
        let mut kept = mesh(parties);
        for (number, suite) in [(1, Suite::Aes128Ctr), (2, Suite::ChaCha20), (3, Suite::Aes128Ctr)] {
            let mut generators = session(&mut kept, number, suite);
            assert!(!products(&mut generators).is_empty());
            // Rounds of one kind of correlation, and none before.
            assert!(generators.iter().all(|generator| generator.cost().rounds == 2));
        }
        assert_eq!(kept[0][1].as_ref().unwrap().sessions(), 3);
    }
}

#[test]
fn sessions_at_a_time_have_streams_of_their_own() {
    let mut kept = mesh(2);
    let (mut one, mut other) = (session(&mut kept, 1, Suite::Aes128Ctr), session(&mut kept, 2, Suite::Aes128Ctr));
    let sent = [products(&mut one), products(&mut other)];
    assert_eq!(sent[0].len(), sent[1].len());
    // Words of what is sent after the number of the round: with equal choices (both sessions draw the same), only other streams make them differ.
    let words = |sent: &[Vec<u8>]| -> BTreeSet<[u8; 8]> {
        sent.iter().flat_map(|message| message[8..].as_chunks::<8>().0.to_vec()).collect()
    };
    assert!(words(&sent[0]).is_disjoint(&words(&sent[1])));
    // The same session from the same base sends the same: nothing else is random here.
    let mut again = mesh(2);
    assert_eq!(products(&mut session(&mut again, 1, Suite::Aes128Ctr)), sent[0]);
}

#[test]
fn a_session_is_served_once() {
    let mut kept = mesh(2);
    session(&mut kept, 1, Suite::Aes128Ctr);
    let refused = |own: &mut [Option<&mut BaseTransfers>], number: u8| {
        let error =
            Generator::with_base_transfers(Suite::Aes128Ctr, &[number; 32], 0, own, 0, &mut rng("x")).unwrap_err();
        (error.kind(), error.party())
    };
    let [own, _] = &mut kept[..] else { panic!("two parties") };
    let base = own[1].as_mut().unwrap();
    assert_eq!(refused(&mut [None, Some(&mut *base)], 1), (ErrorKind::Duplicate, Some(1)));
    assert_eq!(refused(&mut [None, None], 2), (ErrorKind::InvalidArgument, Some(1)));
    assert_eq!(base.sessions(), 1);
    // A refusal for one pair uses up none of another.
    let [mut third, _] = pair(99);
    assert_eq!(refused(&mut [None, Some(&mut third), Some(&mut *base)], 1), (ErrorKind::Duplicate, Some(2)));
    assert_eq!(third.sessions(), 0);
}

#[test]
fn both_sides_have_one_name_for_it() {
    let [one, other] = pair(7);
    assert_eq!(one.id(), other.id());
    assert_ne!(one.id(), pair(8)[0].id());
}

#[test]
fn messages_of_base_transfers_that_are_refused() {
    let begin = |side| BaseExchange::new(&[1; 32], side, &mut rng(&format!("side {side}"))).unwrap();
    let (mut one, mut other) = (begin(0), begin(1));
    let kind = |exchange: &mut BaseExchange, message: &[u8]| exchange.receive(message).unwrap_err().kind();
    let (first, good) = (one.message().to_vec(), other.message().to_vec());
    assert_eq!(kind(&mut one, &good[1..]), ErrorKind::Malformed);
    assert_eq!(kind(&mut one, &[]), ErrorKind::Malformed);
    assert_eq!(kind(&mut one, &first), ErrorKind::RepeatedKey);
    for (at, byte, expected) in
        [(8192, 0, ErrorKind::LowOrderKey), (8192, 0xff, ErrorKind::NonCanonical), (0, 0xff, ErrorKind::NonCanonical)]
    {
        let mut bad = good.clone();
        bad[at..at + 32].fill(byte);
        assert_eq!(kind(&mut one, &bad), expected);
    }
    assert_eq!(one.message(), first);
    one.receive(&good).unwrap();
    other.receive(&first).unwrap();
    let second = other.message().to_vec();
    assert_eq!(kind(&mut one, &second[1..]), ErrorKind::Malformed);
    assert_eq!(begin(0).finish().unwrap_err().kind(), ErrorKind::OutOfOrder);
    one.receive(&second).unwrap();
    assert_eq!(kind(&mut one, &second), ErrorKind::OutOfOrder);
    one.finish().unwrap();
    assert_eq!(BaseExchange::new(&[1; 32], 2, &mut rng("x")).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(BaseExchange::new(&[1; 32], 0, &mut Stuck(1)).unwrap_err().kind(), ErrorKind::Randomness);
}
