//! Fingerprints: what is read is written the same, in capitals.
#![no_main]

use cloakwork_core::fingerprint::{Fingerprint, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(key) = decode(text) {
        assert!(Fingerprint::new(&key).as_str().eq_ignore_ascii_case(text));
    }
});
