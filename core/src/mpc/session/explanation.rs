//! What is wanted will cost: found by running it on zeros.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::slot::Slot;
use super::{Session, Step, begin};
use crate::error::{Error, Result};
use crate::mpc::correlation::Correlation;
use crate::mpc::engine::Cost;
use crate::mpc::local::bits;
use crate::mpc::rehearsal::{Rehearsed, rehearse};

use super::kind::Kind;

/// What one operation costs by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its place among those wanted.
    pub step: usize,
    /// What it costs when nothing else runs.
    pub cost: Cost,
}

/// What the operations cost that were asked for since the last round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// All of them, side by side where they are independent.
    pub total: Cost,
    /// Each by itself.
    pub steps: Vec<Share>,
}

impl Session {
    /// What the operations will cost that were asked for and have not begun. It is found by running them on zeros, and is exact: nothing in a program depends on a
    /// value. Inputs and openings are not in it; an opening to others takes one round and eight bytes a word.
    ///
    /// # Errors
    ///
    /// Those of operations that fail whatever the values are.
    pub fn explain(&self) -> Result<Explanation> {
        let all: Vec<usize> = (0..self.waiting.len()).collect();
        let total = self.rehearse_whole(&all)?.cost;
        let alone = all.iter().map(|step| Ok(Share { step: *step, cost: self.rehearse_whole(&[*step])?.cost }));
        Ok(Explanation { total, steps: alone.collect::<Result<Vec<Share>>>()? })
    }

    /// The correlations that they will ask for, in order: what a dealer or the parties themselves can make before it is needed.
    ///
    /// # Errors
    ///
    /// None that can occur: all parties do the same here.
    pub fn plan(&self) -> Result<Vec<Correlation>> {
        let all: Vec<usize> = (0..self.waiting.len()).collect();
        self.rehearse(&all).map(|(rehearsed, _)| rehearsed.correlations)
    }

    fn rehearse_whole(&self, steps: &[usize]) -> Result<Rehearsed> {
        match self.rehearse(steps)? {
            (_, Some(error)) => Err(error),
            (rehearsed, None) => Ok(rehearsed),
        }
    }

    /// What a rehearsal shows, and why a step fails, if one does: it then asks for no more than it will.
    fn rehearse(&self, steps: &[usize]) -> Result<(Rehearsed, Option<Error>)> {
        let mut made = Vec::new();
        let rehearsed = rehearse(self.parties(), |engine| {
            let mut copies: BTreeMap<usize, Slot> = BTreeMap::new();
            for step in steps.iter().filter_map(|step| self.waiting.get(*step)) {
                let copy = |slot: &Slot| copies.entry(slot.place()).or_insert_with(|| zeros(slot)).clone();
                let inputs = step.inputs.iter().map(copy).collect();
                let outputs: Vec<Slot> = step.outputs.iter().map(|slot| Slot::new(slot.kind, slot.length)).collect();
                for (slot, copy) in step.outputs.iter().zip(&outputs) {
                    copies.insert(slot.place(), copy.clone());
                }
                made.extend(outputs.iter().cloned());
                begin(engine, self.format, &Step { operation: step.operation.clone(), inputs, outputs });
            }
        })?;
        let failed = made.iter().find_map(|slot| slot.peek().and_then(Result::err));
        Ok((rehearsed, failed))
    }
}

/// A value of the same form that is there, or has failed for the same reason.
fn zeros(slot: &Slot) -> Slot {
    let copy = Slot::new(slot.kind, slot.length);
    if let Some(Err(error)) = slot.peek() {
        copy.put(Err(error));
        return copy;
    }
    let words = if slot.kind == Kind::Bit { bits::words(slot.length) } else { slot.length };
    copy.put(Ok(Zeroizing::new(vec![0; words])));
    copy
}
