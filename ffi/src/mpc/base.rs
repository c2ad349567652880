//! Base transfers that a pair of parties keeps for many sessions without a dealer.

use alloc::vec::Vec;

use cloakwork_core::mpc::oblivious::{BaseExchange, BaseTransfers};
use cloakwork_core::mpc::session::Session;

use crate::boundary::boundary;
use crate::error::{Report, cloak_error};
use crate::handle::{self, Exclusive, Opaque, kind};
use crate::mpc::session::{Setting, cloak_mpc_config, cloak_mpc_session, finish};
use crate::pointer::{Buffer, Out, array, out_array, slice, value};
use crate::rng::{Generator, cloak_rng};
use crate::sizes::CLOAK_HASH_SIZE;
use crate::status::{Checked, cloak_status};

/// One side's base transfers of a pair of parties, from which they make correlated randomness in many sessions. Secret, and never written down.
///
/// Both sides give each other the message of `cloak_mpc_base_message` twice; then the transfers are ready.
#[derive(Debug)]
pub struct cloak_mpc_base {
    _opaque: (),
}

impl Opaque for cloak_mpc_base {
    type Object = Base;
    const KIND: u32 = kind(b"CWb");
}

/// What a handle holds: nothing for an instant, while what is being made becomes what is kept.
#[derive(Debug)]
pub(crate) enum Base {
    Making(Option<BaseExchange>),
    Kept(BaseTransfers),
}

impl Base {
    const fn making(&mut self) -> Checked<&mut BaseExchange> {
        match self {
            Self::Making(Some(exchange)) => Ok(exchange),
            _ => Err(cloak_status::CLOAK_ERR_OUT_OF_ORDER),
        }
    }

    const fn kept(&self) -> Checked<&BaseTransfers> {
        match self {
            Self::Kept(kept) => Ok(kept),
            Self::Making(_) => Err(cloak_status::CLOAK_ERR_OUT_OF_ORDER),
        }
    }
}

/// Begins to make the base transfers of a pair.
///
/// Hosts only, as everything of base transfers. The caller ends it with `cloak_mpc_base_free`.
///
/// @param name  32 bytes that both sides know and use once
/// @param side  0 on one side, 1 on the other
/// @param rng   source of what this side draws, all within this call; NULL for that of the operating system
/// @param out   the transfers
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for another side; `CLOAK_ERR_RANDOMNESS`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_base_new(
    name: *const u8,
    side: u32,
    rng: *const cloak_rng,
    out: *mut *mut cloak_mpc_base,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let name = unsafe { array(name) }?;
        // SAFETY: header, "Pointers".
        let mut generator = unsafe { Generator::new(rng) }?;
        let side = usize::try_from(side).map_err(|_| cloak_status::CLOAK_ERR_INVALID_ARGUMENT)?;
        let exchange = BaseExchange::new(&name, side, &mut generator)?;
        out.write(handle::allocate::<cloak_mpc_base>(Base::Making(Some(exchange)))?.as_ptr());
        Ok(())
    })
}

/// Ends base transfers; sessions that began with them go on. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_base_free(base: *mut cloak_mpc_base) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { handle::end(base) });
}

/// What is to be sent to the other side now, of no bytes once the transfers are ready. It has to reach that side unread and unchanged by anybody else.
///
/// @param out       the message
/// @param capacity  bytes that fit in `out`
/// @param length    bytes of the message
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_base_message(
    base: *const cloak_mpc_base,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?;
        // SAFETY: header, "Handles".
        let base = unsafe { handle::shared(base) }?;
        out.copy(match base {
            Base::Making(Some(exchange)) => exchange.message(),
            _ => &[],
        })
    })
}

/// Takes the other side's next message, after this side's was taken. One that is refused changes nothing.
///
/// @param message  the message
/// @param length   bytes of `message`
/// @return `CLOAK_ERR_MALFORMED` for another length; `CLOAK_ERR_NON_CANONICAL` and `CLOAK_ERR_LOW_ORDER_KEY` for what is no element, or zero; `CLOAK_ERR_REPEATED_KEY` for what this
///         side sent; `CLOAK_ERR_OUT_OF_ORDER` once the transfers are ready
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_base_receive(
    base: *mut cloak_mpc_base,
    message: *const u8,
    length: usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let message = unsafe { slice(message, length) }?;
        // SAFETY: header, "Handles".
        let mut base = unsafe { handle::exclusive(base) }?;
        let exchange = base.making()?;
        exchange.receive(message)?;
        if exchange.message().is_empty() {
            let finished = match &mut *base {
                Base::Making(exchange) => exchange.take(),
                Base::Kept(_) => None,
            };
            *base = Base::Kept(finished.ok_or(cloak_status::CLOAK_ERR_OUT_OF_ORDER)?.finish()?);
        }
        Ok(())
    })
}

/// cbindgen:ptrs-as-arrays=[[id; 32]]
/// What both sides call their transfers: two sides that say the same have two sides of the same ones. Public.
///
/// @param id        32 bytes
/// @param sessions  how many sessions these have served, of 65536
/// @return `CLOAK_ERR_OUT_OF_ORDER` until the transfers are ready
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_base_get_id(
    base: *const cloak_mpc_base,
    id: *mut u8,
    sessions: *mut u32,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let id = unsafe { out_array::<CLOAK_HASH_SIZE>(id) }?;
        // SAFETY: header, "Pointers".
        let sessions = unsafe { Out::new(sessions) }?;
        // SAFETY: header, "Handles".
        let kept = unsafe { handle::shared(base) }?.kept()?;
        id.write(*kept.id());
        sessions.write(u32::try_from(kept.sessions()).unwrap_or(u32::MAX));
        Ok(())
    })
}

/// A party of a computation without a dealer, as by `cloak_mpc_session_new_without_dealer`, from base transfers that this party keeps with each other one: no session but the first one
/// pays for them. Any number of sessions may run at the same time.
///
/// Hosts only. The caller ends it with `cloak_mpc_session_free`.
///
/// @param config   the agreement
/// @param session  32 bytes that all parties know and use once
/// @param ahead    about how many words of correlated randomness are held at a time
/// @param bases    for each party the transfers that this one keeps with it, at both parties of the same id; what stands in the own place is not looked at
/// @param rng      source of what this party draws, all within this call; NULL for that of the operating system
/// @param out      the session
/// @param error    NULL, or where to report whom an error concerns
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for a number outside of its range, and, with the party, where its transfers are missing; `CLOAK_ERR_UNSUPPORTED` for another suite;
///         `CLOAK_ERR_NOT_VERIFIED` for verified mode, which has a dealer; `CLOAK_ERR_OUT_OF_ORDER` for transfers that are not ready; with the party `CLOAK_ERR_DUPLICATE` for a session that its transfers have served and `CLOAK_ERR_TOO_LONG` where these have
///         served all that they may; `CLOAK_ERR_RANDOMNESS`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_session_new_with_base(
    config: *const cloak_mpc_config,
    session: *const u8,
    ahead: usize,
    bases: *const *mut cloak_mpc_base,
    rng: *const cloak_rng,
    out: *mut *mut cloak_mpc_session,
    error: *mut cloak_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let report = unsafe { Report::new(error) }?;
        // SAFETY: header, "Pointers".
        let config = unsafe { value(config) }?;
        // SAFETY: header, "Pointers".
        let generator = unsafe { Generator::new(rng) }?;
        // SAFETY: header, "Pointers".
        let session = unsafe { array(session) }?;
        let setting = Setting::new(config)?;
        setting.without_dealer()?;
        // SAFETY: header, "Pointers".
        let bases = unsafe { slice(bases, setting.parties) }?;
        let mut handles: Vec<Option<Exclusive<'_, cloak_mpc_base>>> = Vec::with_capacity(bases.len());
        for (place, base) in bases.iter().enumerate() {
            let absent = place == setting.index || base.is_null();
            // SAFETY: header, "Handles".
            handles.push(if absent { None } else { Some(unsafe { handle::exclusive(*base) }?) });
        }
        let mut kept = Vec::with_capacity(handles.len());
        for handle in &mut handles {
            kept.push(match handle.as_mut().map(|handle| &mut **handle) {
                None => None,
                Some(Base::Kept(kept)) => Some(kept),
                Some(Base::Making(_)) => return Err(cloak_status::CLOAK_ERR_OUT_OF_ORDER),
            });
        }
        let drawn = setting.draw(generator)?;
        let Setting { index, format, suite, .. } = setting;
        let made = report.on(Session::with_base_transfers(&session, index, format, suite, ahead, &mut kept, drawn))?;
        finish(made.into(), out)
    })
}
