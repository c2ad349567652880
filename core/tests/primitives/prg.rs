//! Mask streams: known answers, and equality of every way to cut and seek.

use cloakwork_core::ErrorKind;
use cloakwork_core::prg::{MAX_STREAM_BYTES, Sign, StreamKey, Suite, add_stream, keystream};
use cloakwork_core::ring::Lane;
use hex_literal::hex;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const SUITES: [Suite; 2] = [Suite::ChaCha20, Suite::Aes128Ctr];

fn key(bytes: &[u8]) -> StreamKey {
    let mut padded = [0xa5u8; 32];
    padded[..bytes.len()].copy_from_slice(bytes);
    StreamKey::from_bytes(padded)
}

fn stream(suite: Suite, key: &StreamKey, offset: u64, length: usize) -> Vec<u8> {
    let mut out = vec![0xcc; length];
    keystream(suite, key, offset, &mut out).unwrap();
    out
}

/// RFC 8439 appendix A.1, test vectors 1, 2 (zero key) and 3 (last key bit set), in stream form: the nonce is zero in each.
#[test]
fn chacha20_follows_rfc_8439() {
    let zero = key(&[0; 32]);
    let first = hex!(
        "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
        "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
    );
    let second = hex!(
        "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
        "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"
    );
    let both = stream(Suite::ChaCha20, &zero, 0, 128);
    assert_eq!(both[..64], first);
    assert_eq!(both[64..], second);

    let mut last_bit = [0u8; 32];
    last_bit[31] = 1;
    let third = hex!(
        "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
        "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0"
    );
    assert_eq!(stream(Suite::ChaCha20, &key(&last_bit), 64, 64), third);

    // Test vector 4: key 00 ff 00 ..., block 2.
    let mut second_byte = [0u8; 32];
    second_byte[1] = 0xff;
    let fourth = hex!(
        "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
        "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096"
    );
    assert_eq!(stream(Suite::ChaCha20, &key(&second_byte), 128, 64), fourth);
}

/// The zero key as in the test cases of the GCM specification (McGrew, Viega), whose hash key and pads are these blocks; the key of
/// SP 800-38A, whose first block is the value L of RFC 4493 section 4; the rest from OpenSSL 3.0 (`enc -aes-128-ctr`).
#[test]
fn aes_128_ctr_follows_the_standards() {
    let zero = hex!(
        "66e94bd4ef8a2c3b884cfa59ca342b2e"
        "58e2fccefa7e3061367f1d57a4e7455a"
        "0388dace60b6a392f328c2b971b2fe78"
    );
    assert_eq!(stream(Suite::Aes128Ctr, &key(&[0; 16]), 0, 48), zero);

    let nist = key(&hex!("2b7e151628aed2a6abf7158809cf4f3c"));
    let start = hex!(
        "7df76b0c1ab899b33e42f047b91b546f"
        "57127d4034b1bebfaef466b9c7726fc6"
        "973f2ef34879e2027f1734303ff21f89"
        "469c7fcb75d5d9a1b418cb997b09a185"
    );
    assert_eq!(stream(Suite::Aes128Ctr, &nist, 0, 64), start);

    let counting = key(&hex!("000102030405060708090a0b0c0d0e0f"));
    let beyond_16_bits = hex!(
        "5920ea9d81b874b81a7260643279c8ff"
        "57741f457212fdcd67a5c14f32e930c6"
        "3cccf23f15177bedc24afd2cbfc3c15d"
    );
    assert_eq!(stream(Suite::Aes128Ctr, &counting, 16 << 16, 48), beyond_16_bits);
}

/// The last block of a stream can be had, nothing after it. From OpenSSL 3.0: block 2^32 - 1 of ChaCha20, 2^34 - 1 of AES-128-CTR.
#[test]
fn streams_end_at_their_limit() {
    let counting: [u8; 32] = core::array::from_fn(|i| i as u8);
    let chacha_end = hex!(
        "1ce0deb8925fccea2d5587e850054559edcbbeb1a6c8e1c02c1e89abba08b01c"
        "ad6048fe5ab5242ed6befbef6b4040fcb666a5f3858d942a912c4e8800301a42"
    );
    let end = MAX_STREAM_BYTES;
    assert_eq!(stream(Suite::ChaCha20, &key(&counting), end - 64, 64), chacha_end);
    let nist = key(&hex!("2b7e151628aed2a6abf7158809cf4f3c"));
    assert_eq!(stream(Suite::Aes128Ctr, &nist, end - 16, 16), hex!("e56116b3683b90bc3d42f1716ea99a41"));

    for suite in SUITES {
        for (offset, length) in [(end, 1), (end - 63, 64), (u64::MAX, 2), (u64::MAX - 1, 1)] {
            let mut out = vec![0xcc; length];
            let error = keystream(suite, &nist, offset, &mut out).unwrap_err();
            assert_eq!((error.kind(), error.bound()), (ErrorKind::TooLong, Some(end)));
            assert!(out.iter().all(|byte| *byte == 0xcc));
        }
        keystream(suite, &nist, end, &mut []).unwrap();

        let mut words = [7u32; 3];
        assert!(add_stream(suite, &nist, Sign::Plus, end / 4 - 2, &mut words).is_err());
        assert!(add_stream(suite, &nist, Sign::Minus, u64::MAX, &mut words).is_err());
        assert!(add_stream(suite, &nist, Sign::Minus, 1 << 62, &mut words).is_err());
        assert_eq!(words, [7; 3]);
        add_stream(suite, &nist, Sign::Plus, end / 4 - 3, &mut words).unwrap();
        let last: Vec<u8> = words.iter().flat_map(|word| (word - 7).to_le_bytes()).collect();
        assert_eq!(last, stream(suite, &nist, end - 12, 12));
        assert!(add_stream(suite, &nist, Sign::Plus, end / 16, &mut [0u128]).is_err());
    }
}

#[test]
fn only_the_two_suites_exist() {
    for id in 0..=255 {
        match Suite::new(id) {
            Ok(suite) => assert!(suite.id() == id && (id == 1 || id == 2)),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unsupported),
        }
    }
    assert_eq!((Suite::ChaCha20.key_len(), Suite::Aes128Ctr.key_len()), (32, 16));
}

#[test]
fn a_key_shows_nothing() {
    assert_eq!(format!("{:?}", key(&[0x5a; 32])), "StreamKey(..)");
}

#[test]
fn suite_2_ignores_the_second_half_of_the_key() {
    let short = stream(Suite::Aes128Ctr, &key(&[1; 16]), 5, 40);
    assert_eq!(stream(Suite::Aes128Ctr, &key(&[1; 32]), 5, 40), short);
    assert_ne!(stream(Suite::ChaCha20, &key(&[1; 16]), 5, 40), stream(Suite::ChaCha20, &key(&[1; 32]), 5, 40));
}

/// The stream as the wrapper types of the crates give it, with the 128-bit counter of the standard: another path through other code.
fn oracle(suite: Suite, key: &[u8; 32], length: usize) -> Vec<u8> {
    use ctr::cipher::{KeyIvInit, StreamCipher};
    let mut out = vec![0; length];
    match suite {
        Suite::ChaCha20 => chacha20::ChaCha20::new(key.into(), &[0; 12].into()).apply_keystream(&mut out),
        Suite::Aes128Ctr => {
            let key: [u8; 16] = key[..16].try_into().unwrap();
            ctr::Ctr128BE::<aes::Aes128>::new(&key.into(), &[0; 16].into()).apply_keystream(&mut out);
        }
    }
    out
}

/// Every length around the batch sizes of all back ends (64 blocks of AES, 16 of ChaCha20), from every offset around a block boundary.
#[test]
fn every_cut_is_a_part_of_the_whole() {
    let bytes: [u8; 32] = core::array::from_fn(|i| 3 * i as u8);
    for suite in SUITES {
        let whole = oracle(suite, &bytes, 4096);
        for offset in (0..70).chain(1000..1030) {
            for length in (0..130).chain([1008, 1024, 1040, 1087, 2048, 2111]) {
                let part = stream(suite, &StreamKey::from_bytes(bytes), offset as u64, length);
                assert_eq!(part, whole[offset..offset + length], "{suite:?}, {length} bytes at {offset}");
            }
        }
    }
}

fn word<L: Lane>(bytes: &[u8]) -> L {
    L::from_u128(bytes.iter().rev().fold(0, |word, byte| word << 8 | u128::from(*byte)))
}

fn words<L: Lane>(bytes: &[u8]) -> Vec<L> {
    bytes.chunks_exact(L::BYTES).map(word).collect()
}

/// Adds and subtracts a part of the stream and compares each with the words of the oracle.
fn check_words<L: Lane>(suite: Suite, key: &[u8; 32], first: usize, length: usize) {
    let stream: Vec<L> = words::<L>(&oracle(suite, key, (first + length) * L::BYTES)).split_off(first);
    let start: Vec<L> =
        (0..length).map(|i| L::from_u128((i as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15 << 60))).collect();
    let key = StreamKey::from_bytes(*key);

    let mut sum = start.clone();
    add_stream(suite, &key, Sign::Plus, first as u64, &mut sum).unwrap();
    for i in 0..length {
        assert_eq!(sum[i], start[i].wrapping_add(stream[i]), "{suite:?}, word {i} after {first}");
    }
    let mut difference = start.clone();
    add_stream(suite, &key, Sign::Minus, first as u64, &mut difference).unwrap();
    for i in 0..length {
        assert_eq!(difference[i], start[i].wrapping_sub(stream[i]));
    }
    // The two cancel, in whatever order and pieces.
    let (left, right) = sum.split_at_mut(length / 3);
    add_stream(suite, &key, Sign::Minus, first as u64, left).unwrap();
    add_stream(suite, &key, Sign::Minus, (first + length / 3) as u64, right).unwrap();
    assert_eq!(sum, start);
}

#[test]
fn words_are_little_endian_parts_of_the_stream() {
    for suite in SUITES {
        for first in 0..20 {
            for length in [0, 1, 3, 15, 16, 17, 31, 33, 255, 256, 257, 300, 511, 700] {
                check_words::<u32>(suite, &[9; 32], first, length);
                check_words::<u64>(suite, &[9; 32], first, length);
                check_words::<u128>(suite, &[9; 32], first, length);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(8439), ..ProptestConfig::default() })]

    #[test]
    fn any_words_anywhere(suite in 0usize..2, key: [u8; 32], first in 0usize..3000, length in 0usize..3000) {
        check_words::<u32>(SUITES[suite], &key, first, length);
        check_words::<u64>(SUITES[suite], &key, first, length);
        check_words::<u128>(SUITES[suite], &key, first, length);
    }

    #[test]
    fn seeking_far_is_seeking_near_plus_counting(suite in 0usize..2, key: [u8; 32], offset in 0u64..(1 << 38) - 200, cut in 0usize..200) {
        let key = StreamKey::from_bytes(key);
        let whole = stream(SUITES[suite], &key, offset, 200);
        let mut parts = stream(SUITES[suite], &key, offset, cut);
        parts.extend(stream(SUITES[suite], &key, offset + cut as u64, 200 - cut));
        prop_assert_eq!(whole, parts);
    }
}
