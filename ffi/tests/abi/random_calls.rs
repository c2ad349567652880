//! Random calls break nothing, and they get far enough to matter.

use crate::calls::exercise;
use crate::support::Generator;

/// 300 exercises from a fixed seed; each one makes up to 200 calls.
#[test]
fn random_calls_break_nothing() {
    let mut generator = Generator(2026);
    let (mut steps, mut states) = ([0; 9], [0; 9]);
    let (mut openings, mut contributions, mut plans) = (0, 0, 0);
    for _ in 0..300 {
        let length = generator.next() as usize % 1500;
        let data: Vec<u8> = (0..length).map(|_| generator.next().to_le_bytes()[0]).collect();
        let reached = exercise(&data);
        for (count, reached) in steps.iter_mut().zip(reached.steps).chain(states.iter_mut().zip(reached.states)) {
            *count += u32::from(reached);
        }
        openings += reached.openings;
        contributions += reached.contributions;
        plans += reached.plans;
    }
    assert!(steps.iter().all(|count| *count > 0), "every step of the server: {steps:?}");
    assert!(states.iter().all(|count| *count > 0), "every state of a client: {states:?}");
    assert!(openings > 0, "a sum was opened");
    assert!(contributions > 10, "{contributions} private vectors were made");
    assert!(plans > 10, "{plans} plans were found");
}
