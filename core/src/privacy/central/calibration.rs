//! How much noise a loss takes: the analytic Gaussian mechanism (Balle, Wang, ICML 2018, theorem 8).

use core::f64::consts::{FRAC_1_SQRT_2, PI};

use crate::privacy::parameter::{Bound, Parameter, Result, check, check_positive, check_probability};

/// Least epsilon that is calibrated for; below it the two probabilities that are subtracted agree in too many digits.
pub const MIN_EPSILON: f64 = 1e-6;

/// Largest epsilon that is calibrated for.
pub const MAX_EPSILON: f64 = 64.0;

/// Part of delta that is given away for the rounding of doubles; it costs less than 10^-6 of the noise.
const MARGIN: f64 = 1e-6;

/// Halvings of the interval of multipliers.
const STEPS: u32 = 100;

/// The least delta of the continuous Gaussian mechanism with a noise multiplier z (standard deviation over L2 sensitivity):
/// Phi(1/(2z) - epsilon z) - e^epsilon Phi(-1/(2z) - epsilon z). Relative precision 10^-7 or better for epsilon from 10^-6 to 64.
///
/// # Errors
/// `Scale` that is not positive and finite; `Epsilon` that is negative or above 64.
pub fn gaussian_delta(multiplier: f64, epsilon: f64) -> Result<f64> {
    check_positive(Parameter::Scale, multiplier)?;
    check(Parameter::Epsilon, epsilon, Bound::AtLeast(0.0), 1.0)?;
    check(Parameter::Epsilon, epsilon, Bound::AtMost(MAX_EPSILON), 1.0)?;
    Ok(delta_of(multiplier, epsilon))
}

/// The least noise multiplier with which the Gaussian mechanism is (epsilon, delta)-differentially private, and not more than 10^-6 above it.
///
/// # Errors
/// `Epsilon` outside 10^-6 to 64; `Delta` outside (0, 1).
pub fn gaussian_multiplier(epsilon: f64, delta: f64) -> Result<f64> {
    check_epsilon(epsilon)?;
    check_probability(Parameter::Delta, delta)?;
    Ok(multiplier(epsilon, delta))
}

/// [`gaussian_multiplier`] of numbers that were checked.
pub(super) fn multiplier(epsilon: f64, delta: f64) -> f64 {
    let wanted = delta * (1.0 - MARGIN);
    // Delta falls with the multiplier, from 1 to 0.
    let (mut low, mut high) = (libm::exp2(-20.0), libm::exp2(40.0));
    for _ in 0..STEPS {
        let middle = libm::sqrt(low * high);
        if delta_of(middle, epsilon) <= wanted {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

pub(super) fn check_epsilon(epsilon: f64) -> Result<()> {
    check(Parameter::Epsilon, epsilon, Bound::AtLeast(MIN_EPSILON), 1.0)?;
    check(Parameter::Epsilon, epsilon, Bound::AtMost(MAX_EPSILON), 1.0)
}

/// With b = epsilon z - 1/(2z) and a = b + 1/z it is e^epsilon = phi(b) / phi(a), so delta = phi(b) (M(b) - M(a)) with the Mills ratio M = (1 - Phi)
/// / phi: no large number meets a small one.
fn delta_of(multiplier: f64, epsilon: f64) -> f64 {
    let b = epsilon * multiplier - 0.5 / multiplier;
    let a = epsilon * multiplier + 0.5 / multiplier;
    if b < 0.0 {
        // 1 - Phi(b) is 1/2 at least.
        return upper_tail(b) - density(b) * mills(a);
    }
    density(b) * (mills(b) - mills(a))
}

fn density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x) / libm::sqrt(2.0 * PI)
}

/// 1 - Phi(x).
fn upper_tail(x: f64) -> f64 {
    0.5 * libm::erfc(x * FRAC_1_SQRT_2)
}

/// (1 - Phi(x)) / phi(x) for x >= 0: by the functions themselves near 0, by Laplace's continued fraction 1/(x + 1/(x + 2/(x + 3/...))) elsewhere, of
/// which 200 terms give all digits from 3 on.
fn mills(x: f64) -> f64 {
    if x < 3.0 {
        return upper_tail(x) / density(x);
    }
    1.0 / (1..=200u32).rev().fold(x, |rest, k| x + f64::from(k) / rest)
}
