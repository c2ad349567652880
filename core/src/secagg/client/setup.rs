//! Set-up: invite, advertise, keys, confirm, confirmations. Afterwards a pair key is shared with each neighbour and confirmed.

use minicbor::Encoder;
use minicbor::encode::Write;
use rand_core::TryCryptoRng;

use super::{Client, ClientState, Neighbour, Step, out_of_order};
use crate::agreement::{FreshKey, PairKey, Party, Peer, PublicKey};
use crate::ct;
use crate::error::{ErrorKind, Result};
use crate::secagg::codec::{Output, head_size, output_error};
use crate::secagg::member_set::MemberSet;
use crate::secagg::message::{Advertise, Confirm, Confirmations, Invite, KEY_SIZE, Keys, Message, TAG_SIZE, items};

impl<const K: usize> Client<K> {
    /// Answers `invite` with a fresh key. What came before this epoch is forgotten; the last round number stays.
    ///
    /// # Errors
    /// `WrongEpoch` unless the epoch is above the last one; `Randomness`; `BufferTooSmall`; malformed messages.
    pub fn advertise<R: TryCryptoRng>(&mut self, invite: &[u8], rng: &mut R, out: &mut [u8]) -> Result<usize> {
        let message = Message::<Invite<'_>>::decode(invite, self.run.hash())?;
        if matches!(self.step, Step::Unjoined) {
            return Err(out_of_order());
        }
        if message.epoch <= self.epoch {
            return Err(ErrorKind::WrongEpoch.bound(self.epoch.into()));
        }
        let fresh = FreshKey::generate(rng)?;
        let public = fresh.public_key();
        let body = Advertise { fresh: public.as_bytes(), lifetime: core::marker::PhantomData };
        let written = Message { run: *self.run.hash(), epoch: message.epoch, body }.encode(out)?;
        for neighbour in &mut self.neighbours {
            neighbour.pair = None;
            neighbour.confirmed = false;
            neighbour.active = false;
        }
        self.epoch = message.epoch;
        self.step = Step::Advertised(fresh);
        Ok(written)
    }

    /// Answers `keys` with a confirmation tag for each neighbour that takes part in this set-up.
    ///
    /// # Errors
    /// `TooFewNeighbours`; `LowOrderKey` or `RepeatedKey` with the party whose fresh key is bad; `NotInSet`; `BufferTooSmall`; malformed messages.
    pub fn confirm(&mut self, keys: &[u8], out: &mut [u8]) -> Result<usize> {
        let body: Keys<'_> = self.read(keys)?;
        let Step::Advertised(fresh) = &self.step else {
            return Err(out_of_order());
        };
        let members = MemberSet::new(body.members, self.run.config().members)?;
        if !members.contains(self.position) {
            return Err(ErrorKind::NotInSet.party(self.id));
        }
        let present = self.neighbours.iter().filter(|neighbour| members.contains(neighbour.position)).count();
        self.enough_neighbours(present)?;
        let fresh_keys = items::<KEY_SIZE>(body.fresh, present)?;
        self.check_fresh_keys(&fresh.public_key(), &members, fresh_keys)?;

        let mut e = self.confirm_head(present, out)?;
        let own = Party { id: self.id, position: self.position, identity: &self.identity, fresh };
        let neighbours = self.neighbours.iter_mut().filter(|neighbour| members.contains(neighbour.position));
        if let Err(error) = agree_with(self.run.hash(), &own, self.epoch, neighbours.zip(fresh_keys), &mut e) {
            self.neighbours.iter_mut().for_each(|neighbour| neighbour.pair = None);
            return Err(error);
        }
        let written = e.writer().written();
        self.step = Step::Confirming;
        Ok(written)
    }

    /// Takes `confirmations` and returns how many neighbours of this set-up did not confirm; [`Client::unconfirmed`] names them.
    /// This client takes part in no round with one of them.
    ///
    /// # Errors
    /// `OutOfOrder`; malformed messages. A tag that does not verify is no error here: it leaves its sender unconfirmed.
    pub fn accept(&mut self, confirmations: &[u8]) -> Result<usize> {
        let body: Confirmations<'_> = self.read(confirmations)?;
        if self.state() != ClientState::Confirming {
            return Err(out_of_order());
        }
        let confirmed = MemberSet::new(body.confirmed, self.run.config().members)?;
        let takes_part = |neighbour: &&mut Neighbour| neighbour.pair.is_some();
        let present = self
            .neighbours
            .iter()
            .filter(|neighbour| neighbour.pair.is_some() && confirmed.contains(neighbour.position))
            .count();
        let mut tags = items::<TAG_SIZE>(body.tags, present)?.iter();
        let mut unconfirmed = 0;
        for neighbour in self.neighbours.iter_mut().filter(takes_part) {
            let Some(pair) = &neighbour.pair else { continue };
            neighbour.confirmed = confirmed.contains(neighbour.position)
                && tags
                    .next()
                    .is_some_and(|tag| ct::eq(tag, &pair.confirmation_tag(neighbour.id, self.id, self.epoch)));
            unconfirmed += usize::from(!neighbour.confirmed);
        }
        self.step = Step::Ready;
        Ok(unconfirmed)
    }

    /// A fresh key may not be this client's own, a static key that it knows, or that of two neighbours.
    fn check_fresh_keys(&self, own: &PublicKey, members: &MemberSet<'_>, keys: &[[u8; KEY_SIZE]]) -> Result<()> {
        let present = self.neighbours.iter().filter(|neighbour| members.contains(neighbour.position));
        let own_static = self.identity.public_key();
        for (index, (neighbour, key)) in present.zip(keys).enumerate() {
            let is_static = |key: &[u8; KEY_SIZE]| {
                own_static.as_bytes() == key || self.neighbours.iter().any(|other| other.key.as_bytes() == key)
            };
            if key == own.as_bytes() || is_static(key) || keys.iter().take(index).any(|earlier| earlier == key) {
                return Err(ErrorKind::RepeatedKey.party(neighbour.id));
            }
        }
        Ok(())
    }

    /// Starts the answer to `keys` up to the joined tags.
    fn confirm_head<'o>(&self, tags: usize, out: &'o mut [u8]) -> Result<Encoder<Output<'o>>> {
        let size = tags * TAG_SIZE;
        let whole = self.head_size::<Confirm<'_>>() + head_size(size as u64) + size;
        let mut e = Encoder::new(Output::with_size(out, whole)?);
        self.write_head::<Confirm<'_>>(&mut e)?;
        e.bytes_len(size as u64).map_err(output_error)?;
        Ok(e)
    }
}

/// Agrees on a pair key with each neighbour, which has none yet, and writes the tag for it.
fn agree_with<'n>(
    run_hash: &[u8; 32],
    own: &Party<'_>,
    epoch: u32,
    neighbours: impl Iterator<Item = (&'n mut Neighbour, &'n [u8; KEY_SIZE])>,
    tags: &mut Encoder<Output<'_>>,
) -> Result<()> {
    for (neighbour, fresh) in neighbours {
        let fresh = PublicKey::from_bytes(*fresh);
        let peer = Peer { id: neighbour.id, position: neighbour.position, key: &neighbour.key, fresh: &fresh };
        let pair = PairKey::agree(run_hash, own, &peer)?;
        tags.writer_mut().write_all(&pair.confirmation_tag(own.id, neighbour.id, epoch))?;
        neighbour.pair = Some(pair);
    }
    Ok(())
}
