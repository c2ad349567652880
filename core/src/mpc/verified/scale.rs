//! Products with public real factors, whose divisions are checked (docs/mpc.md sections 8 and 16).

use alloc::vec::Vec;

use crate::error::{ErrorKind, Result};
use crate::mpc::engine::join;
use crate::mpc::protocol::{Factors, Format};
use crate::mpc::verified::Verified;
use crate::mpc::verified::authenticated::Authenticated;

impl Verified {
    /// c x for public real c, as [`crate::mpc::protocol::scale`] has it, with the dither of [`Self::truncate`] whatever the format says. 1 round, 16 bytes and 10 words of corrections an element and
    /// division, of which there are two, one where c has at most f bits after the point, and none for integers.
    ///
    /// # Errors
    ///
    /// Those of [`crate::mpc::protocol::scale`], before anything is drawn; otherwise as [`Self::product`].
    pub async fn scale(
        &self,
        format: &Format,
        factors: &[f64],
        real: bool,
        x: &Authenticated,
    ) -> Result<Authenticated> {
        if factors.len() != 1 && factors.len() != x.len() {
            return Err(ErrorKind::InvalidLength.bound(x.len() as u64));
        }
        let [high, low] = Factors::parts(format, factors, real)?;
        let (high, low) = join(self.divided(&high, x), self.divided(&low, x)).await;
        high?.plus(&low?)
    }

    /// x times one part of the factors.
    async fn divided(&self, part: &Factors, x: &Authenticated) -> Result<Authenticated> {
        let factors: Vec<u64> = part.words().take(x.len()).collect();
        self.truncate(part.fraction(), &x.times_public(&factors)?).await
    }
}
