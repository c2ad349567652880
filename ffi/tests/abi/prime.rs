//! Prime fields through the C ABI.

use core::ptr::{null, null_mut};

use cloakwork::mpc::prime::cloak_prime_operation::*;
use cloakwork::mpc::prime::*;
use cloakwork::status::cloak_status::*;

/// 2^64 - 59.
const LARGEST: u64 = u64::MAX - 58;

fn combine(modulus: u64, operation: cloak_prime_operation, x: &[u64], y: &[u64]) -> Vec<u64> {
    let mut out = vec![0; x.len()];
    let status =
        unsafe { cloak_prime_combine(modulus, operation as i32, x.as_ptr(), y.as_ptr(), x.len(), out.as_mut_ptr()) };
    assert_eq!(status, CLOAK_OK);
    out
}

fn share(modulus: u64, parties: u32, values: &[u64]) -> Vec<Vec<u64>> {
    let mut out = vec![0; parties as usize * values.len()];
    let status =
        unsafe { cloak_prime_share(modulus, parties, values.as_ptr(), values.len(), null(), out.as_mut_ptr()) };
    assert_eq!(status, CLOAK_OK);
    out.chunks(values.len()).map(<[u64]>::to_vec).collect()
}

fn total(modulus: u64, shares: &[Vec<u64>]) -> Vec<u64> {
    shares.iter().skip(1).fold(shares[0].clone(), |sum, share| combine(modulus, CLOAK_PRIME_ADD, &sum, share))
}

#[test]
fn products_of_shares() {
    for modulus in [67, (1 << 61) - 1, LARGEST] {
        let (x, y) = (vec![25, 0, modulus - 1], vec![50, 9, modulus - 1]);
        let (shared_x, shared_y) = (share(modulus, 3, &x), share(modulus, 3, &y));
        assert_eq!(total(modulus, &shared_x), x);
        let mut dealer = null_mut();
        assert_eq!(unsafe { cloak_prime_dealer_new(modulus, 3, 2, null(), &mut dealer) }, CLOAK_OK);
        let triples: Vec<Vec<u64>> = (0..3)
            .map(|party| {
                let mut out = vec![0; 9];
                assert_eq!(unsafe { cloak_prime_dealer_triples(dealer, party, 3, out.as_mut_ptr()) }, CLOAK_OK);
                out
            })
            .collect();
        unsafe { cloak_prime_dealer_free(dealer) };
        let masked = |shares: &[Vec<u64>], start: usize| {
            let parts = shares.iter().zip(&triples);
            let parts: Vec<Vec<u64>> = parts
                .map(|(share, triple)| combine(modulus, CLOAK_PRIME_SUBTRACT, share, &triple[start..start + 3]))
                .collect();
            total(modulus, &parts)
        };
        let (d, e) = (masked(&shared_x, 0), masked(&shared_y, 3));
        let made: Vec<Vec<u64>> = (0..3)
            .map(|party| {
                let (mut out, triple) = (vec![0; 3], &triples[party]);
                let (d, e) = (d.as_ptr(), e.as_ptr());
                let first = i32::from(party == 0);
                let status = unsafe { cloak_prime_product(modulus, first, d, e, triple.as_ptr(), 3, out.as_mut_ptr()) };
                assert_eq!(status, CLOAK_OK);
                out
            })
            .collect();
        assert_eq!(total(modulus, &made), combine(modulus, CLOAK_PRIME_MULTIPLY, &x, &y));
    }
}

#[test]
fn what_is_refused() {
    for number in [0, 1, 2, 9, 1 << 61, u64::MAX, LARGEST - 1] {
        assert_eq!(cloak_prime_check_vartime(number), CLOAK_ERR_INVALID_ARGUMENT);
    }
    assert_eq!(cloak_prime_check_vartime(LARGEST), CLOAK_OK);
    let (mut out, add) = ([7u64; 9], CLOAK_PRIME_ADD as i32);
    let x = [1u64, 2, 3];
    let start = out.as_mut_ptr();
    unsafe {
        assert_eq!(cloak_prime_combine(66, add, x.as_ptr(), x.as_ptr(), 3, start), CLOAK_ERR_INVALID_ARGUMENT);
        assert_eq!(cloak_prime_combine(67, 4, x.as_ptr(), x.as_ptr(), 3, start), CLOAK_ERR_INVALID_ARGUMENT);
        assert_eq!(cloak_prime_combine(3, add, x.as_ptr(), x.as_ptr(), 3, start), CLOAK_ERR_OUT_OF_RANGE);
        assert_eq!(cloak_prime_combine(67, add, null(), x.as_ptr(), 3, start), CLOAK_ERR_NULL_POINTER);
        assert_eq!(cloak_prime_combine(67, add, start, x.as_ptr(), 3, start), CLOAK_ERR_OVERLAP);
        assert_eq!(cloak_prime_share(3, 2, x.as_ptr(), 3, null(), start), CLOAK_ERR_OUT_OF_RANGE);
        assert_eq!(cloak_prime_share(67, 1, x.as_ptr(), 3, null(), start), CLOAK_ERR_INVALID_ARGUMENT);
        assert_eq!(cloak_prime_share(67, 2, x.as_ptr(), usize::MAX, null(), start), CLOAK_ERR_INVALID_LENGTH);
        let mut dealer = null_mut();
        assert_eq!(cloak_prime_dealer_new(9, 2, 2, null(), &mut dealer), CLOAK_ERR_INVALID_ARGUMENT);
        assert_eq!(cloak_prime_dealer_new(67, 1, 2, null(), &mut dealer), CLOAK_ERR_INVALID_ARGUMENT);
        assert_eq!(cloak_prime_dealer_new(67, 2, 9, null(), &mut dealer), CLOAK_ERR_UNSUPPORTED);
        assert_eq!(cloak_prime_dealer_new(67, 2, 2, null(), &mut dealer), CLOAK_OK);
        assert_eq!(cloak_prime_dealer_triples(dealer, 2, 3, start), CLOAK_ERR_UNKNOWN_PARTY);
        assert_eq!(cloak_prime_dealer_triples(dealer, 0, usize::MAX, start), CLOAK_ERR_INVALID_LENGTH);
        cloak_prime_dealer_free(dealer);
        cloak_prime_dealer_free(null_mut());
        let (d, triples) = ([1u64; 3], [2u64; 9]);
        let product = |first, out| cloak_prime_product(67, first, d.as_ptr(), d.as_ptr(), triples.as_ptr(), 3, out);
        assert_eq!(product(2, start), CLOAK_ERR_INVALID_ARGUMENT);
        assert_eq!(product(0, null_mut()), CLOAK_ERR_NULL_POINTER);
    }
    assert_eq!(out, [7; 9]);
}
