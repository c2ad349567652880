//! The base transfers of one pair, in both directions at once: two messages from each side.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::base::{self, CHOICES_SIZE, Context, context};
use super::extension;
use crate::error::{ErrorKind, Result};
use crate::group::{ELEMENT_SIZE, Element};
use crate::kdf;

/// Bytes of the first message: the choices of one direction, and the element of the other one. The second message has the sums of all trees.
pub(super) const FIRST_SIZE: usize = CHOICES_SIZE + ELEMENT_SIZE;

/// What a pair has after it: both directions.
pub(super) struct Transfers {
    pub(super) receiver: extension::Receiver,
    pub(super) sender: extension::Sender,
}

/// One side.
pub(super) struct Meeting {
    seed: Zeroizing<[u8; 32]>,
    /// In which the other side sends.
    receiving: Context,
    /// In which this side sends.
    sending: Context,
    /// What is to be sent now.
    message: Vec<u8>,
    /// The choices that were sent.
    choices: Vec<u8>,
    /// The other side's element, and the direction in which this side receives.
    halfway: Option<([u8; ELEMENT_SIZE], extension::Receiver)>,
    sender: Option<extension::Sender>,
}

impl Meeting {
    /// The side of party `own`, who draws from a seed.
    pub(super) fn new(session: &[u8; 32], own: usize, other: usize, seed: &[u8; 32]) -> Self {
        let (receiving, sending) = (context(session, other, own), context(session, own, other));
        let seed = Zeroizing::new(*seed);
        let (message, choices) = (Vec::with_capacity(FIRST_SIZE), Vec::new());
        let mut meeting = Self { seed, receiving, sending, message, choices, halfway: None, sender: None };
        meeting.choices = meeting.base_receiver().message();
        let element = meeting.base_sender().message();
        meeting.message.extend_from_slice(&meeting.choices);
        meeting.message.extend_from_slice(&*element);
        meeting
    }

    /// Who sends in the transfers receives in those that they are stretched from.
    fn base_receiver(&self) -> base::Receiver<'_> {
        let mut choices = Zeroizing::new([0; 16]);
        kdf::expand(&self.seed, "oblivious choices", &[&self.sending], &mut *choices);
        base::Receiver { context: &self.sending, seed: &self.seed, choices: u128::from_le_bytes(*choices) }
    }

    fn base_sender(&self) -> base::Sender<'_> {
        base::Sender { context: &self.receiving, seed: &self.seed }
    }

    /// What is to be sent now; nothing in the end.
    pub(super) fn message(&self) -> &[u8] {
        &self.message
    }

    /// Takes the other side's next message. One that is refused changes nothing.
    pub(super) fn receive(&mut self, message: &[u8]) -> Result<()> {
        match &self.halfway {
            None => {
                let malformed = ErrorKind::Malformed.bound(FIRST_SIZE as u64);
                let (choices, element) = message.split_last_chunk::<ELEMENT_SIZE>().ok_or(malformed)?;
                Element::decode(element)?;
                let (receiver, sums) = extension::Receiver::new(&self.base_sender(), choices)?;
                (self.halfway, self.message) = (Some((*element, receiver)), sums);
            }
            Some((element, _)) if self.sender.is_none() => {
                let sender = extension::Sender::new(&self.base_receiver(), element, &self.choices, message)?;
                (self.sender, self.message) = (Some(sender), Vec::new());
            }
            Some(_) => return Err(ErrorKind::OutOfOrder.into()),
        }
        Ok(())
    }

    /// Both directions, when both messages have come.
    pub(super) fn finish(self) -> Result<Transfers> {
        match (self.halfway, self.sender) {
            (Some((_, receiver)), Some(sender)) => Ok(Transfers { receiver, sender }),
            _ => Err(ErrorKind::OutOfOrder.into()),
        }
    }
}
