//! Computations over a network through the C ABI: parties and a dealer in threads, over loopback.

use core::ffi::CStr;
use core::ptr::{null, null_mut};
use std::ffi::CString;
use std::net::TcpListener;
use std::thread;

use cloakwork::error::{CLOAK_ERROR_HAS_PARTY, cloak_error};
use cloakwork::identity::*;
use cloakwork::mpc::failure::*;
use cloakwork::mpc::network::*;
use cloakwork::mpc::opening::*;
use cloakwork::mpc::operation::*;
use cloakwork::mpc::rounds::*;
use cloakwork::mpc::session::*;
use cloakwork::status::cloak_status::{self, *};
use cloakwork::values::{cloak_type, cloak_values};

const PARTIES: usize = 2;
const LIMITS: cloak_mpc_limits =
    cloak_mpc_limits { connect: 20.0, step: 20.0, corrections: 0.0, idle: 20.0, message: 0, reserved: 0 };

fn no_failure() -> cloak_mpc_failure {
    let error = cloak_error { status: 0, present: 0, party: 0, bound: 0 };
    cloak_mpc_failure { error, reason: [0; CLOAK_MPC_REASON_LENGTH] }
}

fn reason(failure: &cloak_mpc_failure) -> String {
    unsafe { CStr::from_ptr(failure.reason.as_ptr()) }.to_str().unwrap().to_owned()
}

/// Everybody's secret keys and addresses; the last one is the dealer.
struct World {
    addresses: Vec<CString>,
    dealt: bool,
    verified: bool,
}

impl World {
    fn new(dealt: bool) -> Self {
        let listeners: Vec<TcpListener> = (0..=PARTIES).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let address = |listener: &TcpListener| CString::new(listener.local_addr().unwrap().to_string()).unwrap();
        Self { addresses: listeners.iter().map(address).collect(), dealt, verified: false }
    }

    fn identity(place: usize) -> *mut cloak_identity {
        let secret: [u8; 32] = core::array::from_fn(|byte| u8::try_from(byte * 5 + place + 1).unwrap());
        let mut identity = null_mut();
        assert_eq!(unsafe { cloak_identity_from_bytes(secret.as_ptr(), &mut identity) }, CLOAK_OK);
        identity
    }

    fn member(&self, place: usize) -> cloak_mpc_member {
        let (identity, mut key) = (Self::identity(place), [0; 32]);
        assert_eq!(unsafe { cloak_identity_public_key(identity, key.as_mut_ptr()) }, CLOAK_OK);
        unsafe { cloak_identity_free(identity) };
        cloak_mpc_member { key, address: self.addresses[place].as_ptr() }
    }

    /// Calls with the config and network of somebody, and its identity.
    fn with<T>(
        &self,
        place: usize,
        limits: cloak_mpc_limits,
        call: impl FnOnce(&cloak_mpc_config, &cloak_mpc_network, *const cloak_identity) -> T,
    ) -> T {
        let parties: Vec<cloak_mpc_member> = (0..PARTIES).map(|place| self.member(place)).collect();
        let dealer = self.member(PARTIES);
        let (index, suite) = (u32::try_from(place).unwrap(), 2);
        let parties_count = u32::try_from(PARTIES).unwrap();
        let config = cloak_mpc_config {
            parties: parties_count,
            index,
            rounding: if self.verified { 0 } else { 2 },
            fraction: 16,
            bits: 32,
            suite,
            verified: self.verified.into(),
        };
        let name = b"test";
        let network = cloak_mpc_network {
            parties: parties.as_ptr(),
            dealer: if self.dealt { &raw const dealer } else { null() },
            name: name.as_ptr(),
            name_length: name.len(),
            listen: self.addresses[place].as_ptr(),
            limits,
        };
        let identity = Self::identity(place);
        let made = call(&config, &network, identity);
        unsafe { cloak_identity_free(identity) };
        made
    }

    fn connect(&self, place: usize, failure: &mut cloak_mpc_failure) -> Result<Connected, cloak_status> {
        let mut session = null_mut();
        let status = self.with(place, LIMITS, |config, network, identity| unsafe {
            cloak_mpc_connect(config, network, identity, null(), &mut session, failure)
        });
        if status == CLOAK_OK { Ok(Connected(session)) } else { Err(status) }
    }

    fn serve(&self, failure: &mut cloak_mpc_failure) -> cloak_status {
        self.with(PARTIES, LIMITS, |config, network, identity| unsafe {
            cloak_mpc_dealer_serve(config, network, identity, null(), failure)
        })
    }
}

struct Connected(*mut cloak_mpc_session);

impl Drop for Connected {
    fn drop(&mut self) {
        unsafe { cloak_mpc_session_free(self.0) };
    }
}

impl Connected {
    /// Asks for the products of the two parties' numbers.
    fn ask(&self, place: usize, numbers: &[i64; 3]) -> u64 {
        let mut values = [0; 2];
        for (owner, value) in (0..).zip(&mut values) {
            let data = cloak_values { r#type: cloak_type::CLOAK_I64 as i32, data: numbers.as_ptr().cast(), length: 3 };
            let given = if owner as usize == place { &raw const data } else { null() };
            let kind = cloak_mpc_kind::CLOAK_MPC_INTEGER as i32;
            assert_eq!(unsafe { cloak_mpc_input(self.0, owner, kind, 3, given, value) }, CLOAK_OK);
        }
        let none = cloak_values { r#type: 0, data: null(), length: 0 };
        let r#type = cloak_mpc_operation_type::CLOAK_MPC_MULTIPLY as i32;
        let multiply = cloak_mpc_operation { r#type, reserved: 0, numbers: null(), numbers_length: 0, constants: none };
        let (mut product, mut count, mut result) = ([0], 0, 0);
        let asked =
            unsafe { cloak_mpc_apply(self.0, &multiply, values.as_ptr(), 2, product.as_mut_ptr(), 1, &mut count) };
        assert_eq!(asked, CLOAK_OK);
        assert_eq!(unsafe { cloak_mpc_open(self.0, product[0], null(), 0, &mut result) }, CLOAK_OK);
        result
    }

    /// Runs what was asked for; what failed, if something did.
    fn run(&self) -> Option<cloak_mpc_failure> {
        let mut failure = no_failure();
        let status = unsafe { cloak_mpc_run(self.0, &mut failure) };
        assert_eq!(failure.error.status, status as i32);
        (status != CLOAK_OK).then_some(failure)
    }

    fn found(&self, result: u64) -> [i64; 3] {
        let (mut found, mut length) = ([0; 3], 0);
        let taken = unsafe { cloak_mpc_result_i64(self.0, result, found.as_mut_ptr(), 3, &mut length) };
        assert_eq!((taken, length), (CLOAK_OK, 3));
        found
    }
}

#[test]
fn parties_compute_over_links_with_and_without_a_dealer() {
    for (dealt, verified) in [(true, false), (false, false), (true, true)] {
        let world = World { verified, ..World::new(dealt) };
        thread::scope(|scope| {
            let world = &world;
            let dealer = dealt.then(|| scope.spawn(move || world.serve(&mut no_failure())));
            let parties: Vec<_> = (0..PARTIES)
                .map(|place| {
                    scope.spawn(move || {
                        let connected = world.connect(place, &mut no_failure()).unwrap();
                        let result = connected.ask(place, &[[2, -3, 1 << 40], [5, 7, 2]][place]);
                        let failure = connected.run();
                        assert!(failure.is_none(), "{}", failure.map_or(String::new(), |failure| reason(&failure)));
                        let found = connected.found(result);
                        // Whoever has links does not carry messages.
                        let mut progress = 0;
                        let advanced = unsafe { cloak_mpc_advance(connected.0, &mut progress, null_mut()) };
                        assert_eq!(advanced, CLOAK_ERR_OUT_OF_ORDER);
                        assert_eq!(unsafe { cloak_mpc_leave(connected.0, null()) }, CLOAK_OK);
                        assert_eq!(unsafe { cloak_mpc_leave(connected.0, null()) }, CLOAK_OK);
                        assert_eq!(unsafe { cloak_mpc_run(connected.0, null_mut()) }, CLOAK_ERR_OUT_OF_ORDER);
                        found
                    })
                })
                .collect();
            for party in parties {
                assert_eq!(party.join().unwrap(), [10, -21, 1 << 41]);
            }
            assert!(dealer.is_none_or(|dealer| dealer.join().unwrap() == CLOAK_OK));
        });
    }
}

#[test]
fn who_went_is_said_in_a_sentence_and_by_number() {
    let world = World::new(true);
    thread::scope(|scope| {
        let world = &world;
        let mut of_dealer = no_failure();
        let dealer = scope.spawn(move || (world.serve(&mut of_dealer), of_dealer));
        let gone = scope.spawn(move || {
            let connected = world.connect(1, &mut no_failure()).unwrap();
            let why = CString::new("the lights went out").unwrap();
            assert_eq!(unsafe { cloak_mpc_leave(connected.0, why.as_ptr()) }, CLOAK_OK);
        });
        let connected = world.connect(0, &mut no_failure()).unwrap();
        let _ = connected.ask(0, &[1, 2, 3]);
        let failure = connected.run().unwrap();
        gone.join().unwrap();
        // It may be that the dealer was faster to say so.
        assert!(reason(&failure).contains("the lights went out"), "{}", reason(&failure));
        assert_eq!((failure.error.status, failure.error.present), (CLOAK_ERR_LEFT as i32, CLOAK_ERROR_HAS_PARTY));
        assert!([1, CLOAK_MPC_DEALER.into()].contains(&failure.error.party));
        let (status, failure) = dealer.join().unwrap();
        assert_eq!(status, CLOAK_ERR_LEFT, "{}", reason(&failure));
    });
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_sent() {
    let world = World::new(true);
    let connect = |place, limits, change: fn(&mut cloak_mpc_config, &mut cloak_mpc_network)| {
        world.with(place, limits, |config, network, identity| {
            let (mut config, mut network, mut session) = (*config, *network, null_mut());
            change(&mut config, &mut network);
            unsafe { cloak_mpc_connect(&config, &network, identity, null(), &mut session, null_mut()) }
        })
    };
    let slow = cloak_mpc_limits { corrections: 20.0, ..LIMITS };
    assert_eq!(connect(0, slow, |_, _| {}), CLOAK_ERR_INVALID_ARGUMENT);
    let backwards = cloak_mpc_limits { connect: -1.0, ..LIMITS };
    assert_eq!(connect(0, backwards, |_, _| {}), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(connect(0, LIMITS, |config, _| config.index = 1), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(connect(0, LIMITS, |config, _| config.suite = 9), CLOAK_ERR_UNSUPPORTED);
    assert_eq!(connect(0, LIMITS, |config, _| config.verified = 1), CLOAK_ERR_NOT_VERIFIED, "exact rounding");
    let without_dealer: fn(&mut cloak_mpc_config, &mut cloak_mpc_network) = |config, network| {
        (config.verified, config.rounding, network.dealer) = (1, 0, null());
    };
    assert_eq!(connect(0, LIMITS, without_dealer), CLOAK_ERR_NOT_VERIFIED);
    assert_eq!(connect(0, LIMITS, |_, network| network.parties = null()), CLOAK_ERR_NULL_POINTER);
    assert_eq!(connect(0, LIMITS, |_, network| network.listen = null()), CLOAK_ERR_NULL_POINTER);
    assert_eq!(connect(0, LIMITS, |_, network| network.dealer = network.parties), CLOAK_ERR_REPEATED_KEY);
    // The dealer is no party, and a party is no dealer.
    assert_eq!(connect(PARTIES, LIMITS, |_, network| network.dealer = null()), CLOAK_ERR_UNKNOWN_PARTY);
    let served = world.with(0, LIMITS, |config, network, identity| unsafe {
        cloak_mpc_dealer_serve(config, network, identity, null(), null_mut())
    });
    assert_eq!(served, CLOAK_ERR_INVALID_ARGUMENT);
}
