//! What is made looks uniform, to all parties together where it should be and to each one by itself always.
//!
//! Every count of heads among N coins is compared with N / 2 within 6.5 standard deviations: a false alarm has probability 8.1e-11 each. The seeds are fixed, so a test that has passed passes.

use cloakwork_core::mpc::correlation::Correlation;
use cloakwork_core::mpc::local::comparison::Width;
use cloakwork_core::prg::Suite;

use super::table::{generators, make, sum, xor};

/// Each bit of the words is 0 as often as 1, and so is the exclusive or of any two neighbouring ones, and that of a bit and the same one of the next word.
fn look_uniform(words: &[u64], bits: u32, what: &str) {
    let limit = 6.5 * (words.len() as f64 / 4.0).sqrt();
    let count = |what: &str, of: &dyn Fn(usize) -> u64| {
        let heads: u64 = (0..words.len()).map(|place| of(place) & 1).sum();
        let distance = (heads as f64 - words.len() as f64 / 2.0).abs();
        assert!(distance <= limit, "{what}: {heads} of {}", words.len());
    };
    for bit in 0..bits {
        count(&format!("{what}, bit {bit}"), &|place| words[place] >> bit);
        count(&format!("{what}, bits {bit}"), &|place| (words[place] ^ words[(place + 1) % words.len()]) >> bit);
        if bit + 1 < bits {
            count(&format!("{what}, bits {bit} and next"), &|place| (words[place] ^ (words[place] >> 1)) >> bit);
        }
    }
}

const COUNT: usize = 4096;

/// Shares of one party, and secrets, of all kinds of words: 49 lists of at most 191 counts, so a false alarm over all of them has probability 8e-7.
#[test]
fn words_are_uniform() {
    for parties in [2, 3] {
        let mut generators = generators(Suite::Aes128Ctr, parties, 0);
        let width = Width::signed(64).unwrap();
        let (shares, _) = make(&mut generators, Correlation::Selectors { count: COUNT, width });
        let r = sum(&shares, |one| one.words(0, COUNT));
        look_uniform(&r, 64, "r");
        look_uniform(&sum(&shares, |one| one.dependent_words(0, COUNT)), 1, "beta");
        for share in &shares {
            look_uniform(share.words(0, COUNT), 64, "share of r");
            look_uniform(share.dependent_words(0, COUNT), 64, "share of beta");
            look_uniform(share.dependent_words(COUNT, COUNT), 64, "share of beta r");
            // A party's share says nothing of the mask.
            let both: Vec<u64> = r.iter().zip(share.words(0, COUNT)).map(|(r, share)| r ^ share).collect();
            look_uniform(&both, 64, "r and its share");
            for chunk in [0, 15] {
                let tables = share.dependent_bits(chunk * (COUNT >> 2), COUNT >> 2);
                look_uniform(tables, 64, "share of the vectors");
            }
        }
        let (shares, _) = make(&mut generators, Correlation::Products { count: COUNT });
        let c = sum(&shares, |one| one.dependent_words(0, COUNT));
        for share in &shares {
            let own = share.dependent_words(0, COUNT);
            look_uniform(own, 64, "share of c");
            let both: Vec<u64> = c.iter().zip(own).map(|(c, share)| c ^ share).collect();
            look_uniform(&both, 64, "c and its share");
            // Nor does it repeat what a party computes by itself.
            let local: Vec<u64> =
                share.words(0, COUNT).iter().zip(share.words(COUNT, COUNT)).map(|(a, b)| a.wrapping_mul(*b)).collect();
            let rest: Vec<u64> = local.iter().zip(own).map(|(local, share)| share.wrapping_sub(*local)).collect();
            look_uniform(&rest, 64, "share of c without its own product");
        }
    }
}

/// Products of bits: 1 in a quarter, shares in half of all places: 16 lists of 191 counts, a false alarm with probability 3e-7.
#[test]
fn bits_are_uniform() {
    for parties in [2, 3] {
        let mut generators = generators(Suite::Aes128Ctr, parties, 0);
        let words = COUNT;
        let (shares, _) = make(&mut generators, Correlation::SharedAnds { count: 64 * words });
        for number in 0..3 {
            look_uniform(&xor(&shares, |one| one.bits(number * words, words)), 64, "factor");
        }
        for share in &shares {
            look_uniform(share.dependent_bits(0, words), 64, "share of a b");
            look_uniform(share.dependent_bits(words, words), 64, "share of a c");
        }
        let product = xor(&shares, |one| one.dependent_bits(0, words));
        let ones: u32 = product.iter().map(|word| word.count_ones()).sum();
        let bits = 64.0 * words as f64;
        assert!((f64::from(ones) - bits / 4.0).abs() <= 6.5 * (bits * 3.0 / 16.0).sqrt(), "{ones} of {bits}");
    }
}

/// What goes over a line is masked by what its receiver does not know: each byte of it as likely as any other. Chi-squared with 255 degrees of freedom is above 420 with probability 4e-10.
#[test]
fn messages_look_uniform() {
    let mut generators = generators(Suite::Aes128Ctr, 2, 0);
    super::table::play(&mut generators);
    for generator in &mut generators {
        drop(generator.begin(&[Correlation::Products { count: 2000 }]).unwrap());
    }
    let mut rounds = 0;
    while generators.iter_mut().all(|one| one.advance().unwrap() == cloakwork_core::mpc::engine::Progress::Exchange) {
        let messages = [generators[0].message(1), generators[1].message(0)];
        for message in &messages {
            let mut counts = [0f64; 256];
            for byte in &message[8..] {
                counts[usize::from(*byte)] += 1.0;
            }
            let mean = (message.len() - 8) as f64 / 256.0;
            let chi: f64 = counts.iter().map(|count| (count - mean).powi(2) / mean).sum();
            assert!(chi < 420.0, "round {rounds}: {chi}");
        }
        generators[1].receive(0, &messages[0]).unwrap();
        generators[0].receive(1, &messages[1]).unwrap();
        rounds += 1;
    }
    assert_eq!(rounds, 2);
}
