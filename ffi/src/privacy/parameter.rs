//! Refusals of parameters of privacy: which one, what bound it misses, and a value that works.

use core::ffi::{CStr, c_char};
use core::ptr::NonNull;

use cloakwork_core::Error;
use cloakwork_core::privacy::parameter::{Bound, Parameter, ParameterError};

use crate::status::{Checked, cloak_status, terminated};

/// A parameter of a mechanism, of an accountant or of a plan. Numbers never change and are not reused; new ones may be added.
///
/// `cloak_parameter_name` has a name for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_parameter {
    /// A mechanism as a whole: `cloak_mechanism_check` refuses it.
    CLOAK_PARAMETER_MECHANISM = 0,
    /// Number of clients n.
    CLOAK_PARAMETER_CLIENTS = 1,
    /// Number of honest clients h in every opened sum.
    CLOAK_PARAMETER_HONEST = 2,
    /// Number of parts m of a contribution.
    CLOAK_PARAMETER_PARTS = 3,
    /// Number of independent shares in the noise of a sum.
    CLOAK_PARAMETER_SHARES = 4,
    /// Values of a vector, padding included where there is any.
    CLOAK_PARAMETER_DIMENSION = 5,
    /// Binary logarithm of the length of a rotated block.
    CLOAK_PARAMETER_BLOCK_LOG2 = 6,
    /// Bits b of a residue.
    CLOAK_PARAMETER_BITS = 7,
    /// The loss epsilon.
    CLOAK_PARAMETER_EPSILON = 8,
    /// The probability delta.
    CLOAK_PARAMETER_DELTA = 9,
    /// Number of rounds.
    CLOAK_PARAMETER_ROUNDS = 10,
    /// Largest L2 norm of a part; for central noise the largest norm of a message.
    CLOAK_PARAMETER_CLIP = 11,
    /// Largest L2 norm of what one record adds to a part.
    CLOAK_PARAMETER_RECORD_CLIP = 12,
    /// Largest magnitude of a value.
    CLOAK_PARAMETER_CLAMP = 13,
    /// Standard deviation of the noise of a part in units of granularity.
    CLOAK_PARAMETER_NOISE = 14,
    /// Largest squared norm of a part after rounding.
    CLOAK_PARAMETER_NORM_BOUND = 15,
    /// Expected number of coordinates that wrap in a round.
    CLOAK_PARAMETER_WRAPS = 16,
    /// Standard deviations that the ring holds on either side.
    CLOAK_PARAMETER_MARGIN = 17,
    /// An L1 or L2 sensitivity.
    CLOAK_PARAMETER_SENSITIVITY = 18,
    /// A noise multiplier, variance, scale or concentrated-privacy parameter.
    CLOAK_PARAMETER_SCALE = 19,
    /// A sampling rate.
    CLOAK_PARAMETER_RATE = 20,
}

/// What a parameter has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_bound {
    /// `bound` or more.
    CLOAK_BOUND_AT_LEAST = 1,
    /// More than `bound`.
    CLOAK_BOUND_ABOVE = 2,
    /// `bound` or less.
    CLOAK_BOUND_AT_MOST = 3,
    /// Less than `bound`.
    CLOAK_BOUND_BELOW = 4,
}

/// Why a parameter was refused. It is written when a function of parameters returns `CLOAK_ERR_INVALID_MECHANISM`, and only then.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_parameter_error {
    /// One of `cloak_parameter`. With `CLOAK_PARAMETER_MECHANISM` the other fields hold 0 and NaN.
    pub parameter: i32,
    /// One of `cloak_bound`.
    pub bound_kind: i32,
    /// What it was.
    pub given: f64,
    /// The bound that it missed.
    pub bound: f64,
    /// A value that works: it keeps the bound, and where a plan as a whole has no solution, the same plan has one with it. NaN if none was found
    /// without changing other parameters.
    pub works: f64,
}

/// Ties each parameter of core to its number, at compile time, and takes the name from core.
macro_rules! parameters_of_core {
    ($($parameter:ident => $number:ident,)*) => {
        $(const _: () = assert!(
            cloak_parameter::$number as i32 == Parameter::$parameter.code(),
            concat!("the number of ", stringify!($number), " differs from core's")
        );)*

        /// The name in core of a parameter of core.
        const fn name_in_core(number: i32) -> Option<&'static CStr> {
            $(
                if number == Parameter::$parameter.code() {
                    const TEXT: &str = Parameter::$parameter.name();
                    const TERMINATED: [u8; TEXT.len() + 1] = terminated(TEXT);
                    return match CStr::from_bytes_with_nul(&TERMINATED) {
                        Ok(text) => Some(text),
                        Err(_) => None,
                    };
                }
            )*
            None
        }

        /// The compiler refuses this function when core has a parameter that is missing above.
        #[allow(dead_code, reason = "compiled, not called")]
        const fn none_is_missing(parameter: Parameter) {
            match parameter {
                $(Parameter::$parameter => {})*
            }
        }
    };
}

parameters_of_core! {
    Clients => CLOAK_PARAMETER_CLIENTS,
    Honest => CLOAK_PARAMETER_HONEST,
    Parts => CLOAK_PARAMETER_PARTS,
    Shares => CLOAK_PARAMETER_SHARES,
    Dimension => CLOAK_PARAMETER_DIMENSION,
    BlockLog2 => CLOAK_PARAMETER_BLOCK_LOG2,
    Bits => CLOAK_PARAMETER_BITS,
    Epsilon => CLOAK_PARAMETER_EPSILON,
    Delta => CLOAK_PARAMETER_DELTA,
    Rounds => CLOAK_PARAMETER_ROUNDS,
    Clip => CLOAK_PARAMETER_CLIP,
    RecordClip => CLOAK_PARAMETER_RECORD_CLIP,
    Clamp => CLOAK_PARAMETER_CLAMP,
    Noise => CLOAK_PARAMETER_NOISE,
    NormBound => CLOAK_PARAMETER_NORM_BOUND,
    Wraps => CLOAK_PARAMETER_WRAPS,
    Margin => CLOAK_PARAMETER_MARGIN,
    Sensitivity => CLOAK_PARAMETER_SENSITIVITY,
    Scale => CLOAK_PARAMETER_SCALE,
    Rate => CLOAK_PARAMETER_RATE,
}

/// The name of a parameter for messages: "the NAME is GIVEN and must be BOUND; WORKS works".
///
/// Hosts only.
///
/// @param parameter  any number; unknown ones have a name of their own
/// @return a static string in ASCII, never NULL
#[unsafe(no_mangle)]
pub extern "C" fn cloak_parameter_name(parameter: i32) -> *const c_char {
    name(parameter).as_ptr()
}

const fn name(parameter: i32) -> &'static CStr {
    const MECHANISM: i32 = cloak_parameter::CLOAK_PARAMETER_MECHANISM as i32;
    match (parameter, name_in_core(parameter)) {
        (_, Some(name)) => name,
        (MECHANISM, None) => c"mechanism",
        _ => c"parameter that this version of the library does not know",
    }
}

impl From<ParameterError> for cloak_parameter_error {
    fn from(error: ParameterError) -> Self {
        let (kind, bound) = match error.bound() {
            Bound::AtLeast(bound) => (cloak_bound::CLOAK_BOUND_AT_LEAST, bound),
            Bound::Above(bound) => (cloak_bound::CLOAK_BOUND_ABOVE, bound),
            Bound::AtMost(bound) => (cloak_bound::CLOAK_BOUND_AT_MOST, bound),
            Bound::Below(bound) => (cloak_bound::CLOAK_BOUND_BELOW, bound),
        };
        Self {
            parameter: error.parameter().code(),
            bound_kind: kind as i32,
            given: error.given(),
            bound,
            works: error.works().unwrap_or(f64::NAN),
        }
    }
}

/// Where a function of parameters reports a refusal.
#[derive(Debug)]
pub(crate) struct Refusal(Option<NonNull<cloak_parameter_error>>);

impl Refusal {
    /// Accepts a place for the refusal; NULL for none.
    ///
    /// # Safety
    /// Header, "Pointers" for `error`, which stays writable as long as this lives.
    pub(crate) unsafe fn new(error: *mut cloak_parameter_error) -> Checked<Self> {
        let place = NonNull::new(error);
        if place.is_some_and(|place| !place.is_aligned()) {
            return Err(cloak_status::CLOAK_ERR_MISALIGNED);
        }
        Ok(Self(place))
    }

    /// Passes a result of core on and reports its refusal.
    pub(crate) fn on<T>(&self, result: Result<T, ParameterError>) -> Checked<T> {
        result.map_err(|error| self.report(error.into()))
    }

    /// Passes a mechanism on or reports that there is none.
    pub(crate) fn on_mechanism<T>(&self, result: Result<T, Error>) -> Checked<T> {
        result.map_err(|_| {
            self.report(cloak_parameter_error {
                parameter: cloak_parameter::CLOAK_PARAMETER_MECHANISM as i32,
                bound_kind: 0,
                given: f64::NAN,
                bound: f64::NAN,
                works: f64::NAN,
            })
        })
    }

    fn report(&self, error: cloak_parameter_error) -> cloak_status {
        if let Some(place) = self.0 {
            // SAFETY: aligned (checked in `new`); writable by the obligation of `new`.
            unsafe { place.write(error) };
        }
        cloak_status::CLOAK_ERR_INVALID_MECHANISM
    }
}

#[cfg(test)]
#[allow(clippy::std_instead_of_alloc, reason = "tests have std")]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_parameter_has_a_name_of_its_own() {
        let names: BTreeSet<&CStr> = (0..=20).map(name).collect();
        assert_eq!(names.len(), 21);
        assert!(names.iter().all(|name| !name.is_empty() && name.to_bytes().is_ascii()));
        assert!(!names.contains(name(21)) && name(21) == name(-1));
        assert_eq!(name(Parameter::RecordClip.code()).to_str(), Ok(Parameter::RecordClip.name()));
    }
}
