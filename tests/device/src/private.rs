//! The private vector: values to noised residues, and back.

use cloakwork_core::prg::Suite;
use cloakwork_core::privacy::mechanism::Mechanism;
use cloakwork_core::privacy::pipeline::{Contribution, Pipeline};
use cloakwork_core::ring::{Bits, Lane, lane_bytes};

use crate::tape::Tape;
use crate::vectors::{PRIVATE, Private, REFUSED};

/// The longest vector and the longest block of the file.
const LONGEST: usize = 128;

pub(crate) fn contributions() -> usize {
    for case in PRIVATE {
        match lane_bytes(Bits::new(case.bits).expect("a width")) {
            4 => replay::<u32>(case),
            _ => replay::<u64>(case),
        }
    }
    PRIVATE.len()
}

fn replay<L: Lane>(case: &Private) {
    let suite = Suite::new(case.suite).expect("a suite");
    let bits = Bits::new(case.bits).expect("a width");
    let mechanism = Mechanism::new(case.mechanism).expect(case.name);
    let pipeline = Pipeline::new(mechanism, bits, suite).expect(case.name);
    let length = |length: u64| usize::try_from(length).expect("short");
    let (mut residues, mut work, mut decoded) = ([L::default(); LONGEST], [0i64; LONGEST], [0f64; LONGEST]);
    let residues = &mut residues[..length(mechanism.padded())];
    let work = &mut work[..length(mechanism.block())];
    let decoded = &mut decoded[..length(case.mechanism.dimension)];

    let mut contribution = Contribution::new(pipeline.clone(), &case.rotation, residues).expect(case.name);
    let mut tape = Tape::new(case.tape);
    for values in case.parts {
        contribution.add_part(&mut tape, values, work).expect(case.name);
    }
    assert_eq!(tape.position, case.tape.len() as u64, "{}", case.name);
    let made = contribution.residues().expect(case.name);
    assert_eq!(made.len(), case.residues.len(), "{}", case.name);
    let mut sum = [L::default(); LONGEST];
    let sum = &mut sum[..made.len()];
    for ((found, expected), sum) in made.iter().zip(case.residues).zip(sum.iter_mut()) {
        assert_eq!(found.to_u128() & bits.max_residue(), u128::from(*expected), "{}", case.name);
        *sum = L::from_u128(u128::from(*expected));
    }

    pipeline.decode(&case.rotation, sum, work, decoded).expect(case.name);
    for (found, expected) in decoded.iter().zip(case.values) {
        assert_eq!(found.to_bits(), *expected, "{}", case.name);
    }
}

pub(crate) fn refused() -> usize {
    for case in REFUSED {
        let mechanism = Mechanism::new(case.mechanism).expect(case.name);
        let pipeline =
            Pipeline::new(mechanism, Bits::new(case.bits).expect("a width"), Suite::ChaCha20).expect(case.name);
        let (mut residues, mut work) = ([0u32; 8], [0i64; 8]);
        let mut contribution = Contribution::new(pipeline, &[0; 32], &mut residues).expect(case.name);
        let error = contribution.add_part(&mut Tape::new([].as_slice()), case.values, &mut work);
        assert_eq!(error.expect_err(case.name).kind().code(), case.error, "{}", case.name);
    }
    REFUSED.len()
}
