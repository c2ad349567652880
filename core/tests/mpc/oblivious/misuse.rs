//! What a generator and a source refuse.

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::correlation::Correlation;
use cloakwork_core::mpc::dealer::Preprocessing;
use cloakwork_core::mpc::engine::Progress;
use cloakwork_core::mpc::oblivious::Generator;
use cloakwork_core::prg::Suite;

use super::table::{begin, generators, play};
use crate::random;

const TWO: [Correlation; 2] = [Correlation::Products { count: 3 }, Correlation::Bits { count: 9 }];

#[test]
fn a_correlation_is_given_once_and_in_order() {
    let mut generators = generators(Suite::Aes128Ctr, 2, usize::MAX);
    let mut sources = begin(&mut generators, &TWO);
    let source = &mut sources[0];
    assert_eq!(source.draw(1, &TWO[1]).unwrap_err().bound(), Some(0));
    assert!(source.draw(0, &TWO[0]).unwrap().is_some());
    let again = source.draw(0, &TWO[0]).unwrap_err();
    assert_eq!((again.kind(), again.bound()), (ErrorKind::OutOfOrder, Some(1)));
    // Another one than was planned, and then the planned one.
    assert_eq!(source.draw(1, &TWO[0]).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert!(source.draw(1, &TWO[1]).unwrap().is_some());
    // Beyond the plan: asked for, not made yet.
    assert!(source.draw(2, &TWO[0]).unwrap().is_none());
    assert!(sources[1].draw(0, &TWO[0]).unwrap().is_some());
    assert!(sources[1].draw(1, &TWO[1]).unwrap().is_some());
    assert!(sources[1].draw(2, &TWO[0]).unwrap().is_none());
    assert_eq!(play(&mut generators).len(), 2);
    assert!(sources.iter_mut().all(|source| source.draw(2, &TWO[0]).unwrap().is_some()));
}

#[test]
fn a_new_program_ends_the_one_before() {
    let mut generators = generators(Suite::Aes128Ctr, 2, usize::MAX);
    let mut old = begin(&mut generators, &TWO);
    let mut new = begin(&mut generators, &TWO);
    assert_eq!(old[0].draw(0, &TWO[0]).unwrap_err().kind(), ErrorKind::OutOfOrder);
    assert!(new[0].draw(0, &TWO[0]).unwrap().is_some());
}

#[test]
fn no_program_begins_while_one_is_made() {
    let mut generators = generators(Suite::Aes128Ctr, 2, 0);
    play(&mut generators);
    let generator = &mut generators[0];
    drop(generator.begin(&TWO).unwrap());
    assert_eq!(generator.advance().unwrap(), Progress::Exchange);
    assert_eq!(generator.begin(&TWO).unwrap_err().kind(), ErrorKind::OutOfOrder);
}

/// What is made ahead of need stays within what was asked for and one batch, whatever the length of the plan.
#[test]
fn no_more_is_made_than_may_be_held() {
    let mut generators = generators(Suite::Aes128Ctr, 2, 1);
    // Each a batch of its own: 2^17 transfers.
    let plan = [Correlation::Ands { count: 1 << 17 }; 4];
    let mut sources = begin(&mut generators, &plan);
    for number in 0..4 {
        for (place, source) in sources.iter_mut().enumerate() {
            assert!(source.draw(number, &plan[0]).unwrap().is_some());
            if number < 3 {
                assert!(source.draw(number + 1, &plan[0]).unwrap().is_none(), "party {place}");
            }
        }
        assert_eq!(play(&mut generators).len(), if number < 3 { 2 } else { 0 });
    }
}

/// Many short ones are made side by side, 2^17 transfers at a time, of which each takes 64 at least.
#[test]
fn short_correlations_share_their_rounds() {
    for (count, rounds) in [(1, 2), (2048, 2), (2049, 4)] {
        let mut generators = generators(Suite::Aes128Ctr, 2, usize::MAX);
        play(&mut generators);
        let plan = vec![Correlation::Ands { count: 1 }; count];
        for generator in &mut generators {
            drop(generator.begin(&plan).unwrap());
        }
        assert_eq!(play(&mut generators).len(), rounds);
    }
}

#[test]
fn parameters_have_bounds() {
    for (index, parties) in [(0, 0), (0, 1), (2, 2), (7, 3)] {
        let mut rng = random::Generator::new("parameters");
        let made = Generator::new(Suite::ChaCha20, &[0; 32], index, parties, 0, &mut rng);
        assert_eq!(made.unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    let made = Generator::new(Suite::ChaCha20, &[0; 32], 0, 2, 0, &mut random::Stuck(3));
    assert_eq!(made.unwrap_err().kind(), ErrorKind::Randomness);
}

#[test]
fn messages_that_do_not_fit_are_refused() {
    let mut generators = generators(Suite::Aes128Ctr, 3, 0);
    let message = [0; 8];
    assert_eq!(generators[0].receive(1, &message).unwrap_err().kind(), ErrorKind::OutOfOrder);
    for generator in &mut generators {
        assert_eq!(generator.advance().unwrap(), Progress::Exchange);
    }
    let (one, two) = (generators[1].message(0), generators[2].message(0));
    let mut refused = |from: usize, message: &[u8]| generators[0].receive(from, message).unwrap_err();
    assert_eq!(refused(0, &one).kind(), ErrorKind::UnknownParty);
    assert_eq!(refused(3, &one).kind(), ErrorKind::UnknownParty);
    for wrong in [&one[..one.len() - 1], &[one.clone(), vec![0]].concat()] {
        let error = refused(1, wrong);
        assert_eq!((error.kind(), error.bound(), error.party()), (ErrorKind::Malformed, Some(8 + 8224), Some(1)));
    }
    let mut late = one.clone();
    late[0] ^= 1;
    assert_eq!(refused(1, &late).kind(), ErrorKind::OutOfOrder);
    generators[0].receive(1, &one).unwrap();
    assert_eq!(generators[0].receive(1, &one).unwrap_err().kind(), ErrorKind::Duplicate);
    generators[0].receive(2, &two).unwrap();
    // The round is over: a replay has another length and another number.
    assert_eq!(generators[0].advance().unwrap(), Progress::Exchange);
    assert_eq!(generators[0].receive(1, &one).unwrap_err().kind(), ErrorKind::OutOfOrder);
}

/// A message of another session, party or place has the right length; what comes of it is no correlation, and no way to anything else.
#[test]
fn elements_that_are_none_end_the_session_and_name_the_sender() {
    // The first of R_0, the last of R_1, B; zero and no encoding at all.
    for (at, fill, kind) in [
        (8, 0xff, ErrorKind::NonCanonical),
        (8 + 8192 - 32, 0xff, ErrorKind::NonCanonical),
        (8 + 8192, 0xff, ErrorKind::NonCanonical),
        (8, 0, ErrorKind::LowOrderKey),
        (8 + 8192, 0, ErrorKind::LowOrderKey),
    ] {
        let mut generators = generators(Suite::Aes128Ctr, 2, 0);
        for generator in &mut generators {
            assert_eq!(generator.advance().unwrap(), Progress::Exchange);
        }
        let honest = generators[0].message(1);
        let mut message = generators[1].message(0);
        message[at..at + 32].fill(fill);
        generators[0].receive(1, &message).unwrap();
        generators[1].receive(0, &honest).unwrap();
        // B is needed after the second message only.
        let mut result = generators[0].advance();
        if result == Ok(Progress::Exchange) {
            assert_eq!(generators[1].advance().unwrap(), Progress::Exchange);
            let sums = generators[1].message(0);
            generators[0].receive(1, &sums).unwrap();
            result = generators[0].advance();
        }
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.party()), (kind, Some(1)));
        assert_eq!(generators[0].advance().unwrap_err(), error);
    }
}

/// Parties of different sessions agree on nothing: their transfers give unrelated keys.
#[test]
fn sessions_do_not_mix() {
    let mut generators: Vec<Generator> = (0u8..2)
        .map(|index| {
            let mut rng = random::Generator::new(&format!("party {index}"));
            Generator::new(Suite::Aes128Ctr, &[index; 32], index.into(), 2, 0, &mut rng).unwrap()
        })
        .collect();
    let kind = Correlation::Products { count: 64 };
    let (shares, _) = super::table::make(&mut generators, kind);
    let [a, b] = [0, 64].map(|start| super::table::sum(&shares, |one| one.words(start, 64)));
    let c = super::table::sum(&shares, |one| one.dependent_words(0, 64));
    // One of 64 random words is right with probability 2^-58.
    assert!(a.iter().zip(b).zip(c).all(|((a, b), c)| a.wrapping_mul(b) != c));
}

#[test]
fn nothing_shows_in_debug() {
    let mut generators = generators(Suite::Aes128Ctr, 2, 0);
    let sources = begin(&mut generators, &TWO);
    assert_eq!(format!("{:?}", generators[0]), "Generator(Engine(Party(0 of 2), round 4))");
    assert!(format!("{:?}", sources[0]).contains("Store(program 1"));
}
