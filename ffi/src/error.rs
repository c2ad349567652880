//! What a number cannot say: whom an error concerns and which bound was missed.

use core::ptr::NonNull;

use cloakwork_core::Error;

use crate::status::{Checked, cloak_status};

/// In `cloak_error.present`: `party` says whom the error concerns.
pub const CLOAK_ERROR_HAS_PARTY: u32 = 1;
/// In `cloak_error.present`: `bound` says what would have been right.
pub const CLOAK_ERROR_HAS_BOUND: u32 = 2;

/// More about an error that came out of the protocol. It holds no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct cloak_error {
    /// The status, or `CLOAK_OK` when there was no error.
    pub status: i32,
    /// Which of the next two fields hold something: `CLOAK_ERROR_HAS_PARTY`, `CLOAK_ERROR_HAS_BOUND`, both or none.
    pub present: u32,
    /// Id of the party that caused it.
    pub party: u64,
    /// A size, a count or a largest value, as the status says.
    pub bound: u64,
}

impl cloak_error {
    /// No error.
    pub(crate) const NONE: Self = Self { status: cloak_status::CLOAK_OK as i32, present: 0, party: 0, bound: 0 };
}

impl From<Error> for cloak_error {
    fn from(error: Error) -> Self {
        let party = error.party().map_or(0, |_| CLOAK_ERROR_HAS_PARTY);
        let bound = error.bound().map_or(0, |_| CLOAK_ERROR_HAS_BOUND);
        Self {
            status: error.kind().code(),
            present: party | bound,
            party: error.party().unwrap_or(0),
            bound: error.bound().unwrap_or(0),
        }
    }
}

/// Where a function that makes an object reports an error; later calls ask the object.
#[derive(Debug)]
pub(crate) struct Report(Option<NonNull<cloak_error>>);

impl Report {
    /// Accepts a place for the report; NULL for none.
    ///
    /// # Safety
    /// Header, "Pointers" for `error`, which stays writable as long as the report lives.
    pub(crate) unsafe fn new(error: *mut cloak_error) -> Checked<Self> {
        let place = NonNull::new(error);
        if place.is_some_and(|place| !place.is_aligned()) {
            return Err(cloak_status::CLOAK_ERR_MISALIGNED);
        }
        Ok(Self(place))
    }

    /// Passes a result of core on and reports its error.
    pub(crate) fn on<T>(&self, result: Result<T, Error>) -> Checked<T> {
        result.map_err(|error| {
            if let Some(place) = self.0 {
                // SAFETY: aligned (checked in `new`); writable by the obligation of `new`.
                unsafe { place.write(error.into()) };
            }
            error.into()
        })
    }
}
