//! The beginning of a round: who takes part, over which model and settings.

use super::{Client, Round, Step, out_of_order};
use crate::error::{ErrorKind, Result};
use crate::secagg::member_set::MemberSet;
use crate::secagg::message::{Begin, round_hash};

impl<const K: usize> Client<K> {
    /// Joins the round that `begin` announces. `context_hash` is the SHA-256 of what this client received for the round
    /// (global model and settings), computed by its host. An earlier round that is still open is closed.
    ///
    /// # Errors
    /// `WrongRound` unless the number is above the last one and within the run's; `WrongContext`; `NotInSet`; `TooFewInputs`; `TooFewNeighbours`;
    /// `NotConfirmed` with the neighbour whose keys are not confirmed; `OutOfOrder` before set-up is complete; malformed messages.
    pub fn begin(&mut self, begin: &[u8], context_hash: &[u8; 32]) -> Result<()> {
        let body: Begin<'_> = self.read(begin)?;
        if matches!(self.step, Step::Unjoined | Step::Idle | Step::Advertised(_) | Step::Confirming) {
            return Err(out_of_order());
        }
        let config = self.run.config();
        if body.round <= self.last_round || body.round > config.max_rounds {
            return Err(ErrorKind::WrongRound.bound(self.last_round.into()));
        }
        let participants = MemberSet::new(body.participants, config.members)?;
        if body.context != context_hash {
            return Err(ErrorKind::WrongContext.into());
        }
        if !participants.contains(self.position) {
            return Err(ErrorKind::NotInSet.party(self.id));
        }
        if participants.count() < config.min_inputs {
            return Err(ErrorKind::TooFewInputs.bound(config.min_inputs.into()));
        }
        let taking_part = || self.neighbours.iter().filter(|neighbour| participants.contains(neighbour.position));
        self.enough_neighbours(taking_part().count())?;
        if let Some(neighbour) = taking_part().find(|neighbour| !neighbour.confirmed) {
            return Err(ErrorKind::NotConfirmed.party(neighbour.id));
        }
        let set = participants.hash(self.run.hash());
        let h = round_hash(self.run.hash(), self.epoch, body.round, &participants, context_hash);
        for neighbour in &mut self.neighbours {
            neighbour.active = participants.contains(neighbour.position);
        }
        self.last_round = body.round;
        self.step = Step::Begun(Round { number: body.round, h, set, passes: 0 });
        Ok(())
    }
}
