//! What the parties exchange in a round.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, Range};

use zeroize::Zeroizing;

use super::place::Place;
use crate::mpc::packing;

/// What a party sends in an exchange.
#[derive(Debug)]
pub enum Outgoing {
    /// The same to everybody.
    All(Vec<u8>),
    /// The same to everybody: words of so many bits, packed. What they are shares of is masked, or they are no secret.
    Words(u32, Rc<Vec<u64>>),
    /// To each party something of its own; nothing to those that are not named. In rising order of the parties.
    Each(Vec<(usize, Vec<u8>)>),
}

impl Outgoing {
    fn part(parts: &[(usize, Vec<u8>)], party: usize) -> &[u8] {
        parts.iter().find(|(to, _)| *to == party).map_or(&[], |(_, bytes)| bytes)
    }

    /// Bytes to a party.
    pub(super) fn size(&self, party: usize) -> usize {
        match self {
            Self::All(bytes) => bytes.len(),
            Self::Words(bits, words) => packing::size(*bits, words.len()),
            Self::Each(parts) => Self::part(parts, party).len(),
        }
    }

    /// Appends the bytes to a party.
    pub(super) fn write(&self, party: usize, out: &mut Vec<u8>) {
        match self {
            Self::All(bytes) => out.extend_from_slice(bytes),
            Self::Words(bits, words) => packing::pack(*bits, words, out),
            Self::Each(parts) => out.extend_from_slice(Self::part(parts, party)),
        }
    }
}

/// What came from a party: its part of a message, which is wiped when all of its parts are gone.
#[derive(Clone, Default)]
pub struct Received {
    message: Rc<Zeroizing<Vec<u8>>>,
    part: Range<usize>,
}

impl Received {
    pub(super) fn new(message: &Rc<Zeroizing<Vec<u8>>>, part: Range<usize>) -> Self {
        Self { message: Rc::clone(message), part }
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received({} bytes)", self.part.len())
    }
}

impl Deref for Received {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.message.get(self.part.clone()).unwrap_or_default()
    }
}

/// What came, by party; the own place is empty.
pub type Incoming = Vec<Received>;

/// What the parties exchange, for whoever wants to see what a message is made of; nothing depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Something that no other case describes.
    Other,
    /// Seeds that two parties have in common afterwards.
    Seeds,
    /// Shares of masked words: their sums over all parties, modulo 2^`bits`, are opened.
    Words {
        /// Bits of a word; words are packed.
        bits: u32,
        /// How many words.
        count: usize,
    },
    /// Shares of masked bits: their exclusive ors over all parties are opened.
    Bits {
        /// Vectors of bits, each of which begins with a byte.
        vectors: usize,
        /// Bits of each.
        count: usize,
    },
    /// Shares of an output, words of 64 bits that are uniform but for their sum: it is what the receiver is to know.
    Output {
        /// How many words.
        count: usize,
    },
}

/// What a protocol wants to send and to get in the next round.
pub(super) struct Exchange {
    pub(super) content: Content,
    pub(super) outgoing: Outgoing,
    /// From each party so many bytes, in the order of the parties; the own place is 0.
    pub(super) expected: Vec<usize>,
    pub(super) place: Place<Incoming>,
}

impl Exchange {
    /// Bytes that a party has to send.
    pub(super) fn expected(&self, from: usize) -> usize {
        self.expected.get(from).copied().unwrap_or_default()
    }
}
