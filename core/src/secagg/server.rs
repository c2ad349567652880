//! The server: one state machine, one file a step (protocol.md section 7).
//!
//! It holds everything but the payloads: a host keeps those where it likes and adds them up with [`Opening`]. Every transition follows from the messages
//! received and the steps closed, in order, so a host that logs both can rebuild the machine after a crash.

mod layout;
mod masked;
mod opening;
mod setup;
mod survivors;
mod unmask;

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use self::layout::Layout;
use self::setup::Setup;
use super::member_set::OwnedSet;
use super::message::{Body, Finished, Kind, Message, kind_of};
use super::roster::{Member, check_key, roster_hash};
use super::run::Run;
use crate::error::{ErrorKind, Result};
use crate::kdf;
use crate::mask::Seed;

pub use opening::Opening;

/// What the server waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Step {
    /// Nothing; set-up has not begun or has failed.
    Idle = 0,
    /// Fresh keys.
    Advertise = 1,
    /// Confirmation tags.
    Confirm = 2,
    /// A round to begin.
    Ready = 3,
    /// Masked contributions.
    Mask = 4,
    /// Acknowledgements of the surviving set.
    Survive = 5,
    /// Seed shares.
    Unmask = 6,
    /// The host, to add up the payloads and call [`Server::finish`].
    Sum = 7,
    /// The next round; the last one is over.
    Finished = 8,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Which message it was.
    pub kind: Kind,
    /// Whether it changed anything: false for a byte-identical repeat and for shares that came when enough were there.
    pub counted: bool,
    /// Where in a masked message the payload lies, for the host to keep.
    pub payload: Option<Range<usize>>,
}

/// The server side of one run.
#[derive(Debug)]
pub struct Server {
    run: Run,
    members: Vec<Member>,
    layout: Layout,
    /// Static keys of the roster and fresh keys of the epoch.
    keys: BTreeSet<[u8; 32]>,
    /// Digests of the messages accepted in this set-up or, once one has begun, in this round, by position.
    digests: Vec<Vec<[u8; 32]>>,
    epoch: u32,
    last_round: u32,
    setup: Setup,
    step: Step,
    round: Option<Round>,
    outcome: u32,
}

/// One round. Lists by position have an entry for each member.
#[derive(Debug)]
struct Round {
    number: u32,
    h: [u8; 32],
    context: [u8; 32],
    participants: OwnedSet,
    /// The set that is left, and the one before it.
    survivors: OwnedSet,
    previous: OwnedSet,
    pass: u8,
    masked: Vec<Option<masked::SealedShares>>,
    acknowledgements: Vec<Option<Vec<[u8; 16]>>>,
    mask_keys: Vec<MaskKey>,
    shares: Vec<Option<unmask::Shares>>,
    /// Shares that came back of each member's seed.
    share_counts: Vec<u32>,
}

/// The round mask key between a survivor and a member that dropped out.
#[derive(Debug)]
struct MaskKey {
    survivor: u32,
    dropped: u32,
    seed: Seed,
}

impl Server {
    /// The server of a run.
    ///
    /// # Errors
    /// `InvalidRoster` when the roster is not the one of the run, is unsorted or repeats a key; `Malformed` or `LowOrderKey` with the member whose
    /// key is not in its canonical spelling or of low order.
    pub fn new(run: Run, roster: Vec<Member>) -> Result<Self> {
        let count = run.config().members;
        if roster.len() != count as usize || roster_hash(&mut roster.as_slice(), count)? != run.config().roster_hash {
            return Err(ErrorKind::InvalidRoster.into());
        }
        let mut keys = BTreeSet::new();
        for member in &roster {
            check_key(&member.key).map_err(|kind| kind.party(member.id))?;
            if !keys.insert(*member.key.as_bytes()) {
                return Err(ErrorKind::InvalidRoster.party(member.id));
            }
        }
        let layout = Layout::new(run.graph(), count);
        let setup = Setup::new(count);
        let digests = vec![Vec::new(); count as usize];
        Ok(Self {
            run,
            members: roster,
            layout,
            keys,
            digests,
            epoch: 0,
            last_round: 0,
            setup,
            step: Step::Idle,
            round: None,
            outcome: 0,
        })
    }

    /// The run.
    #[must_use]
    pub const fn run(&self) -> &Run {
        &self.run
    }

    /// What it waits for.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.step
    }

    /// The present set-up epoch; 0 before the first.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The last round begun; 0 before the first.
    #[must_use]
    pub const fn last_round(&self) -> u32 {
        self.last_round
    }

    /// Which shrinking of the surviving set is under way; 0 before the first.
    #[must_use]
    pub fn pass(&self) -> u8 {
        self.round.as_ref().map_or(0, |round| round.pass)
    }

    /// How the last round ended: 0, or the code of the [`ErrorKind`] for which it was aborted.
    #[must_use]
    pub const fn outcome(&self) -> u32 {
        self.outcome
    }

    /// Takes a message from the member with id `sender`, whom the host has authenticated. When it is the last one that the step waits for, the next step begins.
    ///
    /// # Errors
    /// Every refusal leaves the state as it was and names the sender: `UnknownParty`, `Duplicate`, `OutOfOrder`, `WrongRun`, `WrongEpoch`, `WrongRound`, `WrongContext`,
    /// `WrongSet`, `LowOrderKey`, `RepeatedKey`, and encoding errors.
    pub fn receive(&mut self, sender: u64, message: &[u8]) -> Result<Receipt> {
        let position = self.position(sender)?;
        self.receive_from(position, message).map_err(|error| error.of_party(sender))
    }

    /// Closes the present step: its time limit has passed. Who has not answered is left out.
    ///
    /// # Errors
    /// `OutOfOrder` when nothing is being waited for; `TooFewInputs` when set-up fails, which takes the server back to `Idle`. A round that
    /// cannot go on is not an error of this call: it ends with an [`Server::outcome`].
    pub fn close_step(&mut self) -> Result<()> {
        match self.step {
            Step::Advertise => self.close_advertise(),
            Step::Confirm => self.close_confirm(),
            Step::Mask => self.close_masked(),
            Step::Survive => self.close_survivors(),
            Step::Unmask => {
                self.abort(ErrorKind::TooFewShares);
                Ok(())
            }
            Step::Idle | Step::Ready | Step::Sum | Step::Finished => Err(ErrorKind::OutOfOrder.into()),
        }
    }

    /// Stops the present round; every participant is told.
    ///
    /// # Errors
    /// `OutOfOrder` outside a round.
    pub fn stop(&mut self) -> Result<()> {
        match self.step {
            Step::Mask | Step::Survive | Step::Unmask | Step::Sum => {
                self.abort(ErrorKind::Stopped);
                Ok(())
            }
            _ => Err(ErrorKind::OutOfOrder.into()),
        }
    }

    /// Ends the round after the host has added up the payloads: with `None`, or with the error that [`Opening::check_zeros`] gave.
    ///
    /// # Errors
    /// `OutOfOrder` unless the sum is due.
    pub fn finish(&mut self, failure: Option<ErrorKind>) -> Result<()> {
        if self.step != Step::Sum {
            return Err(ErrorKind::OutOfOrder.into());
        }
        self.end(failure.map_or(0, |kind| kind.code().unsigned_abs()));
        Ok(())
    }

    /// The message that the member with id `receiver` is due in the present step; `None` when it has no part in it.
    ///
    /// # Errors
    /// `UnknownParty`.
    pub fn message(&self, receiver: u64) -> Result<Option<Vec<u8>>> {
        let position = self.position(receiver)?;
        match self.step {
            Step::Idle => Ok(None),
            Step::Advertise => self.invite_message().map(Some),
            Step::Confirm => self.keys_message(position),
            Step::Ready => self.confirmations_message(position),
            Step::Mask => self.begin_message(position),
            Step::Survive => self.survivors_message(position),
            Step::Unmask | Step::Sum => self.open_message(position),
            Step::Finished => self.finished_message(position),
        }
    }

    /// The confirmations for a member that did not collect them before the next step began.
    ///
    /// # Errors
    /// `UnknownParty`.
    pub fn confirmations(&self, receiver: u64) -> Result<Option<Vec<u8>>> {
        let position = self.position(receiver)?;
        if matches!(self.step, Step::Idle | Step::Advertise | Step::Confirm) {
            return Ok(None);
        }
        self.confirmations_message(position)
    }

    /// Ids of the members whose message the present step still waits for.
    #[must_use]
    pub fn waiting(&self) -> Vec<u64> {
        let expected: Vec<u32> = match (self.step, &self.round) {
            (Step::Advertise | Step::Confirm, _) => self.setup.waiting(self.step).collect(),
            (Step::Mask, Some(round)) => round.without(&round.masked).collect(),
            (Step::Survive, Some(round)) => round.without(&round.acknowledgements).collect(),
            (Step::Unmask, Some(round)) => round.without(&round.shares).collect(),
            _ => Vec::new(),
        };
        expected.into_iter().filter_map(|position| self.id(position)).collect()
    }

    /// Ids of the members with confirmed keys, who can take part in a round.
    #[must_use]
    pub fn confirmed(&self) -> Vec<u64> {
        self.ids(&self.setup.confirmed)
    }

    /// Ids of the participants of the last round begun.
    #[must_use]
    pub fn participants(&self) -> Vec<u64> {
        self.round.as_ref().map_or(Vec::new(), |round| self.ids(&round.participants))
    }

    /// Ids of the participants that are left in the last round begun: those whose inputs the sum holds.
    #[must_use]
    pub fn survivors(&self) -> Vec<u64> {
        self.round.as_ref().map_or(Vec::new(), |round| self.ids(&round.survivors))
    }

    fn receive_from(&mut self, position: u32, message: &[u8]) -> Result<Receipt> {
        let kind = kind_of(message)?;
        let digest = kdf::hash("received", &[message]);
        let known = self.digests.get(position as usize).is_some_and(|digests| digests.contains(&digest));
        if known {
            return Ok(Receipt { kind, counted: false, payload: None });
        }
        let mut receipt = Receipt { kind, counted: true, payload: None };
        match kind {
            Kind::Advertise => self.receive_advertise(position, message)?,
            Kind::Confirm => self.receive_confirm(position, message)?,
            Kind::Masked => receipt.payload = Some(self.receive_masked(position, message)?),
            Kind::Acknowledge => self.receive_acknowledge(position, message)?,
            Kind::Unmask => receipt.counted = self.receive_unmask(position, message)?,
            _ => return Err(ErrorKind::UnexpectedKind.into()),
        }
        // What does not count is not remembered either, so that nobody can make the server remember more than it waits for.
        if let Some(digests) = self.digests.get_mut(position as usize).filter(|_| receipt.counted) {
            digests.push(digest);
        }
        Ok(receipt)
    }

    /// Reads a message of this run and of the present epoch.
    fn read<'b, B: Body<'b>>(&self, message: &'b [u8]) -> Result<B> {
        let message = Message::<B>::decode(message, self.run.hash())?;
        if message.epoch == self.epoch { Ok(message.body) } else { Err(ErrorKind::WrongEpoch.bound(self.epoch.into())) }
    }

    fn write<'b, B: Body<'b>>(&self, body: B) -> Result<Vec<u8>> {
        let message = Message { run: *self.run.hash(), epoch: self.epoch, body };
        let mut bytes = vec![0; message.size()];
        message.encode(&mut bytes)?;
        Ok(bytes)
    }

    fn finished_message(&self, position: u32) -> Result<Option<Vec<u8>>> {
        match &self.round {
            Some(round) if round.participants.contains(position) => {
                let body = Finished { round: round.number, outcome: self.outcome, lifetime: core::marker::PhantomData };
                self.write(body).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn abort(&mut self, kind: ErrorKind) {
        self.end(kind.code().unsigned_abs());
    }

    /// Ends the round and forgets its secrets; who took part stays known.
    fn end(&mut self, outcome: u32) {
        self.outcome = outcome;
        self.step = Step::Finished;
        if let Some(round) = &mut self.round {
            round.masked.clear();
            round.acknowledgements.clear();
            round.mask_keys.clear();
            round.shares.clear();
        }
    }

    /// Removes, again and again, members with too few neighbours left in the set.
    fn settle(&self, set: OwnedSet) -> Result<OwnedSet> {
        let set = self.layout.settle(set, self.run.needed_neighbours());
        let least = self.run.config().min_inputs;
        if set.count() >= least { Ok(set) } else { Err(ErrorKind::TooFewInputs.bound(least.into())) }
    }

    fn position(&self, id: u64) -> Result<u32> {
        let position = self.members.binary_search_by_key(&id, |member| member.id);
        position.ok().and_then(|position| u32::try_from(position).ok()).ok_or(ErrorKind::UnknownParty.party(id))
    }

    fn id(&self, position: u32) -> Option<u64> {
        self.members.get(position as usize).map(|member| member.id)
    }

    fn ids(&self, set: &OwnedSet) -> Vec<u64> {
        set.iter().filter_map(|position| self.id(position)).collect()
    }

    const fn count(&self) -> u32 {
        self.run.config().members
    }
}

impl Round {
    /// Members of the surviving set that have no entry in `list`.
    fn without<'a, T>(&'a self, list: &'a [Option<T>]) -> impl Iterator<Item = u32> + 'a {
        self.survivors.iter().filter(|&position| !list.get(position as usize).is_some_and(Option::is_some))
    }
}
