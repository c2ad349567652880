//! The theorem against the truth for few shares: exact sums of discrete Gaussians, of Skellam variables, and single discrete Gaussians.

use cloakwork_core::privacy::accountant::bounds::{Sensitivity, tau};
use cloakwork_core::privacy::accountant::conversion;
use cloakwork_core::privacy::accountant::rdp::{Curve, DistributedGaussian, Gaussian, Skellam};
use cloakwork_core::privacy::central::{gaussian_delta, gaussian_multiplier};

/// A distribution on -(len / 2) ... len / 2.
struct Law(Vec<f64>);

impl Law {
    /// Proportional to `weight`, up to `reach` on both sides.
    fn new(reach: i32, weight: impl Fn(f64) -> f64) -> Self {
        let weights: Vec<f64> = (-reach..=reach).map(|x| weight(f64::from(x))).collect();
        let total: f64 = weights.iter().sum();
        Self(weights.into_iter().map(|weight| weight / total).collect())
    }

    /// N_Z(0, variance).
    fn gaussian(variance: f64) -> Self {
        // Beyond, weights are below 10^-300.
        let reach = (37.0 * variance.sqrt()).floor() as i32;
        Self::new(reach, |x| (-x * x / (2.0 * variance)).exp())
    }

    fn poisson_difference(mean: f64) -> Self {
        let reach = (mean + 40.0 * mean.sqrt() + 60.0) as usize;
        let mut weights = vec![-mean];
        for k in 1..=reach {
            weights.push(weights[k - 1] + (mean / k as f64).ln());
        }
        let weights: Vec<f64> = weights.into_iter().map(f64::exp).collect();
        let mut law = vec![0.0; 2 * reach + 1];
        for (i, a) in weights.iter().enumerate().filter(|(_, weight)| **weight > 1e-290) {
            for (j, b) in weights.iter().enumerate() {
                law[reach + i - j] += a * b;
            }
        }
        Self(law)
    }

    fn plus(&self, other: &Self) -> Self {
        let mut sum = vec![0.0; self.0.len() + other.0.len() - 1];
        for (i, a) in self.0.iter().enumerate() {
            for (j, b) in other.0.iter().enumerate() {
                sum[i + j] += a * b;
            }
        }
        Self(sum)
    }

    fn at(&self, x: usize) -> f64 {
        self.0[self.0.len() / 2 + x]
    }

    fn variance(&self) -> f64 {
        let middle = (self.0.len() / 2) as f64;
        self.0.iter().enumerate().map(|(i, p)| (i as f64 - middle).powi(2) * p).sum()
    }

    /// D_alpha of the law moved by `shift` from the law, over the points where both are far above the smallest double.
    fn divergence(&self, order: f64, shift: usize) -> f64 {
        let moments = self.0.iter().zip(&self.0[shift..]).filter(|(p, q)| **p > 1e-250 && **q > 1e-250);
        let logarithms: Vec<f64> = moments.map(|(p, q)| order * p.ln() + (1.0 - order) * q.ln()).collect();
        let largest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let moment: f64 = logarithms.iter().map(|logarithm| (logarithm - largest).exp()).sum();
        (largest + moment.ln()) / (order - 1.0)
    }

    /// The least delta for an epsilon between the law and the law moved by `shift`.
    fn delta(&self, epsilon: f64, shift: usize) -> f64 {
        let end = vec![0.0; shift];
        let moved = self.0[shift..].iter().chain(&end);
        self.0.iter().zip(moved).map(|(p, q)| (p - epsilon.exp() * q).max(0.0)).sum()
    }

    /// Largest ln of the ratio to another law, where both are far above the smallest double.
    fn distance(&self, other: &Self) -> f64 {
        let offset = (self.0.len() / 2).abs_diff(other.0.len() / 2);
        let (long, short) = if self.0.len() > other.0.len() { (self, other) } else { (other, self) };
        let pairs = short.0.iter().zip(&long.0[offset..]).filter(|(p, q)| **p > 1e-250 && **q > 1e-250);
        pairs.map(|(p, q)| (p / q).ln().abs()).fold(0.0, f64::max)
    }
}

fn sum_of(shares: u32, variance: f64) -> Law {
    let share = Law::gaussian(variance);
    (1..shares).fold(Law(share.0.clone()), |sum, _| sum.plus(&share))
}

fn bound(shares: u32, variance: f64, order: f64, shift: f64) -> f64 {
    let sensitivity = Sensitivity { l2: shift, l1: shift };
    DistributedGaussian::new(sensitivity, variance.sqrt(), u64::from(shares), 1).unwrap().rdp(order)
}

#[track_caller]
fn close(value: f64, expected: f64, relative: f64) {
    assert!((value - expected).abs() <= relative * expected.abs(), "{value} is not {expected}");
}

#[test]
fn known_sums() {
    let two = sum_of(2, 0.25);
    close(two.variance(), 0.430025350176277, 1e-13);
    close(two.at(0), 0.641357149047586, 1e-13);
    close(two.at(1), 0.167518291227783, 1e-13);
    for (order, divergence, above) in
        [(2.0, 2.0, 2.848), (4.0, 4.13244272017, 4.848), (8.0, 8.23642985322, 8.848), (16.0, 16.2924504815, 16.848)]
    {
        close(two.divergence(order, 1), divergence, 1e-11);
        close(bound(2, 0.25, order, 1.0), above, 1e-4);
    }
    close(two.distance(&Law::gaussian(0.5)), 0.2142, 1e-3);

    let four = sum_of(4, 0.25);
    close(four.variance(), 0.860050700352554, 1e-13);
    close(four.at(0), 0.467739732461076, 1e-13);
    close(four.divergence(2.0, 1), 1.03188482221, 1e-11);
    close(four.divergence(8.0, 1), 4.10952176391, 1e-11);

    let four = sum_of(4, 0.5);
    close(four.variance(), 1.99591652333128, 1e-13);
    close(four.divergence(2.0, 1), 0.500023536002, 1e-11);

    let four = sum_of(4, 1.0);
    close(four.variance(), 3.99999915507091, 1e-13);
    close(four.divergence(8.0, 1), 0.999999975576, 1e-11);
    close(bound(4, 1.0, 8.0, 1.0), 1.000540223, 1e-9);
}

/// The theorem for every order, shift and number of shares that can be computed; and the lemma of docs/privacy.md that half of tau bounds the
/// distance to one Gaussian.
#[test]
fn the_bound_holds_for_exact_sums() {
    for variance in [0.25, 0.3, 0.5, 0.77, 1.0, 2.0] {
        let share = Law::gaussian(variance);
        let mut sum = Law(share.0.clone());
        for shares in 2..=6u32 {
            sum = sum.plus(&share);
            let single = Law::gaussian(variance * f64::from(shares));
            let tau = tau(variance.sqrt(), u64::from(shares));
            assert!(sum.distance(&single) <= 0.5 * tau + 1e-12, "{variance} {shares}");
            for shift in 1..=4u32 {
                for order in [1.01, 1.5, 2.0, 3.3, 8.0, 20.0] {
                    // The moment's weight lies around order * shift, which has to be where doubles reach.
                    if (order * f64::from(shift)).powi(2) > 800.0 * variance * f64::from(shares) {
                        continue;
                    }
                    let divergence = sum.divergence(order, shift as usize);
                    let bound = bound(shares, variance, order, f64::from(shift));
                    assert!(
                        divergence <= bound * (1.0 + 1e-10) + 1e-12,
                        "{variance} {shares} {shift} {order}: {divergence} {bound}"
                    );
                }
            }
        }
    }
}

#[test]
fn known_skellam_divergences() {
    let rows: [(f64, usize, f64, f64, f64); 6] = [
        (1.0, 1, 2.0, 0.8748818516, 2.5),
        (4.0, 1, 2.0, 0.2457213156, 0.390625),
        (4.0, 1, 8.0, 0.7369204573, 1.328125),
        (100.0, 10, 2.0, 0.9944070727, 1.009),
        (100.0, 10, 8.0, 3.6147001714, 4.039),
        (1e4, 100, 4.0, 1.9993841745, 2.0001765),
    ];
    for (variance, shift, order, divergence, above) in rows {
        close(Law::poisson_difference(0.5 * variance).divergence(order, shift), divergence, 1e-9);
        let sensitivity = Sensitivity { l2: shift as f64, l1: shift as f64 };
        close(Skellam::new(sensitivity, variance).unwrap().rdp(order), above, 1e-9);
    }
}

/// The epsilon of delta = 10^-5.
fn epsilon_of(law: &Law, shift: usize) -> f64 {
    let (mut low, mut high) = (0.0, 64.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if law.delta(middle, shift) <= 1e-5 { high = middle } else { low = middle }
    }
    high
}

/// Values of the privacy loss distributions of dp-accounting, which the exact sums give back; Rényi divergences give more.
#[test]
fn known_losses_of_single_discrete_gaussians() {
    let law = Law::gaussian(1.0);
    for (epsilon, delta) in [(0.5, 0.2039828), (1.0, 0.1413513), (2.0, 0.0248111)] {
        assert!((law.delta(epsilon, 1) - delta).abs() < 1e-7);
    }
    assert!((Law::gaussian(4.0).delta(1.0, 1) - 0.00724878).abs() < 1e-8);
    for (sigma, shift, epsilon) in
        [(1.0f64, 1u32, 4.430238), (2.0, 1, 2.0113398), (3.0, 2, 2.7622916), (10.0, 10, 4.3777006)]
    {
        let exact = epsilon_of(&Law::gaussian(sigma * sigma), shift as usize);
        close(exact, epsilon, 1e-6);
        let curve = Gaussian::new(sigma / f64::from(shift)).unwrap();
        let points = (11..1000).map(|order| f64::from(order) / 10.0).map(|order| (order, curve.rdp(order)));
        let bound = conversion::epsilon(points, 1e-5).epsilon;
        assert!(bound >= exact && bound <= 1.12 * exact, "{sigma} {shift}: {bound} {exact}");
    }
}

/// N_Z(0, t^2 + 4) is not less private than the continuous Gaussian with the standard deviation t.
#[test]
fn a_discrete_gaussian_is_as_private_as_a_little_narrower_continuous_one() {
    for sigma in [3.0f64, 5.0, 10.0, 31.5] {
        let law = Law::gaussian(sigma * sigma);
        for shift in [1u32, 3, 10, 40] {
            let multiplier = (sigma * sigma - 4.0).sqrt() / f64::from(shift);
            for epsilon in [0.01, 0.1, 1.0, 3.0, 10.0] {
                let exact = law.delta(epsilon, shift as usize);
                let bound = gaussian_delta(multiplier, epsilon).unwrap();
                assert!(exact <= bound * (1.0 + 1e-9) + 1e-15, "{sigma} {shift} {epsilon}: {exact} {bound}");
            }
        }
    }
}

#[test]
fn known_losses_of_the_analytic_gaussian() {
    for (multiplier, epsilon) in [(1.0, 4.3771780956812245), (10.0, 0.3406693647)] {
        close(gaussian_delta(multiplier, epsilon).unwrap(), 1e-5, 1e-9);
        let calibrated = gaussian_multiplier(epsilon, 1e-5).unwrap();
        assert!(calibrated >= multiplier * (1.0 - 1e-9) && calibrated <= multiplier * (1.0 + 1e-6), "{calibrated}");
    }
}
