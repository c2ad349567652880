//! Runs the protocols of one party: many at a time, with one message to each other party a round.
//!
//! A protocol is a future. Where it needs the others it awaits an [`Party::exchange`]; once every protocol that runs waits, what they want to send becomes
//! one message to each party, so that independent openings share a round without anybody arranging it. Nothing here depends on a value: the
//! order in which protocols run, and so the layout of a message, follows from the program alone and is the same at all parties.

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
use core::task::{Context, Poll, Waker};

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Material};
use crate::mpc::dealer::{Preprocessing, Query};

/// Bytes of the head of a message: its round.
const HEAD: usize = 8;

/// What a party sends in an exchange.
#[derive(Debug)]
pub enum Outgoing {
    /// The same to everybody.
    All(Vec<u8>),
    /// To each party something of its own; nothing to those that are not named. In rising order of the parties.
    Each(Vec<(usize, Vec<u8>)>),
}

impl Outgoing {
    fn to(&self, party: usize) -> &[u8] {
        match self {
            Self::All(bytes) => bytes,
            Self::Each(parts) => parts.iter().find(|(to, _)| *to == party).map_or(&[], |(_, bytes)| bytes),
        }
    }
}

/// What it gets: from each party so many bytes, in the order of the parties; its own place is 0.
type Expected = Vec<usize>;

/// The messages that came, by party; the own place is empty.
pub type Incoming = Vec<Vec<u8>>;

#[derive(Debug, Default)]
struct Slot {
    received: Option<Incoming>,
    waker: Option<Waker>,
}

/// What the parties exchange, for whoever wants to see what a message is made of; nothing depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Something that no other case describes.
    Other,
    /// Seeds that two parties have in common afterwards.
    Seeds,
    /// Shares of masked words: their sums over all parties, modulo 2^`bits`, are opened.
    Words {
        /// Bits of a word; words are packed.
        bits: u32,
        /// How many words.
        count: usize,
    },
    /// Shares of masked bits: their exclusive ors over all parties are opened.
    Bits {
        /// Vectors of bits, each of which begins with a byte.
        vectors: usize,
        /// Bits of each.
        count: usize,
    },
    /// Shares of an output, words of 64 bits that are uniform but for their sum: it is what the receiver is to know.
    Output {
        /// How many words.
        count: usize,
    },
}

struct Exchange {
    content: Content,
    outgoing: Outgoing,
    expected: Expected,
    slot: Rc<RefCell<Slot>>,
}

/// What was sent and used so far, for comparison with what a program should cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Messages to each other party.
    pub rounds: u64,
    /// Bytes to that other party which got most, without heads.
    pub bytes: u64,
    /// Words of corrections that the dealer sent to the corrected party, or would have.
    pub corrections: u64,
}

struct Shared {
    index: usize,
    parties: usize,
    state: RefCell<State>,
}

struct State {
    preprocessing: Box<dyn Preprocessing>,
    next_correlation: u64,
    /// The number of the correlation that preprocessing is asked for next: it gives them in order.
    due: u64,
    wanted: Vec<Exchange>,
    waits_for_correlations: bool,
    cost: Cost,
}

/// A party as its protocols see it.
#[derive(Clone)]
pub struct Party {
    shared: Rc<Shared>,
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Party({} of {})", self.shared.index, self.shared.parties)
    }
}

impl Party {
    /// The place of this party, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.shared.index
    }

    /// The number of parties.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.shared.parties
    }

    /// Whether this party adds what is public.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.shared.index == 0
    }

    /// This party's share of fresh correlated randomness.
    ///
    /// # Errors
    ///
    /// Those of [`Preprocessing::draw`].
    pub async fn draw(&self, correlation: Correlation) -> Result<Material> {
        let number = {
            let mut state = self.shared.state.borrow_mut();
            let number = state.next_correlation;
            state.next_correlation += 1;
            state.cost.corrections += correlation.layout().dependent() as u64;
            number
        };
        core::future::poll_fn(|_| {
            let mut state = self.shared.state.borrow_mut();
            if number == state.due {
                match state.preprocessing.draw(number, &correlation) {
                    Err(error) => return Poll::Ready(Err(error)),
                    Ok(Some(material)) => {
                        state.due += 1;
                        return Poll::Ready(Ok(material));
                    }
                    Ok(None) => {}
                }
            }
            // Asked again by `advance`, without a waker: only the host knows when more has come.
            state.waits_for_correlations = true;
            Poll::Pending
        })
        .await
    }

    /// Counts words of corrections that come by another way than [`Party::draw`].
    pub(in crate::mpc) fn count_corrections(&self, words: u64) {
        self.shared.state.borrow_mut().cost.corrections += words;
    }

    /// Sends bytes and waits for those of the others, in the round that comes.
    pub async fn exchange(&self, outgoing: Outgoing, expected: Vec<usize>) -> Incoming {
        self.exchange_content(Content::Other, outgoing, expected).await
    }

    /// As [`Party::exchange`], and says what it is.
    pub(crate) async fn exchange_content(
        &self,
        content: Content,
        outgoing: Outgoing,
        expected: Vec<usize>,
    ) -> Incoming {
        let slot = Rc::new(RefCell::new(Slot::default()));
        self.shared.state.borrow_mut().wanted.push(Exchange { content, outgoing, expected, slot: Rc::clone(&slot) });
        core::future::poll_fn(move |context| {
            let mut slot = slot.borrow_mut();
            match slot.received.take() {
                Some(received) => Poll::Ready(received),
                None => {
                    slot.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Sends the same number of bytes to everybody and gets as many from each.
    pub(crate) async fn broadcast(&self, content: Content, bytes: Vec<u8>) -> Incoming {
        let expected = (0..self.parties()).map(|party| if party == self.index() { 0 } else { bytes.len() }).collect();
        self.exchange_content(content, Outgoing::All(bytes), expected).await
    }
}

/// Runs protocols side by side: what they open while all of them wait goes out in the same round.
pub async fn join_all<T, F: Future<Output = T>>(protocols: Vec<F>) -> Vec<T> {
    let mut running: Vec<Running<F>> =
        protocols.into_iter().map(|protocol| Running { future: Box::pin(protocol), output: None }).collect();
    core::future::poll_fn(|context| {
        let mut all = true;
        for one in &mut running {
            if one.output.is_none() {
                match one.future.as_mut().poll(context) {
                    Poll::Ready(output) => one.output = Some(output),
                    Poll::Pending => all = false,
                }
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|one| one.output).collect()
}

/// Runs two protocols side by side, as [`join_all`] does many of one kind.
pub async fn join<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (core::pin::pin!(one), core::pin::pin!(other));
    let (mut first, mut second) = (None, None);
    core::future::poll_fn(move |context| {
        if first.is_none() {
            first = ready(one.as_mut().poll(context));
        }
        if second.is_none() {
            second = ready(other.as_mut().poll(context));
        }
        match (first.take(), second.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            unfinished => {
                (first, second) = unfinished;
                Poll::Pending
            }
        }
    })
    .await
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    if let Poll::Ready(output) = poll { Some(output) } else { None }
}

struct Running<F: Future> {
    future: Pin<Box<F>>,
    output: Option<F::Output>,
}

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

/// What an engine needs to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing: every protocol has ended.
    Finished,
    /// The messages of the present round: send [`Engine::message`] to each party, give [`Engine::receive`] those of all.
    Exchange,
    /// Correlated randomness from outside.
    Preprocessing,
}

/// What goes on in rounds: one message to each other party, and one from each.
pub trait Rounds {
    /// Goes on as far as it gets by itself.
    ///
    /// # Errors
    ///
    /// What ends it.
    fn advance(&mut self) -> Result<Progress>;

    /// The message of the present round to a party.
    fn message(&self, to: usize) -> Vec<u8>;

    /// Takes the message of the present round from a party.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::receive`]; nothing changes then.
    fn receive(&mut self, from: usize, message: &[u8]) -> Result<()>;

    /// What a dealer elsewhere is to be asked for before it goes on, once.
    ///
    /// # Errors
    ///
    /// Those of [`crate::mpc::dealer::Request::new`].
    fn request(&mut self) -> Result<Option<Query>> {
        Ok(None)
    }

    /// Takes the next piece of corrections from that dealer.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] where none is due, [`ErrorKind::Malformed`] for another length than the next one has; nothing changes then.
    fn supply(&mut self, _piece: &[u8]) -> Result<()> {
        Err(ErrorKind::OutOfOrder.into())
    }
}

impl Rounds for Engine {
    fn advance(&mut self) -> Result<Progress> {
        Ok(Self::advance(self))
    }

    fn message(&self, to: usize) -> Vec<u8> {
        Self::message(self, to)
    }

    fn receive(&mut self, from: usize, message: &[u8]) -> Result<()> {
        Self::receive(self, from, message)
    }
}

/// One party's protocols.
pub struct Engine {
    party: Party,
    tasks: Vec<Task>,
    exchanges: Vec<Exchange>,
    inbox: Vec<Option<Vec<u8>>>,
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
        let state = State {
            preprocessing,
            next_correlation: 0,
            due: 0,
            wanted: Vec::new(),
            waits_for_correlations: false,
            cost: Cost::default(),
        };
        let party = Party { shared: Rc::new(Shared { index, parties, state: RefCell::new(state) }) };
        Ok(Self {
            party,
            tasks: Vec::new(),
            exchanges: Vec::new(),
            inbox: vec![None; parties],
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
        loop {
            let due = self.party.shared.state.borrow().due;
            if core::mem::take(&mut self.party.shared.state.borrow_mut().waits_for_correlations) {
                // Whoever waits for them asks again.
                for task in &self.tasks {
                    task.ready.0.store(true, Ordering::Relaxed);
                }
            }
            self.run();
            let state = self.party.shared.state.borrow();
            // What one protocol got may have made way for another.
            if !state.waits_for_correlations || state.due == due {
                break;
            }
        }
        let mut state = self.party.shared.state.borrow_mut();
        if state.waits_for_correlations {
            // Those who wait for randomness open in the same round as the others, whenever it comes.
            return Progress::Preprocessing;
        }
        if state.wanted.is_empty() {
            return Progress::Finished;
        }
        self.exchanges = core::mem::take(&mut state.wanted);
        self.program.1 = self.program.0;
        let index = self.party.shared.index;
        let parties = (0..self.party.shared.parties).filter(|party| *party != index);
        let most = parties.map(|to| self.exchanges.iter().map(|one| one.outgoing.to(to).len()).sum::<usize>()).max();
        state.cost.rounds += 1;
        state.cost.bytes += most.unwrap_or_default() as u64;
        Progress::Exchange
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
        let mut message = Vec::from(self.head());
        for exchange in &self.exchanges {
            message.extend_from_slice(exchange.outgoing.to(to));
        }
        message
    }

    /// What the message of the present round to a party is made of, after its head: the parts in their order, each with its bytes.
    #[must_use]
    pub fn contents(&self, to: usize) -> Vec<(Content, usize)> {
        let parts = self.exchanges.iter().map(|exchange| (exchange.content, exchange.outgoing.to(to).len()));
        parts.filter(|(_, bytes)| *bytes > 0).collect()
    }

    /// Takes the message of the present round from a party; with the last one the round ends and protocols can go on.
    ///
    /// # Errors
    ///
    /// Nothing changes on an error, and each names the sender. [`ErrorKind::OutOfOrder`] while no round is open, and for a message of another round;
    /// [`ErrorKind::WrongProgram`] for one of another program ([`Engine::set_program`]);
    /// [`ErrorKind::Duplicate`] for a second one; [`ErrorKind::Malformed`], with the size expected, for another length;
    /// [`ErrorKind::UnknownParty`].
    pub fn receive(&mut self, from: usize, message: &[u8]) -> Result<()> {
        let sender = from as u64;
        let index = self.party.shared.index;
        let own = self.head();
        let Some(place) = self.inbox.get_mut(from).filter(|_| from != index) else {
            return Err(ErrorKind::UnknownParty.party(sender));
        };
        if self.exchanges.is_empty() {
            return Err(ErrorKind::OutOfOrder.party(sender));
        }
        if place.is_some() {
            return Err(ErrorKind::Duplicate.party(sender));
        }
        let wanted: usize = self.exchanges.iter().map(|one| expected(one, from)).sum();
        let Some((head, body)) = message.split_first_chunk::<HEAD>() else {
            return Err(ErrorKind::Malformed.bound((wanted + HEAD) as u64).of_party(sender));
        };
        let differs = u64::from_le_bytes(*head) ^ u64::from_le_bytes(own);
        if differs & u64::from(u32::MAX) != 0 {
            return Err(ErrorKind::OutOfOrder.bound(self.round).of_party(sender));
        }
        if differs != 0 {
            return Err(ErrorKind::WrongProgram.party(sender));
        }
        if body.len() != wanted {
            return Err(ErrorKind::Malformed.bound((wanted + HEAD) as u64).of_party(sender));
        }
        *place = Some(body.to_vec());
        if self.inbox.iter().enumerate().all(|(party, message)| party == index || message.is_some()) {
            self.end_round();
        }
        Ok(())
    }

    fn end_round(&mut self) {
        self.round += 1;
        let messages: Vec<Zeroizing<Vec<u8>>> =
            self.inbox.iter_mut().map(|message| Zeroizing::new(message.take().unwrap_or_default())).collect();
        let mut starts = vec![0usize; messages.len()];
        for exchange in core::mem::take(&mut self.exchanges) {
            let mut received = Vec::with_capacity(messages.len());
            for (party, (message, start)) in messages.iter().zip(&mut starts).enumerate() {
                let end = *start + expected(&exchange, party);
                received.push(message.get(*start..end).unwrap_or_default().to_vec());
                *start = end;
            }
            let mut slot = exchange.slot.borrow_mut();
            slot.received = Some(received);
            if let Some(waker) = slot.waker.take() {
                waker.wake();
            }
        }
    }
}

fn expected(exchange: &Exchange, from: usize) -> usize {
    exchange.expected.get(from).copied().unwrap_or_default()
}
