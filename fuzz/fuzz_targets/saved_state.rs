//! A saved state that is accepted is saved and accepted again with the same result, and the client can be called in it.
#![no_main]

use cloakwork_fuzz::generator::Generator;
use cloakwork_fuzz::run::{MESSAGE_SIZE, restored, saved};
use cloakwork_fuzz::transcript::{Call, VICTIM, transcript};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(client) = restored(VICTIM, bytes) else { return };
    let again = saved(&client).expect("not masking");
    assert_eq!(saved(&restored(VICTIM, &again).expect("its own state")).as_ref(), Some(&again));
    let mut out = [0; MESSAGE_SIZE];
    for call in Call::ALL {
        for delivery in transcript().deliveries.iter().filter(|delivery| delivery.call == call) {
            let mut client = restored(VICTIM, bytes).expect("as before");
            let _ = call.make(&mut client, &mut Generator::new(9), &delivery.message, &mut out);
        }
    }
});
