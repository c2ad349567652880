//! A share key decrypts once, and not what it encrypted.

use cloakwork_core::seal::ShareKey;

fn seal_and_open(key: ShareKey) {
    let sealed = key.seal(&[1; 32]).unwrap();
    let _ = key.open(&sealed);
}

fn main() {}
