//! What can go wrong between parties, and who did it.

use std::fmt;
use std::io;
use std::time::Duration;

/// What the fallible functions of this crate return.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a session cannot go on. Parties are named by their place in the session.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The session cannot be.
    InvalidSession {
        /// `InvalidArgument` for fewer than two parties; `UnknownParty` when this party is none of them; `RepeatedKey`, `LowOrderKey` or `Malformed` for a
        /// key that must not be used.
        kind: cloakwork_core::ErrorKind,
        /// The party that it is about.
        party: Option<usize>,
    },
    /// No link to a party came about in time.
    NotConnected {
        /// The party.
        party: usize,
        /// How long it was waited for.
        waited: Duration,
        /// The last obstacle.
        reason: String,
    },
    /// A party means another session: other parties, another program or another number.
    OtherSession {
        /// The party.
        party: usize,
    },
    /// Parties were silent for too long.
    Silent {
        /// The parties.
        parties: Vec<usize>,
        /// How long they were waited for.
        waited: Duration,
    },
    /// A connection ended without a word.
    Lost {
        /// The party at its other end.
        party: usize,
        /// What the system says.
        reason: String,
    },
    /// A party ended the session and said why.
    Left {
        /// The party.
        party: usize,
        /// Its words, at most 200 bytes.
        reason: String,
    },
    /// A party announced a message above the limit.
    TooLarge {
        /// The party.
        party: usize,
        /// Bytes announced.
        size: u64,
        /// Bytes allowed.
        bound: u64,
    },
    /// A party sent what is no frame.
    Malformed {
        /// The party.
        party: usize,
    },
    /// The engine refused a message; the error names its sender.
    Refused(cloakwork_core::Error),
    /// A protocol needs correlated randomness that its source did not bring.
    NoPreprocessing,
    /// The system refused.
    System(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidSession { kind, party: None } => write!(f, "the session cannot be: {}", kind.message()),
            Self::InvalidSession { kind, party: Some(party) } => {
                write!(f, "the session cannot be, because of party {party}: {}", kind.message())
            }
            Self::NotConnected { party, waited, reason } => {
                write!(f, "no link to party {party} within {} s: {reason}", waited.as_secs_f64())
            }
            Self::OtherSession { party } => {
                write!(
                    f,
                    "party {party} means another session: compare its list of parties, the program and the session's name"
                )
            }
            Self::Silent { parties, waited } => {
                write!(f, "nothing came from {} for {} s", Parties(parties), waited.as_secs_f64())
            }
            Self::Lost { party, reason } => write!(f, "the connection to party {party} ended: {reason}"),
            Self::Left { party, reason } => write!(f, "party {party} ended the session: {reason}"),
            Self::TooLarge { party, size, bound } => {
                write!(f, "party {party} announced a message of {size} bytes, at most {bound} are allowed")
            }
            Self::Malformed { party } => write!(f, "party {party} sent what is no message"),
            Self::Refused(error) => write!(f, "a message was refused: {error}"),
            Self::NoPreprocessing => f.write_str("the source of correlated randomness brought nothing"),
            Self::System(error) => write!(f, "the system refused: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// A list of parties, for people.
struct Parties<'a>(&'a [usize]);

impl fmt::Display for Parties<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.len() == 1 { "party " } else { "parties " })?;
        for (place, party) in self.0.iter().enumerate() {
            write!(f, "{}{party}", if place == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
