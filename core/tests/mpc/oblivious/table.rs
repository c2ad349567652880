//! Generators around a table.

use cloakwork_core::mpc::correlation::{Correlation, Material};
use cloakwork_core::mpc::dealer::Preprocessing;
use cloakwork_core::mpc::engine::{Cost, Progress};
use cloakwork_core::mpc::oblivious::{Generator, Source};
use cloakwork_core::prg::Suite;

use crate::random;

/// The generators of a session, which make no more than is wanted next.
pub fn generators(suite: Suite, parties: usize, ahead: usize) -> Vec<Generator> {
    (0..parties)
        .map(|index| {
            let mut rng = random::Generator::new(&format!("party {index} of {parties}"));
            Generator::new(suite, &[7; 32], index, parties, ahead, &mut rng).unwrap()
        })
        .collect()
}

/// Passes messages until nobody has anything to do; the bytes of the longest message of each round, without its head.
pub fn play(generators: &mut [Generator]) -> Vec<usize> {
    let mut rounds = Vec::new();
    loop {
        let progress: Vec<Progress> = generators.iter_mut().map(|one| one.advance().unwrap()).collect();
        assert!(progress.iter().all(|one| *one == progress[0]), "{progress:?}");
        if progress[0] == Progress::Finished {
            return rounds;
        }
        let messages: Vec<Vec<Vec<u8>>> =
            generators.iter().map(|one| (0..generators.len()).map(|to| one.message(to)).collect()).collect();
        for (from, sent) in messages.iter().enumerate() {
            for (to, generator) in generators.iter_mut().enumerate() {
                if from != to {
                    generator.receive(from, &sent[to]).unwrap();
                }
            }
        }
        rounds.push(messages.iter().flatten().map(Vec::len).max().unwrap_or_default() - 8);
    }
}

/// The sources of a program whose correlations these are, all of which are made.
pub fn begin(generators: &mut [Generator], plan: &[Correlation]) -> Vec<Source> {
    let sources = generators.iter_mut().map(|one| one.begin(plan).unwrap()).collect();
    play(generators);
    sources
}

/// Every party's share of one correlation, and what it cost.
pub fn make(generators: &mut [Generator], correlation: Correlation) -> (Vec<Material>, Cost) {
    let before = generators[0].cost();
    let sources = begin(generators, &[correlation]);
    let shares = sources.into_iter().map(|mut source| source.draw(0, &correlation).unwrap().unwrap()).collect();
    let after = generators[0].cost();
    (shares, Cost { rounds: after.rounds - before.rounds, bytes: after.bytes - before.bytes, corrections: 0 })
}

/// The sum of what `part` cuts from each share.
pub fn sum<'a>(shares: &'a [Material], part: impl Fn(&'a Material) -> &'a [u64]) -> Vec<u64> {
    join(shares, part, u64::wrapping_add)
}

/// The exclusive or.
pub fn xor<'a>(shares: &'a [Material], part: impl Fn(&'a Material) -> &'a [u64]) -> Vec<u64> {
    join(shares, part, |x, y| x ^ y)
}

fn join<'a>(
    shares: &'a [Material],
    part: impl Fn(&'a Material) -> &'a [u64],
    add: impl Fn(u64, u64) -> u64,
) -> Vec<u64> {
    let mut out = vec![0; part(&shares[0]).len()];
    for share in shares {
        for (out, word) in out.iter_mut().zip(part(share)) {
            *out = add(*out, *word);
        }
    }
    out
}
