//! Noise mechanisms with any fields. What is accepted keeps the stated relations, travels in a run description and comes back as it is, and is accounted
//! for with numbers that make sense; what is refused is refused for the stated reason.
#![no_main]

use cloakwork_core::ErrorKind;
use cloakwork_core::privacy::mechanism::{MAX_PADDED, Mechanism};
use cloakwork_core::privacy::plan::Plan;
use cloakwork_core::privacy::unit::{Neighbours, Unit};
use cloakwork_core::secagg::{Encoding, MAX_DESCRIPTION_SIZE, Run, Segment};
use cloakwork_fuzz::noise::Reader;
use cloakwork_fuzz::run::setting;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader(bytes);
    let config = reader.mechanism();
    let mechanism = match Mechanism::new(config) {
        Ok(mechanism) => mechanism,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidMechanism);
            return;
        }
    };
    let padding = mechanism.padded() - config.dimension;
    assert!(mechanism.padded() <= MAX_PADDED && padding < mechanism.block());
    assert_eq!(mechanism.blocks() * mechanism.block(), mechanism.padded());
    assert!((1..=62).contains(&mechanism.max_bits()) && mechanism.max_bits() + config.block_log2 <= 63);
    let bits = reader.byte();
    describe(&mechanism, bits);
    account(&mechanism, bits, &mut reader);
});

/// The run of all targets with a private vector.
fn describe(mechanism: &Mechanism, bits: u8) {
    let Ok(segment) = Segment::new("private", bits, mechanism.padded(), Encoding::Residues) else { return };
    let mut config = setting().run.config().clone();
    config.segments = heapless::Vec::from_slice(&[segment]).expect("room for eight");
    config.mechanism = Some(*mechanism);
    let mut out = [0; MAX_DESCRIPTION_SIZE];
    // Of three inputs, one may be a colluder's.
    let fits = bits <= mechanism.max_bits() && mechanism.config().honest <= 2;
    match config.encode(&mut out) {
        Err(error) => assert!(error.kind() == ErrorKind::InvalidMechanism && !fits),
        Ok(written) => {
            assert!(fits);
            let run = Run::decode(&out[..written]).expect("what was encoded");
            assert_eq!(*run.config(), config);
            assert_eq!(run.pipeline().expect("with a mechanism").mechanism(), mechanism);
        }
    }
}

fn account(mechanism: &Mechanism, bits: u8, reader: &mut Reader<'_>) {
    let clip = reader.real();
    let unit = [Unit::Part, Unit::Client, Unit::Record { clip }][usize::from(reader.byte() % 3)];
    let neighbours = [Neighbours::ZeroOut, Neighbours::ReplaceOne][usize::from(reader.byte() % 2)];
    let clients = u32::from_le_bytes(reader.bytes());
    let (delta, rounds) = (reader.real(), u32::from_le_bytes(reader.bytes()));
    match Plan::expect(*mechanism, unit, neighbours, clients, bits, delta, rounds) {
        Ok(plan) => {
            let Plan { sigma, loss, wrap, error, .. } = plan;
            assert!(sigma > 0.0 && loss.epsilon >= 0.0 && loss.order > 1.0);
            assert!(wrap.margin > 0.0 && (0.0..=1.0).contains(&wrap.coordinate) && wrap.vector >= 0.0);
            assert!(error.quantisation > 0.0 && error.noise > 0.0 && error.wrap >= 0.0);
        }
        Err(refusal) => {
            assert!(!refusal.bound().holds(refusal.given()), "{refusal}");
            assert!(refusal.works().is_none_or(|works| refusal.bound().holds(works)), "{refusal}");
        }
    }
}
