//! Set-up: collects fresh keys and confirmation tags and passes each on to the neighbours.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use super::{Server, Step, check_key};
use crate::agreement::PublicKey;
use crate::error::{ErrorKind, Result};
use crate::secagg::member_set::OwnedSet;
use crate::secagg::message::{Advertise, Confirm, Confirmations, Invite, Keys, TAG_SIZE, items};

const LIFETIME: core::marker::PhantomData<&'static ()> = core::marker::PhantomData;

/// Keys and tags of the present epoch, by position.
#[derive(Debug)]
pub(super) struct Setup {
    fresh: Vec<Option<[u8; 32]>>,
    tags: Vec<Option<Vec<[u8; TAG_SIZE]>>>,
    /// Who advertised.
    members: OwnedSet,
    /// Who confirmed.
    pub(super) confirmed: OwnedSet,
}

impl Setup {
    pub(super) fn new(count: u32) -> Self {
        Self {
            fresh: vec![None; count as usize],
            tags: vec![None; count as usize],
            members: OwnedSet::empty(count),
            confirmed: OwnedSet::empty(count),
        }
    }

    /// Positions whose message the step waits for.
    pub(super) fn waiting(&self, step: Step) -> impl Iterator<Item = u32> + '_ {
        let advertising = step == Step::Advertise;
        (0u32..).zip(self.fresh.iter().zip(&self.tags)).filter_map(move |(position, (fresh, tags))| {
            let missing = if advertising { fresh.is_none() } else { self.members.contains(position) && tags.is_none() };
            missing.then_some(position)
        })
    }
}

impl Server {
    /// Begins set-up with the next epoch; [`Server::message`] then invites every member. Rounds begin anew with new keys, numbers go on.
    ///
    /// # Errors
    /// `OutOfOrder` during a round.
    pub fn invite(&mut self) -> Result<u32> {
        if matches!(self.step, Step::Mask | Step::Survive | Step::Unmask | Step::Sum) {
            return Err(ErrorKind::OutOfOrder.into());
        }
        self.epoch = self.epoch.checked_add(1).ok_or(ErrorKind::WrongEpoch)?;
        self.keys = self.members.iter().map(|member| *member.key.as_bytes()).collect::<BTreeSet<_>>();
        self.setup = Setup::new(self.count());
        self.digests.iter_mut().for_each(Vec::clear);
        self.round = None;
        self.step = Step::Advertise;
        Ok(self.epoch)
    }

    pub(super) fn receive_advertise(&mut self, position: u32, message: &[u8]) -> Result<()> {
        let body: Advertise<'_> = self.read(message)?;
        if self.step != Step::Advertise {
            return Err(ErrorKind::OutOfOrder.into());
        }
        let slot = self.setup.fresh.get_mut(position as usize).ok_or(ErrorKind::UnknownParty)?;
        if slot.is_some() {
            return Err(ErrorKind::Duplicate.into());
        }
        check_key(&PublicKey::from_bytes(*body.fresh))?;
        if !self.keys.insert(*body.fresh) {
            return Err(ErrorKind::RepeatedKey.into());
        }
        *slot = Some(*body.fresh);
        self.setup.members.insert(position);
        if self.setup.members.count() == self.count() {
            self.close_advertise()?;
        }
        Ok(())
    }

    pub(super) fn close_advertise(&mut self) -> Result<()> {
        let members = self.settle_setup(self.setup.members.clone())?;
        self.setup.members = members;
        self.step = Step::Confirm;
        Ok(())
    }

    pub(super) fn receive_confirm(&mut self, position: u32, message: &[u8]) -> Result<()> {
        let body: Confirm<'_> = self.read(message)?;
        if self.step != Step::Confirm {
            return Err(ErrorKind::OutOfOrder.into());
        }
        if !self.setup.members.contains(position) {
            return Err(ErrorKind::NotInSet.into());
        }
        let tags = items::<TAG_SIZE>(body.tags, self.layout.degree_in(position, &self.setup.members))?.to_vec();
        let slot = self.setup.tags.get_mut(position as usize).ok_or(ErrorKind::UnknownParty)?;
        if slot.is_some() {
            return Err(ErrorKind::Duplicate.into());
        }
        *slot = Some(tags);
        self.setup.confirmed.insert(position);
        if self.setup.confirmed == self.setup.members {
            self.close_confirm()?;
        }
        Ok(())
    }

    pub(super) fn close_confirm(&mut self) -> Result<()> {
        let confirmed = self.settle_setup(self.setup.confirmed.clone())?;
        self.setup.confirmed = confirmed;
        self.step = Step::Ready;
        Ok(())
    }

    pub(super) fn invite_message(&self) -> Result<Vec<u8>> {
        self.write(Invite { lifetime: LIFETIME })
    }

    pub(super) fn keys_message(&self, position: u32) -> Result<Option<Vec<u8>>> {
        if !self.setup.members.contains(position) {
            return Ok(None);
        }
        let neighbours = self.layout.neighbours_in(position, &self.setup.members);
        let fresh: Vec<u8> = neighbours
            .into_iter()
            .filter_map(|other| self.setup.fresh.get(other as usize).copied().flatten())
            .flatten()
            .collect();
        let members = self.setup.members.view();
        self.write(Keys { members: members.as_bytes(), fresh: &fresh, lifetime: LIFETIME }).map(Some)
    }

    pub(super) fn confirmations_message(&self, position: u32) -> Result<Option<Vec<u8>>> {
        if !self.setup.confirmed.contains(position) {
            return Ok(None);
        }
        let tag_of = |sender: u32| {
            let place = self.layout.rank(sender, position, &self.setup.members);
            self.setup.tags.get(sender as usize)?.as_ref()?.get(place).copied()
        };
        let neighbours = self.layout.neighbours_in(position, &self.setup.confirmed);
        let tags: Vec<u8> = neighbours.into_iter().filter_map(tag_of).flatten().collect();
        let confirmed = self.setup.confirmed.view();
        self.write(Confirmations { confirmed: confirmed.as_bytes(), tags: &tags, lifetime: LIFETIME }).map(Some)
    }

    /// Set-up goes on with who is left, or fails.
    fn settle_setup(&mut self, set: OwnedSet) -> Result<OwnedSet> {
        self.settle(set).inspect_err(|_| self.step = Step::Idle)
    }
}
