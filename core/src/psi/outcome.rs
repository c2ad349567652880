//! What comes out of a run.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::psi::agreement::Output;

/// What a party learns.
pub struct Outcome {
    size: usize,
    places: Option<Zeroizing<Vec<u32>>>,
}

impl Outcome {
    /// From the places in any order.
    pub(super) fn new(output: Output, size: usize, mut places: Zeroizing<Vec<u32>>) -> Self {
        places.sort_unstable();
        Self { size, places: (output == Output::Intersection).then_some(places) }
    }

    /// How many items all sets hold.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Where these are among the items that this party gave, or are first, in ascending order. Nothing if only the size was asked for.
    #[must_use]
    pub fn places(&self) -> Option<&[u32]> {
        self.places.as_ref().map(|places| &places[..])
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outcome(..)")
    }
}
