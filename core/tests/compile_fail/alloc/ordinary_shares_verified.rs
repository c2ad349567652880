//! Ordinary shares have no MACs, so verified mode does not take them.

use cloakwork_core::mpc::verified::{Authenticated, Verified};

async fn multiply(verified: &Verified, x: &Authenticated, shares: &[u64]) {
    let _ = verified.product(x, shares).await;
}

fn main() {}
