//! The end of a round, and the heads that the answers share.

use minicbor::Encoder;

use super::{Client, Round, Step, out_of_order};
use crate::error::{ErrorKind, Result};
use crate::secagg::codec::{Output, head_size, output_error};
use crate::secagg::message::{Body, Finished};

impl<const K: usize> Client<K> {
    /// Takes `finished` and returns the outcome: 0, or the code of the [`ErrorKind`] for which the round was aborted.
    ///
    /// # Errors
    /// `WrongRound` for another round than the present one; `OutOfOrder` outside a round; malformed messages.
    pub fn finish(&mut self, finished: &[u8]) -> Result<u32> {
        let body: Finished<'_> = self.read(finished)?;
        let number = match &self.step {
            Step::Begun(round) | Step::Masking(round, _) | Step::Waiting(round) | Step::Closed(round) => round.number,
            _ => return Err(out_of_order()),
        };
        if body.round != number {
            return Err(ErrorKind::WrongRound.bound(number.into()));
        }
        for neighbour in &mut self.neighbours {
            neighbour.active = false;
        }
        self.step = Step::Ready;
        Ok(body.outcome)
    }

    /// Writes the first three items of an answer.
    pub(super) fn write_head<'b, B: Body<'b>>(&self, e: &mut Encoder<Output<'_>>) -> Result<()> {
        e.array(3 + B::ITEMS)
            .and_then(|e| e.u8(B::KIND as u8))
            .and_then(|e| e.bytes(self.run.hash()))
            .and_then(|e| e.u32(self.epoch))
            .map(drop)
            .map_err(output_error)
    }

    /// Writes the first five items of an answer within a round.
    pub(super) fn write_round_head<'b, B: Body<'b>>(&self, e: &mut Encoder<Output<'_>>, round: &Round) -> Result<()> {
        self.write_head::<B>(e)?;
        e.u32(round.number).and_then(|e| e.bytes(&round.h)).map(drop).map_err(output_error)
    }

    /// Bytes of the first three items of an answer.
    pub(super) const fn head_size<'b, B: Body<'b>>(&self) -> usize {
        head_size(3 + B::ITEMS) + head_size(B::KIND as u64) + (head_size(32) + 32) + head_size(self.epoch as u64)
    }

    /// Bytes of the first five items of an answer within a round.
    pub(super) const fn round_head_size<'b, B: Body<'b>>(&self, round: u32) -> usize {
        self.head_size::<B>() + head_size(round as u64) + (head_size(32) + 32)
    }
}
