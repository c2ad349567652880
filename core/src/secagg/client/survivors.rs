//! Who is left: mask keys of who dropped out, acknowledgements for who is left.

use minicbor::Encoder;
use minicbor::encode::Write;

use super::{Client, Neighbour, Round, Step};
use crate::error::{ErrorKind, Result};
use crate::secagg::codec::{Output, head_size, output_error};
use crate::secagg::member_set::MemberSet;
use crate::secagg::message::{Acknowledge, KEY_SIZE, Survivors, TAG_SIZE};

impl<const K: usize> Client<K> {
    /// Answers `survivors` with the round mask keys of the neighbours that left and an acknowledgement for each neighbour that is left.
    ///
    /// The set must be a proper part of the last one, so a neighbour whose mask key was handed out is in no later set and
    /// its seed share is never given.
    ///
    /// # Errors
    /// `TooManyPasses`; `WrongSet` when the previous set is not the last one accepted; `SetNotNested`; `NotInSet`; `TooFewInputs`; `TooFewNeighbours`;
    /// `OutOfOrder`, for another pass and without recovery too; `BufferTooSmall`; malformed messages.
    pub fn acknowledge(&mut self, survivors: &[u8], out: &mut [u8]) -> Result<usize> {
        let body: Survivors<'_> = self.read(survivors)?;
        let round = self.waiting()?;
        self.same_round(&round, body.round, body.h)?;
        let next = self.check_survivors(&round, &body)?;
        let set = next.hash(self.run.hash());

        let left = |neighbour: &&Neighbour| neighbour.active && !next.contains(neighbour.position);
        let stays = |neighbour: &&Neighbour| neighbour.active && next.contains(neighbour.position);
        let keys = self.neighbours.iter().filter(left).count() * KEY_SIZE;
        let tags = self.neighbours.iter().filter(stays).count() * TAG_SIZE;
        let size = self.round_head_size::<Acknowledge<'_>>(round.number)
            + (head_size(KEY_SIZE as u64) + KEY_SIZE)
            + (head_size(keys as u64) + keys)
            + (head_size(tags as u64) + tags);
        let mut e = Encoder::new(Output::with_size(out, size)?);
        self.write_round_head::<Acknowledge<'_>>(&mut e, &round)?;
        e.bytes(&set).and_then(|e| e.bytes_len(keys as u64)).map_err(output_error)?;
        for neighbour in self.neighbours.iter().filter(left) {
            let seed = neighbour.pair()?.round_mask_seed(round.number, &round.h);
            e.writer_mut().write_all(seed.as_bytes())?;
        }
        e.bytes_len(tags as u64).map_err(output_error)?;
        for neighbour in self.neighbours.iter().filter(stays) {
            let pair = neighbour.pair()?;
            let tag = pair.acknowledgement(self.id, neighbour.id, round.number, &round.h, &set);
            e.writer_mut().write_all(&tag)?;
        }
        let written = e.writer().written();
        for neighbour in &mut self.neighbours {
            neighbour.active &= next.contains(neighbour.position);
        }
        self.step = Step::Waiting(Round { set, passes: round.passes + 1, ..round });
        Ok(written)
    }

    /// The next set, if this client may accept it.
    fn check_survivors<'b>(&self, round: &Round, body: &Survivors<'b>) -> Result<MemberSet<'b>> {
        let config = self.run.config();
        if round.passes >= config.max_passes {
            return Err(ErrorKind::TooManyPasses.bound(config.max_passes.into()));
        }
        if body.pass != round.passes + 1 {
            return Err(ErrorKind::OutOfOrder.bound(u64::from(round.passes) + 1));
        }
        let previous = MemberSet::new(body.previous, config.members)?;
        let next = MemberSet::new(body.next, config.members)?;
        if previous.hash(self.run.hash()) != round.set {
            return Err(ErrorKind::WrongSet.into());
        }
        if !next.is_subset_of(&previous) || next.count() == previous.count() {
            return Err(ErrorKind::SetNotNested.into());
        }
        if !next.contains(self.position) {
            return Err(ErrorKind::NotInSet.party(self.id));
        }
        if next.count() < config.min_inputs {
            return Err(ErrorKind::TooFewInputs.bound(config.min_inputs.into()));
        }
        self.enough_neighbours(self.neighbours.iter().filter(|neighbour| next.contains(neighbour.position)).count())?;
        Ok(next)
    }
}
