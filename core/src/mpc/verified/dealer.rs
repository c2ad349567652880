//! A dealer of authenticated randomness and what the parties make of its seeds (docs/mpc.md section 16).
//!
//! As in [`crate::mpc::dealer`] the dealer gives each party a seed, then corrections to one of them, and hears nothing but which correlations are wanted. It knows
//! the key of all MACs, so it must work with no party: it is trusted to follow the protocol, and parties need not be.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::error::{ErrorKind, Result};
use crate::kdf;
use crate::mpc::dealer::Seed;
use crate::mpc::verified::authenticated::WideWords;
use crate::mpc::verified::correlation::{Correlation, Material};
use crate::prg::Suite;

/// The stream of a party's shares, and that of the words which it knows.
const SHARES: &str = "authenticated correlation";
const KNOWN: &str = "authenticated known";

/// A party's share of the key of all MACs of a session: uniform in 0 ... 2^64 - 1. The key is their sum, mod 2^128.
#[derive(ZeroizeOnDrop)]
pub struct MacKey(u128);

impl MacKey {
    /// The share that belongs to a seed.
    fn of(seed: &Seed) -> Self {
        let mut bytes = Zeroizing::new([0; 8]);
        kdf::expand(seed.as_bytes(), "authenticated key", &[], &mut bytes[..]);
        Self(u64::from_le_bytes(*bytes).into())
    }

    pub(super) const fn zero() -> Self {
        Self(0)
    }

    pub(super) const fn word(&self) -> u128 {
        self.0
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(..)")
    }
}

/// Knows all seeds, and so every share of all correlations and the key.
#[derive(Debug)]
pub struct Dealer {
    suite: Suite,
    seeds: Vec<Seed>,
    key: MacKey,
    corrected: usize,
    next: u64,
}

impl Dealer {
    /// A dealer for as many parties as there are seeds. All but party `corrected` need their seed alone. Seeds of a [`crate::mpc::dealer::Dealer`] of the same session
    /// may be the same: the streams differ.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for fewer than two parties, or if there is no party `corrected`.
    pub fn new(suite: Suite, seeds: Vec<Seed>, corrected: usize) -> Result<Self> {
        if seeds.len() < 2 || corrected >= seeds.len() {
            return Err(ErrorKind::InvalidArgument.bound(seeds.len() as u64));
        }
        let key = MacKey(seeds.iter().fold(0, |sum: u128, seed| sum.wrapping_add(MacKey::of(seed).0)));
        Ok(Self { suite, seeds, key, corrected, next: 0 })
    }

    /// The party that gets the corrections.
    pub(super) const fn corrected(&self) -> usize {
        self.corrected
    }

    pub(super) fn seeds(&self) -> &[Seed] {
        &self.seeds
    }

    /// The corrections of correlation `number` of the session, which have to be asked for in order and are given once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`], with the number that is next, for any other; [`ErrorKind::InvalidArgument`] for an owner that is no party.
    pub fn deal(&mut self, number: u64, correlation: &Correlation) -> Result<WideWords> {
        if number != self.next {
            return Err(ErrorKind::OutOfOrder.bound(self.next));
        }
        let layout = correlation.layout();
        let mut known = Zeroizing::new(Vec::new());
        if let Correlation::Known { owner, count } = *correlation {
            let seed = self.seeds.get(owner);
            let seed = seed.ok_or_else(|| ErrorKind::InvalidArgument.bound(self.seeds.len() as u64))?;
            known = words_known(seed, self.suite, number, count)?;
        }
        // Sums of the shares of the free words take in those of all parties; what depends needs the shares of all but the corrected one.
        let mut sums = Zeroizing::new(vec![0u128; layout.free]);
        let mut others = Zeroizing::new(vec![0u128; layout.total()]);
        for (party, seed) in self.seeds.iter().enumerate() {
            if party == self.corrected {
                seed.add_labelled(SHARES, self.suite, number, &mut sums)?;
            } else {
                seed.add_labelled(SHARES, self.suite, number, &mut others)?;
            }
        }
        for (sum, other) in sums.iter_mut().zip(others.iter()) {
            *sum = sum.wrapping_add(*other);
        }
        let mut made = Zeroizing::new(vec![0u128; layout.corrections()]);
        let (dependent, macs) = made.split_at_mut(layout.dependent);
        correlation.complete(&sums, &known, dependent);
        for (mac, value) in macs.iter_mut().zip(sums.iter().chain(dependent.iter())) {
            *mac = self.key.0.wrapping_mul(*value);
        }
        for (made, known) in made.iter_mut().zip(others.iter().skip(layout.free)) {
            *made = made.wrapping_sub(*known);
        }
        self.next += 1;
        Ok(made)
    }
}

/// The words of a correlation that the party with this seed knows.
fn words_known(seed: &Seed, suite: Suite, number: u64, count: usize) -> Result<WideWords> {
    let mut words = Zeroizing::new(vec![0u128; count]);
    seed.add_labelled(KNOWN, suite, number, &mut words)?;
    Ok(words)
}

/// Where a party takes its shares of authenticated randomness from.
pub trait Preprocessing {
    /// This party's share of the key.
    fn key(&self) -> MacKey;

    /// This party's share of correlation `number` of the session.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] for a number that is not the next: no correlation is used twice.
    fn draw(&mut self, number: u64, correlation: &Correlation) -> Result<Material>;
}

/// Where the corrected party takes corrections from; it may wait for them, and fails where it cannot.
pub type Corrections = Box<dyn FnMut(u64, &Correlation) -> Result<WideWords>>;

/// A party's seed and, for the corrected one, its corrections.
pub struct Dealt {
    suite: Suite,
    index: usize,
    seed: Seed,
    corrections: Option<Corrections>,
    next: u64,
}

impl Dealt {
    /// Party `index`, which is not corrected: its seed is all that it needs.
    #[must_use]
    pub fn seeded(suite: Suite, index: usize, seed: Seed) -> Self {
        Self { suite, index, seed, corrections: None, next: 0 }
    }

    /// Party `index`, the corrected one.
    #[must_use]
    pub fn corrected(suite: Suite, index: usize, seed: Seed, corrections: Corrections) -> Self {
        Self { suite, index, seed, corrections: Some(corrections), next: 0 }
    }
}

impl fmt::Debug for Dealt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dealt(..)")
    }
}

impl Preprocessing for Dealt {
    fn key(&self) -> MacKey {
        MacKey::of(&self.seed)
    }

    fn draw(&mut self, number: u64, correlation: &Correlation) -> Result<Material> {
        if number != self.next {
            return Err(ErrorKind::OutOfOrder.bound(self.next));
        }
        let layout = correlation.layout();
        let mut shares = Zeroizing::new(vec![0u128; layout.total()]);
        self.seed.add_labelled(SHARES, self.suite, number, &mut shares)?;
        if let Some(source) = &mut self.corrections {
            let corrections = source(number, correlation)?;
            let (_, corrected) = shares.split_at_mut(layout.free);
            if corrections.len() != corrected.len() {
                return Err(ErrorKind::Malformed.bound(corrected.len() as u64));
            }
            corrected.copy_from_slice(&corrections);
        }
        let known = match *correlation {
            Correlation::Known { owner, count } if owner == self.index => {
                words_known(&self.seed, self.suite, number, count)?
            }
            _ => Zeroizing::new(Vec::new()),
        };
        self.next += 1;
        Ok(Material::new(layout, shares, known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mpc::local::authenticated::low;

    fn seeds(parties: u8) -> Vec<Seed> {
        (0..parties).map(|party| Seed::from_bytes(&[party + 1; 32])).collect()
    }

    fn sources(suite: Suite, parties: u8, corrected: usize) -> Vec<Dealt> {
        let mut dealer = Dealer::new(suite, seeds(parties), corrected).unwrap();
        let mut corrections: Option<Corrections> =
            Some(Box::new(move |number, correlation| dealer.deal(number, correlation)));
        let seeds = seeds(parties).into_iter().enumerate();
        seeds
            .map(|(index, seed)| match corrections.take_if(|_| index == corrected) {
                Some(corrections) => Dealt::corrected(suite, index, seed, corrections),
                None => Dealt::seeded(suite, index, seed),
            })
            .collect()
    }

    /// Each relation that a correlation states, for the sums of words of 128 bits.
    fn holds(correlation: Correlation, words: &[u128], known: &[u128]) {
        match correlation {
            Correlation::Known { .. } => assert_eq!(words, known),
            Correlation::Masks { .. } => {}
            Correlation::Products { count } => {
                (0..count).for_each(|at| assert_eq!(words[2 * count + at], words[at].wrapping_mul(words[count + at])));
            }
            Correlation::Squares { count } => {
                (0..count).for_each(|at| assert_eq!(words[count + at], words[at].wrapping_mul(words[at])));
            }
            Correlation::MatrixProduct { rows, inner, columns } => {
                let (left, others) = words.split_at(rows * inner);
                let (right, made) = others.split_at(inner * columns);
                for (place, made) in made.iter().enumerate() {
                    let (row, column) = (place / columns, place % columns);
                    let terms = (0..inner).map(|at| left[row * inner + at].wrapping_mul(right[at * columns + column]));
                    assert_eq!(*made, terms.fold(0, u128::wrapping_add));
                }
            }
            Correlation::Truncations { count, fraction } => {
                for at in 0..count {
                    let r = low(words[at]);
                    assert_eq!(words[count + at], u128::from((r & (u64::MAX >> 1)) >> fraction));
                    assert_eq!(words[2 * count + at], u128::from(r >> 63));
                }
            }
        }
    }

    #[test]
    fn relations_and_macs_hold() {
        let wanted = [
            Correlation::Known { owner: 1, count: 3 },
            Correlation::Masks { count: 2 },
            Correlation::Products { count: 5 },
            Correlation::Squares { count: 4 },
            Correlation::MatrixProduct { rows: 2, inner: 3, columns: 4 },
            Correlation::MatrixProduct { rows: 2, inner: 0, columns: 1 },
            Correlation::Truncations { count: 4, fraction: 13 },
            Correlation::Known { owner: 0, count: 2 },
        ];
        // Miri, which takes long, looks at less.
        for (parties, corrected) in [(2u8, 1), (2, 0), (3, 1), (5, 4)].into_iter().take(if cfg!(miri) { 1 } else { 4 })
        {
            let mut sources = sources(Suite::ChaCha20, parties, corrected);
            let key = sources.iter().fold(0u128, |sum, source| sum.wrapping_add(source.key().word()));
            assert!(key > u64::MAX.into() || key > 1 << 60);
            for (number, correlation) in (0u64..).zip(&wanted) {
                let materials: Vec<Material> =
                    sources.iter_mut().map(|source| source.draw(number, correlation).unwrap()).collect();
                let count = correlation.layout().values();
                let sum = |share: &dyn Fn(&Material) -> Vec<u128>| {
                    materials.iter().fold(vec![0u128; count], |mut sum, one| {
                        sum.iter_mut().zip(share(one)).for_each(|(sum, share)| *sum = sum.wrapping_add(share));
                        sum
                    })
                };
                let words = sum(&|one| one.values(0, count).to_vec());
                let macs = sum(&|one| one.macs(0, count).to_vec());
                assert!(words.iter().zip(&macs).all(|(word, mac)| key.wrapping_mul(*word) == *mac));
                let owner = if let Correlation::Known { owner, .. } = correlation { Some(*owner) } else { None };
                for (party, one) in materials.iter().enumerate() {
                    assert_eq!(one.known().is_empty(), owner != Some(party));
                }
                holds(*correlation, &words, owner.map_or(&[], |owner| materials[owner].known()));
            }
        }
    }

    /// Streams of different correlations, of different uses of a seed, and of different suites have nothing in common.
    #[test]
    fn streams_differ() {
        let mut all = Vec::new();
        for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
            let mut source = Dealt::seeded(suite, 0, Seed::from_bytes(&[7; 32]));
            for number in 0..4 {
                let drawn = source.draw(number, &Correlation::Known { owner: 0, count: 4 }).unwrap();
                all.extend(drawn.values(0, 4).iter().chain(drawn.macs(0, 4)).chain(drawn.known()).copied());
            }
            let mut unverified = [0u128; 4];
            Seed::from_bytes(&[7; 32]).add_labelled("correlation", suite, 0, &mut unverified).unwrap();
            all.extend(unverified);
        }
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn misuse_is_refused() {
        for (parties, corrected) in [(1, 0), (2, 2)] {
            let refused = Dealer::new(Suite::ChaCha20, seeds(parties), corrected).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
        }
        let mut dealer = Dealer::new(Suite::ChaCha20, seeds(2), 0).unwrap();
        let wanted = Correlation::Masks { count: 1 };
        assert_eq!(dealer.deal(1, &wanted).unwrap_err().bound(), Some(0));
        let foreign = Correlation::Known { owner: 2, count: 1 };
        assert_eq!(dealer.deal(0, &foreign).unwrap_err().kind(), ErrorKind::InvalidArgument);
        assert!(dealer.deal(0, &wanted).is_ok());
        assert_eq!(dealer.deal(0, &wanted).unwrap_err().kind(), ErrorKind::OutOfOrder);
        // Corrections of another length are no corrections.
        let short: Corrections = Box::new(|_, _| Ok(Zeroizing::new(vec![1])));
        let mut source = Dealt::corrected(Suite::ChaCha20, 0, Seed::from_bytes(&[1; 32]), short);
        let refused = source.draw(0, &Correlation::Products { count: 1 }).unwrap_err();
        assert_eq!((refused.kind(), refused.bound()), (ErrorKind::Malformed, Some(4)));
    }
}
