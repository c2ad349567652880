//! Random bytes from the caller, or from the operating system where there is one.

use core::ffi::c_void;
use core::fmt;

use rand_core::{TryCryptoRng, TryRng};

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

impl TryRng for Generator {
    type Error = GeneratorFailed;

    fn try_next_u32(&mut self) -> Result<u32, GeneratorFailed> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, GeneratorFailed> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
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

#[cfg(feature = "std")]
fn from_system(out: &mut [u8]) -> Result<(), GeneratorFailed> {
    getrandom::SysRng.try_fill_bytes(out).map_err(|_| GeneratorFailed)
}

#[cfg(not(feature = "std"))]
const fn from_system(_: &mut [u8]) -> Result<(), GeneratorFailed> {
    Err(GeneratorFailed)
}
