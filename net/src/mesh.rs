//! The links of one party, and the rounds that go over them.

use std::fmt;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::connect::Connector;
use crate::dealer_link::DealerLink;
use crate::ending::end;
use crate::error::{Error, Result};
use crate::frame::Kind;
use crate::limits::Limits;
use crate::link::{Link, Message, received};
use crate::peer::Peer;
use crate::session::Session;
use crate::waiting::Waiting;
use cloakwork_core::ErrorKind;
use cloakwork_core::kdf;
use cloakwork_core::mpc::dealer::{SEED_SIZE, Seed};
use cloakwork_core::mpc::engine::{Progress, Rounds};

/// What went over the links so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Rounds.
    pub rounds: u64,
    /// Bytes of messages to the other party that got most, as the engine counts them, with heads.
    pub messages: u64,
    /// Bytes of corrections from a dealer.
    pub corrections: u64,
    /// Bytes that all sockets took, TLS and handshakes included.
    pub sent: u64,
    /// Bytes that all sockets gave.
    pub received: u64,
}

/// The links of a party to all others, and to the dealer if there is one.
pub struct Mesh {
    session: Session,
    limits: Limits,
    waiting: Waiting,
    /// By party; the own place is empty.
    links: Vec<Option<Link>>,
    dealer: Option<DealerLink>,
    /// Bytes of corrections that the dealer was asked for and that have not come.
    due: u64,
    traffic: Traffic,
    over: bool,
}

impl fmt::Debug for Mesh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mesh(party {} of {})", self.session.index(), self.session.parties())
    }
}

impl Mesh {
    /// Connects a party to all others of a session and to its dealer, which wait for it no longer than their limit. It listens on `listener`, whose address the others know.
    ///
    /// Whoever cannot prove to be a party is not heard and keeps nobody from joining. A party's name is looked up by the system, whose patience counts.
    ///
    /// # Errors
    ///
    /// [`Error::NotConnected`], [`Error::OtherSession`], [`Error::Left`], [`Error::System`]; [`Error::InvalidSession`] for the session of a dealer.
    pub fn connect(session: Session, listener: TcpListener, limits: Limits) -> Result<Self> {
        if session.is_dealer() {
            return Err(Error::InvalidSession { kind: ErrorKind::InvalidArgument, peer: Some(Peer::Dealer) });
        }
        let (waiting, mut links) = Connector::new(&session, &limits, listener)?.run()?;
        let dealer = if session.has_dealer() { links.pop().flatten().map(DealerLink::new) } else { None };
        Ok(Self { session, limits, waiting, links, dealer, due: 0, traffic: Traffic::default(), over: false })
    }

    /// The seed that the dealer gives this party, once.
    ///
    /// # Errors
    ///
    /// As [`Mesh::run`].
    pub fn seed(&mut self) -> Result<Seed> {
        let until = Instant::now() + self.limits.step;
        let result = self.of_dealer(until, self.limits.step, DealerLink::seed).and_then(|seed| {
            let bytes = <&[u8; SEED_SIZE]>::try_from(seed.as_slice());
            bytes.map(Seed::from_bytes).map_err(|_| Error::Malformed { peer: Peer::Dealer })
        });
        self.or_leave(result)
    }

    /// 32 bytes that the parties of this session know and no other session has, from 32 random ones of each: 1 round.
    ///
    /// # Errors
    ///
    /// As [`Mesh::run`].
    pub fn agree(&mut self, random: &[u8; 32]) -> Result<[u8; 32]> {
        let mut agreement = Agreement { index: self.index(), parts: vec![*random; self.parties()] };
        let result = self.exchange(&mut agreement).map(|()| {
            let mut hasher = kdf::Hasher::new("session number");
            hasher.part(self.session.hash());
            agreement.parts.iter().for_each(|part| hasher.part(part));
            hasher.finish()
        });
        self.or_leave(result)
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
        let links = self.links.iter().flatten().chain(self.dealer.iter().map(DealerLink::link));
        let (sent, received) =
            links.fold((0, 0), |(sent, received), link| (sent + link.sent, received + link.received));
        Traffic { sent, received, ..self.traffic }
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
        self.or_leave(result)
    }

    /// Ends the session with an error, if there is one.
    fn or_leave<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            self.leave(&error.to_string());
        }
        result
    }

    fn rounds(&mut self, engine: &mut impl Rounds) -> Result<()> {
        // The corrections of a batch have one limit, in however many requests they come.
        let mut until = None;
        loop {
            match engine.advance().map_err(Error::Refused)? {
                Progress::Finished => return Ok(()),
                Progress::Preprocessing => {
                    let until = *until.get_or_insert_with(|| Instant::now() + self.limits.corrections);
                    if self.due == 0 && !self.ask(engine)? {
                        return Err(Error::NoPreprocessing);
                    }
                    if self.due > 0 {
                        let piece = self.of_dealer(until, self.limits.corrections, DealerLink::corrections)?;
                        self.supply(engine, &piece)?;
                    }
                }
                Progress::Exchange => {
                    until = None;
                    // What the dealer makes comes while the parties exchange what it belongs to.
                    if self.due == 0 {
                        self.ask(engine)?;
                    }
                    for (party, link) in self.links.iter_mut().enumerate() {
                        if let Some(link) = link {
                            link.expect(engine.awaited(party), engine.room(party));
                        }
                    }
                    self.exchange(engine)?;
                }
            }
        }
    }

    /// Asks the dealer for what the engine wants, if it wants anything.
    fn ask(&mut self, engine: &mut impl Rounds) -> Result<bool> {
        let Some(query) = engine.request().map_err(Error::Refused)? else { return Ok(false) };
        self.dealer.as_mut().ok_or(Error::NoPreprocessing)?.ask(&query)?;
        self.due = 8 * query.words;
        Ok(true)
    }

    /// Hands a piece of corrections on.
    fn supply(&mut self, engine: &mut impl Rounds, piece: &[u8]) -> Result<()> {
        engine.supply(piece).map_err(|_| Error::Malformed { peer: Peer::Dealer })?;
        self.traffic.corrections += piece.len() as u64;
        self.due = self.due.saturating_sub(piece.len() as u64);
        Ok(())
    }

    /// Hands on what has come from the dealer; whether anything did.
    fn supply_what_came(&mut self, engine: &mut impl Rounds) -> Result<bool> {
        let mut moved = false;
        while self.due > 0 {
            let Some(dealer) = &mut self.dealer else { break };
            moved |= dealer.pump();
            let Some(piece) = dealer.corrections()? else { break };
            self.supply(engine, &piece)?;
        }
        Ok(moved)
    }

    /// Waits for what comes from the dealer.
    fn of_dealer(
        &mut self,
        until: Instant,
        waited: Duration,
        next: impl Fn(&mut DealerLink) -> Result<Option<Message>>,
    ) -> Result<Message> {
        if self.over {
            return Err(over());
        }
        let link = self.dealer.as_mut().ok_or(Error::NoPreprocessing)?;
        let mut since = Instant::now();
        loop {
            if link.pump() {
                since = Instant::now();
            }
            if let Some(message) = next(link)? {
                return Ok(message);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::Silent { peers: vec![Peer::Dealer], waited });
            }
            self.waiting.pause(since, left)?;
        }
    }

    /// One round: a message to each other party, and one from each.
    fn exchange(&mut self, engine: &mut impl Rounds) -> Result<()> {
        if self.over {
            return Err(over());
        }
        let bound = self.limits.message.into();
        let mut most = 0;
        for (party, link) in self.links.iter_mut().enumerate() {
            let Some(link) = link else { continue };
            let size = engine.size(party);
            most = most.max(size as u64);
            if !link.queue_written(Kind::Message, size, |frame| engine.write(party, frame)) {
                return Err(Error::TooLarge { peer: Peer::Party(party), size: size as u64, bound: u32::MAX.into() });
            }
            link.pump();
        }
        let mut found: Vec<Option<Message>> = self.links.iter().map(|_| None).collect();
        let mut since = Instant::now();
        let until = since + self.limits.step;
        loop {
            let mut moved = self.supply_what_came(engine)?;
            let (mut silent, mut flushed) = (false, true);
            for (party, (link, place)) in self.links.iter_mut().zip(&mut found).enumerate() {
                let Some(link) = link else { continue };
                moved |= link.pump();
                if place.is_none() {
                    *place = received(link, Peer::Party(party), Kind::Message, bound)?;
                }
                silent |= place.is_none();
                flushed &= link.is_flushed();
                if link.is_closed() && !link.is_flushed() {
                    // It takes nothing more, and what it said last is why.
                    received(link, Peer::Party(party), Kind::Message, bound)?;
                }
            }
            if !silent && flushed {
                break;
            }
            let now = Instant::now();
            if moved {
                since = now;
            }
            let left = until.saturating_duration_since(now);
            if left.is_zero() {
                let peers = if silent { self.silent(&found) } else { self.unread() };
                return Err(Error::Silent { peers, waited: self.limits.step });
            }
            self.waiting.pause(since, left)?;
        }
        self.traffic.rounds += 1;
        self.traffic.messages += most;
        for (party, message) in found.into_iter().enumerate() {
            let Some(message) = message else { continue };
            engine.take(party, message).map_err(Error::Refused)?;
        }
        Ok(())
    }

    /// The parties from which nothing has come.
    fn silent(&self, found: &[Option<Message>]) -> Vec<Peer> {
        let missing = found.iter().enumerate().filter(|(_, message)| message.is_none());
        missing.map(|(party, _)| party).filter(|party| *party != self.index()).map(Peer::Party).collect()
    }

    /// The parties that do not take what is sent to them.
    fn unread(&self) -> Vec<Peer> {
        let links = self.links.iter().enumerate();
        let unread = links.filter(|(_, link)| link.as_ref().is_some_and(|link| !link.is_flushed()));
        unread.map(|(party, _)| Peer::Party(party)).collect()
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
        let dealer = self.dealer.as_mut().map(|dealer| dealer.last(why));
        let mut links: Vec<&mut Link> = self.links.iter_mut().flatten().chain(dealer).collect();
        end(&mut self.waiting, &mut links, why);
    }
}

/// A round in which each party says 32 bytes.
struct Agreement {
    index: usize,
    parts: Vec<[u8; 32]>,
}

impl Rounds for Agreement {
    fn advance(&mut self) -> cloakwork_core::Result<Progress> {
        Ok(Progress::Exchange)
    }

    fn size(&self, _: usize) -> usize {
        size_of::<[u8; 32]>()
    }

    fn write(&self, _: usize, out: &mut Vec<u8>) {
        out.extend(self.parts.get(self.index).into_iter().flatten());
    }

    fn awaited(&self, from: usize) -> usize {
        self.size(from)
    }

    fn take(&mut self, from: usize, message: Message) -> cloakwork_core::Result<()> {
        let said = message.as_slice().try_into().map_err(|_| ErrorKind::Malformed)?;
        if let Some(part) = self.parts.get_mut(from) {
            *part = said;
        }
        Ok(())
    }
}

#[cfg(test)]
impl Mesh {
    /// What no party does.
    pub(crate) fn send_to_dealer(&mut self, kind: Kind, body: &[u8]) {
        if let Some(dealer) = &mut self.dealer {
            dealer.last(Some("")).queue(kind, body);
        }
    }
}

fn over() -> Error {
    Error::System(std::io::Error::other("the session is over"))
}

impl Drop for Mesh {
    fn drop(&mut self) {
        self.leave("it stopped");
    }
}
