//! Division by a power of two (docs/mpc.md section 5).

use alloc::vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Words};
use crate::mpc::engine::Party;
use crate::mpc::local;
use crate::mpc::local::comparison::Width;
use crate::mpc::protocol::comparison::{bits_to_words, exceeds};
use crate::mpc::protocol::open;

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
    let mut input = Zeroizing::new(x.to_vec());
    if fraction == 0 {
        return Ok(input);
    }
    if rounding == Rounding::Nearest && party.is_first() {
        for x in input.iter_mut() {
            *x = x.wrapping_add(1 << (fraction - 1));
        }
    }
    let width = if rounding == Rounding::Dithered { None } else { Width::low(fraction) };
    let mask = party.draw(Correlation::Masks { count, fraction: Some(fraction), width }).await?;
    let mut share = Zeroizing::new(vec![0; count]);
    local::truncation::mask(party.is_first(), &input, mask.words(0, count), &mut share);
    let c = open(party, 64, &share).await;
    let (shifted, top) = (mask.dependent_words(0, count), mask.dependent_words(count, count));
    local::truncation::finish(party.is_first(), fraction, &c, shifted, top, &mut share);
    if let Some(width) = width {
        let above = exceeds(party, width, &c, &mask).await?;
        let above = bits_to_words(party, count, &above).await?;
        for (quotient, above) in share.iter_mut().zip(above.iter()) {
            *quotient = quotient.wrapping_sub(*above);
        }
    }
    Ok(share)
}
