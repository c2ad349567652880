//! Whom an error is about.

use std::fmt;

/// Somebody in a session, as errors name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A party, by its place.
    Party(usize),
    /// The dealer.
    Dealer,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Party(party) => write!(f, "party {party}"),
            Self::Dealer => f.write_str("the dealer"),
        }
    }
}

/// Several, for people.
pub(crate) struct Peers<'a>(pub(crate) &'a [Peer]);

impl fmt::Display for Peers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, peer) in self.0.iter().enumerate() {
            write!(f, "{}{peer}", if place == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
