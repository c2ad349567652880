//! The vectors of tests/vectors, which an independent program made from protocol.md, replayed through the public interface: whole runs
//! message by message on both sides, and every message that must be refused. Those of the primitives are replayed in tests/primitives.

mod accepted;
mod graph;
mod refusals;
mod runs;
mod transcript;

/// A new file of vectors is to be replayed somewhere, and its replay to be named here.
#[test]
fn every_file_is_replayed() {
    let sources = [
        include_str!("vectors/accepted.rs"),
        include_str!("vectors/graph.rs"),
        include_str!("vectors/runs.rs"),
        include_str!("vectors/transcript.rs"),
        include_str!("../mpc/vectors.rs"),
        include_str!("../psi/vectors.rs"),
        include_str!("../primitives/agreement.rs"),
        include_str!("../primitives/gaussian.rs"),
        include_str!("../primitives/hadamard/vectors.rs"),
        include_str!("../primitives/private_vector.rs"),
        include_str!("../primitives/sharing.rs"),
        include_str!("../primitives/vectors.rs"),
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
