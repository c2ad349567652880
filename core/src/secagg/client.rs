//! The client: one state machine, one file a step, no allocator (protocol.md section 7).
//!
//! Every call takes the bytes of one server message and writes the bytes of the answer. A call that fails leaves the state as it was; a call that
//! succeeds has changed it, so the host stores [`Client::save`] together with the answer before the answer leaves.

mod finish;
mod mask;
mod round;
#[cfg(feature = "saved")]
mod saved;
mod setup;
mod survivors;
mod unmask;
mod values;

use heapless::Vec;

use self::mask::Masking;
use super::message::{Body, Message};
use super::roster::{RosterSource, check_key, read_roster};
use super::run::Run;
use crate::agreement::{FreshKey, Identity, PairKey, PublicKey};
use crate::error::{Error, ErrorKind, Result};

pub use values::Values;

/// Lanes of the working block on the stack: 32 KiB with an operating system, 256 bytes on a device.
pub(crate) const BLOCK: usize = if cfg!(feature = "std") { 8192 } else { 64 };

/// What a client can do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ClientState {
    /// Waits for an invitation to set-up.
    Idle = 0,
    /// Has sent its fresh key, waits for those of its neighbours.
    Advertised = 1,
    /// Has sent its tags, waits for those of its neighbours.
    Confirming = 2,
    /// Waits for a round.
    Ready = 3,
    /// A round has begun; the contribution is due.
    Begun = 4,
    /// Part of the contribution is masked.
    Masking = 5,
    /// The contribution is masked; waits for survivors or for the set to open.
    Masked = 6,
    /// Has acknowledged a surviving set.
    Acknowledged = 7,
    /// Has answered the last question of the round.
    Closed = 8,
}

/// A member of a run, with at most `K` neighbours.
///
/// On the complete graph K is at least n - 1. A client needs about 190 * K bytes, and X25519 about 4 KiB of stack. It is not for use by two threads at once.
pub struct Client<const K: usize> {
    identity: Identity,
    run: Run,
    id: u64,
    position: u32,
    neighbours: Vec<Neighbour, K>,
    epoch: u32,
    last_round: u32,
    step: Step<K>,
}

/// One party with whom this client shares masks, by ascending position.
struct Neighbour {
    id: u64,
    position: u32,
    key: PublicKey,
    pair: Option<PairKey>,
    /// The pair key is confirmed by the neighbour's tag.
    confirmed: bool,
    /// In the last set that was accepted in the present round.
    active: bool,
}

enum Step<const K: usize> {
    /// The roster has not been read.
    Unjoined,
    Idle,
    Advertised(FreshKey),
    Confirming,
    Ready,
    Begun(Round),
    Masking(Round, Masking<K>),
    Waiting(Round),
    Closed(Round),
}

/// What holds for a whole round.
#[derive(Clone, Copy)]
struct Round {
    number: u32,
    h: [u8; 32],
    /// Hash of the last set accepted: the participants, then each surviving set.
    set: [u8; 32],
    /// Surviving sets accepted.
    passes: u8,
}

impl<const K: usize> Client<K> {
    /// A client of `run` for `identity`, which must be in the roster. The roster is read twice, in order, and not kept.
    ///
    /// # Errors
    /// `InvalidRoster` when the roster is not the one of the run, or holds this identity twice or two neighbours with one key; `LowOrderKey` or `Malformed` for a neighbour's key
    /// that is of low order or not in canonical spelling; `UnknownParty` when this identity is not in it; `CapacityExceeded` with the number of neighbours when that is above `K`.
    pub fn new(identity: Identity, run: Run, roster: impl RosterSource) -> Result<Self> {
        let mut client = Self::unjoined(identity);
        client.run = run;
        client.find_neighbours(roster)?;
        Ok(client)
    }

    /// A client that knows neither run nor roster yet. Until [`Client::join`] has read them, it answers nothing.
    ///
    /// Together they are [`Client::new`] for devices whose stack has no room for a client: it is made where it stays.
    #[must_use]
    pub const fn unjoined(identity: Identity) -> Self {
        Self {
            identity,
            run: Run::unread(),
            id: 0,
            position: 0,
            neighbours: Vec::new(),
            epoch: 0,
            last_round: 0,
            step: Step::Unjoined,
        }
    }

    /// Reads the description of the run, and finds this client and its neighbours in the roster, which is read twice, in order, and not kept.
    ///
    /// # Errors
    /// Those of [`Run::decode`] and [`Client::new`], after which the client can only be dropped; `OutOfOrder` for one that has joined.
    #[inline(never)]
    pub fn join(&mut self, description: &[u8], roster: impl RosterSource) -> Result<()> {
        if !matches!(self.step, Step::Unjoined) || !self.neighbours.is_empty() {
            return Err(out_of_order());
        }
        self.run.read(description)?;
        self.find_neighbours(roster)
    }

    fn find_neighbours(&mut self, mut roster: impl RosterSource) -> Result<()> {
        let own_key = self.identity.public_key();
        let config = self.run.config();
        let mut own: Option<(u32, u64)> = None;
        let hash = read_roster(&mut roster, config.members, |position, member| {
            if member.key != own_key {
                return Ok(());
            }
            if own.replace((position, member.id)).is_some() {
                return Err(ErrorKind::InvalidRoster.party(member.id));
            }
            Ok(())
        })?;
        if hash != config.roster_hash {
            return Err(ErrorKind::InvalidRoster.into());
        }
        (self.position, self.id) = own.ok_or(ErrorKind::UnknownParty)?;
        let degree = self.run.graph().degree();
        let capacity_exceeded = ErrorKind::CapacityExceeded.bound(degree.into());
        let positions = neighbour_positions::<K>(&self.run, self.position).ok_or(capacity_exceeded)?;
        let neighbours = &mut self.neighbours;
        let again = read_roster(&mut roster, config.members, |position, member| {
            if positions.binary_search(&position).is_err() {
                return Ok(());
            }
            check_key(&member.key).map_err(|kind| kind.party(member.id))?;
            if neighbours.iter().any(|other| other.key == member.key) {
                return Err(ErrorKind::InvalidRoster.party(member.id));
            }
            let neighbour =
                Neighbour { id: member.id, position, key: member.key, pair: None, confirmed: false, active: false };
            neighbours.push(neighbour).map_err(|_| capacity_exceeded)
        })?;
        if again != hash {
            return Err(ErrorKind::InvalidRoster.into());
        }
        self.step = Step::Idle;
        Ok(())
    }

    /// This client's id in the roster.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// The run it takes part in.
    #[must_use]
    pub const fn run(&self) -> &Run {
        &self.run
    }

    /// What it can do next.
    #[must_use]
    pub const fn state(&self) -> ClientState {
        match &self.step {
            Step::Unjoined | Step::Idle => ClientState::Idle,
            Step::Advertised(_) => ClientState::Advertised,
            Step::Confirming => ClientState::Confirming,
            Step::Ready => ClientState::Ready,
            Step::Begun(_) => ClientState::Begun,
            Step::Masking(..) => ClientState::Masking,
            Step::Waiting(round) if round.passes == 0 => ClientState::Masked,
            Step::Waiting(_) => ClientState::Acknowledged,
            Step::Closed(_) => ClientState::Closed,
        }
    }

    /// Set-up epoch that it joined last; 0 before the first.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Round that it joined last; 0 before the first.
    #[must_use]
    pub const fn last_round(&self) -> u32 {
        self.last_round
    }

    /// Ids of the neighbours whose keys are not confirmed in this epoch: absent, or possibly swapped on the way.
    pub fn unconfirmed(&self) -> impl Iterator<Item = u64> + '_ {
        self.neighbours.iter().filter(|neighbour| !neighbour.confirmed).map(|neighbour| neighbour.id)
    }

    /// Reads a message of this run and of the present epoch.
    fn read<'b, B: Body<'b>>(&self, message: &'b [u8]) -> Result<B> {
        let message = Message::<B>::decode(message, self.run.hash())?;
        if message.epoch == self.epoch { Ok(message.body) } else { Err(ErrorKind::WrongEpoch.bound(self.epoch.into())) }
    }

    /// The round whose contribution is masked and that may be asked about: without recovery there are no questions.
    fn waiting(&self) -> Result<Round> {
        match self.step {
            Step::Waiting(round) if self.run.has_recovery() => Ok(round),
            _ => Err(out_of_order()),
        }
    }

    /// Checks that a message belongs to `round`.
    fn same_round(&self, round: &Round, number: u32, h: &[u8; 32]) -> Result<()> {
        if number != round.number {
            return Err(ErrorKind::WrongRound.bound(round.number.into()));
        }
        if *h != round.h {
            return Err(ErrorKind::WrongContext.into());
        }
        Ok(())
    }

    /// Checks that the neighbours in a set suffice to recover a seed.
    fn enough_neighbours(&self, count: usize) -> Result<()> {
        let needed = self.run.needed_neighbours();
        if count >= needed as usize { Ok(()) } else { Err(ErrorKind::TooFewNeighbours.bound(needed.into())) }
    }

    /// Shamir index of this client.
    const fn share_index(&self) -> u32 {
        self.position + 1
    }
}

impl<const K: usize> core::fmt::Debug for Client<K> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Client").field("id", &self.id).field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Neighbour {
    /// The pair key of a neighbour that takes part in the present round.
    fn pair(&self) -> Result<&PairKey> {
        self.pair.as_ref().ok_or(ErrorKind::NotConfirmed.party(self.id))
    }
}

const fn out_of_order() -> Error {
    ErrorKind::OutOfOrder.without_detail()
}

/// Positions of the neighbours, ascending; `None` when they are more than `K`.
fn neighbour_positions<const K: usize>(run: &Run, position: u32) -> Option<Vec<u32, K>> {
    let mut positions: Vec<u32, K> = Vec::new();
    let mut fits = true;
    run.graph().for_each_neighbour(position, |other| {
        // One by one into its place, which on the complete graph is the end: a general sort takes two kilobytes of flash.
        let place = positions.iter().rposition(|earlier| *earlier < other).map_or(0, |before| before + 1);
        fits &= positions.insert(place, other).is_ok();
    });
    fits.then_some(positions)
}
