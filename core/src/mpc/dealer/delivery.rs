//! The corrected party's side of a dealer elsewhere: what it asks for before a batch of operations, and what has come.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use zeroize::Zeroizing;

use super::request::{MOST_CORRELATIONS, Request, Requested};
use super::service::PIECE_WORDS;
use super::{Dealt, Seed};
use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Words};
use crate::prg::Suite;

/// Corrections that came and were not drawn, in order.
type Arrived<C> = Rc<RefCell<VecDeque<(u64, C, Words)>>>;

/// Asks for corrections and puts their pieces together.
pub struct Delivery<C> {
    arrived: Arrived<C>,
    /// Announced and not asked for.
    announced: VecDeque<C>,
    /// Asked for and not there, with what has come of the first.
    missing: VecDeque<C>,
    begun: Words,
    /// Words that are still to come of what was asked for.
    due: u64,
    /// The number of the first correlation that is not there.
    next: u64,
}

impl<C> fmt::Debug for Delivery<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delivery({} correlations, {} words due)", self.next, self.due)
    }
}

impl Delivery<Correlation> {
    /// With the corrected party's source, which gives what has come.
    #[must_use]
    pub fn new(suite: Suite, seed: Seed) -> (Self, Dealt) {
        let (delivery, corrections) = Self::begin();
        (delivery, Dealt::corrected(suite, seed, Box::new(corrections)))
    }
}

impl<C: Requested + 'static> Delivery<C> {
    /// With what gives the corrections that have come, in words of 8 bytes, by number.
    pub(in crate::mpc) fn begin() -> (Self, impl FnMut(u64, &C) -> Result<Words> + 'static) {
        let arrived = Arrived::default();
        let place = Rc::clone(&arrived);
        let delivery = Self {
            arrived,
            announced: VecDeque::new(),
            missing: VecDeque::new(),
            begun: Zeroizing::default(),
            due: 0,
            next: 0,
        };
        (delivery, move |number, correlation: &C| take(&place, number, correlation))
    }

    /// What the protocols will draw next, in this order.
    pub fn announce(&mut self, correlations: &[C]) {
        self.announced.extend(correlations);
    }

    /// Whether all that was announced is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.announced.is_empty() && self.missing.is_empty()
    }

    /// What the dealer is to be asked for now, once: nothing while an answer is due.
    ///
    /// # Errors
    ///
    /// Those of [`Request::new`].
    pub fn request(&mut self) -> Result<Option<Request<C>>> {
        if !self.missing.is_empty() || self.announced.is_empty() {
            return Ok(None);
        }
        let count = self.announced.len().min(MOST_CORRELATIONS);
        let request = Request::new(self.next, self.announced.drain(..count).collect())?;
        self.missing.extend(request.correlations());
        self.due = request.words();
        self.complete();
        Ok(Some(request))
    }

    /// Takes the next piece.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] while nothing is due; [`ErrorKind::Malformed`], with the size expected, for another length. Nothing changes then.
    pub fn take(&mut self, piece: &[u8]) -> Result<()> {
        let expected = self.due.min(PIECE_WORDS as u64);
        if expected == 0 {
            return Err(ErrorKind::OutOfOrder.into());
        }
        if piece.len() as u64 != 8 * expected {
            return Err(ErrorKind::Malformed.bound(8 * expected));
        }
        self.due -= expected;
        let (mut words, _) = piece.as_chunks::<8>();
        while let (Some(correlation), false) = (self.missing.front(), words.is_empty()) {
            let wanted = correlation.corrections();
            let (taken, rest) = words.split_at((wanted - self.begun.len()).min(words.len()));
            if self.begun.is_empty() {
                self.begun = Zeroizing::new(Vec::with_capacity(wanted));
            }
            self.begun.extend(taken.iter().map(|word| u64::from_le_bytes(*word)));
            words = rest;
            self.complete();
        }
        Ok(())
    }

    /// Moves what is whole to what has come.
    fn complete(&mut self) {
        while self.missing.front().is_some_and(|correlation| correlation.corrections() == self.begun.len()) {
            let Some(correlation) = self.missing.pop_front() else { return };
            let words = core::mem::take(&mut self.begun);
            self.arrived.borrow_mut().push_back((self.next, correlation, words));
            self.next += 1;
        }
    }
}

/// The corrections of a correlation that has come.
fn take<C: Requested>(arrived: &Arrived<C>, number: u64, correlation: &C) -> Result<Words> {
    let (first, announced, words) = arrived.borrow_mut().pop_front().ok_or(ErrorKind::OutOfOrder)?;
    if (first, announced) == (number, *correlation) { Ok(words) } else { Err(ErrorKind::InvalidArgument.bound(first)) }
}
