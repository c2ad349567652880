//! Each kind of correlation, as the relation that it has to satisfy, over all parties' shares.

use cloakwork_core::mpc::correlation::{Correlation, Material};
use cloakwork_core::mpc::engine::Cost;
use cloakwork_core::mpc::local::bits::{bit, words};
use cloakwork_core::mpc::local::comparison::{Width, table_words};
use cloakwork_core::mpc::oblivious::Generator;
use cloakwork_core::prg::Suite;

use super::table::{generators, make, sum, xor};

/// Checks the shares of a correlation.
fn check(correlation: Correlation, shares: &[Material]) {
    match correlation {
        Correlation::Products { count } => {
            let (a, b) = (sum(shares, |one| one.words(0, count)), sum(shares, |one| one.words(count, count)));
            let c = sum(shares, |one| one.dependent_words(0, count));
            for ((a, b), c) in a.iter().zip(b).zip(c) {
                assert_eq!(a.wrapping_mul(b), c);
            }
        }
        Correlation::Squares { count } => {
            let a = sum(shares, |one| one.words(0, count));
            let c = sum(shares, |one| one.dependent_words(0, count));
            for (a, c) in a.iter().zip(c) {
                assert_eq!(a.wrapping_mul(*a), c);
            }
        }
        Correlation::MatrixProduct { rows, inner, columns } => {
            let a = sum(shares, |one| one.words(0, rows * inner));
            let b = sum(shares, |one| one.words(rows * inner, inner * columns));
            let c = sum(shares, |one| one.dependent_words(0, rows * columns));
            assert_eq!(c.len(), rows * columns);
            for (place, c) in c.iter().enumerate() {
                let (row, column) = (place / columns, place % columns);
                let product = |at: usize| a[row * inner + at].wrapping_mul(b[at * columns + column]);
                assert_eq!((0..inner).fold(0u64, |sum, at| sum.wrapping_add(product(at))), *c);
            }
        }
        Correlation::Masks { count, fraction, width } => {
            let r = sum(shares, |one| one.words(0, count));
            if let Some(fraction) = fraction {
                let shifted = sum(shares, |one| one.dependent_words(0, count));
                let top = sum(shares, |one| one.dependent_words(count, count));
                for ((r, shifted), top) in r.iter().zip(shifted).zip(top) {
                    assert_eq!((shifted, top), ((r & (u64::MAX >> 1)) >> fraction, r >> 63));
                }
            }
            if let Some(width) = width {
                check_tables(width, &r, shares);
            }
        }
        Correlation::Selectors { count, width } => {
            let r = sum(shares, |one| one.words(0, count));
            let beta = sum(shares, |one| one.dependent_words(0, count));
            let product = sum(shares, |one| one.dependent_words(count, count));
            let lowest = xor(shares, |one| one.dependent_words(0, count));
            for (((r, beta), product), lowest) in r.iter().zip(beta).zip(product).zip(lowest) {
                assert!(beta <= 1);
                assert_eq!((product, lowest & 1), (beta * r, beta));
            }
            check_tables(width, &r, shares);
        }
        Correlation::Bits { count } => {
            let beta = sum(shares, |one| one.dependent_words(0, count));
            let lowest = xor(shares, |one| one.dependent_words(0, count));
            assert_eq!(beta.len(), count);
            for (beta, lowest) in beta.iter().zip(lowest) {
                assert!(*beta <= 1);
                assert_eq!(lowest & 1, *beta);
            }
        }
        Correlation::Ands { count } => {
            let words = words(count);
            let (a, b) = (xor(shares, |one| one.bits(0, words)), xor(shares, |one| one.bits(words, words)));
            let c = xor(shares, |one| one.dependent_bits(0, words));
            for place in 0..count {
                assert_eq!(bit(&a, place) & bit(&b, place), bit(&c, place));
            }
        }
        Correlation::SharedAnds { count } => {
            let words = words(count);
            let factor = |number: usize| xor(shares, |one| one.bits(number * words, words));
            let product = |number: usize| xor(shares, |one| one.dependent_bits(number * words, words));
            for place in 0..count {
                for number in [0, 1] {
                    assert_eq!(bit(&factor(0), place) & bit(&factor(1 + number), place), bit(&product(number), place));
                }
            }
        }
    }
}

fn check_tables(width: Width, r: &[u64], shares: &[Material]) {
    let words = table_words(r.len());
    for chunk in 0..width.chunks() {
        let tables = xor(shares, |one| one.dependent_bits(chunk * words, words));
        for (place, r) in r.iter().enumerate() {
            let found = (tables[place >> 2] >> (16 * (place & 3))) & 0xffff;
            let kept = r & (u64::MAX >> (64 - width.bits()));
            assert_eq!(found, 1 << ((kept >> (4 * chunk)) & 15), "chunk {chunk} of mask {place}, {width:?}");
        }
    }
}

fn low(bits: u32) -> Width {
    Width::low(bits).unwrap()
}

fn signed(bits: u32) -> Width {
    Width::signed(bits).unwrap()
}

/// Every kind, in every shape that its code distinguishes.
fn kinds(count: usize) -> Vec<Correlation> {
    let mut kinds = vec![
        Correlation::Products { count },
        Correlation::Squares { count },
        Correlation::Bits { count },
        Correlation::Ands { count },
        Correlation::SharedAnds { count },
        Correlation::Masks { count, fraction: None, width: None },
        Correlation::Selectors { count, width: signed(64) },
        Correlation::Selectors { count, width: low(5) },
    ];
    kinds.extend([0, 1, 16, 62].map(|fraction| Correlation::Masks { count, fraction: Some(fraction), width: None }));
    kinds.extend([1, 4, 30, 62].map(|bits| Correlation::Masks { count, fraction: Some(bits), width: Some(low(bits)) }));
    kinds.extend(
        [low(1), low(4), low(64), signed(2), signed(17), signed(32), signed(63), signed(64)]
            .map(|width| Correlation::Masks { count, fraction: None, width: Some(width) }),
    );
    kinds
}

fn check_all(generators: &mut [Generator], kinds: &[Correlation]) {
    for kind in kinds {
        let (shares, _) = make(generators, *kind);
        check(*kind, &shares);
    }
}

#[test]
fn every_kind_for_two_three_and_five_parties() {
    for (parties, counts) in [(2, [1, 65, 130]), (3, [0, 64, 67]), (5, [1, 3, 66])] {
        let mut generators = generators(Suite::Aes128Ctr, parties, 0);
        for count in counts {
            check_all(&mut generators, &kinds(count));
        }
    }
}

#[test]
fn every_kind_without_aes() {
    let mut generators = generators(Suite::ChaCha20, 3, 0);
    check_all(&mut generators, &kinds(5));
}

/// Shapes that are cut into pieces and columns, that are transposed, and that are empty.
#[test]
fn matrices() {
    let shapes = [
        [1, 1, 1],
        [3, 4, 5],
        [5, 4, 3],
        [1, 70, 1],
        [4, 1, 3],
        [2, 0, 3],
        [0, 2, 3],
        [3, 2, 0],
        [2, 3, 130],
        [130, 3, 2],
        [2, 40, 70],
        [33, 33, 33],
    ];
    for parties in [2, 3] {
        let mut generators = generators(Suite::Aes128Ctr, parties, 0);
        let kinds = shapes.map(|[rows, inner, columns]| Correlation::MatrixProduct { rows, inner, columns });
        check_all(&mut generators, &kinds);
    }
}

/// More than one piece of each kind.
#[test]
fn long_correlations_are_made_in_pieces() {
    let mut generators = generators(Suite::Aes128Ctr, 2, 0);
    let kinds = [
        Correlation::Products { count: 2048 + 5 },
        Correlation::Squares { count: 2 * 2048 },
        Correlation::Masks { count: 2048 + 70, fraction: Some(20), width: Some(low(20)) },
        Correlation::Selectors { count: 2 * 2048 + 3, width: signed(64) },
        Correlation::Bits { count: 64 * 2048 + 1 },
        Correlation::Ands { count: 64 * 2048 + 64 },
    ];
    check_all(&mut generators, &kinds);
}

/// Fresh ones for the same list: nothing that two correlations of a party have is the same.
#[test]
fn nothing_comes_twice() {
    let mut generators = generators(Suite::Aes128Ctr, 2, 0);
    let kind = Correlation::Products { count: 100 };
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (shares, _) = make(&mut generators, kind);
        for share in &shares {
            seen.extend_from_slice(share.words(0, 200));
            seen.extend_from_slice(share.dependent_words(0, 100));
        }
    }
    let length = seen.len();
    seen.sort_unstable();
    seen.dedup();
    // 1800 uniform words have a pair with probability 2^-43.
    assert_eq!((seen.len(), length), (1800, 1800));
}

/// The formulas of docs/mpc.md section 13: 256 bytes for 64 choices, 260 for a product, 8 for a word, an eighth for a bit. What party 0 sends in steps goes to
/// another party in each.
#[test]
fn costs() {
    for (parties, steps) in [(2u64, 1u64), (3, 2), (5, 4)] {
        let mut generators = generators(Suite::Aes128Ctr, parties as usize, 0);
        super::table::play(&mut generators);
        assert_eq!(generators[0].cost(), Cost { rounds: 2, bytes: 8224 + 6144, corrections: 0 });
        let mut cost = |kind| make(&mut generators, kind).1;
        assert_eq!(cost(Correlation::Products { count: 100 }), Cost { rounds: 2, bytes: 100 * 516, corrections: 0 });
        assert_eq!(cost(Correlation::Ands { count: 640 }), Cost { rounds: 2, bytes: 10 * (256 + 8), corrections: 0 });
        let shared = cost(Correlation::SharedAnds { count: 640 });
        assert_eq!(shared, Cost { rounds: 2, bytes: 10 * (256 + 16), corrections: 0 });
        // Party 0 offers only: nothing for the choices, and something for each other party's bits.
        let bits = cost(Correlation::Bits { count: 640 });
        assert_eq!(bits, Cost { rounds: 1 + steps, bytes: steps * 640 * 8, corrections: 0 });
        let mask = Correlation::Masks { count: 64, fraction: None, width: Some(signed(64)) };
        // 64 bits as words, 16 vectors of 5 choices and 11 products of bits.
        let rounds = 4.max(1 + steps);
        let bytes = steps * 64 * 64 * 8 + 16 * (5 * 256 + 11 * 8);
        assert_eq!(cost(mask), Cost { rounds, bytes, corrections: 0 });
        // As many again, each with its bit, twice a word.
        let selector = Correlation::Selectors { count: 64, width: signed(64) };
        let extra = Cost { rounds: rounds + 1 + parties, bytes: bytes + 256 + steps * 64 * 16, corrections: 0 };
        assert_eq!(cost(selector), extra);
    }
}
