//! Objects that are made of parts which refer to each other, and are used by one thread at a time.

use core::fmt;

/// Something whose shared parts are all inside of it.
pub(crate) struct Alone<T>(T);

impl<T> Alone<T> {
    /// Takes something no part of which anybody else keeps.
    pub(crate) const fn new(inner: T) -> Self {
        Self(inner)
    }
}

// SAFETY: the counters of its shared parts are not atomic, but every owner of such a part is inside, so they move to another thread together and are used by one at a
// time: there is no access but through a mutable reference, which `handle::exclusive` gives to one call, and header, "Handles", to one thread.
unsafe impl<T> Send for Alone<T> {}
// SAFETY: a shared reference gives no access.
unsafe impl<T> Sync for Alone<T> {}

impl<T> Alone<T> {
    /// What it holds.
    pub(crate) fn get(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> fmt::Debug for Alone<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alone(..)")
    }
}
