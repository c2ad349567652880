//! A run without randomness, which tells what correlations a program will ask for: what a source of them can make ahead of need.

use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

use zeroize::Zeroizing;

use crate::error::Result;
use crate::mpc::correlation::{Correlation, Material};
use crate::mpc::dealer::Preprocessing;

/// Gives zeros and writes down what it was asked for. Masks of zeros hide nothing: no engine that gets them may hold a share of anything.
///
/// What a program asks for follows from its shapes, so engines of all parties, on vectors of zeros and in one process, ask for what the real ones will.
#[derive(Clone, Debug, Default)]
pub struct Rehearsal {
    asked: Rc<RefCell<Vec<Correlation>>>,
}

impl Rehearsal {
    /// A rehearsal of one party; its clones write into the same list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was asked for so far, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Correlation> {
        self.asked.borrow().clone()
    }
}

impl Preprocessing for Rehearsal {
    fn draw(&mut self, _: u64, correlation: &Correlation) -> Result<Option<Material>> {
        self.asked.borrow_mut().push(*correlation);
        let layout = correlation.layout();
        Ok(Some(Material::new(layout, Zeroizing::new(vec![0; layout.total()]))))
    }
}
