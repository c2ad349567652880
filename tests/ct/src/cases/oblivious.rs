//! Correlated randomness by oblivious transfer: both parties of a pair, whose seeds are secret and whose messages are public.

use crate::Case;
use crate::generator::SecretGenerator;
use crate::secret::{is_secret, reveal};
use cloakwork_core::mpc::correlation::Correlation;
use cloakwork_core::mpc::dealer::Preprocessing;
use cloakwork_core::mpc::engine::Progress;
use cloakwork_core::mpc::local::comparison::Width;
use cloakwork_core::mpc::oblivious::Generator;
use cloakwork_core::prg::Suite;

/// The cases of this file.
pub const CASES: &[Case] = &[
    ("mpc: oblivious transfer, suite 1", || transfers(Suite::ChaCha20)),
    ("mpc: oblivious transfer, suite 2", || transfers(Suite::Aes128Ctr)),
];

/// The message to the other party, which is public.
fn message(generator: &Generator, to: usize) -> Vec<u8> {
    let mut message = generator.message(to);
    if is_secret(&message) {
        reveal(&mut message);
    }
    message
}

fn transfers(suite: Suite) {
    let width = Width::signed(64).expect("in range");
    let plan = [
        Correlation::Products { count: 2 },
        Correlation::Squares { count: 2 },
        Correlation::MatrixProduct { rows: 2, inner: 1, columns: 2 },
        Correlation::SharedAnds { count: 3 },
        Correlation::Masks { count: 2, fraction: Some(16), width: None },
        Correlation::Selectors { count: 2, width },
    ];
    let mut generators = [0, 1].map(|index| {
        let mut rng = SecretGenerator::new(40 + index as u64);
        Generator::new(suite, &[1; 32], index, 2, usize::MAX, &mut rng).expect("a generator that does not fail")
    });
    let mut sources = generators.each_mut().map(|generator| generator.begin(&plan).expect("nothing is made yet"));
    while generators.each_mut().map(|generator| generator.advance().expect("honest messages"))
        == [Progress::Exchange; 2]
    {
        let messages = [message(&generators[0], 1), message(&generators[1], 0)];
        let [zero, one] = messages;
        generators[1].receive(0, &zero).expect("what it waits for");
        generators[0].receive(1, &one).expect("what it waits for");
    }
    for (number, correlation) in (0..).zip(&plan) {
        let shares = sources.each_mut().map(|source| source.draw(number, correlation).expect("planned").expect("made"));
        assert!(shares.iter().all(|share| is_secret(share.words(0, 1)) || is_secret(share.bits(0, 1))));
        if let Correlation::Products { count } = *correlation {
            let sums = [0, 1, 2].map(|part| {
                let of = |share: usize| match part {
                    2 => shares[share].dependent_words(0, count),
                    part => shares[share].words(part * count, count),
                };
                let mut sum: Vec<u64> = of(0).iter().zip(of(1)).map(|(x, y)| x.wrapping_add(*y)).collect();
                reveal(&mut sum);
                sum
            });
            assert_eq!([0, 1].map(|at| sums[0][at].wrapping_mul(sums[1][at])).to_vec(), sums[2]);
        }
    }
}
