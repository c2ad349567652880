//! What all parties agree on, and who sends to whom in which round (docs/psi.md section 3).

use crate::error::{ErrorKind, Result};
use crate::kdf::{self, HASH_SIZE};

/// Most parties: a row that goes round has an element for each of them.
pub const MAX_PARTIES: usize = 64;

/// Most items of a set.
pub const MAX_ITEMS: usize = 1 << 20;

/// The party that leads.
pub(super) const LEADER: usize = 0;

/// Bytes at the beginning of a message that say where it belongs.
pub(super) const HEAD_SIZE: usize = 16;

/// What the parties learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Output {
    /// The items that all sets hold.
    Intersection = 0,
    /// How many these are.
    Size = 1,
}

/// What all parties of a run agree on, and which of them this is.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// What identifies the run. It is in every hash, so nothing of one run says anything in another. It is used once.
    pub run: [u8; 32],
    /// How many parties, 2 to [`MAX_PARTIES`].
    pub parties: usize,
    /// The place of this one, from 0. The first one leads: it works most, in proportion to its own set and to the number of parties.
    pub index: usize,
    /// What they learn.
    pub output: Output,
    /// The size, 1 to [`MAX_ITEMS`], to which every set is padded, so that nobody learns how many items another one has; none to let sizes show.
    pub size: Option<usize>,
}

/// A setting, checked, and its hash.
pub(super) struct Agreement {
    setting: Setting,
    hash: [u8; HASH_SIZE],
}

impl Agreement {
    pub(super) fn new(setting: Setting) -> Result<Self> {
        let Setting { run, parties, index, output, size } = setting;
        if !(2..=MAX_PARTIES).contains(&parties) {
            return Err(ErrorKind::InvalidArgument.bound(MAX_PARTIES as u64));
        }
        if index >= parties {
            return Err(ErrorKind::UnknownParty.party(index as u64));
        }
        if size.is_some_and(|size| !(1..=MAX_ITEMS).contains(&size)) {
            return Err(ErrorKind::InvalidArgument.bound(MAX_ITEMS as u64));
        }
        let (count, size) = ((parties as u64).to_le_bytes(), (size.unwrap_or(0) as u64).to_le_bytes());
        let hash = kdf::hash("psi agreement", &[&run, &count, &[output as u8], &size]);
        Ok(Self { setting, hash })
    }

    pub(super) const fn run(&self) -> &[u8; 32] {
        &self.setting.run
    }

    pub(super) const fn hash(&self) -> &[u8; HASH_SIZE] {
        &self.hash
    }

    pub(super) const fn parties(&self) -> usize {
        self.setting.parties
    }

    pub(super) const fn index(&self) -> usize {
        self.setting.index
    }

    pub(super) const fn output(&self) -> Output {
        self.setting.output
    }

    pub(super) const fn size(&self) -> Option<usize> {
        self.setting.size
    }

    /// The round in which rows come back to the leader, and tables with them. One more round follows.
    pub(super) const fn return_round(&self) -> usize {
        self.setting.parties - 1
    }

    /// Whether party `from` has something to say to party `to` in a round.
    pub(super) const fn sends(&self, round: usize, from: usize, to: usize) -> bool {
        if from == to || from >= self.setting.parties || to >= self.setting.parties {
            return false;
        }
        let keys = round == 0 && from != LEADER && to != LEADER;
        let tables = round == self.return_round() && from != LEADER && to == LEADER;
        let outcome = round == self.setting.parties && from == LEADER;
        keys || tables || outcome || self.sends_rows(round, from, to)
    }

    /// Whether that is, or ends with, the rows that go round.
    pub(super) const fn sends_rows(&self, round: usize, from: usize, to: usize) -> bool {
        let next = if from == self.return_round() { LEADER } else { from + 1 };
        round == from && to == next
    }

    /// Refuses another number of elements than was agreed on or, without an agreement, more than there may be.
    pub(super) const fn check_count(&self, count: usize) -> Result<()> {
        match self.setting.size {
            Some(size) if count != size => Err(ErrorKind::CountChanged.bound(size as u64)),
            None if count > MAX_ITEMS => Err(ErrorKind::TooLong.bound(MAX_ITEMS as u64)),
            _ => Ok(()),
        }
    }

    /// How a message begins.
    pub(super) fn head(&self, round: usize, from: usize, to: usize) -> [u8; HEAD_SIZE] {
        let number = |number: usize| (number as u64).to_le_bytes();
        let hash = kdf::hash("psi message", &[&self.hash, &number(round), &number(from), &number(to)]);
        let mut head = [0; HEAD_SIZE];
        head.iter_mut().zip(hash).for_each(|(head, byte)| *head = byte);
        head
    }
}
