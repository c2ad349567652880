//! SHA-256, which names models and settings.

use sha2::{Digest, Sha256};

use crate::boundary::boundary;
use crate::pointer::{out_array, slice};
use crate::sizes::CLOAK_HASH_SIZE;
use crate::status::cloak_status;

/// cbindgen:ptrs-as-arrays=[[out; 32]]
/// SHA-256 (FIPS 180-4): what names a model, its settings, and the body of a request.
///
/// @param data    bytes to hash; may be NULL when `length` is 0
/// @param length  number of bytes
/// @param out     the digest, 32 bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_sha256(data: *const u8, length: usize, out: *mut u8) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let data = unsafe { slice(data, length) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { out_array::<CLOAK_HASH_SIZE>(out) }?;
        out.write(Sha256::digest(data).into());
        Ok(())
    })
}
