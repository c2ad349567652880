//! Shuffles: the permutation is that of all parties, one after the other; each party's is uniform.

use std::rc::Rc;

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::permutation::{MAX_ELEMENTS, Permutation};
use cloakwork_core::mpc::protocol;

use crate::random::{Generator, Stuck};
use crate::table::{engines, run};

#[test]
fn rows_move_as_all_parties_say() {
    for (rows, columns) in [(1, 1), (2, 1), (3, 2), (8, 1), (13, 3), (64, 1)] {
        let x: Vec<u64> = (0..(rows * columns) as u64).map(|word| word.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        for parties in [2, 3, 5] {
            let mut rng = Generator::new(&format!("shuffle {rows} {parties}"));
            let permutations: Rc<[Permutation]> =
                (0..parties).map(|_| Permutation::random(rows, &mut rng).unwrap()).collect();
            let (found, cost) = run(parties, &[&x], |party, shares| {
                let permutations = Rc::clone(&permutations);
                async move { protocol::shuffle(&party, columns, &shares[0], &permutations[party.index()]).await }
            });
            let mut order: Vec<u64> = (0..rows as u64).collect();
            for permutation in permutations.iter() {
                order = permutation.apply(&order).unwrap().to_vec();
            }
            let expected: Vec<u64> =
                order.iter().flat_map(|row| x.chunks(columns).nth(*row as usize).unwrap()).copied().collect();
            assert_eq!(found, expected);
            let size = rows.next_power_of_two();
            let layers = parties as u64 * u64::from((2 * size.ilog2()).saturating_sub(1));
            let switches = layers * (size / 2 * columns) as u64;
            assert_eq!((cost.rounds, cost.bytes, cost.corrections), (layers, 16 * switches, switches));
        }
    }
}

/// The 24 orders of four elements, 9,600 times, against equal probabilities: chi-squared with 23 degrees of freedom is above 89.1 once in 10^9 seeds.
#[test]
fn permutations_are_uniform() {
    let mut rng = Generator::new("permutations are uniform");
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..9600 {
        let order = Permutation::random(4, &mut rng).unwrap().apply(&[0, 1, 2, 3]).unwrap();
        *counts.entry(order.to_vec()).or_insert(0u32) += 1;
    }
    assert_eq!(counts.len(), 24);
    let statistic: f64 = counts.values().map(|count| (f64::from(*count) - 400.0).powi(2) / 400.0).sum();
    assert!(statistic < 89.1, "{statistic}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut rng = Generator::new("shuffle");
    let own = Permutation::random(3, &mut rng).unwrap();
    assert_eq!(own.apply(&[1, 2]).unwrap_err().kind(), ErrorKind::InvalidLength);
    assert_eq!(Permutation::random(MAX_ELEMENTS + 1, &mut rng).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(Permutation::random(3, &mut Stuck(7)).unwrap_err().kind(), ErrorKind::Randomness);
    let mut engines = engines(2, 0, 1);
    let party = engines[0].party();
    let outcome = engines[0].spawn(async move { protocol::shuffle(&party, 1, &[1, 2], &own).await });
    let _ = engines[0].advance();
    assert_eq!(outcome.take().unwrap().unwrap_err().kind(), ErrorKind::InvalidLength);
    assert_eq!(format!("{:?}", Permutation::random(3, &mut rng).unwrap()), "Permutation(of 3)");
}
