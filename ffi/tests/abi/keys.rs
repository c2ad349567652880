//! Identities, fingerprints and channels.

use core::ptr::{null, null_mut};
use std::ffi::CString;

use cloakwork::channel::*;
use cloakwork::fingerprint::*;
use cloakwork::identity::*;
use cloakwork::sizes::*;
use cloakwork::status::cloak_status::*;

use crate::handles::request;
use crate::support::*;

#[test]
fn an_identity_travels_as_its_secret() {
    let first = identity(3);
    let mut secret = [0; 32];
    assert_eq!(unsafe { cloak_identity_export(first, secret.as_mut_ptr()) }, CLOAK_OK);
    let second = object(|out| unsafe { cloak_identity_from_bytes(secret.as_ptr(), out) });
    assert_eq!(public_key(first), public_key(second));
    unsafe { cloak_identity_free(first) };
    unsafe { cloak_identity_free(second) };
    let erased = [0xff; 32];
    assert_eq!(unsafe { cloak_identity_from_bytes(erased.as_ptr(), &mut null_mut()) }, CLOAK_ERR_INVALID_ARGUMENT);
}

/// RFC 7748 section 6.1.
#[test]
fn a_public_key_is_that_of_rfc_7748() {
    let secret = b"\x77\x07\x6d\x0a\x73\x18\xa5\x7d\x3c\x16\xc1\x72\x51\xb2\x66\x45\xdf\x4c\x2f\x87\xeb\xc0\x99\x2a\xb1\x77\xfb\xa5\x1d\xb9\x2c\x2a";
    let public = b"\x85\x20\xf0\x09\x89\x30\xa7\x54\x74\x8b\x7d\xdc\xb4\x3e\xf7\x5a\x0d\xbf\x3a\x0d\x26\x38\x1a\xf4\xeb\xa4\xa9\x8e\xaa\x9b\x4e\x6a";
    let identity = object(|out| unsafe { cloak_identity_from_bytes(secret.as_ptr(), out) });
    assert_eq!(public_key(identity), *public);
    unsafe { cloak_identity_free(identity) };
}

#[test]
fn a_fingerprint_carries_the_key() {
    let identity = identity(4);
    let key = public_key(identity);
    unsafe { cloak_identity_free(identity) };
    let mut text = [0u8; CLOAK_FINGERPRINT_SIZE];
    assert_eq!(unsafe { cloak_fingerprint_encode(key.as_ptr(), text.as_mut_ptr().cast(), text.len()) }, CLOAK_OK);
    let decode = |text: &[u8]| {
        let text = CString::new(text).unwrap();
        let mut key = [0; 32];
        (unsafe { cloak_fingerprint_decode(text.as_ptr(), key.as_mut_ptr()) }, key)
    };
    let text = &text[..CLOAK_FINGERPRINT_SIZE - 1];
    assert_eq!(decode(text), (CLOAK_OK, key));
    let lower: Vec<u8> = text.iter().map(u8::to_ascii_lowercase).collect();
    assert_eq!(decode(&lower), (CLOAK_OK, key));
    for position in 0..text.len() {
        let mut wrong = text.to_vec();
        wrong[position] = if wrong[position] == b'A' { b'B' } else { b'A' };
        assert_eq!(decode(&wrong), (CLOAK_ERR_MALFORMED, [0; 32]), "position {position}");
        assert_eq!(decode(&text[..position]), (CLOAK_ERR_MALFORMED, [0; 32]), "cut at {position}");
    }
    let mut long = text.to_vec();
    long.extend_from_slice(&[b'A'; 1000]);
    assert_eq!(decode(&long), (CLOAK_ERR_MALFORMED, [0; 32]));
    assert_eq!(decode(b"cw1-\xff\xfe"), (CLOAK_ERR_MALFORMED, [0; 32]));
}

#[test]
fn both_sides_of_a_channel_agree_on_every_byte() {
    let (client, server) = (identity(5), identity(6));
    let at_client = channel(client, CLOAK_SIDE_CLIENT, &public_key(server));
    let at_server = channel(server, CLOAK_SIDE_SERVER, &public_key(client));
    unsafe { cloak_identity_free(client) };
    unsafe { cloak_identity_free(server) };
    let run = [8; CLOAK_RUN_ID_SIZE];
    let full = cloak_request {
        counter: 1 << 40,
        method: b"POST".as_ptr(),
        method_length: 4,
        path: b"/runs/x".as_ptr(),
        path_length: 7,
        query: b"a=1".as_ptr(),
        query_length: 3,
        run: run.as_ptr(),
        body_hash: [4; 32],
        direction: CLOAK_DIRECTION_REQUEST,
    };
    let mac = |request: &cloak_request| {
        let mut mac = [0; CLOAK_MAC_SIZE];
        assert_eq!(unsafe { cloak_channel_mac(at_client, request, mac.as_mut_ptr()) }, CLOAK_OK);
        mac
    };
    let verify =
        |request: &cloak_request, mac: &[u8; 32]| unsafe { cloak_channel_verify(at_server, request, mac.as_ptr()) };
    let good = mac(&full);
    assert_eq!(verify(&full, &good), CLOAK_OK);
    let others = [
        cloak_request { counter: 2, ..full },
        cloak_request { method: b"PUSH".as_ptr(), ..full },
        cloak_request { path_length: 6, ..full },
        cloak_request { query: b"a=2".as_ptr(), ..full },
        cloak_request { query: null(), query_length: 0, ..full },
        cloak_request { run: null(), ..full },
        cloak_request { body_hash: [5; 32], ..full },
        cloak_request { direction: CLOAK_DIRECTION_RESPONSE, ..full },
    ];
    for (index, other) in others.iter().enumerate() {
        assert_eq!(verify(other, &good), CLOAK_ERR_NOT_AUTHENTIC, "{index}");
        assert_eq!(verify(other, &mac(other)), CLOAK_OK, "{index}");
    }
    for bit in 0..256 {
        let mut wrong = good;
        wrong[bit >> 3] ^= 1 << (bit & 7);
        assert_eq!(verify(&full, &wrong), CLOAK_ERR_NOT_AUTHENTIC);
    }
    let odd = cloak_request { direction: 2, ..full };
    assert_eq!(verify(&odd, &good), CLOAK_ERR_INVALID_ARGUMENT);
    let missing = cloak_request { path: null(), ..full };
    assert_eq!(verify(&missing, &good), CLOAK_ERR_NULL_POINTER);
    assert_eq!(mac(&request()), mac(&request()));
    unsafe { cloak_channel_free(at_client) };
    unsafe { cloak_channel_free(at_server) };
}

#[test]
fn channels_with_bad_peers_are_refused() {
    let own = identity(7);
    let refuse = |side: u8, peer: &[u8; 32]| {
        let mut channel = null_mut();
        let status = unsafe { cloak_channel_new(own, side, peer.as_ptr(), &mut channel) };
        assert!(channel.is_null());
        status
    };
    assert_eq!(refuse(CLOAK_SIDE_CLIENT, &[0; 32]), CLOAK_ERR_LOW_ORDER_KEY);
    assert_eq!(refuse(CLOAK_SIDE_CLIENT, &public_key(own)), CLOAK_ERR_REPEATED_KEY);
    assert_eq!(refuse(CLOAK_SIDE_CLIENT, &[0xff; 32]), CLOAK_ERR_MALFORMED);
    assert_eq!(refuse(2, &[9; 32]), CLOAK_ERR_INVALID_ARGUMENT);
    unsafe { cloak_identity_free(own) };
}
