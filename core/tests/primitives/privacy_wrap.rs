//! How often sums of contributions wrap around, against what the planner states: at margins where it happens often enough to be counted.
//!
//! A count is compared with limits that it is outside of with a probability below 10^-9 if the statement holds; seeds are fixed, so what passes once passes always.

use core::f64::consts::TAU;

use cloakwork_core::prg::Suite;
use cloakwork_core::privacy::accountant::bounds::{BETA, rounded_l2_squared};
use cloakwork_core::privacy::mechanism::{Mechanism, MechanismConfig};
use cloakwork_core::privacy::pipeline::{Contribution, Pipeline};
use cloakwork_core::privacy::plan::wrap;
use cloakwork_core::ring::{Bits, center};

use crate::random::Generator;

const CLIENTS: u32 = 4;
const LOG2: u8 = 10;
const LENGTH: usize = 1 << LOG2;
/// The ring that wraps around, and one that does not.
const NARROW: u8 = 9;
const WIDE: u8 = 32;
/// Largest sum that the narrow ring holds.
const LARGEST: i32 = 1 << (NARROW - 1);
const ROUNDS: usize = 1000;

/// Standard deviations that a normal variable is away from its mean with a probability of 10^-9, on either side together.
const FAR: f64 = 6.11;

fn mechanism(clip: f64, noise: f64) -> Mechanism {
    let config = MechanismConfig {
        dimension: LENGTH as u64,
        block_log2: LOG2,
        clamp: f64::INFINITY,
        clip,
        granularity: 1.0,
        noise,
        norm_bound: rounded_l2_squared(clip, LENGTH as u64, BETA).floor() as u64,
        parts: 1,
        honest: 1,
    };
    Mechanism::new(config).unwrap()
}

/// The sum of a round in which every client has the same vector.
fn sum(mechanism: Mechanism, bits: u8, round: &str, values: &[f64]) -> Vec<u32> {
    let pipeline = Pipeline::new(mechanism, Bits::new(bits).unwrap(), Suite::Aes128Ctr).unwrap();
    let mut rng = Generator::new(round);
    let rotation = rng.bytes();
    let (mut residues, mut work) = (vec![0u32; LENGTH], vec![0i64; LENGTH]);
    let mut sum = vec![0u32; LENGTH];
    for _ in 0..CLIENTS {
        let mut contribution = Contribution::new(pipeline.clone(), &rotation, &mut residues).unwrap();
        contribution.add_part(&mut rng, values, &mut work).unwrap();
        for (sum, residue) in sum.iter_mut().zip(contribution.residues().unwrap()) {
            *sum = sum.wrapping_add(*residue);
        }
    }
    sum
}

/// Coordinates that wrapped around, and rounds in which any did.
fn wrapped(mechanism: Mechanism, name: &str, values: &[f64]) -> (f64, f64) {
    let (mut coordinates, mut rounds) = (0, 0);
    let centred = |residue: &u32, bits: u8| center(*residue, Bits::new(bits).unwrap());
    for round in 0..ROUNDS {
        let round_name = format!("{name} {round}");
        let wide = sum(mechanism, WIDE, &round_name, values);
        if round < 10 {
            let narrow = sum(mechanism, NARROW, &round_name, values);
            assert!(narrow.iter().zip(&wide).all(|(a, b)| centred(a, NARROW) == centred(b, NARROW)));
        }
        let off = wide.iter().filter(|residue| centred(residue, NARROW) != centred(residue, WIDE)).count();
        coordinates += off;
        rounds += usize::from(off > 0);
    }
    (coordinates as f64, rounds as f64)
}

/// `found` of `count` trials, each with a probability between these two.
fn assert_count(found: f64, count: f64, least: f64, most: f64, what: &str) {
    let distance = |probability: f64| {
        let expected = count * probability;
        (found - expected) / (expected * (1.0 - probability)).sqrt()
    };
    assert!(least == 0.0 || distance(least) > -FAR, "{what}: {found} of {count} for at least {}", count * least);
    assert!(distance(most) < FAR, "{what}: {found} of {count} for at most {}", count * most);
}

/// P(X > L or X <= -L) for N_Z(0, variance): what lies outside of the ring.
fn outside(variance: f64) -> f64 {
    let weight = |x: i32| (-f64::from(x).powi(2) / (2.0 * variance)).exp();
    let last = (12.0 * variance.sqrt()) as i32 + LARGEST;
    let upper: f64 = (LARGEST + 1..last).map(weight).sum();
    let all: f64 = 1.0 + 2.0 * (1..last).map(weight).sum::<f64>();
    (2.0 * upper + weight(LARGEST)) / all
}

/// Noise alone: its sum over clients is N_Z(0, N s^2), but for less than 10^-15 (tau), and coordinates are independent, so the counts are binomial with a
/// known probability, and are checked from both sides. The stated one is above it by the tail bound 2 e^(-k^2/2) for P(|Z| > k), between k sqrt(2 pi) and
/// (k + 1/k) sqrt(2 pi) times that, 6 to 11 here, and by the clip and the rounding errors that are not there, less than 5 in 100.
#[test]
fn noise_wraps_as_often_as_it_should_and_less_often_than_stated() {
    for margin in [2.0, 2.5, 3.0, 3.5, 4.0] {
        let noise = f64::from(LARGEST) / margin / f64::from(CLIENTS).sqrt();
        let mechanism = mechanism(16.0, noise);
        let stated = wrap(&mechanism, CLIENTS, NARROW);
        let exact = outside(f64::from(CLIENTS) * noise * noise);
        let loose = stated.coordinate / exact;
        let tail = TAU.sqrt() * margin;
        assert!((tail..1.05 * (tail + TAU.sqrt() / margin)).contains(&loose), "{margin}: {loose}");

        let what = format!("margin {margin}");
        let (coordinates, rounds) = wrapped(mechanism, &what, &[0.0; LENGTH]);
        let count = (ROUNDS * LENGTH) as f64;
        assert_count(coordinates, count, 0.0, stated.coordinate, &what);
        assert_count(coordinates, count, exact, exact, &what);
        if stated.vector < 1.0 {
            let any = 1.0 - (1.0 - exact).powi(LENGTH as i32);
            assert_count(rounds, ROUNDS as f64, 0.0, stated.vector, &what);
            assert_count(rounds, ROUNDS as f64, any, any, &what);
        }
    }
}

/// Vectors at the clip, the same for all clients: the part of the margin that the rotation takes. The rotation of a flat vector has coordinates that are
/// sums of a thousand signs, so normal ones, but their sum of squares is fixed: the count varies no more than a binomial one.
#[test]
fn equal_vectors_at_the_clip_wrap_as_often_as_normal_variables() {
    for (clip, margin) in [(1000.0, 2.0), (800.0, 2.5), (660.0, 3.0)] {
        let mechanism = mechanism(clip, 2.0);
        let clients = f64::from(CLIENTS);
        let stated = wrap(&mechanism, CLIENTS, NARROW);
        assert!((stated.margin / margin - 1.0).abs() < 0.05, "{}", stated.margin);
        // The noise has a variance of 4, and rounding f (1 - f) for a fraction f: 1/6 over all fractions.
        let rotated = clients * clients * clip * clip / LENGTH as f64;
        let deviation = (rotated + clients * (4.0 + 1.0 / 6.0)).sqrt();
        let exact = libm::erfc(f64::from(LARGEST) / deviation / 2.0f64.sqrt());

        let what = format!("clip {clip}");
        let (coordinates, _) = wrapped(mechanism, &what, &[clip / (LENGTH as f64).sqrt(); LENGTH]);
        let count = (ROUNDS * LENGTH) as f64;
        assert_count(coordinates, count, 0.0, stated.coordinate, &what);
        // A sum of 1024 signs has a fourth moment that is 2 in 1024 too small, and lies on a lattice.
        assert_count(coordinates, count, exact * 0.98, exact * 1.02, &what);
    }
}
