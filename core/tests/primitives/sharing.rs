//! Shamir's scheme and additive sharing: vectors, properties against plain integers mod p, refusals.

use cloakwork_core::ErrorKind;
use cloakwork_core::field::MODULUS;
use cloakwork_core::prg::{StreamKey, Suite, keystream};
use cloakwork_core::ring::{Bits, Lane};
use cloakwork_core::sharing::additive::{ShareSeed, Sharing};
use cloakwork_core::sharing::shamir::{SHARE_SIZE, SeedPolynomial, Weights, check_share};
use hkdf::Hkdf;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use serde_json::Value;
use sha2::Sha256;

use crate::files::{array, bytes, integer, list, load, small};
use crate::random::{Generator, Stuck, Tape};

type Share = [u8; SHARE_SIZE];

/// So many cases, the same ones every time.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(0x73_68_61_72), ..ProptestConfig::default() }
}

/// Plain integers mod p, which the tests compare with.
mod plain {
    use super::MODULUS;

    pub(crate) fn multiply(a: u64, b: u64) -> u64 {
        (u128::from(a) * u128::from(b) % u128::from(MODULUS)) as u64
    }

    pub(crate) fn subtract(a: u64, b: u64) -> u64 {
        ((u128::from(a) + u128::from(MODULUS) - u128::from(b)) % u128::from(MODULUS)) as u64
    }

    pub(crate) fn inverse(a: u64) -> u64 {
        (0..61)
            .filter(|bit| (MODULUS - 2) >> bit & 1 == 1)
            .fold(1, |product, bit| multiply(product, (0..bit).fold(a, |power, _| multiply(power, power))))
    }

    /// The value at `x` of the one polynomial of degree below `points.len()` through the points (Lagrange).
    pub(crate) fn interpolate(points: &[(u64, u64)], x: u64) -> u64 {
        points.iter().enumerate().fold(0, |sum, (own, &(at, value))| {
            let others = points.iter().enumerate().filter(|(other, _)| *other != own);
            let weight = others
                .fold(1, |weight, (_, &(y, _))| multiply(weight, multiply(subtract(x, y), inverse(subtract(at, y)))));
            (sum + multiply(value, weight)) % MODULUS
        })
    }

    /// The sum of coefficient times x to its power.
    pub(crate) fn evaluate(coefficients: &[u64], x: u64) -> u64 {
        coefficients.iter().rev().fold(0, |value, coefficient| (multiply(value, x) + coefficient) % MODULUS)
    }
}

fn words(share: &Share) -> [u64; 4] {
    core::array::from_fn(|element| u64::from_le_bytes(share[8 * element..8 * element + 8].try_into().unwrap()))
}

fn joined(words: [u64; 4]) -> Share {
    words.map(u64::to_le_bytes).concat().try_into().unwrap()
}

/// A polynomial with chosen coefficients, by ascending power: the generator hands them out.
fn polynomial(coefficients: &[[u64; 4]]) -> SeedPolynomial<128> {
    let mut tape = Tape::new(coefficients.iter().copied().flat_map(joined).collect());
    let polynomial = SeedPolynomial::random(&mut tape, coefficients.len() as u32).unwrap();
    assert!(tape.is_used_up());
    polynomial
}

fn coefficients(threshold: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<[u64; 4]>> {
    proptest::collection::vec(proptest::array::uniform4(0..MODULUS), threshold)
}

/// Different indices in any order.
fn indices(size: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::btree_set(1..=u32::MAX, size).prop_map(Vec::from_iter).prop_shuffle()
}

fn row(value: &Value) -> [u64; 4] {
    core::array::from_fn(|element| integer(&value[element]))
}

/// A published polynomial of degree 2 and its values at 1 to 5, as one of the four; the other three hold the bounds of the field.
#[test]
fn a_single_polynomial_follows_the_vectors() {
    let file = load("shamir.json");
    let single = &file["single_element"];
    let values: Vec<u64> = list(&single["coefficients"]).iter().map(integer).collect();
    let polynomial = polynomial(&values.iter().map(|&value| [value, 0, MODULUS - 1, 1]).collect::<Vec<_>>());
    let shares: Vec<(u32, Share)> = list(&single["shares"])
        .iter()
        .map(|share| {
            let index = small(&share["index"]);
            let ours = *polynomial.share(index).unwrap();
            assert_eq!(words(&ours)[0], integer(&share["value"]));
            (index, ours)
        })
        .collect();
    let mut triples = 0;
    for (first, a) in shares.iter().enumerate() {
        for (second, b) in shares.iter().enumerate().skip(first + 1) {
            for c in &shares[second + 1..] {
                let weights = Weights::new(&[a.0, b.0, c.0]).unwrap();
                let seed = weights.reconstruct(&[a.1, b.1, c.1]).unwrap();
                assert_eq!(words(seed.as_bytes()), [values[0], 0, MODULUS - 1, 1]);
                triples += 1;
            }
        }
    }
    assert_eq!(triples, 10);
}

#[test]
fn seeds_follow_the_vectors() {
    let file = load("shamir.json");
    for case in list(&file["seeds"]) {
        let threshold = small(&case["threshold"]);
        let rows: Vec<[u64; 4]> = list(&case["coefficients"]).iter().map(row).collect();
        let polynomial = match case.get("rng_tape") {
            Some(tape) => {
                let mut tape = Tape::new(bytes(tape));
                let drawn = SeedPolynomial::<128>::random(&mut tape, threshold).unwrap();
                assert!(tape.is_used_up());
                drawn
            }
            None => polynomial(&rows),
        };
        assert_eq!(*polynomial.seed().as_bytes(), array(&case["seed"]));
        let (mut indices, mut shares) = (Vec::new(), Vec::new());
        for share in list(&case["shares"]) {
            let index = small(&share["index"]);
            let expected: Share = array(&share["share"]);
            assert_eq!(*polynomial.share(index).unwrap(), expected);
            check_share(&expected).unwrap();
            indices.push(index);
            shares.push(expected);
        }
        let mut together = vec![[0; SHARE_SIZE]; shares.len()];
        polynomial.shares(&indices, &mut together).unwrap();
        assert_eq!(together, shares);
        let used = indices.len() - threshold as usize..;
        let seed = Weights::new(&indices[used.clone()]).unwrap().reconstruct(&shares[used]).unwrap();
        assert_eq!(*seed.as_bytes(), array(&case["seed"]));
    }
    for malformed in list(&file["malformed_shares"]) {
        let share: Share = array(&malformed["share"]);
        let expected = i32::try_from(integer(&malformed["error"])).unwrap();
        assert_eq!(check_share(&share).unwrap_err().kind().code(), expected);
        assert_eq!(Weights::new(&[3]).unwrap().reconstruct(&[share]).unwrap_err().kind().code(), expected);
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn shares_are_values_of_the_polynomials(rows in coefficients(1..40), indices in proptest::collection::vec(1..=u32::MAX, 1..9)) {
        let polynomial = polynomial(&rows);
        let mut shares = vec![[0; SHARE_SIZE]; indices.len()];
        polynomial.shares(&indices, &mut shares).unwrap();
        for (index, share) in indices.iter().zip(&shares) {
            prop_assert_eq!(&*polynomial.share(*index).unwrap(), share);
            for (element, value) in words(share).into_iter().enumerate() {
                let column: Vec<u64> = rows.iter().map(|row| row[element]).collect();
                prop_assert_eq!(value, plain::evaluate(&column, u64::from(*index)));
            }
        }
    }

    /// Any t shares, in any order, with indices from the whole range.
    #[test]
    fn any_t_shares_give_the_seed(rows in coefficients(1..20), indices in indices(20)) {
        let polynomial = polynomial(&rows);
        let indices = &indices[..rows.len()];
        let shares: Vec<Share> = indices.iter().map(|index| *polynomial.share(*index).unwrap()).collect();
        let seed = Weights::new(indices).unwrap().reconstruct(&shares).unwrap();
        let drawn = polynomial.seed();
        prop_assert_eq!(seed.as_bytes(), drawn.as_bytes());
        prop_assert_eq!(words(seed.as_bytes()), rows[0]);
    }

    /// t - 1 shares are consistent with every seed: for any candidate there is a polynomial of degree t - 1 through it and these
    /// shares. Its t-th share, which nobody can tell from the true one, makes the scheme itself restore the candidate. As there is exactly one
    /// such polynomial for each candidate and coefficients are uniform, all seeds stay equally likely.
    #[test]
    fn t_less_one_shares_fit_every_seed(
        rows in coefficients(2..12),
        candidate in proptest::array::uniform4(0..MODULUS),
        indices in indices(12),
    ) {
        let polynomial = polynomial(&rows);
        let indices = &indices[..rows.len()];
        let (last, known) = indices.split_last().unwrap();
        let mut shares: Vec<Share> = known.iter().map(|index| *polynomial.share(*index).unwrap()).collect();
        let invented = core::array::from_fn(|element| {
            let points: Vec<(u64, u64)> = core::iter::once((0, candidate[element]))
                .chain(known.iter().zip(&shares).map(|(index, share)| (u64::from(*index), words(share)[element])))
                .collect();
            plain::interpolate(&points, u64::from(*last))
        });
        shares.push(joined(invented));
        let seed = Weights::new(indices).unwrap().reconstruct(&shares).unwrap();
        prop_assert_eq!(words(seed.as_bytes()), candidate);
        // And what one would get by taking t - 1 for the threshold is not the seed.
        let guess = Weights::new(known).unwrap().reconstruct(&shares[..known.len()]).unwrap();
        prop_assert_ne!(words(guess.as_bytes()), rows[0]);
    }

    #[test]
    fn repeated_and_zero_indices_are_refused(indices in indices(1..20), at: Index, from: Index) {
        prop_assert!(Weights::new(&indices).is_ok());
        let mut repeated = indices.clone();
        repeated.insert(at.index(indices.len() + 1), indices[from.index(indices.len())]);
        let mut zero = indices.clone();
        zero[at.index(indices.len())] = 0;
        for refused in [repeated, zero] {
            prop_assert_eq!(Weights::new(&refused).unwrap_err().kind(), ErrorKind::InvalidArgument);
        }
    }
}

#[test]
fn wrong_numbers_are_refused_and_nothing_is_written() {
    let mut rng = Generator::new("wrong numbers");
    let error = |threshold| SeedPolynomial::<4>::random(&mut Generator::new("threshold"), threshold).unwrap_err();
    assert_eq!(error(0).kind(), ErrorKind::InvalidThreshold);
    assert_eq!((error(5).kind(), error(5).bound()), (ErrorKind::CapacityExceeded, Some(4)));
    let polynomial = SeedPolynomial::<4>::random(&mut rng, 4).unwrap();
    assert_eq!(polynomial.share(0).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let mut shares = [[7; SHARE_SIZE]; 3];
    assert_eq!(polynomial.shares(&[1, 2, 0], &mut shares).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(polynomial.shares(&[1, 2], &mut shares).unwrap_err().kind(), ErrorKind::InvalidLength);
    assert_eq!(shares, [[7; SHARE_SIZE]; 3]);

    assert_eq!(Weights::new(&[]).unwrap_err().kind(), ErrorKind::InvalidLength);
    let weights = Weights::new(&[1, 2, 3]).unwrap();
    for count in [0, 2, 4] {
        let error = weights.reconstruct(&vec![[0; SHARE_SIZE]; count]).unwrap_err();
        assert_eq!((error.kind(), error.bound()), (ErrorKind::InvalidLength, Some(3)));
    }
}

/// A generator that fails at any coefficient, or is stuck, gives no polynomial. All bits set is the one value that is drawn anew:
/// a generator stuck there may not hang either.
#[test]
fn broken_generators_give_no_polynomial() {
    for length in [0u8, 31, 32, 95] {
        let mut tape = Tape::new((0..length).collect());
        assert_eq!(SeedPolynomial::<4>::random(&mut tape, 3).unwrap_err().kind(), ErrorKind::Randomness);
    }
    for byte in [0x00, 0x1f, 0xff] {
        let error = SeedPolynomial::<4>::random(&mut Stuck(byte), 3).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Randomness);
    }
}

/// p itself is not an element: the four words are drawn anew, so that every element is equally likely.
#[test]
fn the_modulus_is_drawn_anew() {
    let refused = joined([1, 2, MODULUS | 7 << 61, 3]);
    let accepted = joined([5 << 61 | 10, 11, MODULUS - 1, 13]);
    let polynomial = SeedPolynomial::<1>::random(&mut Tape::new([refused, accepted].concat()), 1).unwrap();
    assert_eq!(words(polynomial.seed().as_bytes()), [10, 11, MODULUS - 1, 13]);
    let always = Tape::new([refused; 64].concat());
    assert_eq!(SeedPolynomial::<1>::random(&mut { always }, 1).unwrap_err().kind(), ErrorKind::Randomness);
}

// Additive sharing.

fn bits(width: u8) -> Bits {
    Bits::new(width).unwrap()
}

/// The stream key from the standards alone.
fn stream_key_by_the_page(seed: &[u8; 32], suite: u8, width: u8, length: u64) -> StreamKey {
    let info: Vec<u8> = [&b"cloakwork/1 additive"[..], &[suite], &[width], &length.to_le_bytes()]
        .iter()
        .flat_map(|part| [&(part.len() as u32).to_le_bytes()[..], part].concat())
        .collect();
    let mut key = [0; 32];
    let used = if suite == 1 { 32 } else { 16 };
    Hkdf::<Sha256>::from_prk(seed).unwrap().expand(&info, &mut key[..used]).unwrap();
    StreamKey::from_bytes(key)
}

/// Splits a vector among four parties, checks the last share against the streams, restores the secret whole and in pieces.
fn round_trip<L: Lane>(suite: Suite, width: u8, secret: &[L], cut: usize) {
    let sharing = Sharing::new(suite, bits(width), secret.len() as u64).unwrap();
    let mut rng = Generator::new("additive");
    let seeds: [ShareSeed; 3] = core::array::from_fn(|_| ShareSeed::generate(&mut rng).unwrap());
    let keys = seeds.each_ref().map(|seed| sharing.stream_key(&ShareSeed::from_bytes(seed.as_bytes())));
    let mut last = secret.to_vec();
    sharing.split(&keys, 0, &mut last).unwrap();

    let streams = seeds.each_ref().map(|seed| {
        let key = stream_key_by_the_page(seed.as_bytes(), suite.id(), width, secret.len() as u64);
        let mut stream = vec![0; secret.len() * L::BYTES];
        keystream(suite, &key, 0, &mut stream).unwrap();
        stream
    });
    for (element, (share, value)) in last.iter().zip(secret).enumerate() {
        let place = element * L::BYTES..(element + 1) * L::BYTES;
        let masked = streams.iter().fold(*value, |value, stream| {
            let word = stream[place.clone()].iter().rev().fold(0, |word, byte| word << 8 | u128::from(*byte));
            value.wrapping_sub(L::from_u128(word))
        });
        assert_eq!(*share, masked.reduce(bits(width)));
    }

    let mut pieces = secret.to_vec();
    let (head, tail) = pieces.split_at_mut(cut);
    sharing.split(&keys, cut as u64, tail).unwrap();
    sharing.split(&keys, 0, head).unwrap();
    assert_eq!(pieces, last);

    // Each party adds its share to a common sum.
    let mut sum = last.clone();
    for key in &keys {
        sharing.accumulate(key, 0, &mut sum).unwrap();
    }
    let (head, tail) = pieces.split_at_mut(cut);
    sharing.reconstruct(&keys, 0, head).unwrap();
    sharing.reconstruct(&keys, cut as u64, tail).unwrap();
    let reduced: Vec<L> = secret.iter().map(|value| value.reduce(bits(width))).collect();
    assert_eq!(sum, reduced);
    assert_eq!(pieces, reduced);
}

proptest! {
    #![proptest_config(cases(48))]
    #[test]
    fn additive_shares_restore_the_vector(
        secret in proptest::collection::vec(any::<u128>(), 1..300),
        width in 1..=128u8,
        cut: Index,
        aes: bool,
    ) {
        let suite = if aes { Suite::Aes128Ctr } else { Suite::ChaCha20 };
        let cut = cut.index(secret.len());
        match width {
            0..=32 => round_trip::<u32>(suite, width, &secret.iter().map(|value| *value as u32).collect::<Vec<_>>(), cut),
            33..=64 => round_trip::<u64>(suite, width, &secret.iter().map(|value| *value as u64).collect::<Vec<_>>(), cut),
            _ => round_trip::<u128>(suite, width, &secret, cut),
        }
    }
}

/// The sum of shares is the sharing of the sum: two vectors, shared among three, added share by share.
#[test]
fn additive_shares_add() {
    let mut rng = Generator::new("additive shares add");
    let sharing = Sharing::new(Suite::ChaCha20, bits(24), 50).unwrap();
    let mut total = vec![0u32; 50];
    let mut expected = vec![0u32; 50];
    for _ in 0..2 {
        let keys = [0; 2].map(|_| sharing.stream_key(&ShareSeed::generate(&mut rng).unwrap()));
        let mut share: Vec<u32> = (0..50).map(|_| rng.word() as u32 & 0xff_ffff).collect();
        for (sum, value) in expected.iter_mut().zip(&share) {
            *sum = (*sum + value) & 0xff_ffff;
        }
        sharing.split(&keys, 0, &mut share).unwrap();
        for (sum, value) in total.iter_mut().zip(&share) {
            *sum = sum.wrapping_add(*value);
        }
        for key in &keys {
            sharing.accumulate(key, 0, &mut total).unwrap();
        }
    }
    assert_eq!(total, expected);
}

#[test]
fn additive_sharing_refuses_what_does_not_fit() {
    let mut rng = Generator::new("what does not fit");
    let sharing = Sharing::new(Suite::ChaCha20, bits(20), 10).unwrap();
    let key = sharing.stream_key(&ShareSeed::generate(&mut rng).unwrap());
    let mut values = [1u32; 4];
    let kind = |result: cloakwork_core::Result<()>| result.unwrap_err().kind();
    assert_eq!(kind(sharing.split(&[], 0, &mut values)), ErrorKind::InvalidArgument);
    assert_eq!(kind(sharing.accumulate(&key, 7, &mut values)), ErrorKind::InvalidLength);
    assert_eq!(kind(sharing.accumulate(&key, u64::MAX, &mut values)), ErrorKind::InvalidLength);
    assert_eq!(kind(sharing.accumulate(&key, 0, &mut [0u64; 4])), ErrorKind::InvalidWidth);
    assert_eq!(values, [1; 4]);
    assert_eq!(Sharing::new(Suite::ChaCha20, bits(20), 1 << 37).unwrap_err().kind(), ErrorKind::TooLong);
    assert_eq!(ShareSeed::generate(&mut Tape::empty()).unwrap_err().kind(), ErrorKind::Randomness);
}
