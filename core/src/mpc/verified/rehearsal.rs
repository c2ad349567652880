//! What a verified program will cost, and which correlations it will ask for.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::future::Future;

use crate::error::Result;
use crate::mpc::engine::{Cost, Party};
use crate::mpc::rehearsal;
use crate::mpc::verified::Verified;
use crate::mpc::verified::correlation::{Correlation, Material};
use crate::mpc::verified::dealer::{MacKey, Preprocessing};

/// What a rehearsal shows of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsed {
    /// The authenticated correlations that it asks for, in order.
    pub correlations: Vec<Correlation>,
    /// Rounds, bytes and corrections at the first party.
    pub cost: Cost,
}

/// Rehearses a program, as [`rehearsal::rehearse`] does one without checks: all parties play it here, on inputs of the right lengths and any content, with zeros for randomness.
///
/// # Errors
///
/// Those of [`rehearsal::rehearse`].
pub fn rehearse<F>(parties: usize, program: impl Fn(Verified) -> F) -> Result<Rehearsed>
where
    F: Future<Output = ()> + 'static,
{
    let asked = Rc::new(RefCell::new(Vec::new()));
    let played = rehearsal::rehearse(parties, |engine| {
        let party = engine.party();
        let notes = party.is_first().then(|| Rc::clone(&asked));
        let source = Rehearsal { notes, party: party.clone() };
        let _ = engine.spawn(program(Verified::new(&party, Box::new(source))));
    })?;
    Ok(Rehearsed { correlations: asked.take(), cost: played.cost })
}

/// Gives zeros. They hide nothing, so no engine outside of this file gets one.
struct Rehearsal {
    notes: Option<Rc<RefCell<Vec<Correlation>>>>,
    party: Party,
}

impl Preprocessing for Rehearsal {
    fn key(&self) -> MacKey {
        MacKey::zero()
    }

    fn draw(&mut self, _: u64, correlation: &Correlation) -> Result<Material> {
        if let Some(notes) = &self.notes {
            notes.borrow_mut().push(*correlation);
        }
        let known = match *correlation {
            Correlation::Known { owner, count } if owner == self.party.index() => count,
            _ => 0,
        };
        Ok(Material::zero(correlation.layout(), known))
    }
}
