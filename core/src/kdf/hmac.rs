//! HMAC-SHA256 (RFC 2104) over a message that is never in memory as a whole.
//!
//! The crate keeps the states after both key blocks, which pays where a key authenticates many messages. Here every key is used once or twice, and a device has
//! stack for the one state that works.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Bytes of a block of SHA-256.
const BLOCK_SIZE: usize = 64;

const INNER: u8 = 0x36;
const OUTER: u8 = 0x5c;

/// The authenticator, under a key of any length, of what `message` puts into the hash. Lengths are public.
pub(crate) fn hmac(key: &[u8], message: &dyn Fn(&mut Sha256)) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut block = Zeroizing::new([INNER; BLOCK_SIZE]);
    let mut add_key = |key: &[u8]| block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
    if key.len() > BLOCK_SIZE {
        hash.update(key);
        add_key(&hash.finalize_reset());
    } else {
        add_key(key);
    }
    hash.update(*block);
    message(&mut hash);
    let digest = hash.finalize_reset();
    block.iter_mut().for_each(|byte| *byte ^= INNER ^ OUTER);
    hash.update(*block);
    hash.update(digest);
    hash.finalize_reset().into()
}
