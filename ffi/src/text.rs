//! Strings of a C caller.

use core::ffi::c_char;

use crate::pointer::value;
use crate::status::{Checked, cloak_status};

/// Reads a NUL-terminated string of at most `buffer.len()` characters into `buffer`.
///
/// `MALFORMED` when it is longer or not UTF-8. No character after the NUL or past the limit is touched.
///
/// # Safety
/// Header, "Pointers": `text` is readable up to its NUL.
pub(crate) unsafe fn bounded(text: *const c_char, buffer: &mut [u8]) -> Checked<&str> {
    if text.is_null() {
        return Err(cloak_status::CLOAK_ERR_NULL_POINTER);
    }
    let mut length = 0;
    loop {
        // SAFETY: no NUL came before this character, so it belongs to the string.
        let character: u8 = unsafe { value(text.cast::<u8>().wrapping_add(length)) }?;
        if character == 0 {
            break;
        }
        *buffer.get_mut(length).ok_or(cloak_status::CLOAK_ERR_MALFORMED)? = character;
        length += 1;
    }
    let text = buffer.get(..length).unwrap_or_default();
    core::str::from_utf8(text).map_err(|_| cloak_status::CLOAK_ERR_MALFORMED)
}
