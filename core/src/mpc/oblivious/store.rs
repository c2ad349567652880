//! What was asked for, what was made of it, and who takes it.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use super::make::transfers;
use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Material};
use crate::mpc::dealer::Preprocessing;

/// Transfers of one direction of a pair that are made for several correlations at a time, about.
const TOGETHER: usize = 1 << 17;

/// Correlations that are made side by side, in the order in which they were asked for.
pub(super) type Batch = Vec<Correlation>;

/// Of one program after the other: what it wants, and what it has not taken yet.
pub(super) struct Store {
    /// The program, counted from 1.
    program: u64,
    /// Wanted, and not begun.
    batches: VecDeque<Batch>,
    /// Wanted and not taken, in order, with what was made.
    wanted: VecDeque<(Correlation, Option<Material>)>,
    /// The number in the program of the first of those.
    first: u64,
    /// Words that were made and not taken.
    held: usize,
    /// Words from which on nothing is begun.
    ahead: usize,
}

impl Store {
    pub(super) const fn new(ahead: usize) -> Self {
        Self { program: 0, batches: VecDeque::new(), wanted: VecDeque::new(), first: 0, held: 0, ahead }
    }

    /// Begins a program: what the one before has not taken is forgotten.
    pub(super) fn begin(&mut self, plan: &[Correlation]) -> u64 {
        self.program += 1;
        (self.first, self.held) = (0, 0);
        self.batches.clear();
        self.wanted.clear();
        self.ask(plan);
        self.program
    }

    /// Which ones go together follows from the list alone, for all parties alike.
    pub(super) fn ask(&mut self, plan: &[Correlation]) {
        let mut batch = Batch::new();
        let mut size = 0usize;
        for correlation in plan {
            let more = transfers(correlation);
            if !batch.is_empty() && size.saturating_add(more) > TOGETHER {
                self.batches.push_back(core::mem::take(&mut batch));
                size = 0;
            }
            size = size.saturating_add(more);
            batch.push(*correlation);
            self.wanted.push_back((*correlation, None));
        }
        if !batch.is_empty() {
            self.batches.push_back(batch);
        }
    }

    /// What is to be made next, unless enough is there.
    pub(super) fn next(&mut self) -> Option<Batch> {
        if self.held > 0 && self.held >= self.ahead { None } else { self.batches.pop_front() }
    }

    /// Takes in what was made.
    pub(super) fn put(&mut self, made: Vec<Material>) {
        let places = self.wanted.iter_mut().filter(|(_, material)| material.is_none());
        for ((correlation, place), material) in places.zip(made) {
            self.held += correlation.layout().total();
            *place = Some(material);
        }
    }

    fn take(&mut self, program: u64, number: u64, correlation: &Correlation) -> Result<Option<Material>> {
        if program != self.program || number != self.first {
            return Err(ErrorKind::OutOfOrder.bound(self.first));
        }
        match self.wanted.front_mut() {
            // Nobody said that this would be wanted.
            None => {
                self.ask(&[*correlation]);
                Ok(None)
            }
            Some((announced, _)) if announced != correlation => Err(ErrorKind::InvalidArgument.bound(number)),
            Some((_, place)) => {
                let Some(material) = place.take() else { return Ok(None) };
                self.wanted.pop_front();
                self.first += 1;
                self.held -= correlation.layout().total();
                Ok(Some(material))
            }
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store(program {}, {} words)", self.program, self.held)
    }
}

/// Where one program takes its correlations from. The last one that [`super::Generator::begin`] gave is the one that works.
#[derive(Debug)]
pub struct Source {
    pub(super) store: Rc<RefCell<Store>>,
    pub(super) program: u64,
}

impl Preprocessing for Source {
    /// This party's share of correlation `number` of the program; `None` until it is made.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] for another number than the next, and once another program began; [`ErrorKind::InvalidArgument`] for another correlation
    /// than was planned.
    fn draw(&mut self, number: u64, correlation: &Correlation) -> Result<Option<Material>> {
        self.store.borrow_mut().take(self.program, number, correlation)
    }
}
