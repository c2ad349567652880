//! Roster bytes: the entries of an accepted roster are sorted by id.
#![no_main]

use cloakwork_core::secagg::{MEMBER_SIZE, RosterBytes, roster_hash};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((count, entries)) = bytes.split_first() else { return };
    if roster_hash(&mut RosterBytes(entries), u32::from(*count)).is_ok() {
        let entries = &entries[..usize::from(*count) * MEMBER_SIZE];
        let ids: Vec<u64> = entries
            .chunks(MEMBER_SIZE)
            .map(|entry| u64::from_le_bytes(entry[..8].try_into().expect("8 bytes")))
            .collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
    }
});
