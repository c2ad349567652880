//! Key agreement, the channel and fingerprints against the vectors, against the standards called directly, and against bad keys.

use cloakwork_core::ErrorKind;
use cloakwork_core::agreement::{
    ChannelKey, Direction, FreshKey, Identity, PairKey, Party, Peer, PublicKey, Request, Side,
};
use cloakwork_core::fingerprint::{FINGERPRINT_SIZE, Fingerprint, decode};
use cloakwork_core::kdf;
use cloakwork_core::mask::StreamLabel;
use cloakwork_core::prg::{Suite, keystream};
use cloakwork_core::ring::Bits;
use hkdf::Hkdf;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::files::{array, bytes, integer, list, load, small, text};
use crate::random::{Generator, Stuck, Tape};

/// So many cases, the same ones every time.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(0x61_67_72_65), ..ProptestConfig::default() }
}

/// One end of a pair.
struct End {
    id: u64,
    position: u32,
    identity: Identity,
    fresh: FreshKey,
}

impl End {
    fn new(id: u64, position: u32, identity: Identity, fresh: FreshKey) -> Self {
        Self { id, position, identity, fresh }
    }

    fn random(id: u64, position: u32, rng: &mut Generator) -> Self {
        Self::new(id, position, Identity::generate(rng).unwrap(), FreshKey::generate(rng).unwrap())
    }

    fn from_vector(value: &Value) -> Self {
        let end = Self::new(
            integer(&value["id"]),
            small(&value["position"]),
            Identity::from_bytes(&array(&value["static_secret"])).unwrap(),
            FreshKey::generate(&mut Tape::new(bytes(&value["fresh_secret"]))).unwrap(),
        );
        assert_eq!(*end.identity.public_key().as_bytes(), array(&value["static_public"]));
        assert_eq!(*end.fresh.public_key().as_bytes(), array(&value["fresh_public"]));
        end
    }

    fn agree(&self, run_hash: &[u8; 32], peer: &Self) -> cloakwork_core::Result<PairKey> {
        self.agree_with(run_hash, peer.id, peer.position, peer.identity.public_key(), peer.fresh.public_key())
    }

    fn agree_with(
        &self,
        run_hash: &[u8; 32],
        id: u64,
        position: u32,
        key: PublicKey,
        fresh: PublicKey,
    ) -> cloakwork_core::Result<PairKey> {
        let own = Party { id: self.id, position: self.position, identity: &self.identity, fresh: &self.fresh };
        PairKey::agree(run_hash, &own, &Peer { id, position, key: &key, fresh: &fresh })
    }
}

/// A tag says whether two sides hold the same key.
fn tag(pair: &PairKey) -> [u8; 16] {
    pair.confirmation_tag(1, 2, 3)
}

/// The labelled hash, and HKDF of RFC 5869 (appendix A.1 to A.3) as it is linked here.
#[test]
fn hashes_follow_the_vectors() {
    let file = load("hash.json");
    for vector in list(&file["hash"]) {
        let parts: Vec<Vec<u8>> = vector["parts"].as_array().unwrap().iter().map(bytes).collect();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        assert_eq!(kdf::hash(text(&vector["label"]), &parts), array(&vector["hash"]));
    }
    for vector in list(&file["hkdf_rfc5869"]) {
        let expected = bytes(&vector["output"]);
        let mut output = vec![0; expected.len()];
        let (prk, hkdf) = Hkdf::<Sha256>::extract(Some(&bytes(&vector["salt"])), &bytes(&vector["input_key"]));
        hkdf.expand(&bytes(&vector["info"]), &mut output).unwrap();
        assert_eq!((prk.to_vec(), output), (bytes(&vector["prk"]), expected));
    }
}

#[test]
fn pairs_follow_the_vectors() {
    for pair in list(&load("agreement.json")["pairs"]) {
        let (run_hash, h) = (array(&pair["run_hash"]), array(&pair["h"]));
        let (salt, set_hash) = (array(&pair["salt"]), array(&pair["set_hash"]));
        let (epoch, round) = (small(&pair["epoch"]), small(&pair["round"]));
        let (a, b) = (End::from_vector(&pair["a"]), End::from_vector(&pair["b"]));
        for key in [a.agree(&run_hash, &b).unwrap(), b.agree(&run_hash, &a).unwrap()] {
            let seed = key.round_mask_seed(round, &h);
            assert_eq!(*seed.as_bytes(), array(&pair["round_mask_key"]));
            for stream in list(&pair["stream_keys"]) {
                check_stream(&seed, stream);
            }
            for way in list(&pair["directions"]) {
                let (from, to) = (integer(&way["from"]), integer(&way["to"]));
                assert_eq!(key.confirmation_tag(from, to, epoch), array(&way["confirmation_tag"]));
                assert_eq!(key.acknowledgement(from, to, round, &h, &set_hash), array(&way["acknowledgement"]));
                let share_key = || key.share_key(from, to, small(&way["index"]), round, &h, &salt);
                let (share, sealed) = (array(&way["share"]), array(&way["sealed"]));
                assert_eq!(share_key().seal(&share).unwrap(), sealed);
                assert_eq!(*share_key().open(&sealed).unwrap(), share);
            }
        }
    }
}

/// A stream key shows by its stream.
fn check_stream(seed: &cloakwork_core::mask::Seed, stream: &Value) {
    let suite = Suite::new(small(&stream["suite"]) as u8).unwrap();
    let key = seed.stream_key(&StreamLabel {
        suite,
        index: small(&stream["index"]) as u8,
        label: text(&stream["label"]),
        bits: Bits::new(small(&stream["bits"]) as u8).unwrap(),
        length: integer(&stream["length"]),
    });
    let mut padded = [0; 32];
    padded[..suite.key_len()].copy_from_slice(&bytes(&stream["key"]));
    let expected = cloakwork_core::prg::StreamKey::from_bytes(padded);
    let (mut ours, mut theirs) = ([0; 64], [1; 64]);
    keystream(suite, &key, 0, &mut ours).unwrap();
    keystream(suite, &expected, 0, &mut theirs).unwrap();
    assert_eq!(ours, theirs);
}

/// The key of protocol.md section 4 from the standards alone: X25519, HKDF-SHA256, length prefixes.
fn pair_key_by_the_page(run_hash: &[u8; 32], secrets: [[u8; 32]; 4], ids: [u64; 2]) -> [u8; 32] {
    let public = |secret| x25519_dalek::x25519(secret, x25519_dalek::X25519_BASEPOINT_BYTES);
    let [static_a, static_b, fresh_a, fresh_b] = secrets;
    let ikm = [(static_a, static_b), (fresh_a, static_b), (static_a, fresh_b), (fresh_a, fresh_b)]
        .map(|(own, peer)| x25519_dalek::x25519(own, public(peer)))
        .concat();
    let mut info = Vec::new();
    let [id_a, id_b] = ids.map(|id| id.to_le_bytes().to_vec());
    let keys = secrets.map(|secret| public(secret).to_vec());
    for part in [b"cloakwork/1 pair".to_vec(), id_a, id_b].into_iter().chain(keys) {
        info.extend((part.len() as u32).to_le_bytes());
        info.extend(part);
    }
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(run_hash), &ikm).expand(&info, &mut key).unwrap();
    key
}

proptest! {
    #![proptest_config(cases(16))]
    #[test]
    fn pair_keys_are_those_of_the_page(secrets: [[u8; 32]; 4], run_hash: [u8; 32], low: u32, gap in 1..1000u32, id: u64) {
        let ids = [id, !id];
        let end = |index: usize, position| {
            let fresh = FreshKey::generate(&mut Tape::new(secrets[index + 2].to_vec())).unwrap();
            End::new(ids[index], position, Identity::from_bytes(&secrets[index]).unwrap(), fresh)
        };
        let (a, b) = (end(0, low.saturating_sub(gap)), end(1, low.saturating_sub(gap) + gap));
        let key = pair_key_by_the_page(&run_hash, secrets, ids);
        let mut expected = [0; 16];
        let info: Vec<u8> = [&b"cloakwork/1 confirm"[..], &1u64.to_le_bytes(), &2u64.to_le_bytes(), &3u64.to_le_bytes()]
            .iter()
            .flat_map(|part| [&(part.len() as u32).to_le_bytes()[..], part].concat())
            .collect();
        Hkdf::<Sha256>::from_prk(&key).unwrap().expand(&info, &mut expected).unwrap();
        prop_assert_eq!(tag(&a.agree(&run_hash, &b).unwrap()), expected);
        prop_assert_eq!(tag(&b.agree(&run_hash, &a).unwrap()), expected);
    }
}

/// Each input of the derivation changes the key.
#[test]
fn two_sides_that_disagree_share_no_key() {
    let mut rng = Generator::new("two sides that disagree");
    let (a, b, other) = (End::random(1, 4, &mut rng), End::random(2, 9, &mut rng), End::random(3, 11, &mut rng));
    let run = [1; 32];
    let (key, fresh) = (b.identity.public_key(), b.fresh.public_key());
    let agreed = tag(&a.agree(&run, &b).unwrap());
    assert_eq!(agreed, tag(&b.agree(&run, &a).unwrap()));
    let swapped_static = a.agree_with(&run, 2, 9, other.identity.public_key(), fresh).unwrap();
    let swapped_fresh = a.agree_with(&run, 2, 9, key, other.fresh.public_key()).unwrap();
    let swapped_keys = a.agree_with(&run, 2, 9, fresh, key).unwrap();
    let another_id = a.agree_with(&run, 7, 9, key, fresh).unwrap();
    let another_order = a.agree_with(&run, 2, 3, key, fresh).unwrap();
    let another_run = a.agree_with(&[2; 32], 2, 9, key, fresh).unwrap();
    for different in [swapped_static, swapped_fresh, swapped_keys, another_id, another_order, another_run] {
        assert_ne!(tag(&different), agreed);
    }
    // The position decides the order of the two sides and nothing else.
    assert_eq!(tag(&a.agree_with(&run, 2, 5, key, fresh).unwrap()), agreed);
}

/// No two uses of a pair key share an output, and each argument counts.
#[test]
fn every_use_has_an_output_of_its_own() {
    let mut rng = Generator::new("every use");
    let (a, b) = (End::random(1, 0, &mut rng), End::random(2, 1, &mut rng));
    let pair = a.agree(&[0; 32], &b).unwrap();
    let (h, other_hash) = ([3; 32], [4; 32]);
    let mut outputs: Vec<Vec<u8>> = Vec::new();
    outputs.extend(
        [(1, 2, 3), (2, 1, 3), (1, 2, 4)].map(|(from, to, epoch)| pair.confirmation_tag(from, to, epoch).to_vec()),
    );
    outputs.extend(
        [(3, h), (4, h), (3, other_hash)].map(|(round, h)| pair.round_mask_seed(round, &h).as_bytes()[..16].to_vec()),
    );
    outputs.extend(
        [(1, 2, 3, h, h), (2, 1, 3, h, h), (1, 2, 4, h, h), (1, 2, 3, other_hash, h), (1, 2, 3, h, other_hash)]
            .map(|(from, to, round, h, set)| pair.acknowledgement(from, to, round, &h, &set).to_vec()),
    );
    let salts = [[5; 16], [6; 16]];
    outputs.extend(
        [
            (1, 2, 2, 3, h, salts[0]),
            (2, 1, 2, 3, h, salts[0]),
            (1, 2, 1, 3, h, salts[0]),
            (1, 2, 2, 4, h, salts[0]),
            (1, 2, 2, 3, other_hash, salts[0]),
            (1, 2, 2, 3, h, salts[1]),
        ]
        .map(|(from, to, index, round, h, salt)| {
            pair.share_key(from, to, index, round, &h, &salt).seal(&[0; 32]).unwrap()[..16].to_vec()
        }),
    );
    let count = outputs.len();
    outputs.sort();
    outputs.dedup();
    assert_eq!(outputs.len(), count);
}

#[test]
fn bad_public_keys_are_refused_by_name() {
    let file = load("agreement.json");
    let mut rng = Generator::new("bad public keys");
    let (a, b) = (End::random(1, 0, &mut rng), End::random(2, 1, &mut rng));
    let good = (b.identity.public_key(), b.fresh.public_key());
    for case in ["low_order", "not_canonical"] {
        let expected = i32::try_from(integer(&file[case]["error"])).unwrap();
        for key in list(&file[case]["keys"]) {
            let key = PublicKey::from_bytes(array(key));
            for (static_key, fresh) in [(key, good.1), (good.0, key)] {
                let error = a.agree_with(&[0; 32], 2, 1, static_key, fresh).unwrap_err();
                assert_eq!((error.kind().code(), error.party()), (expected, Some(2)), "{key:?}");
            }
            let error = ChannelKey::new(&a.identity, Side::Client, &key).unwrap_err();
            assert_eq!(error.kind().code(), expected);
        }
    }
}

#[test]
fn repeated_and_reflected_keys_are_refused() {
    let mut rng = Generator::new("repeated keys");
    let (a, b) = (End::random(1, 0, &mut rng), End::random(2, 1, &mut rng));
    let (own, own_fresh) = (a.identity.public_key(), a.fresh.public_key());
    let (key, fresh) = (b.identity.public_key(), b.fresh.public_key());
    for (key, fresh) in [(own, fresh), (own_fresh, fresh), (key, own), (key, own_fresh), (key, key)] {
        let error = a.agree_with(&[0; 32], 2, 1, key, fresh).unwrap_err();
        assert_eq!((error.kind(), error.party()), (ErrorKind::RepeatedKey, Some(2)));
    }
    for (id, position) in [(1, 1), (2, 0)] {
        let error = a.agree_with(&[0; 32], id, position, key, fresh).unwrap_err();
        assert_eq!((error.kind(), error.party()), (ErrorKind::InvalidArgument, Some(id)));
    }
    let error = ChannelKey::new(&a.identity, Side::Server, &own).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RepeatedKey);
}

/// A generator that fails, ends within a key or is stuck gives no key.
#[test]
fn broken_generators_give_no_key() {
    for length in [0, 1, 31] {
        assert_eq!(Identity::generate(&mut Tape::new(vec![9; length])).unwrap_err().kind(), ErrorKind::Randomness);
        assert_eq!(FreshKey::generate(&mut Tape::new(vec![9; length])).unwrap_err().kind(), ErrorKind::Randomness);
    }
    for byte in [0x00, 0xa5, 0xff] {
        assert_eq!(Identity::generate(&mut Stuck(byte)).unwrap_err().kind(), ErrorKind::Randomness);
        assert_eq!(FreshKey::generate(&mut Stuck(byte)).unwrap_err().kind(), ErrorKind::Randomness);
        assert_eq!(Identity::from_bytes(&[byte; 32]).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn altered_shares_do_not_open() {
    let mut rng = Generator::new("altered shares");
    let (a, b) = (End::random(1, 0, &mut rng), End::random(2, 1, &mut rng));
    let pair = a.agree(&[0; 32], &b).unwrap();
    let key = || pair.share_key(1, 2, 2, 3, &[4; 32], &[5; 16]);
    let share = rng.bytes();
    let sealed = key().seal(&share).unwrap();
    assert_eq!(*key().open(&sealed).unwrap(), share);
    for bit in 0..8 * sealed.len() {
        let mut altered = sealed;
        altered[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(key().open(&altered).unwrap_err().kind(), ErrorKind::NotAuthentic);
    }
    let other_way = pair.share_key(2, 1, 2, 3, &[4; 32], &[5; 16]);
    assert_eq!(other_way.open(&sealed).unwrap_err().kind(), ErrorKind::NotAuthentic);
}

#[test]
fn channels_follow_the_vectors() {
    let file = load("channel.json");
    let client = Identity::from_bytes(&array(&file["client_secret"])).unwrap();
    let server = Identity::from_bytes(&array(&file["server_secret"])).unwrap();
    assert_eq!(*client.public_key().as_bytes(), array(&file["client_public"]));
    assert_eq!(*server.public_key().as_bytes(), array(&file["server_public"]));
    let keys = [
        ChannelKey::new(&client, Side::Client, &server.public_key()).unwrap(),
        ChannelKey::new(&server, Side::Server, &client.public_key()).unwrap(),
    ];
    for vector in list(&file["macs"]) {
        let body_hash = array(&vector["body_sha256"]);
        assert_eq!(body_hash, <[u8; 32]>::from(Sha256::digest(bytes(&vector["body"]))));
        let run: Option<[u8; 16]> = (!text(&vector["run"]).is_empty()).then(|| array(&vector["run"]));
        let request = Request {
            direction: if integer(&vector["direction"]) == 0 { Direction::Request } else { Direction::Response },
            method: text(&vector["method"]).as_bytes(),
            path: text(&vector["path"]).as_bytes(),
            query: text(&vector["query"]).as_bytes(),
            body_hash: &body_hash,
            run: run.as_ref(),
            counter: integer(&vector["counter"]),
        };
        let mac = array(&vector["mac"]);
        for key in &keys {
            assert_eq!(key.mac(&request).unwrap(), mac);
            key.verify(&request, &mac).unwrap();
        }
    }
}

/// Each part of a request is covered, and a byte that moves from one part to the next as well.
#[test]
fn a_mac_covers_every_part() {
    let mut rng = Generator::new("a mac covers every part");
    let (client, server) = (Identity::generate(&mut rng).unwrap(), Identity::generate(&mut rng).unwrap());
    let key = ChannelKey::new(&client, Side::Client, &server.public_key()).unwrap();
    let (body_hash, other_hash, run) = ([1; 32], [2; 32], [3; 16]);
    let request = Request {
        direction: Direction::Request,
        method: b"POST",
        path: b"/runs",
        query: b"a=1",
        body_hash: &body_hash,
        run: Some(&run),
        counter: 5,
    };
    let mac = key.mac(&request).unwrap();
    key.verify(&request, &mac).unwrap();
    let altered = [
        Request { direction: Direction::Response, ..request },
        Request { method: b"PUT", ..request },
        Request { path: b"/run", ..request },
        Request { query: b"", ..request },
        Request { path: b"/runsa", query: b"=1", ..request },
        Request { body_hash: &other_hash, ..request },
        Request { run: None, ..request },
        Request { counter: 6, ..request },
    ];
    for request in altered {
        assert_eq!(key.verify(&request, &mac).unwrap_err().kind(), ErrorKind::NotAuthentic);
    }
    for bit in 0..8 * mac.len() {
        let mut wrong = mac;
        wrong[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(key.verify(&request, &wrong).unwrap_err().kind(), ErrorKind::NotAuthentic);
    }
    // The sides are not interchangeable.
    let turned = ChannelKey::new(&client, Side::Server, &server.public_key()).unwrap();
    assert_ne!(turned.mac(&request).unwrap(), mac);
}

#[test]
fn fingerprints_follow_the_vectors() {
    let file = load("fingerprint.json");
    for valid in list(&file["valid"]) {
        let key = PublicKey::from_bytes(array(&valid["key"]));
        let expected = text(&valid["fingerprint"]);
        assert_eq!(decode(expected).unwrap(), key);
        let written = Fingerprint::new(&key);
        assert_eq!(written.as_str() == expected, valid["canonical"].as_bool().unwrap());
        assert_eq!(written.to_string(), written.as_str());
    }
    for invalid in list(&file["invalid"]) {
        let error = decode(text(&invalid["text"])).unwrap_err();
        assert_eq!(error.kind().code(), i32::try_from(integer(&invalid["error"])).unwrap(), "{}", invalid["reason"]);
    }
}

proptest! {
    #![proptest_config(cases(512))]
    #[test]
    fn fingerprints_round_trip(key: [u8; 32]) {
        let key = PublicKey::from_bytes(key);
        let written = Fingerprint::new(&key);
        prop_assert_eq!(written.as_str().len(), FINGERPRINT_SIZE);
        prop_assert_eq!(decode(written.as_str()).unwrap(), key);
        prop_assert_eq!(decode(&format!("cw1-{}", written.as_str()[4..].to_lowercase())).unwrap(), key);
    }

    /// What decodes is a fingerprint up to its case; so no text outside that form is accepted, and none panics.
    #[test]
    fn only_fingerprints_decode(text in ".{0,80}") {
        prop_assert!(decode(&text).is_err());
    }

    #[test]
    fn texts_of_the_right_shape_need_the_checksum(text in "cw1(-[A-Z2-7]{4}){14}") {
        // One in 2^24 has it.
        if let Ok(key) = decode(&text) {
            let written = Fingerprint::new(&key);
            prop_assert_eq!(written.as_str(), text);
        }
    }

    /// Any one character replaced: the checksum of 24 bits misses one mistake in 2^24, and none with this seed.
    #[test]
    fn one_wrong_character_is_noticed(key: [u8; 32], position in 0..FINGERPRINT_SIZE, replacement: char) {
        let written = Fingerprint::new(&PublicKey::from_bytes(key)).as_str().to_owned();
        let wrong: String = written.chars().enumerate().map(|(at, char)| if at == position { replacement } else { char }).collect();
        let same = written == wrong || (position >= 4 && written.eq_ignore_ascii_case(&wrong));
        prop_assert_eq!(decode(&wrong).is_ok(), same);
    }
}
