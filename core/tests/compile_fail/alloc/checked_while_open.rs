//! A check looks at everything, so nothing may be open while it runs.

use cloakwork_core::mpc::verified::{Authenticated, Verified};
use rand_core::CryptoRng;

async fn check(verified: &mut Verified, x: &Authenticated, rng: &mut impl CryptoRng) {
    let pending = verified.square(x);
    let _ = verified.check(rng).await;
    let _ = pending.await;
}

fn main() {}
