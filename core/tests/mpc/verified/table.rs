//! Parties in verified mode around a table, and somebody who changes what one of them says.

use std::future::Future;

use cloakwork_core::Result;
use cloakwork_core::mpc::correlation::Words;
use cloakwork_core::mpc::dealer::Seed;
use cloakwork_core::mpc::engine::{Engine, Outcome, Progress};
use cloakwork_core::mpc::verified::{Dealer, Dealt, Verified};
use cloakwork_core::prg::Suite;

use crate::random::Generator;
use crate::table;

/// The sources of authenticated randomness of all parties, from one dealer.
pub fn sources(suite: Suite, parties: usize, corrected: usize) -> Vec<Dealt> {
    let seeds = || -> Vec<Seed> {
        let mut rng = Generator::new("seeds of verified parties");
        (0..parties).map(|_| Seed::generate(&mut rng).unwrap()).collect()
    };
    let mut dealer = Dealer::new(suite, seeds(), corrected).unwrap();
    let mut corrections = Some(Box::new(move |number, correlation: &_| dealer.deal(number, correlation)));
    let dealt = seeds().into_iter().enumerate().map(|(index, seed)| {
        if index == corrected {
            Dealt::corrected(suite, index, seed, corrections.take().unwrap())
        } else {
            Dealt::seeded(suite, index, seed)
        }
    });
    dealt.collect()
}

/// Begins a program at every party; one of them is corrected.
pub fn begin<T, F>(
    parties: usize,
    corrected: usize,
    program: impl Fn(Verified, Generator) -> F,
) -> (Vec<Engine>, Vec<Outcome<T>>)
where
    T: 'static,
    F: Future<Output = T> + 'static,
{
    let mut engines = table::engines(parties, corrected, 11);
    let outcomes = engines
        .iter_mut()
        .zip(sources(Suite::ChaCha20, parties, corrected))
        .map(|(engine, source)| {
            let verified = Verified::new(&engine.party(), Box::new(source));
            let rng = Generator::new(&format!("coins of {}", engine.party().index()));
            let program = program(verified, rng);
            engine.spawn(program)
        })
        .collect();
    (engines, outcomes)
}

/// The messages of a round by sender and receiver, and what becomes of their bodies.
pub type Messages = Vec<Vec<Vec<u8>>>;

/// Bytes of the head of a message.
pub const HEAD: usize = 8;

/// Passes messages until every protocol has ended, and lets somebody change those of a round on the way. All parties always wait for the same: nobody hangs.
/// What was sent, by round, after the changes.
pub fn play(engines: &mut [Engine], mut change: impl FnMut(usize, &mut Messages)) -> Vec<Messages> {
    let mut rounds = Vec::new();
    loop {
        let progress: Vec<Progress> = engines.iter_mut().map(Engine::advance).collect();
        assert!(progress.iter().all(|one| *one == progress[0]), "{progress:?}");
        if progress[0] == Progress::Finished {
            return rounds;
        }
        assert_eq!(progress[0], Progress::Exchange);
        let parties = engines.len();
        let mut messages: Messages =
            engines.iter().map(|engine| (0..parties).map(|to| engine.message(to)).collect()).collect();
        change(rounds.len(), &mut messages);
        for (from, sent) in messages.iter().enumerate() {
            for (to, message) in sent.iter().enumerate().filter(|(to, _)| *to != from) {
                engines[to].receive(from, message).unwrap();
            }
        }
        rounds.push(messages);
    }
}

/// What every party gets from a program in which nobody lies.
pub fn run<T, F>(parties: usize, program: impl Fn(Verified, Generator) -> F) -> Vec<T>
where
    T: 'static,
    F: Future<Output = T> + 'static,
{
    let (mut engines, outcomes) = begin(parties, parties - 1, program);
    play(&mut engines, |_, _| {});
    outcomes.iter().map(|outcome| outcome.take().unwrap()).collect()
}

/// Outputs as plain numbers.
pub type Given = Result<Vec<Option<Vec<u64>>>>;

pub fn plain(outputs: Result<Vec<Option<Words>>>) -> Given {
    outputs.map(|outputs| outputs.into_iter().map(|words| words.map(|words| words.to_vec())).collect())
}
