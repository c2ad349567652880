//! Why the device does not go on: the number of an error, below 800 of the library, else of a request (`docs/http.md` section 2).

use cloakwork_core::{Error, ErrorKind};

use crate::line::Broken;

/// An error's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure(pub(crate) u16);

impl Failure {
    pub(crate) const NOT_FOUND: Self = Self(804);
    pub(crate) const COUNTER_USED: Self = Self(806);
    pub(crate) const TOO_LARGE: Self = Self(807);
    pub(crate) const SUPERSEDED: Self = Self(809);
    pub(crate) const UNREACHABLE: Self = Self(812);
    pub(crate) const UNVERIFIED_ANSWER: Self = Self(813);
    pub(crate) const CONFIGURATION: Self = Self(814);
    pub(crate) const RUN_CLOSED: Self = Self(816);

    /// Whether it is one of the protocol: everybody is told, and the next message may go well.
    pub(crate) const fn is_of_protocol(self) -> bool {
        self.0 < 800
    }
}

impl From<ErrorKind> for Failure {
    fn from(kind: ErrorKind) -> Self {
        Self(kind.code() as u16)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        error.kind().into()
    }
}

impl From<Broken> for Failure {
    fn from(_: Broken) -> Self {
        Self::UNREACHABLE
    }
}
