//! Places among thresholds: every small value, every table.

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::protocol;

use crate::table::{engines, run};
use crate::truncation::tree;

/// All values of small widths, against thresholds that are all of them or some.
#[test]
fn every_value_of_small_widths() {
    for bits in [3, 4, 5, 6, 7] {
        let range = 1i64 << (bits - 2);
        let values: Vec<i64> = (-range..range).collect();
        let x: Vec<u64> = values.iter().map(|value| value.cast_unsigned()).collect();
        for thresholds in [values.clone(), vec![-range, 0, range - 1], vec![1]] {
            for parties in [2, 3, 5] {
                let chosen = thresholds.clone();
                let (found, _) = run(parties, &[&x], |party, shares| {
                    let chosen = chosen.clone();
                    async move {
                        let found = protocol::indicators(&party, bits, &shares[0], &chosen).await?;
                        let table: Vec<i64> = (0..=chosen.len() as i64).map(|place| place * place - 7).collect();
                        let mut all = found.look_up(&table)?;
                        found.one_hot().iter().for_each(|one| all.extend_from_slice(one));
                        Ok(all)
                    }
                });
                let place = |value: &i64| thresholds.iter().filter(|threshold| value >= threshold).count();
                let (looked_up, one_hot) = found.split_at(x.len());
                for (value, found) in values.iter().zip(looked_up) {
                    let place = place(value) as i64;
                    assert_eq!(found.cast_signed(), place * place - 7);
                }
                for (interval, found) in one_hot.chunks(x.len()).enumerate() {
                    for (value, found) in values.iter().zip(found) {
                        assert_eq!(*found, u64::from(place(value) == interval), "{value} of {bits} bits");
                    }
                }
            }
        }
    }
}

#[test]
fn what_they_cost() {
    let x: Vec<u64> = (0..128).collect();
    for (bits, thresholds) in [(32, 20), (36, 29), (64, 3), (4, 1)] {
        let (_, cost) = run(3, &[&x], |party, shares| async move {
            let thresholds: Vec<i64> = (0..thresholds).collect();
            protocol::indicators(&party, bits, &shares[0], &thresholds).await?.look_up(&vec![0; thresholds.len() + 1])
        });
        let (levels, tree) = tree(bits);
        let (chunks, count) = (u64::from(bits.div_ceil(4)), thresholds.cast_unsigned());
        assert_eq!((cost.rounds, cost.bytes), (2 + levels, 16 * (u64::from(bits) + count * (tree + 1))));
        assert_eq!(cost.corrections, 2 * (16 * chunks + count * (2 * (chunks - 1) - levels + 64)));
    }
}

#[test]
fn thresholds_that_do_not_fit_are_refused() {
    let mut engines = engines(2, 0, 1);
    for thresholds in [vec![1, 1], vec![2, 1], vec![1 << 30], vec![-(1 << 30) - 1]] {
        let party = engines[0].party();
        let outcome =
            engines[0].spawn(async move { protocol::indicators(&party, 32, &[1], &thresholds).await.map(|_| ()) });
        let _ = engines[0].advance();
        assert_eq!(outcome.take().unwrap().unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    let party = engines[0].party();
    let outcome = engines[0].spawn(async move { protocol::indicators(&party, 32, &[1], &[]).await?.look_up(&[1, 2]) });
    let _ = engines[0].advance();
    assert_eq!(outcome.take().unwrap().unwrap_err().kind(), ErrorKind::InvalidLength);
}

#[test]
fn no_thresholds_and_no_values() {
    let (found, cost) = run(2, &[&[5, 6]], |party, shares| async move {
        protocol::indicators(&party, 32, &shares[0], &[]).await?.look_up(&[9])
    });
    assert_eq!((found, cost.rounds), (vec![9, 9], 0));
    let (found, _) = run(2, &[&[]], |party, shares| async move {
        let steps = protocol::at_least(&party, 32, &shares[0], &[1, 2]).await?;
        assert_eq!(steps.len(), 2);
        protocol::indicators(&party, 32, &shares[0], &[1, 2]).await?.look_up(&[7, 8, 9])
    });
    assert!(found.is_empty());
}
