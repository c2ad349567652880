//! The noise of a thousand rounds, after the whole protocol: what an opened sum holds is the noise of those who are in it, and without that of the
//! colluders at least the honest shares that the mechanism names.
//!
//! Sums of squares are compared with quantiles of chi-square that sound noise is outside of with a probability below 10^-9 each; seeds are fixed, so what passes once passes always.

use cloakwork_core::privacy::mechanism::{Mechanism, MechanismConfig};
use cloakwork_core::privacy::pipeline::Contribution;
use cloakwork_core::secagg::{Encoding, Segment, Step, Values};

use crate::support::input::Column;
use crate::support::random::Generator;
use crate::support::setting::Setting;
use crate::support::simulation::{Losing, Moment, Outcome, Simulation};

const ROUNDS: usize = 1000;
const MEMBERS: usize = 7;
const THRESHOLD: u32 = 4;
const COLLUDERS: usize = 1;
const HONEST: usize = 4;
const PARTS: usize = 2;
const DIMENSION: usize = 50;
const PADDED: usize = 64;
const BLOCK_LOG2: u8 = 5;
const BITS: u8 = 16;
const GRANULARITY: f64 = 1.0 / 64.0;
const NOISE: f64 = 6.5;

/// Standard deviations that a normal variable is away from its mean with a probability of 10^-9, on either side together.
const FAR: f64 = 6.11;

fn setting() -> Setting {
    let mechanism = MechanismConfig {
        dimension: DIMENSION as u64,
        block_log2: BLOCK_LOG2,
        clamp: f64::INFINITY,
        clip: 2.0,
        granularity: GRANULARITY,
        noise: NOISE,
        norm_bound: 128 * 128 + 1100,
        parts: PARTS as u32,
        honest: HONEST as u32,
    };
    Setting {
        min_inputs: (HONEST + COLLUDERS) as u32,
        colluders: COLLUDERS as u32,
        segments: vec![Segment::new("update", BITS, PADDED as u64, Encoding::Residues).unwrap()],
        mechanism: Some(Mechanism::new(mechanism).unwrap()),
        ..Setting::complete(MEMBERS as u32, THRESHOLD)
    }
}

/// The values of a member's part: within the clip.
fn part(member: usize, part: usize) -> Vec<f64> {
    (0..DIMENSION).map(|place| ((member + 2 * part + place) as f64).sin() / 8.0).collect()
}

/// When a member falls silent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Silence {
    Mask,
    Survive,
    Never,
}

/// At most two members fall silent, so that the round can be opened.
fn silences(rng: &mut Generator) -> [Silence; MEMBERS] {
    let mut silences = [Silence::Never; MEMBERS];
    for _ in 0..rng.below(3) {
        silences[rng.below(MEMBERS)] = [Silence::Mask, Silence::Survive][rng.below(2)];
    }
    silences
}

/// Everyone masks; what those who fall silent made is lost.
fn contribute(simulation: &mut Simulation<8>, silences: &[Silence; MEMBERS]) -> [u8; 32] {
    let pipeline = simulation.run.pipeline().unwrap();
    let mut seed = [0; 32];
    for member in 0..MEMBERS {
        let message = simulation.due(member).unwrap();
        simulation.clients[member].begin(&message, &simulation.context).unwrap();
        seed = simulation.clients[member].rotation_seed().unwrap();
        let (mut residues, mut work) = (vec![0u32; PADDED], vec![0i64; 1 << BLOCK_LOG2]);
        let mut contribution = Contribution::new(pipeline.clone(), &seed, &mut residues).unwrap();
        for number in 0..PARTS {
            contribution.add_part(&mut simulation.rng, &part(member, number), &mut work).unwrap();
        }
        simulation.inputs[member] = vec![Column::of_lanes(BITS, contribution.residues().unwrap())];
        let client = &mut simulation.clients[member];
        let mut out = vec![0; client.masked_size().unwrap()];
        client.mask(&mut simulation.rng, &[Values::PrivateU32(&contribution)], &mut out).unwrap();
        if silences[member] != Silence::Mask {
            simulation.deliver(member, &out).unwrap();
        }
    }
    if silences.contains(&Silence::Mask) {
        simulation.close_step().unwrap();
    }
    seed
}

/// Errors of decoded sums, in units of granularity, and what they should be.
#[derive(Default)]
struct Errors {
    squares: f64,
    count: f64,
    /// By place.
    sums: Vec<f64>,
    /// Sum over rounds of the variance by noise alone, and of the largest one that rounding can add.
    variance: f64,
    rounding: f64,
}

impl Errors {
    /// Takes in the decoded sum of these members' parts.
    fn add(&mut self, decoded: &[f64], members: &[usize]) {
        let parts = (members.len() * PARTS) as f64;
        self.sums.resize(DIMENSION, 0.0);
        for (place, value) in decoded.iter().enumerate() {
            let expected: f64 =
                members.iter().flat_map(|&member| (0..PARTS).map(move |number| part(member, number)[place])).sum();
            let error = (value - expected) / GRANULARITY;
            // To a variance of one part, whatever the number of parts is.
            self.squares += error * error / parts;
            self.sums[place] += error;
        }
        self.count += DIMENSION as f64;
        self.variance += parts * NOISE * NOISE;
        self.rounding += parts * 0.25;
    }

    /// Noise alone would make the sum of squares over sigma^2 a chi-square; a rounding error adds between 0 and 1/4 to the variance of each part, has a
    /// smaller fourth moment than a normal variable, and cannot take anything away.
    fn assert(&self, what: &str) {
        let (least, most) = (NOISE * NOISE, NOISE * NOISE + 0.25);
        // Wilson and Hilferty (1931): the cube root of chi-square over its degrees of freedom is nearly normal.
        let spread = (2.0 / (9.0 * self.count)).sqrt();
        let normal =
            |variance: f64| ((self.squares / (variance * self.count)).cbrt() - (1.0 - spread * spread)) / spread;
        let found = self.squares / self.count;
        assert!(normal(least) > -FAR, "{what}: a variance of {found} a part for at least {least}");
        assert!(normal(most) < FAR, "{what}: a variance of {found} a part for at most {most}");
        let deviation = (self.variance + self.rounding).sqrt();
        assert!(self.sums.iter().all(|sum| sum.abs() < FAR * deviation), "{what}: biased, {:?}", self.sums);
    }
}

#[test]
fn a_thousand_rounds_hold_the_noise_of_their_survivors() {
    let mut simulation = Simulation::<8>::ready(&setting(), "noise of rounds");
    let pipeline = simulation.run.pipeline().unwrap();
    let mut dropouts = Generator::new("dropouts of rounds");
    // By number of parties whose noise is in what is looked at.
    let (mut opened, mut without_colluder): ([Errors; MEMBERS + 1], [Errors; MEMBERS + 1]) = Default::default();
    for _ in 0..ROUNDS {
        simulation.begin(None).unwrap();
        let silences = silences(&mut dropouts);
        let seed = contribute(&mut simulation, &silences);
        let (outcome, refusals) = simulation.play(&mut Losing(|moment: Moment, member: usize| {
            moment.step == Step::Survive && silences[member] != Silence::Never
        }));
        assert_eq!(refusals, []);
        let Outcome::Sum { survivors, sums } = outcome else { panic!("no sum") };

        let mut sum: Vec<u32> = sums[0].iter().map(|residue| u32::try_from(*residue).unwrap()).collect();
        let (mut work, mut decoded) = (vec![0i64; 1 << BLOCK_LOG2], vec![0.0; DIMENSION]);
        pipeline.decode(&seed, &sum, &mut work, &mut decoded).unwrap();
        opened[survivors.len()].add(&decoded, &survivors);

        // A colluder knows its own noise and takes it away.
        let honest = &survivors[COLLUDERS..];
        for (sum, known) in sum.iter_mut().zip(&simulation.inputs[survivors[0]][0].residues) {
            *sum = sum.wrapping_sub(u32::try_from(*known).unwrap());
        }
        pipeline.decode(&seed, &sum, &mut work, &mut decoded).unwrap();
        without_colluder[honest.len()].add(&decoded, honest);
    }
    for (shares, errors) in opened.iter().enumerate() {
        // Nothing is opened below the honest shares and the colluders'; every number of survivors above occurs.
        assert_eq!(errors.count > 100.0 * DIMENSION as f64, shares >= HONEST + COLLUDERS, "{shares}");
        if errors.count > 0.0 {
            errors.assert(&format!("{shares} survivors"));
            without_colluder[shares - COLLUDERS].assert(&format!("{} honest shares", shares - COLLUDERS));
        }
    }
    let everything = |of: &[Errors]| Errors {
        squares: of.iter().map(|errors| errors.squares).sum(),
        count: of.iter().map(|errors| errors.count).sum(),
        sums: (0..DIMENSION).map(|place| of.iter().filter_map(|errors| errors.sums.get(place)).sum()).collect(),
        variance: of.iter().map(|errors| errors.variance).sum(),
        rounding: of.iter().map(|errors| errors.rounding).sum(),
    };
    everything(&opened).assert("all rounds");
    everything(&without_colluder).assert("all rounds, without the colluder");
}
