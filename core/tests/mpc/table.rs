//! Parties around a table: a dealer, and messages that are handed over at once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;

use cloakwork_core::Result;
use cloakwork_core::mpc::correlation::Words;
use cloakwork_core::mpc::dealer::{Dealer, Dealt, Preprocessing, Seed};
use cloakwork_core::mpc::engine::{Cost, Engine, Outcome, Party, Progress};
use cloakwork_core::mpc::oblivious::Generator;
use cloakwork_core::prg::Suite;

use crate::oblivious::table as transfers;

/// SplitMix64 (Steele, Lea, Flood 2014): numbers that tests can repeat.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn seed(&mut self) -> Seed {
        let mut bytes = [0; 32];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.next().to_le_bytes());
        }
        Seed::from_bytes(&bytes)
    }
}

thread_local! {
    /// By number of parties, the generators from which engines take their correlations where there is no dealer.
    static GENERATORS: RefCell<Option<BTreeMap<usize, Vec<Generator>>>> = const { RefCell::new(None) };
}

/// Runs tests of this thread without a dealer.
pub fn without_dealer(tests: impl FnOnce()) {
    GENERATORS.set(Some(BTreeMap::new()));
    tests();
    GENERATORS.set(None);
}

/// Calls `act` with the generators of so many parties, unless there is a dealer.
fn with_generators<T>(parties: usize, act: impl FnOnce(&mut Vec<Generator>) -> T) -> Option<T> {
    GENERATORS.with_borrow_mut(|all| {
        let new = || transfers::generators(Suite::Aes128Ctr, parties, 0);
        all.as_mut().map(|all| act(all.entry(parties).or_insert_with(new)))
    })
}

/// Where parties take correlations from: one dealer, and `corrected` gets the corrections; without it, they make what they need when they need it.
pub fn sources(parties: usize, corrected: usize, seed: u64) -> Vec<Box<dyn Preprocessing>> {
    if let Some(sources) = with_generators(parties, |generators| transfers::begin(generators, &[])) {
        return sources.into_iter().map(boxed).collect();
    }
    let mut numbers = Numbers(seed);
    let bytes: Vec<[u8; 32]> = (0..parties).map(|_| *numbers.seed().as_bytes()).collect();
    let seeds = bytes.iter().map(Seed::from_bytes).collect();
    let mut dealer = Dealer::new(Suite::ChaCha20, seeds, numbers.seed(), corrected).unwrap();
    let mut source = Some(Box::new(move |number, correlation: &_| dealer.deal(number, correlation)));
    let dealt = bytes.iter().enumerate().map(|(party, bytes)| {
        let seed = Seed::from_bytes(bytes);
        boxed(if party == corrected {
            Dealt::corrected(Suite::ChaCha20, seed, source.take().unwrap())
        } else {
            Dealt::seeded(Suite::ChaCha20, seed)
        })
    });
    dealt.collect()
}

fn boxed(source: impl Preprocessing + 'static) -> Box<dyn Preprocessing> {
    Box::new(source)
}

/// The engines of such parties.
pub fn engines(parties: usize, corrected: usize, seed: u64) -> Vec<Engine> {
    let sources = sources(parties, corrected, seed).into_iter().enumerate();
    sources.map(|(party, source)| Engine::new(party, parties, source).unwrap()).collect()
}

/// Shares of a vector, by party.
pub fn share(parties: usize, values: &[u64], seed: u64) -> Vec<Vec<u64>> {
    let mut numbers = Numbers(seed ^ 0x5eed);
    let mut shares: Vec<Vec<u64>> = (1..parties).map(|_| values.iter().map(|_| numbers.next()).collect()).collect();
    let last = values
        .iter()
        .enumerate()
        .map(|(place, value)| shares.iter().fold(*value, |left, share| left.wrapping_sub(share[place])))
        .collect();
    shares.push(last);
    shares
}

/// Passes messages until every protocol has ended; what each message was, by round, sender and receiver.
pub fn play(engines: &mut [Engine]) -> Vec<Vec<Vec<Vec<u8>>>> {
    let (mut rounds, mut waited) = (Vec::new(), 0);
    loop {
        let progress: Vec<Progress> = engines.iter_mut().map(Engine::advance).collect();
        assert!(progress.iter().all(|one| *one == progress[0]), "{progress:?}");
        if progress[0] == Progress::Finished {
            return rounds;
        }
        if progress[0] == Progress::Preprocessing {
            let made = with_generators(engines.len(), |generators| transfers::play(generators));
            waited += 1;
            assert!(made.is_some() && waited < 1000, "nobody makes what is waited for");
            continue;
        }
        let messages: Vec<Vec<Vec<u8>>> =
            engines.iter().map(|engine| (0..engines.len()).map(|to| engine.message(to)).collect()).collect();
        for (from, sent) in messages.iter().enumerate() {
            for (to, engine) in engines.iter_mut().enumerate() {
                if from != to {
                    engine.receive(from, &sent[to]).unwrap();
                }
            }
        }
        rounds.push(messages);
        waited = 0;
    }
}

/// What a protocol gives over all parties, as a sum, and what it cost; the same at every one of them.
pub fn run<F>(parties: usize, inputs: &[&[u64]], protocol: impl Fn(Party, Vec<Vec<u64>>) -> F) -> (Vec<u64>, Cost)
where
    F: Future<Output = Result<Words>> + 'static,
{
    let shares = all_shares(parties, inputs, protocol);
    let length = shares.0[0].len();
    let sum =
        (0..length).map(|place| shares.0.iter().fold(0u64, |sum, share| sum.wrapping_add(share[place]))).collect();
    (sum, shares.1)
}

/// The same for packed bits, by exclusive or.
pub fn run_bits<F>(parties: usize, inputs: &[&[u64]], protocol: impl Fn(Party, Vec<Vec<u64>>) -> F) -> (Vec<u64>, Cost)
where
    F: Future<Output = Result<Words>> + 'static,
{
    let shares = all_shares(parties, inputs, protocol);
    let length = shares.0[0].len();
    let sum = (0..length).map(|place| shares.0.iter().fold(0u64, |sum, share| sum ^ share[place])).collect();
    (sum, shares.1)
}

fn all_shares<F>(
    parties: usize,
    inputs: &[&[u64]],
    protocol: impl Fn(Party, Vec<Vec<u64>>) -> F,
) -> (Vec<Vec<u64>>, Cost)
where
    F: Future<Output = Result<Words>> + 'static,
{
    let mut engines = engines(parties, parties - 1, inputs.len() as u64 + parties as u64);
    let inputs: Vec<Vec<Vec<u64>>> =
        inputs.iter().zip(1..).map(|(values, seed)| share(parties, values, seed)).collect();
    let outcomes: Vec<Outcome<Result<Words>>> = engines
        .iter_mut()
        .enumerate()
        .map(|(party, engine)| {
            let own = inputs.iter().map(|shares| shares[party].clone()).collect();
            let protocol = protocol(engine.party(), own);
            engine.spawn(protocol)
        })
        .collect();
    let rounds = play(&mut engines);
    let costs: Vec<Cost> = engines.iter().map(Engine::cost).collect();
    // The counters count what was on the wire, but for the head of each message.
    for (from, cost) in costs.iter().enumerate() {
        let longest = |sent: &Vec<Vec<u8>>| (0..parties).filter(|to| *to != from).map(|to| sent[to].len() - 8).max();
        let bytes: usize = rounds.iter().map(|messages| longest(&messages[from]).unwrap()).sum();
        assert_eq!((cost.rounds, cost.bytes), (rounds.len() as u64, bytes as u64));
    }
    assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
    let shares = outcomes.iter().map(|outcome| outcome.take().unwrap().unwrap().to_vec()).collect();
    (shares, costs[0])
}
