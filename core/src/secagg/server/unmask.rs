//! The set to open, and the seed shares that come back.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{Server, Step};
use crate::error::{ErrorKind, Result};
use crate::secagg::message::{KEY_SIZE, OPENED_ITEM_SIZE, Open, Unmask, items};
use crate::sharing::shamir::check_share;

/// The shares that one member returned, in the order of its neighbours in the set; `None` where one did not decrypt.
pub(super) struct Shares(pub(super) Vec<Option<Zeroizing<[u8; KEY_SIZE]>>>);

impl core::fmt::Debug for Shares {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Shares(..)")
    }
}

impl Server {
    pub(super) fn open_message(&self, position: u32) -> Result<Option<Vec<u8>>> {
        let Some(round) = self.round.as_ref().filter(|round| round.survivors.contains(position)) else {
            return Ok(None);
        };
        let neighbours = self.layout.neighbours_in(position, &round.survivors);
        let mut sealed = Vec::with_capacity(neighbours.len() * OPENED_ITEM_SIZE);
        let mut acknowledgements = Vec::new();
        for &sender in &neighbours {
            let place = self.layout.rank(sender, position, &round.participants);
            let shares = round.masked.get(sender as usize).and_then(Option::as_ref).ok_or(ErrorKind::OutOfOrder)?;
            sealed.extend_from_slice(&shares.salt);
            sealed.extend_from_slice(shares.sealed.get(place).ok_or(ErrorKind::OutOfOrder)?);
            if round.pass > 0 {
                let place = self.layout.rank(sender, position, &round.survivors);
                let tags = round.acknowledgements.get(sender as usize).and_then(Option::as_ref);
                acknowledgements.extend_from_slice(tags.and_then(|tags| tags.get(place)).ok_or(ErrorKind::OutOfOrder)?);
            }
        }
        let set = round.survivors.view();
        let body = Open {
            round: round.number,
            h: &round.h,
            set: set.as_bytes(),
            sealed: &sealed,
            acknowledgements: &acknowledgements,
            lifetime: core::marker::PhantomData,
        };
        self.write(body).map(Some)
    }

    /// Takes seed shares; returns whether they were still needed.
    pub(super) fn receive_unmask(&mut self, position: u32, message: &[u8]) -> Result<bool> {
        let body: Unmask<'_> = self.read(message)?;
        let late = matches!(self.step, Step::Sum | Step::Finished);
        let round = self.present(if late { self.step } else { Step::Unmask }, body.round, body.h)?;
        if !round.survivors.contains(position) {
            return Err(ErrorKind::NotInSet.into());
        }
        if *body.set != round.survivors.view().hash(self.run.hash()) {
            return Err(ErrorKind::WrongSet.into());
        }
        if round.shares.get(position as usize).is_some_and(Option::is_some) {
            return Err(ErrorKind::Duplicate.into());
        }
        let neighbours = self.layout.neighbours_in(position, &round.survivors);
        let shares = read_shares(body.decrypted, body.shares, neighbours.len())?;
        if late {
            return Ok(false);
        }
        let threshold = self.run.config().threshold;
        if let Some(round) = &mut self.round {
            for (&owner, share) in neighbours.iter().zip(&shares.0) {
                round.share_counts[owner as usize] += u32::from(share.is_some());
            }
            round.shares[position as usize] = Some(shares);
            if round.survivors.iter().all(|owner| round.share_counts[owner as usize] >= threshold) {
                self.step = Step::Sum;
            } else if round.without(&round.shares).next().is_none() {
                self.abort(ErrorKind::TooFewShares);
            }
        }
        Ok(true)
    }
}

/// Reads a bitmap over `count` neighbours and the shares of those whose bit is set.
fn read_shares(bitmap: &[u8], joined: &[u8], count: usize) -> Result<Shares> {
    let members = u32::try_from(count).map_err(|_| ErrorKind::Malformed)?;
    let decrypted = crate::secagg::member_set::MemberSet::new(bitmap, members)?;
    let mut shares = items::<KEY_SIZE>(joined, decrypted.count() as usize)?.iter();
    let mut list = Vec::with_capacity(count);
    for place in 0..members {
        list.push(match decrypted.contains(place) {
            true => {
                let share = shares.next().ok_or(ErrorKind::Malformed)?;
                check_share(share)?;
                Some(Zeroizing::new(*share))
            }
            false => None,
        });
    }
    Ok(Shares(list))
}
