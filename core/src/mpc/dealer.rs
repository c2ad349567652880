//! A dealer of correlated randomness and what the parties make of its seeds (docs/mpc.md section 3).
//!
//! The dealer gives each party a seed, once; after that it sends corrections to one party and hears nothing but which correlations are wanted. It could open
//! every masked value that it saw, so it must see none: it is no party, and relays no message.
//!
//! Where dealer and parties are not in one program, a [`Service`] takes a [`Request`] at a time and gives corrections in pieces, which a [`Delivery`] puts together at the
//! corrected party.

mod dealing;
mod delivery;
pub(in crate::mpc) mod fields;
mod kinds;
mod request;
mod service;

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::error::{ErrorKind, Result};
use crate::kdf;
use crate::mpc::correlation::{Correlation, Material, Words, filled};
use crate::prg::{Sign, StreamKey, Suite, add_stream};
use crate::random;
use crate::ring::Lane;

use self::delivery::Arrivals;
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

    /// The key of the stream of a correlation. Each has a number of its own, and so a stream of its own.
    pub(in crate::mpc) fn stream(&self, suite: Suite, number: u64) -> StreamKey {
        self.labelled_stream("correlation", suite, number)
    }

    /// Adds the first words of that stream.
    pub(in crate::mpc) fn add(&self, suite: Suite, number: u64, words: &mut [u64]) -> Result<()> {
        add_stream(suite, &self.stream(suite, number), Sign::Plus, 0, words)
    }

    /// The same for another use of the seed, which has a label of its own.
    pub(in crate::mpc) fn add_labelled<L: Lane>(
        &self,
        label: &str,
        suite: Suite,
        number: u64,
        words: &mut [L],
    ) -> Result<()> {
        add_stream(suite, &self.labelled_stream(label, suite, number), Sign::Plus, 0, words)
    }

    fn labelled_stream(&self, label: &str, suite: Suite, number: u64) -> StreamKey {
        let mut key = Zeroizing::new([0; 32]);
        kdf::expand(&self.0, label, &[&[suite.id()], &number.to_le_bytes()], &mut key[..]);
        StreamKey::from_bytes(*key)
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
        let made = dealing::deal(self.suite, &self.seeds, &self.own, self.corrected, number, correlation)?;
        self.next += 1;
        Ok(made)
    }
}

/// Where a party takes its shares of correlations from.
pub trait Preprocessing {
    /// This party's share of correlation `number` of the session; `None` until more has come from outside.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] for a number that was asked for before: no correlation is used twice.
    fn draw(&mut self, number: u64, correlation: &Correlation) -> Result<Option<Material>>;

    /// Says what will be drawn next, from number `first` on: whoever takes it from elsewhere asks for all of it together.
    fn announce(&mut self, _first: u64, _correlations: &[Correlation]) {}

    /// Whether all that was drawn is there. It may come until the round ends in which what it hides is opened; nobody goes on before.
    fn is_whole(&self) -> bool {
        true
    }
}

/// Where the corrected party takes corrections from; it may wait for them, and fails where it cannot.
pub type Corrections = Box<dyn FnMut(u64, &Correlation) -> Result<Words>>;

/// A party's seed and, for the corrected one, its corrections.
pub struct Dealt {
    suite: Suite,
    seed: Seed,
    corrections: Source,
    next: u64,
}

/// Where corrections come from.
enum Source {
    /// This party needs none.
    None,
    Corrections(Corrections),
    /// A dealer elsewhere.
    Elsewhere(Rc<RefCell<Arrivals<Correlation>>>),
}

impl Dealt {
    /// A party that is not corrected: its seed is all that it needs.
    #[must_use]
    pub const fn seeded(suite: Suite, seed: Seed) -> Self {
        Self { suite, seed, corrections: Source::None, next: 0 }
    }

    /// The corrected party.
    #[must_use]
    pub const fn corrected(suite: Suite, seed: Seed, corrections: Corrections) -> Self {
        Self { suite, seed, corrections: Source::Corrections(corrections), next: 0 }
    }

    const fn elsewhere(suite: Suite, seed: Seed, arrivals: Rc<RefCell<Arrivals<Correlation>>>) -> Self {
        Self { suite, seed, corrections: Source::Elsewhere(arrivals), next: 0 }
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
            Source::None => None,
            Source::Corrections(source) => {
                let words = source(number, correlation)?;
                if words.len() != layout.dependent() {
                    return Err(ErrorKind::Malformed.bound(layout.dependent() as u64));
                }
                Some(filled(words))
            }
            Source::Elsewhere(arrivals) => match arrivals.borrow_mut().take(number, correlation)? {
                None => return Ok(None),
                corrections => corrections,
            },
        };
        let stream = self.seed.stream(self.suite, number);
        let material = Material::streamed(layout, self.suite, stream, corrections)?;
        self.next += 1;
        Ok(Some(material))
    }

    fn announce(&mut self, first: u64, correlations: &[Correlation]) {
        if let Source::Elsewhere(arrivals) = &self.corrections {
            arrivals.borrow_mut().announce(first, correlations);
        }
    }

    fn is_whole(&self) -> bool {
        match &self.corrections {
            Source::Elsewhere(arrivals) => arrivals.borrow().is_whole(),
            Source::None | Source::Corrections(_) => true,
        }
    }
}
