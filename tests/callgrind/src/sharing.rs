//! Shamir's scheme at the size of a hundred parties.

use crate::count;
use crate::generator::Generator;
use cloakwork_core::sharing::shamir::{SeedPolynomial, Weights};

/// Counts the cases of this file.
pub fn count_all() {
    let indices: Vec<u32> = (1..100).collect();
    let mut shares = vec![[0; 32]; indices.len()];
    let polynomial = SeedPolynomial::<64>::random(&mut Generator::new(1), 51).expect("a generator that does not fail");
    count("Shamir: 99 shares, threshold 51", || polynomial.shares(&indices, &mut shares)).expect("as many as indices");
    let weights = count("Shamir: weights of 51 indices", || Weights::new(&indices[..51])).expect("distinct indices");
    count("Shamir: a seed from 51 shares", || weights.reconstruct(&shares[..51])).expect("elements of the field");
}
