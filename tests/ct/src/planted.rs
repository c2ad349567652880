//! Deliberate leaks: if memcheck did not report these, its silence elsewhere would mean nothing.

use crate::Case;
use crate::secret::secret;
use cloakwork_core::field::Element;
use cloakwork_core::prg::{StreamKey, Suite, keystream};
use core::hint::black_box;

/// Each of these must be reported.
pub const CASES: &[Case] = &[
    ("planted: branch on a secret", branch),
    ("planted: index by a secret", index),
    ("planted: branch on a product of secrets", product),
    ("planted: branch on a ChaCha20 stream of a secret key", || stream(Suite::ChaCha20)),
    ("planted: branch on an AES-128 stream of a secret key", || stream(Suite::Aes128Ctr)),
];

#[inline(never)]
fn leak(byte: u8) {
    // A call in each arm keeps this a jump.
    if byte & 1 == 1 {
        black_box(&byte);
    } else {
        black_box(&0u16);
    }
}

fn branch() {
    leak(secret([3u8])[0]);
}

fn index() {
    let table = black_box([7u8; 256]);
    black_box(table[usize::from(secret([3u8])[0])]);
}

fn product() {
    let [a, b] = secret([5u64, 6]);
    // A small number has the canonical form that the refusal looks at; masking keeps that check silent here.
    let a = Element::from_u32((a & 0xffff) as u32);
    let b = Element::from_u32((b & 0xffff) as u32);
    leak(a.mul(&b).to_le_bytes()[0]);
}

fn stream(suite: Suite) {
    let mut bytes = [0u8; 300];
    keystream(suite, &StreamKey::from_bytes(secret([9; 32])), 0, &mut bytes).expect("short stream");
    leak(bytes[299]);
}
