//! The search for the grid.

use crate::privacy::accountant::bounds::{BETA, rounded_l2_squared, sensitivity};
use crate::privacy::accountant::rdp::{Curve, Gaussian, Slack};
use crate::privacy::accountant::{Accountant, Loss, Round};
use crate::privacy::mechanism::{Mechanism, MechanismConfig};
use crate::privacy::parameter::{Bound, Parameter, ParameterError, Result, real};
use crate::privacy::plan::{MAX_EPSILON, Plan, Wanted};
use crate::privacy::unit::Unit;

/// Clips in units of granularity: a little inside the range of a mechanism, which divides clip by granularity again.
const LEAST_CLIP: f64 = 1.0 + 1.0 / real(1 << 40);
const MOST_CLIP: f64 = real(1 << 31) - 1.0;

/// Noise in units of granularity that the sampler serves.
const LEAST_NOISE: f64 = 0.5;
const MOST_NOISE: f64 = real(1 << 17);

/// A grid is too coarse if rounding makes the sensitivity this many times what it is without: the noise grows as much, and another bit in the ring
/// takes most of it away.
const MOST_INFLATION: f64 = 4.0;

/// Noise multipliers between which the one for a loss is sought, as binary logarithms.
const MULTIPLIERS: (f64, f64) = (-20.0, 60.0);

/// Halvings of an interval.
const STEPS: u32 = 60;

/// The golden section, and steps after which the error is the least one to six digits.
const GOLDEN: f64 = 0.618_033_988_749_894_9;
const GOLDEN_STEPS: u32 = 24;

/// The parameters with which a run gets what it wants.
///
/// The granularity is the one with the least expected error among those at which the bound on wrap-around is kept (see
/// [`wrap`](crate::privacy::plan::wrap)) and the sampler serves the noise. The noise is the least one that keeps epsilon over all rounds with the
/// sensitivity of that grid.
///
/// # Errors
/// The parameter that is outside its range; `Bits` if the grid would be too coarse, with the fewest bits that suffice; `Delta` if it is used up by
/// failures and the finite precision of the sampler; `Epsilon` if no bits suffice, with the least one that the sampler serves.
pub fn choose(wanted: &Wanted) -> Result<Plan> {
    wanted.check()?;
    solve(wanted).ok_or_else(|| propose(wanted))
}

fn solve(wanted: &Wanted) -> Option<Plan> {
    let search = Search { wanted, multiplier: least_multiplier(wanted)? };
    let coarsest = search.coarsest()?;
    search.best(coarsest, search.finest(coarsest))
}

/// Whether there is a plan.
fn has_plan(wanted: &Wanted) -> bool {
    least_multiplier(wanted).is_some_and(|multiplier| Search { wanted, multiplier }.coarsest().is_some())
}

/// What to change. Only called if there is no plan.
fn propose(wanted: &Wanted) -> ParameterError {
    if least_multiplier(wanted).is_none() {
        let used = slack(wanted).times(wanted.rounds).delta(wanted.epsilon);
        let works = Some(2.0 * used).filter(|&delta| delta < 1.0 && has_plan(&Wanted { delta, ..*wanted }));
        return ParameterError::new(Parameter::Delta, wanted.delta, Bound::Above(used), works);
    }
    let most_bits = 63 - wanted.block_log2;
    let enough = (wanted.bits + 1..=most_bits).find(|&bits| has_plan(&Wanted { bits, ..*wanted }));
    if let Some(bits) = enough.map(f64::from) {
        return ParameterError::new(Parameter::Bits, f64::from(wanted.bits), Bound::AtLeast(bits), Some(bits));
    }
    let serves = |epsilon| has_plan(&Wanted { epsilon, bits: most_bits, ..*wanted });
    let works = least(wanted.epsilon, MAX_EPSILON, serves);
    let bound = Bound::AtLeast(works.unwrap_or(MAX_EPSILON));
    // The bits that were asked for may not do for it.
    let works = works.filter(|&epsilon| has_plan(&Wanted { epsilon, ..*wanted }));
    ParameterError::new(Parameter::Epsilon, wanted.epsilon, bound, works)
}

struct Search<'a> {
    wanted: &'a Wanted,
    /// The least ratio of noise to sensitivity that keeps the loss, were the sum of noises a Gaussian.
    multiplier: f64,
}

impl Search<'_> {
    /// The mechanism at a clip in units of granularity, with this noise.
    fn mechanism(&self, clip_in_units: f64, noise: f64) -> Option<Mechanism> {
        let wanted = self.wanted;
        let granularity = wanted.clip / clip_in_units;
        let padded = padded(wanted);
        let bound = libm::floor(rounded_l2_squared(wanted.clip / granularity, padded, BETA));
        let config = MechanismConfig {
            dimension: wanted.dimension,
            block_log2: wanted.block_log2,
            clamp: wanted.clamp,
            clip: wanted.clip,
            granularity,
            noise,
            norm_bound: whole(bound),
            parts: wanted.parts,
            honest: wanted.honest,
        };
        Mechanism::new(config).ok()
    }

    fn is_fine_enough(&self, clip_in_units: f64) -> bool {
        let wanted = self.wanted;
        let Some(mechanism) = self.mechanism(clip_in_units, LEAST_NOISE) else { return false };
        let granularity = mechanism.config().granularity;
        let exact = match wanted.unit {
            Unit::Record { clip } => clip / granularity,
            Unit::Part => clip_in_units,
            Unit::Client => clip_in_units * f64::from(wanted.parts),
        };
        sensitivity(&mechanism, wanted.unit, wanted.neighbours)
            .is_ok_and(|rounded| rounded.l2 <= MOST_INFLATION * wanted.neighbours.factor() * exact)
    }

    /// The least clip in units of granularity at which rounding does not count too much, if it has a plan; a larger one asks for more of the ring and
    /// of the sampler.
    fn coarsest(&self) -> Option<f64> {
        let coarsest = least(LEAST_CLIP, MOST_CLIP, |clip| self.is_fine_enough(clip))?;
        self.attempt(coarsest).map(|_| coarsest)
    }

    /// The largest clip in units of granularity that has a plan, at least `coarsest`, which has one.
    fn finest(&self, coarsest: f64) -> f64 {
        if self.attempt(MOST_CLIP).is_some() {
            return MOST_CLIP;
        }
        let (mut works, mut fails) = (coarsest, MOST_CLIP);
        for _ in 0..STEPS {
            let middle = libm::sqrt(works * fails);
            if self.attempt(middle).is_some() {
                works = middle;
            } else {
                fails = middle;
            }
        }
        works
    }

    /// The plan with the least error between two clips that have plans: golden-section search, since quantisation and noise fall with a finer grid
    /// and wrap-around rises.
    fn best(&self, coarsest: f64, finest: f64) -> Option<Plan> {
        let error = |clip| self.attempt(clip).map_or(f64::INFINITY, |plan| plan.error.square());
        let between = |low: f64, high: f64| low * libm::pow(high / low, GOLDEN);
        let (mut low, mut high) = (coarsest, finest);
        for _ in 0..GOLDEN_STEPS {
            let (left, right) = (low * high / between(low, high), between(low, high));
            if error(left) < error(right) {
                high = right;
            } else {
                low = left;
            }
        }
        let ends = [self.attempt(high), self.attempt(low), self.attempt(finest)];
        ends.into_iter().flatten().min_by(|a, b| a.error.square().total_cmp(&b.error.square()))
    }

    /// The plan at a clip in units of granularity, if its noise keeps the loss and the ring holds the sum.
    fn attempt(&self, clip_in_units: f64) -> Option<Plan> {
        let wanted = self.wanted;
        let sensitivity =
            sensitivity(&self.mechanism(clip_in_units, LEAST_NOISE)?, wanted.unit, wanted.neighbours).ok()?;
        let shares = f64::from(wanted.honest) * f64::from(wanted.parts);
        // Enough if tau does not count; the factor makes up for rounding.
        let first = self.multiplier * sensitivity.l2 / libm::sqrt(shares) * (1.0 + libm::exp2(-40.0));
        let serves = |noise: f64| {
            let mechanism = self.mechanism(clip_in_units, noise)?;
            let loss = loss_of(wanted, &Round::new(&mechanism, wanted.unit, wanted.neighbours).ok()?);
            (loss.epsilon <= wanted.epsilon).then_some((mechanism, loss))
        };
        let noise = least(first.max(LEAST_NOISE), MOST_NOISE, |noise| serves(noise).is_some())?;
        let (mechanism, loss) = serves(noise)?;
        let plan = Plan::with_loss(mechanism, loss, wanted.clients, wanted.bits);
        (plan.wrap.vector <= wanted.wraps).then_some(plan)
    }
}

/// The least noise multiplier that keeps the loss over all rounds; nothing if failures and the sampler use up delta.
fn least_multiplier(wanted: &Wanted) -> Option<f64> {
    let slack = slack(wanted);
    let keeps = |multiplier: f64| {
        Gaussian::new(multiplier)
            .is_ok_and(|gaussian| loss_of(wanted, &WithSlack { gaussian, slack }).epsilon <= wanted.epsilon)
    };
    least(libm::exp2(MULTIPLIERS.0), libm::exp2(MULTIPLIERS.1), keeps)
}

fn loss_of(wanted: &Wanted, round: &impl Curve) -> Loss {
    let mut accountant = Accountant::new();
    accountant.add(round, wanted.rounds);
    accountant.epsilon(wanted.delta).unwrap_or(Loss { epsilon: f64::INFINITY, order: f64::INFINITY })
}

struct WithSlack {
    gaussian: Gaussian,
    slack: Slack,
}

impl Curve for WithSlack {
    fn rdp(&self, order: f64) -> f64 {
        self.gaussian.rdp(order)
    }

    fn slack(&self) -> Slack {
        self.slack
    }
}

/// What a round of any plan for this leaves out of its curve.
fn slack(wanted: &Wanted) -> Slack {
    Slack::of_round(wanted.unit, u64::from(wanted.honest) * u64::from(wanted.parts), padded(wanted))
}

/// Values with padding.
fn padded(wanted: &Wanted) -> u64 {
    let block = 1u64 << wanted.block_log2;
    wanted.dimension.next_multiple_of(block)
}

/// The least number between two positive ones at which something holds that holds from some number on, to the precision of doubles; the smaller one
/// if it holds there.
fn least(low: f64, high: f64, holds: impl Fn(f64) -> bool) -> Option<f64> {
    if low >= high || holds(low) {
        return holds(low).then_some(low);
    }
    if !holds(high) {
        return None;
    }
    let (mut fails, mut works) = (low, high);
    for _ in 0..STEPS {
        let middle = libm::sqrt(fails) * libm::sqrt(works);
        if holds(middle) {
            works = middle;
        } else {
            fails = middle;
        }
    }
    Some(works)
}

/// A whole number below 2^64 that came out of `floor`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a floor, below 2^64 since clips are below 2^31"
)]
fn whole(x: f64) -> u64 {
    x as u64
}
