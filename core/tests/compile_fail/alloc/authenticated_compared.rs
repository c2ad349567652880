//! Comparison is not verified, so it does not take values of verified mode.

use cloakwork_core::mpc::engine::Party;
use cloakwork_core::mpc::protocol;
use cloakwork_core::mpc::verified::Authenticated;

async fn sign(party: &Party, x: &Authenticated) {
    let _ = protocol::is_negative(party, 64, x).await;
}

fn main() {}
