//! The set to open: shares of the neighbours' self-mask seeds, given once.

use heapless::Vec;
use minicbor::Encoder;
use minicbor::encode::Write;
use zeroize::Zeroizing;

use super::{Client, Neighbour, Round, Step};
use crate::ct;
use crate::error::{ErrorKind, Result};
use crate::secagg::codec::{Output, head_size, output_error};
use crate::secagg::member_set::MemberSet;
use crate::secagg::message::{KEY_SIZE, OPENED_ITEM_SIZE, Open, SALT_SIZE, TAG_SIZE, Unmask, items};
use crate::sharing::shamir::check_share;

impl<const K: usize> Client<K> {
    /// Answers `open` with the shares of its neighbours' seeds and closes the round. A share that does not decrypt is left out.
    ///
    /// # Errors
    /// `WrongSet` unless the set is the last one accepted; `TooFewAcknowledgements` when it is not that of all participants and fewer than t
    /// neighbours acknowledged it; `OutOfOrder`; `BufferTooSmall`; malformed messages.
    pub fn unmask(&mut self, open: &[u8], out: &mut [u8]) -> Result<usize> {
        let body: Open<'_> = self.read(open)?;
        let round = self.waiting()?;
        self.same_round(&round, body.round, body.h)?;
        let set = MemberSet::new(body.set, self.run.config().members)?;
        if set.hash(self.run.hash()) != round.set {
            return Err(ErrorKind::WrongSet.into());
        }
        let count = self.active().count();
        let sealed = items::<OPENED_ITEM_SIZE>(body.sealed, count)?;
        self.check_acknowledgements(&round, body.acknowledgements, count)?;
        let written = self.write_shares(&round, sealed, out)?;
        self.step = Step::Closed(round);
        Ok(written)
    }

    fn active(&self) -> impl Iterator<Item = &Neighbour> {
        self.neighbours.iter().filter(|neighbour| neighbour.active)
    }

    /// At least t neighbours acknowledged the set to this client, unless nobody left.
    fn check_acknowledgements(&self, round: &Round, joined: &[u8], count: usize) -> Result<()> {
        if round.passes == 0 {
            return if joined.is_empty() { Ok(()) } else { Err(ErrorKind::Malformed.bound(0)) };
        }
        let tags = items::<TAG_SIZE>(joined, count)?;
        let mut valid = 0;
        for (neighbour, tag) in self.active().zip(tags) {
            let pair = neighbour.pair()?;
            let expected = pair.acknowledgement(neighbour.id, self.id, round.number, &round.h, &round.set);
            valid += u32::from(ct::eq(tag, &expected));
        }
        let threshold = self.run.config().threshold;
        if valid >= threshold { Ok(()) } else { Err(ErrorKind::TooFewAcknowledgements.bound(threshold.into())) }
    }

    fn write_shares(&self, round: &Round, sealed: &[[u8; OPENED_ITEM_SIZE]], out: &mut [u8]) -> Result<usize> {
        let count = sealed.len();
        let bitmap_size = count.div_ceil(8);
        let mut bitmap: Vec<u8, K> = Vec::new();
        bitmap.resize_default(bitmap_size).map_err(|_| ErrorKind::CapacityExceeded)?;
        let opened = |neighbour: &Neighbour, item: &[u8; OPENED_ITEM_SIZE]| self.open_share(round, neighbour, item);
        let mut shares = 0;
        for (index, (neighbour, item)) in self.active().zip(sealed).enumerate() {
            if opened(neighbour, item).is_ok() {
                bitmap[index >> 3] |= 1 << (index & 7);
                shares += 1;
            }
        }
        let shares_size = shares * KEY_SIZE;
        let size = self.round_head_size::<Unmask<'_>>(round.number)
            + (head_size(KEY_SIZE as u64) + KEY_SIZE)
            + (head_size(bitmap_size as u64) + bitmap_size)
            + (head_size(shares_size as u64) + shares_size);
        let mut e = Encoder::new(Output::with_size(out, size)?);
        self.write_round_head::<Unmask<'_>>(&mut e, round)?;
        e.bytes(&round.set)
            .and_then(|e| e.bytes(&bitmap))
            .and_then(|e| e.bytes_len(shares_size as u64))
            .map_err(output_error)?;
        for (neighbour, item) in self.active().zip(sealed) {
            if let Ok(share) = opened(neighbour, item) {
                e.writer_mut().write_all(&*share)?;
            }
        }
        Ok(e.writer().written())
    }

    fn open_share(
        &self,
        round: &Round,
        neighbour: &Neighbour,
        item: &[u8; OPENED_ITEM_SIZE],
    ) -> Result<Zeroizing<[u8; KEY_SIZE]>> {
        let (salt, sealed) = item.split_first_chunk::<SALT_SIZE>().ok_or(ErrorKind::Malformed)?;
        let sealed = sealed.try_into().map_err(|_| ErrorKind::Malformed)?;
        let key = neighbour.pair()?.share_key(neighbour.id, self.id, self.share_index(), round.number, &round.h, salt);
        let share = key.open(sealed)?;
        check_share(&share)?;
        Ok(share)
    }
}
