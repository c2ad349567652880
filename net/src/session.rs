//! Who takes part in what.

use cloakwork_core::ErrorKind;
use cloakwork_core::agreement::{Identity, LinkKey, PublicKey};
use cloakwork_core::kdf;

use crate::error::{Error, Result};
use crate::peer::Peer;

/// A party as the others know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its static key.
    pub key: PublicKey,
    /// Host and port.
    pub address: String,
}

/// What somebody believes to take part in: the parties in their order, the dealer if there is one, and a name for what they do.
#[derive(Debug)]
pub struct Session {
    /// The parties, and behind them the dealer.
    members: Vec<Member>,
    dealt: bool,
    place: usize,
    keys: Vec<Option<LinkKey>>,
    hash: [u8; 32],
}

impl Session {
    /// The session of these parties, of which this identity is one.
    ///
    /// `name` holds what all have to agree on besides who they are: a number that is used once, the program, its parameters. Parties with another name, or
    /// another list of parties, find that they mean another session before anything is sent.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSession`]
    pub fn new(identity: &Identity, members: Vec<Member>, name: &[u8]) -> Result<Self> {
        Self::of(identity, members, None, name)
    }

    /// The session of these parties and a dealer, who is none of them. This identity is that of a party or of the dealer; the dealer needs no addresses.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSession`]
    pub fn with_dealer(identity: &Identity, members: Vec<Member>, dealer: Member, name: &[u8]) -> Result<Self> {
        Self::of(identity, members, Some(dealer), name)
    }

    fn of(identity: &Identity, mut members: Vec<Member>, dealer: Option<Member>, name: &[u8]) -> Result<Self> {
        let invalid = |kind, peer| Error::InvalidSession { kind, peer };
        if members.len() < 2 {
            return Err(invalid(ErrorKind::InvalidArgument, None));
        }
        let parties = members.len();
        let dealt = dealer.is_some();
        members.extend(dealer);
        let peer = |place| if place < parties { Peer::Party(place) } else { Peer::Dealer };
        let own = identity.public_key();
        let mut keys = Vec::with_capacity(members.len());
        for (place, member) in members.iter().enumerate() {
            if members.iter().take(place).any(|earlier| earlier.key == member.key) {
                return Err(invalid(ErrorKind::RepeatedKey, Some(peer(place))));
            }
            keys.push(if member.key == own {
                None
            } else {
                let key = LinkKey::new(identity, &member.key);
                Some(key.map_err(|error| invalid(error.kind(), Some(peer(place))))?)
            });
        }
        let place = keys.iter().position(Option::is_none).ok_or_else(|| invalid(ErrorKind::UnknownParty, None))?;
        // The dealer's key comes last: a list with another dealer, or none, is another session.
        let mut hasher = kdf::Hasher::new(if dealt { "session with dealer" } else { "session" });
        hasher.part(name);
        for member in &members {
            hasher.part(member.key.as_bytes());
        }
        Ok(Self { members, dealt, place, keys, hash: hasher.finish() })
    }

    /// The place of this party; for the dealer, that behind the last one.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.place
    }

    /// How many parties there are.
    #[must_use]
    pub const fn parties(&self) -> usize {
        self.members.len() - self.dealt as usize
    }

    /// Whether this is the dealer.
    #[must_use]
    pub const fn is_dealer(&self) -> bool {
        self.place == self.parties()
    }

    /// Whether there is a dealer.
    #[must_use]
    pub const fn has_dealer(&self) -> bool {
        self.dealt
    }

    /// What all parties have to agree on.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Places of all: those of the parties, then that of the dealer.
    pub(crate) const fn places(&self) -> usize {
        self.members.len()
    }

    /// Who has a place.
    pub(crate) const fn peer(&self, place: usize) -> Peer {
        if place < self.parties() { Peer::Party(place) } else { Peer::Dealer }
    }

    /// Whether this one calls the one at a place, rather than being called: parties call those before them, and the dealer.
    pub(crate) const fn calls(&self, place: usize) -> bool {
        !self.is_dealer() && (place < self.place || place == self.parties())
    }

    pub(crate) fn address(&self, place: usize) -> &str {
        self.members.get(place).map_or("", |member| &member.address)
    }

    /// The place of whoever has this key, if it is another than this one.
    pub(crate) fn place_of(&self, key: &PublicKey) -> Option<usize> {
        self.members.iter().position(|member| member.key == *key).filter(|place| *place != self.place)
    }

    pub(crate) fn public_key(&self, place: usize) -> Option<PublicKey> {
        self.members.get(place).map(|member| member.key)
    }

    pub(crate) fn link_key(&self, place: usize) -> Option<&LinkKey> {
        self.keys.get(place).and_then(Option::as_ref)
    }
}
