//! Marks memory as secret or public for memcheck.

use core::ffi::c_void;
use crabgrind::memcheck::{MemState, mark_memory, vbits};

/// Makes the contents of `values` secret: from here on memcheck reports a branch or an address that depends on them.
pub fn hide<T: Copy>(values: &mut [T]) {
    mark(values, MemState::Undefined);
}

/// A secret array.
pub fn secret<T: Copy, const N: usize>(mut values: [T; N]) -> [T; N] {
    hide(&mut values);
    values
}

/// Makes public again what was computed from secrets, as when it is sent or compared with what is expected.
///
/// Panics unless it depended on a secret: a case whose results do not would prove nothing.
pub fn reveal<T: Copy>(values: &mut [T]) {
    let start = core::hint::black_box(values.as_ptr()).cast::<c_void>();
    // One bit for each bit of memory, set where it is undefined; asking is not reported.
    let mut undefined = vec![0u8; size_of_val(values)];
    assert!(vbits(start, &mut undefined).is_ok(), "not under valgrind");
    assert!(undefined.iter().any(|bits| *bits != 0), "the result does not depend on the secrets");
    mark(values, MemState::Defined);
}

/// [`reveal`] for an array.
pub fn revealed<T: Copy, const N: usize>(mut values: [T; N]) -> [T; N] {
    reveal(&mut values);
    values
}

fn mark<T: Copy>(values: &mut [T], state: MemState) {
    // black_box: the compiler does not know that the mark has a meaning, and must neither move nor forget the memory.
    let start = core::hint::black_box(values.as_mut_ptr()).cast::<c_void>();
    assert!(mark_memory(start, size_of_val(values), state).is_ok(), "not under valgrind");
    core::hint::black_box(values);
}
