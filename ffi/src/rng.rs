//! Random bytes from the caller, or from the operating system where there is one.

use core::ffi::c_void;
use core::fmt;

use rand_core::{TryCryptoRng, TryRng};
#[cfg(feature = "std")]
use zeroize::Zeroizing;

use crate::pointer::value;
use crate::status::{Checked, cloak_status};

/// A source of random bytes for keys and masks. It must be cryptographically secure.
///
/// Wherever a `const cloak_rng *` is expected, NULL stands for the generator of the operating system; a library that was built for
/// bare metal has none and answers `CLOAK_ERR_RANDOMNESS`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_rng {
    /// Fills `length` bytes at `out` and returns 0. Any other value means that it could not: the call that asked fails with
    /// `CLOAK_ERR_RANDOMNESS` and uses none of the bytes. It must not throw, jump out, or use the handle of that call.
    pub fill: Option<unsafe extern "C" fn(userdata: *mut c_void, out: *mut u8, length: usize) -> i32>,
    /// Handed to `fill` as it is.
    pub userdata: *mut c_void,
}

/// The generator of one call.
#[derive(Debug)]
pub(crate) enum Generator {
    /// The caller's function and its userdata.
    Callback(unsafe extern "C" fn(*mut c_void, *mut u8, usize) -> i32, *mut c_void),
    /// The operating system's, which bare metal lacks.
    System,
}

impl Generator {
    /// The generator that the caller named.
    ///
    /// # Safety
    /// Header, "Pointers" for `rng`; its `fill` keeps to what `cloak_rng` says.
    pub(crate) unsafe fn new(rng: *const cloak_rng) -> Checked<Self> {
        if rng.is_null() {
            return Ok(Self::System);
        }
        // SAFETY: the caller's obligation; both fields have every bit pattern (a NULL function is `None`).
        let rng = unsafe { value(rng) }?;
        match rng.fill {
            Some(fill) => Ok(Self::Callback(fill, rng.userdata)),
            None => Err(cloak_status::CLOAK_ERR_NULL_POINTER),
        }
    }
}

/// The generator could not deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GeneratorFailed;

impl fmt::Display for GeneratorFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the random generator failed")
    }
}

impl core::error::Error for GeneratorFailed {}

/// The bytes of a word, in the order in which they come.
pub(crate) fn word<const SIZE: usize>(
    rng: &mut impl TryRng<Error = GeneratorFailed>,
) -> Result<[u8; SIZE], GeneratorFailed> {
    let mut bytes = [0; SIZE];
    rng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}

impl TryRng for Generator {
    type Error = GeneratorFailed;

    fn try_next_u32(&mut self) -> Result<u32, GeneratorFailed> {
        word(self).map(u32::from_le_bytes)
    }

    fn try_next_u64(&mut self) -> Result<u64, GeneratorFailed> {
        word(self).map(u64::from_le_bytes)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), GeneratorFailed> {
        match *self {
            Self::Callback(fill, userdata) => {
                // SAFETY: `cloak_rng` of the header: the function writes `length` bytes at `out` and comes back.
                let answer = unsafe { fill(userdata, out.as_mut_ptr(), out.len()) };
                if answer == 0 { Ok(()) } else { Err(GeneratorFailed) }
            }
            Self::System => from_system(out),
        }
    }
}

// The type promises what the header demands of the callback.
impl TryCryptoRng for Generator {}

/// Bytes that [`Words`] asks the operating system for at a time.
#[cfg(feature = "std")]
const PIECE: usize = 1024;

/// The generator of a call that takes many small numbers. The operating system is asked for them in larger pieces, of which none outlives the call; a
/// function of the caller is asked for each, since which bytes go where is part of the vectors.
#[cfg(feature = "std")]
pub(crate) struct Words {
    generator: Generator,
    piece: Zeroizing<[u8; PIECE]>,
    used: usize,
}

#[cfg(feature = "std")]
impl Words {
    pub(crate) fn new(generator: Generator) -> Self {
        Self { generator, piece: Zeroizing::new([0; PIECE]), used: PIECE }
    }
}

#[cfg(feature = "std")]
impl TryRng for Words {
    type Error = GeneratorFailed;

    fn try_next_u32(&mut self) -> Result<u32, GeneratorFailed> {
        word(self).map(u32::from_le_bytes)
    }

    fn try_next_u64(&mut self) -> Result<u64, GeneratorFailed> {
        word(self).map(u64::from_le_bytes)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), GeneratorFailed> {
        if matches!(self.generator, Generator::Callback(..)) || out.len() > PIECE {
            return self.generator.try_fill_bytes(out);
        }
        if self.used + out.len() > PIECE {
            self.generator.try_fill_bytes(&mut *self.piece)?;
            self.used = 0;
        }
        let fresh = self.piece.iter().skip(self.used);
        out.iter_mut().zip(fresh).for_each(|(out, byte)| *out = *byte);
        self.used += out.len();
        Ok(())
    }
}

#[cfg(feature = "std")]
impl TryCryptoRng for Words {}

#[cfg(feature = "std")]
fn from_system(out: &mut [u8]) -> Result<(), GeneratorFailed> {
    getrandom::SysRng.try_fill_bytes(out).map_err(|_| GeneratorFailed)
}

#[cfg(not(feature = "std"))]
const fn from_system(_: &mut [u8]) -> Result<(), GeneratorFailed> {
    Err(GeneratorFailed)
}

#[cfg(all(test, feature = "std"))]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::std_instead_of_alloc,
    reason = "tests have std and stop at the first surprise"
)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_number_is_given_twice() {
        let mut words = Words::new(Generator::System);
        // More than two pieces, with a size that does not divide them. Of 400 words two are equal once in 2^46.
        let drawn: BTreeSet<u64> = (0..400)
            .map(|_| {
                let mut bytes = [0; 9];
                words.try_fill_bytes(&mut bytes).unwrap();
                let [low @ .., _] = bytes;
                u64::from_le_bytes(low)
            })
            .collect();
        assert_eq!(drawn.len(), 400);
        let mut long = [0; 2 * PIECE];
        words.try_fill_bytes(&mut long).unwrap();
        assert!(long.as_chunks::<16>().0.iter().all(|part| *part != [0; 16]));
    }
}
