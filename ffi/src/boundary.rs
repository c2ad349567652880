//! What stands between a C caller and every entry: errors become a number, panics do not get through.

use crate::status::{Checked, cloak_status};

/// Runs the body of an entry.
///
/// On hosts a panic, which is a bug of this library, becomes `CLOAK_ERR_PANIC`; the handle that the call used stays unusable
/// (see [`crate::handle`]). Bare-metal builds abort on panic by the handler of the application.
pub(crate) fn boundary(body: impl FnOnce() -> Checked<()>) -> cloak_status {
    match unwinding_stops_here(body) {
        Some(Ok(())) => cloak_status::CLOAK_OK,
        Some(Err(status)) => status,
        None => cloak_status::CLOAK_ERR_PANIC,
    }
}

/// The body's value, or nothing when it panicked.
#[cfg(feature = "std")]
fn unwinding_stops_here<T>(body: impl FnOnce() -> T) -> Option<T> {
    // Unwind safety: what a panic leaves half-changed is a handle, and `Exclusive` marks that as broken.
    match std::panic::catch_unwind(core::panic::AssertUnwindSafe(body)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // The destructor of a payload may panic as well; what that leaves is let go.
            std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| drop(payload))).unwrap_or_else(core::mem::forget);
            None
        }
    }
}

#[cfg(not(feature = "std"))]
fn unwinding_stops_here<T>(body: impl FnOnce() -> T) -> Option<T> {
    Some(body())
}

#[cfg(all(test, feature = "std"))]
#[allow(clippy::panic, reason = "the panic is what is tested")]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status() {
        assert_eq!(boundary(|| panic!("provoked by the test")), cloak_status::CLOAK_ERR_PANIC);
    }

    #[test]
    #[cfg_attr(miri, ignore = "what a panicking destructor leaves is let go, which is a leak")]
    fn a_payload_that_panics_when_dropped_is_stopped_too() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("provoked by the test");
            }
        }
        assert_eq!(boundary(|| std::panic::panic_any(Bomb)), cloak_status::CLOAK_ERR_PANIC);
    }

    #[test]
    fn errors_pass_unchanged() {
        assert_eq!(boundary(|| Ok(())), cloak_status::CLOAK_OK);
        assert_eq!(boundary(|| Err(cloak_status::CLOAK_ERR_OVERLAP)), cloak_status::CLOAK_ERR_OVERLAP);
    }
}
