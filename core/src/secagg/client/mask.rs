//! The contribution: self mask, shares of its seed, pairwise masks; whole, or piece by piece on a device that cannot hold the vector.

use heapless::Vec;
use minicbor::Encoder;
use minicbor::encode::Write;
use rand_core::TryCryptoRng;
use zeroize::Zeroize;

use super::values::Coding;
use super::{BLOCK, Client, Neighbour, Round, Step, Values, out_of_order};
use crate::error::{ErrorKind, Result};
use crate::mask::{Seed, add_masks};
use crate::prg::{Sign, StreamKey, Suite};
use crate::random;
use crate::ring::{self, Bits, Lane, packed_len};
use crate::secagg::codec::{Output, head_size, output_error};
use crate::secagg::message::{Masked, SALT_SIZE, SEALED_SIZE};
use crate::secagg::run::Run;
use crate::sharing::shamir::SeedPolynomial;

/// Where the masking of a contribution stands.
pub(super) struct Masking<const K: usize> {
    own_seed: Option<Seed>,
    segment: usize,
    /// Values of the segment that are masked.
    done: u64,
    /// Streams of the segment.
    own_key: Option<StreamKey>,
    pair_keys: Vec<(Sign, StreamKey), K>,
}

impl<const K: usize> Client<K> {
    /// Bytes of the masked message of the round that has begun.
    ///
    /// # Errors
    /// `OutOfOrder` outside a round that has begun; `TooLong` when it does not fit the address space.
    pub fn masked_size(&self) -> Result<usize> {
        let payload = usize::try_from(self.run.payload_size()).map_err(|_| ErrorKind::TooLong)?;
        self.masked_head_size()?.checked_add(payload).ok_or(ErrorKind::TooLong.into())
    }

    /// Bytes of the masked message before the payload: what [`Client::mask_begin`] writes.
    ///
    /// # Errors
    /// `OutOfOrder` outside a round that has begun.
    pub fn masked_head_size(&self) -> Result<usize> {
        let (Step::Begun(round) | Step::Masking(round, _)) = &self.step else {
            return Err(out_of_order());
        };
        let (salt, sealed) = if self.run.has_recovery() {
            (SALT_SIZE, self.neighbours.iter().filter(|neighbour| neighbour.active).count() * SEALED_SIZE)
        } else {
            (0, 0)
        };
        Ok(self.round_head_size::<Masked<'_>>(round.number)
            + (head_size(salt as u64) + salt)
            + (head_size(sealed as u64) + sealed)
            + head_size(self.run.payload_size()))
    }

    /// Masks a whole contribution, one [`Values`] a segment, and writes the message for the server.
    ///
    /// All values are checked before anything is drawn or written.
    ///
    /// # Errors
    /// `InvalidLength` for another number of segments or values; `InvalidArgument` for values of a type that the segment does not take;
    /// `NotFinite` or `OutOfRange` for a value; `Randomness`; `BufferTooSmall`; `OutOfOrder`.
    pub fn mask<R: TryCryptoRng>(&mut self, rng: &mut R, values: &[Values<'_>], out: &mut [u8]) -> Result<usize> {
        let size = self.masked_size()?;
        let round = self.round_to_mask()?;
        let segments = &self.run.config().segments;
        if values.len() != segments.len() {
            return Err(ErrorKind::InvalidLength.bound(segments.len() as u64));
        }
        for (index, (values, segment)) in values.iter().zip(segments).enumerate() {
            if values.len() as u64 != segment.length() {
                return Err(ErrorKind::InvalidLength.bound(segment.length()));
            }
            values.check(segment, &coding(&self.run, index, &round))?;
        }
        if out.len() < size {
            return Err(ErrorKind::BufferTooSmall.bound(size as u64));
        }
        let mut written = self.mask_begin(rng, out)?;
        for values in values {
            let rest = out.get_mut(written..).ok_or(ErrorKind::BufferTooSmall)?;
            written += self.mask_chunk(values, rest)?;
        }
        Ok(written)
    }

    /// Begins to mask piece by piece: writes the message up to its payload. From here on this round cannot be masked anew.
    ///
    /// # Errors
    /// `Randomness`; `BufferTooSmall`; `OutOfOrder` outside a round that has begun.
    pub fn mask_begin<R: TryCryptoRng>(&mut self, rng: &mut R, out: &mut [u8]) -> Result<usize> {
        let Step::Begun(round) = self.step else {
            return Err(out_of_order());
        };
        let mut e = Encoder::new(Output::with_size(out, self.masked_head_size()?)?);
        self.write_round_head::<Masked<'_>>(&mut e, &round)?;
        let own_seed = if self.run.has_recovery() {
            Some(self.write_shares_of_seed(rng, &round, &mut e)?)
        } else {
            e.bytes(&[]).and_then(|e| e.bytes(&[])).map_err(output_error)?;
            None
        };
        e.bytes_len(self.run.payload_size()).map_err(output_error)?;
        let written = e.writer().written();
        // Made where it stays: on a device the streams of all neighbours do not fit the stack beside what is above.
        self.step =
            Step::Masking(round, Masking { own_seed, segment: 0, done: 0, own_key: None, pair_keys: Vec::new() });
        if let Err(error) = self.load_streams() {
            self.step = Step::Begun(round);
            return Err(error);
        }
        Ok(written)
    }

    /// Derives the stream keys of the present segment.
    fn load_streams(&mut self) -> Result<()> {
        match &mut self.step {
            Step::Masking(round, masking) => masking.load_streams(&self.run, round, self.position, &self.neighbours),
            _ => Err(out_of_order()),
        }
    }

    /// Masks the next values of the present segment and writes their part of the payload; the zero coordinates follow the last value by themselves.
    /// A piece holds a multiple of 8 values unless it ends the segment. After the last value of the last segment the message is complete.
    ///
    /// # Errors
    /// `InvalidLength` for a piece that is empty, passes the end of the segment or is no multiple of 8; the errors of [`Client::mask`] for values;
    /// `BufferTooSmall`; `OutOfOrder` unless masking has begun.
    pub fn mask_chunk(&mut self, values: &Values<'_>, out: &mut [u8]) -> Result<usize> {
        let Step::Masking(round, masking) = &mut self.step else {
            return Err(out_of_order());
        };
        let segment = self.run.config().segments.get(masking.segment).ok_or(ErrorKind::OutOfOrder)?;
        let coding = coding(&self.run, masking.segment, round);
        let end = masking.done + values.len() as u64;
        let ends_segment = end == segment.length();
        if values.is_empty() || end > segment.length() || (!ends_segment && values.len() & 7 != 0) {
            return Err(ErrorKind::InvalidLength.bound(segment.length() - masking.done));
        }
        values.check(segment, &coding)?;
        let zeros = if ends_segment { segment.zeros() } else { 0 };
        let size =
            usize::try_from(packed_len(segment.bits(), values.len() as u64 + zeros)).map_err(|_| ErrorKind::TooLong)?;
        let out = out.get_mut(..size).ok_or(ErrorKind::BufferTooSmall.bound(size as u64))?;
        match ring::lane_bytes(segment.bits()) {
            4 => masking.mask_lanes::<u32>(self.run.config().suite, segment.bits(), &coding, values, zeros, out)?,
            #[cfg(feature = "wide")]
            16 => masking.mask_lanes::<u128>(self.run.config().suite, segment.bits(), &coding, values, zeros, out)?,
            // Without the feature no run is wider.
            _ => masking.mask_lanes::<u64>(self.run.config().suite, segment.bits(), &coding, values, zeros, out)?,
        }
        masking.done = end;
        if ends_segment {
            masking.segment += 1;
            masking.done = 0;
            let round = *round;
            if masking.segment == self.run.config().segments.len() {
                self.step = Step::Waiting(round);
            } else {
                self.load_streams()?;
            }
        }
        Ok(size)
    }

    /// The rotation seed of the round that has begun, for the contribution of a run with a noise mechanism.
    ///
    /// # Errors
    /// `OutOfOrder` outside a round that has begun.
    pub fn rotation_seed(&self) -> Result<[u8; 32]> {
        Ok(Run::rotation_seed(&self.round_to_mask()?.h))
    }

    fn round_to_mask(&self) -> Result<Round> {
        match &self.step {
            Step::Begun(round) | Step::Masking(round, _) => Ok(*round),
            _ => Err(out_of_order()),
        }
    }

    /// Draws the self-mask seed and writes the salt and its encrypted shares.
    fn write_shares_of_seed<R: TryCryptoRng>(
        &self,
        rng: &mut R,
        round: &Round,
        e: &mut Encoder<Output<'_>>,
    ) -> Result<Seed> {
        let mut polynomial = SeedPolynomial::<K>::new();
        polynomial.draw(rng, self.run.config().threshold)?;
        let mut salt = [0; SALT_SIZE];
        random::fill(rng, &mut salt)?;
        let active = || self.neighbours.iter().filter(|neighbour| neighbour.active);
        e.bytes(&salt).and_then(|e| e.bytes_len((active().count() * SEALED_SIZE) as u64)).map_err(output_error)?;
        for neighbour in active() {
            let index = neighbour.position + 1;
            let share = polynomial.share(index)?;
            let key = neighbour.pair()?.share_key(self.id, neighbour.id, index, round.number, &round.h, &salt);
            e.writer_mut().write_all(&key.seal(&share)?)?;
        }
        Ok(polynomial.seed())
    }
}

impl<const K: usize> Masking<K> {
    /// Derives the stream keys of the present segment.
    fn load_streams(&mut self, run: &Run, round: &Round, position: u32, neighbours: &[Neighbour]) -> Result<()> {
        let stream = run.stream_label(self.segment)?;
        self.own_key = self.own_seed.as_ref().map(|seed| seed.stream_key(&stream));
        self.pair_keys.clear();
        for neighbour in neighbours.iter().filter(|neighbour| neighbour.active) {
            let seed = neighbour.pair()?.round_mask_seed(round.number, &round.h);
            let sign = if neighbour.position < position { Sign::Plus } else { Sign::Minus };
            self.pair_keys.push((sign, seed.stream_key(&stream))).map_err(|_| ErrorKind::CapacityExceeded)?;
        }
        Ok(())
    }

    fn mask_lanes<L: Lane>(
        &self,
        suite: Suite,
        bits: Bits,
        coding: &Coding,
        values: &Values<'_>,
        zeros: u64,
        out: &mut [u8],
    ) -> Result<()> {
        let total = usize::try_from(values.len() as u64 + zeros).map_err(|_| ErrorKind::TooLong)?;
        let mut lanes = [L::default(); BLOCK];
        let mut first = 0;
        let mut out = out;
        while first < total {
            let count = BLOCK.min(total - first);
            let lanes = &mut lanes[..count];
            let filled = values.len().saturating_sub(first).min(count);
            let (head, tail) = lanes.split_at_mut(filled);
            // A block may lie behind the last value: zero coordinates of narrow residues fill more than one.
            values.fill(coding, first.min(values.len()), head)?;
            tail.fill(L::default());
            let own = self.own_key.iter().map(|key| (Sign::Plus, key));
            let pairs = self.pair_keys.iter().map(|(sign, key)| (*sign, key));
            add_masks(suite, own.chain(pairs), self.done + first as u64, lanes)?;
            out = pack_front(bits, lanes, out)?;
            first += count;
        }
        lanes.iter_mut().for_each(Zeroize::zeroize);
        Ok(())
    }
}

/// What a segment takes in this round.
#[cfg_attr(not(feature = "noise"), expect(unused_variables, reason = "the round matters to rotations alone"))]
fn coding(run: &Run, segment: usize, round: &Round) -> Coding {
    #[cfg(feature = "noise")]
    if let Some(mechanism) = run.config().mechanism {
        return Coding::Private(mechanism, Run::rotation_seed(&round.h));
    }
    run.fixed_point(segment).map_or(Coding::Residues, Coding::FixedPoint)
}

/// Packs `lanes` into the front of `out` and returns what follows.
fn pack_front<'o, L: Lane>(bits: Bits, lanes: &[L], out: &'o mut [u8]) -> Result<&'o mut [u8]> {
    let size = usize::try_from(packed_len(bits, lanes.len() as u64)).map_err(|_| ErrorKind::TooLong)?;
    let (front, rest) = out.split_at_mut_checked(size).ok_or(ErrorKind::BufferTooSmall)?;
    ring::pack(bits, lanes, front)?;
    Ok(rest)
}
