//! Accountants: how much privacy rounds cost together.

use cloakwork_core::privacy::accountant::amplification::{
    gaussian_subsampled_only_against_third_parties, subsampled_only_against_third_parties,
};
use cloakwork_core::privacy::accountant::bounds::Sensitivity;
use cloakwork_core::privacy::accountant::rdp::{Concentrated, Curve, DistributedGaussian, Gaussian, Skellam};
use cloakwork_core::privacy::accountant::{Accountant, Round};

use crate::boundary::boundary;
use crate::handle::{self, Opaque, kind};
use crate::pointer::{Out, Target, value};
use crate::privacy::mechanism::cloak_mechanism;
use crate::privacy::parameter::{Refusal, cloak_parameter_error};
use crate::privacy::unit::cloak_privacy_unit;
use crate::status::{Checked, cloak_status};

/// What rounds have cost together: Renyi divergences at many orders, added up. Rounds may differ in everything, and each may depend on the results of
/// those before it.
///
/// All its numbers are public. What its statements rest on is in docs/privacy.md.
#[derive(Debug)]
pub struct cloak_accountant {
    _opaque: (),
}

impl Opaque for cloak_accountant {
    type Object = Accountant;
    const KIND: u32 = kind(b"CWa");
}

/// An accountant of nothing yet.
///
/// Hosts only. The caller ends it with `cloak_accountant_free`.
///
/// @param out  the accountant
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_accountant_new(out: *mut *mut cloak_accountant) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        out.write(handle::allocate::<cloak_accountant>(Accountant::new())?.as_ptr());
        Ok(())
    })
}

/// Ends an accountant. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_accountant_free(accountant: *mut cloak_accountant) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { handle::end(accountant) });
}

/// Adds rounds of a run's mechanism: the noise of its honest clients, with the finite precision of the sampler and the failures of roundings.
///
/// @param mechanism  the mechanism
/// @param unit       what the statement is about
/// @param rounds     number of rounds; 0 adds nothing
/// @param error      NULL, or where to report which parameter is refused
/// @return `CLOAK_ERR_INVALID_MECHANISM`; `CLOAK_ERR_INVALID_ARGUMENT` for a unit that does not exist
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_accountant_add(
    accountant: *mut cloak_accountant,
    mechanism: *const cloak_mechanism,
    unit: *const cloak_privacy_unit,
    rounds: u32,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let round = |refusal: &Refusal| unsafe { round(mechanism, unit, refusal) };
        // SAFETY: header, "Handles" and "Pointers".
        unsafe { add(accountant, rounds, error, round) }
    })
}

/// Adds rounds of Gaussian noise, continuous or discrete.
///
/// @param multiplier  standard deviation over L2 sensitivity, above 0
/// @param rounds      number of rounds; 0 adds nothing
/// @param error       NULL, or where to report which parameter is refused
/// @return `CLOAK_ERR_INVALID_MECHANISM`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_accountant_add_gaussian(
    accountant: *mut cloak_accountant,
    multiplier: f64,
    rounds: u32,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    // SAFETY: header, "Handles" and "Pointers".
    boundary(|| unsafe { add(accountant, rounds, error, |refusal| refusal.on(Gaussian::new(multiplier))) })
}

/// Adds rounds of Skellam noise on integers (Agarwal, Kairouz, Liu, NeurIPS 2021).
///
/// @param l2        L2 sensitivity, in units of the integers, above 0
/// @param l1        L1 sensitivity, above 0
/// @param variance  variance of all the noise together, above 0
/// @param rounds    number of rounds; 0 adds nothing
/// @param error     NULL, or where to report which parameter is refused
/// @return `CLOAK_ERR_INVALID_MECHANISM`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_accountant_add_skellam(
    accountant: *mut cloak_accountant,
    l2: f64,
    l1: f64,
    variance: f64,
    rounds: u32,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    let new = || Skellam::new(Sensitivity { l2, l1 }, variance);
    // SAFETY: header, "Handles" and "Pointers".
    boundary(|| unsafe { add(accountant, rounds, error, |refusal| refusal.on(new())) })
}

/// Adds rounds of a mechanism of which only its zero-concentrated differential privacy is known (Bun, Steinke, TCC 2016).
///
/// @param rho     the parameter, above 0
/// @param rounds  number of rounds; 0 adds nothing
/// @param error   NULL, or where to report which parameter is refused
/// @return `CLOAK_ERR_INVALID_MECHANISM`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_accountant_add_concentrated(
    accountant: *mut cloak_accountant,
    rho: f64,
    rounds: u32,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    // SAFETY: header, "Handles" and "Pointers".
    boundary(|| unsafe { add(accountant, rounds, error, |refusal| refusal.on(Concentrated::new(rho))) })
}

/// Adds rounds of the ideal distributed discrete Gaussian (Kairouz, Liu, Steinke, ICML 2021, theorem 1), for comparison: without the finite precision
/// of a sampler and without failures of roundings.
///
/// @param l2      L2 sensitivity, in units of the integers, above 0
/// @param l1      L1 sensitivity, above 0
/// @param noise   standard deviation of one share, at least 0.5
/// @param shares  independent shares in a sum, at least 1
/// @param padded  coordinates, padding included, at least 1
/// @param rounds  number of rounds; 0 adds nothing
/// @param error   NULL, or where to report which parameter is refused
/// @return `CLOAK_ERR_INVALID_MECHANISM`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_accountant_add_distributed_gaussian(
    accountant: *mut cloak_accountant,
    l2: f64,
    l1: f64,
    noise: f64,
    shares: u64,
    padded: u64,
    rounds: u32,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    let new = || DistributedGaussian::new(Sensitivity { l2, l1 }, noise, shares, padded);
    // SAFETY: header, "Handles" and "Pointers".
    boundary(|| unsafe { add(accountant, rounds, error, |refusal| refusal.on(new())) })
}

/// Adds rounds of a run's mechanism in which each client takes part with a probability, independently of the others and of earlier rounds, and nobody
/// learns who did (Zhu, Wang, ICML 2019, theorem 6).
///
/// It does not hold against the server of secure aggregation, which knows the participants, nor against the participants: only against third parties
/// that see what is published afterwards. Neighbours differ by adding or removing a client.
///
/// @param mechanism  the mechanism
/// @param unit       what the statement is about
/// @param rate       the probability: above 0, at most 1
/// @param rounds     number of rounds; 0 adds nothing
/// @param error      NULL, or where to report which parameter is refused
/// @return as `cloak_accountant_add`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_accountant_add_subsampled_only_against_third_parties(
    accountant: *mut cloak_accountant,
    mechanism: *const cloak_mechanism,
    unit: *const cloak_privacy_unit,
    rate: f64,
    rounds: u32,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    boundary(|| {
        let sampled = |refusal: &Refusal| {
            // SAFETY: header, "Pointers".
            let round = unsafe { round(mechanism, unit, refusal) }?;
            refusal.on(subsampled_only_against_third_parties(round, rate))
        };
        // SAFETY: header, "Handles" and "Pointers".
        unsafe { add(accountant, rounds, error, sampled) }
    })
}

/// Adds rounds of Gaussian noise in which each client takes part with a probability, exactly at integer orders (Mironov, Talwar, Zhang, arXiv
/// 1908.10530). What `cloak_accountant_add_subsampled_only_against_third_parties` says about whom it holds against is true here, too.
///
/// @param multiplier  standard deviation over L2 sensitivity, above 0
/// @param rate        the probability: above 0, at most 1
/// @param rounds      number of rounds; 0 adds nothing
/// @param error       NULL, or where to report which parameter is refused
/// @return `CLOAK_ERR_INVALID_MECHANISM`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_accountant_add_gaussian_subsampled_only_against_third_parties(
    accountant: *mut cloak_accountant,
    multiplier: f64,
    rate: f64,
    rounds: u32,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    let new = || gaussian_subsampled_only_against_third_parties(Gaussian::new(multiplier)?, rate);
    // SAFETY: header, "Handles" and "Pointers".
    boundary(|| unsafe { add(accountant, rounds, error, |refusal| refusal.on(new())) })
}

/// The least epsilon with which everything so far is (epsilon, delta)-differentially private.
///
/// @param delta    above 0, below 1
/// @param epsilon  the loss; infinite if there is none for this delta
/// @param order    the order of the divergence that showed it; infinite if none did
/// @param error    NULL, or where to report which parameter is refused
/// @return `CLOAK_ERR_INVALID_MECHANISM`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_accountant_epsilon(
    accountant: *const cloak_accountant,
    delta: f64,
    epsilon: *mut f64,
    order: *mut f64,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let accountant = unsafe { handle::shared(accountant) }?;
        // SAFETY: header, "Pointers".
        let epsilon = unsafe { Out::new(epsilon) }?;
        // SAFETY: header, "Pointers".
        let order = unsafe { Out::new(order) }?;
        // SAFETY: header, "Pointers".
        let refusal = unsafe { Refusal::new(error) }?;
        let loss = refusal.on(accountant.epsilon(delta))?;
        epsilon.write(loss.epsilon);
        order.write(loss.order);
        Ok(())
    })
}

/// The least delta, at most 1, with which everything so far is (epsilon, delta)-differentially private.
///
/// @param epsilon  0 or more
/// @param delta    the probability
/// @param error    NULL, or where to report which parameter is refused
/// @return `CLOAK_ERR_INVALID_MECHANISM`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_accountant_delta(
    accountant: *const cloak_accountant,
    epsilon: f64,
    delta: *mut f64,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let accountant = unsafe { handle::shared(accountant) }?;
        // SAFETY: header, "Pointers".
        let delta = unsafe { Out::new(delta) }?;
        // SAFETY: header, "Pointers".
        let refusal = unsafe { Refusal::new(error) }?;
        delta.write(refusal.on(accountant.delta(epsilon))?);
        Ok(())
    })
}

/// The divergences so far, with their orders.
///
/// @param orders       the orders, real numbers above 1
/// @param divergences  the divergence at each
/// @param capacity     numbers that fit in `orders`, and in `divergences`
/// @param count        number of orders
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_accountant_divergences(
    accountant: *const cloak_accountant,
    orders: *mut f64,
    divergences: *mut f64,
    capacity: usize,
    count: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let accountant = unsafe { handle::shared(accountant) }?;
        // SAFETY: header, "Pointers".
        let orders = unsafe { Target::new(orders, capacity) }?;
        // SAFETY: header, "Pointers".
        let divergences = unsafe { Target::new(divergences, capacity) }?.apart_from(&orders.extent())?;
        // SAFETY: header, "Pointers".
        let count = unsafe { Out::new(count) }?;
        let points = || accountant.divergences();
        let needed = points().count();
        if capacity >= needed {
            let places = orders.borrow().iter_mut().zip(divergences.borrow());
            places.zip(points()).for_each(|(place, point)| (*place.0, *place.1) = point);
        }
        count.write(needed);
        if capacity >= needed { Ok(()) } else { Err(cloak_status::CLOAK_ERR_BUFFER_TOO_SMALL) }
    })
}

/// Adds rounds of a mechanism that the rest of the call describes.
///
/// # Safety
/// Header, "Handles" for `accountant`, "Pointers" for `error`.
unsafe fn add<C: Curve>(
    accountant: *mut cloak_accountant,
    rounds: u32,
    error: *mut cloak_parameter_error,
    curve: impl FnOnce(&Refusal) -> Checked<C>,
) -> Checked<()> {
    // SAFETY: the caller's obligation.
    let mut accountant = unsafe { handle::exclusive(accountant) }?;
    // SAFETY: the caller's obligation.
    let refusal = unsafe { Refusal::new(error) }?;
    accountant.add(&curve(&refusal)?, rounds);
    Ok(())
}

/// A round of a run's mechanism.
///
/// # Safety
/// Header, "Pointers".
unsafe fn round(
    mechanism: *const cloak_mechanism,
    unit: *const cloak_privacy_unit,
    refusal: &Refusal,
) -> Checked<Round> {
    // SAFETY: the caller's obligation.
    let mechanism = unsafe { value(mechanism) }?;
    // SAFETY: the caller's obligation.
    let unit = unsafe { value(unit) }?;
    let (unit, neighbours) = unit.to_core()?;
    let mechanism = refusal.on_mechanism(mechanism.to_core())?;
    refusal.on(Round::new(&mechanism, unit, neighbours))
}
