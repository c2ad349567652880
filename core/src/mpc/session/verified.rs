//! A computation in verified mode: what [`super::Session`] is for parties that follow the protocol, for parties that may not (docs/mpc.md section 16).
//!
//! Its operations are those that have a verified form, and no others; there is no way from a value of the other kind of session to one of this. What was asked for since the last
//! batch runs side by side; then all that is to be opened is opened together, after everything before it was checked. Once a party finds an error, every call returns it, and
//! nothing opens any more.

mod batch;
mod coins;
mod evaluate;
mod explanation;
mod operation;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

pub use self::operation::Operation;

use self::batch::{Batch, Finished, Given, Step, Task};
use self::coins::Coins;
use super::arguments;
use super::kind::{Kind, Public};
use super::program::{self, Call, Program};
use super::slot::Slot;
use super::values::Values;
use super::{Opened, ResultId, ValueId};
use crate::error::{Error, ErrorKind, Result};
use crate::mpc::dealer::{self, Query, Seed};
use crate::mpc::engine::{Content, Cost, Engine, Outcome, Progress, Rounds};
use crate::mpc::protocol::{Format, Rounding};
use crate::mpc::verified::{Authenticated, Correlation, Dealt, Preprocessing, Verified};
use crate::prg::Suite;

type Delivery = dealer::Delivery<Correlation>;

/// One party's side of a computation in verified mode.
pub struct Session {
    engine: Engine,
    format: Format,
    /// Present while no batch runs.
    verified: Option<(Verified, Coins)>,
    running: Option<Outcome<Finished>>,
    /// What the corrected party gets from a dealer elsewhere.
    delivery: Option<Delivery>,
    /// A batch whose correlations were announced, and are not all there.
    announced: Option<Batch>,
    values: Values<Authenticated>,
    openings: BTreeMap<u64, (Kind, Option<Given>)>,
    waiting: Batch,
    program: Program,
    failure: Option<Error>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "verified::Session({:?}, {} values)", self.engine, self.values.len())
    }
}

impl Session {
    /// Party `index` of `parties`, with a source of authenticated randomness. Messages have to be authentic and secret from the first on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for fewer than two parties or a place that none of them has; [`ErrorKind::NotVerified`] for a format that rounds otherwise than by a dither;
    /// [`ErrorKind::Randomness`] if the generator fails.
    pub fn new<R: TryCryptoRng + ?Sized>(
        index: usize,
        parties: usize,
        format: Format,
        preprocessing: Box<dyn Preprocessing>,
        rng: &mut R,
    ) -> Result<Self> {
        if format.rounding() != Rounding::Dithered {
            return Err(ErrorKind::NotVerified.into());
        }
        let engine = Engine::new(index, parties, Box::new(Nothing))?;
        let verified = Verified::new(&engine.party(), preprocessing);
        Ok(Self {
            engine,
            format,
            verified: Some((verified, Coins::new(rng)?)),
            running: None,
            delivery: None,
            announced: None,
            values: Values::new(),
            openings: BTreeMap::new(),
            waiting: Batch::default(),
            program: Program::default(),
            failure: None,
        })
    }

    /// A party of a computation whose dealer is elsewhere and gave it this seed. Party `corrected` asks it for all corrections of a batch before it begins the batch:
    /// [`Rounds::advance`] gives [`Progress::Preprocessing`] there, until all that [`Rounds::request`] asks for has come to [`Rounds::supply`].
    ///
    /// # Errors
    ///
    /// Those of [`Session::new`], also for a corrected party that is none.
    pub fn with_dealer<R: TryCryptoRng + ?Sized>(
        index: usize,
        parties: usize,
        format: Format,
        suite: Suite,
        seed: Seed,
        corrected: usize,
        rng: &mut R,
    ) -> Result<Self> {
        if corrected >= parties {
            return Err(ErrorKind::InvalidArgument.bound(parties as u64));
        }
        if index != corrected {
            return Self::new(index, parties, format, Box::new(Dealt::seeded(suite, index, seed)), rng);
        }
        let (delivery, source) = Delivery::verified(suite, index, seed);
        let made = Self::new(index, parties, format, Box::new(source), rng)?;
        Ok(Self { delivery: Some(delivery), ..made })
    }

    /// The place of this party.
    #[must_use]
    pub fn index(&self) -> usize {
        self.engine.party().index()
    }

    /// The number of parties.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.engine.party().parties()
    }

    /// How real numbers are written.
    #[must_use]
    pub const fn format(&self) -> &Format {
        &self.format
    }

    /// What was sent and used so far.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.engine.cost()
    }

    /// Kind and length of a value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for a number that no value has.
    pub fn form(&self, value: ValueId) -> Result<(Kind, usize)> {
        self.values.slot(value).map(|slot| (slot.kind, slot.length))
    }

    /// Numbers that party `owner` gives, `numbers`, and the others do not know: they say how many there are, and of which kind. All of them get the same numbers, whatever the owner does.
    ///
    /// # Errors
    ///
    /// Those of [`super::Session::input`]; that which ended the session. Nothing has begun then.
    pub fn input(&mut self, owner: usize, kind: Kind, length: usize, numbers: Option<&Public>) -> Result<ValueId> {
        self.usable()?;
        let words = arguments::input(&self.engine.party(), &self.format, owner, (kind, length), numbers)?;
        self.called(Call::Input, &program::form(owner, kind, length), None);
        Ok(self.ask(Task::Input { owner, words }, Slot::new(kind, length)))
    }

    /// Numbers that everybody knows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFinite`] and [`ErrorKind::OutOfRange`] for real numbers that do not fit the format; that which ended the session.
    pub fn public(&mut self, numbers: &Public) -> Result<ValueId> {
        self.usable()?;
        let words = numbers.words(numbers.kind(), &self.format)?;
        self.called(Call::Public, &[], Some(numbers));
        Ok(self.ask(Task::Public(words), Slot::new(numbers.kind(), numbers.len())))
    }

    /// Asks for an operation on values; what comes out.
    ///
    /// # Errors
    ///
    /// Those of [`super::Session::apply`]; that which ended the session.
    pub fn apply(&mut self, operation: Operation, inputs: &[ValueId]) -> Result<ValueId> {
        self.usable()?;
        let ids: Vec<u64> = inputs.iter().map(|id| id.0).collect();
        let inputs =
            inputs.iter().map(|id| self.values.slot(*id).cloned()).collect::<Result<Vec<Slot<Authenticated>>>>()?;
        let forms: Vec<(Kind, usize)> = inputs.iter().map(|slot| (slot.kind, slot.length)).collect();
        let (kind, length) = operation.form(&forms)?;
        self.program.operation(&operation.unverified());
        self.called(Call::Apply, &ids, None);
        Ok(self.ask(Task::Apply { operation, inputs }, Slot::new(kind, length)))
    }

    /// Asks that a value becomes known to these parties, which rise, and to nobody else, after all that it was made of has been checked.
    ///
    /// # Errors
    ///
    /// Those of [`super::Session::open`]; that which ended the session.
    pub fn open(&mut self, value: ValueId, receivers: &[usize]) -> Result<ResultId> {
        self.usable()?;
        let numbers = arguments::receivers(&self.engine.party(), receivers)?;
        let slot = self.values.slot(value)?.clone();
        self.called(Call::Open, &[value.0], None);
        self.called(Call::Open, &numbers, None);
        let number = self.values.number();
        self.openings.insert(number, (slot.kind, None));
        self.waiting.open(number, slot, receivers);
        Ok(ResultId(number))
    }

    /// Forgets a value, and wipes it once nothing that was asked for needs it.
    pub fn forget(&mut self, value: ValueId) {
        self.values.forget(value);
    }

    /// What was opened, once; `None` while it is not there.
    pub fn take(&mut self, result: ResultId) -> Option<Result<Opened>> {
        let (kind, given) = self.openings.get_mut(&result.0)?;
        let kind = *kind;
        let given = match (given.take(), self.failure) {
            (Some(given), _) => given,
            (None, Some(error)) => Err(error),
            (None, None) => return None,
        };
        self.openings.remove(&result.0);
        Some(given.map(|words| Opened { kind, words }))
    }

    /// Why a value could not be made, if it could not.
    ///
    /// # Errors
    ///
    /// That of the operation that failed, of what ended the session, or of [`Session::form`].
    pub fn check(&self, value: ValueId) -> Result<()> {
        self.usable()?;
        self.values.slot(value)?.peek().map_or(Ok(()), |result| result.map(|_| ()))
    }

    /// What the message of the present round to a party is made of, after its first eight bytes.
    #[must_use]
    pub fn contents(&self, to: usize) -> Vec<(Content, usize)> {
        self.engine.contents(to)
    }

    /// Notes a call that all parties make, for the comparison of programs.
    fn called(&mut self, call: Call, numbers: &[u64], public: Option<&Public>) {
        if let Some(public) = public {
            self.program.public(public);
        }
        self.program.call(call, numbers);
        self.engine.set_program(self.program.tag());
    }

    fn ask(&mut self, task: Task, output: Slot<Authenticated>) -> ValueId {
        self.waiting.steps.push(Step { task, output: output.clone() });
        self.values.add(output)
    }

    fn usable(&self) -> Result<()> {
        self.failure.map_or(Ok(()), Err)
    }

    /// Takes what a batch that has ended gave.
    fn collect(&mut self) {
        let Some(finished) = self.running.as_ref().and_then(Outcome::take) else { return };
        self.running = None;
        for (number, given) in finished.given {
            if let Some((_, place)) = self.openings.get_mut(&number) {
                *place = Some(given);
            }
        }
        self.failure = finished.failure;
        self.verified = Some((finished.verified, finished.coins));
    }

    /// Begins what was asked for, and whether it could: the corrected party of a dealer elsewhere has all corrections of a batch before it begins.
    fn begin(&mut self) -> Result<bool> {
        let batch = match self.announced.take() {
            Some(batch) => batch,
            None => {
                if self.delivery.is_some() {
                    let plan = self.plan()?;
                    if let Some(delivery) = &mut self.delivery {
                        delivery.announce(&plan);
                    }
                }
                core::mem::take(&mut self.waiting)
            }
        };
        if self.delivery.as_ref().is_some_and(|delivery| !delivery.is_complete()) {
            self.announced = Some(batch);
            return Ok(false);
        }
        let (verified, coins) = self.verified.take().ok_or(ErrorKind::OutOfOrder)?;
        self.running = Some(self.engine.spawn(batch.run(verified, self.format, coins)));
        Ok(true)
    }
}

impl Rounds for Session {
    fn advance(&mut self) -> Result<Progress> {
        loop {
            self.usable()?;
            match self.engine.advance() {
                Progress::Finished => {
                    self.collect();
                    self.usable()?;
                    if self.announced.is_none() && self.waiting.is_empty() {
                        return Ok(Progress::Finished);
                    }
                    if !self.begin()? {
                        return Ok(Progress::Preprocessing);
                    }
                }
                progress => return Ok(progress),
            }
        }
    }

    fn size(&self, to: usize) -> usize {
        self.engine.size(to)
    }

    fn write(&self, to: usize, out: &mut Vec<u8>) {
        self.engine.write(to, out);
    }

    fn awaited(&self, from: usize) -> usize {
        self.engine.awaited(from)
    }

    fn room(&mut self, from: usize) -> Zeroizing<Vec<u8>> {
        self.engine.room(from)
    }

    fn take(&mut self, from: usize, message: Zeroizing<Vec<u8>>) -> Result<()> {
        self.engine.take(from, message)
    }

    fn request(&mut self) -> Result<Option<Query>> {
        let request = self.delivery.as_mut().map_or(Ok(None), Delivery::request)?;
        Ok(request.map(|request| request.query()))
    }

    fn supply(&mut self, piece: &[u8]) -> Result<()> {
        self.delivery.as_mut().map_or_else(|| Err(ErrorKind::OutOfOrder.into()), |delivery| delivery.take(piece))
    }
}

/// Correlations without MACs, of which no verified operation takes any.
struct Nothing;

impl dealer::Preprocessing for Nothing {
    fn draw(
        &mut self,
        _: u64,
        _: &crate::mpc::correlation::Correlation,
    ) -> Result<Option<crate::mpc::correlation::Material>> {
        Err(ErrorKind::OutOfOrder.into())
    }
}
