//! Amplification by sampling: less loss towards those who do not know who took part.
//!
//! A server of secure aggregation knows the participants of every round, and clients know that they took part themselves. Towards the server, and
//! towards whoever it tells, none of this holds; it is for statements about third parties that see only what is published afterwards. Every client
//! takes part with probability q, independently of the others and of earlier rounds, and the sample stays secret. Neighbours differ by adding or
//! removing a client.

use crate::privacy::accountant::rdp::{Curve, Gaussian, Slack};
use crate::privacy::parameter::{Bound, Parameter, Result, check};

/// Orders above this one are not amplified.
const LARGEST_ORDER: f64 = 1024.0;

/// The divergence of a mechanism on a Poisson sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subsampled<C> {
    curve: C,
    rate: f64,
}

/// A mechanism of which each client is sampled with probability `rate` (Zhu, Wang, ICML 2019, theorem 6: the bound that needs nothing but the
/// mechanism's own divergences).
///
/// # Errors
/// `Rate` outside (0, 1].
pub fn subsampled_only_against_third_parties<C: Curve>(curve: C, rate: f64) -> Result<Subsampled<C>> {
    check_rate(rate)?;
    Ok(Subsampled { curve, rate })
}

impl<C: Curve> Curve for Subsampled<C> {
    fn rdp(&self, order: f64) -> f64 {
        between_integers(order, |integer| self.at_integer(integer), &self.curve)
    }

    /// Not amplified.
    fn slack(&self) -> Slack {
        self.curve.slack()
    }
}

impl<C: Curve> Subsampled<C> {
    /// 1/(a-1) ln[ (1-q)^(a-1) (a q - q + 1) + C(a,2) q^2 (1-q)^(a-2) e^RDP(2) + 3 sum_{l=3}^a C(a,l) (1-q)^(a-l) q^l e^((l-1) RDP(l)) ], and at most
    /// RDP(a).
    fn at_integer(&self, order: f64) -> f64 {
        let plain = self.curve.rdp(order);
        if self.rate >= 1.0 {
            return plain;
        }
        let (ln_rate, ln_rest) = (libm::log(self.rate), libm::log1p(-self.rate));
        let first = (order - 1.0) * ln_rest + libm::log1p((order - 1.0) * self.rate);
        let terms = Terms { order, next: 2.0 }.map(|(l, ln_choose)| {
            let factor = if l < 3.0 { 0.0 } else { LN_3 };
            factor + ln_choose + (order - l) * ln_rest + l * ln_rate + (l - 1.0) * self.curve.rdp(l)
        });
        plain.min(ln_sum(core::iter::once(first).chain(terms)) / (order - 1.0))
    }
}

const LN_3: f64 = 1.098_612_288_668_109_7;

/// The Gaussian mechanism on a Poisson sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SubsampledGaussian {
    gaussian: Gaussian,
    rate: f64,
}

/// The continuous Gaussian mechanism of which each client is sampled with probability `rate`, exactly at integer orders (Mironov, Talwar, Zhang,
/// arXiv 1908.10530, section 3.3).
///
/// # Errors
/// `Rate` outside (0, 1].
pub fn gaussian_subsampled_only_against_third_parties(gaussian: Gaussian, rate: f64) -> Result<SubsampledGaussian> {
    check_rate(rate)?;
    Ok(SubsampledGaussian { gaussian, rate })
}

impl SubsampledGaussian {
    /// 1/(a-1) ln sum_{l=0}^a C(a,l) (1-q)^(a-l) q^l e^((l-1) l / (2 z^2)).
    fn at_integer(&self, order: f64) -> f64 {
        let plain = self.gaussian.rdp(order);
        if self.rate >= 1.0 {
            return plain;
        }
        let (ln_rate, ln_rest) = (libm::log(self.rate), libm::log1p(-self.rate));
        let terms = Terms { order, next: 0.0 }
            .map(|(l, ln_choose)| ln_choose + (order - l) * ln_rest + l * ln_rate + (l - 1.0) * self.gaussian.rdp(l));
        plain.min(ln_sum(terms) / (order - 1.0))
    }
}

impl Curve for SubsampledGaussian {
    fn rdp(&self, order: f64) -> f64 {
        between_integers(order, |integer| self.at_integer(integer), &self.gaussian)
    }
}

fn check_rate(rate: f64) -> Result<()> {
    check(Parameter::Rate, rate, Bound::Above(0.0), 1.0)?;
    check(Parameter::Rate, rate, Bound::AtMost(1.0), 1.0)
}

/// The bound at a real order from those at integers: (alpha - 1) D_alpha is convex in alpha (it is the logarithm of a moment) and 0 at 1, so a chord
/// lies above it.
fn between_integers(order: f64, at_integer: impl Fn(f64) -> f64, plain: &impl Curve) -> f64 {
    if order > LARGEST_ORDER {
        return plain.rdp(order);
    }
    let below = libm::floor(order);
    let part = order - below;
    let moment = |integer: f64| if integer < 2.0 { 0.0 } else { (integer - 1.0) * at_integer(integer) };
    let mut chord = (1.0 - part) * moment(below);
    if part > 0.0 {
        chord += part * moment(below + 1.0);
    }
    plain.rdp(order).min(chord / (order - 1.0))
}

/// The integers l from `next` to `order`, with ln C(order, l).
struct Terms {
    order: f64,
    next: f64,
}

impl Iterator for Terms {
    type Item = (f64, f64);

    fn next(&mut self) -> Option<(f64, f64)> {
        let (a, l) = (self.order, self.next);
        if l > a {
            return None;
        }
        self.next += 1.0;
        Some((l, libm::lgamma(a + 1.0) - libm::lgamma(l + 1.0) - libm::lgamma(a - l + 1.0)))
    }
}

/// ln of the sum of e^x, kept in range by the largest x so far.
fn ln_sum(terms: impl Iterator<Item = f64>) -> f64 {
    let (largest, sum) = terms.fold((f64::NEG_INFINITY, 0.0), |(largest, sum), x| {
        if x > largest { (x, sum * libm::exp(largest - x) + 1.0) } else { (largest, sum + libm::exp(x - largest)) }
    });
    largest + libm::log(sum)
}
