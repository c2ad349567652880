//! A computation of either mode, behind one handle: what verified mode does not have is refused by name.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use cloakwork_core::mpc::dealer::Query;
use cloakwork_core::mpc::engine::{Content, Cost, Progress, Rounds};
use cloakwork_core::mpc::protocol::Format;
use cloakwork_core::mpc::session::{
    Explanation, Kind, Opened, Operation, Public, ResultId, Session, ValueId, verified,
};
use cloakwork_core::{Error, ErrorKind, Result};
use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

/// One party's side of a computation.
pub(crate) enum Computation {
    /// For parties that follow the protocol.
    Unverified(Box<Session>),
    /// For parties that may not.
    Verified(Box<verified::Session>),
}

impl From<Session> for Computation {
    fn from(session: Session) -> Self {
        Self::Unverified(Box::new(session))
    }
}

impl From<verified::Session> for Computation {
    fn from(session: verified::Session) -> Self {
        Self::Verified(Box::new(session))
    }
}

impl fmt::Debug for Computation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unverified(session) => session.fmt(f),
            Self::Verified(session) => session.fmt(f),
        }
    }
}

/// The same call of whichever session it is.
macro_rules! both {
    ($computation:expr, $session:ident => $call:expr) => {
        match $computation {
            Computation::Unverified($session) => $call,
            Computation::Verified($session) => $call,
        }
    };
}

fn not_verified() -> Error {
    ErrorKind::NotVerified.into()
}

impl Computation {
    pub(crate) fn index(&self) -> usize {
        both!(self, session => session.index())
    }

    pub(crate) fn parties(&self) -> usize {
        both!(self, session => session.parties())
    }

    pub(crate) fn format(&self) -> &Format {
        both!(self, session => session.format())
    }

    pub(crate) fn cost(&self) -> Cost {
        both!(self, session => session.cost())
    }

    /// What was sent to make correlations; in verified mode a dealer does.
    pub(crate) fn making_cost(&self) -> Cost {
        match self {
            Self::Unverified(session) => session.making_cost(),
            Self::Verified(_) => Cost::default(),
        }
    }

    pub(crate) fn explain(&self) -> Result<Explanation> {
        both!(self, session => session.explain())
    }

    pub(crate) fn form(&self, value: ValueId) -> Result<(Kind, usize)> {
        both!(self, session => session.form(value))
    }

    pub(crate) fn check(&self, value: ValueId) -> Result<()> {
        both!(self, session => session.check(value))
    }

    pub(crate) fn contents(&self, to: usize) -> Vec<(Content, usize)> {
        both!(self, session => session.contents(to))
    }

    pub(crate) fn input(
        &mut self,
        owner: usize,
        kind: Kind,
        length: usize,
        numbers: Option<&Public>,
    ) -> Result<ValueId> {
        both!(self, session => session.input(owner, kind, length, numbers))
    }

    pub(crate) fn public(&mut self, numbers: &Public) -> Result<ValueId> {
        both!(self, session => session.public(numbers))
    }

    /// Words from outside come without MACs.
    pub(crate) fn shares(&mut self, kind: Kind, words: &[u64]) -> Result<ValueId> {
        match self {
            Self::Unverified(session) => Ok(session.shares(kind, words)),
            Self::Verified(_) => Err(not_verified()),
        }
    }

    /// How many values an operation gives.
    pub(crate) fn outputs(&self, operation: &Operation, inputs: &[ValueId]) -> Result<usize> {
        match self {
            Self::Unverified(session) => session.outputs(operation, inputs),
            Self::Verified(_) => verified::Operation::try_from(operation.clone()).map(|_| 1),
        }
    }

    pub(crate) fn apply(&mut self, operation: Operation, inputs: &[ValueId]) -> Result<Vec<ValueId>> {
        match self {
            Self::Unverified(session) => session.apply(operation, inputs),
            Self::Verified(session) => session.apply(operation.try_into()?, inputs).map(|value| [value].into()),
        }
    }

    pub(crate) fn shuffle<R: TryCryptoRng>(&mut self, value: ValueId, columns: usize, rng: &mut R) -> Result<ValueId> {
        match self {
            Self::Unverified(session) => session.shuffle(value, columns, rng),
            Self::Verified(_) => Err(not_verified()),
        }
    }

    pub(crate) fn open(&mut self, value: ValueId, receivers: &[usize]) -> Result<ResultId> {
        both!(self, session => session.open(value, receivers))
    }

    pub(crate) fn take(&mut self, result: ResultId) -> Option<Result<Opened>> {
        both!(self, session => session.take(result))
    }

    pub(crate) fn forget(&mut self, value: ValueId) {
        both!(self, session => session.forget(value));
    }

    /// What is done with shares outside of the session is checked by nobody.
    pub(crate) fn own_shares(&self, value: ValueId) -> Result<Option<Zeroizing<Vec<u64>>>> {
        match self {
            Self::Unverified(session) => session.own_shares(value),
            Self::Verified(_) => Err(not_verified()),
        }
    }
}

impl Rounds for Computation {
    fn advance(&mut self) -> Result<Progress> {
        both!(self, session => session.advance())
    }

    fn size(&self, to: usize) -> usize {
        both!(self, session => session.size(to))
    }

    fn write(&self, to: usize, out: &mut Vec<u8>) {
        both!(self, session => session.write(to, out));
    }

    fn awaited(&self, from: usize) -> usize {
        both!(self, session => session.awaited(from))
    }

    fn room(&mut self, from: usize) -> Zeroizing<Vec<u8>> {
        both!(self, session => session.room(from))
    }

    fn take(&mut self, from: usize, message: Zeroizing<Vec<u8>>) -> Result<()> {
        both!(self, session => Rounds::take(&mut **session, from, message))
    }

    fn request(&mut self) -> Result<Option<Query>> {
        both!(self, session => session.request())
    }

    fn supply(&mut self, piece: &[u8]) -> Result<()> {
        both!(self, session => session.supply(piece))
    }
}
