//! How far a sum of residues stays from the ends of the ring.
//!
//! With N = n m parts in the sum, B the length of a rotated block, c, s and the coordinates in units of granularity, a coordinate of the sum is
//! sum_u (rotated part + rounding error + noise). It is subgaussian with the variance proxy V = N^2 c^2 / B + N/4 + N s^2:
//!
//! * All parts of a round are rotated with the same signs, so the sum of the rotated parts is the rotation of their sum X, whose norm is at most N c.
//!   A coordinate of it is (1/sqrt B) sum_i +-X_i with independent signs: subgaussian with |X|^2 / B (Hoeffding's lemma for each sign), if the parts
//!   do not depend on the signs.
//! * Given these, the rounding error of a coordinate has mean zero and lies in an interval of length 1: proxy 1/4 each, independent over parts.
//! * N_Z(0, s^2) has the proxy s^2 (Canonne, Kamath, Steinke, NeurIPS 2020, lemma 1.14), independent over parts.
//!
//! So P(|coordinate| >= k sqrt V) <= 2 e^(-k^2/2). A part whose random rounding misses its norm bound is truncated instead, with probability 2^-40 at
//! most; those N events are added. The bound holds for honest clients: a malicious one can put anything into the sum.

use crate::privacy::accountant::bounds::BETA;
use crate::privacy::mechanism::Mechanism;
use crate::privacy::parameter::{Bound, Parameter, ParameterError, Result, check, check_positive, real};

/// What enters a sum of residues, in the units of the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summands {
    /// Number of parts N = n m in the sum.
    pub count: u64,
    /// Largest norm of a part.
    pub clip: f64,
    /// Standard deviation of the noise of a part.
    pub sigma: f64,
    /// Length of a rotated block.
    pub block: u64,
}

impl Summands {
    /// The variance proxy V of a coordinate without rounding errors.
    fn variance(&self) -> f64 {
        let count = real(self.count);
        count * count * self.clip * self.clip / real(self.block) + count * self.sigma * self.sigma
    }
}

/// The least granularity at which `margin` standard deviations of a coordinate fit into `bits` bits on either side: 2 k sqrt(N^2 c^2 / B + N sigma^2)
/// / sqrt(2^(2b) - N k^2), with k the margin. It solves k sqrt(V) = 2^(b-1), and is the rule of the experiments of Kairouz, Liu and Steinke with rho
/// = 1.
///
/// # Errors
/// `Margin`, `Clip`, `Granularity` (the noise sigma, which may be 0) outside their ranges; `Bits` if not even the rounding errors fit: 2^(2b) <= N k^2.
pub fn granularity(summands: &Summands, bits: u8, margin: f64) -> Result<f64> {
    check_positive(Parameter::Margin, margin)?;
    check_positive(Parameter::Clip, summands.clip)?;
    check(Parameter::Noise, summands.sigma, Bound::AtLeast(0.0), summands.clip)?;
    check(Parameter::Noise, summands.sigma, Bound::AtMost(f64::MAX), summands.clip)?;
    let errors = real(summands.count) * margin * margin;
    let room = libm::ldexp(1.0, 2 * i32::from(bits)) - errors;
    if room <= 0.0 {
        let least = libm::floor(0.5 * libm::log2(errors)) + 1.0;
        return Err(ParameterError::new(Parameter::Bits, f64::from(bits), Bound::AtLeast(least), Some(least)));
    }
    Ok(2.0 * margin * libm::sqrt(summands.variance()) / libm::sqrt(room))
}

/// Bounds on the probability that the sum of a round wraps around, for honest clients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wrap {
    /// Standard deviations k = 2^(b-1) / sqrt V that the ring holds on either side.
    pub margin: f64,
    /// Bound on the probability for one coordinate.
    pub coordinate: f64,
    /// Bound on the expected number of coordinates, hence on the probability for any of them. Above 1 it says nothing about the latter.
    pub vector: f64,
}

/// The bounds for `clients` clients and residues of `bits` bits.
#[must_use]
pub fn wrap(mechanism: &Mechanism, clients: u32, bits: u8) -> Wrap {
    let config = mechanism.config();
    let count = real(u64::from(clients) * u64::from(config.parts));
    let proxy = variance_proxy(mechanism, clients);
    let margin = libm::ldexp(1.0, i32::from(bits) - 1) / libm::sqrt(proxy);
    let tail = 2.0 * libm::exp(-0.5 * margin * margin);
    let padded = real(mechanism.padded());
    let truncated = count * BETA;
    Wrap { margin, coordinate: (tail + truncated).min(1.0), vector: padded * tail + truncated }
}

/// V in squared units of granularity.
pub(super) fn variance_proxy(mechanism: &Mechanism, clients: u32) -> f64 {
    let config = mechanism.config();
    let count = u64::from(clients) * u64::from(config.parts);
    let in_units = Summands { count, clip: mechanism.clip_in_units(), sigma: config.noise, block: mechanism.block() };
    in_units.variance() + 0.25 * real(count)
}

/// Root mean square errors of a coordinate of the decoded sum, in the units of the data. They add up in squares. What clipping takes away depends on
/// the data and is not among them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExpectedError {
    /// From rounding to the grid; a bound: a rounding error has a variance of at most 1/4 squared units.
    pub quantisation: f64,
    /// From the noise of all clients; N_Z(0, s^2) has a variance of at most s^2.
    pub noise: f64,
    /// From wrapping around; a bound, by the tail above.
    pub wrap: f64,
}

impl ExpectedError {
    /// The mean square error from all three.
    #[must_use]
    pub fn square(&self) -> f64 {
        self.quantisation * self.quantisation + self.noise * self.noise + self.wrap * self.wrap
    }
}

/// The errors of the sum of `clients` clients, none of whom dropped out, with residues of `bits` bits.
#[must_use]
pub fn expected_error(mechanism: &Mechanism, clients: u32, bits: u8) -> ExpectedError {
    let config = mechanism.config();
    let count = real(u64::from(clients) * u64::from(config.parts));
    let root = config.granularity * libm::sqrt(count);
    let margin = wrap(mechanism, clients, bits).margin;
    // A coordinate that is off by w rings was beyond 2 w - 1 margins; the square w^2 is the sum of 2 j - 1 over j up to w.
    let squares: f64 = (1..=WINDINGS)
        .map(|j| {
            let odd = f64::from(2 * j - 1);
            odd * (2.0 * libm::exp(-0.5 * (odd * margin) * (odd * margin))).min(1.0)
        })
        .sum();
    let ring = libm::ldexp(config.granularity, i32::from(bits));
    ExpectedError { quantisation: 0.5 * root, noise: root * config.noise, wrap: ring * libm::sqrt(squares) }
}

/// Times around the ring that [`expected_error`] counts.
const WINDINGS: u32 = 64;
