//! Parties and dealers of computations in processes of their own, over TLS.

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::c_char;
use core::time::Duration;
use std::net::TcpListener;

use cloakwork_core::agreement::{Identity, PublicKey};
use cloakwork_core::mpc::dealer::{Dealing, Service};
use cloakwork_core::mpc::session;
use cloakwork_net::{Dealer, Error, Limits, Member, Mesh, Session};
use rand_core::TryRng;

use crate::boundary::boundary;
use crate::handle;
use crate::identity::cloak_identity;
use crate::mpc::CORRECTED;
use crate::mpc::computation::Computation;
use crate::mpc::failure::{Place, cloak_mpc_failure};
use crate::mpc::session::{SessionObject, Setting, cloak_mpc_config, cloak_mpc_session};
use crate::pointer::{Out, optional, slice, value};
use crate::rng::{Generator, cloak_rng};
use crate::sizes::CLOAK_KEY_SIZE;
use crate::status::{Checked, cloak_status};
use crate::text;

/// Characters of an address, at most.
const LONGEST_ADDRESS: usize = 300;
/// Words of correlated randomness that parties without a dealer hold at a time, about.
const AHEAD: usize = 1 << 20;

/// A party, or the dealer, as the others know it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_mpc_member {
    /// Its public key, which the others pin.
    pub key: [u8; CLOAK_KEY_SIZE],
    /// Host and port, NUL-terminated: `localhost:7101`, `[2001:db8::1]:7101`. NULL where nobody calls it.
    pub address: *const c_char,
}

/// Limits of a computation over a network: every wait has one. Times are in seconds; 0 stands for what is usual.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_mpc_limits {
    /// How long others are waited for when a session begins; usually 60.
    pub connect: f64,
    /// How long a message of a round is waited for; usually 60.
    pub step: f64,
    /// How long the party with the corrections waits for those of a batch of operations, below `step`; usually 45.
    pub corrections: f64,
    /// How long a dealer waits for a request, or for the parties to end; usually 3600.
    pub idle: f64,
    /// Bytes of a message; usually 2^28.
    pub message: u32,
    /// Zero.
    pub reserved: u32,
}

/// Who takes part in a computation over a network, and where. All say the same, but for `listen`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_mpc_network {
    /// The parties in their order, as many as the config says.
    pub parties: *const cloak_mpc_member,
    /// The dealer, who is none of them; NULL where the parties make correlated randomness themselves.
    pub dealer: *const cloak_mpc_member,
    /// What the session is called; who calls it otherwise, or has another config, finds no partner.
    pub name: *const u8,
    /// Bytes of the name.
    pub name_length: usize,
    /// Where this one listens, NUL-terminated: `0.0.0.0:7101`.
    pub listen: *const c_char,
    /// Limits.
    pub limits: cloak_mpc_limits,
}

/// What a network says, checked.
struct Network {
    members: Vec<Member>,
    dealer: Option<Member>,
    name: Vec<u8>,
    listen: String,
    limits: Limits,
}

impl Network {
    /// Reads what a caller says.
    ///
    /// # Safety
    /// Header, "Pointers", for the network and all that it points to.
    unsafe fn new(network: *const cloak_mpc_network, config: &cloak_mpc_config) -> Checked<Self> {
        // SAFETY: the caller's obligation.
        let network = unsafe { value(network) }?;
        let parties = usize::try_from(config.parties).map_err(|_| cloak_status::CLOAK_ERR_INVALID_ARGUMENT)?;
        // SAFETY: the caller's obligation.
        let parties = unsafe { slice(network.parties, parties) }?;
        // SAFETY: the caller's obligation.
        let dealer = unsafe { optional(network.dealer) }?;
        // SAFETY: the caller's obligation.
        let name = unsafe { slice(network.name, network.name_length) }?;
        // What all have to agree on besides who they are.
        let rounding = u8::try_from(config.rounding).unwrap_or(u8::MAX);
        let settings = [config.fraction, config.bits, rounding, config.suite, config.verified];
        Ok(Self {
            // SAFETY: the caller's obligation.
            members: parties.iter().map(|party| unsafe { member(*party) }).collect::<Checked<_>>()?,
            // SAFETY: the caller's obligation.
            dealer: dealer.map(|dealer| unsafe { member(dealer) }).transpose()?,
            name: [&settings, name].concat(),
            // SAFETY: the caller's obligation.
            listen: unsafe { address(network.listen) }?,
            limits: limits(network.limits)?,
        })
    }

    fn listener(&self) -> Result<TcpListener, Error> {
        TcpListener::bind(&self.listen).map_err(|error| {
            Error::System(std::io::Error::new(error.kind(), alloc::format!("{}: {error}", self.listen)))
        })
    }

    fn session(&self, identity: &Identity) -> Result<Session, Error> {
        let members = self.members.clone();
        match self.dealer.clone() {
            Some(dealer) => Session::with_dealer(identity, members, dealer, &self.name),
            None => Session::new(identity, members, &self.name),
        }
    }
}

/// # Safety
/// Header, "Pointers", for the address.
unsafe fn member(member: cloak_mpc_member) -> Checked<Member> {
    let address = if member.address.is_null() {
        String::new()
    } else {
        // SAFETY: the caller's obligation.
        unsafe { address(member.address) }?
    };
    Ok(Member { key: PublicKey::from_bytes(member.key), address })
}

/// # Safety
/// Header, "Pointers".
unsafe fn address(address: *const c_char) -> Checked<String> {
    let mut buffer = [0; LONGEST_ADDRESS];
    // SAFETY: the caller's obligation.
    unsafe { text::bounded(address, &mut buffer) }.map(String::from)
}

fn limits(given: cloak_mpc_limits) -> Checked<Limits> {
    let usual = Limits::default();
    let time = |seconds: f64, usual: Duration| {
        let given = if seconds == 0.0 { Ok(usual) } else { Duration::try_from_secs_f64(seconds) };
        given.map_err(|_| cloak_status::CLOAK_ERR_INVALID_ARGUMENT)
    };
    let step = time(given.step, usual.step)?;
    // Who shortens the one shortens the other, unless it says otherwise.
    let corrections = time(given.corrections, usual.corrections.min(step.mul_f64(0.75)))?;
    if given.reserved != 0 || corrections >= step {
        return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT);
    }
    let message = if given.message == 0 { usual.message } else { given.message };
    Ok(Limits {
        connect: time(given.connect, usual.connect)?,
        step,
        corrections,
        idle: time(given.idle, usual.idle)?,
        message,
    })
}

/// Connects a party to all others, and to the dealer if there is one. All come within the limit for that, in any order.
///
/// Hosts only. The caller ends it with `cloak_mpc_session_free`, and before that, when all has gone well, with `cloak_mpc_leave`. Rounds are for `cloak_mpc_run`.
///
/// @param config    the agreement; the place in it is that of the identity's key among the parties
/// @param network   who takes part, and where
/// @param identity  the key pair of this party
/// @param rng       source of what this party draws, all within this call; NULL for that of the operating system
/// @param out       the session
/// @param failure   NULL, or where to say what failed, and because of whom
/// @return `CLOAK_ERR_INVALID_ARGUMENT`, `CLOAK_ERR_UNSUPPORTED`, `CLOAK_ERR_MALFORMED`, `CLOAK_ERR_LOW_ORDER_KEY` and `CLOAK_ERR_REPEATED_KEY` for what is wrong in the arguments;
///         `CLOAK_ERR_UNKNOWN_PARTY` for an identity that is no party's; `CLOAK_ERR_NOT_CONNECTED`, `CLOAK_ERR_OTHER_SESSION`, `CLOAK_ERR_LOST`, `CLOAK_ERR_LEFT`,
///         `CLOAK_ERR_SILENT`; `CLOAK_ERR_SYSTEM`, such as for an address that is in use; `CLOAK_ERR_NOT_VERIFIED` for verified mode without a dealer or with exact
///         rounding; `CLOAK_ERR_RANDOMNESS`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_connect(
    config: *const cloak_mpc_config,
    network: *const cloak_mpc_network,
    identity: *const cloak_identity,
    rng: *const cloak_rng,
    out: *mut *mut cloak_mpc_session,
    failure: *mut cloak_mpc_failure,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let place = unsafe { Place::new(failure) }?;
        // SAFETY: header, "Pointers".
        let config = unsafe { value(config) }?;
        // SAFETY: header, "Pointers".
        let network = unsafe { Network::new(network, &config) }?;
        // SAFETY: header, "Pointers".
        let mut generator = unsafe { Generator::new(rng) }?;
        // SAFETY: header, "Handles".
        let identity = unsafe { handle::shared(identity) }?;
        let setting = Setting::new(config)?;
        if network.dealer.is_none() {
            setting.without_dealer()?;
        }
        let mut random = [0; 32];
        generator.try_fill_bytes(&mut random).map_err(|_| cloak_status::CLOAK_ERR_RANDOMNESS)?;
        let mut drawn = setting.draw(generator)?;
        let Setting { index, parties, format, suite, verified } = setting;
        let links = place.on(network.session(identity))?;
        if links.index() != index {
            return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT);
        }
        let mut mesh =
            place.on(network.listener().and_then(|listener| Mesh::connect(links, listener, network.limits)))?;
        let computation: Computation = if verified {
            let seed = place.on(mesh.seed())?;
            let made =
                session::verified::Session::with_dealer(index, parties, format, suite, seed, CORRECTED, &mut drawn);
            made?.into()
        } else if network.dealer.is_some() {
            let seed = place.on(mesh.seed())?;
            let made = session::Session::with_dealer(index, parties, format, suite, seed, CORRECTED, drawn);
            made?.into()
        } else {
            let number = place.on(mesh.agree(&random))?;
            let made = session::Session::without_dealer(&number, index, parties, format, suite, AHEAD, drawn);
            made?.into()
        };
        let object = SessionObject::connected(computation, mesh);
        out.write(handle::allocate::<cloak_mpc_session>(object)?.as_ptr());
        Ok(())
    })
}

/// Runs what was asked for of a session that `cloak_mpc_connect` gave, with the messages of all rounds, until nothing is due. After a failure the session is over, and
/// all others were told.
///
/// @param failure  NULL, or where to say what failed, and because of whom
/// @return `CLOAK_ERR_OUT_OF_ORDER` for a session that is not connected; `CLOAK_ERR_SILENT`, `CLOAK_ERR_LOST`, `CLOAK_ERR_LEFT`; `CLOAK_ERR_MALFORMED` and others for what
///         is refused; `CLOAK_ERR_NOT_AUTHENTIC` and `CLOAK_ERR_STOPPED` where a check of verified mode failed; `CLOAK_ERR_SYSTEM`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_run(
    session: *mut cloak_mpc_session,
    failure: *mut cloak_mpc_failure,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let place = unsafe { Place::new(failure) }?;
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        let (session, mesh) = session.parts();
        let mesh = mesh.ok_or(cloak_status::CLOAK_ERR_OUT_OF_ORDER)?;
        place.on(mesh.run(session))
    })
}

/// Ends the links of a session. A session that is freed without it tells the others that this party stopped.
///
/// @param why  what the others are told, NUL-terminated, of which they get 200 bytes; NULL when all has gone well
/// @return `CLOAK_ERR_MALFORMED` for more than 300 bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_leave(session: *mut cloak_mpc_session, why: *const c_char) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let why = if why.is_null() { None } else { Some(unsafe { address(why) }?) };
        // SAFETY: header, "Handles".
        let mut session = unsafe { handle::exclusive(session) }?;
        match (session.mesh.take(), why) {
            (Some(mut mesh), Some(why)) => mesh.leave(&why),
            (Some(mesh), None) => mesh.finish(),
            (None, _) => {}
        }
        Ok(())
    })
}

/// Serves one computation as its dealer: waits for all parties, gives each its seed, and the first one corrections, until all have ended. It listens and calls nobody.
///
/// A dealer could see through every masked value, so it is for somebody who sees no message of a party and works with none of them.
///
/// Hosts only.
///
/// @param config    the agreement; the place in it does not count
/// @param network   who takes part, with the dealer; of the parties the keys are enough
/// @param identity  the key pair of the dealer, which is no party's
/// @param rng       source of the seeds; NULL for that of the operating system
/// @param failure   NULL, or where to say what failed, and because of whom
/// @return as `cloak_mpc_connect` and `cloak_mpc_run`; `CLOAK_ERR_INVALID_ARGUMENT` without a dealer, or with the identity of a party
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_dealer_serve(
    config: *const cloak_mpc_config,
    network: *const cloak_mpc_network,
    identity: *const cloak_identity,
    rng: *const cloak_rng,
    failure: *mut cloak_mpc_failure,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let place = unsafe { Place::new(failure) }?;
        // SAFETY: header, "Pointers".
        let config = unsafe { value(config) }?;
        // SAFETY: header, "Pointers".
        let network = unsafe { Network::new(network, &config) }?;
        // SAFETY: header, "Pointers".
        let mut generator = unsafe { Generator::new(rng) }?;
        // SAFETY: header, "Handles".
        let identity = unsafe { handle::shared(identity) }?;
        let Setting { parties, suite, verified, .. } = Setting::new(config)?;
        if verified {
            let service = Service::verified(suite, parties, CORRECTED, &mut generator)?;
            return place.on(deal(&network, identity, service));
        }
        let service = Service::new(suite, parties, CORRECTED, &mut generator)?;
        place.on(deal(&network, identity, service))
    })
}

/// Deals for a network, whatever the dealer of the service deals.
fn deal<D: Dealing>(network: &Network, identity: &Identity, service: Service<D>) -> Result<(), Error> {
    let links = network.session(identity)?;
    Dealer::connect(links, service, network.listener()?, network.limits).and_then(Dealer::run)
}
