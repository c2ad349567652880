//! The one error type: a stable number, and whom and which bound it concerns. It never carries a secret.

use core::fmt;

/// What went wrong. The numbers are those of `cloak_status` in the C ABI and never change; retired ones are not reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum ErrorKind {
    // 100: arguments. 101, 105 to 109 and those from 1001 belong to the C ABI.
    /// A length does not fit the other arguments.
    InvalidLength = 102,
    /// An output buffer is too small; the bound is the size needed.
    BufferTooSmall = 103,
    /// An argument is outside its documented range.
    InvalidArgument = 104,

    // 200: numbers.
    /// A value is NaN or infinite.
    NotFinite = 201,
    /// A value is too large for the segment: the sum could wrap. The bound is the largest integer magnitude.
    OutOfRange = 202,
    /// A bit width is not in 1 to 128, or is not the one that the lane type serves.
    InvalidWidth = 203,
    /// A vector is longer than a mask stream may be.
    TooLong = 204,

    // 300: encodings.
    /// The bytes are not a well-formed item of the expected shape.
    Malformed = 301,
    /// The bytes are well-formed but not the canonical encoding.
    NonCanonical = 302,
    /// A version, suite or mechanism that this build does not know.
    Unsupported = 303,
    /// A message of another kind than the one expected.
    UnexpectedKind = 304,

    // 400: cryptography.
    /// The random generator failed; nothing was derived from it.
    Randomness = 401,
    /// A public key of low order.
    LowOrderKey = 402,
    /// A key that was seen before: repeated, reflected or shared by two parties.
    RepeatedKey = 403,
    /// A tag or ciphertext does not verify.
    NotAuthentic = 404,
    /// A key differs from the pinned one.
    NotPinned = 405,
    /// A neighbour's key confirmation is missing or wrong: its keys may have been swapped.
    NotConfirmed = 406,
    /// The material recovered from shares or mask keys does not cancel the masks: the zero coordinates are not zero.
    MasksDidNotCancel = 407,
    /// A list of encrypted items holds one twice.
    RepeatedElement = 408,

    // 500: protocol.
    /// A message or call that the present step does not expect.
    OutOfOrder = 501,
    /// A message of another run.
    WrongRun = 502,
    /// A message of another set-up epoch.
    WrongEpoch = 503,
    /// A round number that is not above the last one, or is above the run's number of rounds.
    WrongRound = 504,
    /// Another model or other settings than the ones received.
    WrongContext = 505,
    /// A surviving set that is not a proper part of the last one.
    SetNotNested = 506,
    /// The receiver is not in the set.
    NotInSet = 507,
    /// Fewer neighbours left than the threshold.
    TooFewNeighbours = 508,
    /// Fewer inputs than the run demands.
    TooFewInputs = 509,
    /// The surviving set changed more often than the run allows.
    TooManyPasses = 510,
    /// Not the set that was acknowledged last.
    WrongSet = 511,
    /// Fewer valid acknowledgements of the set than the threshold.
    TooFewAcknowledgements = 512,
    /// A sender that is not in the roster, or not in this step.
    UnknownParty = 513,
    /// A second, different message for a step.
    Duplicate = 514,
    /// Too few shares came back to open the round.
    TooFewShares = 515,
    /// A party left and the run has no recovery.
    NoRecovery = 516,
    /// The round was stopped by the controller.
    Stopped = 517,
    /// Another computation than that of this party, or its calls in another order.
    WrongProgram = 518,
    /// A list has another number of elements than was agreed on or sent; the bound is that number.
    CountChanged = 519,

    // 600: parameters of a run.
    /// The roster is empty, unsorted, too large, or differs from its hash.
    InvalidRoster = 601,
    /// The degree of the graph is odd, zero or not below the number of members.
    InvalidDegree = 602,
    /// The threshold does not satisfy 1 <= t <= k and 2t > k + c.
    InvalidThreshold = 603,
    /// Another parameter of the run is outside its range.
    InvalidRun = 604,
    /// More neighbours than this client was built for.
    CapacityExceeded = 605,
    /// No degree and threshold meet the failure probabilities asked for.
    NoParameters = 606,

    // 700: privacy.
    /// A sampler of noise used up its tries, which happens with a broken generator only.
    SamplerFailed = 701,
    /// A parameter of a noise mechanism is outside its range or does not fit the run.
    InvalidMechanism = 702,
    /// The round would take the data set beyond its privacy budget. The ledgers of hosts say so; nothing was released.
    BudgetSpent = 703,
    /// A rotation seed that the run used in an earlier round. The ledgers of hosts say so; nothing was released.
    RotationSeedRepeated = 704,
}

/// An [`ErrorKind`] with the party and the bound that it concerns, where there are any.
///
/// Four words without the feature `alloc`: microcontrollers copy it at every return. Only servers have errors with both.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    about: About,
    /// The halves of the number of the party or of the bound, the low one first; zero without one.
    number: [u32; 2],
    /// The party of an error whose number is the bound.
    #[cfg(feature = "alloc")]
    sender: Option<u64>,
}

/// What the number of an error is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Nothing,
    Party,
    Bound,
}

/// What the fallible functions of this crate return.
pub type Result<T> = core::result::Result<T, Error>;

impl Error {
    /// The kind of failure.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The id of the party that caused it, where one did.
    #[must_use]
    pub const fn party(&self) -> Option<u64> {
        match self.about {
            About::Party => Some(self.number()),
            #[cfg(feature = "alloc")]
            _ => self.sender,
            #[cfg(not(feature = "alloc"))]
            _ => None,
        }
    }

    /// The bound that was missed: a size, a count or a largest value, as the kind says.
    #[must_use]
    pub const fn bound(&self) -> Option<u64> {
        if matches!(self.about, About::Bound) { Some(self.number()) } else { None }
    }

    pub(crate) const fn of_party(self, id: u64) -> Self {
        #[cfg(feature = "alloc")]
        if matches!(self.about, About::Bound) {
            return Self { sender: Some(id), ..self };
        }
        Self::new(self.kind, About::Party, id)
    }

    #[allow(clippy::cast_possible_truncation, reason = "the halves")]
    const fn new(kind: ErrorKind, about: About, number: u64) -> Self {
        Self {
            kind,
            about,
            number: [number as u32, (number >> 32) as u32],
            #[cfg(feature = "alloc")]
            sender: None,
        }
    }

    const fn number(&self) -> u64 {
        self.number[0] as u64 | (self.number[1] as u64) << 32
    }
}

impl ErrorKind {
    /// The number in the C ABI.
    #[must_use]
    pub const fn code(self) -> i32 {
        self as i32
    }

    pub(crate) const fn without_detail(self) -> Error {
        Error::new(self, About::Nothing, 0)
    }

    pub(crate) const fn bound(self, bound: u64) -> Error {
        Error::new(self, About::Bound, bound)
    }

    pub(crate) const fn party(self, id: u64) -> Error {
        Error::new(self, About::Party, id)
    }

    /// One sentence for people: what happened and what to do.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::InvalidLength => "a length does not fit the other arguments",
            Self::BufferTooSmall => "the output buffer is too small; give one of the stated size",
            Self::InvalidArgument => "an argument is outside its documented range",
            Self::NotFinite => "a value is NaN or infinite; remove or replace it before contributing",
            Self::OutOfRange => {
                "a value is too large for its segment and the sum could wrap; clip it or plan the run with more bits"
            }
            Self::InvalidWidth => "the bit width is not in 1 to 128 or does not fit the lane type",
            Self::TooLong => "the vector is longer than a mask stream may be; split it into segments",
            Self::Malformed => "the bytes are not a well-formed message",
            Self::NonCanonical => "the bytes are not in canonical encoding",
            Self::Unsupported => "this version, suite or mechanism is not known here; update the older side",
            Self::UnexpectedKind => "a message of another kind was expected",
            Self::Randomness => "the random generator failed; nothing was sent",
            Self::LowOrderKey => "a public key has low order and would give a predictable secret; replace it",
            Self::RepeatedKey => "a key occurs twice or was reflected to its owner",
            Self::NotAuthentic => "a tag or ciphertext does not verify: it was altered or made with another key",
            Self::NotPinned => "a key differs from the pinned one",
            Self::NotConfirmed => "a neighbour's keys are not confirmed: they may have been swapped on the way",
            Self::MasksDidNotCancel => {
                "the masks did not cancel: a party sent wrong shares, keys or masks; the sum was discarded"
            }
            Self::RepeatedElement => "a list of encrypted items holds one twice; the party has to begin anew",
            Self::OutOfOrder => "this step does not expect that message or call",
            Self::WrongRun => "the message belongs to another run",
            Self::WrongEpoch => "the message belongs to another set-up",
            Self::WrongRound => "the round number is not above the last one or above the run's number of rounds",
            Self::WrongContext => "the model or settings differ from the ones announced",
            Self::SetNotNested => "the surviving set is not a part of the last one",
            Self::NotInSet => "the receiver is not in the set",
            Self::TooFewNeighbours => "fewer neighbours are left than the threshold",
            Self::TooFewInputs => "fewer parties are left than the smallest set that may be opened",
            Self::TooManyPasses => "the surviving set changed more often than the run allows",
            Self::WrongSet => "the set is not the one acknowledged last",
            Self::TooFewAcknowledgements => "too few neighbours acknowledged the surviving set",
            Self::UnknownParty => "the sender is not in the roster or not in this step",
            Self::Duplicate => "another message was already accepted for this step",
            Self::TooFewShares => "too few shares came back to open the round",
            Self::NoRecovery => "a party left and the run has no recovery",
            Self::Stopped => "the round was stopped",
            Self::WrongProgram => {
                "the party computes something else; all have to make the same calls in the same order"
            }
            Self::CountChanged => "a list has another number of elements than was agreed on or sent",
            Self::InvalidRoster => "the roster is unsorted, of the wrong size, repeats a key or differs from its hash",
            Self::InvalidDegree => "the degree of the graph must be even, at least 2 and below the number of members",
            Self::InvalidThreshold => "the threshold t must satisfy 1 <= t <= k and 2t > k + c",
            Self::InvalidRun => "a parameter of the run is outside its range",
            Self::CapacityExceeded => "more neighbours than this client was built for",
            Self::NoParameters => {
                "no degree and threshold meet these failure probabilities; lower the corrupt or dropout rate"
            }
            Self::SamplerFailed => "a sampler of noise used up its tries: the random generator is broken",
            Self::InvalidMechanism => "a parameter of the noise mechanism is outside its range or does not fit the run",
            Self::BudgetSpent => {
                "the round would exceed the privacy budget of the data; use more noise or fewer rounds, or raise the budget"
            }
            Self::RotationSeedRepeated => {
                "the rotation seed was used in an earlier round of the run; begin another round"
            }
        }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        kind.without_detail()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (party, bound) = (self.party(), self.bound());
        f.debug_struct("Error").field("kind", &self.kind).field("party", &party).field("bound", &bound).finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.message())?;
        if let Some(id) = self.party() {
            write!(f, " (party {id})")?;
        }
        if let Some(bound) = self.bound() {
            write!(f, " (bound {bound})")?;
        }
        Ok(())
    }
}

impl core::error::Error for Error {}
