//! A deliberate leak, in libraries with the feature `planted-leak` alone: `tests/ct` shows by it that its check of the library's machine code
//! finds what it looks for.

use core::hint::black_box;

/// cbindgen:ignore
///
/// Branches on the lowest bit of `secret`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_planted_leak(secret: u8) -> u8 {
    // A call in each arm keeps this a jump.
    if secret & 1 == 1 { black_box(3) } else { *black_box(&5) }
}
