//! Verified mode through the C ABI: right results, what it does not have, and a party whose messages are changed.

use core::ptr::{null, null_mut};

use cloakwork::error::{CLOAK_ERROR_HAS_PARTY, cloak_error};
use cloakwork::mpc::dealer::cloak_mpc_dealer_free;
use cloakwork::mpc::operation::cloak_mpc_operation_type as T;
use cloakwork::mpc::operation::*;
use cloakwork::mpc::rounds::*;
use cloakwork::mpc::session::*;
use cloakwork::status::cloak_status::{self, *};

use crate::mpc::{NOTHING, PARTIES, Table, config, dealer, integers, message, one, open, operation, real, reals};

fn verified(index: u32) -> cloak_mpc_config {
    cloak_mpc_config { verified: 1, rounding: 0, ..config(index) }
}

const REAL: cloak_mpc_kind = cloak_mpc_kind::CLOAK_MPC_REAL;
const INTEGER: cloak_mpc_kind = cloak_mpc_kind::CLOAK_MPC_INTEGER;
const NO_COST: cloak_mpc_cost = cloak_mpc_cost { rounds: 0, bytes: 0, corrections: 0 };

fn cost(session: *mut cloak_mpc_session) -> [u64; 3] {
    let (mut computing, mut making) = (NO_COST, NO_COST);
    assert_eq!(unsafe { cloak_mpc_get_cost(session, &mut computing, &mut making) }, CLOAK_OK);
    assert_eq!((making.rounds, making.bytes), (0, 0));
    [computing.rounds, computing.bytes, computing.corrections]
}

#[test]
fn parties_compute_at_the_stated_cost() {
    let table = Table::of(verified);
    let x = table.input(0, REAL, reals(&[1.5, -2.0]));
    let n = table.input(1, INTEGER, integers(&[4, 5]));
    let product = table.apply(&operation(T::CLOAK_MPC_MULTIPLY, &[], NOTHING), &[x, n]);
    let half = reals(&[0.5]);
    let scaled = table.apply(&operation(T::CLOAK_MPC_MULTIPLY_PUBLIC, &[], half), &[product]);
    let sum = table.apply(&operation(T::CLOAK_MPC_ADD_PUBLIC, &[], half), &[scaled]);
    let (mut total, mut steps, mut length) = (NO_COST, [NO_COST; 8], 0);
    let explained = unsafe { cloak_mpc_explain(table.0[2], &mut total, steps.as_mut_ptr(), 8, &mut length) };
    assert_eq!((explained, length), (CLOAK_OK, 5), "two inputs and three operations");
    // Two inputs of which party 2 gives none, a product of two elements, one division of each.
    assert_eq!([total.rounds, total.bytes], [3, 16 + 2 * 32 + 2 * 16], "as the first party, who gives one of them");
    assert_eq!(table.open(sum), [3.5, -4.5]);
    assert_eq!(cost(table.0[0]), [3 + 9, total.bytes + 361 + 2 * 16, total.corrections + 2 * 2]);
    assert_eq!(cost(table.0[2])[1], total.bytes - 16 + 361 + 2 * 16);
    assert_eq!(table.open(product), [6.0, -10.0]);
    assert_eq!(cost(table.0[0])[0], 3 + 9 + 5);
}

#[test]
fn what_has_no_verified_form_is_refused_by_name() {
    let table = Table::of(verified);
    let session = table.0[0];
    let x = table.input(0, INTEGER, integers(&[3, 1]));
    let constants = reals(&[0.0, 1.0]);
    let with_numbers: [(T, &[u64]); 9] = [
        (T::CLOAK_MPC_GREATEST, &[2]),
        (T::CLOAK_MPC_SMALLEST, &[2]),
        (T::CLOAK_MPC_PLACE_OF_GREATEST, &[2]),
        (T::CLOAK_MPC_PLACE_OF_SMALLEST, &[2]),
        (T::CLOAK_MPC_SORT, &[2]),
        (T::CLOAK_MPC_ORDER_STATISTICS, &[2, 0]),
        (T::CLOAK_MPC_MEDIAN, &[2]),
        (T::CLOAK_MPC_SOFTMAX, &[2]),
        (T::CLOAK_MPC_SIGMOID, &[]),
    ];
    let mut out = [0; 2];
    let mut refused = |r#type, numbers: &[u64], constants, inputs: &[u64]| {
        assert_eq!(one(session, &operation(r#type, numbers, constants), inputs, &mut out).0, CLOAK_ERR_NOT_VERIFIED);
    };
    with_numbers.iter().for_each(|(r#type, numbers)| refused(*r#type, numbers, NOTHING, &[x]));
    for r#type in [T::CLOAK_MPC_LESS, T::CLOAK_MPC_EQUAL, T::CLOAK_MPC_MAXIMUM, T::CLOAK_MPC_DIVIDE, T::CLOAK_MPC_AND] {
        refused(r#type, &[], NOTHING, &[x, x]);
    }
    refused(T::CLOAK_MPC_CLAMP, &[], constants, &[x]);
    refused(T::CLOAK_MPC_POLYNOMIAL, &[], constants, &[x]);
    refused(T::CLOAK_MPC_CHOOSE, &[], NOTHING, &[x, x, x]);
    let (mut value, mut length) = (0, 0);
    assert_eq!(unsafe { cloak_mpc_shuffle(session, x, 1, null(), &mut value) }, CLOAK_ERR_NOT_VERIFIED);
    let (words, kind) = ([1u64, 2], INTEGER as i32);
    assert_eq!(unsafe { cloak_mpc_shares(session, kind, words.as_ptr(), 2, &mut value) }, CLOAK_ERR_NOT_VERIFIED);
    let shares = unsafe { cloak_mpc_own_shares(session, x, null_mut(), 0, &mut length) };
    assert_eq!(shares, CLOAK_ERR_NOT_VERIFIED);
    // What was refused took no number.
    assert_eq!(table.apply(&operation(T::CLOAK_MPC_SQUARE, &[], NOTHING), &[x]), x + 1);

    let dealer = dealer();
    let mut session = null_mut();
    let exact = cloak_mpc_config { rounding: 2, ..verified(0) };
    let refused = unsafe { cloak_mpc_session_new(&exact, dealer, null(), &mut session) };
    assert_eq!(refused, CLOAK_ERR_NOT_VERIFIED);
    let name = [9u8; 32];
    let alone =
        unsafe { cloak_mpc_session_new_without_dealer(&verified(0), name.as_ptr(), 1 << 16, null(), &mut session) };
    assert_eq!(alone, CLOAK_ERR_NOT_VERIFIED);
    // The refusal did not take the seed.
    assert_eq!(unsafe { cloak_mpc_session_new(&verified(0), dealer, null(), &mut session) }, CLOAK_OK);
    assert_eq!(unsafe { cloak_mpc_session_new(&verified(0), dealer, null(), &mut session) }, CLOAK_ERR_DUPLICATE);
    unsafe { cloak_mpc_session_free(session) };
    unsafe { cloak_mpc_dealer_free(dealer) };
}

/// Advances a party: what is due, or how it ended and whom that concerns.
fn advanced(session: *mut cloak_mpc_session) -> Result<i32, (cloak_status, Option<u64>)> {
    let mut progress = -1;
    let mut error = cloak_error { status: 0, present: 0, party: 0, bound: 0 };
    match unsafe { cloak_mpc_advance(session, &mut progress, &mut error) } {
        CLOAK_OK => Ok(progress),
        status => {
            let named = error.status == status as i32 && error.present & CLOAK_ERROR_HAS_PARTY != 0;
            Err((status, named.then_some(error.party)))
        }
    }
}

/// The last party's messages of a round are changed at their source, in one place: how the others end, all in the same round, and that nothing is open.
fn lied(told: usize, place: usize) -> Vec<(cloak_status, Option<u64>)> {
    let table = Table::of(verified);
    let x = table.input(2, INTEGER, integers(&[3]));
    let y = table.input(0, INTEGER, integers(&[5]));
    let product = table.apply(&operation(T::CLOAK_MPC_MULTIPLY, &[], NOTHING), &[x, y]);
    let results: Vec<u64> = table.0.iter().map(|session| open(*session, product, &[])).collect();
    for round in 0.. {
        let ended: Vec<_> = table.0.iter().map(|session| advanced(*session)).collect();
        let exchange = cloak_mpc_progress::CLOAK_MPC_EXCHANGE as i32;
        if ended.iter().all(|one| *one != Ok(exchange)) {
            assert_eq!(round, 2 + 9, "every round is played, so nobody waits");
            let honest = ended.into_iter().take(2).map(Result::unwrap_err);
            let found = honest.collect::<Vec<_>>();
            for ((session, result), (status, _)) in table.0.iter().zip(results).zip(&found) {
                assert_eq!(real(*session, result), Err(*status), "nothing is open");
                let again = operation(T::CLOAK_MPC_SQUARE, &[], NOTHING);
                assert_eq!(one(*session, &again, &[x], &mut [0]).0, *status, "the session is over");
            }
            return found;
        }
        assert!(ended.iter().all(|one| *one == Ok(exchange)), "{ended:?}");
        let pairs = (0..PARTIES).flat_map(|from| (0..PARTIES).filter(move |to| *to != from).map(move |to| (from, to)));
        let sent: Vec<_> = pairs.map(|(from, to)| (from, to, message(table.0[from as usize], to))).collect();
        for (from, to, mut message) in sent {
            if round == told && from == 2 {
                message[8 + place] ^= 1;
            }
            let session = table.0[to as usize];
            let taken = unsafe { cloak_mpc_receive(session, from, message.as_ptr(), message.len(), null_mut()) };
            assert_eq!(taken, CLOAK_OK);
        }
    }
    unreachable!("rounds end")
}

#[test]
fn a_party_that_lies_is_caught_and_nothing_opens() {
    // What it gives, what it opens of a product, its share of the output.
    for (told, place) in [(0, 0), (1, 0), (1, 23), (6, 1)] {
        assert_eq!(lied(told, place), [(CLOAK_ERR_NOT_AUTHENTIC, None); 2], "round {told}, byte {place}");
    }
    // What it had committed itself to, and its last word.
    assert_eq!(lied(3, 1), [(CLOAK_ERR_NOT_AUTHENTIC, Some(2)); 2]);
    assert_eq!(lied(10, 0), [(CLOAK_ERR_STOPPED, Some(2)); 2]);
}
