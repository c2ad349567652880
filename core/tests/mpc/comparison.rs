//! Signs of every width and what is made of them.

use cloakwork_core::mpc::local::bits::bit;
use cloakwork_core::mpc::protocol;

use crate::table::{Numbers, run, run_bits};
use crate::truncation::tree;

/// 320 values of so many bits: the edges, and some of every magnitude.
fn values(bits: u32) -> Vec<u64> {
    let mut numbers = Numbers(u64::from(bits) + 100);
    let edge = i64::MIN >> (64 - bits);
    let mut out: Vec<i64> = vec![0, 1, -1, edge, edge + 1, !edge, !edge - 1, 3, -3];
    out.extend((0..311).map(|place| (numbers.next() as i64) >> (64 - bits) >> (place % bits)));
    for value in &mut out {
        *value = (*value).clamp(edge, !edge);
    }
    out.into_iter().map(|value| value as u64).collect()
}

#[test]
pub fn signs() {
    for bits in [2, 3, 4, 5, 8, 17, 31, 32, 48, 63, 64] {
        let x = values(bits);
        for parties in [2, 3, 5] {
            let (found, cost) = run_bits(parties, &[&x], |party, shares| async move {
                protocol::is_negative(&party, bits, &shares[0]).await
            });
            for (place, x) in x.iter().enumerate() {
                assert_eq!(bit(&found, place), x >> 63, "{} of {bits} bits", *x as i64);
            }
            let (levels, tree_bits) = tree(bits);
            assert_eq!((cost.rounds, cost.bytes), (1 + levels, 40 * (u64::from(bits) + tree_bits)));
        }
    }
}

/// The figures of smpc.md 3.6 for full words: 6 rounds, 13.25 bytes.
#[test]
pub fn rectified() {
    let x = values(64);
    for parties in [2, 3, 5] {
        let (found, cost) =
            run(parties, &[&x], |party, shares| async move { protocol::rectify(&party, &shares[0]).await });
        assert_eq!(found, x.iter().map(|x| (*x as i64).max(0) as u64).collect::<Vec<_>>());
        assert_eq!((cost.rounds, cost.bytes), (6, 320 * 53 / 4));
    }
}

#[test]
pub fn indicators() {
    let x = values(64);
    let (found, _) = run(3, &[&x], |party, shares| async move {
        protocol::select_positive(&party, &shares[0]).await.map(|(_, indicators)| indicators)
    });
    assert_eq!(found, x.iter().map(|x| 1 - (x >> 63)).collect::<Vec<_>>());
}

#[test]
pub fn bits_become_words() {
    let x = values(64);
    let (found, cost) = run(3, &[&x], |party, shares| async move {
        let negative = protocol::is_negative(&party, 64, &shares[0]).await?;
        protocol::bits_to_words(&party, shares[0].len(), &negative).await
    });
    assert_eq!(found, x.iter().map(|x| x >> 63).collect::<Vec<_>>());
    assert_eq!((cost.rounds, cost.bytes), (6, 320 * 53 / 4));
}

/// Pairs whose difference leaves the words, and pairs that are equal.
fn pairs() -> (Vec<u64>, Vec<u64>) {
    let edges = [0, 1, u64::MAX, 1 << 63, (1 << 63) - 1, (1 << 63) + 1, 1 << 62, 5];
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for a in edges {
        for b in edges {
            x.push(a);
            y.push(b);
        }
    }
    let mut numbers = Numbers(77);
    x.extend((0..64).map(|_| numbers.next()));
    y.extend((0..64).map(|place| if place % 3 == 0 { x[64 + place] } else { numbers.next() }));
    (x, y)
}

#[test]
pub fn equality() {
    let (x, y) = pairs();
    for parties in [2, 3, 5] {
        let (found, cost) = run_bits(parties, &[&x, &y], |party, shares| async move {
            protocol::equal(&party, &shares[0], &shares[1]).await
        });
        for (place, (x, y)) in x.iter().zip(&y).enumerate() {
            assert_eq!(bit(&found, place), u64::from(x == y), "{x} = {y}");
        }
        assert_eq!((cost.rounds, cost.bytes), (5, 128 * 8 + 128 * 2 * 15 / 8));
    }
}

#[test]
pub fn order_of_all_words() {
    let (x, y) = pairs();
    for parties in [2, 3] {
        let (found, cost) = run_bits(parties, &[&x, &y], |party, shares| async move {
            protocol::is_less(&party, &shares[0], &shares[1]).await
        });
        for (place, (x, y)) in x.iter().zip(&y).enumerate() {
            assert_eq!(bit(&found, place), u64::from(x.cast_signed() < y.cast_signed()), "{x} < {y}");
        }
        // Three signs of 105 bits each, and a product of bits.
        assert_eq!((cost.rounds, cost.bytes), (6, 128 * (3 * 105 + 2) / 8));
    }
}

#[test]
pub fn thresholds_share_a_mask() {
    let x: Vec<u64> = (-160i64..160).map(i64::cast_unsigned).collect();
    let thresholds = [-4096, -160, -37, 0, 1, 159, 4095];
    for bits in [14, 32, 64] {
        let (found, cost) = run(3, &[&x], |party, shares| async move {
            let indicators = protocol::at_least(&party, bits, &shares[0], &thresholds).await?;
            Ok(indicators.iter().flat_map(|one| one.iter().copied()).collect::<Vec<u64>>().into())
        });
        for (found, threshold) in found.chunks(x.len()).zip(thresholds) {
            for (x, found) in x.iter().zip(found) {
                assert_eq!(*found, u64::from(x.cast_signed() >= threshold), "{} >= {threshold}", x.cast_signed());
            }
        }
        let (levels, tree_bits) = tree(bits);
        assert_eq!((cost.rounds, cost.bytes), (2 + levels, 40 * (u64::from(bits) + 7 * (tree_bits + 1))));
    }
}
