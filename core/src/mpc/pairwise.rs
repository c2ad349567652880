//! Seeds that each two parties have in common: inputs without a message, and sharings of zero (docs/mpc.md section 11).

use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::kdf;
use crate::mpc::correlation::Words;
use crate::mpc::dealer::{SEED_SIZE, Seed};
use crate::mpc::engine::{Content, Outgoing, Party};
use crate::prg::{Sign, StreamKey, Suite, add_stream};

/// A party's seeds with each of the others, and how many streams were taken of them. The dealer does not have them.
pub struct Pairwise {
    suite: Suite,
    index: usize,
    /// By party; the own place holds a seed that nobody uses.
    seeds: Vec<Seed>,
    next: Cell<u64>,
}

impl fmt::Debug for Pairwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pairwise({} of {})", self.index, self.seeds.len())
    }
}

impl Pairwise {
    /// Makes them: each party sends each other one 32 bytes, and a seed is the exclusive or of both directions, uniform if one of the two generators
    /// is good. 1 round, 32 bytes; the messages have to be encrypted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Randomness`] if the generator fails.
    pub async fn agree<R: TryCryptoRng>(party: &Party, suite: Suite, rng: &mut R) -> Result<Self> {
        let index = party.index();
        let mut seeds = (0..party.parties()).map(|_| Seed::generate(rng)).collect::<Result<Vec<Seed>>>()?;
        let sent = seeds.iter().enumerate().filter(|(other, _)| *other != index);
        let sent = sent.map(|(other, seed)| (other, seed.as_bytes().to_vec())).collect();
        let expected = (0..party.parties()).map(|other| if other == index { 0 } else { SEED_SIZE }).collect();
        let received = party.exchange_content(Content::Seeds, Outgoing::Each(sent), expected).await;
        for (seed, received) in seeds.iter_mut().zip(received) {
            let mut both = Zeroizing::new(*seed.as_bytes());
            for (byte, other) in both.iter_mut().zip(received.iter()) {
                *byte ^= other;
            }
            *seed = Seed::from_bytes(&both);
        }
        Ok(Self { suite, index, seeds, next: Cell::new(0) })
    }

    /// Party `index` with seeds that came by another way, by party; that in its own place is not used.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for fewer than two parties or a place that none of them has.
    pub fn new(suite: Suite, index: usize, seeds: Vec<Seed>) -> Result<Self> {
        if seeds.len() < 2 || index >= seeds.len() {
            return Err(ErrorKind::InvalidArgument.bound(seeds.len() as u64));
        }
        Ok(Self { suite, index, seeds, next: Cell::new(0) })
    }

    /// The number of the next stream. All parties ask in the same order, so they have the same.
    pub(crate) fn take(&self) -> u64 {
        let number = self.next.get();
        self.next.set(number + 1);
        number
    }

    /// Adds the words of a stream that this party has in common with another one, or takes them off.
    pub(crate) fn add(&self, number: u64, other: usize, sign: Sign, words: &mut [u64]) -> Result<()> {
        let seed = self.seeds.get(other).ok_or(ErrorKind::InvalidArgument)?;
        let mut key = Zeroizing::new([0; 32]);
        kdf::expand(seed.as_bytes(), "pairwise", &[&[self.suite.id()], &number.to_le_bytes()], &mut key[..]);
        add_stream(self.suite, &StreamKey::from_bytes(*key), sign, 0, words)
    }

    /// Shares of x again, uniform but for their sum: to each is added a share of zero, z_i = sum of the streams with those above less that of those
    /// below. Whoever knows n - 1 of the shares that x had before learns from these nothing but x. No communication.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLong`] beyond 2^38 bytes.
    pub fn rerandomized(&self, x: &[u64]) -> Result<Words> {
        let number = self.take();
        let mut out = Zeroizing::new(x.to_vec());
        for other in (0..self.seeds.len()).filter(|other| *other != self.index) {
            let sign = if other > self.index { Sign::Plus } else { Sign::Minus };
            self.add(number, other, sign, &mut out)?;
        }
        Ok(out)
    }

    /// This party's share of `count` words of party `owner`, who alone gives them: the others' shares are streams in common with it, and its own is
    /// what is missing. No communication.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] unless the owner is a party and it alone gives values; [`ErrorKind::InvalidLength`] for another number of them;
    /// [`ErrorKind::TooLong`] beyond 2^38 bytes.
    pub fn input(&self, owner: usize, count: usize, values: Option<&[u64]>) -> Result<Words> {
        if owner >= self.seeds.len() || values.is_some() != (owner == self.index) {
            return Err(ErrorKind::InvalidArgument.bound(self.seeds.len() as u64));
        }
        if values.is_some_and(|values| values.len() != count) {
            return Err(ErrorKind::InvalidLength.bound(count as u64));
        }
        let number = self.take();
        let Some(values) = values else {
            let mut share = Zeroizing::new(vec![0; count]);
            self.add(number, owner, Sign::Plus, &mut share)?;
            return Ok(share);
        };
        let mut share = Zeroizing::new(values.to_vec());
        for other in (0..self.seeds.len()).filter(|other| *other != self.index) {
            self.add(number, other, Sign::Minus, &mut share)?;
        }
        Ok(share)
    }
}
