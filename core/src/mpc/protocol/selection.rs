//! Choices by a secret bit, and what a sign decides (docs/mpc.md section 10).

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Words};
use crate::mpc::engine::{Party, join, join_all};
use crate::mpc::local;
use crate::mpc::protocol::comparison::open_hidden;
use crate::mpc::protocol::{product, rectify, same_length};

/// x where a secret bit is 1, else y, for packed bits: 1 round, 16 bytes and a bit, 2 words of corrections an element. The bit becomes no word
/// before: with a random bit beta, beta (x - y) is made while t = bit xor beta is opened.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] unless there is an element of each for each bit; those of [`Party::draw`].
pub async fn choose(party: &Party, bits: &[u64], x: &[u64], y: &[u64]) -> Result<Words> {
    let count = same_length(x, y)?;
    if bits.len() != local::bits::words(count) {
        return Err(ErrorKind::InvalidLength.bound(local::bits::words(count) as u64));
    }
    let material = party.draw(Correlation::Bits { count }).await?;
    let beta = material.dependent_words(0, count);
    let difference = subtract(x, y);
    let (opened, hidden) = join(open_hidden(party, count, bits, beta), product(party, beta, &difference)).await;
    let mut out = Zeroizing::new(alloc::vec![0; count]);
    local::bits::select(&opened, &difference, &hidden?, &mut out);
    Ok(add(&out, y))
}

/// |x|, for x above -2^63: the cost of [`rectify`], for |x| = 2 max(x, 0) - x.
///
/// # Errors
///
/// Those of [`Party::draw`].
pub async fn absolute(party: &Party, x: &[u64]) -> Result<Words> {
    let kept = rectify(party, x).await?;
    Ok(Zeroizing::new(kept.iter().zip(x).map(|(kept, x)| (kept << 1).wrapping_sub(*x)).collect()))
}

/// The greater of x and y, for |x - y| < 2^63: the cost of [`rectify`], for it is y + max(x - y, 0).
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] unless both have the same length; those of [`Party::draw`].
pub async fn maximum(party: &Party, x: &[u64], y: &[u64]) -> Result<Words> {
    same_length(x, y)?;
    let excess = rectify(party, &subtract(x, y)).await?;
    Ok(add(y, &excess))
}

/// The smaller of x and y, for |x - y| < 2^63: the cost of [`rectify`], for it is x - max(x - y, 0).
///
/// # Errors
///
/// As [`maximum`].
pub async fn minimum(party: &Party, x: &[u64], y: &[u64]) -> Result<Words> {
    same_length(x, y)?;
    let excess = rectify(party, &subtract(x, y)).await?;
    Ok(subtract(x, &excess))
}

/// x, but not below `low` nor above `high`, which are public, for differences below 2^63: twice the bytes of [`rectify`] in the rounds of one.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] if `low` is above `high`; those of [`Party::draw`].
pub async fn clamp(party: &Party, low: i64, high: i64, x: &[u64]) -> Result<Words> {
    if low > high {
        return Err(ErrorKind::InvalidArgument.into());
    }
    let (from_low, from_high) = (shift(party, low, x), shift(party, high, x));
    let mut kept = join_all([&from_low, &from_high].map(|x| rectify(party, x)).into()).await.into_iter();
    let (Some(above_low), Some(above_high)) = (kept.next(), kept.next()) else {
        return Err(ErrorKind::InvalidLength.into());
    };
    // low + max(x - low, 0) - max(x - high, 0).
    Ok(shift(party, low.wrapping_neg(), &subtract(&above_low?, &above_high?)))
}

/// x - y. No communication.
pub(super) fn subtract(x: &[u64], y: &[u64]) -> Words {
    Zeroizing::new(x.iter().zip(y).map(|(x, y)| x.wrapping_sub(*y)).collect())
}

/// x + y. No communication.
pub(super) fn add(x: &[u64], y: &[u64]) -> Words {
    Zeroizing::new(x.iter().zip(y).map(|(x, y)| x.wrapping_add(*y)).collect())
}

/// x less a public number. No communication.
fn shift(party: &Party, by: i64, x: &[u64]) -> Words {
    let public = if party.is_first() { by.cast_unsigned() } else { 0 };
    Zeroizing::new(x.iter().map(|x| x.wrapping_sub(public)).collect())
}
