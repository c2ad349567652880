//! What a program will cost, and which correlations it will ask for, so that a source of them can make them ahead of need.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Material};
use crate::mpc::dealer::Preprocessing;
use crate::mpc::engine::{Cost, Engine, Progress};

/// What a rehearsal shows of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsed {
    /// The correlations that it asks for, in order.
    pub correlations: Vec<Correlation>,
    /// Rounds, bytes and corrections at the first party.
    pub cost: Cost,
}

/// Rehearses a program. `begin` begins it on an engine, on vectors of the right lengths and any content, zeros say: what a program asks for follows from
/// its shapes. It is played by all parties, here, with zeros for randomness; no message leaves.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] for fewer than two parties; [`ErrorKind::OutOfOrder`] for a program that does not do the same at all parties.
pub fn rehearse(parties: usize, mut begin: impl FnMut(&mut Engine)) -> Result<Rehearsed> {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let mut engines = Vec::with_capacity(parties);
    for index in 0..parties.max(1) {
        // One of them takes notes.
        let notes = if index == 0 { Some(Rc::clone(&asked)) } else { None };
        let mut engine = Engine::new(index, parties, Box::new(Rehearsal { notes }))?;
        begin(&mut engine);
        engines.push(engine);
    }
    loop {
        let progress: Vec<Progress> = engines.iter_mut().map(Engine::advance).collect();
        if progress.iter().all(|one| *one == Progress::Finished) {
            let cost = engines.first().map(Engine::cost).unwrap_or_default();
            return Ok(Rehearsed { correlations: asked.take(), cost });
        }
        if progress.iter().any(|one| *one != Progress::Exchange) {
            return Err(ErrorKind::OutOfOrder.into());
        }
        let messages: Vec<Vec<Vec<u8>>> =
            engines.iter().map(|engine| (0..parties).map(|to| engine.message(to)).collect()).collect();
        for (from, sent) in messages.iter().enumerate() {
            for (to, (engine, message)) in engines.iter_mut().zip(sent).enumerate() {
                if from != to {
                    engine.receive(from, message)?;
                }
            }
        }
    }
}

/// Gives zeros. They hide nothing, so no engine outside of this file gets one.
struct Rehearsal {
    notes: Option<Rc<RefCell<Vec<Correlation>>>>,
}

impl Preprocessing for Rehearsal {
    fn draw(&mut self, _: u64, correlation: &Correlation) -> Result<Option<Material>> {
        if let Some(notes) = &self.notes {
            notes.borrow_mut().push(*correlation);
        }
        let layout = correlation.layout();
        let zeros = |count| Zeroizing::new(vec![0; count]);
        Ok(Some(Material::new(layout, zeros(layout.free()), zeros(layout.dependent()))))
    }
}
