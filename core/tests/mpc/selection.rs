//! What a secret bit or a sign chooses, and the greatest of many.

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::protocol;

use crate::formula::RECTIFY;
use crate::table::{Numbers, engines, run};

const PARTIES: [usize; 3] = [2, 3, 5];

/// 64 words of every magnitude below 2^62, and the edges.
fn values(seed: u64) -> Vec<u64> {
    let mut numbers = Numbers(seed);
    let edge = (1i64 << 62) - 1;
    let mut out: Vec<i64> = vec![0, 1, -1, edge, -edge, 5, -5];
    out.extend((0..57).map(|place| numbers.next().cast_signed() >> (2 + place)));
    out.into_iter().map(i64::cast_unsigned).collect()
}

#[test]
fn a_secret_bit_chooses() {
    let (x, y) = (values(1), values(2));
    let bits: Vec<u64> = vec![0x0123_4567_89ab_cdef];
    for parties in PARTIES {
        // Party 0's share of the bits is all that is not zero.
        let (found, cost) = run(parties, &[&x, &y], |party, shares| {
            let own = if party.is_first() { bits.clone() } else { vec![0] };
            async move { protocol::choose(&party, &own, &shares[0], &shares[1]).await }
        });
        for (place, found) in found.iter().enumerate() {
            let from = if bits[0] >> place & 1 == 1 { &x } else { &y };
            assert_eq!(*found, from[place]);
        }
        assert_eq!((cost.rounds, cost.bytes, cost.corrections), (1, 64 * 16 + 8, 64 * 2));
    }
}

#[test]
fn what_a_sign_decides() {
    let (mut x, mut y) = (values(3), values(4));
    y.rotate_left(11);
    x[60] = y[60];
    let plain = |of: fn(i64, i64) -> i64| -> Vec<u64> {
        x.iter().zip(&y).map(|(x, y)| of(x.cast_signed(), y.cast_signed()).cast_unsigned()).collect()
    };
    for parties in PARTIES {
        let check = |(found, cost): (Vec<u64>, cloakwork_core::mpc::engine::Cost), expected, count| {
            assert_eq!(found, expected);
            assert_eq!(cost, RECTIFY.of(count).total(64));
        };
        let found = run(parties, &[&x], |party, s| async move { protocol::absolute(&party, &s[0]).await });
        check(found, plain(|x, _| x.abs()), 1);
        let found = run(parties, &[&x, &y], |party, s| async move { protocol::maximum(&party, &s[0], &s[1]).await });
        check(found, plain(i64::max), 1);
        let found = run(parties, &[&x, &y], |party, s| async move { protocol::minimum(&party, &s[0], &s[1]).await });
        check(found, plain(i64::min), 1);
        let found = run(parties, &[&x], |party, s| async move { protocol::clamp(&party, -17, 1 << 40, &s[0]).await });
        check(found, plain(|x, _| x.clamp(-17, 1 << 40)), 2);
    }
}

/// Small numbers, so that there are ties.
fn small(count: usize, seed: u64) -> Vec<u64> {
    let mut numbers = Numbers(seed);
    (0..count).map(|_| (numbers.next().cast_signed() >> 60).cast_unsigned()).collect()
}

#[test]
fn the_greatest_and_smallest_of_many_and_their_places() {
    const ROWS: usize = 64;
    for columns in [1, 2, 3, 5, 8, 13] {
        let x = small(ROWS * columns, columns as u64);
        let rows: Vec<Vec<i64>> = x.chunks(columns).map(|row| row.iter().map(|x| x.cast_signed()).collect()).collect();
        let greatest: Vec<u64> = rows.iter().map(|row| row.iter().max().unwrap().cast_unsigned()).collect();
        let smallest: Vec<u64> = rows.iter().map(|row| row.iter().min().unwrap().cast_unsigned()).collect();
        let place = |row: &Vec<i64>, of: u64| row.iter().position(|x| x.cast_unsigned() == of).unwrap() as u64;
        let rounds = 6 * u64::from(columns.next_power_of_two().trailing_zeros());
        let compared = (columns as u64 - 1) * RECTIFY.bits * ROWS as u64 / 8;
        let carried = ((columns - 1 - columns / 2) * ROWS * 16) as u64;
        for parties in PARTIES {
            let (found, cost) =
                run(parties, &[&x], |party, s| async move { protocol::greatest(&party, columns, &s[0]).await });
            assert_eq!((found, cost.rounds, cost.bytes), (greatest.clone(), rounds, compared));
            let (found, cost) =
                run(parties, &[&x], |party, s| async move { protocol::smallest(&party, columns, &s[0]).await });
            assert_eq!((found, cost.rounds, cost.bytes), (smallest.clone(), rounds, compared));
            let (found, cost) = run(parties, &[&x], |party, s| async move {
                let (mut found, places) = protocol::place_of_greatest(&party, columns, &s[0]).await?;
                found.extend_from_slice(&places);
                Ok(found)
            });
            let places = rows.iter().zip(&greatest).map(|(row, of)| place(row, *of));
            assert_eq!(found, greatest.iter().copied().chain(places).collect::<Vec<_>>());
            assert_eq!((cost.rounds, cost.bytes), (rounds, compared + carried));
            let (found, _) = run(parties, &[&x], |party, s| async move {
                let (mut found, places) = protocol::place_of_smallest(&party, columns, &s[0]).await?;
                found.extend_from_slice(&places);
                Ok(found)
            });
            let places = rows.iter().zip(&smallest).map(|(row, of)| place(row, *of));
            assert_eq!(found, smallest.iter().copied().chain(places).collect::<Vec<_>>());
        }
    }
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let mut engines = engines(2, 0, 1);
    let mut refused = |protocol: std::pin::Pin<Box<dyn Future<Output = ErrorKind>>>, kind| {
        let outcome = engines[0].spawn(protocol);
        let _ = engines[0].advance();
        assert_eq!(outcome.take().unwrap(), kind);
        engines[0].party()
    };
    let party = refused(Box::pin(async { ErrorKind::InvalidLength }), ErrorKind::InvalidLength);
    let one = party.clone();
    refused(
        Box::pin(async move { protocol::greatest(&one, 0, &[]).await.unwrap_err().kind() }),
        ErrorKind::InvalidLength,
    );
    let one = party.clone();
    refused(
        Box::pin(async move { protocol::sort(&one, 2, &[1, 2, 3]).await.unwrap_err().kind() }),
        ErrorKind::InvalidLength,
    );
    let one = party.clone();
    refused(
        Box::pin(async move { protocol::order_statistics(&one, 3, &[3], &[1, 2, 3]).await.unwrap_err().kind() }),
        ErrorKind::InvalidArgument,
    );
    let one = party.clone();
    refused(
        Box::pin(async move { protocol::maximum(&one, &[1], &[1, 2]).await.unwrap_err().kind() }),
        ErrorKind::InvalidLength,
    );
    let one = party.clone();
    refused(
        Box::pin(async move { protocol::clamp(&one, 1, 0, &[1]).await.unwrap_err().kind() }),
        ErrorKind::InvalidArgument,
    );
    refused(
        Box::pin(async move { protocol::choose(&party, &[], &[1], &[1]).await.unwrap_err().kind() }),
        ErrorKind::InvalidLength,
    );
}
