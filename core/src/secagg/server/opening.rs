//! What opens the sum: the masks recovered from shares and mask keys, applied to payloads block by block.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{MaskKey, Round, Server, Step};
use crate::error::{ErrorKind, Result};
use crate::mask::{Seed, add_masks};
use crate::prg::{Sign, StreamKey, Suite};
use crate::ring::{self, Lane, packed_len};
use crate::secagg::message::KEY_SIZE;
use crate::secagg::run::Run;
use crate::secagg::segment::Segment;
use crate::sharing::shamir::Weights;

/// The masks that remain in the sum of the survivors' payloads.
///
/// A host adds the payloads and removes the masks range by range, in any order and on any number of threads, keeps the values and checks the zeros:
/// [`Opening::accumulate`] for every survivor, [`Opening::unmask`] once, [`Opening::check_zeros`] on what follows the last value.
#[derive(Debug)]
pub struct Opening {
    run: Run,
    h: [u8; 32],
    /// Stream keys by segment, with the sign that removes them.
    masks: Vec<Vec<(Sign, StreamKey)>>,
}

impl Server {
    /// Recovers the masks of the round.
    ///
    /// # Errors
    /// `OutOfOrder` unless the sum is due; `TooFewShares` with the member whose seed cannot be recovered.
    pub fn opening(&self) -> Result<Opening> {
        let round = match (&self.round, self.step) {
            (Some(round), Step::Sum) => round,
            _ => return Err(ErrorKind::OutOfOrder.into()),
        };
        let mut seeds = self.pair_seeds(round);
        let recovered = if self.run.has_recovery() { self.own_seeds(round)? } else { Vec::new() };
        seeds.extend(recovered.iter().map(|seed| (Sign::Minus, seed)));
        let masks = (0..self.run.config().segments.len())
            .map(|index| {
                let stream = self.run.stream_label(index)?;
                Ok(seeds.iter().map(|(sign, seed)| (*sign, seed.stream_key(&stream))).collect())
            })
            .collect::<Result<_>>()?;
        Ok(Opening { run: self.run.clone(), h: round.h, masks })
    }

    /// What survivors masked with members that dropped out: y holds +PRG(s_uv) for v < u and -PRG(s_uv) for v > u.
    fn pair_seeds<'a>(&self, round: &'a Round) -> Vec<(Sign, &'a Seed)> {
        let remains = |key: &&MaskKey| round.survivors.contains(key.survivor);
        let removing = |key: &'a MaskKey| {
            let sign = if key.dropped < key.survivor { Sign::Minus } else { Sign::Plus };
            (sign, &key.seed)
        };
        round.mask_keys.iter().filter(remains).map(removing).collect()
    }

    /// The self-mask seeds of the survivors, each from the first t shares that came back.
    fn own_seeds(&self, round: &Round) -> Result<Vec<Seed>> {
        let threshold = self.run.config().threshold as usize;
        let mut cache: BTreeMap<Vec<u32>, Weights> = BTreeMap::new();
        let mut seeds = Vec::new();
        for owner in round.survivors.iter() {
            let mut indices = Vec::with_capacity(threshold);
            let mut shares: Vec<&[u8; KEY_SIZE]> = Vec::with_capacity(threshold);
            for holder in self.layout.neighbours_in(owner, &round.survivors) {
                if indices.len() == threshold {
                    break;
                }
                let place = self.layout.rank(holder, owner, &round.survivors);
                let held = round.shares.get(holder as usize).and_then(Option::as_ref);
                if let Some(share) = held.and_then(|held| held.0.get(place)).and_then(Option::as_ref) {
                    indices.push(holder + 1);
                    shares.push(share);
                }
            }
            if indices.len() < threshold {
                return Err(self
                    .id(owner)
                    .map_or(ErrorKind::TooFewShares.into(), |id| ErrorKind::TooFewShares.party(id)));
            }
            let weights = match cache.entry(indices) {
                alloc::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
                alloc::collections::btree_map::Entry::Vacant(new) => {
                    let weights = Weights::new(new.key())?;
                    new.insert(weights)
                }
            };
            seeds.push(weights.reconstruct(&shares)?);
        }
        Ok(seeds)
    }
}

impl Opening {
    /// The rotation seed of the round, which decodes the sum of a run with a noise mechanism.
    #[must_use]
    pub fn rotation_seed(&self) -> [u8; 32] {
        Run::rotation_seed(&self.h)
    }

    /// Adds elements `first ...` of segment `index` of one survivor's payload (all of it, as received) to `accumulator`.
    /// Elements are the values and then the zero coordinates; `first` is a multiple of 8.
    ///
    /// # Errors
    /// `InvalidLength` for a payload of another size or a range outside the segment; `InvalidWidth` when `L` is not the lane of the segment.
    pub fn accumulate<L: Lane>(&self, index: usize, first: u64, payload: &[u8], accumulator: &mut [L]) -> Result<()> {
        let segment = self.segment::<L>(index, first, accumulator.len())?;
        if payload.len() as u64 != self.run.payload_size() {
            return Err(ErrorKind::InvalidLength.bound(self.run.payload_size()));
        }
        let start = self.run.payload_offset(index) + packed_len(segment.bits(), first);
        let size = packed_len(segment.bits(), accumulator.len() as u64);
        let range = to_usize(start)?..to_usize(start + size)?;
        ring::add_packed(segment.bits(), payload.get(range).ok_or(ErrorKind::InvalidLength)?, accumulator)
    }

    /// Removes the masks from elements `first ...` of segment `index`, where `accumulator` holds the sum of all survivors.
    ///
    /// # Errors
    /// As [`Opening::accumulate`].
    pub fn unmask<L: Lane>(&self, index: usize, first: u64, accumulator: &mut [L]) -> Result<()> {
        let segment = self.segment::<L>(index, first, accumulator.len())?;
        let masks = self.masks.get(index).ok_or(ErrorKind::InvalidArgument)?;
        add_masks(self.suite(), masks.iter().map(|(sign, key)| (*sign, key)), first, accumulator)?;
        for lane in accumulator {
            *lane = lane.reduce(segment.bits());
        }
        Ok(())
    }

    /// Checks the unmasked zero coordinates of segment `index`: all of what follows its last value.
    ///
    /// # Errors
    /// `MasksDidNotCancel` when one is not zero: the sum is worthless and must not be used. `InvalidLength` for another number of them.
    pub fn check_zeros<L: Lane>(&self, index: usize, zeros: &[L]) -> Result<()> {
        let segment = self.run.config().segments.get(index).ok_or(ErrorKind::InvalidArgument)?;
        if zeros.len() as u64 != segment.zeros() {
            return Err(ErrorKind::InvalidLength.bound(segment.zeros()));
        }
        let clean = zeros.iter().all(|zero| zero.reduce(segment.bits()) == L::default());
        if clean { Ok(()) } else { Err(ErrorKind::MasksDidNotCancel.into()) }
    }

    /// The sum of segment `index` over whole payloads in memory, one for each survivor: its values as residues.
    ///
    /// # Errors
    /// As [`Opening::accumulate`] and [`Opening::check_zeros`].
    pub fn sum<L: Lane>(&self, index: usize, payloads: &[&[u8]]) -> Result<Vec<L>> {
        let segment = self.run.config().segments.get(index).ok_or(ErrorKind::InvalidArgument)?;
        let mut sum = alloc::vec![L::default(); to_usize(segment.total())?];
        for payload in payloads {
            self.accumulate(index, 0, payload, &mut sum)?;
        }
        self.unmask(index, 0, &mut sum)?;
        let zeros = sum.split_off(to_usize(segment.length())?);
        self.check_zeros(index, &zeros)?;
        Ok(sum)
    }

    const fn suite(&self) -> Suite {
        self.run.config().suite
    }

    fn segment<L: Lane>(&self, index: usize, first: u64, count: usize) -> Result<&Segment> {
        let segment = self.run.config().segments.get(index).ok_or(ErrorKind::InvalidArgument)?;
        if !ring::serves::<L>(segment.bits()) {
            return Err(ErrorKind::InvalidWidth.bound(segment.bits().get().into()));
        }
        let end = first.checked_add(count as u64).ok_or(ErrorKind::InvalidLength)?;
        let partial = count & 7 != 0 && end != segment.total();
        if first & 7 != 0 || end > segment.total() || partial {
            return Err(ErrorKind::InvalidLength.bound(segment.total()));
        }
        Ok(segment)
    }
}

fn to_usize(value: u64) -> Result<usize> {
    usize::try_from(value).map_err(|_| ErrorKind::TooLong.into())
}
