//! How much privacy rounds cost: Rényi divergences at many orders, added up over rounds, converted to epsilon and delta.
//!
//! Statements hold for one [`Unit`] and one relation of [`Neighbours`], against everyone who sees the sums, the server included, as long as every
//! opened sum holds the shares of noise of that many honest clients. `docs/privacy.md` says it in full. Everything here is public, so nothing is
//! constant time.

pub mod amplification;
pub mod bounds;
pub mod conversion;
pub mod rdp;

pub use conversion::Loss;

use crate::privacy::mechanism::Mechanism;
use crate::privacy::parameter::{Bound, Parameter, Result, check, check_probability};
use crate::privacy::unit::{Neighbours, Unit};
use rdp::{Curve, DistributedGaussian, Slack};

/// Orders of the [`Accountant`]: alpha - 1 takes the values 2^(j/16) from 2^-5 to 2^13, so that the best order is within 2.2 % of one of them, which
/// costs below 0.03 % of epsilon. The integers from 2 to 64 come after them, since divergences of samples are known best there.
const FINE: u32 = 289;
const INTEGERS: core::ops::RangeInclusive<u32> = 2..=64;
const ORDERS: usize = 289 + 63;
const STEPS_PER_OCTAVE: f64 = 16.0;
const LEAST_LOG2: f64 = -5.0;

/// Times that epsilon is raised to make up for what it adds to delta itself.
const RAISES: usize = 64;

/// The orders at which an [`Accountant`] keeps divergences: real numbers above 1.
pub fn orders() -> impl Iterator<Item = f64> + Clone {
    let fine = (0..FINE).map(|j| 1.0 + libm::exp2(f64::from(j) / STEPS_PER_OCTAVE + LEAST_LOG2));
    fine.chain(INTEGERS.map(f64::from))
}

/// One round of a mechanism in secure aggregation: the curve of its honest shares, with the finite precision of the sampler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Round {
    curve: DistributedGaussian,
    slack: Slack,
}

impl Round {
    /// A round of a mechanism for a unit of privacy. The shares that count are those of the mechanism's honest clients, each with all of its parts.
    ///
    /// # Errors
    /// Those of [`bounds::sensitivity`] and [`DistributedGaussian::new`].
    pub fn new(mechanism: &Mechanism, unit: Unit, neighbours: Neighbours) -> Result<Self> {
        let config = mechanism.config();
        let sensitivity = bounds::sensitivity(mechanism, unit, neighbours)?;
        let shares = u64::from(config.honest) * u64::from(config.parts);
        let curve = DistributedGaussian::new(sensitivity, config.noise, shares, mechanism.padded())?;
        Ok(Self { curve, slack: Slack::of_round(unit, shares, mechanism.padded()) })
    }

    /// The divergence without the slack.
    #[must_use]
    pub const fn curve(&self) -> &DistributedGaussian {
        &self.curve
    }
}

impl Curve for Round {
    fn rdp(&self, order: f64) -> f64 {
        self.curve.rdp(order)
    }

    fn slack(&self) -> Slack {
        self.slack
    }
}

/// What rounds have cost together. They may differ in everything, and each may depend on the results of those before it.
///
/// Memory: 2.8 KiB.
#[derive(Clone, Debug)]
pub struct Accountant {
    rdp: [f64; ORDERS],
    slack: Slack,
}

impl Default for Accountant {
    fn default() -> Self {
        Self::new()
    }
}

impl Accountant {
    /// Nothing was released yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { rdp: [0.0; ORDERS], slack: Slack::NONE }
    }

    /// Adds `rounds` rounds of a mechanism.
    pub fn add(&mut self, curve: &impl Curve, rounds: u32) {
        if rounds == 0 {
            return;
        }
        for (sum, order) in self.rdp.iter_mut().zip(orders()) {
            *sum += f64::from(rounds) * curve.rdp(order);
        }
        self.slack = self.slack.and(curve.slack().times(rounds));
    }

    /// The divergences so far, with their orders.
    pub fn divergences(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        orders().zip(self.rdp.iter().copied())
    }

    /// The least epsilon with which everything so far is (epsilon, delta)-differentially private.
    ///
    /// Failures take their part of delta, and the distance d of the samplers takes (1 + e^epsilon) d. The epsilon that leaves enough of delta for the
    /// divergences is found from below; it is infinite if there is none.
    ///
    /// # Errors
    /// `Delta` outside (0, 1).
    pub fn epsilon(&self, delta: f64) -> Result<Loss> {
        check_probability(Parameter::Delta, delta)?;
        let mut loss = Loss { epsilon: 0.0, order: f64::INFINITY };
        for _ in 0..RAISES {
            let left = delta - self.slack.delta(loss.epsilon);
            if left.is_nan() || left <= 0.0 {
                break;
            }
            let next = conversion::epsilon(self.divergences(), left);
            if next.epsilon <= loss.epsilon {
                return Ok(loss);
            }
            // A little above what rounding may have taken, so that the last step ends the loop.
            loss = Loss { epsilon: next.epsilon * (1.0 + 4.0 * f64::EPSILON), order: next.order };
        }
        Ok(Loss { epsilon: f64::INFINITY, order: f64::INFINITY })
    }

    /// The least delta with which everything so far is (epsilon, delta)-differentially private; at most 1.
    ///
    /// # Errors
    /// `Epsilon` that is negative or NaN.
    pub fn delta(&self, epsilon: f64) -> Result<f64> {
        check(Parameter::Epsilon, epsilon, Bound::AtLeast(0.0), 1.0)?;
        Ok((conversion::delta(self.divergences(), epsilon) + self.slack.delta(epsilon)).min(1.0))
    }
}
