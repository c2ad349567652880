//! Public keys as text for people: `cw1-` and fourteen groups of four letters and digits (protocol.md section 2).
//!
//! The text carries the whole key, so a fingerprint that was read aloud enrols a party. Three bytes of checksum catch a mistake but for one time in 2^24.

use core::fmt;

use heapless::String;

use crate::agreement::PublicKey;
use crate::error::{Error, ErrorKind, Result};
use crate::kdf;

/// Characters of a fingerprint, all ASCII.
pub const FINGERPRINT_SIZE: usize = PREFIX.len() + GROUPS * GROUP_SIZE + (GROUPS - 1);

const PREFIX: &str = "cw1-";
const GROUPS: usize = 14;
const GROUP_SIZE: usize = 4;
const SEPARATOR: u8 = b'-';
const KEY_SIZE: usize = 32;
const CHECKSUM_SIZE: usize = 3;

/// Key and checksum: 35 bytes, which are 56 characters of 5 bits with none left over, so no text has a second spelling but for its case.
const PAYLOAD_SIZE: usize = KEY_SIZE + CHECKSUM_SIZE;

/// RFC 4648 section 6.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The fingerprint of a public key.
#[derive(Clone, PartialEq, Eq)]
pub struct Fingerprint(String<FINGERPRINT_SIZE>);

impl Fingerprint {
    /// The fingerprint of `key`.
    #[must_use]
    pub fn new(key: &PublicKey) -> Self {
        let mut payload = key.as_bytes().iter().copied().chain(checksum(key));
        let mut text = String::new();
        let mut bits = 0u32;
        let mut held = 0u32;
        // Nothing is lost in the pushes: the capacity is the size of every fingerprint.
        let _ = text.push_str(PREFIX);
        for group in 0..GROUPS {
            if group != 0 {
                let _ = text.push(char::from(SEPARATOR));
            }
            for _ in 0..GROUP_SIZE {
                if held < 5 {
                    bits = (bits << 8) | u32::from(payload.next().unwrap_or_default());
                    held += 8;
                }
                held -= 5;
                let symbol = (bits >> held) & 31;
                let _ = text.push(char::from(ALPHABET[symbol as usize]));
            }
        }
        Self(text)
    }

    /// The text: [`FINGERPRINT_SIZE`] characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({})", self.0)
    }
}

/// The public key that a fingerprint carries. Letters after the prefix may be lower case; nothing else may differ.
///
/// # Errors
///
/// [`ErrorKind::Malformed`] for any other text and for a wrong checksum.
pub fn decode(text: &str) -> Result<PublicKey> {
    let malformed = || Error::from(ErrorKind::Malformed);
    let groups = text.strip_prefix(PREFIX).map(str::as_bytes).ok_or_else(malformed)?;
    if text.len() != FINGERPRINT_SIZE {
        return Err(malformed());
    }
    let mut payload = [0; PAYLOAD_SIZE];
    let mut slots = payload.iter_mut();
    let mut bits = 0u32;
    let mut held = 0u32;
    for (index, group) in groups.chunks(GROUP_SIZE + 1).enumerate() {
        let (symbols, separator) = group.split_at_checked(GROUP_SIZE).ok_or_else(malformed)?;
        let expected: &[u8] = if index + 1 < GROUPS { &[SEPARATOR] } else { &[] };
        if separator != expected {
            return Err(malformed());
        }
        for symbol in symbols {
            bits = ((bits << 5) | value(*symbol).ok_or_else(malformed)?) & 0xfff;
            held += 5;
            if held >= 8 {
                held -= 8;
                let slot = slots.next().ok_or_else(malformed)?;
                *slot = (bits >> held).to_le_bytes()[0];
            }
        }
    }
    let (key, found) = payload.split_first_chunk::<KEY_SIZE>().ok_or_else(malformed)?;
    let key = PublicKey::from_bytes(*key);
    if found == checksum(&key) { Ok(key) } else { Err(malformed()) }
}

/// The 5 bits that a character stands for.
fn value(symbol: u8) -> Option<u32> {
    let value = match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a',
        b'2'..=b'7' => symbol - b'2' + 26,
        _ => return None,
    };
    Some(u32::from(value))
}

fn checksum(key: &PublicKey) -> [u8; CHECKSUM_SIZE] {
    let [a, b, c, ..] = kdf::hash("fingerprint", &[key.as_bytes()]);
    [a, b, c]
}
