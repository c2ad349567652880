//! Products are exact mod 2^64, for every number of parties, and cost what is stated.

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::engine::Cost;
use cloakwork_core::mpc::protocol;

use crate::table::{Numbers, engines, run};

const PARTIES: [usize; 3] = [2, 3, 5];

fn numbers(count: usize, seed: u64) -> Vec<u64> {
    let mut numbers = Numbers(seed);
    let mut out: Vec<u64> = (0..count).map(|_| numbers.next()).collect();
    for (out, edge) in out.iter_mut().zip([0, 1, u64::MAX, 1 << 63, 1 << 32]) {
        *out = edge;
    }
    out
}

#[test]
pub fn products() {
    let (x, y) = (numbers(130, 1), numbers(130, 2));
    for parties in PARTIES {
        let (found, cost) =
            run(
                parties,
                &[&x, &y],
                |party, shares| async move { protocol::product(&party, &shares[0], &shares[1]).await },
            );
        assert_eq!(found, x.iter().zip(&y).map(|(x, y)| x.wrapping_mul(*y)).collect::<Vec<_>>());
        assert_eq!(cost, Cost { rounds: 1, bytes: 16 * 130, corrections: 130 });
    }
}

#[test]
pub fn squares() {
    let x = numbers(70, 3);
    for parties in PARTIES {
        let (found, cost) =
            run(parties, &[&x], |party, shares| async move { protocol::square(&party, &shares[0]).await });
        assert_eq!(found, x.iter().map(|x| x.wrapping_mul(*x)).collect::<Vec<_>>());
        assert_eq!(cost, Cost { rounds: 1, bytes: 8 * 70, corrections: 70 });
    }
}

#[test]
pub fn matrix_products() {
    for (rows, inner, columns) in [(1, 1, 1), (3, 4, 5), (1, 9, 1), (4, 1, 3), (2, 0, 3)] {
        let (x, y) = (numbers(rows * inner, 4), numbers(inner * columns, 5));
        let plain: Vec<u64> = (0..rows * columns)
            .map(|place| {
                let (row, column) = (place / columns, place % columns);
                (0..inner)
                    .fold(0u64, |sum, at| sum.wrapping_add(x[row * inner + at].wrapping_mul(y[at * columns + column])))
            })
            .collect();
        for parties in PARTIES {
            let (found, cost) = run(parties, &[&x, &y], |party, shares| async move {
                protocol::matrix_product(&party, rows, inner, columns, &shares[0], &shares[1]).await
            });
            assert_eq!(found, plain);
            let bytes = 8 * (rows * inner + inner * columns) as u64;
            assert_eq!(cost, Cost { rounds: 1, bytes, corrections: (rows * columns) as u64 });
        }
    }
}

#[test]
pub fn other_lengths_are_refused_before_anything_is_sent() {
    let mut engines = engines(2, 0, 9);
    let party = engines[0].party();
    let outcome = engines[0].spawn(async move { protocol::product(&party, &[1, 2], &[3]).await });
    engines[0].advance();
    assert_eq!(outcome.take().unwrap().unwrap_err().kind(), ErrorKind::InvalidLength);
    assert_eq!(engines[0].cost(), Cost::default());
}
