//! Replays the vectors of rotation, noise and the private vector, without an allocator, and compares every bit.
//!
//! The same program runs on the machines that the library is for and that no test of a server sees: 64-bit and 32-bit Arm, a big-endian machine, and
//! a microcontroller without an operating system, where doubles are computed in software (tools/device.py). A difference is a panic that names the case.

#![no_std]

mod hadamard;
mod noise;
mod private;
mod tape;
mod vectors;

/// Something that is replayed: what it is called, and what gives the number of its cases once they all agree.
pub type Check = (&'static str, fn() -> usize);

/// Everything there is.
pub static CHECKS: &[Check] = &[
    ("transforms and rotations", hadamard::vectors),
    ("long transforms, by their stages", hadamard::long),
    ("isochronous noise", noise::isochronous),
    ("exact noise", noise::exact),
    ("private vectors", private::contributions),
    ("private vectors that are refused", private::refused),
];
