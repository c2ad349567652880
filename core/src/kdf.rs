//! Labelled hashing and key derivation: the only two ways in which this crate turns bytes into digests or keys.
//!
//! Every part is length-prefixed, so no two different lists of parts give the same input, and every use has a label of its
//! own, so no two uses share an output (protocol.md section 1).

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

mod hmac;

pub(crate) use hmac::hmac;

/// Bytes of a digest of [`hash`].
pub const HASH_SIZE: usize = 32;

/// What every label starts with: the protocol and its version.
const PREFIX: &[u8] = b"cloakwork/1 ";

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
    hmac(salt, &|hash| hash.update(ikm))
}

/// `Expand(key, label, parts...; out.len())` of protocol.md section 1: HKDF-Expand-SHA256 (RFC 5869 section 2.3) with length-prefixed info.
///
/// At most 255 * 32 bytes of output, which each call site fixes.
pub(crate) fn expand(key: &[u8; 32], label: &str, parts: &[&[u8]], out: &mut [u8]) {
    debug_assert!(out.len() <= 255 * HASH_SIZE, "output of at most 255 blocks");
    let mut block = Zeroizing::new([0; HASH_SIZE]);
    for (number, out) in (1u8..).zip(out.chunks_mut(HASH_SIZE)) {
        let previous = *block;
        *block = hmac(key, &|hash| {
            if number > 1 {
                hash.update(previous);
            }
            hash.update(label_length(label));
            hash.update(PREFIX);
            hash.update(label);
            for part in parts {
                hash.update(part_length(part.len()));
                hash.update(part);
            }
            hash.update([number]);
        });
        out.iter_mut().zip(&*block).for_each(|(out, byte)| *out = *byte);
    }
}

fn label_length(label: &str) -> [u8; 4] {
    part_length(PREFIX.len() + label.len())
}

/// What stands before a part of this length.
pub(crate) fn part_length(length: usize) -> [u8; 4] {
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
    use ::hmac::{KeyInit as _, Mac as _};
    use alloc::vec::Vec;
    use hex_literal::hex;
    use hkdf::Hkdf;

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

    /// RFC 4231, test cases 1, 2 and 6: a key shorter than a block, a shorter one, and one that is longer.
    #[test]
    fn hmac_follows_rfc_4231() {
        let mac =
            |key: &[u8], message: &[u8]| hmac(key, &|hash| message.chunks(5).for_each(|piece| hash.update(piece)));
        let cases: [(&[u8], &[u8], [u8; 32]); 3] = [
            (&[0x0b; 20], b"Hi There", hex!("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                hex!("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                hex!("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
            ),
        ];
        for (key, message, expected) in cases {
            assert_eq!(mac(key, message), expected);
        }
        // The crate gives the same for every length of the key around that of a block.
        for length in (0..=130).step_by(if cfg!(miri) { 65 } else { 1 }) {
            let key: Vec<u8> = (0..length).collect();
            let theirs = ::hmac::Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(b"message");
            assert_eq!(mac(&key, b"message")[..], theirs.finalize().into_bytes()[..]);
        }
    }

    /// RFC 5869 appendix A.1.
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
