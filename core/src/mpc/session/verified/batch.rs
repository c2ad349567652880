//! What was asked for between two batches, and how it runs: all operations side by side, then all openings together.

use alloc::rc::Rc;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::coins::Coins;
use super::evaluate::{Evaluation, Value};
use super::operation::Operation;
use crate::error::{Error, Result};
use crate::mpc::correlation::Words;
use crate::mpc::engine::join_all;
use crate::mpc::protocol::Format;
use crate::mpc::verified::{Authenticated, Receivers, Verified};

/// A place for a value of verified mode.
pub(super) type Slot = super::Slot<Authenticated>;

/// What an opening gives a party; no words where they are not meant for it.
pub(super) type Given = Result<Option<Words>>;

/// A way in which a value comes about.
#[derive(Clone)]
pub(super) enum Task {
    /// From a party; the words are there at that one alone.
    Input { owner: usize, words: Option<Zeroizing<Vec<u64>>> },
    /// From everybody.
    Public(Vec<u64>),
    /// From other values.
    Apply { operation: Operation, inputs: Vec<Slot> },
}

/// A value that is to be made.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) task: Task,
    pub(super) output: Slot,
}

/// A value that is to be opened, by the number of the result.
#[derive(Clone)]
pub(super) struct Opening {
    number: u64,
    pub(super) value: Slot,
    receivers: Vec<usize>,
}

/// Steps and openings in the order in which they were asked for.
#[derive(Clone, Default)]
pub(super) struct Batch {
    pub(super) steps: Vec<Step>,
    pub(super) openings: Vec<Opening>,
}

/// What a batch leaves.
pub(super) struct Finished {
    pub(super) verified: Verified,
    pub(super) coins: Coins,
    pub(super) given: Vec<(u64, Given)>,
    /// Of the check, which ends the session.
    pub(super) failure: Option<Error>,
}

impl Batch {
    pub(super) const fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.openings.is_empty()
    }

    pub(super) fn open(&mut self, number: u64, value: Slot, receivers: &[usize]) {
        self.openings.push(Opening { number, value, receivers: receivers.to_vec() });
    }

    /// Makes the values, and opens what is to be opened. What could not be made for a reason that all parties have alike is not opened, and keeps nothing else from it.
    pub(super) async fn run(self, mut verified: Verified, format: Format, mut coins: Coins) -> Finished {
        join_all(self.steps.into_iter().map(|step| make(&verified, &format, step)).collect()).await;
        let mut given = Vec::with_capacity(self.openings.len());
        let mut ready: Vec<(u64, Rc<Authenticated>, Vec<usize>)> = Vec::with_capacity(self.openings.len());
        for Opening { number, value, receivers } in self.openings {
            match value.shares().await {
                Ok(shares) => ready.push((number, shares, receivers)),
                Err(error) => given.push((number, Err(error))),
            }
        }
        let mut failure = None;
        if !ready.is_empty() {
            let everybody = verified.party().parties();
            let outputs: Vec<(&Authenticated, Receivers<'_>)> = ready
                .iter()
                .map(|(_, shares, receivers)| {
                    let all = receivers.len() == everybody;
                    (&**shares, if all { Receivers::All } else { Receivers::Only(receivers) })
                })
                .collect();
            match verified.output(&outputs, &mut coins).await {
                Ok(words) => given.extend(ready.iter().zip(words).map(|((number, ..), words)| (*number, Ok(words)))),
                Err(error) => {
                    given.extend(ready.iter().map(|(number, ..)| (*number, Err(error))));
                    failure = Some(error);
                }
            }
        }
        Finished { verified, coins, given, failure }
    }
}

/// Makes a value and puts it into its place.
async fn make(verified: &Verified, format: &Format, Step { task, output }: Step) {
    let result = match task {
        Task::Input { owner, words } => verified.input(owner, output.length, words.as_deref().map(Vec::as_slice)).await,
        Task::Public(words) => Ok(verified.public(&words)),
        Task::Apply { operation, inputs } => apply(verified, format, &operation, &inputs, &output).await,
    };
    output.put(result);
}

async fn apply(
    verified: &Verified,
    format: &Format,
    operation: &Operation,
    inputs: &[Slot],
    output: &Slot,
) -> Result<Authenticated> {
    let mut values = Vec::with_capacity(inputs.len());
    for input in inputs {
        values.push(Value { kind: input.kind, shares: input.shares().await? });
    }
    Evaluation { verified, format }.run(operation, &values, output.kind).await
}
