//! Who is left: each shrinking of the set is announced, and everyone left answers it.

use alloc::vec;
use alloc::vec::Vec;

use super::{MaskKey, Server, Step};
use crate::error::{ErrorKind, Result};
use crate::mask::Seed;
use crate::secagg::member_set::OwnedSet;
use crate::secagg::message::{Acknowledge, KEY_SIZE, Survivors, TAG_SIZE, items};

impl Server {
    /// Goes on with the members of `left` that keep enough neighbours, or aborts.
    pub(super) fn shrink_to(&mut self, left: OwnedSet) {
        let max_passes = self.run.config().max_passes;
        let settled = self.settle(left);
        let count = self.count() as usize;
        let Some(round) = &mut self.round else { return };
        match settled {
            Err(error) => self.abort(error.kind()),
            Ok(_) if round.pass >= max_passes => self.abort(ErrorKind::TooManyPasses),
            Ok(settled) => {
                round.previous = core::mem::replace(&mut round.survivors, settled);
                round.pass += 1;
                round.acknowledgements = vec![None; count];
                self.step = Step::Survive;
            }
        }
    }

    pub(super) fn survivors_message(&self, position: u32) -> Result<Option<Vec<u8>>> {
        match &self.round {
            Some(round) if round.survivors.contains(position) => {
                let (previous, next) = (round.previous.view(), round.survivors.view());
                let body = Survivors {
                    round: round.number,
                    h: &round.h,
                    pass: round.pass,
                    previous: previous.as_bytes(),
                    next: next.as_bytes(),
                    lifetime: core::marker::PhantomData,
                };
                self.write(body).map(Some)
            }
            _ => Ok(None),
        }
    }

    pub(super) fn receive_acknowledge(&mut self, position: u32, message: &[u8]) -> Result<()> {
        let body: Acknowledge<'_> = self.read(message)?;
        let round = self.present(Step::Survive, body.round, body.h)?;
        if !round.survivors.contains(position) {
            return Err(ErrorKind::NotInSet.into());
        }
        if *body.set != round.survivors.view().hash(self.run.hash()) {
            return Err(ErrorKind::WrongSet.into());
        }
        if round.acknowledgements.get(position as usize).is_some_and(Option::is_some) {
            return Err(ErrorKind::Duplicate.into());
        }
        let dropped: Vec<u32> = self
            .layout
            .neighbours_in(position, &round.previous)
            .into_iter()
            .filter(|&other| !round.survivors.contains(other))
            .collect();
        let keys = items::<KEY_SIZE>(body.mask_keys, dropped.len())?;
        let mask_keys: Vec<MaskKey> = dropped
            .iter()
            .zip(keys)
            .map(|(&dropped, key)| MaskKey { survivor: position, dropped, seed: Seed::from_bytes(*key) })
            .collect();
        let tags =
            items::<TAG_SIZE>(body.acknowledgements, self.layout.degree_in(position, &round.survivors))?.to_vec();
        if let Some(round) = &mut self.round {
            round.mask_keys.extend(mask_keys);
            round.acknowledgements[position as usize] = Some(tags);
            if round.without(&round.acknowledgements).next().is_none() {
                self.step = Step::Unmask;
            }
        }
        Ok(())
    }

    pub(super) fn close_survivors(&mut self) -> Result<()> {
        let Some(round) = &self.round else { return Err(ErrorKind::OutOfOrder.into()) };
        let answered = round.survivors.iter().filter(|&position| round.acknowledgements[position as usize].is_some());
        let answered = OwnedSet::of(self.count(), answered);
        self.shrink_to(answered);
        Ok(())
    }
}
