//! Project Wycheproof's vectors for every primitive behind key agreement, share encryption and the channel, on the crates as they are
//! linked here, and through this crate where it takes the same inputs.
#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, Nonce, Tag};
use cloakwork_core::ErrorKind;
use cloakwork_core::agreement::{ChannelKey, Direction, Identity, PublicKey, Request, Side};
use cloakwork_core::kdf;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use wycheproof::{TestResult, aead, hkdf as hkdf_vectors, mac, xdh};

/// What the channel derives from an agreed secret, by protocol.md section 9 and the standards alone.
fn channel_mac(shared: &[u8], client: &PublicKey, server: &PublicKey) -> [u8; 32] {
    let prefixed = |part: &[u8]| [&u32::try_from(part.len()).unwrap().to_le_bytes()[..], part].concat();
    let info = [&b"cloakwork/1 channel"[..], client.as_bytes(), server.as_bytes()].map(prefixed).concat();
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(&kdf::hash("channel", &[])), shared).expand(&info, &mut key).unwrap();
    let input = [&b"cloakwork/1 request"[..], &[0], b"GET", b"/", b"", &[0; 32], b"", &7u64.to_le_bytes()];
    Hmac::<Sha256>::new_from_slice(&key)
        .unwrap()
        .chain_update(input.map(prefixed).concat())
        .finalize()
        .into_bytes()
        .into()
}

fn empty_request() -> Request<'static> {
    Request {
        direction: Direction::Request,
        method: b"GET",
        path: b"/",
        query: b"",
        body_hash: &[0; 32],
        run: None,
        counter: 7,
    }
}

/// All of them, also the ones that this crate refuses: X25519 itself takes any 32 bytes.
#[test]
fn x25519() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let (mut agreed, mut low_order, mut not_canonical) = (0, 0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        assert!(!test.result.must_fail(), "test {}", test.tc_id);
        let secret: [u8; 32] = test.private_key[..].try_into().unwrap();
        let public: [u8; 32] = test.public_key[..].try_into().unwrap();
        let shared = x25519_dalek::x25519(secret, public);
        assert_eq!(shared[..], test.shared_secret[..], "test {}", test.tc_id);

        let public = PublicKey::from_bytes(public);
        assert_eq!(public.is_low_order(), shared == [0; 32], "test {}", test.tc_id);
        let identity = Identity::from_bytes(&secret).unwrap();
        match ChannelKey::new(&identity, Side::Client, &public) {
            Ok(channel) => {
                let expected = channel_mac(&test.shared_secret, &identity.public_key(), &public);
                assert_eq!(channel.mac(&empty_request()).unwrap(), expected, "test {}", test.tc_id);
                agreed += 1;
            }
            Err(error) if error.kind() == ErrorKind::LowOrderKey => {
                assert!(public.is_low_order() && public.is_canonical(), "test {}", test.tc_id);
                low_order += 1;
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Malformed, "test {}", test.tc_id);
                assert!(!public.is_canonical(), "test {}", test.tc_id);
                not_canonical += 1;
            }
        }
    }
    assert_eq!(agreed + low_order + not_canonical, set.number_of_tests);
    assert!(agreed > 300 && low_order >= 5 && not_canonical >= 15, "{agreed} {low_order} {not_canonical}");
}

#[test]
fn hkdf_sha256() {
    let set = hkdf_vectors::TestSet::load(hkdf_vectors::TestName::HkdfSha256).unwrap();
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut output = vec![0; test.size];
        let expanded = Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut output);
        assert_eq!(expanded.is_ok(), test.result != TestResult::Invalid, "test {}", test.tc_id);
        if expanded.is_ok() {
            assert_eq!(output, test.okm[..], "test {}", test.tc_id);
        }
        count += 1;
    }
    assert_eq!(count, set.number_of_tests);
}

#[test]
fn hmac_sha256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut count = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            let computed = Hmac::<Sha256>::new_from_slice(&test.key).unwrap().chain_update(&test.msg[..]);
            let verified = computed.verify_truncated_left(&test.tag);
            assert_eq!(test.tag.len() * 8, group.tag_size, "test {}", test.tc_id);
            assert_eq!(verified.is_ok(), test.result == TestResult::Valid, "test {}", test.tc_id);
            count += 1;
        }
    }
    assert_eq!(count, set.number_of_tests);
}

#[test]
fn chacha20_poly1305() {
    let set = aead::TestSet::load(aead::TestName::ChaCha20Poly1305).unwrap();
    let (mut valid, mut invalid, mut other_nonces) = (0, 0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        // Nonces of other lengths are refused by the type.
        let Ok(nonce) = Nonce::try_from(&test.nonce[..]) else {
            assert_eq!(test.result, TestResult::Invalid, "test {}", test.tc_id);
            other_nonces += 1;
            continue;
        };
        let cipher = ChaCha20Poly1305::new_from_slice(&test.key).unwrap();
        let tag = Tag::try_from(&test.tag[..]).unwrap();
        let mut text = test.ct.to_vec();
        let opened = cipher.decrypt_inout_detached(&nonce, &test.aad, text.as_mut_slice().into(), &tag);
        if test.result == TestResult::Invalid {
            assert!(opened.is_err(), "test {}", test.tc_id);
            assert_eq!(text, test.ct[..], "nothing is decrypted before the tag verified: test {}", test.tc_id);
            invalid += 1;
            continue;
        }
        opened.unwrap();
        assert_eq!(text, test.pt[..], "test {}", test.tc_id);
        let sealed = cipher.encrypt_inout_detached(&nonce, &test.aad, text.as_mut_slice().into()).unwrap();
        assert_eq!((text, sealed), (test.ct.to_vec(), tag), "test {}", test.tc_id);
        valid += 1;
    }
    assert_eq!(valid + invalid + other_nonces, set.number_of_tests);
    assert!(valid > 200 && invalid > 30 && other_nonces > 0, "{valid} {invalid} {other_nonces}");
}
