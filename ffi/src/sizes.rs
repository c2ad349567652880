//! Sizes of what crosses the boundary, as macros for C and as functions for hosts that do not read the header.

use cloakwork_core::{agreement, fingerprint, kdf};

/// Bytes of a public key, of a secret key, of a seed.
pub const CLOAK_KEY_SIZE: usize = 32;
/// Bytes of a SHA-256 digest: run hash, context hash, hash of a body.
pub const CLOAK_HASH_SIZE: usize = 32;
/// Bytes of the MAC of a request.
pub const CLOAK_MAC_SIZE: usize = 32;
/// Characters of a fingerprint with its NUL.
pub const CLOAK_FINGERPRINT_SIZE: usize = 74;
/// Bytes of a run id.
pub const CLOAK_RUN_ID_SIZE: usize = 16;
/// Bytes of a roster entry: id and public key.
pub const CLOAK_MEMBER_SIZE: usize = 40;
/// Characters of a segment's label with its NUL.
pub const CLOAK_LABEL_SIZE: usize = 33;
/// No run description is longer.
pub const CLOAK_DESCRIPTION_SIZE: usize = 640;
/// Most segments of a contribution.
pub const CLOAK_MAX_SEGMENTS: usize = 8;
/// Most members of a run.
pub const CLOAK_MAX_MEMBERS: usize = 1048576;
/// Alignment of the memory that the caller gives for an object.
pub const CLOAK_ALIGN: usize = 16;

/// The value of `CLOAK_KEY_SIZE`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_key_size() -> usize {
    CLOAK_KEY_SIZE
}

/// The value of `CLOAK_HASH_SIZE`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_hash_size() -> usize {
    CLOAK_HASH_SIZE
}

/// The value of `CLOAK_MAC_SIZE`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_mac_size() -> usize {
    CLOAK_MAC_SIZE
}

/// The value of `CLOAK_FINGERPRINT_SIZE`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_fingerprint_size() -> usize {
    CLOAK_FINGERPRINT_SIZE
}

/// The value of `CLOAK_RUN_ID_SIZE`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_run_id_size() -> usize {
    CLOAK_RUN_ID_SIZE
}

/// The value of `CLOAK_MEMBER_SIZE`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_member_size() -> usize {
    CLOAK_MEMBER_SIZE
}

/// The value of `CLOAK_LABEL_SIZE`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_label_size() -> usize {
    CLOAK_LABEL_SIZE
}

/// The value of `CLOAK_DESCRIPTION_SIZE`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_description_size() -> usize {
    CLOAK_DESCRIPTION_SIZE
}

/// The value of `CLOAK_MAX_SEGMENTS`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_max_segments() -> usize {
    CLOAK_MAX_SEGMENTS
}

/// The value of `CLOAK_MAX_MEMBERS`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_max_members() -> usize {
    CLOAK_MAX_MEMBERS
}

/// The value of `CLOAK_ALIGN`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_align() -> usize {
    CLOAK_ALIGN
}

const _: () = assert!(CLOAK_KEY_SIZE == agreement::KEY_SIZE);
const _: () = assert!(CLOAK_HASH_SIZE == kdf::HASH_SIZE);
const _: () = assert!(CLOAK_MAC_SIZE == agreement::MAC_SIZE);
const _: () = assert!(CLOAK_FINGERPRINT_SIZE == fingerprint::FINGERPRINT_SIZE + 1);
