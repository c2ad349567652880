//! Base transfers of a pair that serve many sessions (docs/mpc.md section 13, "Kept base transfers").

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::base::Context;
use super::meeting::{Meeting, Transfers};
use crate::error::{ErrorKind, Result};
use crate::kdf::{self, HASH_SIZE};
use crate::random;

/// Sessions that base transfers serve; then the pair makes new ones.
pub const MAX_SESSIONS: usize = 1 << 16;

/// Rounds in which they are made.
const ROUNDS: usize = 2;

/// Makes the base transfers of a pair, two messages from each side: neither waits for the other one's before it sends.
pub struct BaseExchange {
    name: [u8; 32],
    /// 0 or 1: which side of the pair this is.
    own: usize,
    meeting: Meeting,
    /// The hashes of all messages, that of side 0 first in each round.
    transcript: Vec<[[u8; HASH_SIZE]; 2]>,
}

impl BaseExchange {
    /// Begins. Both sides know the 32 bytes of the name, which are used once, and who of them is side 0 and who side 1.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for another side; [`ErrorKind::Randomness`] if the generator fails.
    pub fn new<R: TryCryptoRng + ?Sized>(name: &[u8; 32], side: usize, rng: &mut R) -> Result<Self> {
        let other = 1usize.checked_sub(side).ok_or(ErrorKind::InvalidArgument.bound(1))?;
        let mut seed = Zeroizing::new([0; 32]);
        random::fill(rng, &mut *seed)?;
        let meeting = Meeting::new(&kdf::hash("oblivious base", &[name]), side, other, &seed);
        Ok(Self { name: *name, own: side, meeting, transcript: Vec::with_capacity(ROUNDS) })
    }

    /// What is to be sent to the other side now; nothing when both of its messages have come.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        self.meeting.message()
    }

    /// Takes the other side's next message. One that is refused changes nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`] for another length, with the one expected; [`ErrorKind::NonCanonical`] and [`ErrorKind::LowOrderKey`] for what is no element or zero;
    /// [`ErrorKind::RepeatedKey`] for what this side sent; [`ErrorKind::OutOfOrder`] for a third message.
    pub fn receive(&mut self, message: &[u8]) -> Result<()> {
        let own = self.meeting.message();
        if !own.is_empty() && own == message {
            return Err(ErrorKind::RepeatedKey.into());
        }
        let hashes = [own, message].map(|message| kdf::hash("oblivious base message", &[message]));
        self.meeting.receive(message)?;
        let [own, other] = hashes;
        self.transcript.push(if self.own == 0 { [own, other] } else { [other, own] });
        Ok(())
    }

    /// What both sides keep.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] before both messages of the other side have come.
    pub fn finish(self) -> Result<BaseTransfers> {
        let transfers = self.meeting.finish()?;
        let transcript = self.transcript.as_flattened().as_flattened();
        let id = kdf::hash("oblivious base id", &[&self.name, transcript]);
        Ok(BaseTransfers { id, transfers, sessions: BTreeSet::new() })
    }
}

impl fmt::Debug for BaseExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BaseExchange(..)")
    }
}

/// One side's base transfers of a pair. They are secret, live in one process and are never written down: who has them and the messages of a session sees through it.
pub struct BaseTransfers {
    id: [u8; HASH_SIZE],
    /// Of these no stream is ever taken.
    transfers: Transfers,
    /// Those that were served.
    sessions: BTreeSet<[u8; 32]>,
}

impl BaseTransfers {
    /// What both sides call them, a hash of all that was sent: two sides that say the same have two sides of the same transfers. Public.
    #[must_use]
    pub const fn id(&self) -> &[u8; HASH_SIZE] {
        &self.id
    }

    /// How many sessions they have served, of [`MAX_SESSIONS`].
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Refuses a session that was served.
    pub(super) fn check(&self, session: &[u8; 32]) -> Result<()> {
        if self.sessions.contains(session) {
            return Err(ErrorKind::Duplicate.into());
        }
        if self.sessions.len() >= MAX_SESSIONS {
            return Err(ErrorKind::TooLong.bound(MAX_SESSIONS as u64));
        }
        Ok(())
    }

    /// Those of one session: the streams are its own, what one side misses stays the same.
    pub(super) fn of_session(
        &mut self,
        session: &[u8; 32],
        receiving: &Context,
        sending: &Context,
    ) -> Result<Transfers> {
        self.check(session)?;
        self.sessions.insert(*session);
        let Transfers { receiver, sender } = &self.transfers;
        Ok(Transfers { receiver: receiver.of_session(receiving), sender: sender.of_session(sending) })
    }
}

impl fmt::Debug for BaseTransfers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BaseTransfers(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mpc::oblivious::base::context;
    use crate::mpc::oblivious::extension::tests::pair;

    fn kept() -> BaseTransfers {
        let (receiver, sender) = pair(3);
        BaseTransfers { id: [0; 32], transfers: Transfers { receiver, sender }, sessions: BTreeSet::new() }
    }

    #[test]
    fn the_last_session_is_the_last() {
        let mut kept = kept();
        let number = |number: usize| kdf::hash("number", &[&number.to_le_bytes()]);
        kept.sessions.extend((1..MAX_SESSIONS).map(number));
        let (receiving, sending) = (context(&[1; 32], 1, 0), context(&[1; 32], 0, 1));
        kept.of_session(&number(0), &receiving, &sending).map(|_| ()).unwrap();
        let error = kept.of_session(&number(MAX_SESSIONS), &receiving, &sending).err().unwrap();
        assert_eq!((error.kind(), error.bound()), (ErrorKind::TooLong, Some(MAX_SESSIONS as u64)));
        let error = kept.of_session(&number(7), &receiving, &sending).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Duplicate);
    }

    /// Rows of two sessions have nothing in common, and both are right.
    #[test]
    fn rows_of_sessions() {
        use crate::prg::Suite;
        let (receiver, sender) = pair(4);
        let choices = [0x0123_4567_89ab_cdef, 7];
        let rows = [1, 2].map(|session| {
            let context = context(&[session; 32], 1, 0);
            let (receiver, sender) = (receiver.of_session(&context), sender.of_session(&context));
            let (t, message) = receiver.extend(Suite::Aes128Ctr, 0, &choices).unwrap();
            let q = sender.extend(Suite::Aes128Ctr, 0, &message).unwrap();
            for (place, (t, q)) in t.iter().zip(q.iter()).enumerate() {
                assert_eq!(t ^ q, sender.delta() * u128::from((choices[place >> 6] >> (place & 63)) & 1));
            }
            t
        });
        let [one, two] = rows.map(|rows| rows.iter().copied().collect::<BTreeSet<u128>>());
        assert_eq!(one.len(), 128);
        assert!(one.is_disjoint(&two));
    }
}
