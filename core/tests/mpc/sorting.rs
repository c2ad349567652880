//! Sorting networks, exhaustively by the 0-1 principle, and what runs on them.

use cloakwork_core::mpc::protocol::{self, Rounding};

use crate::formula::{RECTIFY, truncation};
use crate::table::{Numbers, run};

const ROWS: usize = 64;

/// A network that sorts all vectors of 0 and 1 sorts everything (Knuth, The Art of Computer Programming 3, 5.3.4, Theorem Z).
#[test]
fn networks_sort_all_vectors_of_bits() {
    for count in 0..=16usize {
        let layers = protocol::network(count);
        for bits in 0..1u32 << count {
            let mut sorted = bits;
            for (low, high) in layers.iter().flatten() {
                let moved = sorted >> low & !(sorted >> high) & 1;
                sorted = sorted ^ moved << low ^ moved << high;
            }
            let ones = bits.count_ones();
            assert_eq!(sorted, ((1u32 << ones) - 1) << (count as u32 - ones), "{count}: {bits:b}");
        }
        let levels = count.max(1).next_power_of_two().trailing_zeros() as usize;
        assert_eq!(layers.len(), levels * (levels + 1) / 2);
    }
}

#[test]
fn places_of_a_layer_are_different() {
    for count in [2, 7, 32, 100, 1000] {
        for layer in protocol::network(count) {
            let mut places: Vec<usize> = layer.iter().flat_map(|(low, high)| [*low, *high]).collect();
            places.sort_unstable();
            assert!(places.windows(2).all(|pair| pair[0] < pair[1]) && places.last().is_none_or(|last| *last < count));
        }
    }
}

fn comparators(count: usize) -> u64 {
    protocol::network(count).iter().map(|layer| layer.len() as u64).sum()
}

fn values(count: usize) -> Vec<u64> {
    let mut numbers = Numbers(count as u64);
    (0..count)
        .map(|place| (numbers.next().cast_signed() >> if place % 3 == 0 { 61 } else { 4 }).cast_unsigned())
        .collect()
}

fn sorted_rows(columns: usize, x: &[u64]) -> Vec<Vec<i64>> {
    let mut rows: Vec<Vec<i64>> = x.chunks(columns).map(|row| row.iter().map(|x| x.cast_signed()).collect()).collect();
    rows.iter_mut().for_each(|row| row.sort_unstable());
    rows
}

#[test]
fn rows_are_sorted() {
    for columns in [1, 2, 3, 6, 8, 11] {
        let x = values(ROWS * columns);
        let expected: Vec<u64> = sorted_rows(columns, &x).concat().into_iter().map(i64::cast_unsigned).collect();
        for parties in [2, 3, 5] {
            let (found, cost) =
                run(parties, &[&x], |party, s| async move { protocol::sort(&party, columns, &s[0]).await });
            assert_eq!(found, expected);
            let rounds = 6 * protocol::network(columns).len() as u64;
            assert_eq!((cost.rounds, cost.bytes), (rounds, RECTIFY.total(ROWS).bytes * comparators(columns)));
        }
    }
}

#[test]
fn others_follow() {
    const COLUMNS: usize = 7;
    let x = values(ROWS * COLUMNS);
    // What belongs to an element tells which it is.
    let others: Vec<u64> = x.iter().map(|x| x.wrapping_mul(3).wrapping_add(1)).collect();
    let (found, cost) = run(3, &[&x, &others], |party, s| async move {
        let (mut sorted, others) = protocol::sort_with(&party, COLUMNS, &s[0], &[&s[1]]).await?;
        sorted.extend_from_slice(&others[0]);
        Ok(sorted)
    });
    let expected: Vec<u64> = sorted_rows(COLUMNS, &x).concat().into_iter().map(i64::cast_unsigned).collect();
    let (keys, others) = found.split_at(x.len());
    assert_eq!(keys, expected);
    assert_eq!(others, keys.iter().map(|x| x.wrapping_mul(3).wrapping_add(1)).collect::<Vec<_>>());
    let comparator = RECTIFY.total(ROWS).bytes + 16 * ROWS as u64;
    assert_eq!((cost.rounds, cost.bytes), (6 * 6, comparator * comparators(COLUMNS)));
}

#[test]
fn order_statistics_and_medians() {
    for columns in [1, 2, 5, 8] {
        let x = values(ROWS * columns);
        let rows = sorted_rows(columns, &x);
        for parties in [2, 5] {
            for rank in 0..columns {
                let (found, cost) = run(parties, &[&x], |party, s| async move {
                    Ok(protocol::order_statistics(&party, columns, &[rank], &s[0]).await?.swap_remove(0))
                });
                assert_eq!(found, rows.iter().map(|row| row[rank].cast_unsigned()).collect::<Vec<_>>());
                assert!(cost.bytes <= RECTIFY.total(ROWS).bytes * comparators(columns));
            }
            let (found, _) = run(parties, &[&x], |party, s| async move {
                protocol::median(&party, columns, Rounding::Down, &s[0]).await
            });
            let median = |row: &Vec<i64>| (row[(columns - 1) / 2] + row[columns / 2]) >> 1;
            assert_eq!(found, rows.iter().map(|row| median(row).cast_unsigned()).collect::<Vec<_>>());
        }
    }
}

/// Of the 19 comparators of 8 places the smallest needs the 7 of a tree; both in the middle need all but those that order the ends.
#[test]
fn comparators_that_matter_to_none_are_left_out() {
    let x = values(ROWS * 8);
    let (_, cost) = run(3, &[&x], |party, s| async move {
        Ok(protocol::order_statistics(&party, 8, &[0], &s[0]).await?.swap_remove(0))
    });
    assert_eq!((cost.rounds, cost.bytes), (18, 7 * RECTIFY.total(ROWS).bytes));
    let (_, cost) =
        run(3, &[&x], |party, s| async move { protocol::median(&party, 8, Rounding::Dithered, &s[0]).await });
    let half = truncation(Rounding::Dithered, 1).total(ROWS);
    assert_eq!((cost.rounds, cost.bytes), (36 + half.rounds, 17 * RECTIFY.total(ROWS).bytes + half.bytes));
}
