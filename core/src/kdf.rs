//! Labelled hashing and key derivation: the only two ways in which this crate turns bytes into digests or keys.
//!
//! Every part is length-prefixed, so no two different lists of parts give the same input, and every use has a label of its
//! own, so no two uses share an output (protocol.md section 1).

use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};

/// Bytes of a digest of [`hash`].
pub const HASH_SIZE: usize = 32;

/// What every label starts with: the protocol and its version.
const PREFIX: &[u8] = b"cloakwork/1 ";

/// Most parts that one derivation may have.
const MAX_PARTS: usize = 8;

/// `Hash(label, parts...)` of protocol.md section 1: SHA-256 over the length-prefixed label and parts.
#[must_use]
pub fn hash(label: &str, parts: &[&[u8]]) -> [u8; HASH_SIZE] {
    let mut hasher = Hasher::new(label);
    for part in parts {
        hasher.part(part);
    }
    hasher.finish()
}

/// The same hash for parts that are never in memory as a whole.
#[derive(Clone, Debug)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Starts `Hash(label, ...)`.
    #[must_use]
    pub fn new(label: &str) -> Self {
        let mut inner = Sha256::new();
        inner.update(label_length(label));
        inner.update(PREFIX);
        inner.update(label.as_bytes());
        Self(inner)
    }

    /// Adds one whole part.
    pub fn part(&mut self, part: &[u8]) {
        self.begin_part(part.len());
        self.0.update(part);
    }

    /// Announces a part of `length` bytes that [`Hasher::continue_part`] then delivers in pieces.
    pub fn begin_part(&mut self, length: usize) {
        self.0.update(part_length(length));
    }

    /// Delivers a piece of the part that was announced last.
    pub fn continue_part(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> [u8; HASH_SIZE] {
        self.0.finalize().into()
    }
}

/// Plain SHA-256 (FIPS 180-4) of bytes that need never be in memory as a whole: the body of a request, the model and settings of a round.
#[derive(Clone, Debug, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Starts a digest.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes.
    #[must_use]
    pub fn finish(self) -> [u8; HASH_SIZE] {
        self.0.finalize().into()
    }
}

/// HKDF-Extract-SHA256 (RFC 5869 section 2.2).
#[must_use]
pub(crate) fn extract(salt: &[u8], ikm: &[u8]) -> [u8; 32] {
    let (prk, _) = Hkdf::<Sha256>::extract(Some(salt), ikm);
    prk.into()
}

/// `Expand(key, label, parts...; out.len())` of protocol.md section 1: HKDF-Expand-SHA256 with length-prefixed info.
///
/// At most eight parts and 255 * 32 bytes of output; both are fixed at each call site.
pub(crate) fn expand(key: &[u8; 32], label: &str, parts: &[&[u8]], out: &mut [u8]) {
    debug_assert!(parts.len() <= MAX_PARTS, "a derivation has at most eight parts");
    let label_length = label_length(label);
    let mut lengths = [[0u8; 4]; MAX_PARTS];
    for (length, part) in lengths.iter_mut().zip(parts) {
        *length = part_length(part.len());
    }
    let mut info: [&[u8]; 3 + 2 * MAX_PARTS] = [&[]; 3 + 2 * MAX_PARTS];
    let [first, second, third, rest @ ..] = &mut info;
    (*first, *second, *third) = (&label_length, PREFIX, label.as_bytes());
    for (slot, (length, part)) in rest.chunks_exact_mut(2).zip(lengths.iter().zip(parts)) {
        if let [slot_length, slot_part] = slot {
            (*slot_length, *slot_part) = (length, part);
        }
    }
    // HKDF refuses a key shorter than a digest and more than 255 blocks of output; neither can be asked for here.
    if let Ok(hkdf) = Hkdf::<Sha256>::from_prk(key) {
        let filled = hkdf.expand_multi_info(&info, out);
        debug_assert!(filled.is_ok(), "output of at most 255 blocks");
    }
}

fn label_length(label: &str) -> [u8; 4] {
    part_length(PREFIX.len() + label.len())
}

fn part_length(length: usize) -> [u8; 4] {
    debug_assert!(u32::try_from(length).is_ok(), "parts are shorter than 4 GiB");
    #[allow(
        clippy::cast_possible_truncation,
        reason = "parts are shorter than 4 GiB: bounded by MAX_MEMBERS and the field sizes"
    )]
    (length as u32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use hex_literal::hex;

    #[test]
    fn pieces_give_the_hash_of_the_whole() {
        let mut hasher = Hasher::new("roster");
        hasher.begin_part(6);
        hasher.continue_part(b"abc");
        hasher.continue_part(b"def");
        assert_eq!(hasher.finish(), hash("roster", &[b"abcdef"]));
    }

    #[test]
    fn moving_a_byte_between_parts_changes_the_hash() {
        assert_ne!(hash("set", &[b"ab", b"c"]), hash("set", &[b"a", b"bc"]));
        assert_ne!(hash("set", &[b"abc"]), hash("set", &[b"abc", b""]));
    }

    /// RFC 5869 appendix A.1, through the same crate calls.
    #[test]
    fn extract_follows_rfc_5869() {
        let prk = extract(&hex!("000102030405060708090a0b0c"), &[0x0b; 22]);
        assert_eq!(prk, hex!("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"));
    }

    #[test]
    fn expand_is_hkdf_over_the_joined_info() {
        let key = [7u8; 32];
        let mut ours = [0u8; 48];
        expand(&key, "pair", &[b"first", b"", b"third"], &mut ours);
        let mut info = Vec::new();
        for part in [&b"cloakwork/1 pair"[..], b"first", b"", b"third"] {
            info.extend_from_slice(&u32::try_from(part.len()).unwrap().to_le_bytes());
            info.extend_from_slice(part);
        }
        let mut theirs = [0u8; 48];
        Hkdf::<Sha256>::from_prk(&key).unwrap().expand(&info, &mut theirs).unwrap();
        assert_eq!(ours, theirs);
    }

    /// The derivations of tests/vectors/hash.json; its hashes are replayed by core/tests/primitives/vectors.rs.
    #[test]
    fn derivations_follow_the_vectors() {
        let file: serde_json::Value = serde_json::from_str(include_str!("../../tests/vectors/hash.json")).unwrap();
        let bytes = |value: &serde_json::Value| -> Vec<u8> {
            let digits = value.as_str().unwrap();
            let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
            (0..digits.len()).step_by(2).map(byte).collect()
        };
        let cases = file["expand"].as_array().unwrap();
        assert!(cases.len() >= 10);
        for case in cases {
            let key: [u8; 32] = bytes(&case["key"]).try_into().unwrap();
            let parts: Vec<Vec<u8>> = case["parts"].as_array().unwrap().iter().map(bytes).collect();
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let expected = bytes(&case["output"]);
            let mut out = Vec::from_iter(core::iter::repeat_n(0, expected.len()));
            expand(&key, case["label"].as_str().unwrap(), &parts, &mut out);
            assert_eq!(out, expected, "{case}");
        }
        let cases = file["hkdf_rfc5869"].as_array().unwrap();
        assert!(!cases.is_empty());
        for case in cases {
            let prk = extract(&bytes(&case["salt"]), &bytes(&case["input_key"]));
            assert_eq!(prk.to_vec(), bytes(&case["prk"]), "{case}");
        }
    }
}
