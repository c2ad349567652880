//! Key streams and masks.

use crate::Case;
use crate::secret::{hide, reveal, secret};
use cloakwork_core::mask::{Seed, StreamLabel, add_masks};
use cloakwork_core::prg::{Sign, StreamKey, Suite, add_stream, keystream};
use cloakwork_core::ring::{Bits, Lane};

/// The cases of this file.
pub const CASES: &[Case] = &[
    ("prg: ChaCha20 stream", || stream(Suite::ChaCha20)),
    ("prg: AES-128 stream", || stream(Suite::Aes128Ctr)),
    ("prg: ChaCha20 into accumulators", || into_accumulators(Suite::ChaCha20)),
    ("prg: AES-128 into accumulators", || into_accumulators(Suite::Aes128Ctr)),
    ("mask: seeds to stream keys, masks that cancel", masks),
];

fn stream(suite: Suite) {
    // Short and long, from within a block: every path of the back end.
    for (offset, length) in [(0, 1), (0, 64), (7, 90), (64, 1_000), (1_023, 5_000)] {
        let mut whole = vec![0u8; offset + length];
        keystream(suite, &StreamKey::from_bytes(secret([7; 32])), 0, &mut whole).expect("short");
        let mut part = vec![0u8; length];
        keystream(suite, &StreamKey::from_bytes(secret([7; 32])), offset as u64, &mut part).expect("short");
        reveal(&mut whole);
        reveal(&mut part);
        assert_eq!(whole[offset..], part);
    }
}

fn into_accumulators(suite: Suite) {
    add_and_subtract::<u32>(suite);
    add_and_subtract::<u64>(suite);
    add_and_subtract::<u128>(suite);
}

fn add_and_subtract<L: Lane>(suite: Suite) {
    let key = StreamKey::from_bytes(secret([11; 32]));
    let mut accumulator = vec![L::from_i64(-3); 1_001];
    hide(&mut accumulator);
    add_stream(suite, &key, Sign::Plus, 5, &mut accumulator).expect("short");
    add_stream(suite, &key, Sign::Minus, 5, &mut accumulator).expect("short");
    reveal(&mut accumulator);
    assert!(accumulator.iter().all(|word| *word == L::from_i64(-3)));
}

fn masks() {
    for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
        let label =
            StreamLabel { suite, index: 0, label: "values", bits: Bits::new(20).expect("20 bits"), length: 9_000 };
        let keys: Vec<StreamKey> = (1..4).map(|n| Seed::from_bytes(secret([n; 32])).stream_key(&label)).collect();
        let mut accumulator = vec![1u32; 9_000];
        hide(&mut accumulator);
        add_masks(suite, keys.iter().map(|key| (Sign::Plus, key)), 0, &mut accumulator).expect("short");
        add_masks(suite, keys.iter().map(|key| (Sign::Minus, key)), 0, &mut accumulator).expect("short");
        reveal(&mut accumulator);
        assert!(accumulator.iter().all(|word| *word == 1));
    }
}
