//! A computation of one party: values by number, operations on them, results.
//!
//! Calls only say what is wanted, in the same order at all parties; nothing is sent before [`Session::advance`]. Everything wanted by then runs side by side as far as
//! its inputs allow, so that whatever is independent opens in the same rounds. Correlated randomness comes from a dealer, or from the parties themselves, which then is made
//! before each batch of operations, in messages between those of the operations. A dealer elsewhere sends corrections while the corrected party opens what they belong to. Kinds and lengths are checked when an operation is asked for; a value that cannot be made
//! fails by itself, and so does what is made of it.

mod arguments;
mod evaluate;
mod explanation;
mod kind;
mod operation;
mod program;
mod slot;
mod values;
pub mod verified;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Words};
use crate::mpc::dealer::{Dealt, Delivery, Preprocessing, Query, Seed};
use crate::mpc::engine::{Content, Cost, Engine, Outcome, Progress, Rounds};
use crate::mpc::oblivious::{BaseTransfers, Generator};
use crate::mpc::pairwise::Pairwise;
use crate::mpc::permutation::Permutation;
use crate::mpc::protocol::{self, Format, Rounding};
use crate::prg::Suite;

pub use self::explanation::{Explanation, Share};
pub use self::kind::{Kind, Public};
pub use self::operation::Operation;
use self::program::{Call, Program};
use self::slot::Slot;
use self::values::Values;

/// A value of a session, by the number that all parties know it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(pub u64);

/// Something that is to be opened, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResultId(pub u64);

/// What an opening gave.
#[derive(Debug)]
pub struct Opened {
    /// What the words mean; a truth value is 0 or 1.
    pub kind: Kind,
    /// The words; `None` at a party for which they were not meant.
    pub words: Option<Zeroizing<Vec<u64>>>,
}

type Opening = (Kind, Outcome<Result<Option<Zeroizing<Vec<u64>>>>>);

/// The seeds that each two parties have in common, once they are agreed.
type Seeds = Rc<core::cell::RefCell<Option<Rc<Pairwise>>>>;

/// An operation that was asked for, as long as nobody has run it.
#[derive(Clone, Debug)]
struct Step {
    operation: Operation,
    inputs: Vec<Slot>,
    outputs: Vec<Slot>,
}

/// Words of inputs and outputs of a batch of operations that is rehearsed before it runs, so that a dealer elsewhere is asked once for all of it.
const MOST_REHEARSED: usize = 1 << 15;

impl Step {
    /// Numbers that go in and come out.
    fn size(&self) -> usize {
        self.inputs.iter().chain(&self.outputs).map(|slot| slot.length).sum()
    }

    /// Whether it may need corrections before it opens something.
    fn may_wait(&self, format: &Format) -> bool {
        let real = self.outputs.iter().any(|output| output.kind == Kind::Real);
        let product =
            matches!(self.operation, Operation::Multiply | Operation::Square | Operation::MatrixProduct { .. });
        !product || (real && format.rounding() != Rounding::Dithered)
    }
}

/// One party's side of a computation.
pub struct Session {
    engine: Engine,
    /// What makes correlations, where no dealer does.
    generator: Option<Generator>,
    /// Whether the present round is one of the generator's.
    making: bool,
    /// What the corrected party gets from a dealer elsewhere.
    delivery: Option<Delivery<Correlation>>,
    format: Format,
    seeds: Seeds,
    agreed: Slot,
    values: Values<Words>,
    openings: BTreeMap<u64, Opening>,
    waiting: Vec<Step>,
    program: Program,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({:?}, {} values)", self.engine, self.values.len())
    }
}

impl Session {
    /// Party `index` of `parties`. In the first round the parties agree on seeds; messages have to be encrypted from then on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for fewer than two parties or a place that none of them has.
    pub fn new<R: TryCryptoRng + 'static>(
        index: usize,
        parties: usize,
        format: Format,
        suite: Suite,
        preprocessing: Box<dyn Preprocessing>,
        mut rng: R,
    ) -> Result<Self> {
        let mut engine = Engine::new(index, parties, preprocessing)?;
        let seeds = Seeds::default();
        let agreed = Slot::new(Kind::Bit, 0);
        let (party, place, done) = (engine.party(), Rc::clone(&seeds), agreed.clone());
        let _ = engine.spawn(async move {
            let result = Pairwise::agree(&party, suite, &mut rng).await;
            let result = result.map(|pairwise| {
                *place.borrow_mut() = Some(Rc::new(pairwise));
                Zeroizing::new(Vec::new())
            });
            done.put(result);
        });
        Ok(Self {
            engine,
            generator: None,
            making: false,
            delivery: None,
            format,
            seeds,
            agreed,
            values: Values::new(),
            openings: BTreeMap::new(),
            waiting: Vec::new(),
            program: Program::default(),
        })
    }

    /// A party of a computation without a dealer: the parties make their correlations by oblivious transfer. `session` are 32 bytes that all of them know and use once;
    /// `ahead` words of correlations, about, are held at a time.
    ///
    /// # Errors
    ///
    /// Those of [`Session::new`]; [`ErrorKind::Randomness`] if the generator of random bytes fails.
    pub fn without_dealer<R: TryCryptoRng + 'static>(
        session: &[u8; 32],
        index: usize,
        parties: usize,
        format: Format,
        suite: Suite,
        ahead: usize,
        mut rng: R,
    ) -> Result<Self> {
        let mut generator = Generator::new(suite, session, index, parties, ahead, &mut rng)?;
        let source = Box::new(generator.begin(&[])?);
        let made = Self::new(index, parties, format, suite, source, rng)?;
        Ok(Self { generator: Some(generator), ..made })
    }

    /// The same with base transfers that this party keeps with each other one (`kept`, in the order of the places, none in its own), so that no session but the first pays for them.
    ///
    /// # Errors
    ///
    /// Those of [`Generator::with_base_transfers`] and [`Session::new`].
    pub fn with_base_transfers<R: TryCryptoRng + 'static>(
        session: &[u8; 32],
        index: usize,
        format: Format,
        suite: Suite,
        ahead: usize,
        kept: &mut [Option<&mut BaseTransfers>],
        mut rng: R,
    ) -> Result<Self> {
        let mut generator = Generator::with_base_transfers(suite, session, index, kept, ahead, &mut rng)?;
        let source = Box::new(generator.begin(&[])?);
        let made = Self::new(index, kept.len(), format, suite, source, rng)?;
        Ok(Self { generator: Some(generator), ..made })
    }

    /// A party of a computation whose dealer is elsewhere and gave it this seed. Party `corrected` asks it for corrections: whatever [`Rounds::request`] gives goes to the dealer, also
    /// while messages are exchanged, and what comes goes to [`Rounds::supply`]. [`Rounds::advance`] gives [`Progress::Preprocessing`] there where it cannot go on without.
    ///
    /// # Errors
    ///
    /// Those of [`Session::new`], also for a corrected party that is none.
    pub fn with_dealer<R: TryCryptoRng + 'static>(
        index: usize,
        parties: usize,
        format: Format,
        suite: Suite,
        seed: Seed,
        corrected: usize,
        rng: R,
    ) -> Result<Self> {
        if corrected >= parties {
            return Err(ErrorKind::InvalidArgument.bound(parties as u64));
        }
        if index != corrected {
            return Self::new(index, parties, format, suite, Box::new(Dealt::seeded(suite, seed)), rng);
        }
        let (delivery, source) = Delivery::new(suite, seed);
        let made = Self::new(index, parties, format, suite, Box::new(source), rng)?;
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

    /// What was sent and used so far, without what makes correlations.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.engine.cost()
    }

    /// What was sent to make correlations; nothing where a dealer does.
    #[must_use]
    pub fn making_cost(&self) -> Cost {
        self.generator.as_ref().map(Generator::cost).unwrap_or_default()
    }

    /// Kind and length of a value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for a number that no value has.
    pub fn form(&self, value: ValueId) -> Result<(Kind, usize)> {
        self.values.slot(value).map(|slot| (slot.kind, slot.length))
    }

    /// Numbers that party `owner` gives, `numbers`, and the others do not know: they say how many there are, and of which kind.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] unless the owner is a party, and it alone gives numbers, of the kind stated; [`ErrorKind::InvalidLength`] for another number of
    /// them; [`ErrorKind::NotFinite`] and [`ErrorKind::OutOfRange`] for real numbers that do not fit the format. Nothing has begun then.
    pub fn input(&mut self, owner: usize, kind: Kind, length: usize, numbers: Option<&Public>) -> Result<ValueId> {
        let words = arguments::input(&self.engine.party(), &self.format, owner, (kind, length), numbers)?;
        self.called(Call::Input, &program::form(owner, kind, length), None);
        let output = Slot::new(kind, length);
        let (place, seeds, agreed) = (output.clone(), Rc::clone(&self.seeds), self.agreed.clone());
        let _ = self.engine.spawn(async move {
            place.put(match with_seeds(&agreed, &seeds).await {
                Ok(pairwise) => pairwise.input(owner, length, words.as_deref().map(Vec::as_slice)),
                Err(error) => Err(error),
            });
        });
        Ok(self.values.add(output))
    }

    /// This party's shares of words that somebody from outside gives: every party takes part with its own, and their sums are the numbers.
    pub fn shares(&mut self, kind: Kind, words: &[u64]) -> ValueId {
        self.called(Call::Shares, &[kind as u64, words.len() as u64], None);
        self.given(kind, words)
    }

    fn given(&mut self, kind: Kind, words: &[u64]) -> ValueId {
        let output = Slot::new(kind.max(Kind::Integer), words.len());
        output.put(Ok(Zeroizing::new(words.to_vec())));
        self.values.add(output)
    }

    /// Numbers that everybody knows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFinite`] and [`ErrorKind::OutOfRange`] for real numbers that do not fit the format.
    pub fn public(&mut self, numbers: &Public) -> Result<ValueId> {
        let mut words = Zeroizing::new(numbers.words(numbers.kind(), &self.format)?);
        if self.index() != 0 {
            words.fill(0);
        }
        self.called(Call::Public, &[], Some(numbers));
        Ok(self.given(numbers.kind(), &words))
    }

    /// How many values an operation on these gives.
    ///
    /// # Errors
    ///
    /// As [`Session::apply`].
    pub fn outputs(&self, operation: &Operation, inputs: &[ValueId]) -> Result<usize> {
        let forms = inputs.iter().map(|id| self.form(*id)).collect::<Result<Vec<(Kind, usize)>>>()?;
        operation.forms(&forms).map(|forms| forms.len())
    }

    /// Asks for an operation on values; what comes out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for a number that no value has, another number of inputs, or kinds that the operation does not take; [`ErrorKind::InvalidLength`]
    /// where lengths do not fit.
    pub fn apply(&mut self, operation: Operation, inputs: &[ValueId]) -> Result<Vec<ValueId>> {
        let ids: Vec<u64> = inputs.iter().map(|id| id.0).collect();
        let inputs = inputs.iter().map(|id| self.values.slot(*id).cloned()).collect::<Result<Vec<Slot>>>()?;
        let forms: Vec<(Kind, usize)> = inputs.iter().map(|slot| (slot.kind, slot.length)).collect();
        let outputs: Vec<Slot> =
            operation.forms(&forms)?.into_iter().map(|(kind, length)| Slot::new(kind, length)).collect();
        self.program.operation(&operation);
        self.called(Call::Apply, &ids, None);
        self.waiting.push(Step { operation, inputs, outputs: outputs.clone() });
        Ok(outputs.into_iter().map(|slot| self.values.add(slot)).collect())
    }

    /// The rows of a value with so many columns in an order that nobody knows.
    ///
    /// # Errors
    ///
    /// Those of [`Session::apply`]; [`ErrorKind::Randomness`] if the generator fails.
    pub fn shuffle<R: TryCryptoRng>(&mut self, value: ValueId, columns: usize, rng: &mut R) -> Result<ValueId> {
        let (_, length) = self.form(value)?;
        #[allow(clippy::integer_division_remainder_used, reason = "of lengths, which are public")]
        let rows = length.checked_div(columns).filter(|rows| rows * columns == length);
        let rows = rows.ok_or_else(|| ErrorKind::InvalidLength.bound(columns as u64))?;
        let own = Rc::new(Permutation::random(rows, rng)?);
        let made = self.apply(Operation::Shuffle { columns, own }, &[value])?;
        made.first().copied().ok_or_else(|| ErrorKind::InvalidArgument.into())
    }

    /// Asks that a value becomes known to these parties, which rise, and to nobody else. What they get tells nothing else: the shares are made uniform before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for a number that no value has, and for parties that are none or do not rise.
    pub fn open(&mut self, value: ValueId, receivers: &[usize]) -> Result<ResultId> {
        let numbers = arguments::receivers(&self.engine.party(), receivers)?;
        let id = value.0;
        let mut value = self.values.slot(value)?.clone();
        self.called(Call::Open, &[id], None);
        self.called(Call::Open, &numbers, None);
        let kind = value.kind;
        if kind == Kind::Bit {
            let words = Slot::new(Kind::Integer, value.length);
            let step = Step {
                operation: Operation::Convert(Kind::Integer),
                inputs: vec![value],
                outputs: vec![words.clone()],
            };
            self.waiting.push(step);
            value = words;
        }
        let (party, seeds, agreed) = (self.engine.party(), Rc::clone(&self.seeds), self.agreed.clone());
        let receivers = receivers.to_vec();
        let outcome = self.engine.spawn(async move {
            let pairwise = with_seeds(&agreed, &seeds).await?;
            let words = value.shares().await?;
            protocol::output(&party, &pairwise, &receivers, &words).await
        });
        let id = self.values.number();
        self.openings.insert(id, (kind, outcome));
        Ok(ResultId(id))
    }

    /// Forgets a value, and wipes it once nothing that was asked for needs it.
    pub fn forget(&mut self, value: ValueId) {
        self.values.forget(value);
    }

    /// What was opened, once; `None` while it is not there.
    pub fn take(&mut self, result: ResultId) -> Option<Result<Opened>> {
        let (kind, outcome) = self.openings.get(&result.0)?;
        let kind = *kind;
        let words = outcome.take()?;
        self.openings.remove(&result.0);
        Some(words.map(|words| Opened { kind, words }))
    }

    /// Why a value could not be made, if it could not.
    ///
    /// # Errors
    ///
    /// That of the operation that failed, or of [`Session::form`].
    pub fn check(&self, value: ValueId) -> Result<()> {
        self.values.slot(value)?.peek().map_or(Ok(()), |result| result.map(|_| ()))
    }

    /// This party's shares of a value, if they are there: for learners who look at a computation from inside, and for values that leave for another session. Bits are packed.
    ///
    /// # Errors
    ///
    /// As [`Session::check`].
    pub fn own_shares(&self, value: ValueId) -> Result<Option<Zeroizing<Vec<u64>>>> {
        self.values.slot(value)?.peek().transpose().map(|words| words.map(|words| (*words).clone()))
    }

    /// What the message of the present round to a party is made of, after its first eight bytes: the parts in their order, each with its bytes. For learners; nothing depends on it.
    #[must_use]
    pub fn contents(&self, to: usize) -> Vec<(Content, usize)> {
        match &self.generator {
            Some(generator) if self.making => {
                let bytes = generator.size(to).saturating_sub(size_of::<u64>());
                vec![(Content::Other, bytes)]
            }
            _ => self.engine.contents(to),
        }
    }

    /// Notes a call that all parties make, for the comparison of programs.
    fn called(&mut self, call: Call, numbers: &[u64], public: Option<&Public>) {
        if let Some(public) = public {
            self.program.public(public);
        }
        self.program.call(call, numbers);
        self.engine.set_program(self.program.tag());
    }

    /// Starts what was asked for. Everything asked for before has ended, so it runs as a rehearsal does.
    fn begin_waiting(&mut self) -> Result<()> {
        // To rehearse takes as long as to compute, which is little for a short batch and spares waits for a dealer; a long one asks when it needs something.
        let size = self.waiting.iter().map(Step::size).sum::<usize>();
        let waits = self.waiting.iter().any(|step| step.may_wait(&self.format));
        if self.generator.is_some() || (self.delivery.is_some() && waits && size <= MOST_REHEARSED) {
            let plan = self.plan()?;
            if let Some(generator) = &mut self.generator {
                generator.announce(&plan);
            }
            if let Some(delivery) = &mut self.delivery {
                delivery.announce(&plan);
            }
        }
        for step in core::mem::take(&mut self.waiting) {
            begin(&mut self.engine, self.format, &step);
        }
        Ok(())
    }
}

impl Rounds for Session {
    fn advance(&mut self) -> Result<Progress> {
        let mut asked = false;
        loop {
            if self.making
                && let Some(generator) = &mut self.generator
            {
                if generator.advance()? == Progress::Exchange {
                    return Ok(Progress::Exchange);
                }
                self.making = false;
                if asked {
                    return Ok(Progress::Preprocessing);
                }
            }
            match self.engine.advance() {
                Progress::Finished if !self.waiting.is_empty() => self.begin_waiting()?,
                Progress::Preprocessing if self.generator.is_some() => (self.making, asked) = (true, true),
                progress => return Ok(progress),
            }
        }
    }

    fn size(&self, to: usize) -> usize {
        match &self.generator {
            Some(generator) if self.making => generator.size(to),
            _ => self.engine.size(to),
        }
    }

    fn write(&self, to: usize, out: &mut Vec<u8>) {
        match &self.generator {
            Some(generator) if self.making => generator.write(to, out),
            _ => self.engine.write(to, out),
        }
    }

    fn awaited(&self, from: usize) -> usize {
        match &self.generator {
            Some(generator) if self.making => generator.awaited(from),
            _ => self.engine.awaited(from),
        }
    }

    fn room(&mut self, from: usize) -> Zeroizing<Vec<u8>> {
        match &mut self.generator {
            Some(generator) if self.making => generator.room(from),
            _ => self.engine.room(from),
        }
    }

    fn take(&mut self, from: usize, message: Zeroizing<Vec<u8>>) -> Result<()> {
        match &mut self.generator {
            Some(generator) if self.making => generator.take(from, message),
            _ => self.engine.take(from, message),
        }
    }

    fn request(&mut self) -> Result<Option<Query>> {
        let request = self.delivery.as_mut().map_or(Ok(None), Delivery::request)?;
        Ok(request.map(|request| request.query()))
    }

    fn supply(&mut self, piece: &[u8]) -> Result<()> {
        self.delivery.as_mut().map_or_else(|| Err(ErrorKind::OutOfOrder.into()), |delivery| delivery.take(piece))
    }
}

/// Starts a step on an engine.
fn begin(engine: &mut Engine, format: Format, step: &Step) {
    let Step { operation, inputs, outputs } = step.clone();
    let protocol = evaluate::evaluate(engine.party(), format, operation, inputs, outputs);
    let _ = engine.spawn(protocol);
}

/// The seeds of pairs, once they are agreed.
async fn with_seeds(agreed: &Slot, seeds: &Seeds) -> Result<Rc<Pairwise>> {
    agreed.shares().await?;
    seeds.borrow().clone().ok_or_else(|| ErrorKind::OutOfOrder.into())
}
