//! A share key encrypts once.

use cloakwork_core::seal::ShareKey;

fn seal_twice(key: ShareKey) {
    let _ = key.seal(&[1; 32]);
    let _ = key.seal(&[2; 32]);
}

fn main() {}
