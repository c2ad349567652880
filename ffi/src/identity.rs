//! Identities: the static key pair of a party.

use core::ffi::c_void;

use cloakwork_core::agreement::Identity;
use zeroize::Zeroizing;

use crate::boundary::boundary;
use crate::handle::{self, Cell, Opaque, kind};
use crate::pointer::{Out, array, out_array};
use crate::rng::{Generator, cloak_rng};
use crate::sizes::{CLOAK_ALIGN, CLOAK_KEY_SIZE};
use crate::status::{Checked, cloak_status};

/// A party's static X25519 key pair. Its public key is pinned in the roster of each run.
#[derive(Debug)]
pub struct cloak_identity {
    _opaque: (),
}

impl Opaque for cloak_identity {
    type Object = Identity;
    const KIND: u32 = kind(b"CWi");
}

/// Bytes of memory that an identity needs, at most, on any target.
pub const CLOAK_IDENTITY_SIZE: usize = 96;

const _: () = assert!(size_of::<Cell<Identity>>() <= CLOAK_IDENTITY_SIZE);
const _: () = assert!(align_of::<Cell<Identity>>() <= CLOAK_ALIGN);

/// Draws a new identity.
///
/// Hosts only. The caller ends it with `cloak_identity_free`.
///
/// @param rng  source of randomness; NULL for that of the operating system
/// @param out  the identity
/// @return `CLOAK_ERR_RANDOMNESS` when the source fails
#[cfg(feature = "std")]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_identity_new(rng: *const cloak_rng, out: *mut *mut cloak_identity) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let identity = unsafe { draw(rng) }?;
        out.write(handle::allocate(identity)?.as_ptr());
        Ok(())
    })
}

/// cbindgen:ptrs-as-arrays=[[secret; 32]]
/// The identity with a secret key that `cloak_identity_export` gave.
///
/// Hosts only. The caller ends it with `cloak_identity_free`.
///
/// @param secret  the secret key, 32 bytes
/// @param out     the identity
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for 32 equal bytes, which are erased memory and no key
#[cfg(feature = "std")]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_identity_from_bytes(secret: *const u8, out: *mut *mut cloak_identity) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let identity = unsafe { read(secret) }?;
        out.write(handle::allocate(identity)?.as_ptr());
        Ok(())
    })
}

/// Ends an identity that came from `cloak_identity_new` or `cloak_identity_from_bytes` and wipes its key. NULL is fine.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_identity_free(identity: *mut cloak_identity) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { handle::end(identity) });
}

/// Bytes of memory for `cloak_identity_init`: `CLOAK_IDENTITY_SIZE`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_identity_size() -> usize {
    CLOAK_IDENTITY_SIZE
}

/// Draws a new identity in memory of the caller, who ends it with `cloak_identity_wipe`.
///
/// @param memory  at least `cloak_identity_size` bytes, aligned to `cloak_align`
/// @param length  bytes of `memory`
/// @param rng     source of randomness; NULL for that of the operating system
/// @param out     the identity; it lies in `memory`
/// @return `CLOAK_ERR_RANDOMNESS` when the source fails
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_identity_init(
    memory: *mut c_void,
    length: usize,
    rng: *const cloak_rng,
    out: *mut *mut cloak_identity,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let identity = || unsafe { draw(rng) };
        // SAFETY: header, "Memory of the caller".
        let identity = unsafe { handle::initialise::<cloak_identity>(memory, length, CLOAK_IDENTITY_SIZE, identity) }?;
        out.write(identity.as_ptr());
        Ok(())
    })
}

/// cbindgen:ptrs-as-arrays=[[secret; 32]]
/// The identity with a given secret key in memory of the caller, who ends it with `cloak_identity_wipe`.
///
/// @param memory  at least `cloak_identity_size` bytes, aligned to `cloak_align`
/// @param length  bytes of `memory`
/// @param secret  the secret key, 32 bytes
/// @param out     the identity; it lies in `memory`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_identity_init_from_bytes(
    memory: *mut c_void,
    length: usize,
    secret: *const u8,
    out: *mut *mut cloak_identity,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let identity = || unsafe { read(secret) };
        // SAFETY: header, "Memory of the caller".
        let identity = unsafe { handle::initialise::<cloak_identity>(memory, length, CLOAK_IDENTITY_SIZE, identity) }?;
        out.write(identity.as_ptr());
        Ok(())
    })
}

/// Ends an identity in memory of the caller and wipes that memory. NULL is fine.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_identity_wipe(identity: *mut cloak_identity) -> cloak_status {
    // SAFETY: header, "Handles".
    boundary(|| unsafe { handle::end(identity) })
}

/// cbindgen:ptrs-as-arrays=[[out; 32]]
/// The secret key, for storage that only this party reads. The caller wipes the copy.
///
/// @param out  the secret key, 32 bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_identity_export(identity: *const cloak_identity, out: *mut u8) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let identity = unsafe { handle::shared(identity) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { out_array::<CLOAK_KEY_SIZE>(out) }?;
        out.write(*identity.to_bytes());
        Ok(())
    })
}

/// cbindgen:ptrs-as-arrays=[[out; 32]]
/// The public key, which others pin.
///
/// @param out  the public key, 32 bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_identity_public_key(identity: *const cloak_identity, out: *mut u8) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let identity = unsafe { handle::shared(identity) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { out_array::<CLOAK_KEY_SIZE>(out) }?;
        out.write(*identity.public_key().as_bytes());
        Ok(())
    })
}

/// A fresh identity.
///
/// # Safety
/// Header, "Pointers" for `rng`.
unsafe fn draw(rng: *const cloak_rng) -> Checked<Identity> {
    // SAFETY: the caller's obligation.
    let mut generator = unsafe { Generator::new(rng) }?;
    Ok(Identity::generate(&mut generator)?)
}

/// The identity of a secret key.
///
/// # Safety
/// Header, "Pointers" for `secret`.
unsafe fn read(secret: *const u8) -> Checked<Identity> {
    // SAFETY: the caller's obligation.
    let secret = Zeroizing::new(unsafe { array::<CLOAK_KEY_SIZE>(secret) }?);
    Ok(Identity::from_bytes(&secret)?)
}
