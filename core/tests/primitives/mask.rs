//! Masks: what a stream key is bound to, and sums of many streams however they are cut.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "tests")]

use cloakwork_core::ErrorKind;
use cloakwork_core::mask::{Seed, StreamLabel, add_masks};
use cloakwork_core::prg::{MAX_STREAM_BYTES, Sign, StreamKey, Suite, add_stream, keystream};
use cloakwork_core::ring::{Bits, Lane};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const SUITES: [Suite; 2] = [Suite::ChaCha20, Suite::Aes128Ctr];

fn label(suite: Suite) -> StreamLabel<'static> {
    StreamLabel { suite, index: 0, label: "values", bits: Bits::new(20).unwrap(), length: 1000 }
}

fn first_bytes(suite: Suite, key: &StreamKey) -> [u8; 16] {
    let mut out = [0; 16];
    keystream(suite, key, 0, &mut out).unwrap();
    out
}

/// Every part of the label and the seed changes the stream.
#[test]
fn streams_are_bound_to_their_label() {
    for suite in SUITES {
        let seed = Seed::from_bytes([1; 32]);
        let mut other_seed = [1; 32];
        other_seed[31] ^= 0x80;
        let plain = label(suite);
        let variants = [
            (&seed, plain),
            (&Seed::from_bytes(other_seed), plain),
            (&seed, StreamLabel { index: 1, ..plain }),
            (&seed, StreamLabel { label: "value", ..plain }),
            (&seed, StreamLabel { label: "valuet", ..plain }),
            (&seed, StreamLabel { bits: Bits::new(21).unwrap(), ..plain }),
            (&seed, StreamLabel { length: 1001, ..plain }),
        ];
        let streams: Vec<_> =
            variants.iter().map(|(seed, label)| first_bytes(suite, &seed.stream_key(label))).collect();
        for (i, stream) in streams.iter().enumerate() {
            assert!(!streams[..i].contains(stream), "variant {i} of {suite:?}");
        }
    }
    // The suite enters the derivation, not only the choice of the cipher.
    let seed = Seed::from_bytes([1; 32]);
    let keys = SUITES.map(|suite| first_bytes(Suite::Aes128Ctr, &seed.stream_key(&label(suite))));
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn a_seed_shows_nothing() {
    assert_eq!(format!("{:?}", Seed::from_bytes([0x41; 32])), "Seed(..)");
    assert_eq!(Seed::from_bytes([0x41; 32]).as_bytes(), &[0x41; 32]);
}

fn masks(keys: &[(bool, [u8; 32])]) -> Vec<(Sign, StreamKey)> {
    keys.iter().map(|(plus, key)| (if *plus { Sign::Plus } else { Sign::Minus }, StreamKey::from_bytes(*key))).collect()
}

/// All masks at once, in blocks, against one stream after the other over the whole vector; then in pieces.
fn check<L: Lane>(suite: Suite, masks: &[(Sign, StreamKey)], first: u64, length: usize, cut: usize) {
    let start: Vec<L> = (0..length).map(|i| L::from_u128(i as u128 * 0x0123_4567_89ab_cdef)).collect();
    let mut expected = start.clone();
    for (sign, key) in masks {
        add_stream(suite, key, *sign, first, &mut expected).unwrap();
    }
    let each = || masks.iter().map(|(sign, key)| (*sign, key));
    let mut whole = start.clone();
    add_masks(suite, each(), first, &mut whole).unwrap();
    assert_eq!(whole, expected);

    let mut pieces = start.clone();
    let (left, right) = pieces.split_at_mut(cut.min(length));
    let middle = left.len() as u64;
    add_masks(suite, each(), first + middle, right).unwrap();
    add_masks(suite, each(), first, left).unwrap();
    assert_eq!(pieces, expected);

    // The opposite signs take them off again.
    let opposite = masks.iter().map(|(sign, key)| (if *sign == Sign::Plus { Sign::Minus } else { Sign::Plus }, key));
    add_masks(suite, opposite, first, &mut whole).unwrap();
    assert_eq!(whole, start);
}

/// Vectors of several blocks, with ends beside the block boundaries.
#[test]
fn blocks_make_no_difference() {
    let masks = masks(&[(true, [1; 32]), (false, [2; 32]), (true, [3; 32])]);
    for suite in SUITES {
        for length in [0, 1, 8191, 8192, 8193, 32_767, 32_768, 32_769, 70_000] {
            check::<u32>(suite, &masks, 3, length, 40_001);
            check::<u64>(suite, &masks, 0, length, 16_384);
            check::<u128>(suite, &masks, 1, length, 8_193);
        }
    }
}

/// Parties who add the mask shared with each later party and subtract the one shared with each earlier party sum up to nothing.
#[test]
fn pairwise_masks_cancel() {
    let (parties, length) = (7u8, 500);
    for suite in SUITES {
        let mut sum = vec![0u64; length];
        for me in 0..parties {
            let shared =
                |other: u8| Seed::from_bytes([me.min(other) * 16 + me.max(other); 32]).stream_key(&label(suite));
            let keys: Vec<_> = (0..parties)
                .filter(|other| *other != me)
                .map(|other| (if other < me { Sign::Plus } else { Sign::Minus }, shared(other)))
                .collect();
            let mut masked = vec![u64::from(me); length];
            add_masks(suite, keys.iter().map(|(sign, key)| (*sign, key)), 0, &mut masked).unwrap();
            assert!(masked.iter().all(|word| *word != u64::from(me)));
            sum.iter_mut().zip(&masked).for_each(|(sum, masked)| *sum = sum.wrapping_add(*masked));
        }
        assert_eq!(sum, vec![21; length]);
    }
}

#[test]
fn nothing_is_written_when_a_stream_would_end() {
    let masks = masks(&[(true, [1; 32])]);
    for suite in SUITES {
        let last = MAX_STREAM_BYTES >> 2;
        let mut words = vec![9u32; 50_000];
        let error = add_masks(suite, masks.iter().map(|(s, k)| (*s, k)), last - 49_999, &mut words).unwrap_err();
        assert_eq!((error.kind(), error.bound()), (ErrorKind::TooLong, Some(MAX_STREAM_BYTES)));
        assert!(words.iter().all(|word| *word == 9));
        add_masks(suite, masks.iter().map(|(s, k)| (*s, k)), last - 50_000, &mut words).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(44), ..ProptestConfig::default() })]

    #[test]
    fn any_masks_anywhere(
        suite in 0usize..2, keys in prop::collection::vec(any::<(bool, [u8; 32])>(), 0..6), first in 0u64..1 << 33, length in 0usize..600, cut in 0usize..600,
    ) {
        let masks = masks(&keys);
        check::<u32>(SUITES[suite], &masks, first, length, cut);
        check::<u64>(SUITES[suite], &masks, first, length, cut);
        check::<u128>(SUITES[suite], &masks, first, length, cut);
    }
}
