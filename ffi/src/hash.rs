//! SHA-256, which names models, settings and the bodies of requests.

use core::ffi::c_void;

use cloakwork_core::kdf::Digest;

use crate::boundary::boundary;
use crate::handle::{self, Cell, Opaque, kind};
use crate::pointer::{Out, out_array, slice};
use crate::sizes::{CLOAK_ALIGN, CLOAK_HASH_SIZE};
use crate::status::cloak_status;

/// A SHA-256 digest of bytes that need never be in memory as a whole.
#[derive(Debug)]
pub struct cloak_digest {
    _opaque: (),
}

impl Opaque for cloak_digest {
    type Object = Digest;
    const KIND: u32 = kind(b"CWd");
}

/// Bytes of memory that a digest needs, at most, on any target.
pub const CLOAK_DIGEST_SIZE: usize = 128;

const _: () = assert!(size_of::<Cell<Digest>>() <= CLOAK_DIGEST_SIZE);
const _: () = assert!(align_of::<Cell<Digest>>() <= CLOAK_ALIGN);

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
        let mut digest = Digest::new();
        digest.update(data);
        out.write(digest.finish());
        Ok(())
    })
}

/// Bytes of memory for `cloak_digest_init`: `CLOAK_DIGEST_SIZE`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_digest_size() -> usize {
    CLOAK_DIGEST_SIZE
}

/// Begins a digest in memory of the caller, which `cloak_digest_finish` or `cloak_digest_wipe` ends.
///
/// @param memory  at least `cloak_digest_size` bytes, aligned to `cloak_align`
/// @param length  bytes of `memory`
/// @param out     the digest; it lies in `memory`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_digest_init(
    memory: *mut c_void,
    length: usize,
    out: *mut *mut cloak_digest,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Memory of the caller".
        let digest =
            unsafe { handle::initialise::<cloak_digest>(memory, length, CLOAK_DIGEST_SIZE, || Ok(Digest::new())) }?;
        out.write(digest.as_ptr());
        Ok(())
    })
}

/// Adds the next bytes.
///
/// @param data    the bytes; may be NULL when `length` is 0
/// @param length  number of bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_digest_update(
    digest: *mut cloak_digest,
    data: *const u8,
    length: usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let mut digest = unsafe { handle::exclusive(digest) }?;
        // SAFETY: header, "Pointers".
        let data = unsafe { slice(data, length) }?;
        digest.update(data);
        Ok(())
    })
}

/// cbindgen:ptrs-as-arrays=[[out; 32]]
/// The digest of all bytes. The object ends, and its memory is wiped.
///
/// @param out  the digest, 32 bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_digest_finish(digest: *mut cloak_digest, out: *mut u8) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { out_array::<CLOAK_HASH_SIZE>(out) }?;
        // SAFETY: header, "Handles".
        let hash = unsafe { handle::shared(digest.cast_const()) }?.clone().finish();
        // SAFETY: header, "Handles".
        unsafe { handle::end(digest) }?;
        out.write(hash);
        Ok(())
    })
}

/// Ends a digest that is not wanted any more and wipes its memory. NULL is fine.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_digest_wipe(digest: *mut cloak_digest) -> cloak_status {
    // SAFETY: header, "Handles".
    boundary(|| unsafe { handle::end(digest) })
}
