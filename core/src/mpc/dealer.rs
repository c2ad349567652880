//! A dealer of correlated randomness and what the parties make of its seeds (docs/mpc.md section 3).
//!
//! The dealer gives each party a seed, once; after that it sends corrections to one party and hears nothing but which correlations are wanted. It could open
//! every masked value that it saw, so it must see none: it is no party, and relays no message.
//!
//! Where dealer and parties are not in one program, a [`Service`] takes a [`Request`] at a time and gives corrections in pieces, which a [`Delivery`] puts together at the
//! corrected party.

mod delivery;
pub(in crate::mpc) mod fields;
mod kinds;
mod request;
mod service;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::error::{ErrorKind, Result};
use crate::kdf;
use crate::mpc::correlation::{Correlation, Layout, Material, Words};
use crate::prg::{Sign, StreamKey, Suite, add_stream};
use crate::random;
use crate::ring::Lane;

pub use self::delivery::Delivery;
pub use self::fields::Fields;
pub use self::request::{MOST_BYTES, MOST_CORRELATIONS, MOST_WORDS, Query, Request, Requested};
pub use self::service::{Dealing, PIECE_BYTES, PIECE_WORDS, Piece, Service};
pub(in crate::mpc) use self::{request::matrices_fit, service::seeds};

/// Bytes of a seed.
pub const SEED_SIZE: usize = 32;

/// What a party's shares of all correlations of a session are expanded from.
#[derive(ZeroizeOnDrop)]
pub struct Seed([u8; SEED_SIZE]);

impl Seed {
    /// A new seed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Randomness`] if the generator fails.
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self> {
        let mut seed = Self([0; SEED_SIZE]);
        random::fill(rng, &mut seed.0)?;
        Ok(seed)
    }

    /// The seed with these bytes, as its party received them.
    #[must_use]
    pub const fn from_bytes(bytes: &[u8; SEED_SIZE]) -> Self {
        Self(*bytes)
    }

    /// The bytes to send to its party, over a channel that nobody else reads.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SEED_SIZE] {
        &self.0
    }

    /// Adds `words` words of the stream of a correlation. Each has a number of its own, and so a stream of its own.
    pub(in crate::mpc) fn add(&self, suite: Suite, number: u64, words: &mut [u64]) -> Result<()> {
        self.add_labelled("correlation", suite, number, words)
    }

    /// The same for another use of the seed, which has a label of its own.
    pub(in crate::mpc) fn add_labelled<L: Lane>(
        &self,
        label: &str,
        suite: Suite,
        number: u64,
        words: &mut [L],
    ) -> Result<()> {
        let mut key = Zeroizing::new([0; 32]);
        kdf::expand(&self.0, label, &[&[suite.id()], &number.to_le_bytes()], &mut key[..]);
        add_stream(suite, &StreamKey::from_bytes(*key), Sign::Plus, 0, words)
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// Knows all seeds, and so every share of all correlations.
#[derive(Debug)]
pub struct Dealer {
    suite: Suite,
    seeds: Vec<Seed>,
    own: Seed,
    corrected: usize,
    next: u64,
}

impl Dealer {
    /// The dealer of a session with these parties' seeds, of which `corrected` gets the corrections.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for fewer than two parties or a party that is none of them.
    pub fn new(suite: Suite, seeds: Vec<Seed>, own: Seed, corrected: usize) -> Result<Self> {
        if seeds.len() < 2 || corrected >= seeds.len() {
            return Err(ErrorKind::InvalidArgument.bound(seeds.len() as u64));
        }
        Ok(Self { suite, seeds, own, corrected, next: 0 })
    }

    /// The corrections of correlation `number` of the session, which have to be asked for in order and are given once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`], with the number that is next, for any other.
    pub fn deal(&mut self, number: u64, correlation: &Correlation) -> Result<Words> {
        if number != self.next {
            return Err(ErrorKind::OutOfOrder.bound(self.next));
        }
        let layout = correlation.layout();
        // The sums of the free vectors need every share; of the dependent ones all shares but the corrected one are known.
        let mut sums = Zeroizing::new(vec![0u64; layout.total()]);
        let mut others = Zeroizing::new(vec![0u64; layout.total()]);
        let mut share = Zeroizing::new(vec![0u64; layout.total()]);
        for (party, seed) in self.seeds.iter().enumerate() {
            share.fill(0);
            seed.add(self.suite, number, &mut share)?;
            combine(layout, &share, &mut sums);
            if party != self.corrected {
                combine(layout, &share, &mut others);
            }
        }
        let mut drawn = Zeroizing::new(vec![0u64; layout.drawn]);
        self.own.add(self.suite, number, &mut drawn)?;
        let mut made = Zeroizing::new(vec![0u64; layout.dependent()]);
        let (free, _) = sums.split_at(layout.free_words + layout.free_bits);
        let (words, bits) = free.split_at(layout.free_words);
        let (out_words, out_bits) = made.split_at_mut(layout.words);
        correlation.complete(words, bits, &drawn, out_words, out_bits);
        let (_, known) = others.split_at(layout.free_words + layout.free_bits);
        let (known_words, known_bits) = known.split_at(layout.words);
        for (made, known) in out_words.iter_mut().zip(known_words) {
            *made = made.wrapping_sub(*known);
        }
        for (made, known) in out_bits.iter_mut().zip(known_bits) {
            *made ^= known;
        }
        self.next += 1;
        Ok(made)
    }
}

/// Adds a share to a sum: words add up, bits by exclusive or.
fn combine(layout: Layout, share: &[u64], sum: &mut [u64]) {
    let kinds = [(layout.free_words, true), (layout.free_bits, false), (layout.words, true), (layout.bits, false)];
    let mut start = 0;
    for (length, additive) in kinds {
        let places = start..start + length;
        start += length;
        let (Some(sum), Some(share)) = (sum.get_mut(places.clone()), share.get(places)) else { return };
        for (sum, share) in sum.iter_mut().zip(share) {
            *sum = if additive { sum.wrapping_add(*share) } else { *sum ^ share };
        }
    }
}

/// Where a party takes its shares of correlations from.
pub trait Preprocessing {
    /// This party's share of correlation `number` of the session; `None` until more has come from outside. What is missing has to be missing at all
    /// parties alike: correlations are counted in the order in which protocols ask, and a protocol that waits lets others ask before it goes on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] for a number that was asked for before: no correlation is used twice.
    fn draw(&mut self, number: u64, correlation: &Correlation) -> Result<Option<Material>>;
}

/// Where the corrected party takes corrections from; it may wait for them, and fails where it cannot.
pub type Corrections = Box<dyn FnMut(u64, &Correlation) -> Result<Words>>;

/// A party's seed and, for the corrected one, its corrections.
pub struct Dealt {
    suite: Suite,
    seed: Seed,
    corrections: Option<Corrections>,
    next: u64,
}

impl Dealt {
    /// A party that is not corrected: its seed is all that it needs.
    #[must_use]
    pub fn seeded(suite: Suite, seed: Seed) -> Self {
        Self { suite, seed, corrections: None, next: 0 }
    }

    /// The corrected party.
    #[must_use]
    pub fn corrected(suite: Suite, seed: Seed, corrections: Corrections) -> Self {
        Self { suite, seed, corrections: Some(corrections), next: 0 }
    }
}

impl fmt::Debug for Dealt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dealt(..)")
    }
}

impl Preprocessing for Dealt {
    fn draw(&mut self, number: u64, correlation: &Correlation) -> Result<Option<Material>> {
        if number != self.next {
            return Err(ErrorKind::OutOfOrder.bound(self.next));
        }
        let layout = correlation.layout();
        let corrections = match &mut self.corrections {
            None => None,
            Some(source) => Some(source(number, correlation)?),
        };
        let mut shares = Zeroizing::new(vec![0u64; layout.total()]);
        self.seed.add(self.suite, number, &mut shares)?;
        if let Some(corrections) = corrections {
            let (_, dependent) = shares.split_at_mut(layout.free_words + layout.free_bits);
            if corrections.len() != dependent.len() {
                return Err(ErrorKind::Malformed.bound(dependent.len() as u64));
            }
            dependent.copy_from_slice(&corrections);
        }
        self.next += 1;
        Ok(Some(Material::new(layout, shares)))
    }
}
