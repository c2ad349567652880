//! Runs the protocols of one party: many at a time, with one message to each other party a round.
//!
//! A protocol is a future. Where it needs the others it awaits an [`Party::exchange`]; once every protocol that runs waits, what they want to send becomes
//! one message to each party, so that independent openings share a round without anybody arranging it. Nothing here depends on a value: the
//! order in which protocols run, and so the layout of a message, follows from the program alone and is the same at all parties.

mod exchange;
mod join;
mod party;
mod place;
mod rounds;

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Waker};

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::dealer::Preprocessing;

use self::exchange::Exchange;
pub use self::exchange::{Content, Incoming, Outgoing, Received};
pub use self::join::{join, join_all};
use self::party::Drawn;
pub use self::party::{Cost, Party};
use self::place::Place;
pub use self::rounds::{Progress, Rounds};

/// Bytes of the head of a message: its round.
const HEAD: usize = 8;

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    ready: Arc<Flag>,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Rounds for Engine {
    fn advance(&mut self) -> Result<Progress> {
        Ok(Self::advance(self))
    }

    fn size(&self, to: usize) -> usize {
        Self::size(self, to)
    }

    fn write(&self, to: usize, out: &mut Vec<u8>) {
        Self::write(self, to, out);
    }

    fn awaited(&self, from: usize) -> usize {
        Self::awaited(self, from)
    }

    fn room(&mut self, from: usize) -> Zeroizing<Vec<u8>> {
        Self::room(self, from)
    }

    fn take(&mut self, from: usize, message: Zeroizing<Vec<u8>>) -> Result<()> {
        Self::take(self, from, message)
    }
}

/// One party's protocols.
pub struct Engine {
    party: Party,
    tasks: Vec<Task>,
    exchanges: Vec<Exchange>,
    inbox: Vec<Option<Zeroizing<Vec<u8>>>>,
    /// Parts of messages of the last round, until protocols get them.
    landed: Vec<(Place<Incoming>, Incoming)>,
    /// What came in the last round, by party.
    past: Vec<Rc<Zeroizing<Vec<u8>>>>,
    round: u64,
    /// What the parties are to compute, as a number: now, and when the present round began.
    program: (u32, u32),
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({:?}, round {})", self.party, self.round)
    }
}

/// What a protocol gives, once it has ended.
#[derive(Debug)]
pub struct Outcome<T>(Rc<RefCell<Option<T>>>);

impl<T> Outcome<T> {
    /// Takes it; `None` while the protocol runs, and after it was taken.
    #[must_use]
    pub fn take(&self) -> Option<T> {
        self.0.borrow_mut().take()
    }
}

impl Engine {
    /// Party `index` of `parties`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for fewer than two parties or a place that none of them has.
    pub fn new(index: usize, parties: usize, preprocessing: Box<dyn Preprocessing>) -> Result<Self> {
        if parties < 2 || index >= parties {
            return Err(ErrorKind::InvalidArgument.bound(parties as u64));
        }
        Ok(Self {
            party: Party::new(index, parties, preprocessing),
            tasks: Vec::new(),
            exchanges: Vec::new(),
            inbox: vec![None; parties],
            landed: Vec::new(),
            past: Vec::new(),
            round: 0,
            program: (0, 0),
        })
    }

    /// The party for whom protocols are made.
    #[must_use]
    pub fn party(&self) -> Party {
        self.party.clone()
    }

    /// What was sent and used so far.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.party.shared.state.borrow().cost
    }

    /// Begins a protocol. All parties have to begin the same ones in the same order.
    pub fn spawn<T: 'static>(&mut self, protocol: impl Future<Output = T> + 'static) -> Outcome<T> {
        let outcome = Rc::new(RefCell::new(None));
        let place = Rc::clone(&outcome);
        let future = Box::pin(async move {
            let value = protocol.await;
            *place.borrow_mut() = Some(value);
        });
        self.tasks.push(Task { future, ready: Arc::new(Flag(AtomicBool::new(true))) });
        Outcome(outcome)
    }

    /// Runs the protocols as far as they get by themselves.
    pub fn advance(&mut self) -> Progress {
        if !self.exchanges.is_empty() {
            return Progress::Exchange;
        }
        if !self.landed.is_empty() {
            // What was opened is of no use without the randomness that hid it.
            if !self.party.shared.state.borrow().is_whole() {
                return Progress::Preprocessing;
            }
            self.landed.drain(..).for_each(|(place, received)| place.put(received));
        }
        loop {
            self.run();
            match self.party.shared.state.borrow_mut().hand_out() {
                Drawn::Nothing => break,
                Drawn::All => {}
                // Those who wait for randomness open in the same round as the others, whenever it comes.
                Drawn::Missing => return Progress::Preprocessing,
            }
        }
        let mut state = self.party.shared.state.borrow_mut();
        if state.wanted.is_empty() {
            return Progress::Finished;
        }
        core::mem::swap(&mut self.exchanges, &mut state.wanted);
        self.program.1 = self.program.0;
        let index = self.party.index();
        let others = (0..self.party.parties()).filter(|party| *party != index);
        let most = others.map(|to| self.size(to) - HEAD).max();
        state.cost.rounds += 1;
        state.cost.bytes += most.unwrap_or_default() as u64;
        Progress::Exchange
    }

    /// Bytes of the message of the present round to a party.
    #[must_use]
    pub fn size(&self, to: usize) -> usize {
        HEAD + self.exchanges.iter().map(|exchange| exchange.outgoing.size(to)).sum::<usize>()
    }

    /// Polls the protocols in the order in which they began, until none is ready: the same order at every party.
    fn run(&mut self) {
        while self.tasks.iter().any(|task| task.ready.0.load(Ordering::Relaxed)) {
            self.tasks.retain_mut(|task| {
                if !task.ready.0.swap(false, Ordering::Relaxed) {
                    return true;
                }
                let waker = Waker::from(Arc::clone(&task.ready));
                task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending()
            });
        }
    }

    /// Sets a number for what the parties are to compute from the next round on. Whoever has another one at the beginning of a round is refused in it.
    pub const fn set_program(&mut self, number: u32) {
        self.program.0 = number;
    }

    /// The number of the round mod 2^32, and that of the program.
    #[allow(clippy::cast_possible_truncation, reason = "the lower half is what is taken")]
    fn head(&self) -> [u8; HEAD] {
        (u64::from(self.program.1) << 32 | u64::from(self.round as u32)).to_le_bytes()
    }

    /// The message of the present round to a party.
    #[must_use]
    pub fn message(&self, to: usize) -> Vec<u8> {
        let mut message = Vec::new();
        self.write(to, &mut message);
        message
    }

    /// Appends the message of the present round to a party.
    pub fn write(&self, to: usize, out: &mut Vec<u8>) {
        // The room is there from the beginning: a vector that grows leaves copies behind.
        out.reserve(self.size(to));
        out.extend_from_slice(&self.head());
        for exchange in &self.exchanges {
            exchange.outgoing.write(to, out);
        }
    }

    /// Bytes that the message of the present round from a party has to have.
    #[must_use]
    pub fn awaited(&self, from: usize) -> usize {
        HEAD + self.exchanges.iter().map(|exchange| exchange.expected(from)).sum::<usize>()
    }

    /// What the message of the present round to a party is made of, after its head: the parts in their order, each with its bytes.
    #[must_use]
    pub fn contents(&self, to: usize) -> Vec<(Content, usize)> {
        let parts = self.exchanges.iter().map(|exchange| (exchange.content, exchange.outgoing.size(to)));
        parts.filter(|(_, bytes)| *bytes > 0).collect()
    }

    /// Room for that message: that of the one before, if nobody needs it any more. What came in it is still there, and is wiped with the room.
    pub fn room(&mut self, from: usize) -> Zeroizing<Vec<u8>> {
        let past = self.past.get_mut(from).map(core::mem::take).unwrap_or_default();
        Rc::try_unwrap(past).unwrap_or_default()
    }

    /// Takes the message of the present round from a party; with the last one the round ends and protocols can go on.
    ///
    /// # Errors
    ///
    /// Nothing changes on an error, and each names the sender. [`ErrorKind::OutOfOrder`] while no round is open, and for a message of another round;
    /// [`ErrorKind::WrongProgram`] for one of another program ([`Engine::set_program`]);
    /// [`ErrorKind::Duplicate`] for a second one; [`ErrorKind::Malformed`], with the size expected, for another length;
    /// [`ErrorKind::UnknownParty`].
    pub fn take(&mut self, from: usize, message: Zeroizing<Vec<u8>>) -> Result<()> {
        let sender = from as u64;
        let index = self.party.index();
        let (own, wanted) = (self.head(), self.awaited(from));
        let Some(place) = self.inbox.get_mut(from).filter(|_| from != index) else {
            return Err(ErrorKind::UnknownParty.party(sender));
        };
        if self.exchanges.is_empty() {
            return Err(ErrorKind::OutOfOrder.party(sender));
        }
        if place.is_some() {
            return Err(ErrorKind::Duplicate.party(sender));
        }
        let Some(head) = message.first_chunk::<HEAD>() else {
            return Err(ErrorKind::Malformed.bound(wanted as u64).of_party(sender));
        };
        let differs = u64::from_le_bytes(*head) ^ u64::from_le_bytes(own);
        if differs & u64::from(u32::MAX) != 0 {
            return Err(ErrorKind::OutOfOrder.bound(self.round).of_party(sender));
        }
        if differs != 0 {
            return Err(ErrorKind::WrongProgram.party(sender));
        }
        if message.len() != wanted {
            return Err(ErrorKind::Malformed.bound(wanted as u64).of_party(sender));
        }
        *place = Some(message);
        if self.inbox.iter().enumerate().all(|(party, message)| party == index || message.is_some()) {
            self.end_round();
        }
        Ok(())
    }

    /// As [`Engine::take`], for a message that stays where it is.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::take`].
    pub fn receive(&mut self, from: usize, message: &[u8]) -> Result<()> {
        self.take(from, Zeroizing::new(message.to_vec()))
    }

    fn end_round(&mut self) {
        self.round += 1;
        let messages: Vec<Rc<Zeroizing<Vec<u8>>>> =
            self.inbox.iter_mut().map(|message| Rc::new(message.take().unwrap_or_default())).collect();
        let mut starts = vec![HEAD; messages.len()];
        // What was sent is let go before what came is put in place: whoever sent it can have it back.
        let places: Vec<(Vec<usize>, Place<Incoming>)> =
            self.exchanges.drain(..).map(|exchange| (exchange.expected, exchange.place)).collect();
        for (expected, place) in places {
            let parts = messages.iter().zip(&mut starts).zip(expected);
            let received = parts.map(|((message, start), size)| {
                let part = *start..*start + size;
                *start = part.end;
                Received::new(message, part)
            });
            self.landed.push((place, received.collect()));
        }
        self.past = messages;
    }
}
