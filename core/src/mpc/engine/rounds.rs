//! What a transport needs of a computation.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::dealer::Query;

/// What an engine needs to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing: every protocol has ended.
    Finished,
    /// The messages of the present round: send [`Rounds::message`] to each party, give [`Rounds::receive`] those of all.
    Exchange,
    /// Correlated randomness from outside.
    Preprocessing,
}

/// What goes on in rounds: one message to each other party, and one from each.
pub trait Rounds {
    /// Goes on as far as it gets by itself.
    ///
    /// # Errors
    ///
    /// What ends it.
    fn advance(&mut self) -> Result<Progress>;

    /// Bytes of the message of the present round to a party.
    fn size(&self, to: usize) -> usize;

    /// Appends the message of the present round to a party.
    fn write(&self, to: usize, out: &mut Vec<u8>);

    /// The message of the present round to a party.
    fn message(&self, to: usize) -> Vec<u8> {
        let mut message = Vec::new();
        self.write(to, &mut message);
        message
    }

    /// Bytes that the message of the present round from a party has to have.
    fn awaited(&self, from: usize) -> usize;

    /// Room for that message: that of an earlier one which nobody needs any more, if there is one.
    fn room(&mut self, _from: usize) -> Zeroizing<Vec<u8>> {
        Zeroizing::default()
    }

    /// Takes the message of the present round from a party.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::take`](crate::mpc::engine::Engine::take); nothing changes then.
    fn take(&mut self, from: usize, message: Zeroizing<Vec<u8>>) -> Result<()>;

    /// As [`Rounds::take`], for a message that stays where it is.
    ///
    /// # Errors
    ///
    /// Those of [`Rounds::take`].
    fn receive(&mut self, from: usize, message: &[u8]) -> Result<()> {
        self.take(from, Zeroizing::new(message.to_vec()))
    }

    /// What a dealer elsewhere is to be asked for, once. It may come while messages are exchanged; where nothing goes on without, [`Progress::Preprocessing`] says so.
    ///
    /// # Errors
    ///
    /// Those of [`crate::mpc::dealer::Request::new`].
    fn request(&mut self) -> Result<Option<Query>> {
        Ok(None)
    }

    /// Takes the next piece of corrections from that dealer.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] where none is due, [`ErrorKind::Malformed`] for another length than the next one has; nothing changes then.
    fn supply(&mut self, _piece: &[u8]) -> Result<()> {
        Err(ErrorKind::OutOfOrder.into())
    }
}
