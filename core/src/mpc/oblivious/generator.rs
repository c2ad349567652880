//! Runs the making of correlations: the base transfers once, then batch by batch what is wanted.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::kept::BaseTransfers;
use super::make::make;
use super::peers::Peers;
use super::store::{Batch, Source, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Material};
use crate::mpc::dealer::{Preprocessing, Seed};
use crate::mpc::engine::{Cost, Engine, Outcome, Progress, join_all};
use crate::prg::Suite;
use crate::random;

/// What this party needs for all batches.
struct Maker {
    suite: Suite,
    seed: Seed,
    peers: Peers,
}

enum State {
    Connecting(Outcome<Result<Maker>>),
    Idle(Rc<Maker>),
    Making(Rc<Maker>, Outcome<Result<Vec<Material>>>),
    Failed(Error),
}

/// Makes correlations with the other parties' generators. Messages are those of an engine: the round (u64le), then the parts in the order of docs/mpc.md section 13.
pub struct Generator {
    engine: Engine,
    state: State,
    store: Rc<RefCell<Store>>,
    /// Correlations that were begun in all programs: each has a stream of its own.
    begun: u64,
}

impl Generator {
    /// The generator of party `index` of `parties`, in a session whose 32 bytes all of them know and use once. It makes a program's correlations ahead of need until it holds
    /// `ahead` words (the last batch may exceed that).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for fewer than two parties or a place that none of them has; [`ErrorKind::Randomness`] if the generator of random bytes fails.
    pub fn new<R: TryCryptoRng + ?Sized>(
        suite: Suite,
        session: &[u8; 32],
        index: usize,
        parties: usize,
        ahead: usize,
        rng: &mut R,
    ) -> Result<Self> {
        let mut engine = Engine::new(index, parties, Box::new(Nothing))?;
        let mut secret = Zeroizing::new([0; 32]);
        random::fill(rng, &mut *secret)?;
        let seed = Seed::generate(rng)?;
        let (party, session) = (engine.party(), *session);
        let connecting = engine.spawn(async move {
            let peers = Peers::connect(party, suite, session, secret).await?;
            Ok(Maker { suite, seed, peers })
        });
        Ok(Self {
            engine,
            state: State::Connecting(connecting),
            store: Rc::new(RefCell::new(Store::new(ahead))),
            begun: 0,
        })
    }

    /// The same with base transfers that this party keeps with each other one, in the order of the places, none in its own: no round, and no base transfer, before the first batch. Any number
    /// of sessions may run at a time.
    ///
    /// # Errors
    ///
    /// As [`Generator::new`]; [`ErrorKind::InvalidLength`] for another number of places than of parties; with the party [`ErrorKind::InvalidArgument`] where its base transfers are missing,
    /// [`ErrorKind::Duplicate`] for a session that they have served, and [`ErrorKind::TooLong`] where they have served all that they may. Nothing is used up then.
    pub fn with_base_transfers<R: TryCryptoRng + ?Sized>(
        suite: Suite,
        session: &[u8; 32],
        index: usize,
        kept: &mut [Option<&mut BaseTransfers>],
        ahead: usize,
        rng: &mut R,
    ) -> Result<Self> {
        let engine = Engine::new(index, kept.len(), Box::new(Nothing))?;
        let seed = Seed::generate(rng)?;
        let peers = Peers::resume(engine.party(), suite, session, kept)?;
        let state = State::Idle(Rc::new(Maker { suite, seed, peers }));
        Ok(Self { engine, state, store: Rc::new(RefCell::new(Store::new(ahead))), begun: 0 })
    }

    /// Begins a program whose correlations will be those of `plan`, as far as that is known, and then others, each of which is made when it is asked for. What the program
    /// before has not taken is wiped. All parties have to begin the same programs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] while correlations are being made.
    pub fn begin(&mut self, plan: &[Correlation]) -> Result<Source> {
        if matches!(self.state, State::Making(..)) {
            return Err(ErrorKind::OutOfOrder.into());
        }
        let program = self.store.borrow_mut().begin(plan);
        Ok(Source { store: Rc::clone(&self.store), program })
    }

    /// More that the program will ask for, after what was planned before.
    pub fn announce(&mut self, plan: &[Correlation]) {
        self.store.borrow_mut().ask(plan);
    }

    /// Goes on as far as it gets by itself: [`Progress::Exchange`] where messages are due, [`Progress::Finished`] where nothing is wanted, or enough is there.
    ///
    /// # Errors
    ///
    /// Those of a message that is not what it should be, with its sender; from then on always the same one.
    pub fn advance(&mut self) -> Result<Progress> {
        loop {
            if self.engine.advance() == Progress::Exchange {
                return Ok(Progress::Exchange);
            }
            match self.step() {
                Ok(true) => {}
                Ok(false) => return Ok(Progress::Finished),
                Err(error) => {
                    self.state = State::Failed(error);
                    return Err(error);
                }
            }
        }
    }

    /// Takes what has ended, or begins what comes next; whether there is anything to do.
    fn step(&mut self) -> Result<bool> {
        match &self.state {
            State::Failed(error) => Err(*error),
            State::Connecting(connecting) => {
                let maker = connecting.take().ok_or(ErrorKind::OutOfOrder)??;
                self.state = State::Idle(Rc::new(maker));
                Ok(true)
            }
            State::Making(maker, making) => {
                let made = making.take().ok_or(ErrorKind::OutOfOrder)??;
                self.store.borrow_mut().put(made);
                self.state = State::Idle(Rc::clone(maker));
                Ok(true)
            }
            State::Idle(maker) => {
                let maker = Rc::clone(maker);
                let Some(batch) = self.store.borrow_mut().next() else { return Ok(false) };
                let first = self.begun;
                self.begun += batch.len() as u64;
                let making = self.engine.spawn(make_all(Rc::clone(&maker), first, batch));
                self.state = State::Making(maker, making);
                Ok(true)
            }
        }
    }

    /// The message of the present round to a party.
    #[must_use]
    pub fn message(&self, to: usize) -> Vec<u8> {
        self.engine.message(to)
    }

    /// Bytes of that message.
    #[must_use]
    pub fn size(&self, to: usize) -> usize {
        self.engine.size(to)
    }

    /// Appends it.
    pub fn write(&self, to: usize, out: &mut Vec<u8>) {
        self.engine.write(to, out);
    }

    /// Bytes that the message of the present round from a party has to have.
    #[must_use]
    pub fn awaited(&self, from: usize) -> usize {
        self.engine.awaited(from)
    }

    /// Room for it, as [`Engine::room`] has it.
    pub fn room(&mut self, from: usize) -> Zeroizing<Vec<u8>> {
        self.engine.room(from)
    }

    /// Takes the message of the present round from a party.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::take`]; nothing changes then.
    pub fn take(&mut self, from: usize, message: Zeroizing<Vec<u8>>) -> Result<()> {
        self.engine.take(from, message)
    }

    /// As [`Generator::take`], for a message that stays where it is.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::take`].
    pub fn receive(&mut self, from: usize, message: &[u8]) -> Result<()> {
        self.engine.receive(from, message)
    }

    /// Rounds and bytes so far.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.engine.cost()
    }
}

impl fmt::Debug for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Generator({:?})", self.engine)
    }
}

async fn make_all(maker: Rc<Maker>, first: u64, batch: Batch) -> Result<Vec<Material>> {
    let maker = &*maker;
    let making = (first..).zip(&batch);
    let making = making.map(|(number, correlation)| make(&maker.peers, maker.suite, &maker.seed, number, correlation));
    join_all(making.collect()).await.into_iter().collect()
}

/// What makes correlations uses none.
struct Nothing;

impl Preprocessing for Nothing {
    fn draw(&mut self, _: u64, _: &Correlation) -> Result<Option<Material>> {
        Err(ErrorKind::OutOfOrder.into())
    }
}
