//! A dealer who serves parties elsewhere: requests in, corrections out in pieces of bounded size.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::request::{Request, Requested};
use super::{Dealer, Seed};
use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::Words;
use crate::mpc::packing;
use crate::prg::Suite;

/// Words of a piece of corrections; only the last one of a request has fewer.
pub const PIECE_WORDS: usize = 1 << 15;
/// Bytes of a piece, at most.
pub const PIECE_BYTES: usize = 8 * PIECE_WORDS;

/// A piece of corrections: words, least significant byte first.
pub type Piece = Zeroizing<Vec<u8>>;

/// A dealer of one kind of correlations, those with MACs or those without.
pub trait Dealing {
    /// What it deals.
    type Correlation: Requested;

    /// The party that gets the corrections.
    fn corrected(&self) -> usize;

    /// The seeds of all parties.
    fn seeds(&self) -> &[Seed];

    /// The corrections of correlation `number` of the session, in words of 8 bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`], with the number that is next, for any other: each is given once.
    fn corrections(&mut self, number: u64, correlation: &Self::Correlation) -> Result<Words>;
}

impl Dealing for Dealer {
    type Correlation = crate::mpc::correlation::Correlation;

    fn corrected(&self) -> usize {
        self.corrected
    }

    fn seeds(&self) -> &[Seed] {
        &self.seeds
    }

    fn corrections(&mut self, number: u64, correlation: &Self::Correlation) -> Result<Words> {
        self.deal(number, correlation)
    }
}

/// A dealer between its parties: gives each its seed once, takes requests of the corrected one, and makes what they ask for, correlation by correlation.
///
/// Nothing that it takes depends on a value: it has no way to take in an opening.
pub struct Service<D: Dealing = Dealer> {
    dealer: D,
    given: Vec<bool>,
    /// The number of the first correlation that nobody has asked for.
    asked: u64,
    /// Asked for and not made.
    wanted: VecDeque<D::Correlation>,
    /// The number of the first of those.
    next: u64,
    /// Words of corrections that were asked for and have not left.
    due: u64,
    /// Made, and how many of its words have left.
    present: (Words, usize),
}

impl<D: Dealing> fmt::Debug for Service<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({} parties, {} correlations)", self.given.len(), self.next)
    }
}

impl Service {
    /// A dealer of this many parties, with seeds from a generator. Party `corrected` gets the corrections.
    ///
    /// # Errors
    ///
    /// Those of [`Dealer::new`]; [`ErrorKind::Randomness`] if the generator fails.
    pub fn new<R: TryCryptoRng + ?Sized>(suite: Suite, parties: usize, corrected: usize, rng: &mut R) -> Result<Self> {
        let own = Seed::generate(rng)?;
        Ok(Self::of(Dealer::new(suite, seeds(parties, rng)?, own, corrected)?))
    }
}

/// Seeds for so many parties.
pub(in crate::mpc) fn seeds<R: TryCryptoRng + ?Sized>(parties: usize, rng: &mut R) -> Result<Vec<Seed>> {
    (0..parties).map(|_| Seed::generate(rng)).collect()
}

impl<D: Dealing> Service<D> {
    /// The service of a dealer that has dealt nothing.
    pub(in crate::mpc) fn of(dealer: D) -> Self {
        Self {
            given: alloc::vec![false; dealer.seeds().len()],
            dealer,
            asked: 0,
            wanted: VecDeque::new(),
            next: 0,
            due: 0,
            present: (Zeroizing::new(Vec::new()), 0),
        }
    }

    /// How many parties it serves.
    #[must_use]
    pub const fn parties(&self) -> usize {
        self.given.len()
    }

    /// The party that gets the corrections.
    #[must_use]
    pub fn corrected(&self) -> usize {
        self.dealer.corrected()
    }

    /// Words of corrections that were asked for and have not left.
    #[must_use]
    pub const fn due(&self) -> u64 {
        self.due
    }

    /// The seed of a party, for a channel that it alone reads.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Duplicate`] for a party that has it: two sessions with one seed would use correlations twice. [`ErrorKind::UnknownParty`].
    pub fn seed(&mut self, party: usize) -> Result<Seed> {
        let unknown = || ErrorKind::UnknownParty.party(party as u64);
        let given = self.given.get_mut(party).ok_or_else(unknown)?;
        if core::mem::replace(given, true) {
            return Err(ErrorKind::Duplicate.party(party as u64));
        }
        let seed = self.dealer.seeds().get(party).ok_or_else(unknown)?;
        Ok(Seed::from_bytes(&Zeroizing::new(*seed.as_bytes())))
    }

    /// Takes a request of the corrected party.
    ///
    /// # Errors
    ///
    /// Nothing changes then. [`ErrorKind::OutOfOrder`], with the number that is next, for a request that begins elsewhere: each correlation is dealt once.
    /// [`ErrorKind::Duplicate`] while the corrections of an earlier request have not all left; those of [`Request::decode`].
    pub fn take(&mut self, request: &[u8]) -> Result<()> {
        let request = Request::decode(request)?;
        if self.due > 0 {
            return Err(ErrorKind::Duplicate.into());
        }
        if request.first() != self.asked {
            return Err(ErrorKind::OutOfOrder.bound(self.asked));
        }
        self.asked += request.correlations().len() as u64;
        self.wanted.extend(request.correlations());
        self.due = request.words();
        Ok(())
    }

    /// The next piece of the corrections that were asked for; `None` when all have left.
    ///
    /// # Errors
    ///
    /// Those of [`Dealer::deal`].
    pub fn piece(&mut self) -> Result<Option<Piece>> {
        let words = usize::try_from(self.due).unwrap_or(usize::MAX).min(PIECE_WORDS);
        if words == 0 {
            return Ok(None);
        }
        // The room is there from the beginning: a vector that grows leaves copies behind.
        let mut piece = Zeroizing::new(Vec::with_capacity(8 * words));
        let mut missing = words;
        while missing > 0 {
            let (made, left) = &mut self.present;
            let rest = made.get(*left..).unwrap_or_default();
            let taken = rest.get(..rest.len().min(missing)).unwrap_or_default();
            if taken.is_empty() {
                self.make()?;
                continue;
            }
            packing::pack(64, taken, &mut piece);
            *left += taken.len();
            missing -= taken.len();
        }
        self.due -= words as u64;
        Ok(Some(piece))
    }

    /// Makes the next correlation that was asked for.
    fn make(&mut self) -> Result<()> {
        let correlation = self.wanted.pop_front().ok_or(ErrorKind::OutOfOrder)?;
        self.present = (self.dealer.corrections(self.next, &correlation)?, 0);
        self.next += 1;
        Ok(())
    }
}
