//! Prime fields with a public modulus: elements, shares and products.

use crate::Case;
use crate::generator::SecretGenerator;
use crate::secret::{reveal, revealed, secret};
use cloakwork_core::mpc::prime::{Dealer, product, split};
use cloakwork_core::prg::Suite;
use cloakwork_core::prime::Modulus;

/// The cases of this file.
pub const CASES: &[Case] = &[
    ("prime: sum, difference, product, uniform elements", elements),
    ("prime: shares, triples and products", products),
];

/// 3, 2^61 - 1 and 2^64 - 59.
const PRIMES: [u64; 3] = [3, (1 << 61) - 1, u64::MAX - 58];

fn elements() {
    for q in PRIMES {
        let modulus = Modulus::new_vartime(q).expect("a prime");
        let [x, y] = secret([q - 1, q - 2]);
        modulus.check(&[x, y]).expect("below the modulus");
        let made =
            [modulus.sum(x, y), modulus.difference(y, x), modulus.product(x, y), modulus.uniform(x | 1 << 63, y)];
        let wide = u128::from(q - 2) << 64 | u128::from((q - 1) | 1 << 63);
        let uniform = u64::try_from(wide % u128::from(q)).expect("below the modulus");
        assert_eq!(revealed(made), [q - 3, q - 1, 2, uniform]);
    }
}

fn products() {
    for q in PRIMES {
        let modulus = Modulus::new_vartime(q).expect("a prime");
        let mut rng = SecretGenerator::new(7);
        let x = split(&modulus, &secret([q - 1, 1, 0]), 2, &mut rng).expect("elements");
        let mut dealer = Dealer::new(modulus, Suite::Aes128Ctr, 2, &mut rng).expect("two parties");
        let triples = [0, 1].map(|party| dealer.triples(party, 3).expect("one of the parties"));
        let total = |parts: [&[u64]; 2]| {
            let mut sum: Vec<u64> = parts[0].iter().zip(parts[1]).map(|(x, y)| modulus.sum(*x, *y)).collect();
            reveal(&mut sum);
            sum
        };
        let masked = |part: usize| {
            let parts = [0, 1].map(|party| {
                let triple = &triples[party];
                let mask = [&triple.a, &triple.b][part];
                x[party].iter().zip(mask.iter()).map(|(x, a)| modulus.difference(*x, *a)).collect::<Vec<u64>>()
            });
            total([&parts[0], &parts[1]])
        };
        let (d, e) = (masked(0), masked(1));
        let [first, second] = triples;
        let made = [(true, first), (false, second)].map(|(first, own)| product(&modulus, first, &d, &e, own));
        assert_eq!(total([&made[0], &made[1]]), [1, 1, 0]);
    }
}
