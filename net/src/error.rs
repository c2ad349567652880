//! What can go wrong between parties, and who did it.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::peer::{Peer, Peers};

/// What the fallible functions of this crate return.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a session cannot go on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The session cannot be.
    InvalidSession {
        /// `InvalidArgument` for fewer than two parties; `UnknownParty` when this one has no place in it; `RepeatedKey`, `LowOrderKey` or `Malformed` for a
        /// key that must not be used.
        kind: cloakwork_core::ErrorKind,
        /// Whom it is about.
        peer: Option<Peer>,
    },
    /// No link came about in time.
    NotConnected {
        /// To whom.
        peer: Peer,
        /// How long it was waited for.
        waited: Duration,
        /// The last obstacle.
        reason: String,
    },
    /// Somebody means another session: other parties, another dealer, program or number.
    OtherSession {
        /// Who.
        peer: Peer,
    },
    /// Nothing came for too long.
    Silent {
        /// From whom.
        peers: Vec<Peer>,
        /// How long they were waited for.
        waited: Duration,
    },
    /// A connection ended without a word.
    Lost {
        /// Who was at its other end.
        peer: Peer,
        /// What the system says.
        reason: String,
    },
    /// Somebody ended the session and said why.
    Left {
        /// Who.
        peer: Peer,
        /// Its words, at most 200 bytes.
        reason: String,
    },
    /// Somebody announced a message above the limit.
    TooLarge {
        /// Who.
        peer: Peer,
        /// Bytes announced.
        size: u64,
        /// Bytes allowed.
        bound: u64,
    },
    /// Somebody sent what is no frame, or not one of those that are due.
    Malformed {
        /// Who.
        peer: Peer,
    },
    /// The engine, or the dealer, refused a message; the error names its sender.
    Refused(cloakwork_core::Error),
    /// A protocol needs correlated randomness that its source did not bring.
    NoPreprocessing,
    /// The system refused.
    System(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidSession { kind, peer: None } => write!(f, "the session cannot be: {}", kind.message()),
            Self::InvalidSession { kind, peer: Some(peer) } => {
                write!(f, "the session cannot be, because of {peer}: {}", kind.message())
            }
            Self::NotConnected { peer, waited, reason } => {
                write!(f, "no link to {peer} within {} s: {reason}", waited.as_secs_f64())
            }
            Self::OtherSession { peer } => {
                write!(
                    f,
                    "{peer} means another session: compare the lists of parties, the dealer, the settings and the session's name"
                )
            }
            Self::Silent { peers, waited } => {
                write!(f, "nothing came from {} for {} s", Peers(peers), waited.as_secs_f64())
            }
            Self::Lost { peer, reason } => write!(f, "the connection to {peer} ended: {reason}"),
            Self::Left { peer, reason } => write!(f, "{peer} ended the session: {reason}"),
            Self::TooLarge { peer, size, bound } => {
                write!(f, "a message of {size} bytes from {peer} was announced, at most {bound} are allowed")
            }
            Self::Malformed { peer } => write!(f, "{peer} sent what is no message"),
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
