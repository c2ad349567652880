//! The C ABI: any calls in any order, with NULL, wrong and ended handles, and buffers of any room. See `calls.rs` for what must hold after each.
#![no_main]
#![allow(unsafe_code)]

use libfuzzer_sys::fuzz_target;

#[path = "../../ffi/tests/abi/calls.rs"]
mod calls;

fuzz_target!(|data: &[u8]| {
    calls::exercise(data);
});
