//! The beginning of a round and its masked contributions.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::{Round, Server, Step};
use crate::error::{ErrorKind, Result};
use crate::secagg::member_set::OwnedSet;
use crate::secagg::message::{Begin, Masked, SALT_SIZE, SEALED_SIZE, items, round_hash};

/// The encrypted shares of one member's seed, in the order of its neighbours among the participants.
#[derive(Debug)]
pub(super) struct SealedShares {
    pub(super) salt: [u8; SALT_SIZE],
    pub(super) sealed: Vec<[u8; SEALED_SIZE]>,
}

impl Server {
    /// Begins the next round over `participants` (ids; `None` for everyone with confirmed keys) and returns its number. `context_hash` is the SHA-256 of
    /// what every participant is given for the round.
    ///
    /// # Errors
    /// `OutOfOrder` before set-up is complete or during a round; `WrongRound` after the last round; `UnknownParty` or `NotConfirmed` with the participant;
    /// `TooFewInputs`; `TooFewNeighbours` with the participant that has too few.
    pub fn begin(&mut self, participants: Option<&[u64]>, context_hash: &[u8; 32]) -> Result<u32> {
        if !matches!(self.step, Step::Ready | Step::Finished) {
            return Err(ErrorKind::OutOfOrder.into());
        }
        let max_rounds = self.run.config().max_rounds;
        if self.last_round >= max_rounds {
            return Err(ErrorKind::WrongRound.bound(max_rounds.into()));
        }
        let participants = match participants {
            None => self.settle(self.setup.confirmed.clone())?,
            Some(ids) => self.chosen(ids)?,
        };
        let number = self.last_round + 1;
        let h = round_hash(self.run.hash(), self.epoch, number, &participants.view(), context_hash);
        let count = self.count() as usize;
        self.digests.iter_mut().for_each(Vec::clear);
        self.round = Some(Round {
            number,
            h,
            context: *context_hash,
            survivors: participants.clone(),
            previous: participants.clone(),
            participants,
            pass: 0,
            masked: (0..count).map(|_| None).collect(),
            acknowledgements: vec![None; count],
            mask_keys: Vec::new(),
            shares: (0..count).map(|_| None).collect(),
            share_counts: vec![0; count],
        });
        self.last_round = number;
        self.outcome = 0;
        self.step = Step::Mask;
        Ok(number)
    }

    /// Participants named by the host: all must be able to take part.
    fn chosen(&self, ids: &[u64]) -> Result<OwnedSet> {
        let mut set = OwnedSet::empty(self.count());
        for &id in ids {
            let position = self.position(id)?;
            if !self.setup.confirmed.contains(position) {
                return Err(ErrorKind::NotConfirmed.party(id));
            }
            set.insert(position);
        }
        let settled = self.settle(set.clone())?;
        let lonely = set.iter().find(|&position| !settled.contains(position));
        match lonely.and_then(|position| self.id(position)) {
            Some(id) => Err(ErrorKind::TooFewNeighbours.party(id)),
            None => Ok(settled),
        }
    }

    pub(super) fn begin_message(&self, position: u32) -> Result<Option<Vec<u8>>> {
        match &self.round {
            Some(round) if round.participants.contains(position) => {
                let participants = round.participants.view();
                let (participants, context) = (participants.as_bytes(), round.context);
                let lifetime = core::marker::PhantomData;
                self.write(Begin { round: round.number, participants, context: &context, lifetime }).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Takes a masked contribution and returns where its payload lies.
    pub(super) fn receive_masked(&mut self, position: u32, message: &[u8]) -> Result<Range<usize>> {
        let body: Masked<'_> = self.read(message)?;
        let round = self.present(Step::Mask, body.round, body.h)?;
        if !round.participants.contains(position) {
            return Err(ErrorKind::NotInSet.into());
        }
        if round.masked.get(position as usize).is_some_and(Option::is_some) {
            return Err(ErrorKind::Duplicate.into());
        }
        let shares = if self.run.has_recovery() {
            let count = self.layout.degree_in(position, &round.participants);
            SealedShares {
                salt: body.salt.try_into().map_err(|_| ErrorKind::Malformed)?,
                sealed: items::<SEALED_SIZE>(body.sealed, count)?.to_vec(),
            }
        } else if body.salt.is_empty() && body.sealed.is_empty() {
            SealedShares { salt: [0; SALT_SIZE], sealed: Vec::new() }
        } else {
            return Err(ErrorKind::Malformed.into());
        };
        self.check_payload(body.payload)?;
        if let Some(round) = &mut self.round {
            round.masked[position as usize] = Some(shares);
            if round.without(&round.masked).next().is_none() {
                self.step = if self.run.has_recovery() { Step::Unmask } else { Step::Sum };
            }
        }
        Ok(message.len() - body.payload.len()..message.len())
    }

    pub(super) fn close_masked(&mut self) -> Result<()> {
        if !self.run.has_recovery() {
            self.abort(ErrorKind::NoRecovery);
            return Ok(());
        }
        let Some(round) = &self.round else { return Err(ErrorKind::OutOfOrder.into()) };
        let came = round.participants.iter().filter(|&position| round.masked[position as usize].is_some());
        let came = OwnedSet::of(self.count(), came);
        self.shrink_to(came);
        Ok(())
    }

    /// The payload has the size of the run, and no bit is set after the last residue of a segment.
    fn check_payload(&self, payload: &[u8]) -> Result<()> {
        if payload.len() as u64 != self.run.payload_size() {
            return Err(ErrorKind::Malformed.bound(self.run.payload_size()));
        }
        let mut rest = payload;
        for segment in &self.run.config().segments {
            let size = usize::try_from(segment.packed_size()).map_err(|_| ErrorKind::TooLong)?;
            let (packed, tail) = rest.split_at_checked(size).ok_or(ErrorKind::Malformed)?;
            let used = (segment.total() * u64::from(segment.bits().get())) & 7;
            if used != 0 && packed.last().is_some_and(|last| last >> used != 0) {
                return Err(ErrorKind::Malformed.into());
            }
            rest = tail;
        }
        Ok(())
    }

    /// The present round, if the server waits in `step` for messages with this number and h.
    pub(super) fn present(&self, step: Step, number: u32, h: &[u8; 32]) -> Result<&Round> {
        let round = self.round.as_ref().ok_or(ErrorKind::OutOfOrder)?;
        if number != round.number {
            return Err(ErrorKind::WrongRound.bound(round.number.into()));
        }
        if *h != round.h {
            return Err(ErrorKind::WrongContext.into());
        }
        if self.step == step { Ok(round) } else { Err(ErrorKind::OutOfOrder.into()) }
    }
}
