//! Accountants and plans: the same numbers by different ways, refusals that say what would work, and bad arguments.

use core::ffi::CStr;
use core::ptr::{null, null_mut};

use cloakwork::privacy::accountant::*;
use cloakwork::privacy::contribution::*;
use cloakwork::privacy::mechanism::*;
use cloakwork::privacy::parameter::*;
use cloakwork::privacy::plan::*;
use cloakwork::privacy::unit::*;
use cloakwork::status::cloak_status::{self, *};

use crate::private::MECHANISM;
use crate::support::*;

const CLIENT: cloak_privacy_unit =
    cloak_privacy_unit { unit: CLOAK_UNIT_CLIENT, neighbours: CLOAK_NEIGHBOURS_REPLACE_ONE, clip: 0.0 };

/// Mean estimation among 100 clients.
const WANTED: cloak_privacy_wanted = cloak_privacy_wanted {
    dimension: 250,
    epsilon: 3.0,
    delta: 1e-5,
    clip: 1.0,
    clamp: f64::INFINITY,
    wraps: 1e-6,
    unit: cloak_privacy_unit { unit: CLOAK_UNIT_PART, neighbours: CLOAK_NEIGHBOURS_ZERO_OUT, clip: 0.0 },
    clients: 100,
    honest: 90,
    parts: 1,
    rounds: 2,
    block_log2: 8,
    bits: 16,
    reserved: [0; 6],
};

const NOTHING: cloak_parameter_error =
    cloak_parameter_error { parameter: -1, bound_kind: -1, given: -1.0, bound: -1.0, works: -1.0 };

const NO_PLAN: cloak_privacy_plan = cloak_privacy_plan {
    mechanism: cloak_mechanism { dimension: 0, ..MECHANISM },
    sigma: 0.0,
    epsilon: 0.0,
    order: 0.0,
    wrap_margin: 0.0,
    wrap_coordinate: 0.0,
    wrap_vector: 0.0,
    error_quantisation: 0.0,
    error_noise: 0.0,
    error_wrap: 0.0,
};

/// The epsilon at delta 10^-5 of what a call adds.
fn epsilon_of(add: impl FnOnce(*mut cloak_accountant, *mut cloak_parameter_error) -> cloak_status) -> f64 {
    let accountant = object(|out| unsafe { cloak_accountant_new(out) });
    let mut error = NOTHING;
    assert_eq!(add(accountant, &mut error), CLOAK_OK);
    let (mut epsilon, mut order, mut delta) = (0.0, 0.0, 0.0);
    let status = unsafe { cloak_accountant_epsilon(accountant, 1e-5, &mut epsilon, &mut order, &mut error) };
    assert_eq!(status, CLOAK_OK);
    assert!(order > 1.0);
    assert_eq!(unsafe { cloak_accountant_delta(accountant, epsilon, &mut delta, &mut error) }, CLOAK_OK);
    assert!(delta > 0.99e-5 && delta <= 1e-5 * (1.0 + 1e-9), "{delta:e}");
    assert_eq!(error.parameter, -1, "nothing is reported where nothing is refused");
    unsafe { cloak_accountant_free(accountant) };
    epsilon
}

#[track_caller]
fn close(value: f64, expected: f64) {
    assert!((value - expected).abs() <= 1e-9 * expected, "{value} is not {expected}");
}

#[test]
fn ways_to_say_the_same_cost_the_same() {
    let gaussian = epsilon_of(|a, e| unsafe { cloak_accountant_add_gaussian(a, 2.0, 12, e) });
    close(epsilon_of(|a, e| unsafe { cloak_accountant_add_concentrated(a, 0.125, 12, e) }), gaussian);
    close(epsilon_of(|a, e| unsafe { cloak_accountant_add_concentrated(a, 1.5, 1, e) }), gaussian);
    let twice = |a, e| unsafe {
        assert_eq!(cloak_accountant_add_gaussian(a, 2.0, 5, e), CLOAK_OK);
        assert_eq!(cloak_accountant_add_gaussian(a, 0.1, 0, e), CLOAK_OK);
        cloak_accountant_add_gaussian(a, 2.0, 7, e)
    };
    close(epsilon_of(twice), gaussian);
    let all = epsilon_of(|a, e| unsafe {
        cloak_accountant_add_gaussian_subsampled_only_against_third_parties(a, 2.0, 1.0, 12, e)
    });
    close(all, gaussian);
    let few = epsilon_of(|a, e| unsafe {
        cloak_accountant_add_gaussian_subsampled_only_against_third_parties(a, 2.0, 0.01, 12, e)
    });
    assert!(few < 0.1 * gaussian);
    // Much noise: the sum of shares is nearly a Gaussian of the whole variance, and so is Skellam noise.
    let shares =
        epsilon_of(|a, e| unsafe { cloak_accountant_add_distributed_gaussian(a, 100.0, 1e3, 20.0, 100, 100, 12, e) });
    close(shares, gaussian);
    let skellam = epsilon_of(|a, e| unsafe { cloak_accountant_add_skellam(a, 100.0, 1e3, 4e4, 12, e) });
    assert!(skellam > gaussian && skellam < 1.05 * gaussian, "{skellam} and {gaussian}");
}

#[test]
fn rounds_of_a_mechanism_depend_on_the_unit() {
    let of = |unit: cloak_privacy_unit, mechanism: cloak_mechanism| {
        epsilon_of(|a, e| unsafe { cloak_accountant_add(a, &mechanism, &unit, 3, e) })
    };
    let strong = cloak_mechanism { noise: 300.0, ..MECHANISM };
    let part = of(cloak_privacy_unit { unit: CLOAK_UNIT_PART, ..CLIENT }, strong);
    let client = of(CLIENT, strong);
    let zero_out = of(cloak_privacy_unit { neighbours: CLOAK_NEIGHBOURS_ZERO_OUT, ..CLIENT }, strong);
    assert!(part < client && zero_out < client);
    // Two parts without replacement are as far apart as one with it.
    close(zero_out, part);
    let wide = cloak_mechanism { norm_bound: 4700, ..strong };
    let record = cloak_privacy_unit { unit: CLOAK_UNIT_RECORD, neighbours: CLOAK_NEIGHBOURS_ZERO_OUT, clip: 0.5 };
    assert!(of(record, wide) < part);
    let all = epsilon_of(|a, e| unsafe {
        cloak_accountant_add_subsampled_only_against_third_parties(a, &strong, &CLIENT, 1.0, 3, e)
    });
    close(all, client);
}

#[test]
fn divergences_come_in_two_vectors() {
    let accountant = object(|out| unsafe { cloak_accountant_new(out) });
    assert_eq!(unsafe { cloak_accountant_add_gaussian(accountant, 0.5, 1, null_mut()) }, CLOAK_OK);
    let mut count = 0;
    let status = unsafe { cloak_accountant_divergences(accountant, null_mut(), null_mut(), 0, &mut count) };
    assert_eq!(status, CLOAK_ERR_BUFFER_TOO_SMALL);
    let needed = count;
    let (mut orders, mut divergences) = (vec![-1.0; needed + 1], vec![-1.0; needed + 1]);
    let (x, y) = (orders.as_mut_ptr(), divergences.as_mut_ptr());
    let call = |x, y, room, count| unsafe { cloak_accountant_divergences(accountant, x, y, room, count) };
    assert_eq!(call(x, y, needed - 1, &mut count), CLOAK_ERR_BUFFER_TOO_SMALL);
    assert!(orders.iter().chain(&divergences).all(|value| *value == -1.0));
    let (x, y) = (orders.as_mut_ptr(), divergences.as_mut_ptr());
    assert_eq!(call(x, y, needed + 1, &mut count), CLOAK_OK);
    assert_eq!((count, orders[needed], divergences[needed]), (needed, -1.0, -1.0));
    for (order, divergence) in orders.iter().zip(&divergences).take(needed) {
        close(*divergence, 2.0 * order);
    }
    let (x, y) = (orders.as_mut_ptr(), divergences.as_mut_ptr());
    assert_eq!(call(x, x.wrapping_add(1), needed, &mut count), CLOAK_ERR_OVERLAP);
    assert_eq!(call(null_mut(), y, 1, &mut count), CLOAK_ERR_NULL_POINTER);
    assert_eq!(call(x, null_mut(), 1, &mut count), CLOAK_ERR_NULL_POINTER);
    assert_eq!(call(x, y, needed, null_mut()), CLOAK_ERR_NULL_POINTER);
    unsafe { cloak_accountant_free(accountant) };
}

fn choose(wanted: &cloak_privacy_wanted) -> (cloak_status, cloak_privacy_plan, cloak_parameter_error) {
    let (mut plan, mut error) = (NO_PLAN, NOTHING);
    let status = unsafe { cloak_privacy_plan_choose(wanted, &mut plan, &mut error) };
    assert_eq!(plan.mechanism.dimension == 0, status != CLOAK_OK, "no output of a call that failed");
    (status, plan, error)
}

fn expect(
    mechanism: &cloak_mechanism,
    unit: &cloak_privacy_unit,
    clients: u32,
    bits: u8,
) -> (cloak_status, cloak_privacy_plan, cloak_parameter_error) {
    let (mut plan, mut error) = (NO_PLAN, NOTHING);
    let status = unsafe {
        cloak_privacy_expect(mechanism, unit, clients, bits, WANTED.delta, WANTED.rounds, &mut plan, &mut error)
    };
    (status, plan, error)
}

#[test]
fn a_plan_promises_what_its_parameters_promise() {
    let (status, plan, _) = choose(&WANTED);
    assert_eq!(status, CLOAK_OK);
    assert!(plan.epsilon <= WANTED.epsilon && plan.epsilon > 0.99 * WANTED.epsilon);
    assert!(plan.wrap_vector <= WANTED.wraps && plan.wrap_coordinate < plan.wrap_vector && plan.wrap_margin > 5.0);
    close(plan.sigma, plan.mechanism.noise * plan.mechanism.granularity);
    close(plan.error_noise, 10.0 * plan.sigma);
    assert!(plan.error_quantisation < plan.error_noise && plan.error_wrap < plan.error_noise);
    let mut info = cloak_mechanism_info { padded: 0, block: 0, blocks: 0, max_bits: 0, reserved: [0; 7] };
    assert_eq!(unsafe { cloak_mechanism_check(&plan.mechanism, &mut info, null_mut()) }, CLOAK_OK);
    let (status, again, _) = expect(&plan.mechanism, &WANTED.unit, WANTED.clients, WANTED.bits);
    assert_eq!(status, CLOAK_OK);
    assert_eq!(format!("{again:?}"), format!("{plan:?}"));
}

#[test]
fn refusals_name_the_parameter_and_what_works() {
    let (status, _, error) = choose(&cloak_privacy_wanted { bits: 5, ..WANTED });
    assert_eq!((status, error.parameter), (CLOAK_ERR_INVALID_MECHANISM, cloak_parameter::CLOAK_PARAMETER_BITS as i32));
    assert_eq!((error.bound_kind, error.given), (cloak_bound::CLOAK_BOUND_AT_LEAST as i32, 5.0));
    assert!(error.works >= error.bound && error.bound > 5.0);
    assert_eq!(choose(&cloak_privacy_wanted { bits: error.works as u8, ..WANTED }).0, CLOAK_OK);

    let (_, _, error) = choose(&cloak_privacy_wanted { epsilon: -1.0, ..WANTED });
    assert_eq!(error.parameter, cloak_parameter::CLOAK_PARAMETER_EPSILON as i32);
    assert_eq!((error.bound_kind, error.bound), (cloak_bound::CLOAK_BOUND_ABOVE as i32, 0.0));
    let name = unsafe { CStr::from_ptr(cloak_parameter_name(error.parameter)) };
    assert_eq!(name, c"epsilon");
    let (_, _, error) = choose(&cloak_privacy_wanted { delta: 1.0, ..WANTED });
    assert_eq!(error.bound_kind, cloak_bound::CLOAK_BOUND_BELOW as i32);
    let (_, _, error) = choose(&cloak_privacy_wanted { honest: 101, ..WANTED });
    assert_eq!(error.parameter, cloak_parameter::CLOAK_PARAMETER_HONEST as i32);
    assert_eq!((error.bound_kind, error.bound), (cloak_bound::CLOAK_BOUND_AT_MOST as i32, 100.0));
    let (status, _, error) = choose(&cloak_privacy_wanted { clip: f64::NAN, ..WANTED });
    assert_eq!((status, error.parameter), (CLOAK_ERR_INVALID_MECHANISM, cloak_parameter::CLOAK_PARAMETER_CLIP as i32));
    assert!(error.given.is_nan());

    let (status, _, error) = expect(&MECHANISM, &CLIENT, 10, 60);
    assert_eq!((status, error.parameter), (CLOAK_ERR_INVALID_MECHANISM, cloak_parameter::CLOAK_PARAMETER_BITS as i32));
    let bad = cloak_mechanism { parts: 0, ..MECHANISM };
    let (status, _, error) = expect(&bad, &CLIENT, 10, 20);
    let mechanism = cloak_parameter::CLOAK_PARAMETER_MECHANISM as i32;
    assert_eq!((status, error.parameter, error.bound_kind), (CLOAK_ERR_INVALID_MECHANISM, mechanism, 0));
    assert!(error.given.is_nan() && error.bound.is_nan() && error.works.is_nan());
}

#[test]
fn what_does_not_exist_is_refused() {
    let untouched = |error: &cloak_parameter_error| assert_eq!(error.parameter, -1, "not about a parameter");
    for unit in [
        cloak_privacy_unit { unit: 0, ..CLIENT },
        cloak_privacy_unit { unit: 4, ..CLIENT },
        cloak_privacy_unit { neighbours: 0, ..CLIENT },
        cloak_privacy_unit { neighbours: 3, ..CLIENT },
        cloak_privacy_unit { clip: 1.0, ..CLIENT },
        cloak_privacy_unit { clip: f64::NAN, ..CLIENT },
    ] {
        let (status, _, error) = choose(&cloak_privacy_wanted { unit, ..WANTED });
        assert_eq!(status, CLOAK_ERR_INVALID_ARGUMENT, "{unit:?}");
        untouched(&error);
        assert_eq!(expect(&MECHANISM, &unit, 10, 20).0, CLOAK_ERR_INVALID_ARGUMENT);
    }
    let (status, _, error) = choose(&cloak_privacy_wanted { reserved: [0, 0, 0, 0, 0, 1], ..WANTED });
    assert_eq!(status, CLOAK_ERR_INVALID_ARGUMENT);
    untouched(&error);
    let unknown = unsafe { CStr::from_ptr(cloak_parameter_name(99)) };
    assert!(!unknown.is_empty());
}

#[test]
fn refused_rounds_add_nothing() {
    let accountant = object(|out| unsafe { cloak_accountant_new(out) });
    let error: *mut cloak_parameter_error = &mut NOTHING.clone();
    let nan = f64::NAN;
    let unit = cloak_privacy_unit { unit: CLOAK_UNIT_RECORD, neighbours: CLOAK_NEIGHBOURS_ZERO_OUT, clip: 0.0 };
    let refused = unsafe {
        [
            cloak_accountant_add_gaussian(accountant, 0.0, 1, error),
            cloak_accountant_add_gaussian(accountant, nan, 1, null_mut()),
            cloak_accountant_add_skellam(accountant, 1.0, nan, 1.0, 1, error),
            cloak_accountant_add_skellam(accountant, 1.0, 1.0, -1.0, 1, error),
            cloak_accountant_add_concentrated(accountant, f64::INFINITY, 1, error),
            cloak_accountant_add_distributed_gaussian(accountant, 1.0, 1.0, 0.4, 1, 1, 1, error),
            cloak_accountant_add_distributed_gaussian(accountant, 1.0, 1.0, 1.0, 0, 1, 1, error),
            cloak_accountant_add_gaussian_subsampled_only_against_third_parties(accountant, 1.0, 0.0, 1, error),
            cloak_accountant_add_gaussian_subsampled_only_against_third_parties(accountant, nan, 0.5, 1, error),
            cloak_accountant_add_subsampled_only_against_third_parties(accountant, &MECHANISM, &CLIENT, 1.5, 1, error),
            cloak_accountant_add(accountant, &MECHANISM, &unit, 1, error),
            cloak_accountant_add(accountant, &cloak_mechanism { honest: 0, ..MECHANISM }, &CLIENT, 1, error),
        ]
    };
    assert!(refused.iter().all(|status| *status == CLOAK_ERR_INVALID_MECHANISM), "{refused:?}");
    let (mut epsilon, mut order, mut delta) = (-1.0, -1.0, -1.0);
    let mut found = NOTHING;
    unsafe {
        assert_eq!(cloak_accountant_delta(accountant, 0.0, &mut delta, null_mut()), CLOAK_OK);
        assert_eq!(delta, 0.0, "nothing was added");
        let status = cloak_accountant_epsilon(accountant, 0.0, &mut epsilon, &mut order, &mut found);
        assert_eq!((status, epsilon, order), (CLOAK_ERR_INVALID_MECHANISM, -1.0, -1.0));
        assert_eq!(found.parameter, cloak_parameter::CLOAK_PARAMETER_DELTA as i32);
        assert_eq!(cloak_accountant_delta(accountant, -1.0, &mut delta, &mut found), CLOAK_ERR_INVALID_MECHANISM);
        assert_eq!(found.parameter, cloak_parameter::CLOAK_PARAMETER_EPSILON as i32);
        cloak_accountant_free(accountant);
    }
}

#[test]
fn null_and_other_handles_are_refused() {
    let accountant = object(|out| unsafe { cloak_accountant_new(out) });
    let seed = [1; 32];
    let other =
        object(|out| unsafe { cloak_contribution_new(&MECHANISM, 20, 1, seed.as_ptr(), out, null_mut()) }).cast();
    let (mut x, mut y, mut plan, mut count) = (0.0, 0.0, NO_PLAN, 0);
    let none = null_mut();
    for (handle, expected) in [(null_mut(), CLOAK_ERR_NULL_POINTER), (other, CLOAK_ERR_WRONG_HANDLE)] {
        let found = unsafe {
            [
                cloak_accountant_add(handle, &MECHANISM, &CLIENT, 1, none),
                cloak_accountant_add_gaussian(handle, 1.0, 1, none),
                cloak_accountant_add_skellam(handle, 1.0, 1.0, 1.0, 1, none),
                cloak_accountant_add_concentrated(handle, 1.0, 1, none),
                cloak_accountant_add_distributed_gaussian(handle, 1.0, 1.0, 1.0, 1, 1, 1, none),
                cloak_accountant_add_subsampled_only_against_third_parties(handle, &MECHANISM, &CLIENT, 0.5, 1, none),
                cloak_accountant_add_gaussian_subsampled_only_against_third_parties(handle, 1.0, 0.5, 1, none),
                cloak_accountant_epsilon(handle, 0.5, &mut x, &mut y, none),
                cloak_accountant_delta(handle, 0.5, &mut x, none),
                cloak_accountant_divergences(handle, null_mut(), null_mut(), 0, &mut count),
            ]
        };
        assert_eq!(found, [expected; 10]);
    }
    let found = unsafe {
        [
            cloak_accountant_new(null_mut()),
            cloak_accountant_add(accountant, null(), &CLIENT, 1, none),
            cloak_accountant_add(accountant, &MECHANISM, null(), 1, none),
            cloak_accountant_epsilon(accountant, 0.5, null_mut(), &mut y, none),
            cloak_accountant_epsilon(accountant, 0.5, &mut x, null_mut(), none),
            cloak_accountant_delta(accountant, 0.5, null_mut(), none),
            cloak_privacy_plan_choose(null(), &mut plan, none),
            cloak_privacy_plan_choose(&WANTED, null_mut(), none),
            cloak_privacy_expect(null(), &CLIENT, 10, 20, 0.1, 1, &mut plan, none),
            cloak_privacy_expect(&MECHANISM, null(), 10, 20, 0.1, 1, &mut plan, none),
            cloak_privacy_expect(&MECHANISM, &CLIENT, 10, 20, 0.1, 1, null_mut(), none),
        ]
    };
    assert_eq!(found, [CLOAK_ERR_NULL_POINTER; 11]);
    let mut places = [NOTHING; 2];
    let odd = places.as_mut_ptr().cast::<u8>().wrapping_add(4).cast();
    assert_eq!(unsafe { cloak_accountant_add_gaussian(accountant, 1.0, 1, odd) }, CLOAK_ERR_MISALIGNED);
    unsafe {
        cloak_accountant_free(null_mut());
        cloak_accountant_free(other.cast());
        cloak_accountant_free(accountant);
        cloak_contribution_free(other.cast());
    }
}
