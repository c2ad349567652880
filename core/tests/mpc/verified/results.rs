//! Results are those of integers and of the protocols without checks, and cost what is stated.

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::dealer::Seed;
use cloakwork_core::mpc::engine::{Cost, join, join_all};
use cloakwork_core::mpc::protocol::{self, Rounding};
use cloakwork_core::mpc::verified::{self, Authenticated, Correlation, Dealt, Preprocessing, Receivers, Verified};
use cloakwork_core::prg::Suite;

use super::table::{Given, begin, plain, play, run, sources};
use crate::random::{Generator, Stuck, Tape};
use crate::table::{self, Numbers};

const PARTIES: [usize; 3] = [2, 3, 5];

fn numbers(count: usize, seed: u64) -> Vec<u64> {
    let mut numbers = Numbers(seed);
    let mut out: Vec<u64> = (0..count).map(|_| numbers.next()).collect();
    for (out, edge) in out.iter_mut().zip([0, 1, u64::MAX, 1 << 63, 1 << 32]) {
        *out = edge;
    }
    out
}

/// The input of a party: it alone gives the numbers.
async fn input(verified: &Verified, owner: usize, numbers: &[u64]) -> Authenticated {
    let own = (verified.party().index() == owner).then_some(numbers);
    verified.input(owner, numbers.len(), own).await.unwrap()
}

fn zip(x: &[u64], y: &[u64], combine: impl Fn(u64, u64) -> u64) -> Vec<u64> {
    x.iter().zip(y).map(|(x, y)| combine(*x, *y)).collect()
}

/// Every operation once, each with outputs to all.
async fn everything(mut verified: Verified, mut rng: Generator) -> Given {
    let (x, y) = (numbers(12, 1), numbers(12, 2));
    let last = verified.party().parties() - 1;
    let (x, y) = join(input(&verified, 0, &x), input(&verified, last, &y)).await;
    let (product, square) = join(verified.product(&x, &y), verified.square(&x)).await;
    let (product, square) = (product.unwrap(), square.unwrap());
    let matrix = verified.matrix_product(3, 4, 3, &x, &y).await.unwrap();
    let shifted = verified.plus_public(&product, &numbers(12, 3)).unwrap();
    let scaled = x.times_public(&numbers(12, 4)).unwrap();
    let difference = x.minus(&y).unwrap().plus(&verified.public(&numbers(12, 5))).unwrap();
    let part = x.part(3, 4).unwrap();
    let sum = product.sum();
    let made = [&product, &square, &matrix, &shifted, &scaled, &difference, &part, &sum];
    plain(verified.output(&made.map(|value| (value, Receivers::All)), &mut rng).await)
}

#[test]
fn results_are_those_of_integers() {
    let (x, y) = (numbers(12, 1), numbers(12, 2));
    let product = zip(&x, &y, u64::wrapping_mul);
    let matrix: Vec<u64> = (0..9)
        .map(|place| {
            let (row, column) = (place / 3, place % 3);
            (0..4).fold(0u64, |sum, at| sum.wrapping_add(x[row * 4 + at].wrapping_mul(y[at * 3 + column])))
        })
        .collect();
    let difference = zip(&zip(&x, &y, u64::wrapping_sub), &numbers(12, 5), u64::wrapping_add);
    let expected = [
        product.clone(),
        zip(&x, &x, u64::wrapping_mul),
        matrix,
        zip(&product, &numbers(12, 3), u64::wrapping_add),
        zip(&x, &numbers(12, 4), u64::wrapping_mul),
        difference,
        x[3..7].to_vec(),
        vec![product.iter().fold(0, |sum, x| sum.wrapping_add(*x))],
    ];
    let expected = expected.map(Some).to_vec();
    for parties in PARTIES {
        for corrected in 0..parties {
            let (mut engines, outcomes) = begin(parties, corrected, everything);
            play(&mut engines, |_, _| {});
            assert!(outcomes.iter().all(|outcome| outcome.take().unwrap().unwrap() == expected));
        }
    }
}

#[test]
fn products_are_those_without_checks() {
    let (x, y) = (numbers(64, 6), numbers(64, 7));
    for parties in PARTIES {
        let (unverified, _) = table::run(parties, &[&x, &y], |party, shares| async move {
            protocol::product(&party, &shares[0], &shares[1]).await
        });
        let found = run(parties, |mut verified, mut rng| async move {
            let (x, y) = (input(&verified, 0, &numbers(64, 6)).await, input(&verified, 0, &numbers(64, 7)).await);
            let product = verified.product(&x, &y).await.unwrap();
            plain(verified.output(&[(&product, Receivers::All)], &mut rng).await).unwrap()
        });
        assert!(found.iter().all(|found| *found == [Some(unverified.clone())]));
    }
}

/// Of every magnitude up to 2^62, and the extremes.
fn quotients() -> Vec<u64> {
    let mut numbers = Numbers(8);
    let edge = 1i64 << 62;
    let mut out = vec![0, 1, -1, 255, -256, edge - 1, 1 - edge];
    out.extend((0..249).map(|place| (numbers.next() as i64) >> (2 + place % 62)));
    out.into_iter().map(|value| value as u64).collect()
}

#[test]
fn quotients_are_rounded_down_or_up() {
    let x = quotients();
    for fraction in [1, 8, 16, 30, 62] {
        for parties in PARTIES {
            let found = run(parties, move |mut verified, mut rng| async move {
                let x = input(&verified, 1, &quotients()).await;
                let quotient = verified.truncate(fraction, &x).await.unwrap();
                let same = verified.truncate(0, &quotient).await.unwrap();
                plain(verified.output(&[(&quotient, Receivers::All), (&same, Receivers::All)], &mut rng).await).unwrap()
            });
            let quotient = found[0][0].as_ref().unwrap();
            let (unverified, _) = table::run(parties, &[&x], |party, shares| async move {
                protocol::truncate(&party, fraction, Rounding::Dithered, &shares[0]).await
            });
            for (x, (found, unverified)) in x.iter().zip(quotient.iter().zip(&unverified)) {
                let down = (*x as i64) >> fraction;
                assert!([0, 1].contains(&(*found as i64 - down)), "{} / 2^{fraction}", *x as i64);
                assert!([0, 1].contains(&(*unverified as i64 - down)));
            }
            assert!(found.iter().all(|found| found[0] == found[1] && found == &vec![Some(quotient.clone()); 2]));
        }
    }
}

/// The rounding is that of section 5 for the dither that was opened, and both outcomes occur.
#[test]
fn quotients_follow_the_public_dither() {
    let (mut engines, outcomes) = begin(3, 0, |mut verified, mut rng| async move {
        let x = input(&verified, 1, &quotients()).await;
        let quotient = verified.truncate(8, &x).await.unwrap();
        plain(verified.output(&[(&quotient, Receivers::All)], &mut rng).await).unwrap()
    });
    let rounds = play(&mut engines, |_, _| {});
    let found = outcomes[0].take().unwrap()[0].clone().unwrap();
    let mut up = 0;
    for (place, (x, found)) in quotients().into_iter().zip(found).enumerate() {
        let share = |from: usize| &rounds[1][from][(from + 1) % 3][8 + 16 * place..][..16];
        let low = |from| u64::from(share(from)[0]);
        let dither = (low(0) + low(1) + low(2)) % 256;
        let (x, found) = (i128::from(x as i64), i128::from(found as i64));
        // ceil((x - t) / 2^8)
        assert_eq!(found, (x - i128::from(dither) + 255) >> 8);
        up += u64::from(found != x >> 8);
    }
    assert!((50..200).contains(&up), "{up}");
}

#[test]
fn outputs_go_to_their_receivers() {
    for parties in PARTIES {
        for receivers in [vec![], vec![0], vec![parties - 1], vec![0, 1], (0..parties).collect::<Vec<_>>()] {
            let to = receivers.clone();
            let found = run(parties, move |mut verified, mut rng| {
                let to = to.clone();
                async move {
                    let x = input(&verified, 0, &numbers(5, 1)).await;
                    let doubled = x.plus(&x).unwrap();
                    let outputs = [(&x, Receivers::Only(&to)), (&doubled, Receivers::All)];
                    plain(verified.output(&outputs, &mut rng).await).unwrap()
                }
            });
            let (x, doubled) = (numbers(5, 1), numbers(5, 1).iter().map(|x| x.wrapping_mul(2)).collect::<Vec<_>>());
            for (index, found) in found.into_iter().enumerate() {
                assert_eq!(found, [receivers.contains(&index).then(|| x.clone()), Some(doubled.clone())]);
            }
        }
    }
}

/// What is handed over to protocols without checks is the same value.
#[test]
fn the_low_halves_are_ordinary_shares() {
    for parties in PARTIES {
        let found = run(parties, |verified, _| async move {
            let x = input(&verified, 0, &numbers(64, 1)).await;
            let square = verified.square(&x).await.unwrap();
            let party = verified.party();
            let signs = protocol::is_negative(party, 64, &square.into_unverified_shares()).await.unwrap();
            (protocol::open_bits(party, 64, &[&signs]).await, x.into_unverified_shares().to_vec())
        });
        let x = numbers(64, 1);
        let signs = (0..64).fold(0, |signs, at| signs | (x[at].wrapping_mul(x[at]) >> 63) << at);
        assert!(found.iter().all(|(opened, _)| *opened == [[signs]]));
        let sums = |at: usize| found.iter().fold(0u64, |sum, (_, shares)| sum.wrapping_add(shares[at]));
        assert!((0..64).all(|at| sums(at) == x[at]));
    }
}

const COUNT: u64 = 10;

/// Two outputs after each operation was done once.
async fn priced(mut verified: Verified, mut rng: Generator) {
    let x = input(&verified, 0, &numbers(COUNT as usize, 1)).await;
    verified.check(&mut rng).await.unwrap();
    // There is nothing to check, so nothing is sent.
    verified.check(&mut rng).await.unwrap();
    let product = verified.product(&x, &x).await.unwrap();
    let square = verified.square(&x).await.unwrap();
    let matrix = verified.matrix_product(2, 5, 2, &x, &x).await.unwrap();
    let quotient = verified.truncate(9, &x).await.unwrap();
    let all = [(&product, Receivers::All), (&square, Receivers::All)];
    assert!(verified.output(&all, &mut rng).await.is_ok());
    let some = [(&matrix, Receivers::Only(&[0, 1])), (&quotient, Receivers::Only(&[1]))];
    assert!(verified.output(&some, &mut rng).await.is_ok());
}

/// The formulas of docs/mpc.md section 16.
#[test]
fn costs_are_as_stated() {
    for parties in PARTIES {
        let (mut engines, outcomes) = begin(parties, 0, priced);
        let rounds = play(&mut engines, |_, _| {});
        assert!(outcomes.iter().all(|outcome| outcome.take().is_some()));
        // By round: input, check, product, square, matrix product, truncation, output after a check, output.
        let mut wire = vec![8 * COUNT, 33, 65, 33, 49, 1, 32 * COUNT, 16 * COUNT, 32 * COUNT, 16 * COUNT];
        wire.extend([33, 65, 33, 49, 33 + 2 * 16 * COUNT, 65, 33, 49, 1]);
        wire.extend([33 + 2 * 16 * 4 + 16 * COUNT, 65, 33, 49, 1]);
        let sent: Vec<u64> = rounds.iter().map(|round| round[0][1].len() as u64 - 8).collect();
        assert_eq!(sent, wire);
        // Corrections in words of 8 bytes: input, product, square, matrix product, truncation, masks for all, masks for some.
        let corrections = COUNT * (4 + 8 + 6 + 2 + 2 + 10) + 4 * 4 + 2 * COUNT * 2 + (2 * 4 + COUNT) * 4;
        let cost = Cost { rounds: wire.len() as u64, bytes: wire.iter().sum(), corrections };
        assert_eq!(engines[0].cost(), cost);
        let announced = 8 * COUNT;
        let others = Cost { bytes: cost.bytes - announced, ..cost };
        assert!(engines[1..].iter().all(|engine| engine.cost() == others));
    }
}

/// A rehearsal knows what a program costs and asks for, and a dealer can deal it ahead.
#[test]
fn rehearsals_are_right() {
    async fn program(verified: Verified, rng: Generator) {
        assert!(everything(verified, rng).await.is_ok());
    }
    for parties in PARTIES {
        let rehearsed = verified::rehearse(parties, |verified| {
            let rng = Generator::new(&format!("rehearsal of {}", verified.party().index()));
            program(verified, rng)
        })
        .unwrap();
        let (mut engines, _) = begin(parties, 0, program);
        play(&mut engines, |_, _| {});
        assert_eq!(rehearsed.cost, engines[0].cost());
        assert_eq!(rehearsed.correlations.len(), 5 + 8);
        assert_eq!(rehearsed.correlations[2], Correlation::Products { count: 12 });
        let dealt: usize = rehearsed.correlations.iter().map(|one| 2 * one.layout().corrections()).sum();
        assert_eq!(rehearsed.cost.corrections, dealt as u64);
    }
}

/// An honest check never fails: many, over openings of every number up to some hundreds.
#[test]
fn honest_checks_succeed() {
    for parties in [2, 3] {
        let found = run(parties, |mut verified, mut rng| async move {
            let mut x = input(&verified, 1, &numbers(1, 9)).await;
            for count in (1..40).chain([511, 512, 513, 1025]) {
                let squares: Vec<_> = (0..count % 7).map(|_| verified.square(&x)).collect();
                for square in join_all(squares).await {
                    x = square.unwrap();
                }
                let long = input(&verified, 0, &vec![3; count]).await;
                let long = verified.product(&long, &long).await.unwrap();
                assert!(verified.check(&mut rng).await.is_ok());
                x = x.plus(&long.sum()).unwrap();
            }
            format!("{verified:?}")
        });
        assert_eq!(found[0], format!("Verified(Party(0 of {parties}), 43 checks)"));
    }
}

#[test]
fn arguments_are_refused_before_anything_is_sent() {
    let found = run(2, |mut verified, mut rng| async move {
        let x = verified.public(&[1, 2, 3]);
        let short = verified.public(&[1]);
        let cost = verified.party().index();
        let mut kinds = vec![
            verified.product(&x, &short).await.unwrap_err().kind(),
            verified.matrix_product(1, 3, 1, &x, &short).await.unwrap_err().kind(),
            verified.matrix_product(usize::MAX, 3, 1, &x, &short).await.unwrap_err().kind(),
            x.plus(&short).unwrap_err().kind(),
            x.minus(&short).unwrap_err().kind(),
            x.times_public(&[1]).unwrap_err().kind(),
            x.part(1, 3).unwrap_err().kind(),
            x.part(usize::MAX, 2).unwrap_err().kind(),
            verified.plus_public(&x, &[]).unwrap_err().kind(),
            verified.input(cost, 2, Some(&[1])).await.unwrap_err().kind(),
        ];
        assert!(kinds.drain(..).all(|kind| kind == ErrorKind::InvalidLength));
        kinds.extend([
            verified.truncate(63, &x).await.unwrap_err().kind(),
            verified.input(2, 1, None).await.unwrap_err().kind(),
            verified.input(cost, 1, None).await.unwrap_err().kind(),
            verified.input(1 - cost, 1, Some(&[1])).await.unwrap_err().kind(),
        ]);
        for receivers in [&[2][..], &[1, 0], &[0, 0]] {
            let refused = verified.output(&[(&x, Receivers::Only(receivers))], &mut rng).await;
            kinds.push(refused.unwrap_err().kind());
        }
        assert!(kinds.drain(..).all(|kind| kind == ErrorKind::InvalidArgument));
    });
    assert_eq!(found.len(), 2);
}

/// A party whose generator fails says so to the others, and gives nothing away.
#[test]
fn a_failing_generator_ends_the_session_at_every_party() {
    let found = run(3, |mut verified, mut rng| async move {
        let x = input(&verified, 0, &[7]).await;
        let x = verified.square(&x).await.unwrap();
        let outputs = [(&x, Receivers::All)];
        let given = match verified.party().index() {
            0 => verified.output(&outputs, &mut rng).await,
            1 => verified.output(&outputs, &mut Stuck(0)).await,
            _ => verified.output(&outputs, &mut Tape::empty()).await,
        };
        // Whatever comes afterwards is refused at once.
        let error = given.unwrap_err();
        assert_eq!(verified.product(&x, &x).await.unwrap_err(), error);
        assert_eq!(verified.check(&mut rng).await.unwrap_err(), error);
        error
    });
    let kinds: Vec<_> = found.iter().map(|error| (error.kind(), error.party())).collect();
    let broken = (ErrorKind::Randomness, None);
    assert_eq!(kinds, [(ErrorKind::Stopped, Some(1)), broken, broken]);
}

/// Values whose MACs are under another key are of no use, though nothing shows that before the check.
#[test]
fn values_of_another_session_are_caught() {
    let found = run(3, |mut verified, mut rng| async move {
        let index = verified.party().index();
        let seed = Seed::generate(&mut Generator::new(&format!("another seed of {index}"))).unwrap();
        let other = Verified::new(verified.party(), Box::new(Dealt::seeded(Suite::ChaCha20, index, seed)));
        let sum = verified.public(&[7]).plus(&other.public(&[5])).unwrap();
        verified.output(&[(&sum, Receivers::All)], &mut rng).await.unwrap_err()
    });
    assert!(found.iter().all(|error| (error.kind(), error.party()) == (ErrorKind::NotAuthentic, None)));
}

/// No correlation is dealt or drawn twice.
#[test]
fn correlations_are_used_once() {
    let wanted = Correlation::Products { count: 3 };
    for mut source in sources(Suite::Aes128Ctr, 2, 1) {
        assert!(source.draw(0, &wanted).is_ok());
        assert_eq!(source.draw(0, &wanted).unwrap_err().kind(), ErrorKind::OutOfOrder);
        assert_eq!(source.draw(2, &wanted).unwrap_err().bound(), Some(1));
    }
}
