//! Verified mode: products, sums, truncation and outputs that are checked, so that a party that lies is caught (docs/mpc.md section 16).
//!
//! Every value has a MAC under a key that nobody knows, after SPDZ2k (R. Cramer, I. Damgård, D. Escudero, P. Scholl, C. Xing, CRYPTO 2018): [`Authenticated`]. Values are opened as in
//! the other protocols, and remembered; before an output is opened, all openings since the last check are checked at once, and the output itself before it is given.
//! Who sent something wrong passes with a probability below 2^-58 a check, whatever it did. What holds for n - 1 parties together that follow the protocol
//! ([`crate::mpc`]) holds here for n - 1 parties that do what they like. They can still end a session: then an error is all that the others get.
//!
//! The dealer has to be honest. Comparison and what is made of it have no verified form: [`Authenticated::into_unverified_shares`] leads out of verified mode, nothing leads into it
//! but [`Verified::input`].

mod authenticated;
mod check;
mod correlation;
mod dealer;
mod input;
mod opening;
mod output;
mod product;
mod rehearsal;
mod request;
mod scale;
mod truncation;

use alloc::boxed::Box;
use core::cell::RefCell;
use core::fmt;

pub use authenticated::{Authenticated, WideWords};
pub use correlation::{Correlation, Layout, Material};
pub use dealer::{Corrections, Dealer, Dealt, MacKey, Preprocessing};
pub use output::Receivers;
pub use rehearsal::{Rehearsed, rehearse};

use crate::error::{Error, ErrorKind, Result};
use crate::mpc::engine::Party;
use opening::Record;

/// A party in verified mode: its share of the key, its source of authenticated randomness, and what was opened since the last check.
///
/// Operations borrow it, many at a time where they are joined; [`Verified::check`] and [`Verified::output`] have it alone, so nothing is open while they run. After an error
/// of these two the session is over: every further call returns that error and sends nothing.
pub struct Verified {
    party: Party,
    key: MacKey,
    source: RefCell<Source>,
    record: RefCell<Record>,
    checks: u64,
    failure: Option<Error>,
}

struct Source {
    preprocessing: Box<dyn Preprocessing>,
    next: u64,
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verified({:?}, {} checks)", self.party, self.checks)
    }
}

impl Verified {
    /// Verified mode of this party. There is one for a session: its messages would not fit those of another.
    #[must_use]
    pub fn new(party: &Party, preprocessing: Box<dyn Preprocessing>) -> Self {
        Self {
            party: party.clone(),
            key: preprocessing.key(),
            source: RefCell::new(Source { preprocessing, next: 0 }),
            record: RefCell::new(Record::new(0)),
            checks: 0,
            failure: None,
        }
    }

    /// The party whose mode this is.
    #[must_use]
    pub const fn party(&self) -> &Party {
        &self.party
    }

    /// Whether something was opened or announced since the last check: the next output checks it, or [`Self::check`].
    #[must_use]
    pub fn is_unchecked(&self) -> bool {
        !self.record.borrow().is_empty()
    }

    /// For a rehearsal of what follows upon something unchecked.
    pub(in crate::mpc) fn assume_unchecked(&self) {
        self.record.borrow_mut().announced(&[]);
    }

    /// What public values count in this party's shares of values, and of MACs.
    fn weights(&self) -> [u128; 2] {
        [self.party.is_first().into(), self.key.word()]
    }

    /// Fresh authenticated randomness.
    fn draw(&self, correlation: Correlation) -> Result<Material> {
        self.usable()?;
        let mut source = self.source.borrow_mut();
        let number = source.next;
        source.next += 1;
        // Counted in words of 8 bytes.
        self.party.count_corrections(2 * correlation.layout().corrections() as u64);
        source.preprocessing.draw(number, &correlation)
    }

    /// Refuses what comes after a failed check.
    fn usable(&self) -> Result<()> {
        self.failure.map_or(Ok(()), Err)
    }
}

/// Refuses vectors of different lengths.
fn same_length(x: &Authenticated, y: &Authenticated) -> Result<usize> {
    if x.len() == y.len() { Ok(x.len()) } else { Err(ErrorKind::InvalidLength.bound(x.len() as u64)) }
}
