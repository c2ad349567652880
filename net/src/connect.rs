//! How links come about: whoever comes later in the list dials those before it, and the dealer, again and again until they answer; callers are heard one by one.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use cloakwork_core::mpc::dealer::{MOST_BYTES, PIECE_BYTES};
use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Token};

use crate::error::{Error, Result};
use crate::frame::{Kind, read_reason, reason};
use crate::handshake::{self, Greeting};
use crate::limits::Limits;
use crate::link::{End, Link};
use crate::peer::Peer;
use crate::session::Session;
use crate::tls::Tls;
use crate::waiting::Waiting;

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long a caller may take to say who it is.
const CALLER_PATIENCE: Duration = Duration::from_secs(10);
/// Callers that are heard at a time beside as many as there are parties.
const SPARE_CALLERS: usize = 16;
/// How long the loop sleeps at most: dials fall due and callers tire.
const NAP: Duration = Duration::from_millis(20);

/// Somebody who is dialled.
#[derive(Debug)]
enum Dial {
    /// Not now, and how long to wait after the next failure.
    Later { at: Instant, pause: Duration },
    /// A connection; whether the own greeting has been queued.
    Open { link: Box<Link>, greeted: bool, pause: Duration },
}

/// Somebody who called.
#[derive(Debug)]
struct Caller {
    link: Link,
    until: Instant,
    /// Whose place it has, once that is proven; what remains is that the answer leaves.
    place: Option<usize>,
}

/// What a failed attempt left.
const NOBODY: &str = "nobody answered";

pub(crate) struct Connector<'a> {
    session: &'a Session,
    limits: &'a Limits,
    tls: Tls,
    waiting: Waiting,
    listener: TcpListener,
    dials: Vec<Option<Dial>>,
    callers: Vec<Caller>,
    links: Vec<Option<Link>>,
    reasons: Vec<String>,
    next_token: usize,
}

impl<'a> Connector<'a> {
    pub(crate) fn new(session: &'a Session, limits: &'a Limits, listener: std::net::TcpListener) -> Result<Self> {
        listener.set_nonblocking(true)?;
        let mut listener = TcpListener::from_std(listener);
        let waiting = Waiting::new()?;
        let places = session.places();
        waiting.registry().register(&mut listener, Token(places), Interest::READABLE)?;
        let now = Instant::now();
        let dials =
            (0..places).map(|place| session.calls(place).then_some(Dial::Later { at: now, pause: FIRST_PAUSE }));
        Ok(Self {
            session,
            limits,
            tls: Tls::new()?,
            waiting,
            listener,
            dials: dials.collect(),
            callers: Vec::new(),
            links: (0..places).map(|_| None).collect(),
            reasons: vec![NOBODY.into(); places],
            next_token: places + 1,
        })
    }

    /// All links, with what waits for them, where they are registered under the numbers of their places.
    pub(crate) fn run(mut self) -> Result<(Waiting, Vec<Option<Link>>)> {
        let start = Instant::now();
        loop {
            let found = self.turn();
            if let Err(error) = found {
                self.say_goodbye(&error);
                return Err(error);
            }
            let Some(missing) = self.missing() else { break };
            if start.elapsed() >= self.limits.connect {
                let reason = self.reasons.get(missing).cloned().unwrap_or_default();
                let peer = self.session.peer(missing);
                let error = Error::NotConnected { peer, waited: self.limits.connect, reason };
                self.say_goodbye(&error);
                return Err(error);
            }
            self.waiting.sleep(NAP)?;
        }
        for (place, link) in self.links.iter_mut().enumerate() {
            if let Some(link) = link {
                let interest = Interest::READABLE | Interest::WRITABLE;
                self.waiting.registry().reregister(link.stream(), Token(place), interest)?;
            }
        }
        Ok((self.waiting, self.links))
    }

    /// The first place without a link.
    fn missing(&self) -> Option<usize> {
        (0..self.session.places())
            .find(|place| *place != self.session.index() && self.links.get(*place).is_none_or(Option::is_none))
    }

    fn turn(&mut self) -> Result<()> {
        self.take_calls()?;
        self.hear_callers()?;
        for place in 0..self.session.places() {
            self.dial(place)?;
        }
        Ok(())
    }

    fn take_calls(&mut self) -> Result<()> {
        while self.callers.len() < self.session.places() + SPARE_CALLERS {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                // A caller that is gone again, or a shortage that passes: the limit ends what does not.
                Err(_) => break,
            };
            let token = self.next_token;
            self.next_token += 1;
            self.waiting.registry().register(&mut stream, Token(token), Interest::READABLE | Interest::WRITABLE)?;
            let link = Link::new(stream, self.tls.accept()?, handshake::SIZE);
            self.callers.push(Caller { link, until: Instant::now() + CALLER_PATIENCE, place: None });
        }
        Ok(())
    }

    fn hear_callers(&mut self) -> Result<()> {
        let now = Instant::now();
        for mut caller in std::mem::take(&mut self.callers) {
            caller.link.pump();
            if caller.place.is_none() {
                caller.place = self.greeted(&mut caller)?;
                caller.link.pump();
            }
            match caller.place {
                Some(place) if caller.link.is_flushed() => {
                    self.keep(place, caller.link);
                }
                _ if caller.link.end().is_some() || now >= caller.until => {}
                _ => self.callers.push(caller),
            }
        }
        Ok(())
    }

    /// Who a caller has proven to be, with the answer queued.
    fn greeted(&self, caller: &mut Caller) -> Result<Option<usize>> {
        let Some(frame) = caller.link.next() else { return Ok(None) };
        let Some(connection) = caller.link.established() else { return Ok(None) };
        let greeting = match frame.kind {
            Kind::Hello => handshake::read(self.session, connection, &frame.body)?,
            _ => Greeting::Stranger,
        };
        match greeting {
            // Those whom this one calls do not call it.
            Greeting::Member(place) if !self.session.calls(place) => {
                let answer = handshake::hello(self.session, connection, place)?;
                caller.link.queue(Kind::Hello, &answer);
                Ok(Some(place))
            }
            Greeting::OtherSession(place) => {
                let answer = handshake::hello(self.session, connection, place)?;
                caller.link.queue(Kind::Hello, &answer);
                caller.link.pump();
                Err(Error::OtherSession { peer: self.session.peer(place) })
            }
            Greeting::Member(_) | Greeting::Stranger => {
                // It gets nothing, and its connection ends when its time has passed.
                caller.until = Instant::now();
                Ok(None)
            }
        }
    }

    fn dial(&mut self, place: usize) -> Result<()> {
        let Some(state) = self.dials.get_mut(place).and_then(Option::take) else { return Ok(()) };
        let state = match state {
            Dial::Later { at, pause } if Instant::now() < at => Some(Dial::Later { at, pause }),
            Dial::Later { pause, .. } => Some(match self.open(place) {
                Ok(link) => Dial::Open { link: Box::new(link), greeted: false, pause },
                Err(reason) => self.again(place, pause, reason),
            }),
            Dial::Open { mut link, mut greeted, pause } => {
                link.pump();
                if !greeted && let Some(connection) = link.established() {
                    let hello = handshake::hello(self.session, connection, place)?;
                    greeted = link.queue(Kind::Hello, &hello);
                    link.pump();
                }
                self.answered(place, link, greeted, pause)?
            }
        };
        if let Some(dial) = self.dials.get_mut(place) {
            *dial = state;
        }
        Ok(())
    }

    /// What comes after a look at an open connection; nothing once it is a link.
    fn answered(&mut self, place: usize, mut link: Box<Link>, greeted: bool, pause: Duration) -> Result<Option<Dial>> {
        let Some(frame) = link.next() else {
            let reason = match link.end() {
                None => return Ok(Some(Dial::Open { link, greeted, pause })),
                Some(End::Closed(reason)) => reason.clone(),
                Some(End::Fault(_)) => "somebody else answered".into(),
            };
            return Ok(Some(self.again(place, pause, reason)));
        };
        if frame.kind == Kind::Leave {
            return Err(Error::Left { peer: self.session.peer(place), reason: read_reason(&frame.body) });
        }
        let greeting = match (frame.kind, link.established()) {
            (Kind::Hello, Some(connection)) => handshake::read(self.session, connection, &frame.body)?,
            _ => Greeting::Stranger,
        };
        match greeting {
            Greeting::Member(found) if found == place => {
                self.keep(place, *link);
                Ok(None)
            }
            Greeting::OtherSession(found) if found == place => {
                Err(Error::OtherSession { peer: self.session.peer(place) })
            }
            _ => Ok(Some(self.again(place, pause, "somebody without its key answered".into()))),
        }
    }

    /// A link, instead of an earlier one to the same place: that broke without our hearing of it.
    fn keep(&mut self, place: usize, mut link: Link) {
        link.raise(largest(self.session, self.limits, place));
        if let Some(kept) = self.links.get_mut(place) {
            *kept = Some(link);
        }
    }

    fn again(&mut self, place: usize, pause: Duration, reason: String) -> Dial {
        if let Some(last) = self.reasons.get_mut(place) {
            *last = reason;
        }
        Dial::Later { at: Instant::now() + pause, pause: (pause * 2).min(LONGEST_PAUSE) }
    }

    fn open(&mut self, place: usize) -> std::result::Result<Link, String> {
        let address = resolve(self.session.address(place))?;
        let mut stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
        let token = Token(self.next_token);
        self.next_token += 1;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.waiting.registry().register(&mut stream, token, interest).map_err(|error| error.to_string())?;
        let tls = self.tls.dial().map_err(|error| error.to_string())?;
        Ok(Link::new(stream, tls, handshake::SIZE.max(256)))
    }

    /// Tells those who are there why nothing comes of it.
    fn say_goodbye(&mut self, error: &Error) {
        let text = error.to_string();
        for link in self.links.iter_mut().flatten() {
            link.queue(Kind::Leave, reason(&text));
            link.close();
            link.pump();
        }
    }
}

/// Bytes of the longest frame that may come from a place.
fn largest(session: &Session, limits: &Limits, place: usize) -> u32 {
    let most = match session.peer(place) {
        Peer::Dealer => PIECE_BYTES,
        Peer::Party(_) if session.is_dealer() => MOST_BYTES,
        Peer::Party(_) => return limits.message,
    };
    u32::try_from(most).unwrap_or(u32::MAX)
}

/// The address to dial: a name may have several, of which the first counts.
fn resolve(address: &str) -> std::result::Result<SocketAddr, String> {
    let mut found = address.to_socket_addrs().map_err(|error| format!("{address}: {error}"))?;
    found.next().ok_or_else(|| format!("{address}: no such address"))
}
