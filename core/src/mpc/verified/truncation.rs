//! Division by a power of two whose opening is checked (docs/mpc.md sections 5 and 16).

use alloc::vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::local::authenticated as local;
use crate::mpc::verified::Verified;
use crate::mpc::verified::authenticated::Authenticated;
use crate::mpc::verified::correlation::Correlation;

impl Verified {
    /// x / 2^`fraction`, down or up by a public dither, for |x| < 2^62 and `fraction` from 0 to 62. A value outside of that range gives a wrong quotient, which nobody
    /// can see. 1 round, 16 bytes, 10 words of corrections an element; nothing where `fraction` is 0.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for the fraction; otherwise as [`Self::product`].
    pub async fn truncate(&self, fraction: u32, x: &Authenticated) -> Result<Authenticated> {
        if fraction > 62 {
            return Err(ErrorKind::InvalidArgument.bound(62));
        }
        let count = x.len();
        if fraction == 0 {
            return x.part(0, count);
        }
        let masks = self.draw(Correlation::Truncations { count, fraction })?;
        let [of_values, of_macs] = self.weights();
        let (mut values, mut macs) = (Zeroizing::new(vec![0; count]), Zeroizing::new(vec![0; count]));
        local::mask_to_truncate(of_values, x.values(), masks.values(0, count), &mut values);
        local::mask_to_truncate(of_macs, x.macs(), masks.macs(0, count), &mut macs);
        let c = self.open(&values, macs).await;
        let mut macs = Zeroizing::new(vec![0; count]);
        let (shifted, top) = ((count, count), (2 * count, count));
        let share = |(start, length)| masks.values(start, length);
        local::finish_truncation(of_values, fraction, &c, share(shifted), share(top), &mut values);
        let share = |(start, length)| masks.macs(start, length);
        local::finish_truncation(of_macs, fraction, &c, share(shifted), share(top), &mut macs);
        Ok(Authenticated::new(values, macs))
    }
}
