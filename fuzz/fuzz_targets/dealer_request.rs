//! What a dealer is asked: accepted requests have one encoding, ask for no more than is allowed, and are taken once.
#![no_main]

use cloakwork_core::mpc::dealer::{MOST_CORRELATIONS, MOST_WORDS, Request, Service};
use cloakwork_core::prg::Suite;
use cloakwork_fuzz::generator::Generator;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut service = Service::new(Suite::ChaCha20, 2, 0, &mut Generator::new(7)).expect("two parties");
    let Ok(request) = Request::decode(bytes) else {
        assert!(service.take(bytes).is_err());
        return;
    };
    assert_eq!(request.encode(), bytes);
    assert!((1..=MOST_CORRELATIONS).contains(&request.correlations().len()));
    assert!(request.correlations().iter().all(|correlation| correlation.layout().total() <= MOST_WORDS));
    assert_eq!(service.take(bytes).is_ok(), request.first() == 0);
    assert_eq!(service.due(), if request.first() == 0 { request.words() } else { 0 });
    assert!(service.take(bytes).is_err(), "each number is dealt once");
});
