//! A deliberate leak, in libraries with the feature `planted-leak` alone: `tests/ct` shows by it that its check of the library's machine code
//! finds what it looks for.

use core::hint::black_box;

/// cbindgen:ignore
///
/// Branches on the lowest bit of `secret`.
///
/// # Safety
/// `secret` points to a byte that can be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_planted_leak(secret: *const u8) -> u8 {
    // SAFETY: the caller's obligation.
    let secret = unsafe { *secret };
    // A call in each arm keeps this a jump.
    if secret & 1 == 1 { black_box(3) } else { *black_box(&5) }
}
