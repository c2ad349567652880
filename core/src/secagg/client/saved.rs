//! A client's state as bytes, so that a restarted process goes on where it stopped.
//!
//! The bytes are secret. Whoever restores an older state cannot make a client mask twice with the same keys and have both opened
//! (a new salt encrypts the new shares, and the neighbours have closed the round), but should not try: storage must be durable and not go back.

use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decoder, decode};
use zeroize::Zeroize;

use super::{Client, ClientState, Neighbour, Round, Step};
use crate::agreement::{FreshKey, Identity, PairKey};
use crate::error::{ErrorKind, Result};
use crate::secagg::codec::{self, Canonical, Encodable, array, fixed_bytes};
use crate::secagg::message::KEY_SIZE;
use crate::secagg::roster::RosterSource;
use crate::secagg::run::Run;

const VERSION: u64 = 1;
const CONFIRMED: u8 = 1;
const ACTIVE: u8 = 2;
const PAIRED: u8 = 4;
/// Pair key and flags of a neighbour.
const NEIGHBOUR_SIZE: usize = KEY_SIZE + 1;

/// The state without the neighbours, which follow as one byte string.
struct Saved<'b> {
    run: [u8; 32],
    key: [u8; 32],
    epoch: u32,
    last_round: u32,
    state: u8,
    fresh: &'b [u8],
    round: SavedRound,
    neighbours: &'b [u8],
}

#[derive(Clone, Copy, Default)]
struct SavedRound {
    number: u32,
    h: [u8; 32],
    set: [u8; 32],
    passes: u8,
}

impl Encodable for Saved<'_> {
    fn encode<W: Write>(&self, e: &mut Encoder<W>) -> core::result::Result<(), EncodeError<W::Error>> {
        e.array(9)?.u64(VERSION)?.bytes(&self.run)?.bytes(&self.key)?.u32(self.epoch)?.u32(self.last_round)?;
        e.u8(self.state)?.bytes(self.fresh)?;
        let round = &self.round;
        e.array(4)?.u32(round.number)?.bytes(&round.h)?.bytes(&round.set)?.u8(round.passes)?;
        e.bytes(self.neighbours)?;
        Ok(())
    }
}

impl<'b> Canonical<'b> for Saved<'b> {
    fn decode(d: &mut Decoder<'b>) -> core::result::Result<Self, decode::Error> {
        array(d, 9)?;
        if d.u64()? != VERSION {
            return Err(decode::Error::message("another version"));
        }
        let (run, key, epoch, last_round) = (fixed_bytes(d)?, fixed_bytes(d)?, d.u32()?, d.u32()?);
        let (state, fresh) = (d.u8()?, d.bytes()?);
        array(d, 4)?;
        let round = SavedRound { number: d.u32()?, h: fixed_bytes(d)?, set: fixed_bytes(d)?, passes: d.u8()? };
        Ok(Self { run, key, epoch, last_round, state, fresh, round, neighbours: d.bytes()? })
    }
}

impl<const K: usize> Client<K> {
    /// Bytes that [`Client::save`] writes at most.
    #[must_use]
    pub const fn saved_size_limit(&self) -> usize {
        240 + K * NEIGHBOUR_SIZE
    }

    /// Writes the state: secret bytes, for storage that only this party reads.
    ///
    /// # Errors
    /// `BufferTooSmall`; `OutOfOrder` while a contribution is being masked piece by piece.
    pub fn save(&self, out: &mut [u8]) -> Result<usize> {
        let (fresh, round) = match &self.step {
            Step::Masking(..) => return Err(super::out_of_order()),
            Step::Advertised(fresh) => (Some(fresh.to_bytes()), SavedRound::default()),
            Step::Begun(round) | Step::Waiting(round) | Step::Closed(round) => (None, SavedRound::from(round)),
            Step::Unjoined | Step::Idle | Step::Confirming | Step::Ready => (None, SavedRound::default()),
        };
        let mut neighbours = heapless::Vec::<[u8; NEIGHBOUR_SIZE], K>::new();
        for neighbour in &self.neighbours {
            neighbours.push(neighbour.to_saved()).map_err(|_| ErrorKind::CapacityExceeded)?;
        }
        let saved = Saved {
            run: *self.run.hash(),
            key: *self.identity.public_key().as_bytes(),
            epoch: self.epoch,
            last_round: self.last_round,
            state: self.state() as u8,
            fresh: fresh.as_ref().map_or(&[], |bytes| bytes.as_slice()),
            round,
            neighbours: neighbours.as_flattened(),
        };
        let written = codec::to_canonical(&saved, out);
        neighbours.iter_mut().for_each(Zeroize::zeroize);
        written
    }

    /// The client whose state `saved` is.
    ///
    /// # Errors
    /// Those of [`Client::new`]; `WrongRun` or `NotPinned` for the state of another run or identity; `Malformed` or `NonCanonical`.
    pub fn restore(identity: Identity, run: Run, roster: impl RosterSource, saved: &[u8]) -> Result<Self> {
        let saved: Saved<'_> = codec::from_canonical(saved)?;
        let mut client = Self::new(identity, run, roster)?;
        if saved.run != *client.run.hash() {
            return Err(ErrorKind::WrongRun.into());
        }
        if saved.key != *client.identity.public_key().as_bytes() {
            return Err(ErrorKind::NotPinned.into());
        }
        let (entries, rest) = saved.neighbours.as_chunks::<NEIGHBOUR_SIZE>();
        if entries.len() != client.neighbours.len() || !rest.is_empty() {
            return Err(ErrorKind::Malformed.into());
        }
        for (neighbour, entry) in client.neighbours.iter_mut().zip(entries) {
            neighbour.load_saved(entry)?;
        }
        client.epoch = saved.epoch;
        client.last_round = saved.last_round;
        client.step = saved.step()?;
        Ok(client)
    }
}

impl Saved<'_> {
    fn step<const K: usize>(&self) -> Result<Step<K>> {
        let round =
            Round { number: self.round.number, h: self.round.h, set: self.round.set, passes: self.round.passes };
        let is = |state: ClientState| self.state == state as u8;
        let in_round = is(ClientState::Begun)
            || is(ClientState::Masked)
            || is(ClientState::Acknowledged)
            || is(ClientState::Closed);
        if in_round != (self.round.number != 0) || is(ClientState::Advertised) == self.fresh.is_empty() {
            return Err(ErrorKind::Malformed.into());
        }
        Ok(if is(ClientState::Idle) {
            Step::Idle
        } else if is(ClientState::Advertised) {
            let bytes: [u8; KEY_SIZE] = self.fresh.try_into().map_err(|_| ErrorKind::Malformed)?;
            Step::Advertised(FreshKey::from_bytes(bytes))
        } else if is(ClientState::Confirming) {
            Step::Confirming
        } else if is(ClientState::Ready) {
            Step::Ready
        } else if is(ClientState::Begun) {
            Step::Begun(round)
        } else if (is(ClientState::Masked) && round.passes == 0) || (is(ClientState::Acknowledged) && round.passes > 0)
        {
            Step::Waiting(round)
        } else if is(ClientState::Closed) {
            Step::Closed(round)
        } else {
            return Err(ErrorKind::Malformed.into());
        })
    }
}

impl From<&Round> for SavedRound {
    fn from(round: &Round) -> Self {
        Self { number: round.number, h: round.h, set: round.set, passes: round.passes }
    }
}

impl Neighbour {
    fn to_saved(&self) -> [u8; NEIGHBOUR_SIZE] {
        let mut entry = [0; NEIGHBOUR_SIZE];
        if let Some(pair) = &self.pair {
            entry[..KEY_SIZE].copy_from_slice(pair.as_bytes());
            entry[KEY_SIZE] |= PAIRED;
        }
        entry[KEY_SIZE] |= (u8::from(self.confirmed) * CONFIRMED) | (u8::from(self.active) * ACTIVE);
        entry
    }

    fn load_saved(&mut self, entry: &[u8; NEIGHBOUR_SIZE]) -> Result<()> {
        let (key, flags) = entry.split_first_chunk::<KEY_SIZE>().ok_or(ErrorKind::Malformed)?;
        let flags = flags.first().copied().unwrap_or(u8::MAX);
        let paired = flags & PAIRED != 0;
        if flags & !(PAIRED | CONFIRMED | ACTIVE) != 0 || (!paired && flags != 0) {
            return Err(ErrorKind::Malformed.into());
        }
        self.pair = paired.then(|| PairKey::from_bytes(*key));
        self.confirmed = flags & CONFIRMED != 0;
        self.active = flags & ACTIVE != 0;
        Ok(())
    }
}
