//! Conditional rounding: what the papers do where [`Contribution::add_part`] does not retry.

use rand_core::TryCryptoRng;
use zeroize::Zeroize;

use super::{Contribution, Part, Real, SPOILED};
use crate::error::{ErrorKind, Result};
use crate::ring::Lane;

/// Most roundings of a part.
const PATIENCE: u32 = 256;

impl<L: Lane> Contribution<'_, L> {
    /// Adds a part as algorithm 1 of the papers does: the whole vector is rounded anew, each time from a fresh seed, until its squared norm is within
    /// the mechanism's bound. Returns how many roundings it took. For comparison with published results, not for a client: this number depends on the
    /// values, and it shows in the time and in what the generator gives.
    ///
    /// With the bound floor([`rounded_l2_squared`]`(clip, padded, beta))` a rounding is within it with a probability of 1 - beta at least; the papers
    /// recommend beta = e^(-1/2), so 2.54 roundings at most on average, where [`Contribution::add_part`] wants [`BETA`]. The smaller bound is a smaller
    /// sensitivity of parts and clients, for which the accountant takes the bound as it is; it does not serve records ([`sensitivity`]). Its price is a
    /// bias: the mean of the roundings that are kept is not the vector.
    ///
    /// Postcondition: that of [`Contribution::add_part`].
    ///
    /// # Errors
    /// As [`Contribution::add_part`], and `SamplerFailed` if none of 256 roundings is within the bound, which for beta = e^(-1/2) has a probability
    /// below 2^-184. Nothing has changed then.
    ///
    /// [`rounded_l2_squared`]: crate::privacy::accountant::bounds::rounded_l2_squared
    /// [`sensitivity`]: crate::privacy::accountant::bounds::sensitivity
    /// [`BETA`]: crate::privacy::accountant::bounds::BETA
    pub fn add_conditionally_rounded_part_vartime<T: Real, R: TryCryptoRng>(
        &mut self,
        rng: &mut R,
        values: &[T],
        work: &mut [i64],
    ) -> Result<u32> {
        let (factor, work) = self.check_part(values, work)?;
        for roundings in 1..=PATIENCE {
            let part = Part::draw(&self.pipeline, &self.rotation, factor, rng)?;
            let selection = part.select(values, work)?;
            if selection.is_random_vartime() {
                let added = part.add_selected(selection, values, work, self.residues);
                work.zeroize();
                self.parts = if added.is_ok() { self.parts + 1 } else { SPOILED };
                return added.map(|()| roundings);
            }
            work.zeroize();
        }
        Err(ErrorKind::SamplerFailed.into())
    }
}
