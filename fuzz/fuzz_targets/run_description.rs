//! A run description that is accepted is the canonical encoding of what it was read as, and can be worked with.
#![no_main]

use cloakwork_core::secagg::{MAX_DESCRIPTION_SIZE, Run};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(run) = Run::decode(bytes) else { return };
    let mut again = [0; MAX_DESCRIPTION_SIZE];
    let written = run.config().encode(&mut again).expect("what was accepted can be encoded");
    assert_eq!(&again[..written], bytes);
    let sizes: u64 = run.config().segments.iter().map(|segment| segment.packed_size()).sum();
    assert_eq!(sizes, run.payload_size());
    assert!(run.graph().degree() < run.config().members);
    let mut neighbours = 0;
    if run.config().members <= 64 {
        run.graph().for_each_neighbour(run.config().members - 1, |_| neighbours += 1);
        assert_eq!(neighbours, run.graph().degree());
    }
});
