//! What a dealer is asked: accepted requests have one encoding, ask for no more than is allowed, and are taken once; no request is for both kinds of dealers.
#![no_main]

use cloakwork_core::mpc::dealer::{Dealing, MOST_CORRELATIONS, Request, Requested, Service};
use cloakwork_core::prg::Suite;
use cloakwork_fuzz::generator::Generator;
use libfuzzer_sys::fuzz_target;

/// Whether this dealer knows what is asked for.
fn is_taken<D: Dealing>(mut service: Service<D>, bytes: &[u8]) -> bool {
    let Ok(request) = Request::<D::Correlation>::decode(bytes) else {
        assert!(service.take(bytes).is_err());
        return false;
    };
    assert_eq!(request.encode(), bytes);
    assert!((1..=MOST_CORRELATIONS).contains(&request.correlations().len()));
    assert!(request.correlations().iter().all(Requested::fits));
    assert_eq!(service.take(bytes).is_ok(), request.first() == 0);
    assert_eq!(service.due(), if request.first() == 0 { request.words() } else { 0 });
    assert!(service.take(bytes).is_err(), "each number is dealt once");
    true
}

fuzz_target!(|bytes: &[u8]| {
    let rng = || Generator::new(7);
    let plain = is_taken(Service::new(Suite::ChaCha20, 2, 0, &mut rng()).expect("two parties"), bytes);
    let verified = is_taken(Service::verified(Suite::ChaCha20, 2, 0, &mut rng()).expect("two parties"), bytes);
    assert!(!(plain && verified));
});
