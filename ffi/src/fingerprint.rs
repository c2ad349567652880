//! Fingerprints: public keys as text that people can compare and read aloud.

use core::ffi::c_char;

use cloakwork_core::agreement::PublicKey;
use cloakwork_core::fingerprint::{self, FINGERPRINT_SIZE, Fingerprint};

use crate::boundary::boundary;
use crate::pointer::{Target, array, out_array};
use crate::sizes::{CLOAK_FINGERPRINT_SIZE, CLOAK_KEY_SIZE};
use crate::status::cloak_status;
use crate::text;

/// cbindgen:ptrs-as-arrays=[[key; 32]]
/// The fingerprint of a public key: text with a checksum that carries the whole key.
///
/// @param key       the public key, 32 bytes
/// @param out       the fingerprint in ASCII with its NUL
/// @param capacity  characters that fit in `out`, at least `CLOAK_FINGERPRINT_SIZE`
/// @return `CLOAK_ERR_BUFFER_TOO_SMALL` for less room
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_fingerprint_encode(key: *const u8, out: *mut c_char, capacity: usize) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let key = unsafe { array::<CLOAK_KEY_SIZE>(key) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Target::new(out.cast::<u8>(), capacity) }?.borrow();
        let (text, nul) = out
            .split_at_mut_checked(FINGERPRINT_SIZE)
            .and_then(|(text, rest)| Some((text, rest.first_mut()?)))
            .ok_or(cloak_status::CLOAK_ERR_BUFFER_TOO_SMALL)?;
        text.copy_from_slice(Fingerprint::new(&PublicKey::from_bytes(key)).as_str().as_bytes());
        *nul = 0;
        Ok(())
    })
}

/// cbindgen:ptrs-as-arrays=[[out; 32]]
/// The public key that a fingerprint carries.
///
/// @param fingerprint  text with its NUL; letters after the prefix may be lower case, nothing else may differ
/// @param out          the public key, 32 bytes
/// @return `CLOAK_ERR_MALFORMED` for any other text and for a wrong checksum
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_fingerprint_decode(fingerprint: *const c_char, out: *mut u8) -> cloak_status {
    boundary(|| {
        let mut characters = [0; CLOAK_FINGERPRINT_SIZE];
        // SAFETY: header, "Pointers".
        let text = unsafe { text::bounded(fingerprint, &mut characters) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { out_array::<CLOAK_KEY_SIZE>(out) }?;
        out.write(*fingerprint::decode(text)?.as_bytes());
        Ok(())
    })
}
