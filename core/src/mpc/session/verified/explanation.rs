//! What is wanted will cost: found by running it on zeros.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::super::{Explanation, Share};
use super::Session;
use super::batch::{Batch, Slot, Step, Task};
use super::coins::Coins;
use crate::error::{ErrorKind, Result};
use crate::mpc::verified::{Authenticated, Correlation, Rehearsed, rehearse};

impl Session {
    /// What was asked for and has not begun will cost: inputs, operations and openings, exactly. Each by itself is what it costs after nothing that is unchecked; openings come last.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] while something runs; those of operations that fail whatever the values are.
    pub fn explain(&self) -> Result<Explanation> {
        let total = self.rehearse(&self.waiting, self.is_unchecked()?)?.cost;
        let alone = |(step, batch): (usize, Batch)| Ok(Share { step, cost: self.rehearse(&batch, false)?.cost });
        Ok(Explanation { total, steps: self.waiting.apart().enumerate().map(alone).collect::<Result<Vec<Share>>>()? })
    }

    /// The correlations that it will ask for, in order.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] while something runs.
    pub fn plan(&self) -> Result<Vec<Correlation>> {
        self.played(&self.waiting, self.is_unchecked()?).map(|(rehearsed, _)| rehearsed.correlations)
    }

    fn is_unchecked(&self) -> Result<bool> {
        let (verified, _) = self.verified.as_ref().ok_or(ErrorKind::OutOfOrder)?;
        Ok(verified.is_unchecked())
    }

    fn rehearse(&self, batch: &Batch, unchecked: bool) -> Result<Rehearsed> {
        let (rehearsed, made) = self.played(batch, unchecked)?;
        made.iter().filter_map(Slot::peek).try_for_each(|one| one.map(|_| ()))?;
        Ok(rehearsed)
    }

    /// What a rehearsal shows, and the values that it made: one that fails asks for no more than it will.
    fn played(&self, batch: &Batch, unchecked: bool) -> Result<(Rehearsed, Vec<Slot>)> {
        let made = core::cell::RefCell::new(Vec::new());
        let rehearsed = rehearse(self.parties(), |verified| {
            if unchecked {
                verified.assume_unchecked();
            }
            let copy = batch.zeros(verified.party().index());
            made.borrow_mut().extend(copy.steps.iter().map(|step| step.output.clone()));
            let format = self.format;
            async move {
                let _ = copy.run(verified, format, Coins::rehearsed()).await;
            }
        })?;
        Ok((rehearsed, made.into_inner()))
    }
}

impl Batch {
    /// Each step and each opening as a batch by itself.
    fn apart(&self) -> impl Iterator<Item = Self> {
        let steps = self.steps.iter().map(|step| Self { steps: vec![step.clone()], openings: Vec::new() });
        let openings = self.openings.iter().map(|one| Self { steps: Vec::new(), openings: vec![one.clone()] });
        steps.chain(openings)
    }

    /// The same for party `index` on zeros, in places of its own.
    fn zeros(&self, index: usize) -> Self {
        let mut copies: BTreeMap<usize, Slot> = BTreeMap::new();
        let mut steps = Vec::with_capacity(self.steps.len());
        for Step { task, output } in &self.steps {
            let task = match task {
                Task::Input { owner, .. } => {
                    let words = (*owner == index).then(|| Zeroizing::new(vec![0; output.length]));
                    Task::Input { owner: *owner, words }
                }
                Task::Public(words) => Task::Public(vec![0; words.len()]),
                Task::Apply { operation, inputs } => {
                    let inputs = inputs.iter().map(|input| copied(&mut copies, input)).collect();
                    Task::Apply { operation: operation.clone(), inputs }
                }
            };
            let place = Slot::new(output.kind, output.length);
            copies.insert(output.place(), place.clone());
            steps.push(Step { task, output: place });
        }
        let mut openings = self.openings.clone();
        for opening in &mut openings {
            opening.value = copied(&mut copies, &opening.value);
        }
        Self { steps, openings }
    }
}

/// The copy of a place; one that is not made here is there, or has failed for the same reason.
fn copied(copies: &mut BTreeMap<usize, Slot>, slot: &Slot) -> Slot {
    let copy = copies.entry(slot.place()).or_insert_with(|| {
        let copy = Slot::new(slot.kind, slot.length);
        copy.put(match slot.peek() {
            Some(Err(error)) => Err(error),
            _ => Ok(Authenticated::zeros(slot.length)),
        });
        copy
    });
    copy.clone()
}
