//! The bytes of a pair key stay inside the crate.

use cloakwork_core::agreement::PairKey;

fn export(key: &PairKey) -> [u8; 32] {
    *key.as_bytes()
}

fn main() {}
