//! Every vector of tests/vectors, which an independent program made from protocol.md, replayed through the public interface: primitives
//! value by value, whole runs message by message on both sides, and every message that must be refused.
//!
//! agreement.json, channel.json and fingerprint.json are replayed by agreement.rs, shamir.json by sharing.rs; the rest is here.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::panic,
    clippy::panic_in_result_fn,
    clippy::cast_lossless,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::integer_division_remainder_used,
    clippy::std_instead_of_alloc,
    reason = "tests"
)]

#[path = "support/harness.rs"]
mod support;

#[path = "vectors/accepted.rs"]
mod accepted;
#[path = "vectors/primitives.rs"]
mod primitives;
#[path = "vectors/refusals.rs"]
mod refusals;
#[path = "vectors/runs.rs"]
mod runs;
#[path = "vectors/transcript.rs"]
mod transcript;

/// A new file of vectors is to be replayed somewhere, and its replay to be named here.
#[test]
fn every_file_is_replayed() {
    let sources = [
        include_str!("vectors/accepted.rs"),
        include_str!("vectors/primitives.rs"),
        include_str!("vectors/runs.rs"),
        include_str!("vectors/transcript.rs"),
        include_str!("agreement.rs"),
        include_str!("sharing.rs"),
    ];
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors");
    let mut files = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".json") {
            let replayed = sources.iter().any(|source| source.contains(&format!("load(\"{name}\")")));
            assert!(replayed || refusals::is_refusals(&name), "{name} is not replayed");
            files += 1;
        }
    }
    assert!(files >= 14, "{files} files");
}
