//! Sessions: values by number, where they come from, and what they cost.

use alloc::collections::BTreeMap;

use cloakwork_core::mpc::dealer::SEED_SIZE;
use cloakwork_core::mpc::engine::Cost;
use cloakwork_core::mpc::protocol::{Format, Rounding};
use cloakwork_core::mpc::session::{Kind, Opened, Public, Session, ValueId, verified};
use cloakwork_core::prg::Suite;
#[cfg(feature = "net")]
use cloakwork_net::Mesh;

use crate::boundary::boundary;
use crate::handle::{self, Exclusive, Opaque, kind};
use crate::mpc::alone::Alone;
use crate::mpc::computation::Computation;
use crate::mpc::dealer::cloak_mpc_dealer;
use crate::mpc::drawn::Drawn;
use crate::pointer::{Buffer, Out, array, optional, slice, value};
use crate::rng::{Generator, cloak_rng};
use crate::status::{Checked, cloak_status};
use crate::values::{cloak_type, cloak_values};

/// One party's side of a computation. All parties make the same calls in the same order; nothing is sent before `cloak_mpc_advance`.
///
/// In verified mode (`cloak_mpc_config.verified`) parties that do what they like are caught before an output is given. It has a dealer, dithered rounding, and
/// the operations of which `cloak_mpc_operation_type` says so; anything else is `CLOAK_ERR_NOT_VERIFIED`. What was asked for runs, is checked, and then opens together. A check that fails ends
/// the session at all parties that follow the protocol, in the same round: every call, `cloak_mpc_advance` and `cloak_mpc_run` first, then returns
/// `CLOAK_ERR_NOT_AUTHENTIC`, with the party where one is to blame, or `CLOAK_ERR_STOPPED`, with the party that found an error.
#[derive(Debug)]
pub struct cloak_mpc_session {
    _opaque: (),
}

impl Opaque for cloak_mpc_session {
    type Object = SessionObject;
    const KIND: u32 = kind(b"CWm");
}

/// What a session handle holds: the computation, what was opened and not forgotten, and the links that its rounds go over, if they are this library's.
#[derive(Debug)]
pub(crate) struct SessionObject {
    computation: Alone<Computation>,
    pub(crate) opened: BTreeMap<u64, Opened>,
    #[cfg(feature = "net")]
    pub(crate) mesh: Option<Mesh>,
}

impl SessionObject {
    const fn new(computation: Computation) -> Self {
        Self {
            computation: Alone::new(computation),
            opened: BTreeMap::new(),
            #[cfg(feature = "net")]
            mesh: None,
        }
    }

    /// A session with links.
    #[cfg(feature = "net")]
    pub(crate) const fn connected(computation: Computation, mesh: Mesh) -> Self {
        Self { computation: Alone::new(computation), opened: BTreeMap::new(), mesh: Some(mesh) }
    }

    /// The computation, and its links.
    #[cfg(feature = "net")]
    pub(crate) fn parts(&mut self) -> (&mut Computation, Option<&mut Mesh>) {
        (self.computation.get(), self.mesh.as_mut())
    }

    /// Refuses messages of a caller where this library carries them.
    pub(crate) const fn is_for_hand(&self) -> Checked<()> {
        #[cfg(feature = "net")]
        if self.mesh.is_some() {
            return Err(cloak_status::CLOAK_ERR_OUT_OF_ORDER);
        }
        Ok(())
    }
}

impl Exclusive<'_, cloak_mpc_session> {
    pub(crate) fn session(&mut self) -> &mut Computation {
        self.computation.get()
    }
}

/// What the elements of a value are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_mpc_kind {
    /// Truth values, which are 0 and 1 where numbers are needed.
    CLOAK_MPC_BIT = 0,
    /// Whole numbers of 64 bits with a sign.
    CLOAK_MPC_INTEGER = 1,
    /// Real numbers with the session's fraction bits.
    CLOAK_MPC_REAL = 2,
}

const _: () = assert!(cloak_mpc_kind::CLOAK_MPC_BIT as u8 == Kind::Bit as u8);
const _: () = assert!(cloak_mpc_kind::CLOAK_MPC_INTEGER as u8 == Kind::Integer as u8);
const _: () = assert!(cloak_mpc_kind::CLOAK_MPC_REAL as u8 == Kind::Real as u8);

pub(crate) fn kind_of(number: i32) -> Checked<Kind> {
    let kinds = [Kind::Bit, Kind::Integer, Kind::Real];
    kinds.into_iter().find(|kind| i32::from(*kind as u8) == number).ok_or(cloak_status::CLOAK_ERR_INVALID_ARGUMENT)
}

/// How products lose the fraction bits that they have too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_mpc_rounding {
    /// Up or down by a public dither: the fewest rounds.
    CLOAK_MPC_DITHERED = 0,
    /// Down; results do not depend on randomness or on the number of parties.
    CLOAK_MPC_DOWN = 1,
    /// To the nearest, halves up; results do not depend on randomness or on the number of parties.
    CLOAK_MPC_NEAREST = 2,
}

/// What all parties of a session agree on, and which of them this is.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_mpc_config {
    /// Number of parties, 2 or more.
    pub parties: u32,
    /// The place of this one, from 0.
    pub index: u32,
    /// One of `cloak_mpc_rounding`.
    pub rounding: i32,
    /// Bits of a real number after the point, up to 30; 11 to 24 for functions.
    pub fraction: u8,
    /// Bits that comparisons of real numbers open: a number times two to the fraction stays below two to this less 2.
    pub bits: u8,
    /// The cipher of all streams, 1 or 2.
    pub suite: u8,
    /// 1 for verified mode, 0 for none (see `cloak_mpc_session`).
    pub verified: u8,
}

/// A config, checked.
pub(crate) struct Setting {
    pub(crate) index: usize,
    pub(crate) parties: usize,
    pub(crate) format: Format,
    pub(crate) suite: Suite,
    pub(crate) verified: bool,
}

impl Setting {
    pub(crate) fn new(config: cloak_mpc_config) -> Checked<Self> {
        let number = |number: u32| usize::try_from(number).map_err(|_| cloak_status::CLOAK_ERR_INVALID_ARGUMENT);
        let rounding = match config.rounding {
            0 => Rounding::Dithered,
            1 => Rounding::Down,
            2 => Rounding::Nearest,
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        };
        let verified = match config.verified {
            0 => false,
            1 => true,
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        };
        // Exact rounding takes comparisons.
        if verified && rounding != Rounding::Dithered {
            return Err(cloak_status::CLOAK_ERR_NOT_VERIFIED);
        }
        Ok(Self {
            index: number(config.index)?,
            parties: number(config.parties)?,
            format: Format::new(config.fraction.into(), config.bits.into(), rounding)?,
            suite: Suite::new(config.suite)?,
            verified,
        })
    }

    /// Refuses verified mode, whose correlations parties do not make themselves.
    pub(crate) const fn without_dealer(&self) -> Checked<()> {
        if self.verified { Err(cloak_status::CLOAK_ERR_NOT_VERIFIED) } else { Ok(()) }
    }

    /// The random bytes that a party needs for itself: a seed for each party, and two more where it makes correlations; in verified mode one.
    pub(crate) fn draw(&self, generator: Generator) -> Checked<Drawn> {
        Drawn::new(generator, SEED_SIZE * (self.parties.saturating_add(2)))
    }
}

pub(crate) fn finish(computation: Computation, out: Out<*mut cloak_mpc_session>) -> Checked<()> {
    out.write(handle::allocate::<cloak_mpc_session>(SessionObject::new(computation))?.as_ptr());
    Ok(())
}

/// A party whose correlated randomness comes from a dealer in the same program. A dealer serves each party once.
///
/// Hosts only. The caller ends it with `cloak_mpc_session_free`.
///
/// @param config  the agreement
/// @param dealer  the dealer, for as many parties and with the same suite; it may be freed while the session lives
/// @param rng     source of what this party draws, all within this call; NULL for that of the operating system
/// @param out     the session
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for a number outside of its range or another dealer; `CLOAK_ERR_UNSUPPORTED` for another suite; `CLOAK_ERR_DUPLICATE`
///         for a party that the dealer has served; `CLOAK_ERR_NOT_VERIFIED` for exact rounding in verified mode; `CLOAK_ERR_RANDOMNESS`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_session_new(
    config: *const cloak_mpc_config,
    dealer: *mut cloak_mpc_dealer,
    rng: *const cloak_rng,
    out: *mut *mut cloak_mpc_session,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let config = unsafe { value(config) }?;
        // SAFETY: header, "Pointers".
        let generator = unsafe { Generator::new(rng) }?;
        // SAFETY: header, "Handles".
        let mut dealer = unsafe { handle::exclusive(dealer) }?;
        let setting = Setting::new(config)?;
        if setting.parties != dealer.parties() || setting.suite != dealer.suite() {
            return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT);
        }
        let mut drawn = setting.draw(generator)?;
        let Setting { index, parties, format, suite, verified } = setting;
        let computation = if verified {
            let source = dealer.verified_source(index)?;
            verified::Session::new(index, parties, format, source, &mut drawn)?.into()
        } else {
            let source = dealer.source(index)?;
            Session::new(index, parties, format, suite, source, drawn)?.into()
        };
        finish(computation, out)
    })
}

/// A party of a computation without a dealer: the parties make correlated randomness by oblivious transfer, before each batch of operations.
///
/// Hosts only. The caller ends it with `cloak_mpc_session_free`.
///
/// @param config   the agreement
/// @param session  32 bytes that all parties know and use once
/// @param ahead    about how many words of correlated randomness are held at a time
/// @param rng      source of what this party draws, all within this call; NULL for that of the operating system
/// @param out      the session
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for a number outside of its range; `CLOAK_ERR_UNSUPPORTED` for another suite; `CLOAK_ERR_NOT_VERIFIED` for verified mode, which
///         has a dealer; `CLOAK_ERR_RANDOMNESS`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_session_new_without_dealer(
    config: *const cloak_mpc_config,
    session: *const u8,
    ahead: usize,
    rng: *const cloak_rng,
    out: *mut *mut cloak_mpc_session,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let config = unsafe { value(config) }?;
        // SAFETY: header, "Pointers".
        let generator = unsafe { Generator::new(rng) }?;
        // SAFETY: header, "Pointers".
        let session = unsafe { array(session) }?;
        let setting = Setting::new(config)?;
        setting.without_dealer()?;
        let drawn = setting.draw(generator)?;
        let Setting { index, parties, format, suite, .. } = setting;
        let made = Session::without_dealer(&session, index, parties, format, suite, ahead, drawn)?;
        finish(made.into(), out)
    })
}

/// Ends a session. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_session_free(session: *mut cloak_mpc_session) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { handle::end(session) });
}

/// Public numbers of a caller.
///
/// # Safety
/// Header, "Pointers".
pub(crate) unsafe fn public(values: cloak_values) -> Checked<Public> {
    match cloak_type::new(values.r#type)? {
        // SAFETY: the caller's obligation; numbers have every bit pattern.
        cloak_type::CLOAK_F64 => Ok(Public::Reals(unsafe { slice(values.data.cast(), values.length) }?.to_vec())),
        // SAFETY: as above.
        cloak_type::CLOAK_I64 => Ok(Public::Integers(unsafe { slice(values.data.cast(), values.length) }?.to_vec())),
        _ => Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
    }
}

/// Numbers that one party gives and the others do not learn. All parties make this call; the owner alone has the numbers.
///
/// @param owner    the party
/// @param kind     `CLOAK_MPC_INTEGER` or `CLOAK_MPC_REAL`
/// @param length   how many numbers
/// @param numbers  at the owner its numbers, `CLOAK_I64` or `CLOAK_F64`; NULL at all others
/// @param value    the value
/// @return `CLOAK_ERR_INVALID_ARGUMENT` unless the owner alone gives numbers, of that kind; `CLOAK_ERR_INVALID_LENGTH`; `CLOAK_ERR_NOT_FINITE` and
///         `CLOAK_ERR_OUT_OF_RANGE` for real numbers that do not fit
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_input(
    session: *mut cloak_mpc_session,
    owner: u32,
    kind: i32,
    length: usize,
    numbers: *const cloak_values,
    value: *mut u64,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(value) }?;
        // SAFETY: header, "Pointers".
        let numbers = unsafe { optional(numbers) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        // SAFETY: header, "Pointers".
        let numbers = numbers.map(|numbers| unsafe { public(numbers) }).transpose()?;
        let owner = usize::try_from(owner).map_err(|_| cloak_status::CLOAK_ERR_INVALID_ARGUMENT)?;
        out.write(session.session().input(owner, kind_of(kind)?, length, numbers.as_ref())?.0);
        Ok(())
    })
}

/// Numbers that everybody knows, as a value.
///
/// @param numbers  `CLOAK_I64` or `CLOAK_F64`
/// @param value    the value
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for another type; `CLOAK_ERR_NOT_FINITE` and `CLOAK_ERR_OUT_OF_RANGE` for real numbers that do not fit
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_public(
    session: *mut cloak_mpc_session,
    numbers: *const cloak_values,
    value: *mut u64,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(value) }?;
        // SAFETY: header, "Pointers".
        let numbers = unsafe { crate::pointer::value(numbers) }?;
        // SAFETY: header, "Pointers".
        let numbers = unsafe { public(numbers) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        out.write(session.session().public(&numbers)?.0);
        Ok(())
    })
}

/// This party's shares of words that somebody from outside gives: their sums over all parties, modulo 2^64, are the words.
///
/// @param kind    `CLOAK_MPC_INTEGER` or `CLOAK_MPC_REAL`
/// @param words   the shares, which are secret
/// @param length  how many
/// @param value   the value
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for another kind; `CLOAK_ERR_NOT_VERIFIED` in verified mode
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_shares(
    session: *mut cloak_mpc_session,
    kind: i32,
    words: *const u64,
    length: usize,
    value: *mut u64,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(value) }?;
        // SAFETY: header, "Pointers".
        let words = unsafe { slice(words, length) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        let kind = kind_of(kind)?;
        if kind == Kind::Bit {
            return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT);
        }
        out.write(session.session().shares(kind, words)?.0);
        Ok(())
    })
}

/// Kind and length of a value.
///
/// @param value   the value
/// @param kind    one of `cloak_mpc_kind`
/// @param length  how many elements
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for a number that no value has
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_get_form(
    session: *mut cloak_mpc_session,
    value: u64,
    kind: *mut i32,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let kind = unsafe { Out::new(kind) }?;
        // SAFETY: header, "Pointers".
        let length = unsafe { Out::new(length) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        let (found, elements) = session.session().form(ValueId(value))?;
        kind.write(i32::from(found as u8));
        length.write(elements);
        Ok(())
    })
}

/// Why a value could not be made, if it could not; `CLOAK_OK` while nobody knows.
///
/// @param value  the value
/// @return that of what failed; `CLOAK_ERR_INVALID_ARGUMENT` for a number that no value has
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_check(session: *mut cloak_mpc_session, value: u64) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        Ok(session.session().check(ValueId(value))?)
    })
}

/// Forgets a value, which is wiped once nothing that was asked for needs it. A number that no value has is fine.
///
/// @param value  the value
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_forget(session: *mut cloak_mpc_session, value: u64) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        session.session().forget(ValueId(value));
        Ok(())
    })
}

/// This party's shares of a value, which are secret: for learners who look at a computation from inside. Truth values are packed, 64 to a word.
///
/// @param value     the value
/// @param out       the words
/// @param capacity  words that fit in `out`
/// @param length    words of the value
/// @return `CLOAK_ERR_OUT_OF_ORDER` while the value is not made; what `cloak_mpc_check` says of it; `CLOAK_ERR_NOT_VERIFIED` in verified mode
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_own_shares(
    session: *mut cloak_mpc_session,
    value: u64,
    out: *mut u64,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        let words = session.session().own_shares(ValueId(value))?.ok_or(cloak_status::CLOAK_ERR_OUT_OF_ORDER)?;
        out.copy(&words)
    })
}

/// What something costs.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_mpc_cost {
    /// Messages to each other party.
    pub rounds: u64,
    /// Bytes to that other party which gets most, without the eight that count rounds.
    pub bytes: u64,
    /// Words of corrections from a dealer.
    pub corrections: u64,
}

impl From<Cost> for cloak_mpc_cost {
    fn from(cost: Cost) -> Self {
        Self { rounds: cost.rounds, bytes: cost.bytes, corrections: cost.corrections }
    }
}

/// What was sent and used so far.
///
/// @param computing  by operations, inputs and openings
/// @param making     by what makes correlated randomness without a dealer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_get_cost(
    session: *mut cloak_mpc_session,
    computing: *mut cloak_mpc_cost,
    making: *mut cloak_mpc_cost,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let computing = unsafe { Out::new(computing) }?;
        // SAFETY: header, "Pointers".
        let making = unsafe { Out::new(making) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        computing.write(session.session().cost().into());
        making.write(session.session().making_cost().into());
        Ok(())
    })
}

/// What the operations will cost that were asked for and have not begun, exactly: nothing in a program depends on a value. Openings are not in it; one takes a round and eight bytes an element.
///
/// In verified mode inputs, public numbers and openings are in it: steps are all calls that gave a value, in their order, then the openings, each as if nothing was to be checked
/// before it.
///
/// @param total     all of them, side by side where they are independent
/// @param steps     each by itself, in the order in which they were asked for
/// @param capacity  steps that fit
/// @param length    how many steps there are
/// @return what an operation fails with that fails whatever the values are; `CLOAK_ERR_OUT_OF_ORDER` in verified mode while something runs
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_explain(
    session: *mut cloak_mpc_session,
    total: *mut cloak_mpc_cost,
    steps: *mut cloak_mpc_cost,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let total = unsafe { Out::new(total) }?;
        // SAFETY: header, "Pointers".
        let steps = unsafe { Buffer::new(steps, capacity, length) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        let explained = session.session().explain()?;
        steps.copy_all(|| explained.steps.iter().map(|step| step.cost.into()))?;
        total.write(explained.total.into());
        Ok(())
    })
}
