//! The corrected party's side of a dealer elsewhere: what it asks for, and what has come of it.

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
use crate::mpc::correlation::{Corrections, Correlation, Words, filled};
use crate::prg::Suite;

/// What was said to be wanted, and what has come of it. Corrections come in the order of their correlations.
pub(super) struct Arrivals<C> {
    /// Announced and not asked for.
    announced: VecDeque<C>,
    /// Announced and not drawn.
    undrawn: VecDeque<C>,
    /// The number of the first correlation that was not announced.
    end: u64,
    /// Corrections that came and were not drawn, in order.
    arrived: VecDeque<Words>,
    /// Drawn and still to come, in order.
    drawn: VecDeque<Corrections>,
}

impl<C> Default for Arrivals<C> {
    fn default() -> Self {
        let (announced, undrawn) = (VecDeque::new(), VecDeque::new());
        Self { announced, undrawn, end: 0, arrived: VecDeque::new(), drawn: VecDeque::new() }
    }
}

impl<C: Requested> Arrivals<C> {
    /// What will be drawn, from number `first` on; what was announced before is there already.
    pub(super) fn announce(&mut self, first: u64, correlations: &[C]) {
        let known = usize::try_from(self.end.saturating_sub(first)).unwrap_or(usize::MAX);
        let new = correlations.get(known..).unwrap_or_default();
        self.end += new.len() as u64;
        self.announced.extend(new);
        self.undrawn.extend(new);
    }

    /// Refuses to draw another correlation than the one that was announced.
    fn check(&self, number: u64, correlation: &C) -> Result<()> {
        match self.undrawn.front() {
            Some(announced) if announced != correlation => Err(ErrorKind::InvalidArgument.bound(number)),
            _ => Ok(()),
        }
    }

    /// The corrections of a correlation, which have to have come.
    fn take_whole(&mut self, number: u64, correlation: &C) -> Result<Words> {
        self.check(number, correlation)?;
        let words = self.arrived.pop_front().ok_or(ErrorKind::OutOfOrder)?;
        self.undrawn.pop_front();
        Ok(words)
    }

    /// Takes in the corrections of a correlation.
    fn put(&mut self, words: Words) {
        match self.drawn.pop_front() {
            Some(corrections) => drop(corrections.set(words)),
            None => self.arrived.push_back(words),
        }
    }
}

impl Arrivals<Correlation> {
    /// The corrections of a correlation; `None` if they have not come and are needed at once.
    pub(super) fn take(&mut self, number: u64, correlation: &Correlation) -> Result<Option<Corrections>> {
        self.check(number, correlation)?;
        if self.undrawn.is_empty() || (self.arrived.is_empty() && !correlation.opens_first()) {
            return Ok(None);
        }
        self.undrawn.pop_front();
        if let Some(words) = self.arrived.pop_front() {
            return Ok(Some(filled(words)));
        }
        let corrections = Corrections::default();
        self.drawn.push_back(Rc::clone(&corrections));
        Ok(Some(corrections))
    }

    /// Whether all that was drawn has come.
    pub(super) fn is_whole(&self) -> bool {
        self.drawn.is_empty()
    }
}

/// Asks for corrections and puts their pieces together.
pub struct Delivery<C> {
    arrivals: Rc<RefCell<Arrivals<C>>>,
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
        let delivery = Self::empty();
        let source = Dealt::elsewhere(suite, seed, Rc::clone(&delivery.arrivals));
        (delivery, source)
    }
}

impl<C: Requested + 'static> Delivery<C> {
    /// With what gives the corrections that have come, in words of 8 bytes, by number.
    pub(in crate::mpc) fn begin() -> (Self, impl FnMut(u64, &C) -> Result<Words> + 'static) {
        let delivery = Self::empty();
        let arrivals = Rc::clone(&delivery.arrivals);
        (delivery, move |number, correlation: &C| arrivals.borrow_mut().take_whole(number, correlation))
    }

    fn empty() -> Self {
        let (arrivals, missing, begun) = (Rc::default(), VecDeque::new(), Zeroizing::default());
        Self { arrivals, missing, begun, due: 0, next: 0 }
    }

    /// What the protocols will draw next, in this order. What nobody announced is asked for when they want it.
    pub fn announce(&mut self, correlations: &[C]) {
        let mut arrivals = self.arrivals.borrow_mut();
        let first = arrivals.end;
        arrivals.announce(first, correlations);
    }

    /// Whether all that was announced is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.arrivals.borrow().announced.is_empty() && self.missing.is_empty()
    }

    /// What the dealer is to be asked for now, once: nothing while an answer is due.
    ///
    /// # Errors
    ///
    /// Those of [`Request::new`].
    pub fn request(&mut self) -> Result<Option<Request<C>>> {
        let mut arrivals = self.arrivals.borrow_mut();
        if !self.missing.is_empty() || arrivals.announced.is_empty() {
            return Ok(None);
        }
        let count = arrivals.announced.len().min(MOST_CORRELATIONS);
        let request = Request::new(self.next, arrivals.announced.drain(..count).collect())?;
        drop(arrivals);
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
            self.missing.pop_front();
            let words = core::mem::take(&mut self.begun);
            self.arrivals.borrow_mut().put(words);
            self.next += 1;
        }
    }
}
