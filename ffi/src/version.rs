//! Version numbers, as macros for `#if` and as functions for hosts that load the library at run time.

use core::ffi::{CStr, c_char};

/// Major version of this header.
pub const CLOAK_VERSION_MAJOR: u32 = 0;
/// Minor version of this header.
pub const CLOAK_VERSION_MINOR: u32 = 1;
/// Patch version of this header.
pub const CLOAK_VERSION_PATCH: u32 = 0;

/// Version of the binary interface: the number after `.so`. It rises when a program built with an older header could break.
pub const CLOAK_ABI_VERSION: u32 = 0;

/// The binary interface that the loaded library has. Refuse to run when it is not `CLOAK_ABI_VERSION`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_abi_version() -> u32 {
    CLOAK_ABI_VERSION
}

/// The version of the loaded library, such as "1.2.3".
///
/// @return a static string, never NULL
#[unsafe(no_mangle)]
pub extern "C" fn cloak_version() -> *const c_char {
    const TEXT: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(text) => text,
        Err(_) => c"",
    };
    TEXT.as_ptr()
}

/// A decimal number in a text of Cargo.
const fn number(text: &str) -> u32 {
    match u32::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => u32::MAX,
    }
}

const _: () = assert!(number(env!("CARGO_PKG_VERSION_MAJOR")) == CLOAK_VERSION_MAJOR, "header and Cargo.toml differ");
const _: () = assert!(number(env!("CARGO_PKG_VERSION_MINOR")) == CLOAK_VERSION_MINOR, "header and Cargo.toml differ");
const _: () = assert!(number(env!("CARGO_PKG_VERSION_PATCH")) == CLOAK_VERSION_PATCH, "header and Cargo.toml differ");
