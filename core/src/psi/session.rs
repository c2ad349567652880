//! One party's side of a run, from its items to the outcome.

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::psi::agreement::{Agreement, HEAD_SIZE, LEADER, Setting};
use crate::psi::follower::Follower;
use crate::psi::items::Items;
use crate::psi::leader::Leader;
use crate::psi::outcome::Outcome;
use crate::psi::work::{Piece, Work};
use crate::random;

/// What a party does.
enum Role {
    Leader(Leader),
    Follower(Follower),
}

/// A party's side of one run. In each round: [`Session::work_vartime`] until nothing is pending, then [`Session::message`] for each other party, [`Session::receive_vartime`] for what comes from
/// them, and [`Session::advance_vartime`]. After `parties + 1` rounds it is over.
///
/// Its exponents are used in this run alone: a session is neither copied nor begun again.
pub struct Session {
    agreement: Agreement,
    role: Role,
    round: usize,
    work: Option<Work>,
    /// What this party sends in the present round, once its work is done.
    outgoing: Option<Vec<Vec<u8>>>,
    received: Vec<bool>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(..)")
    }
}

impl Session {
    /// Begins a run with this party's items, byte strings of any length, up to [`crate::psi::MAX_ITEMS`] distinct ones. Repeated ones count once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for a setting outside of its range; [`ErrorKind::UnknownParty`] for an index that is no party's; [`ErrorKind::TooLong`] for more items than the agreed
    /// size, or than there may be; [`ErrorKind::Randomness`] if the generator fails.
    pub fn new_vartime<'a, R: TryCryptoRng + ?Sized>(
        setting: Setting,
        items: impl ExactSizeIterator<Item = &'a [u8]>,
        rng: &mut R,
    ) -> Result<Self> {
        let agreement = Agreement::new(setting)?;
        let items = Items::distinct_vartime(&agreement, items)?;
        let mut seed = Zeroizing::new([0; 32]);
        random::fill(rng, &mut *seed)?;
        let role = if agreement.index() == LEADER {
            Role::Leader(Leader::new(&agreement, items, seed))
        } else {
            Role::Follower(Follower::new(&agreement, items, seed))
        };
        let received = (0..agreement.parties()).map(|_| false).collect();
        let mut session = Self { agreement, role, round: 0, work: None, outgoing: None, received };
        session.begin_vartime()?;
        Ok(session)
    }

    /// The present round, from 0; that of the end is [`Session::rounds`].
    #[must_use]
    pub const fn round(&self) -> usize {
        self.round
    }

    /// How many rounds there are.
    #[must_use]
    pub const fn rounds(&self) -> usize {
        self.agreement.parties() + 1
    }

    /// How many parties there are.
    #[must_use]
    pub const fn parties(&self) -> usize {
        self.agreement.parties()
    }

    /// Rows that are to be multiplied before this round's messages exist.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.work.as_ref().map_or(0, Work::pending)
    }

    /// Multiplies up to `count` rows.
    ///
    /// # Errors
    ///
    /// As [`Session::work_in_pieces_vartime`].
    pub fn work_vartime(&mut self, count: usize) -> Result<()> {
        self.work_in_pieces_vartime(count, 1, |pieces| pieces.into_iter().try_for_each(Piece::run))
    }

    /// Multiplies up to `count` rows in up to `parts` pieces, each of which `run` has to run, on whatever thread.
    ///
    /// # Errors
    ///
    /// With the party that sent it, [`ErrorKind::NonCanonical`] for what encodes no element and [`ErrorKind::LowOrderKey`] for zero: the run cannot go on. [`ErrorKind::Randomness`] if no
    /// table could be drawn, which nobody will see.
    pub fn work_in_pieces_vartime(
        &mut self,
        count: usize,
        parts: usize,
        run: impl FnOnce(Vec<Piece<'_>>) -> Result<()>,
    ) -> Result<()> {
        let Some(work) = &mut self.work else { return Ok(()) };
        let sender = work.sender();
        run(work.pieces(count, parts)).map_err(|error| sender.map_or(error, |sender| error.of_party(sender as u64)))?;
        work.advance(count);
        self.settle_vartime()
    }

    /// Takes up the work of the present round.
    fn begin_vartime(&mut self) -> Result<()> {
        self.work = match &mut self.role {
            Role::Leader(leader) => leader.begin(&self.agreement, self.round),
            Role::Follower(follower) => follower.begin(&self.agreement, self.round),
        };
        self.settle_vartime()
    }

    /// Makes this round's messages if no work is left.
    fn settle_vartime(&mut self) -> Result<()> {
        if self.pending() > 0 || self.outgoing.is_some() {
            return Ok(());
        }
        if let Some(work) = self.work.take() {
            let products = work.finish();
            match &mut self.role {
                Role::Leader(leader) => leader.absorb_vartime(&self.agreement, self.round, &products),
                Role::Follower(follower) => follower.absorb_vartime(&self.agreement, self.round, &products),
            }
        }
        let own = self.agreement.index();
        let mut outgoing = Vec::with_capacity(self.agreement.parties());
        for to in 0..self.agreement.parties() {
            let mut message = Vec::new();
            if self.agreement.sends(self.round, own, to) {
                message.extend_from_slice(&self.agreement.head(self.round, own, to));
                match &self.role {
                    Role::Leader(leader) => leader.write_vartime(&self.agreement, self.round, to, &mut message),
                    Role::Follower(follower) => {
                        follower.write_vartime(&self.agreement, self.round, to, &mut message)?;
                    }
                }
            }
            outgoing.push(message);
        }
        self.outgoing = Some(outgoing);
        Ok(())
    }

    /// The message of this round to a party; empty where there is nothing to say.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] while work is pending and after the end; [`ErrorKind::UnknownParty`] for no other party.
    pub fn message(&self, to: usize) -> Result<&[u8]> {
        self.check_other(to)?;
        let outgoing = self.outgoing.as_ref().ok_or(ErrorKind::OutOfOrder)?;
        Ok(outgoing.get(to).map_or(&[][..], |message| message))
    }

    /// Takes the message of this round from a party. An empty one says that there is nothing to say. A message that is refused changes nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownParty`] for no other party; [`ErrorKind::OutOfOrder`] while work is pending, after the end, and from a party that has nothing to say in this round; with the party
    /// [`ErrorKind::Duplicate`] for a second message, [`ErrorKind::WrongRun`] for one of another run, setting, round or pair, [`ErrorKind::Malformed`] for a wrong length or what no party
    /// writes, [`ErrorKind::RepeatedElement`] for an element that occurs twice, [`ErrorKind::NonCanonical`] for elements in another order than the page says, [`ErrorKind::CountChanged`] for
    /// another number of them, [`ErrorKind::TooLong`] for too many, [`ErrorKind::LowOrderKey`], [`ErrorKind::NonCanonical`] and [`ErrorKind::RepeatedKey`] for keys, [`ErrorKind::NotInSet`]
    /// for a common item that this party does not hold.
    pub fn receive_vartime(&mut self, from: usize, message: &[u8]) -> Result<()> {
        self.check_other(from)?;
        if self.outgoing.is_none() {
            return Err(ErrorKind::OutOfOrder.into());
        }
        let refuse = |kind: ErrorKind| kind.party(from as u64);
        if !self.agreement.sends(self.round, from, self.agreement.index()) {
            return if message.is_empty() { Ok(()) } else { Err(refuse(ErrorKind::OutOfOrder)) };
        }
        if self.received.get(from).copied().unwrap_or(true) {
            return Err(refuse(ErrorKind::Duplicate));
        }
        let (head, body) = message.split_first_chunk::<HEAD_SIZE>().ok_or_else(|| refuse(ErrorKind::Malformed))?;
        if *head != self.agreement.head(self.round, from, self.agreement.index()) {
            return Err(refuse(ErrorKind::WrongRun));
        }
        match &mut self.role {
            Role::Leader(leader) => leader.receive_vartime(&self.agreement, self.round, from, body),
            Role::Follower(follower) => follower.receive_vartime(&self.agreement, self.round, from, body),
        }
        .map_err(|error| error.of_party(from as u64))?;
        if let Some(received) = self.received.get_mut(from) {
            *received = true;
        }
        Ok(())
    }

    /// Goes to the next round. This round's messages are gone then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] while work is pending, after the end, and, with the party, while a message is missing.
    pub fn advance_vartime(&mut self) -> Result<()> {
        if self.outgoing.is_none() {
            return Err(ErrorKind::OutOfOrder.into());
        }
        let own = self.agreement.index();
        let missing = (0..)
            .zip(&self.received)
            .find(|(from, received)| !**received && self.agreement.sends(self.round, *from, own));
        if let Some((from, _)) = missing {
            return Err(ErrorKind::OutOfOrder.party(from as u64));
        }
        self.outgoing = None;
        self.received.fill(false);
        self.round += 1;
        if self.round < self.rounds() { self.begin_vartime() } else { Ok(()) }
    }

    /// What this party learned, in the end; the leader has it in the last round.
    #[must_use]
    pub const fn outcome(&self) -> Option<&Outcome> {
        match &self.role {
            Role::Leader(leader) => leader.outcome(),
            Role::Follower(follower) => follower.outcome(),
        }
    }

    fn check_other(&self, party: usize) -> Result<()> {
        if party == self.agreement.index() || party >= self.agreement.parties() {
            return Err(ErrorKind::UnknownParty.party(party as u64));
        }
        Ok(())
    }
}
