//! The links of one party, and the rounds that go over them.

use std::fmt;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use cloakwork_core::mpc::engine::{Progress, Rounds};
use mio::{Events, Poll};
use zeroize::Zeroizing;

use crate::connect::Connector;
use crate::error::{Error, Result};
use crate::frame::{Fault, Kind, read_reason, reason};
use crate::limits::Limits;
use crate::link::{End, Link};
use crate::session::Session;

/// How long the last words of a party may take to leave.
const GOODBYE: Duration = Duration::from_secs(2);

/// What went over the links so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Rounds.
    pub rounds: u64,
    /// Bytes of messages to the other party that got most, as the engine counts them, with heads.
    pub messages: u64,
    /// Bytes that all sockets took, TLS and handshakes included.
    pub sent: u64,
    /// Bytes that all sockets gave.
    pub received: u64,
}

/// The links of a party to all others.
pub struct Mesh {
    session: Session,
    limits: Limits,
    poll: Poll,
    links: Vec<Option<Link>>,
    rounds: u64,
    messages: u64,
    over: bool,
}

impl fmt::Debug for Mesh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mesh(party {} of {})", self.session.index(), self.session.parties())
    }
}

type Message = Zeroizing<Vec<u8>>;

impl Mesh {
    /// Connects a party to all others of a session, which wait for it no longer than their limit. It listens on `listener`, whose address the others know.
    ///
    /// Whoever cannot prove to be a party is not heard and keeps nobody from joining. A party's name is looked up by the system, whose patience counts.
    ///
    /// # Errors
    ///
    /// [`Error::NotConnected`], [`Error::OtherSession`], [`Error::Left`], [`Error::System`].
    pub fn connect(session: Session, listener: TcpListener, limits: Limits) -> Result<Self> {
        let (poll, links) = Connector::new(&session, &limits, listener)?.run()?;
        Ok(Self { session, limits, poll, links, rounds: 0, messages: 0, over: false })
    }

    /// The place of this party.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.session.index()
    }

    /// The number of parties.
    #[must_use]
    pub const fn parties(&self) -> usize {
        self.session.parties()
    }

    /// What went over the links so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let links = self.links.iter().flatten();
        let (sent, received) =
            links.fold((0, 0), |(sent, received), link| (sent + link.sent, received + link.received));
        Traffic { rounds: self.rounds, messages: self.messages, sent, received }
    }

    /// Runs an engine, a session or what makes correlations to its end.
    ///
    /// After an error the session is over: the others were told, and every further call fails.
    ///
    /// # Errors
    ///
    /// [`Error::Silent`], [`Error::Lost`], [`Error::Left`], [`Error::TooLarge`], [`Error::Malformed`], [`Error::Refused`], [`Error::NoPreprocessing`].
    pub fn run(&mut self, engine: &mut impl Rounds) -> Result<()> {
        let result = self.rounds(engine);
        if let Err(error) = &result {
            self.leave(&error.to_string());
        }
        result
    }

    fn rounds(&mut self, engine: &mut impl Rounds) -> Result<()> {
        loop {
            match engine.advance().map_err(Error::Refused)? {
                Progress::Finished => return Ok(()),
                Progress::Preprocessing => return Err(Error::NoPreprocessing),
                Progress::Exchange => {
                    let incoming = self.exchange(|party| Zeroizing::new(engine.message(party)))?;
                    for (party, message) in incoming {
                        engine.receive(party, &message).map_err(Error::Refused)?;
                    }
                }
            }
        }
    }

    /// One round: a message to each other party, and one from each.
    fn exchange(&mut self, outgoing: impl Fn(usize) -> Message) -> Result<Vec<(usize, Message)>> {
        if self.over {
            return Err(Error::System(std::io::Error::other("the session is over")));
        }
        let mut most = 0;
        for (party, link) in self.links.iter_mut().enumerate() {
            let Some(link) = link else { continue };
            let message = outgoing(party);
            most = most.max(message.len() as u64);
            if !link.queue(Kind::Message, &message) {
                return Err(Error::TooLarge { party, size: message.len() as u64, bound: u32::MAX.into() });
            }
            link.pump();
        }
        let mut found: Vec<Option<Message>> = (0..self.parties()).map(|_| None).collect();
        let until = Instant::now() + self.limits.step;
        let mut events = Events::with_capacity(64);
        loop {
            self.collect(&mut found)?;
            let silent: Vec<usize> = self.waiting(&found);
            let flushed = self.links.iter().flatten().all(Link::is_flushed);
            if silent.is_empty() && flushed {
                break;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let parties = if silent.is_empty() { self.unread() } else { silent };
                return Err(Error::Silent { parties, waited: self.limits.step });
            }
            wait(&mut self.poll, &mut events, left)?;
        }
        self.rounds += 1;
        self.messages += most;
        Ok(found
            .into_iter()
            .enumerate()
            .filter_map(|(party, message)| message.map(|message| (party, message)))
            .collect())
    }

    /// Takes what has come.
    fn collect(&mut self, found: &mut [Option<Message>]) -> Result<()> {
        for (party, (link, place)) in self.links.iter_mut().zip(found).enumerate() {
            let Some(link) = link else { continue };
            link.pump();
            if place.is_some() {
                continue;
            }
            match link.next() {
                Some(frame) if frame.kind == Kind::Message => *place = Some(frame.body),
                Some(frame) if frame.kind == Kind::Leave => {
                    return Err(Error::Left { party, reason: read_reason(&frame.body) });
                }
                Some(_) => return Err(Error::Malformed { party }),
                None => match link.end() {
                    None => {}
                    Some(End::Closed(reason)) => return Err(Error::Lost { party, reason: reason.clone() }),
                    Some(End::Fault(Fault::Malformed)) => return Err(Error::Malformed { party }),
                    Some(End::Fault(Fault::TooLarge(size))) => {
                        return Err(Error::TooLarge { party, size: *size, bound: self.limits.message.into() });
                    }
                },
            }
        }
        Ok(())
    }

    fn waiting(&self, found: &[Option<Message>]) -> Vec<usize> {
        let missing = found.iter().enumerate().filter(|(_, message)| message.is_none());
        missing.map(|(party, _)| party).filter(|party| *party != self.index()).collect()
    }

    /// The parties that do not take what is sent to them.
    fn unread(&self) -> Vec<usize> {
        let links = self.links.iter().enumerate();
        links.filter(|(_, link)| link.as_ref().is_some_and(|link| !link.is_flushed())).map(|(party, _)| party).collect()
    }

    /// Ends the session well: the others read all that was sent, and find the connections closed.
    pub fn finish(mut self) {
        self.end(None);
    }

    /// Ends the session, and tells the others why in at most 200 bytes.
    pub fn leave(&mut self, why: &str) {
        self.end(Some(why));
    }

    fn end(&mut self, why: Option<&str>) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        for link in self.links.iter_mut().flatten() {
            if let Some(why) = why {
                link.queue(Kind::Leave, reason(why));
            }
            link.pump();
        }
        let until = Instant::now() + GOODBYE;
        let mut events = Events::with_capacity(64);
        let mut said = false;
        loop {
            self.links.iter_mut().flatten().for_each(Link::pump);
            if !said && self.links.iter().flatten().all(|link| link.is_flushed() || link.is_closed()) {
                self.links.iter_mut().flatten().for_each(Link::close);
                said = true;
                continue;
            }
            // A socket that is dropped while something comes takes back what the other side has not read yet.
            let over = |link: &Link| link.is_closed() || (why.is_none() && link.is_flushed());
            let left = until.saturating_duration_since(Instant::now());
            if (said && self.links.iter().flatten().all(over))
                || left.is_zero()
                || wait(&mut self.poll, &mut events, left).is_err()
            {
                return;
            }
        }
    }
}

impl Drop for Mesh {
    fn drop(&mut self) {
        self.leave("it stopped");
    }
}

fn wait(poll: &mut Poll, events: &mut Events, limit: Duration) -> Result<()> {
    match poll.poll(events, Some(limit)) {
        Err(error) if error.kind() != std::io::ErrorKind::Interrupted => Err(error.into()),
        _ => Ok(()),
    }
}
