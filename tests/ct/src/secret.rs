//! Marks memory as secret or public for memcheck.

use core::ffi::c_void;
use core::hint::black_box;
use crabgrind::memcheck::{MemState, mark_memory, vbits};

/// Makes the contents of `values` secret: from here on memcheck reports a branch or an address that depends on them.
pub fn hide<T: Copy>(values: &mut [T]) {
    mark(values.as_mut_ptr().cast(), size_of_val(values), MemState::Undefined);
    black_box(values);
}

/// A secret array.
pub fn secret<T: Copy, const N: usize>(mut values: [T; N]) -> [T; N] {
    hide(&mut values);
    values
}

/// Whether any bit of `values` depends on a secret.
pub fn is_secret<T>(values: &[T]) -> bool {
    // One bit for each bit of memory, set where it is undefined; asking is not reported.
    let mut undefined = vec![0u8; size_of_val(values)];
    assert!(vbits(black_box(values.as_ptr()).cast::<c_void>(), &mut undefined).is_ok(), "not under valgrind");
    undefined.iter().any(|bits| *bits != 0)
}

/// Makes public again what was computed from secrets, as when it is sent or compared with what is expected.
///
/// Panics unless it depended on a secret: a case whose results do not would prove nothing.
pub fn reveal<T: Copy>(values: &mut [T]) {
    assert!(is_secret(values), "the result does not depend on the secrets");
    mark(values.as_mut_ptr().cast(), size_of_val(values), MemState::Defined);
    black_box(values);
}

/// [`reveal`] for an array.
pub fn revealed<T: Copy, const N: usize>(mut values: [T; N]) -> [T; N] {
    reveal(&mut values);
    values
}

/// Makes that part of `object` public that `public_half` reads, and leaves the rest secret: the public key in a key pair.
///
/// Where the part lies is found by trying.
pub fn publish<T, const N: usize>(object: &mut T, public_half: fn(&T) -> [u8; N]) {
    assert!(is_secret(&public_half(object)), "the public half was computed from the secret one");
    let start: *mut u8 = black_box(core::ptr::from_mut(object)).cast();
    for offset in 0..=size_of::<T>() - N {
        mark(start.wrapping_add(offset), N, MemState::Defined);
        if !is_secret(&public_half(black_box(object))) {
            return;
        }
        mark(start.wrapping_add(offset), N, MemState::Undefined);
    }
    panic!("the public half is not in one piece");
}

fn mark(start: *mut u8, size: usize, state: MemState) {
    // black_box: the compiler does not know that the mark has a meaning, and must neither move nor forget the memory.
    assert!(mark_memory(black_box(start).cast(), size, state).is_ok(), "not under valgrind");
}
