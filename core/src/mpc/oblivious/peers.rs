//! A party's transfers with all others: who receives, who sends, and what goes over the lines.

use alloc::vec::Vec;
use core::cell::Cell;

use zeroize::Zeroizing;

use super::base::{Context, context};
use super::extension::{self, ALL_SUMS_SIZE, MAX_TRANSFERS, Rows, message_size};
use super::form::Form;
use super::kept::BaseTransfers;
use super::meeting::{FIRST_SIZE, Meeting, Transfers};
use super::robust::{RUN, Robust};
use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::Words;
use crate::mpc::engine::{Outgoing, Party};
use crate::prg::Suite;

/// Which party of a pair receives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Each from the other.
    Both,
    /// The one with the higher place, from the other.
    FromLower,
}

impl Direction {
    fn receives(self, own: usize, other: usize) -> bool {
        own != other && (self == Self::Both || own > other)
    }
}

/// The two directions of a pair.
struct Link {
    receiver: extension::Receiver,
    sender: extension::Sender,
    /// In which the other side sends.
    receiving: Context,
    /// In which this side sends.
    sending: Context,
}

/// The pairs that this party is a part of.
pub(super) struct Peers {
    suite: Suite,
    party: Party,
    links: Vec<Option<Link>>,
    /// The first transfer that was not made yet: every pair makes the same ones.
    next: Cell<u64>,
}

/// Transfers that were made and have not carried anything yet.
pub(super) struct Extension {
    start: u64,
    choices: Words,
    /// By the other party, the rows that this one got as a receiver.
    received: Vec<Option<Rows>>,
    /// By the other party, those that it got as a sender.
    sent: Vec<Option<Rows>>,
}

impl Peers {
    /// Makes the base transfers with every other party: 2 rounds, of 8224 and 6144 bytes.
    pub(super) async fn connect(
        party: Party,
        suite: Suite,
        session: [u8; 32],
        seed: Zeroizing<[u8; 32]>,
    ) -> Result<Self> {
        let own = party.index();
        let mut meetings: Vec<Option<Meeting>> = (0..party.parties())
            .map(|other| (other != own).then(|| Meeting::new(&session, own, other, &seed)))
            .collect();
        for size in [FIRST_SIZE, ALL_SUMS_SIZE] {
            let outgoing = meetings.iter().enumerate();
            let outgoing = outgoing.filter_map(|(other, meeting)| Some((other, meeting.as_ref()?.message().to_vec())));
            let expected = meetings.iter().map(|meeting| if meeting.is_some() { size } else { 0 }).collect();
            let received = party.exchange(Outgoing::Each(outgoing.collect()), expected).await;
            for (other, (meeting, message)) in meetings.iter_mut().zip(&received).enumerate() {
                if let Some(meeting) = meeting {
                    meeting.receive(message).map_err(|error| error.of_party(other as u64))?;
                }
            }
        }
        let links = meetings.into_iter().enumerate().map(|(other, meeting)| {
            let Some(meeting) = meeting else { return Ok(None) };
            let Transfers { receiver, sender } = meeting.finish()?;
            Ok(Some(Link {
                receiver,
                sender,
                receiving: context(&session, other, own),
                sending: context(&session, own, other),
            }))
        });
        let links = links.collect::<Result<_>>()?;
        Ok(Self { suite, party, links, next: Cell::new(0) })
    }

    /// Takes the base transfers with every other party from those that are kept: no round.
    pub(super) fn resume(
        party: Party,
        suite: Suite,
        session: &[u8; 32],
        kept: &mut [Option<&mut BaseTransfers>],
    ) -> Result<Self> {
        let own = party.index();
        if kept.len() != party.parties() {
            return Err(ErrorKind::InvalidLength.bound(party.parties() as u64));
        }
        // All are there and none refuses, before one of them counts the session.
        for (other, kept) in kept.iter().enumerate().filter(|(other, _)| *other != own) {
            let kept = kept.as_ref().ok_or(ErrorKind::InvalidArgument.party(other as u64))?;
            kept.check(session).map_err(|error| error.of_party(other as u64))?;
        }
        let mut links = Vec::with_capacity(kept.len());
        for (other, kept) in kept.iter_mut().enumerate() {
            let Some(kept) = kept.as_mut().filter(|_| other != own) else {
                links.push(None);
                continue;
            };
            let (receiving, sending) = (context(session, other, own), context(session, own, other));
            let Transfers { receiver, sender } = kept.of_session(session, &receiving, &sending)?;
            links.push(Some(Link { receiver, sender, receiving, sending }));
        }
        Ok(Self { suite, party, links, next: Cell::new(0) })
    }

    /// This party.
    pub(super) const fn party(&self) -> &Party {
        &self.party
    }

    /// Takes the next transfers, 64 for each run. None is given twice.
    fn reserve(&self, runs: usize) -> Result<u64> {
        let start = self.next.get();
        let end = (runs as u64).checked_mul(RUN as u64).and_then(|count| start.checked_add(count));
        let end = end.filter(|end| *end <= MAX_TRANSFERS).ok_or_else(|| ErrorKind::TooLong.bound(MAX_TRANSFERS))?;
        self.next.set(end);
        Ok(start)
    }

    /// Makes 64 transfers for each word of choices with every other party: 1 round, 256 bytes a word from each receiver.
    pub(super) async fn extend(&self, direction: Direction, choices: &[u64]) -> Result<Extension> {
        let own = self.party.index();
        let start = self.reserve(choices.len())?;
        let mut received: Vec<Option<Rows>> = (0..self.links.len()).map(|_| None).collect();
        let mut sent: Vec<Option<Rows>> = (0..self.links.len()).map(|_| None).collect();
        let mut outgoing = Vec::new();
        for (other, (link, place)) in self.links.iter().zip(&mut received).enumerate() {
            if let Some(link) = link.as_ref().filter(|_| direction.receives(own, other)) {
                let (rows, message) = link.receiver.extend(self.suite, start, choices)?;
                *place = Some(rows);
                outgoing.push((other, message));
            }
        }
        let size = message_size(choices.len());
        let expected =
            (0..self.links.len()).map(|other| if direction.receives(other, own) { size } else { 0 }).collect();
        let messages = self.party.exchange(Outgoing::Each(outgoing), expected).await;
        for (other, ((link, message), place)) in self.links.iter().zip(messages).zip(&mut sent).enumerate() {
            if let Some(link) = link.as_ref().filter(|_| direction.receives(other, own)) {
                *place = Some(link.sender.extend(self.suite, start, &message)?);
            }
        }
        Ok(Extension { start, choices: Zeroizing::new(choices.to_vec()), received, sent })
    }

    /// Adds to `share` what this party gets of choice * payload for each pair of a receiver and a sender, where `receiver` receives or, without one, everybody does. 1 round.
    ///
    /// Transfers that have carried something are used up.
    pub(super) async fn carry(
        &self,
        extension: &mut Extension,
        form: Form,
        receiver: Option<usize>,
        payload: &[u64],
        share: &mut [u64],
    ) -> Result<()> {
        let own = self.party.index();
        let size = form.size(extension.choices.len());
        let mut outgoing = Vec::new();
        for (other, (link, rows)) in self.links.iter().zip(&mut extension.sent).enumerate() {
            if receiver.is_some_and(|receiver| receiver != other) {
                continue;
            }
            if let (Some(link), Some(rows)) = (link, rows.take()) {
                let robust = Robust::new(self.suite, &link.sending, extension.start);
                let mut message = Vec::with_capacity(size);
                form.send(&robust, link.sender.delta(), &rows, payload, share, &mut message);
                outgoing.push((other, message));
            }
        }
        let receives = receiver.is_none_or(|receiver| receiver == own);
        let expected =
            extension.received.iter().map(|rows| if receives && rows.is_some() { size } else { 0 }).collect();
        let messages = self.party.exchange(Outgoing::Each(outgoing), expected).await;
        if receives {
            for (message, (link, rows)) in messages.iter().zip(self.links.iter().zip(&mut extension.received)) {
                if let (Some(link), Some(rows)) = (link, rows.take()) {
                    let robust = Robust::new(self.suite, &link.receiving, extension.start);
                    form.receive(&robust, &rows, &extension.choices, message, share);
                }
            }
        }
        Ok(())
    }
}
