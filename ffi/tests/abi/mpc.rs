//! Computations of several parties through the C ABI.

use core::ptr::{null, null_mut};

use cloakwork::mpc::dealer::*;
use cloakwork::mpc::opening::*;
use cloakwork::mpc::operation::*;
use cloakwork::mpc::rounds::*;
use cloakwork::mpc::session::*;
use cloakwork::status::cloak_status::{self, *};
use cloakwork::values::{cloak_type, cloak_values};

pub const PARTIES: u32 = 3;

/// The parties of a computation, which say the same, and end with it.
pub struct Table(pub Vec<*mut cloak_mpc_session>);

impl Drop for Table {
    fn drop(&mut self) {
        self.0.iter().for_each(|session| unsafe { cloak_mpc_session_free(*session) });
    }
}

pub fn config(index: u32) -> cloak_mpc_config {
    cloak_mpc_config { parties: PARTIES, index, rounding: 2, fraction: 16, bits: 32, suite: 2, verified: 0 }
}

pub fn dealer() -> *mut cloak_mpc_dealer {
    let mut dealer = null_mut();
    assert_eq!(unsafe { cloak_mpc_dealer_new(PARTIES, 2, null(), &mut dealer) }, CLOAK_OK);
    dealer
}

pub const NOTHING: cloak_values = cloak_values { r#type: 0, data: null(), length: 0 };

pub fn reals(numbers: &[f64]) -> cloak_values {
    cloak_values { r#type: cloak_type::CLOAK_F64 as i32, data: numbers.as_ptr().cast(), length: numbers.len() }
}

pub fn integers(numbers: &[i64]) -> cloak_values {
    cloak_values { r#type: cloak_type::CLOAK_I64 as i32, data: numbers.as_ptr().cast(), length: numbers.len() }
}

pub fn operation(r#type: cloak_mpc_operation_type, numbers: &[u64], constants: cloak_values) -> cloak_mpc_operation {
    let (numbers, numbers_length) = (numbers.as_ptr(), numbers.len());
    cloak_mpc_operation { r#type: r#type as i32, reserved: 0, numbers, numbers_length, constants }
}

impl Table {
    fn new() -> Self {
        Self::of(config)
    }

    /// Parties with a dealer and these configs.
    pub fn of(config: fn(u32) -> cloak_mpc_config) -> Self {
        let dealer = dealer();
        let session = |index| {
            let mut session = null_mut();
            assert_eq!(unsafe { cloak_mpc_session_new(&config(index), dealer, null(), &mut session) }, CLOAK_OK);
            session
        };
        let sessions = (0..PARTIES).map(session).collect();
        // Sessions go on without the handle of their dealer.
        unsafe { cloak_mpc_dealer_free(dealer) };
        Self(sessions)
    }

    fn without_dealer() -> Self {
        let name = [9u8; 32];
        let session = |index| {
            let mut session = null_mut();
            let made = unsafe {
                cloak_mpc_session_new_without_dealer(&config(index), name.as_ptr(), 1 << 16, null(), &mut session)
            };
            assert_eq!(made, CLOAK_OK);
            session
        };
        Self((0..PARTIES).map(session).collect())
    }

    pub fn input(&self, owner: u32, kind: cloak_mpc_kind, numbers: cloak_values) -> u64 {
        let mut value = 0;
        for (index, session) in (0..).zip(&self.0) {
            let given = if index == owner { &raw const numbers } else { null() };
            let made = unsafe { cloak_mpc_input(*session, owner, kind as i32, numbers.length, given, &mut value) };
            assert_eq!(made, CLOAK_OK);
        }
        value
    }

    pub fn apply(&self, operation: &cloak_mpc_operation, inputs: &[u64]) -> u64 {
        let mut output = [0; 2];
        for session in &self.0 {
            assert_eq!(one(*session, operation, inputs, &mut output), (CLOAK_OK, 1));
        }
        output[0]
    }

    fn play(&self) {
        loop {
            let due: Vec<i32> = self.0.iter().map(|session| advance(*session)).collect();
            if due.iter().all(|progress| *progress == cloak_mpc_progress::CLOAK_MPC_FINISHED as i32) {
                return;
            }
            let parties = 0..PARTIES;
            let pairs =
                parties.clone().flat_map(|from| (0..PARTIES).filter(move |to| *to != from).map(move |to| (from, to)));
            let sent: Vec<_> = pairs.map(|(from, to)| (from, to, message(self.0[from as usize], to))).collect();
            for (from, to, message) in sent {
                let session = self.0[to as usize];
                let taken = unsafe { cloak_mpc_receive(session, from, message.as_ptr(), message.len(), null_mut()) };
                assert_eq!(taken, CLOAK_OK);
            }
        }
    }

    pub fn open(&self, value: u64) -> Vec<f64> {
        let results: Vec<u64> = self.0.iter().map(|session| open(*session, value, &[])).collect();
        self.play();
        let mut found: Vec<Vec<f64>> =
            self.0.iter().zip(results).map(|(session, result)| real(*session, result).unwrap()).collect();
        assert!(found.iter().all(|one| *one == found[0]));
        found.remove(0)
    }
}

pub fn one(
    session: *mut cloak_mpc_session,
    operation: &cloak_mpc_operation,
    inputs: &[u64],
    out: &mut [u64],
) -> (cloak_status, usize) {
    let mut length = 0;
    let status = unsafe {
        let (data, capacity) = (out.as_mut_ptr(), out.len());
        cloak_mpc_apply(session, operation, inputs.as_ptr(), inputs.len(), data, capacity, &mut length)
    };
    (status, length)
}

fn advance(session: *mut cloak_mpc_session) -> i32 {
    let mut progress = -1;
    assert_eq!(unsafe { cloak_mpc_advance(session, &mut progress, null_mut()) }, CLOAK_OK);
    progress
}

pub fn message(session: *mut cloak_mpc_session, to: u32) -> Vec<u8> {
    let mut length = 0;
    assert_eq!(unsafe { cloak_mpc_message(session, to, null_mut(), 0, &mut length) }, CLOAK_ERR_BUFFER_TOO_SMALL);
    let mut out = vec![0; length];
    assert_eq!(unsafe { cloak_mpc_message(session, to, out.as_mut_ptr(), length, &mut length) }, CLOAK_OK);
    out
}

pub fn open(session: *mut cloak_mpc_session, value: u64, receivers: &[u32]) -> u64 {
    let mut result = 0;
    let asked = unsafe { cloak_mpc_open(session, value, receivers.as_ptr(), receivers.len(), &mut result) };
    assert_eq!(asked, CLOAK_OK);
    result
}

pub fn real(session: *mut cloak_mpc_session, result: u64) -> Result<Vec<f64>, cloak_status> {
    let (mut length, mut out) = (0, [0.0; 16]);
    match unsafe { cloak_mpc_result_f64(session, result, out.as_mut_ptr(), out.len(), &mut length) } {
        CLOAK_OK => Ok(out[..length].to_vec()),
        status => Err(status),
    }
}

#[test]
fn parties_compute_with_a_dealer_and_without() {
    for table in [Table::new(), Table::without_dealer()] {
        let x = table.input(0, cloak_mpc_kind::CLOAK_MPC_REAL, reals(&[1.5, -2.0]));
        let n = table.input(1, cloak_mpc_kind::CLOAK_MPC_INTEGER, integers(&[4, 5]));
        let product = table.apply(&operation(cloak_mpc_operation_type::CLOAK_MPC_MULTIPLY, &[], NOTHING), &[x, n]);
        let constants = reals(&[0.5]);
        let sum = table.apply(&operation(cloak_mpc_operation_type::CLOAK_MPC_ADD_PUBLIC, &[], constants), &[product]);
        let less = table.apply(&operation(cloak_mpc_operation_type::CLOAK_MPC_LESS, &[], NOTHING), &[sum, n]);
        let swapped = table.apply(&operation(cloak_mpc_operation_type::CLOAK_MPC_GATHER, &[1, 0], NOTHING), &[sum]);
        assert_eq!(table.open(sum), [6.5, -9.5]);
        assert_eq!(table.open(less), [0.0, 1.0]);
        assert_eq!(table.open(swapped), [-9.5, 6.5]);
    }
}

#[test]
fn an_output_for_one_is_refused_to_the_others() {
    let table = Table::new();
    let x = table.input(2, cloak_mpc_kind::CLOAK_MPC_INTEGER, integers(&[7]));
    let results: Vec<u64> = table.0.iter().map(|session| open(*session, x, &[1])).collect();
    assert_eq!(real(table.0[1], results[1]), Err(CLOAK_ERR_OUT_OF_ORDER));
    table.play();
    assert_eq!(real(table.0[0], results[0]), Err(CLOAK_ERR_NOT_IN_SET));
    assert_eq!(real(table.0[1], results[1]), Ok(vec![7.0]));
    // It is kept until it is forgotten.
    assert_eq!(real(table.0[1], results[1]), Ok(vec![7.0]));
    assert_eq!(unsafe { cloak_mpc_forget_result(table.0[1], results[1]) }, CLOAK_OK);
    assert_eq!(real(table.0[1], results[1]), Err(CLOAK_ERR_OUT_OF_ORDER));
}

#[test]
fn what_does_not_fit_is_refused_and_asks_for_nothing() {
    let table = Table::new();
    let session = table.0[0];
    let x = table.input(0, cloak_mpc_kind::CLOAK_MPC_INTEGER, integers(&[3, 1, 2]));
    let mut out = [0; 2];
    let mut refused = |r#type, numbers: &[u64], constants, inputs: &[u64]| {
        one(session, &operation(r#type, numbers, constants), inputs, &mut out).0
    };
    use cloak_mpc_operation_type as T;
    assert_eq!(refused(T::CLOAK_MPC_ADD, &[], NOTHING, &[x]), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(refused(T::CLOAK_MPC_ADD, &[1], NOTHING, &[x, x]), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(refused(T::CLOAK_MPC_ADD, &[], reals(&[1.0]), &[x, x]), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(refused(T::CLOAK_MPC_ADD, &[], NOTHING, &[x, 99]), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(refused(T::CLOAK_MPC_SUM, &[2], NOTHING, &[x]), CLOAK_ERR_INVALID_LENGTH);
    assert_eq!(refused(T::CLOAK_MPC_SUM, &[], NOTHING, &[x]), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(refused(T::CLOAK_MPC_ADD_PUBLIC, &[], NOTHING, &[x]), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(refused(T::CLOAK_MPC_POLYNOMIAL, &[], integers(&[1]), &[x]), CLOAK_ERR_INVALID_ARGUMENT);
    let strange = cloak_mpc_operation { r#type: 99, ..operation(T::CLOAK_MPC_ADD, &[], NOTHING) };
    assert_eq!(one(session, &strange, &[x, x], &mut out).0, CLOAK_ERR_INVALID_ARGUMENT);
    let places = operation(T::CLOAK_MPC_PLACE_OF_GREATEST, &[3], NOTHING);
    assert_eq!(one(session, &places, &[x], &mut out[..1]), (CLOAK_ERR_BUFFER_TOO_SMALL, 2));
    assert_eq!(one(session, &places, &[x], &mut out), (CLOAK_OK, 2));
    assert_eq!(out, [x + 1, x + 2], "what was refused took no numbers");
    assert_eq!(unsafe { cloak_mpc_check(session, 99) }, CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(unsafe { cloak_mpc_forget(session, 99) }, CLOAK_OK);
}

#[test]
fn messages_that_do_not_fit_are_refused() {
    let table = Table::new();
    let session = table.0[0];
    assert_eq!(advance(session), cloak_mpc_progress::CLOAK_MPC_EXCHANGE as i32);
    let mut length = 0;
    for to in [0, PARTIES, u32::MAX] {
        assert_eq!(unsafe { cloak_mpc_message(session, to, null_mut(), 0, &mut length) }, CLOAK_ERR_UNKNOWN_PARTY);
    }
    let receive =
        |from, message: &[u8]| unsafe { cloak_mpc_receive(session, from, message.as_ptr(), message.len(), null_mut()) };
    assert_eq!(receive(0, &[0; 40]), CLOAK_ERR_UNKNOWN_PARTY);
    assert_eq!(receive(1, &[0; 39]), CLOAK_ERR_MALFORMED);
    assert_eq!(receive(1, &[1; 40]), CLOAK_ERR_OUT_OF_ORDER);
    assert_eq!(receive(1, &[0; 40]), CLOAK_OK);
    assert_eq!(receive(1, &[0; 40]), CLOAK_ERR_DUPLICATE);
}

#[test]
fn sessions_that_cannot_be_are_refused() {
    let dealer = dealer();
    let mut session = null_mut();
    let mut refused =
        |config: cloak_mpc_config| unsafe { cloak_mpc_session_new(&config, dealer, null(), &mut session) };
    assert_eq!(refused(cloak_mpc_config { parties: 2, ..config(0) }), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(refused(cloak_mpc_config { suite: 1, ..config(0) }), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(refused(cloak_mpc_config { suite: 3, ..config(0) }), CLOAK_ERR_UNSUPPORTED);
    assert_eq!(refused(cloak_mpc_config { fraction: 31, ..config(0) }), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(refused(cloak_mpc_config { bits: 65, ..config(0) }), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(refused(cloak_mpc_config { rounding: 3, ..config(0) }), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(refused(cloak_mpc_config { verified: 2, ..config(0) }), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(refused(config(PARTIES)), CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(refused(config(0)), CLOAK_OK);
    // A second session with the same seeds would use correlations twice.
    let mut second = null_mut();
    assert_eq!(unsafe { cloak_mpc_session_new(&config(0), dealer, null(), &mut second) }, CLOAK_ERR_DUPLICATE);
    unsafe { cloak_mpc_session_free(session) };
    unsafe { cloak_mpc_dealer_free(dealer) };
    let mut none = null_mut();
    assert_eq!(unsafe { cloak_mpc_dealer_new(1, 2, null(), &mut none) }, CLOAK_ERR_INVALID_ARGUMENT);
}
