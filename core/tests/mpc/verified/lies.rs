//! Whatever a party says that is not what it should say, the others notice it before an output is known, all of them, and none waits for ever.

use cloakwork_core::ErrorKind;
use cloakwork_core::kdf;
use cloakwork_core::mpc::engine::join;
use cloakwork_core::mpc::verified::{Receivers, Verified};

use super::table::{Given, HEAD, Messages, begin, plain, play};
use crate::random::Generator;

// Rounds of the program below.
const INPUT: usize = 0;
const PRODUCT: usize = 1;
const QUOTIENT: usize = 2;
const MATRIX: usize = 3;
const COIN_COMMITMENT: usize = 4;
const COIN: usize = 5;
const COMMITMENT: usize = 6;
const DIFFERENCE: usize = 7;
const OUTPUT: usize = 8;
const LAST_COIN: usize = 9;
const LAST_COMMITMENT: usize = 10;
const LAST_DIFFERENCE: usize = 11;
const LAST: usize = 12;

const X: u64 = 1 << 20;
const Y: u64 = 1 << 30;

/// An input of the first and of the last party, a product, a quotient, a matrix product; two outputs for all and one for the first party.
async fn program(mut verified: Verified, mut rng: Generator) -> Given {
    let (index, last) = (verified.party().index(), verified.party().parties() - 1);
    let x = verified.input(0, 1, (index == 0).then_some(&[X][..]));
    let y = verified.input(last, 1, (index == last).then_some(&[Y][..]));
    let (x, y) = join(x, y).await;
    let (x, y) = (verified.plus_public(&x?, &[2])?, verified.plus_public(&y?, &[1])?);
    let product = verified.product(&x, &y).await?;
    let quotient = verified.truncate(16, &product).await?;
    let matrix = verified.matrix_product(1, 1, 1, &quotient, &y).await?;
    let outputs = [(&product, Receivers::All), (&matrix, Receivers::All), (&quotient, Receivers::Only(&[0]))];
    plain(verified.output(&outputs, &mut rng).await)
}

/// What a lie leads to at the honest parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caught {
    /// Something does not belong to its MAC.
    All,
    /// Two parties have seen different things: it ends before differences are sent.
    Apart,
    /// The liar did not send what it had committed itself to.
    ByName,
    /// One honest party notices that, the first of them, and tells the others.
    ByOne,
}

/// Lets `liar` change what is said in a round, and plays to the end. The honest parties end with the error, and unless the lie was told with the outputs, one of them at least sends no share
/// of those, without which nobody learns them.
fn caught(parties: usize, liar: usize, expected: Caught, from: usize, mut change: impl FnMut(usize, &mut Messages)) {
    let told = format!("{parties} parties, {liar} lies in round {from}");
    let (mut engines, outcomes) = begin(parties, 0, program);
    let mut changed = false;
    let rounds = play(&mut engines, |round, messages| {
        let before = messages.clone();
        change(round, messages);
        changed |= before != *messages;
        assert!(round >= from || before == *messages, "{told}: earlier");
    });
    assert!(changed, "{told}: nothing was changed");
    assert_eq!(rounds.len(), LAST + 1, "{told}");
    let honest: Vec<usize> = (0..parties).filter(|party| *party != liar).collect();
    let found: Vec<(ErrorKind, Option<u64>)> = honest
        .iter()
        .map(|party| outcomes[*party].take().unwrap().expect_err(&told))
        .map(|error| (error.kind(), error.party()))
        .collect();
    let named = matches!(expected, Caught::ByName | Caught::ByOne).then_some(liar as u64);
    let seen = |found: &_| *found == (ErrorKind::NotAuthentic, named);
    let heard = |found: &_| *found == (ErrorKind::Stopped, Some(honest[0] as u64));
    let (first, others) = found.split_first().unwrap();
    let others_too = if expected == Caught::ByOne { others.iter().all(heard) } else { others.iter().all(seen) };
    assert!(seen(first) && others_too, "{told}: {found:?}");
    // Who has found something says so, and nothing else, for the rest of the rounds.
    let silent = if expected == Caught::ByOne { &honest[..1] } else { &honest[..] };
    let since = match (expected, from < OUTPUT) {
        (Caught::Apart, true) => COMMITMENT,
        (_, true) => OUTPUT,
        (Caught::Apart, false) => LAST_COMMITMENT,
        (_, false) => LAST,
    };
    for sent in &rounds[since..] {
        for party in silent {
            for (_, message) in sent[*party].iter().enumerate().filter(|(to, _)| to != party) {
                let (status, body) = message[HEAD..].split_first().unwrap();
                assert!(*status == 1 && body.iter().all(|byte| *byte == 0), "{told}: {party} went on");
            }
        }
    }
}

/// Every place of liars that matters: the party that adds what is public and is corrected, and others.
fn liars(parties: usize) -> Vec<usize> {
    if parties == 2 { vec![0, 1] } else { vec![0, 1, parties - 1] }
}

/// An honest party.
fn another(liar: usize) -> usize {
    usize::from(liar == 0)
}

fn add(message: &mut [u8], place: usize, difference: u128) {
    let bytes: &mut [u8; 16] = (&mut message[HEAD + place..][..16]).try_into().unwrap();
    *bytes = u128::from_le_bytes(*bytes).wrapping_add(difference).to_le_bytes();
}

/// The liar sends everybody a share that is wrong by so much, and goes on as if the sum were that of all that was sent.
fn shift(messages: &mut Messages, liar: usize, place: usize, difference: u128) {
    for (_, message) in messages[liar].iter_mut().enumerate().filter(|(to, _)| *to != liar) {
        add(message, place, difference);
    }
    add(&mut messages[another(liar)][liar], place, difference);
}

/// Changes a message of a party to all others, or to one.
fn change(messages: &mut Messages, liar: usize, to: Option<usize>, act: impl Fn(&mut [u8])) {
    for (_, message) in
        messages[liar].iter_mut().enumerate().filter(|(at, _)| *at != liar && to.is_none_or(|to| to == *at))
    {
        act(&mut message[HEAD..]);
    }
}

#[test]
fn nobody_lies() {
    for parties in [2, 3, 5] {
        let (mut engines, outcomes) = begin(parties, 0, program);
        let rounds = play(&mut engines, |_, _| {});
        assert_eq!(rounds.len(), LAST + 1);
        let (x, y) = (X + 2, Y + 1);
        let quotients = [(x * y) >> 16, ((x * y) >> 16) + 1];
        for (index, outcome) in outcomes.iter().enumerate() {
            let given = outcome.take().unwrap().unwrap();
            assert_eq!(given[0], Some(vec![x * y]));
            let matrix = given[1].as_ref().unwrap()[0];
            assert!(quotients.iter().any(|quotient| matrix == quotient.wrapping_mul(y)));
            assert_eq!(given[2].is_some(), index == 0);
            assert!(given[2].iter().all(|given| quotients.contains(&given[0])));
        }
    }
}

/// Shares of what is opened inside: both factors, the quotient, matrices; by one, and by the highest bit that counts.
#[test]
fn a_wrong_share_is_caught() {
    for parties in [2, 3, 5] {
        for liar in liars(parties) {
            for (told, place) in [(PRODUCT, 0), (PRODUCT, 16), (QUOTIENT, 0), (MATRIX, 0), (MATRIX, 16)] {
                for difference in [1, 1 << 63, u128::MAX, (1 << 63) + (1 << 127)] {
                    caught(parties, liar, Caught::All, told, |round, messages| {
                        if round == told {
                            shift(messages, liar, place, difference);
                        }
                    });
                }
            }
        }
    }
}

/// Lies that add up to nothing are lies all the same.
#[test]
fn lies_do_not_make_good_for_each_other() {
    for parties in [2, 3] {
        caught(parties, 1, Caught::All, PRODUCT, |round, messages| {
            if round == PRODUCT {
                shift(messages, 1, 0, 5);
                shift(messages, 1, 16, 5u128.wrapping_neg());
            }
        });
    }
}

#[test]
fn a_wrong_share_of_an_output_is_caught() {
    for parties in [2, 3, 5] {
        for liar in liars(parties) {
            for place in [0, 16, 32] {
                for difference in [1, 1 << 63] {
                    caught(parties, liar, Caught::All, OUTPUT, |round, messages| {
                        if round == OUTPUT {
                            shift(messages, liar, 1 + place, difference);
                        }
                    });
                }
            }
        }
    }
}

/// Somebody who tells one party something else than the others: a share, an output, an input.
#[test]
fn who_says_two_things_is_caught() {
    for parties in [3, 5] {
        for liar in liars(parties) {
            for (told, place) in [(PRODUCT, 0), (QUOTIENT, 0), (MATRIX, 16), (OUTPUT, 1), (OUTPUT, 33)] {
                for difference in [1, 1 << 64, 1 << 127] {
                    caught(parties, liar, Caught::Apart, told, |round, messages| {
                        if round == told {
                            add(&mut messages[liar][another(liar)], place, difference);
                        }
                    });
                }
            }
        }
        caught(parties, 0, Caught::Apart, INPUT, |round, messages| {
            if round == INPUT {
                change(messages, 0, Some(1), |body| body[0] ^= 1);
            }
        });
    }
}

/// Coins and differences that are not those that were committed to, and commitments that nobody can open.
#[test]
fn who_does_not_keep_to_a_commitment_is_named() {
    let rounds = [COIN_COMMITMENT, COIN, COMMITMENT, DIFFERENCE, LAST_COIN, LAST_COMMITMENT, LAST_DIFFERENCE];
    for parties in [2, 3, 5] {
        for liar in liars(parties) {
            for told in rounds {
                caught(parties, liar, Caught::ByName, told, |round, messages| {
                    if round == told {
                        change(messages, liar, None, |body| body[1] ^= 0x80);
                    }
                });
            }
        }
    }
}

/// Who says that it has seen something else ends the session too, as nobody can tell who is right.
#[test]
fn a_wrong_digest_is_caught() {
    for parties in [2, 3] {
        caught(parties, 1, Caught::Apart, COIN, |round, messages| {
            if round == COIN {
                change(messages, 1, None, |body| body[1 + 32] ^= 1);
            }
        });
    }
}

/// The commitment of a party in the first check.
fn commitment(label: &str, party: usize, content: &[u8]) -> [u8; 32] {
    kdf::hash(label, &[&0u64.to_le_bytes(), &(party as u64).to_le_bytes(), content])
}

/// A difference that was chosen at will, with its commitment, does not fit.
#[test]
fn a_chosen_difference_is_caught() {
    for parties in [2, 3, 5] {
        for liar in liars(parties) {
            let chosen = commitment("verified difference", liar, &[7; 48]);
            caught(parties, liar, Caught::All, COMMITMENT, |round, messages| match round {
                COMMITMENT => change(messages, liar, None, |body| body[1..].copy_from_slice(&chosen)),
                DIFFERENCE => change(messages, liar, None, |body| body[1..].fill(7)),
                _ => {}
            });
        }
    }
}

/// Another coin for one of several parties, each with its commitment.
#[test]
fn two_coins_are_caught() {
    let chosen = commitment("verified coin", 1, &[9; 32]);
    for parties in [3, 5] {
        caught(parties, 1, Caught::Apart, COIN_COMMITMENT, |round, messages| match round {
            COIN_COMMITMENT => change(messages, 1, Some(0), |body| body[1..].copy_from_slice(&chosen)),
            COIN => change(messages, 1, Some(0), |body| body[1..33].fill(9)),
            _ => {}
        });
    }
}

/// Who repeats another party's commitment, to repeat what that opens, is not taken for it.
#[test]
fn a_commitment_of_another_is_caught() {
    for parties in [2, 3] {
        caught(parties, 1, Caught::ByName, COMMITMENT, |round, messages| {
            if round == COMMITMENT || round == DIFFERENCE {
                let heard = messages[0][1].clone();
                change(messages, 1, None, |body| body.copy_from_slice(&heard[HEAD..]));
            }
        });
    }
}

/// What one party alone can see, it tells the others.
#[test]
fn one_witness_is_enough() {
    for parties in [3, 5] {
        for liar in liars(parties) {
            for told in [COMMITMENT, DIFFERENCE, LAST_COMMITMENT, LAST_DIFFERENCE] {
                caught(parties, liar, Caught::ByOne, told, |round, messages| {
                    if round == told {
                        change(messages, liar, Some(another(liar)), |body| body[1] ^= 1);
                    }
                });
            }
        }
    }
}

/// Every single bit that a party sends, to all or to one: the honest parties end with an error or with the right result. The latter happens only where the bit is one of the
/// upper half of an opened word, which does not count, and by the last byte for the party that did not get it.
#[test]
fn no_changed_bit_changes_a_result() {
    async fn short(mut verified: Verified, mut rng: Generator) -> Given {
        let own = (verified.party().index() == 1).then_some(&[3u64][..]);
        let x = verified.input(1, 1, own).await?;
        let square = verified.square(&x).await?;
        plain(verified.output(&[(&square, Receivers::All)], &mut rng).await)
    }
    const BODIES: [usize; 11] = [8, 16, 33, 65, 33, 49, 49, 65, 33, 49, 1];
    const SQUARE: usize = 1;
    const OUTPUT: usize = 6;
    let liar = 2;
    let (mut right, mut stopped) = (0, 0);
    // The liar gives no input, so it sends nothing in the first round.
    for (told, length) in BODIES.into_iter().enumerate().skip(1) {
        for bit in 0..8 * length {
            for to in [None, Some(1)] {
                let word = match told {
                    SQUARE => Some(bit),
                    OUTPUT if (8..8 + 128).contains(&bit) => Some(bit - 8),
                    _ => None,
                };
                let (mut engines, outcomes) = begin(3, 0, short);
                let rounds = play(&mut engines, |round, messages| {
                    assert_eq!(messages[1][0].len(), HEAD + BODIES[round]);
                    match word.filter(|_| to.is_none()) {
                        _ if round != told => {}
                        Some(bit) => shift(messages, liar, usize::from(told == OUTPUT), 1 << bit),
                        None => change(messages, liar, to, |body| body[bit / 8] ^= 1 << (bit % 8)),
                    }
                });
                assert_eq!(rounds.len(), BODIES.len());
                let found = [0, 1].map(|party: usize| outcomes[party].take().unwrap());
                if found.iter().any(Result::is_ok) {
                    let last = told == BODIES.len() - 1 && to.is_some() && found[1].is_err();
                    assert!(
                        last || (to.is_none() && word.is_some_and(|bit| bit >= 64)),
                        "round {told}, bit {bit}, {to:?}"
                    );
                    assert!(found.iter().flatten().all(|given| *given == [Some(vec![9])]));
                    right += 1;
                } else {
                    stopped += 1;
                }
            }
        }
    }
    assert!(right > 8 && stopped > 5000, "{right} {stopped}");
}
