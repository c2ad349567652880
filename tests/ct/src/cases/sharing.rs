//! Shamir's scheme and additive sharing.

use crate::Case;
use crate::generator::SecretGenerator;
use crate::secret::{hide, reveal, revealed};
use cloakwork_core::prg::{StreamKey, Suite};
use cloakwork_core::ring::Bits;
use cloakwork_core::sharing::additive::{ShareSeed, Sharing};
use cloakwork_core::sharing::shamir::{SeedPolynomial, Weights, check_share};

/// The cases of this file.
pub const CASES: &[Case] = &[
    ("sharing: Shamir's shares of a seed, and the seed from shares", shamir),
    ("sharing: check a share", check),
    ("sharing: additive shares of a vector", additive),
];

fn shamir() {
    let polynomial =
        SeedPolynomial::<8>::random(&mut SecretGenerator::new(1), 4).expect("a generator that does not fail");
    let shares = [2, 9, 5, 1].map(|index| *polynomial.share(index).expect("not index 0"));
    let mut many = [[0; 32]; 4];
    polynomial.shares(&[2, 9, 5, 1], &mut many).expect("as many as indices");
    let weights = Weights::new(&[2, 9, 5, 1]).expect("distinct indices");
    let seed = weights.reconstruct(&shares).expect("elements of the field");
    assert_eq!(revealed(*seed.as_bytes()), revealed(*polynomial.seed().as_bytes()));
    assert_eq!(shares.map(revealed), many.map(revealed));
}

fn check() {
    let polynomial =
        SeedPolynomial::<8>::random(&mut SecretGenerator::new(2), 3).expect("a generator that does not fail");
    check_share(&*polynomial.share(4).expect("not index 0")).expect("elements of the field");
}

fn additive() {
    let sharing = Sharing::new(Suite::Aes128Ctr, Bits::new(20).expect("20 bits"), 100).expect("short");
    let keys: Vec<StreamKey> = (3..5)
        .map(|seed| ShareSeed::generate(&mut SecretGenerator::new(seed)).expect("a generator that does not fail"))
        .map(|share| sharing.stream_key(&share))
        .collect();
    let mut values = [7u32; 100];
    hide(&mut values);
    sharing.split(&keys, 0, &mut values).expect("the whole vector");
    sharing.reconstruct(&keys, 0, &mut values).expect("the whole vector");
    reveal(&mut values);
    assert!(values.iter().all(|value| value & 0xf_ffff == 7));
}
