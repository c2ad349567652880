//! The run description: everything on which the parties must agree, its bounds, and its hash (protocol.md section 2).

use heapless::Vec;
use minicbor::data::Type;
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decoder, decode};

use super::codec::{self, Encodable, array, fixed_bytes, number};
use super::graph::Graph;
#[cfg(feature = "noise")]
use super::mechanism;
use super::segment::{Encoding, Segment};
use crate::error::{Error, ErrorKind, Result};
use crate::fixed::FixedPoint;
use crate::kdf;
use crate::mask::StreamLabel;
use crate::prg::Suite;
#[cfg(feature = "noise")]
use crate::privacy::mechanism::Mechanism;
#[cfg(feature = "noise")]
use crate::privacy::pipeline::Pipeline;

/// Most members of a run.
pub const MAX_MEMBERS: u32 = 1 << 20;
/// Most segments of a contribution.
pub const MAX_SEGMENTS: usize = 8;
/// No run description is longer.
pub const MAX_DESCRIPTION_SIZE: usize = 640;
/// A week: the longest time limit of a step, in seconds.
pub const MAX_LIMIT_SECONDS: u32 = 604_800;

const VERSION: u64 = 1;
const ITEMS: u64 = 15;

/// Whether a round survives dropouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// No self masks and no shares: one message a round, and every participant must send it.
    NoRecovery,
    /// Self masks whose seeds are shared among the neighbours.
    Recovery,
}

/// Seconds that a step may take before who has not answered counts as dropped out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Each step of set-up: 1 to 604,800.
    pub setup: u32,
    /// Each step of a round: 1 to 604,800.
    pub step: u32,
}

/// The fields of a run description, unchecked. [`RunConfig::encode`] checks them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunConfig {
    /// Names the run; random.
    pub run_id: [u8; 16],
    /// Ciphers of shares and masks.
    pub suite: Suite,
    /// Whether a round survives dropouts.
    pub mode: Mode,
    /// Number of members.
    pub members: u32,
    /// [`super::roster_hash`] of the roster.
    pub roster_hash: [u8; 32],
    /// Neighbours of each member: 0 for the complete graph, else even.
    pub degree: u32,
    /// Public randomness, drawn after the roster was fixed.
    pub beacon: [u8; 32],
    /// Shares that recover a seed; 0 without recovery.
    pub threshold: u32,
    /// Smallest set whose sum may be opened.
    pub min_inputs: u32,
    /// Clients that are assumed to collude with the server.
    pub colluders: u32,
    /// How often the surviving set may shrink in a round; 0 without recovery.
    pub max_passes: u8,
    /// Rounds of the run.
    pub max_rounds: u32,
    /// Time limits.
    pub limits: Limits,
    /// The parts of a contribution, in order.
    pub segments: Vec<Segment, MAX_SEGMENTS>,
    /// The noise mechanism, if there is one. Its vector is then the only segment: nothing leaves a client without noise.
    #[cfg(feature = "noise")]
    pub mechanism: Option<Mechanism>,
    /// Hash of whatever else the hosts agree on.
    pub settings_hash: [u8; 32],
}

impl RunConfig {
    /// Writes the canonical description and returns its size.
    ///
    /// # Errors
    /// The error of the first field outside the bounds of protocol.md section 2; `BufferTooSmall`.
    pub fn encode(&self, out: &mut [u8]) -> Result<usize> {
        self.check()?;
        codec::to_canonical(self, out)
    }

    const fn degree(&self) -> u32 {
        if self.degree == 0 { self.members.saturating_sub(1) } else { self.degree }
    }

    fn check(&self) -> Result<()> {
        let recovery = matches!(self.mode, Mode::Recovery);
        if self.members < if recovery { 3 } else { 2 } || self.members > MAX_MEMBERS {
            return Err(ErrorKind::InvalidRoster.bound(u64::from(MAX_MEMBERS)));
        }
        if self.degree & 1 == 1 || self.degree >= self.members {
            return Err(ErrorKind::InvalidDegree.bound(u64::from(self.members) - 1));
        }
        self.check_threshold(recovery)?;
        let limit_fits = |seconds: u32| (1..=MAX_LIMIT_SECONDS).contains(&seconds);
        let least_inputs = if recovery { 2 } else { u64::from(self.colluders) + 2 };
        let fits = (least_inputs..=u64::from(self.members)).contains(&u64::from(self.min_inputs))
            && self.colluders < self.members
            && (self.max_passes > 0) == recovery
            && self.max_rounds > 0
            && limit_fits(self.limits.setup)
            && limit_fits(self.limits.step)
            && !self.segments.is_empty();
        if !fits {
            return Err(ErrorKind::InvalidRun.into());
        }
        for (index, segment) in self.segments.iter().enumerate() {
            if self.segments.iter().take(index).any(|earlier| earlier.label() == segment.label()) {
                return Err(ErrorKind::InvalidRun.into());
            }
            if let Encoding::FixedPoint { fraction } = segment.encoding() {
                FixedPoint::new(segment.bits(), fraction, self.members)?;
            }
        }
        #[cfg(feature = "noise")]
        self.mechanism.as_ref().map_or(Ok(()), |mechanism| self.check_mechanism(mechanism))?;
        Ok(())
    }

    /// The private vector is the only segment, as long as the mechanism pads it, and every set that may be opened holds enough honest shares of noise.
    #[cfg(feature = "noise")]
    fn check_mechanism(&self, mechanism: &Mechanism) -> Result<()> {
        let [segment] = self.segments.as_slice() else {
            return Err(ErrorKind::InvalidMechanism.bound(1));
        };
        let fits = segment.encoding() == Encoding::Residues
            && segment.bits().get() <= mechanism.max_bits()
            && segment.length() == mechanism.padded();
        if !fits {
            return Err(ErrorKind::InvalidMechanism.bound(mechanism.padded()));
        }
        let honest = self.honest_inputs();
        if u64::from(mechanism.config().honest) > honest {
            return Err(ErrorKind::InvalidMechanism.bound(honest));
        }
        Ok(())
    }

    /// Honest inputs that every sum has at least, whatever the server does (threat-model.md section 3): as many as min inputs leaves, and, where shares open
    /// the sum, t + 1 - c on the complete graph and 2t - k - c + 1 on a sparse one. Without recovery a sparse graph promises no more than a pair.
    #[cfg(feature = "noise")]
    fn honest_inputs(&self) -> u64 {
        let (k, t, c) = (u64::from(self.degree()), u64::from(self.threshold), u64::from(self.colluders));
        let by_graph = match (self.mode, self.degree) {
            (Mode::Recovery, 0) => t + 1 - c.min(t),
            (Mode::Recovery, _) => 2 * t + 1 - k - c,
            (Mode::NoRecovery, 0) => u64::MAX,
            (Mode::NoRecovery, _) => 2,
        };
        by_graph.min(u64::from(self.min_inputs.saturating_sub(self.colluders)))
    }

    /// 1 <= t <= k and 2t > k + c: no two sets can be opened (threat-model.md, lemmas 2 to 4). Without recovery there is no threshold, but every
    /// neighbourhood must hold an honest member.
    fn check_threshold(&self, recovery: bool) -> Result<()> {
        let (k, t, c) = (u64::from(self.degree()), u64::from(self.threshold), u64::from(self.colluders));
        let fits = if recovery { (1..=k).contains(&t) && 2 * t > k + c } else { t == 0 && c < k };
        if fits { Ok(()) } else { Err(ErrorKind::InvalidThreshold.bound(((k + c) >> 1) + 1)) }
    }
}

impl Encodable for RunConfig {
    fn encode<W: Write>(&self, e: &mut Encoder<W>) -> core::result::Result<(), EncodeError<W::Error>> {
        e.array(ITEMS)?.u64(VERSION)?.bytes(&self.run_id)?.u8(self.suite.id())?;
        e.u8(u8::from(matches!(self.mode, Mode::Recovery)))?;
        e.array(2)?.u32(self.members)?.bytes(&self.roster_hash)?;
        e.array(2)?.u32(self.degree)?.bytes(&self.beacon)?;
        e.u32(self.threshold)?.u32(self.min_inputs)?.u32(self.colluders)?.u8(self.max_passes)?.u32(self.max_rounds)?;
        e.array(2)?.u32(self.limits.setup)?.u32(self.limits.step)?;
        e.array(self.segments.len() as u64)?;
        for segment in &self.segments {
            segment.write(e)?;
        }
        #[cfg(feature = "noise")]
        match &self.mechanism {
            None => e.null()?,
            Some(mechanism) => mechanism::write(mechanism, e)?,
        };
        #[cfg(not(feature = "noise"))]
        e.null()?;
        e.bytes(&self.settings_hash)?;
        Ok(())
    }
}

impl RunConfig {
    /// What [`RunConfig::read`] reads into.
    const fn unread() -> Self {
        Self {
            run_id: [0; 16],
            suite: Suite::ChaCha20,
            mode: Mode::NoRecovery,
            members: 0,
            roster_hash: [0; 32],
            degree: 0,
            beacon: [0; 32],
            threshold: 0,
            min_inputs: 0,
            colluders: 0,
            max_passes: 0,
            max_rounds: 0,
            limits: Limits { setup: 0, step: 0 },
            segments: Vec::new(),
            #[cfg(feature = "noise")]
            mechanism: None,
            settings_hash: [0; 32],
        }
    }

    /// Reads a description in place: a device has no stack for a second one. The inner error is of the first field that is well-formed but outside its bounds.
    fn read(&mut self, d: &mut Decoder<'_>) -> core::result::Result<Result<()>, decode::Error> {
        if d.datatype()? == Type::ArrayIndef {
            return Ok(Err(ErrorKind::NonCanonical.into()));
        }
        array(d, ITEMS)?;
        if d.u64()? != VERSION {
            return Ok(Err(ErrorKind::Unsupported.bound(VERSION)));
        }
        let mut refusal = None;
        self.run_id = fixed_bytes(d)?;
        keep(number::<u8>(d)?.and_then(Suite::new), &mut self.suite, &mut refusal);
        let mode: Result<Mode> = match d.u64()? {
            0 => Ok(Mode::NoRecovery),
            1 => Ok(Mode::Recovery),
            _ => Err(ErrorKind::InvalidRun.into()),
        };
        keep(mode, &mut self.mode, &mut refusal);
        array(d, 2)?;
        keep(number(d)?, &mut self.members, &mut refusal);
        self.roster_hash = fixed_bytes(d)?;
        array(d, 2)?;
        keep(number(d)?, &mut self.degree, &mut refusal);
        self.beacon = fixed_bytes(d)?;
        keep(number(d)?, &mut self.threshold, &mut refusal);
        keep(number(d)?, &mut self.min_inputs, &mut refusal);
        keep(number(d)?, &mut self.colluders, &mut refusal);
        keep(number(d)?, &mut self.max_passes, &mut refusal);
        keep(number(d)?, &mut self.max_rounds, &mut refusal);
        array(d, 2)?;
        keep(number(d)?, &mut self.limits.setup, &mut refusal);
        keep(number(d)?, &mut self.limits.step, &mut refusal);
        let segments = self.read_segments(d)?;
        keep(segments, &mut (), &mut refusal);
        #[cfg(feature = "noise")]
        keep(mechanism::read(d)?, &mut self.mechanism, &mut refusal);
        #[cfg(not(feature = "noise"))]
        if d.datatype()? != Type::Null {
            return Ok(Err(ErrorKind::Unsupported.into()));
        }
        #[cfg(not(feature = "noise"))]
        d.null()?;
        self.settings_hash = fixed_bytes(d)?;
        Ok(refusal.map_or_else(|| self.check(), Err))
    }

    fn read_segments(&mut self, d: &mut Decoder<'_>) -> core::result::Result<Result<()>, decode::Error> {
        let count = d.array()?.ok_or(decode::Error::message("an array of no stated length"))?;
        self.segments.clear();
        let mut refusal = None;
        for _ in 0..count {
            let segment = Segment::read(d)?;
            let kept = segment.and_then(|segment| {
                self.segments.push(segment).map_err(|_| ErrorKind::InvalidRun.bound(MAX_SEGMENTS as u64))
            });
            refusal = refusal.or(kept.err());
        }
        Ok(refusal.map_or(Ok(()), Err))
    }
}

/// Puts a field into its place, or its error where none has been before.
fn keep<T>(found: Result<T>, place: &mut T, refusal: &mut Option<Error>) {
    match found {
        Ok(value) => *place = value,
        Err(error) => *refusal = refusal.or(Some(error)),
    }
}

/// A checked run description and its hash. It holds no roster.
#[derive(Clone, Debug)]
pub struct Run {
    config: RunConfig,
    hash: [u8; 32],
}

impl Run {
    /// Reads a run description.
    ///
    /// # Errors
    /// `Malformed` or `NonCanonical` encodings, `Unsupported` versions, suites and mechanisms, and the error of the
    /// first field outside its bounds.
    pub fn decode(description: &[u8]) -> Result<Self> {
        let mut run = Self::unread();
        run.read(description)?;
        Ok(run)
    }

    /// What [`Run::read`] reads into.
    pub(crate) const fn unread() -> Self {
        Self { config: RunConfig::unread(), hash: [0; 32] }
    }

    /// As [`Run::decode`], in place.
    pub(crate) fn read(&mut self, description: &[u8]) -> Result<()> {
        self.config.read(&mut Decoder::new(description)).map_err(|_| ErrorKind::Malformed)??;
        if !codec::is_canonical(&self.config, description) {
            return Err(ErrorKind::NonCanonical.into());
        }
        self.hash = kdf::hash("run", &[description]);
        Ok(())
    }

    /// The run hash, which enters every derivation.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// The fields, all within their bounds.
    #[must_use]
    pub const fn config(&self) -> &RunConfig {
        &self.config
    }

    /// Who masks with whom.
    #[must_use]
    pub const fn graph(&self) -> Graph {
        Graph::new(self.config.members, self.config.degree, self.config.beacon)
    }

    /// Whether rounds survive dropouts.
    #[must_use]
    pub const fn has_recovery(&self) -> bool {
        matches!(self.config.mode, Mode::Recovery)
    }

    /// Neighbours that a member needs in every set: the threshold; without recovery one more than may collude.
    #[must_use]
    pub const fn needed_neighbours(&self) -> u32 {
        if self.has_recovery() { self.config.threshold } else { self.config.colluders + 1 }
    }

    /// Bytes of a payload: all segments, packed.
    #[must_use]
    pub fn payload_size(&self) -> u64 {
        self.config.segments.iter().map(Segment::packed_size).sum()
    }

    /// Where segment `index` starts in a payload.
    #[must_use]
    pub fn payload_offset(&self, index: usize) -> u64 {
        self.config.segments.iter().take(index).map(Segment::packed_size).sum()
    }

    /// Fixed-point encoding of a segment, for parties that decode sums.
    ///
    /// # Errors
    /// `InvalidArgument` when the segment holds residues or does not exist.
    pub fn fixed_point(&self, index: usize) -> Result<FixedPoint> {
        let segment = self.config.segments.get(index).ok_or(ErrorKind::InvalidArgument)?;
        match segment.encoding() {
            Encoding::FixedPoint { fraction } => FixedPoint::new(segment.bits(), fraction, self.config.members),
            Encoding::Residues => Err(ErrorKind::InvalidArgument.into()),
        }
    }

    /// The pipeline of the run's mechanism, for clients and for parties that decode sums.
    ///
    /// # Errors
    /// `InvalidArgument` when the run has no mechanism.
    #[cfg(feature = "noise")]
    pub fn pipeline(&self) -> Result<Pipeline> {
        let (Some(mechanism), Some(segment)) = (self.config.mechanism, self.config.segments.first()) else {
            return Err(ErrorKind::InvalidArgument.into());
        };
        Pipeline::new(mechanism, segment.bits(), self.config.suite)
    }

    /// The rotation seed of a round: public, and fresh because h is.
    #[must_use]
    pub fn rotation_seed(h: &[u8; 32]) -> [u8; 32] {
        kdf::hash("rotation", &[h])
    }

    /// What goes into the derivation of the mask streams of segment `index`.
    pub(crate) fn stream_label(&self, index: usize) -> Result<StreamLabel<'_>> {
        let segment = self.config.segments.get(index).ok_or(ErrorKind::InvalidArgument)?;
        let index = u8::try_from(index).map_err(|_| ErrorKind::InvalidArgument)?;
        let suite = self.config.suite;
        Ok(StreamLabel { suite, index, label: segment.label(), bits: segment.bits(), length: segment.length() })
    }
}
