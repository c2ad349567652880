//! Plans: the parameters of a mechanism for a wanted epsilon, and what given parameters promise.

use cloakwork_core::privacy::plan::{Plan, Wanted, choose};

use crate::boundary::boundary;
use crate::pointer::{Out, value};
use crate::privacy::mechanism::cloak_mechanism;
use crate::privacy::parameter::{Refusal, cloak_parameter_error};
use crate::privacy::unit::cloak_privacy_unit;
use crate::status::{Checked, cloak_status};

/// What a run with a noise mechanism wants.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_privacy_wanted {
    /// Values of a vector before padding, 1 to 2^28.
    pub dimension: u64,
    /// Epsilon after all rounds, above 0 and at most 64.
    pub epsilon: f64,
    /// Delta after all rounds, above 0 and below 1.
    pub delta: f64,
    /// Largest L2 norm of a part, in the units of the data: 2^-60 to 2^60.
    pub clip: f64,
    /// Largest magnitude of a value, above 0; infinity for none.
    pub clamp: f64,
    /// Bound on the expected number of coordinates that wrap around in a round, above 0. Up to 1 it bounds the probability that any does as well.
    pub wraps: f64,
    /// What the epsilon is about.
    pub unit: cloak_privacy_unit,
    /// Number of clients n, 1 to 2^24: all who may contribute to a round.
    pub clients: u32,
    /// Number of honest clients whose noise every opened sum holds, 1 to n: the smallest surviving set less the colluders.
    pub honest: u32,
    /// Parts of a contribution, each clipped and noised on its own, 1 to 65536.
    pub parts: u32,
    /// Number of rounds, at least 1.
    pub rounds: u32,
    /// Binary logarithm of the length of a rotated block, 0 to 28.
    pub block_log2: u8,
    /// Bits of a residue, at most 63 - `block_log2`.
    pub bits: u8,
    /// Zeros.
    pub reserved: [u8; 6],
}

/// The parameters of a mechanism, and what they promise.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_privacy_plan {
    /// The parameters.
    pub mechanism: cloak_mechanism,
    /// Standard deviation of the noise of a part, in the units of the data.
    pub sigma: f64,
    /// The epsilon that all rounds reach; infinite if there is none for this delta. The samplers' finite precision and the failures of roundings are in
    /// it.
    pub epsilon: f64,
    /// The order of the divergence that showed it.
    pub order: f64,
    /// Standard deviations of a coordinate of the sum that the ring holds on either side.
    pub wrap_margin: f64,
    /// Bound on the probability that one coordinate of a round's sum wraps around.
    pub wrap_coordinate: f64,
    /// Bound on the expected number of coordinates that do; up to 1 also on the probability that any does.
    pub wrap_vector: f64,
    /// Root mean square error of a value of a round's sum from rounding to the grid, in the units of the data. The three add up in squares; what
    /// clipping takes away depends on the data and is not among them.
    pub error_quantisation: f64,
    /// The same from the noise of all clients.
    pub error_noise: f64,
    /// The same from wrapping around.
    pub error_wrap: f64,
}

/// The parameters with the least expected error that keep a wanted epsilon.
///
/// Hosts only. It takes some ten milliseconds.
///
/// @param wanted  what the run wants
/// @param out     the plan
/// @param error   NULL, or where to report which parameter is refused: one outside its range; the bits when they are too few; delta when failures and the
///                finite precision of the sampler use it up; epsilon when no bits suffice
/// @return `CLOAK_ERR_INVALID_MECHANISM`; `CLOAK_ERR_INVALID_ARGUMENT` for a unit that does not exist or reserved fields that are not zero
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_privacy_plan_choose(
    wanted: *const cloak_privacy_wanted,
    out: *mut cloak_privacy_plan,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let wanted = unsafe { value(wanted) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let refusal = unsafe { Refusal::new(error) }?;
        let plan = refusal.on(choose(&wanted.to_core()?))?;
        out.write((&plan).into());
        Ok(())
    })
}

/// What given parameters promise. The epsilon may be infinite and the ring too small: that is for the caller to judge.
///
/// Hosts only.
///
/// @param mechanism  the mechanism
/// @param unit       what the epsilon is about
/// @param clients    number of clients, 1 to 2^24 and at least the mechanism's honest ones: all who may contribute to a round
/// @param bits       bits of a residue
/// @param delta      delta after all rounds, above 0 and below 1
/// @param rounds     number of rounds, at least 1
/// @param out        the parameters and what they promise
/// @param error      NULL, or where to report which parameter is refused
/// @return as `cloak_privacy_plan_choose`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_privacy_expect(
    mechanism: *const cloak_mechanism,
    unit: *const cloak_privacy_unit,
    clients: u32,
    bits: u8,
    delta: f64,
    rounds: u32,
    out: *mut cloak_privacy_plan,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let mechanism = unsafe { value(mechanism) }?;
        // SAFETY: header, "Pointers".
        let unit = unsafe { value(unit) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let refusal = unsafe { Refusal::new(error) }?;
        let (unit, neighbours) = unit.to_core()?;
        let mechanism = refusal.on_mechanism(mechanism.to_core())?;
        let plan = refusal.on(Plan::expect(mechanism, unit, neighbours, clients, bits, delta, rounds))?;
        out.write((&plan).into());
        Ok(())
    })
}

impl cloak_privacy_wanted {
    fn to_core(self) -> Checked<Wanted> {
        if self.reserved != [0; 6] {
            return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT);
        }
        let (unit, neighbours) = self.unit.to_core()?;
        Ok(Wanted {
            clients: self.clients,
            honest: self.honest,
            parts: self.parts,
            dimension: self.dimension,
            block_log2: self.block_log2,
            bits: self.bits,
            epsilon: self.epsilon,
            delta: self.delta,
            rounds: self.rounds,
            clip: self.clip,
            clamp: self.clamp,
            unit,
            neighbours,
            wraps: self.wraps,
        })
    }
}

impl From<&Plan> for cloak_privacy_plan {
    fn from(plan: &Plan) -> Self {
        Self {
            mechanism: (&plan.mechanism).into(),
            sigma: plan.sigma,
            epsilon: plan.loss.epsilon,
            order: plan.loss.order,
            wrap_margin: plan.wrap.margin,
            wrap_coordinate: plan.wrap.coordinate,
            wrap_vector: plan.wrap.vector,
            error_quantisation: plan.error.quantisation,
            error_noise: plan.error.noise,
            error_wrap: plan.error.wrap,
        }
    }
}
