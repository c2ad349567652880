//! A party's link to its dealer: requests go out, seed and corrections come in.
//!
//! What parties open never goes this way: nothing here takes the message of a round.

use cloakwork_core::mpc::dealer::{PIECE_BYTES, Query};

use crate::error::{Error, Result};
use crate::frame::Kind;
use crate::link::{Link, Message, received};
use crate::peer::Peer;

#[derive(Debug)]
pub(crate) struct DealerLink(Link);

impl DealerLink {
    pub(crate) const fn new(link: Link) -> Self {
        Self(link)
    }

    /// Asks for corrections.
    pub(crate) fn ask(&mut self, query: &Query) -> Result<()> {
        if !self.0.queue(Kind::Request, &query.bytes) {
            return Err(Error::TooLarge { peer: Peer::Dealer, size: query.bytes.len() as u64, bound: u32::MAX.into() });
        }
        self.0.pump();
        Ok(())
    }

    /// Moves what comes and goes; whether anything did.
    pub(crate) fn pump(&mut self) -> bool {
        self.0.pump()
    }

    /// The seed, once it has come.
    pub(crate) fn seed(&mut self) -> Result<Option<Message>> {
        received(&mut self.0, Peer::Dealer, Kind::Seed, PIECE_BYTES as u64)
    }

    /// The next piece of corrections, once it has come.
    pub(crate) fn corrections(&mut self) -> Result<Option<Message>> {
        received(&mut self.0, Peer::Dealer, Kind::Corrections, PIECE_BYTES as u64)
    }

    /// For what counts bytes, and what ends links.
    pub(crate) const fn link(&self) -> &Link {
        &self.0
    }

    /// The link at its end: a dealer that gets no reason knows that all went well.
    pub(crate) fn last(&mut self, why: Option<&str>) -> &mut Link {
        if why.is_none() {
            self.0.queue(Kind::Leave, &[]);
        }
        &mut self.0
    }
}
