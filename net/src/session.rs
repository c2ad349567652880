//! Who takes part in what.

use cloakwork_core::ErrorKind;
use cloakwork_core::agreement::{Identity, LinkKey, PublicKey};
use cloakwork_core::kdf;

use crate::error::{Error, Result};

/// A party as the others know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its static key.
    pub key: PublicKey,
    /// Host and port.
    pub address: String,
}

/// What a party believes to take part in: the parties in their order, and a name for what they do.
#[derive(Debug)]
pub struct Session {
    members: Vec<Member>,
    index: usize,
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
        let invalid = |kind, party| Error::InvalidSession { kind, party };
        if members.len() < 2 {
            return Err(invalid(ErrorKind::InvalidArgument, None));
        }
        let own = identity.public_key();
        let index = members.iter().position(|member| member.key == own);
        let index = index.ok_or_else(|| invalid(ErrorKind::UnknownParty, None))?;
        let mut keys = Vec::with_capacity(members.len());
        for (party, member) in members.iter().enumerate() {
            if members.iter().take(party).any(|earlier| earlier.key == member.key) {
                return Err(invalid(ErrorKind::RepeatedKey, Some(party)));
            }
            keys.push(if party == index {
                None
            } else {
                let key = LinkKey::new(identity, &member.key);
                Some(key.map_err(|error| invalid(error.kind(), Some(party)))?)
            });
        }
        let mut hasher = kdf::Hasher::new("session");
        hasher.part(name);
        for member in &members {
            hasher.part(member.key.as_bytes());
        }
        Ok(Self { members, index, keys, hash: hasher.finish() })
    }

    /// The place of this party.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// How many parties there are.
    #[must_use]
    pub const fn parties(&self) -> usize {
        self.members.len()
    }

    /// What all parties have to agree on.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    pub(crate) fn address(&self, party: usize) -> &str {
        self.members.get(party).map_or("", |member| &member.address)
    }

    /// The place of the party with this key, if it is another than this one.
    pub(crate) fn party(&self, key: &PublicKey) -> Option<usize> {
        self.members.iter().position(|member| member.key == *key).filter(|party| *party != self.index)
    }

    pub(crate) fn public_key(&self, party: usize) -> Option<PublicKey> {
        self.members.get(party).map(|member| member.key)
    }

    pub(crate) fn link_key(&self, party: usize) -> Option<&LinkKey> {
        self.keys.get(party).and_then(Option::as_ref)
    }
}
