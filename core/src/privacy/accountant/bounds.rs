//! Sensitivity of a rounded vector, and the distance between a sum of discrete Gaussians and one of them.
//!
//! Lengths are in units of granularity. Source: Kairouz, Liu, Steinke, ICML 2021 (arXiv 2102.06387), sections 4.1 and 3.2.

use core::f64::consts::PI;

use crate::privacy::mechanism::Mechanism;
use crate::privacy::parameter::{Bound, Parameter, Result, check, check_positive, real};
use crate::privacy::unit::{Neighbours, Unit};

/// Probability with which the random rounding of a vector may miss its norm bound: the beta of the pipeline, 2^-40.
pub const BETA: f64 = 1.0 / real(1 << 40);

/// Terms of tau that are summed one by one.
const TAU_TERMS: u64 = 1024;

/// The square of the norm that the random rounding of a vector of norm `clip` and of `padded` coordinates keeps, except with probability `beta`:
/// min((c + sqrt D)^2, c^2 + D/4 + sqrt(2 ln(1/beta)) (c + sqrt(D)/2)). With `beta` = 0 the first branch, which always holds.
///
/// The second branch is Hoeffding's inequality for the sum of the independent y_i^2, each of which takes two values at a distance of at most 2 |v_i| + 1.
#[must_use]
pub fn rounded_l2_squared(clip: f64, padded: u64, beta: f64) -> f64 {
    let root = libm::sqrt(real(padded));
    let always = (clip + root) * (clip + root);
    if beta <= 0.0 {
        return always;
    }
    let deviation = libm::sqrt(-2.0 * libm::log(beta)) * (clip + 0.5 * root);
    (clip * clip + 0.25 * real(padded) + deviation).min(always)
}

/// The square root of [`rounded_l2_squared`].
#[must_use]
pub fn rounded_l2(clip: f64, padded: u64, beta: f64) -> f64 {
    if beta <= 0.0 {
        return clip + libm::sqrt(real(padded));
    }
    libm::sqrt(rounded_l2_squared(clip, padded, beta))
}

/// The largest L1 norm of an integer vector of L2 norm `l2` with `padded` coordinates: l2 * min(sqrt D, l2), since |y| <= y^2 for integers.
#[must_use]
pub fn rounded_l1(l2: f64, padded: u64) -> f64 {
    l2 * libm::sqrt(real(padded)).min(l2)
}

/// 10 sum_{k=1}^{n-1} exp(-2 pi^2 s^2 k/(k+1)): how far the logarithm of the probability ratio between the sum of n shares of N_Z(0, s^2) and N_Z(0,
/// n s^2) may change from one point to another (theorem 1; half of it suffices, see docs/privacy.md section 3). For s >= 1/2.
///
/// Beyond 1024 terms the rest is bounded by its largest term.
#[must_use]
pub fn tau(noise: f64, shares: u64) -> f64 {
    let term = |k: u64| libm::exp(-2.0 * PI * PI * noise * noise * (real(k) / real(k + 1)));
    let summed = shares.saturating_sub(1).min(TAU_TERMS);
    let rest = shares.saturating_sub(1) - summed;
    let mut sum = real(rest) * term(summed + 1);
    // Ascending terms, so that the small ones count.
    for k in (1..=summed).rev() {
        let value = term(k);
        sum += value;
    }
    10.0 * sum
}

/// How far the integer vectors of two neighbouring data sets are apart, before noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sensitivity {
    /// In the L2 norm.
    pub l2: f64,
    /// In the L1 norm.
    pub l1: f64,
}

/// The sensitivity of a mechanism for a unit of privacy.
///
/// A part is at most sqrt(norm bound) away from zero, whatever the rounding did; a client is m parts. For a record, both neighbours are rounded with
/// the same random addends: floor(v + r) - floor(v' + r) is then itself a random rounding of v - v', and keeps [`rounded_l2`] of the record's clip
/// except with [`BETA`]; so does each of the two vectors its own bound. The clip is enlarged by what quantisation and the rounding of doubles in the
/// clipping factor can add. With what probability this fails is in [`Slack::of_round`](super::rdp::Slack::of_round). Neighbours that differ by a
/// replacement are twice as far apart.
///
/// # Errors
/// `RecordClip` that is not positive; `NormBound` below that of [`rounded_l2_squared`] for a record, since the two roundings could then be told apart
/// by which of them was given up.
pub fn sensitivity(mechanism: &Mechanism, unit: Unit, neighbours: Neighbours) -> Result<Sensitivity> {
    let config = mechanism.config();
    let padded = mechanism.padded();
    let replaced = neighbours.factor();
    let bound = libm::sqrt(real(config.norm_bound));
    let parts = match unit {
        Unit::Part => 1.0,
        Unit::Client => f64::from(config.parts),
        Unit::Record { clip } => {
            check_positive(Parameter::RecordClip, clip)?;
            let least = libm::floor(rounded_l2_squared(mechanism.clip_in_units(), padded, BETA));
            check(Parameter::NormBound, real(config.norm_bound), Bound::AtLeast(least), least)?;
            let l2 = rounded_l2(replaced * clip / config.granularity + quantisation(mechanism), padded, BETA);
            return Ok(Sensitivity { l2, l1: rounded_l1(l2, padded) });
        }
    };
    let scale = replaced * parts;
    Ok(Sensitivity { l2: scale * bound, l1: scale * rounded_l1(bound, padded) })
}

/// Two quantised vectors may be farther apart than their originals by this: each coordinate by two units of 2^-15 (the pipeline has 15 fraction bits
/// at least), and the clipped vectors by the relative error of their factors, together below 2^-26.
fn quantisation(mechanism: &Mechanism) -> f64 {
    libm::ldexp(libm::sqrt(real(mechanism.padded())), -14) + libm::ldexp(mechanism.clip_in_units(), -26)
}
