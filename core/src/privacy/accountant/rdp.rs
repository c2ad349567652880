//! Rényi divergences of one round: bounds on D_alpha as functions of a real order alpha > 1.

use crate::gaussian::isochronous;
use crate::privacy::accountant::bounds::{BETA, Sensitivity, tau};
use crate::privacy::parameter::{Bound, Parameter, Result, check, check_positive, real};
use crate::privacy::unit::Unit;

/// A bound on the Rényi divergence between the outputs of neighbouring data sets, in both directions.
pub trait Curve {
    /// The bound at a real order above 1. Does not fall with the order.
    fn rdp(&self, order: f64) -> f64;

    /// What the bound leaves out.
    fn slack(&self) -> Slack {
        Slack::NONE
    }
}

impl<C: Curve + ?Sized> Curve for &C {
    fn rdp(&self, order: f64) -> f64 {
        (**self).rdp(order)
    }

    fn slack(&self) -> Slack {
        (**self).slack()
    }
}

/// Where a round differs from the one that its [`Curve`] describes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slack {
    /// Probability with which the bound does not hold. Enters delta as it is.
    pub failure: f64,
    /// Statistical distance between the noise and its ideal distribution. Enters delta times 1 + e^epsilon.
    pub distance: f64,
}

impl Slack {
    /// The curve tells everything.
    pub const NONE: Self = Self { failure: 0.0, distance: 0.0 };

    /// Of a round in which `shares` shares of noise for `padded` coordinates come from [`isochronous`]: the distances of all these samples add up,
    /// each at most what a sample with a key of its own has. For a record, the roundings of the two neighbours and of their difference may each miss
    /// their norm bound with probability [`BETA`].
    #[must_use]
    pub fn of_round(unit: Unit, shares: u64, padded: u64) -> Self {
        let failure = match unit {
            Unit::Record { .. } => 3.0 * BETA,
            Unit::Part | Unit::Client => 0.0,
        };
        Self { failure, distance: real(shares) * real(padded) * isochronous::statistical_distance(1) }
    }

    /// What `rounds` such rounds leave out together.
    #[must_use]
    pub fn times(self, rounds: u32) -> Self {
        let rounds = f64::from(rounds);
        Self { failure: rounds * self.failure, distance: rounds * self.distance }
    }

    /// What this and another one leave out together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { failure: self.failure + other.failure, distance: self.distance + other.distance }
    }

    /// The part of delta that it takes: failure + (1 + e^epsilon) distance.
    #[must_use]
    pub fn delta(self, epsilon: f64) -> f64 {
        // Not infinity times 0.
        if self.distance > 0.0 { self.failure + (1.0 + libm::exp(epsilon)) * self.distance } else { self.failure }
    }
}

/// The distributed discrete Gaussian: every coordinate of the sum holds n independent shares of N_Z(0, s^2) (Kairouz, Liu, Steinke, ICML 2021,
/// theorem 1 and proposition 14).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DistributedGaussian {
    /// L2 and L1 sensitivities over sqrt(n) s.
    l2: f64,
    l1: f64,
    tau: f64,
    /// D.
    padded: f64,
}

impl DistributedGaussian {
    /// For sensitivities and noise s of one share in the same units, `shares` independent shares, and `padded` coordinates: all that are released,
    /// padding included.
    ///
    /// # Errors
    /// `Sensitivity` that is not positive; `Noise` below 1/2, where the theorem ends, or not finite; `Shares`, `Dimension` of zero.
    pub fn new(sensitivity: Sensitivity, noise: f64, shares: u64, padded: u64) -> Result<Self> {
        check_positive(Parameter::Sensitivity, sensitivity.l2)?;
        check_positive(Parameter::Sensitivity, sensitivity.l1)?;
        check(Parameter::Noise, noise, Bound::AtLeast(0.5), 0.5)?;
        check(Parameter::Noise, noise, Bound::AtMost(f64::MAX), 0.5)?;
        check(Parameter::Shares, real(shares), Bound::AtLeast(1.0), 1.0)?;
        check(Parameter::Dimension, real(padded), Bound::AtLeast(1.0), 1.0)?;
        let scale = libm::sqrt(real(shares)) * noise;
        Ok(Self {
            l2: sensitivity.l2 / scale,
            l1: sensitivity.l1 / scale,
            tau: tau(noise, shares),
            padded: real(padded),
        })
    }

    /// The tau of the theorem.
    #[must_use]
    pub const fn tau(&self) -> f64 {
        self.tau
    }

    /// The rho of rho-zCDP: RDP(alpha) <= rho alpha at every order above 1. It is eps^2/2 in the words of the paper ("eps^2/2-concentrated"); the
    /// first branch counts with the tau D that it has at order 1.
    #[must_use]
    pub fn concentrated(&self) -> Concentrated {
        let Self { l2, tau, padded, .. } = *self;
        let (second, third) = self.second_and_third();
        Concentrated { rho: (0.5 * l2 * l2 + tau * padded).min(second).min(third) }
    }

    /// The two branches that are linear in the order, per order. The third is never below the second while l1 <= sqrt(D) l2; it stands for the
    /// theorem's sake.
    fn second_and_third(&self) -> (f64, f64) {
        let Self { l2, l1, tau, padded } = *self;
        let root = l2 + tau * libm::sqrt(padded);
        (0.5 * (l2 * l2 + 2.0 * l1 * tau + tau * tau * padded), 0.5 * root * root)
    }
}

impl Curve for DistributedGaussian {
    fn rdp(&self, order: f64) -> f64 {
        let (second, third) = self.second_and_third();
        (0.5 * order * self.l2 * self.l2 + self.tau * self.padded).min(order * second).min(order * third)
    }
}

/// The Gaussian mechanism, continuous or discrete (Canonne, Kamath, Steinke, NeurIPS 2020, proposition 5): alpha / (2 z^2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaussian {
    multiplier: f64,
}

impl Gaussian {
    /// With the noise multiplier z: the standard deviation over the L2 sensitivity.
    ///
    /// # Errors
    /// `Scale` that is not positive and finite.
    pub fn new(multiplier: f64) -> Result<Self> {
        check_positive(Parameter::Scale, multiplier)?;
        Ok(Self { multiplier })
    }
}

impl Curve for Gaussian {
    fn rdp(&self, order: f64) -> f64 {
        order / (2.0 * self.multiplier * self.multiplier)
    }
}

/// A mechanism of which only its zero-concentrated differential privacy is known (Bun, Steinke, TCC 2016): rho alpha.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Concentrated {
    rho: f64,
}

impl Concentrated {
    /// With this rho.
    ///
    /// # Errors
    /// `Scale` that is not positive and finite.
    pub fn new(rho: f64) -> Result<Self> {
        check_positive(Parameter::Scale, rho)?;
        Ok(Self { rho })
    }

    /// The parameter rho. They add up over rounds.
    #[must_use]
    pub const fn rho(&self) -> f64 {
        self.rho
    }
}

impl Curve for Concentrated {
    fn rdp(&self, order: f64) -> f64 {
        self.rho * order
    }
}

/// Skellam noise: the difference of two Poisson variables, whose sums are Skellam again (Agarwal, Kairouz, Liu, NeurIPS 2021, theorem 3.5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Skellam {
    l2: f64,
    l1: f64,
    variance: f64,
}

impl Skellam {
    /// For integer queries with these sensitivities and the total variance of the noise, all in units of the integers.
    ///
    /// # Errors
    /// `Sensitivity` or `Scale` that is not positive and finite.
    pub fn new(sensitivity: Sensitivity, variance: f64) -> Result<Self> {
        check_positive(Parameter::Sensitivity, sensitivity.l2)?;
        check_positive(Parameter::Sensitivity, sensitivity.l1)?;
        check_positive(Parameter::Scale, variance)?;
        Ok(Self { l2: sensitivity.l2, l1: sensitivity.l1, variance })
    }
}

impl Curve for Skellam {
    fn rdp(&self, order: f64) -> f64 {
        let Self { l2, l1, variance } = *self;
        let excess = ((2.0 * order - 1.0) * l2 * l2 + 6.0 * l1) / (4.0 * variance * variance);
        0.5 * order * l2 * l2 / variance + excess.min(1.5 * l1 / variance)
    }
}
