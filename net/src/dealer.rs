//! The dealer between its parties.

use std::fmt;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::dealer::{self, Dealing, MOST_BYTES, Service};

use crate::connect::Connector;
use crate::ending::end;
use crate::error::{Error, Result};
use crate::frame::{Frame, Kind, read_reason};
use crate::limits::Limits;
use crate::link::{Link, next};
use crate::peer::Peer;
use crate::session::Session;
use crate::waiting::Waiting;

/// Pieces that wait for a slow line: one that leaves, and one after it.
const PIECES: usize = 2;

/// A dealer's links to the parties, which call it. What it deals, correlations with MACs or without, is its service's.
pub struct Dealer<D: Dealing = dealer::Dealer> {
    session: Session,
    limits: Limits,
    waiting: Waiting,
    /// By party; empty once it has ended well.
    links: Vec<Option<Link>>,
    service: Service<D>,
}

impl<D: Dealing> fmt::Debug for Dealer<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dealer({:?})", self.service)
    }
}

impl<D: Dealing> Dealer<D> {
    /// Waits for all parties of a session, and gives each its seed.
    ///
    /// # Errors
    ///
    /// As [`crate::Mesh::connect`]; [`Error::InvalidSession`] unless the session is one of a dealer with as many parties as the service has.
    pub fn connect(session: Session, mut service: Service<D>, listener: TcpListener, limits: Limits) -> Result<Self> {
        if !session.is_dealer() || session.parties() != service.parties() {
            return Err(Error::InvalidSession { kind: ErrorKind::InvalidArgument, peer: Some(Peer::Dealer) });
        }
        let (waiting, mut links) = Connector::new(&session, &limits, listener)?.run()?;
        links.truncate(session.parties());
        for (party, link) in links.iter_mut().enumerate() {
            let seed = service.seed(party).map_err(Error::Refused)?;
            if let Some(link) = link {
                link.queue(Kind::Seed, seed.as_bytes());
                link.pump();
            }
        }
        Ok(Self { session, limits, waiting, links, service })
    }

    /// Deals until all parties have ended well.
    ///
    /// # Errors
    ///
    /// The parties were told then. [`Error::Lost`] and [`Error::Left`] for the first that went otherwise; [`Error::Silent`] for those who neither asked nor ended
    /// in the time for that, and for one that does not take its corrections; [`Error::Refused`] for a request that is none, or asks for what was dealt before;
    /// [`Error::Malformed`] for what is no request, or of another party; [`Error::TooLarge`].
    pub fn run(mut self) -> Result<()> {
        let result = self.deal();
        let why = result.as_ref().err().map(ToString::to_string);
        let mut links: Vec<&mut Link> = self.links.iter_mut().flatten().collect();
        end(&mut self.waiting, &mut links, why.as_deref());
        result
    }

    fn deal(&mut self) -> Result<()> {
        let mut since = Instant::now();
        loop {
            let mut moved = false;
            for party in 0..self.session.parties() {
                moved |= self.hear(party)?;
            }
            moved |= self.send()?;
            if self.links.iter().all(Option::is_none) {
                return Ok(());
            }
            if moved {
                since = Instant::now();
                continue;
            }
            let (peers, limit) = self.patience();
            let left = limit.saturating_sub(since.elapsed());
            if left.is_zero() {
                return Err(Error::Silent { peers, waited: limit });
            }
            // What waits for the other end goes on when that has taken something.
            self.waiting.pause(since, left)?;
        }
    }

    /// Who is waited for, and how long.
    fn patience(&self) -> (Vec<Peer>, Duration) {
        if self.service.due() > 0 {
            return (vec![Peer::Party(self.service.corrected())], self.limits.step);
        }
        let there = self.links.iter().enumerate().filter(|(_, link)| link.is_some());
        (there.map(|(party, _)| Peer::Party(party)).collect(), self.limits.idle)
    }

    /// Takes what came from a party; whether anything did.
    fn hear(&mut self, party: usize) -> Result<bool> {
        let peer = Peer::Party(party);
        let Some(place) = self.links.get_mut(party) else { return Ok(false) };
        let Some(link) = place else { return Ok(false) };
        link.pump();
        match next(link, peer, MOST_BYTES as u64)? {
            None => Ok(false),
            Some(Frame { kind: Kind::Leave, body }) if body.is_empty() => {
                *place = None;
                Ok(true)
            }
            Some(Frame { kind: Kind::Leave, body }) => Err(Error::Left { peer, reason: read_reason(&body) }),
            Some(Frame { kind: Kind::Request, body }) if party == self.service.corrected() => {
                self.service.take(&body).map_err(Error::Refused)?;
                Ok(true)
            }
            Some(_) => Err(Error::Malformed { peer }),
        }
    }

    /// Sends corrections as far as the line takes them; whether any left.
    fn send(&mut self) -> Result<bool> {
        let Some(Some(link)) = self.links.get_mut(self.service.corrected()) else { return Ok(false) };
        let mut moved = false;
        while link.waiting() < PIECES {
            let Some(piece) = self.service.piece().map_err(Error::Refused)? else { break };
            link.queue(Kind::Corrections, &piece);
            link.pump();
            moved = true;
        }
        Ok(moved)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use cloakwork_core::agreement::Identity;
    use cloakwork_core::mpc::protocol::{Format, Rounding};
    use cloakwork_core::mpc::session::{self, Kind as Numbers, Operation, Public};
    use cloakwork_core::prg::Suite;
    use getrandom::SysRng;

    use super::*;
    use crate::mesh::Mesh;
    use crate::session::Member;

    const SUITE: Suite = Suite::ChaCha20;
    const LIMITS: Limits = Limits {
        connect: Duration::from_secs(20),
        step: Duration::from_secs(20),
        corrections: Duration::from_secs(15),
        idle: Duration::from_secs(20),
        message: 1 << 20,
    };

    fn identity(number: u8) -> Identity {
        Identity::from_bytes(&core::array::from_fn(|place| u8::try_from(place).unwrap() + number)).unwrap()
    }

    /// Two parties that do this, and a dealer that does that.
    fn table<T: Send>(party: impl Fn(Mesh) -> T + Sync, dealer: impl FnOnce(Dealer) + Send) -> Vec<T> {
        let listeners: [TcpListener; 3] = core::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
        let member = |number: u8, listener: &TcpListener| Member {
            key: identity(number).public_key(),
            address: listener.local_addr().unwrap().to_string(),
        };
        let [first, second, third] = &listeners;
        let (members, of_dealer) = (vec![member(0, first), member(1, second)], member(2, third));
        let session =
            |number| Session::with_dealer(&identity(number), members.clone(), of_dealer.clone(), b"x").unwrap();
        let [first, second, third] = listeners;
        thread::scope(|scope| {
            let (party, session) = (&party, &session);
            scope.spawn(move || {
                let service = Service::new(SUITE, 2, 0, &mut SysRng).unwrap();
                dealer(Dealer::connect(session(2), service, third, LIMITS).unwrap());
            });
            let parties = [(0, first), (1, second)];
            let parties = parties.map(|(number, listener)| {
                scope.spawn(move || party(Mesh::connect(session(number), listener, LIMITS).unwrap()))
            });
            parties.into_iter().map(|party| party.join().unwrap()).collect()
        })
    }

    /// A product and a comparison of numbers of the first party, over links.
    fn computed(mesh: &mut Mesh, numbers: &[f64]) -> Result<Vec<u64>> {
        let (index, seed) = (mesh.index(), mesh.seed()?);
        let format = Format::new(16, 32, Rounding::Nearest).unwrap();
        let mut session = session::Session::with_dealer(index, 2, format, SUITE, seed, 0, SysRng).unwrap();
        let given = (index == 0).then(|| Public::Reals(numbers.to_vec()));
        let x = session.input(0, Numbers::Real, numbers.len(), given.as_ref()).unwrap();
        let square = session.apply(Operation::Square, &[x]).unwrap()[0];
        let less = session.apply(Operation::Less, &[square, x]).unwrap()[0];
        let result = session.open(less, &[0, 1]).unwrap();
        mesh.run(&mut session)?;
        Ok(session.take(result).unwrap().unwrap().words.unwrap().to_vec())
    }

    /// Deals, and keeps whatever frame comes.
    fn deal_and_listen(mut dealer: Dealer) -> Vec<(usize, Kind, Vec<u8>)> {
        let mut heard = Vec::new();
        while heard.iter().filter(|(_, kind, _)| *kind == Kind::Leave).count() < 2 {
            for party in 0..2 {
                let link = dealer.links[party].as_mut().unwrap();
                link.pump();
                while let Some(frame) = link.next() {
                    if frame.kind == Kind::Request {
                        dealer.service.take(&frame.body).unwrap();
                    }
                    heard.push((party, frame.kind, frame.body.to_vec()));
                }
            }
            dealer.send().unwrap();
            dealer.waiting.sleep(Duration::from_millis(20)).unwrap();
        }
        heard.sort_by_key(|(party, ..)| *party);
        heard
    }

    #[test]
    fn a_dealer_hears_the_same_whatever_the_numbers_are_and_nothing_that_is_opened() {
        let heard = |numbers: [f64; 3]| {
            let mut heard = Vec::new();
            let results = table(
                |mut mesh| {
                    let found = computed(&mut mesh, &numbers).unwrap();
                    mesh.finish();
                    found
                },
                |dealer| heard = deal_and_listen(dealer),
            );
            (heard, results)
        };
        let ((one, of_one), (other, of_other)) = (heard([0.5, 2.0, -3.0]), heard([7.0, 0.25, 0.125]));
        assert_eq!((&of_one[0], &of_other[0]), (&vec![1, 0, 0], &vec![0, 1, 1]));
        assert_eq!(one, other);
        // One request of the first party, and an end without a word of each.
        let kinds: Vec<(usize, Kind)> = one.iter().map(|(party, kind, _)| (*party, *kind)).collect();
        assert_eq!(kinds, [(0, Kind::Request), (0, Kind::Leave), (1, Kind::Leave)]);
        assert!(one[1].2.is_empty() && one[2].2.is_empty());
    }

    #[test]
    fn corrections_of_a_wrong_length_end_the_session_by_name() {
        for length in [0, 8, 1 << 12] {
            let found = table(
                |mut mesh| computed(&mut mesh, &[1.0, 2.0]).unwrap_err(),
                |mut dealer| {
                    dealer.links[0].as_mut().unwrap().queue(Kind::Corrections, &vec![0; length]);
                    assert!(dealer.run().is_err());
                },
            );
            assert!(matches!(found[0], Error::Malformed { peer: Peer::Dealer }), "{}", found[0]);
            assert!(found[1].to_string().contains("the dealer sent what is no message"), "{}", found[1]);
        }
    }

    #[test]
    fn a_message_of_a_round_that_goes_to_the_dealer_ends_it() {
        let mut said = None;
        table(
            |mut mesh| {
                let _ = mesh.seed().unwrap();
                if mesh.index() == 1 {
                    mesh.send_to_dealer(Kind::Message, b"12345678 a masked value");
                }
                mesh.finish();
            },
            |dealer| said = dealer.run().err(),
        );
        assert!(matches!(said, Some(Error::Malformed { peer: Peer::Party(1) })), "{said:?}");
        let mut said = None;
        table(
            |mut mesh| {
                let _ = mesh.seed().unwrap();
                if mesh.index() == 1 {
                    // A request of another party than the corrected one.
                    mesh.send_to_dealer(Kind::Request, &[0; 24]);
                }
                mesh.finish();
            },
            |dealer| said = dealer.run().err(),
        );
        assert!(matches!(said, Some(Error::Malformed { peer: Peer::Party(1) })), "{said:?}");
    }
}
