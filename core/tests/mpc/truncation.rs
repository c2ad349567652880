//! Truncation: within one of the quotient with a dither, exact without, whatever the number of parties.

use cloakwork_core::mpc::engine::Cost;
use cloakwork_core::mpc::protocol::{self, Rounding};

use crate::table::{Numbers, run};

fn values(fraction: u32) -> Vec<u64> {
    let mut numbers = Numbers(u64::from(fraction));
    let edge = 1i64 << 62;
    let half = 1i64 << (fraction - 1);
    let mut out: Vec<i64> = vec![0, 1, -1, 2, -2, edge - half - 1, 1 - edge, half, -half, half - 1, -half - 1];
    // Of every magnitude.
    out.extend((0..309).map(|place| (numbers.next() as i64) >> (2 + place % 62)));
    out.into_iter().map(|value| value as u64).collect()
}

/// Rounds and bits an element of the tree over the chunks of so many bits.
pub fn tree(bits: u32) -> (u64, u64) {
    let chunks = u64::from(bits.div_ceil(4));
    let levels = u64::from(chunks.next_power_of_two().trailing_zeros());
    (levels, 3 * (chunks - 1) - levels)
}

#[test]
pub fn dithered() {
    for fraction in [1, 8, 16, 30, 62] {
        let x = values(fraction);
        for parties in [2, 3, 5] {
            let (found, cost) = run(parties, &[&x], |party, shares| async move {
                protocol::truncate(&party, fraction, Rounding::Dithered, &shares[0]).await
            });
            for (x, found) in x.iter().zip(&found) {
                let down = (*x as i64) >> fraction;
                assert!(
                    [0, 1].contains(&(*found as i64 - down)),
                    "{} / 2^{fraction} gave {}",
                    *x as i64,
                    *found as i64
                );
            }
            let count = x.len() as u64;
            assert_eq!(cost, Cost { rounds: 1, bytes: 8 * count, corrections: 2 * count });
        }
    }
}

#[test]
pub fn exact() {
    for fraction in [1, 3, 4, 5, 8, 16, 20, 24, 30, 62] {
        let x = values(fraction);
        for parties in [2, 3, 5] {
            for rounding in [Rounding::Down, Rounding::Nearest] {
                let (found, cost) = run(parties, &[&x], |party, shares| async move {
                    protocol::truncate(&party, fraction, rounding, &shares[0]).await
                });
                let half = if rounding == Rounding::Nearest { 1i64 << (fraction - 1) } else { 0 };
                for (x, found) in x.iter().zip(&found) {
                    assert_eq!(*found as i64, (*x as i64 + half) >> fraction, "{} / 2^{fraction}", *x as i64);
                }
                let (levels, bits) = tree(fraction);
                let count = x.len() as u64;
                assert_eq!(count % 64, 0);
                assert_eq!((cost.rounds, cost.bytes), (2 + levels, 8 * count + (bits + 1) * count / 8));
            }
        }
    }
}

#[test]
pub fn nothing_is_taken_off_for_nothing() {
    let (found, cost) = run(2, &[&[7, u64::MAX]], |party, shares| async move {
        protocol::truncate(&party, 0, Rounding::Nearest, &shares[0]).await
    });
    assert_eq!((found, cost), (vec![7, u64::MAX], Cost::default()));
}
