//! Division by a power of two (docs/mpc.md section 5).

use alloc::vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Words};
use crate::mpc::engine::Party;
use crate::mpc::local;
use crate::mpc::local::comparison::Width;
use crate::mpc::protocol::comparison::{bits_to_words, exceeds};
use crate::mpc::protocol::{BLOCK, open_owned, starts};
use crate::prg::Sign;

/// How a quotient becomes a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Down or up by a public dither: 1 round, 8 bytes, 2 words of corrections an element.
    Dithered,
    /// Down, whatever the number of parties and the randomness.
    Down,
    /// To the nearest, halves up, whatever the number of parties and the randomness.
    Nearest,
}

/// x / 2^`fraction`, for |x| < 2^62 (2^62 - 2^(`fraction` - 1) where it is rounded to the nearest) and `fraction` from 0 to 62. A value outside of that
/// range gives a wrong quotient, which nobody can see.
///
/// Rounded down or to the nearest it costs 2 + log2(`fraction` / 4) rounds more than dithered, each logarithm rounded up, and for each element about a byte:
/// an eighth of 3 (C - 1) - log2 C + 1 bits for C chunks of four bits.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] for the fraction; those of [`Party::draw`].
pub async fn truncate(party: &Party, fraction: u32, rounding: Rounding, x: &[u64]) -> Result<Words> {
    if fraction > 62 {
        return Err(ErrorKind::InvalidArgument.bound(62));
    }
    let count = x.len();
    if fraction == 0 {
        return Ok(Zeroizing::new(x.to_vec()));
    }
    let half = if rounding == Rounding::Nearest { 1 << (fraction - 1) } else { 0 };
    let width = if rounding == Rounding::Dithered { None } else { Width::low(fraction) };
    let mask = party.draw(Correlation::Masks { count, fraction: Some(fraction), width }).await?;
    let mut masked = party.room(count);
    masked.extend_from_slice(x);
    local::truncation::offset(party.is_first(), half, &mut masked);
    mask.add_words(Sign::Plus, 0, &mut masked);
    let c = open_owned(party, 64, masked).await;
    let mut share = Zeroizing::new(vec![0; count]);
    let mut scratch = Zeroizing::new(vec![0; 2 * BLOCK.min(count)]);
    for (start, (c, share)) in starts().zip(c.chunks(BLOCK).zip(share.chunks_mut(BLOCK))) {
        let (shifted, top) = scratch.split_at_mut(c.len());
        let (top, _) = top.split_at_mut(c.len());
        mask.load_dependent_words(start, shifted);
        mask.load_dependent_words(count + start, top);
        local::truncation::finish(party.is_first(), fraction, c, shifted, top, share);
    }
    if let Some(width) = width {
        let above = exceeds(party, width, &c, &mask).await?;
        let above = bits_to_words(party, count, &above).await?;
        for (quotient, above) in share.iter_mut().zip(above.iter()) {
            *quotient = quotient.wrapping_sub(*above);
        }
    }
    party.give_back(c);
    Ok(share)
}
