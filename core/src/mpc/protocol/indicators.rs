//! Where a secret value stands among public thresholds, and tables looked up by it (docs/mpc.md section 7).

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Words};
use crate::mpc::engine::Party;
use crate::mpc::local;
use crate::mpc::local::comparison::Width;
use crate::mpc::protocol::comparison::{Node, bits_to_words, join_nodes, leaves, open_masked, top_bits};

/// Whether x >= t, in words, for each of the public thresholds t: for x and t in -2^(`bits` - 2) to 2^(`bits` - 2) - 1 and `bits` from 2 to 64. All
/// of them share one mask and what is opened of it: 2 + log2 C rounds, `bits` + K (3 (C - 1) - log2 C + 1) bits an element for K thresholds and C
/// chunks of four bits. Corrections: 16 C + K (2 (C - 1) - log2 C + 64) bits.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] for the width or a threshold beyond it; those of [`Party::draw`].
pub async fn at_least(party: &Party, bits: u32, x: &[u64], thresholds: &[i64]) -> Result<Vec<Words>> {
    let width = check(bits, thresholds)?;
    if thresholds.is_empty() {
        return Ok(Vec::new());
    }
    let count = x.len();
    let mask = party.draw(Correlation::Masks { count, fraction: None, width: Some(width) }).await?;
    let c = open_masked(party, bits, x, &mask).await;
    let all = count * thresholds.len();
    // x - t = (c - t) - r has the same mask; from here on the thresholds stand one after the other in one vector of bits.
    let mut nodes: Vec<Node> = (0..width.chunks()).map(|_| Node { above: zeros(all), equal: zeros(all) }).collect();
    let mut signs = zeros(all);
    for (place, threshold) in thresholds.iter().enumerate() {
        let shifted: Vec<u64> = c.iter().map(|c| c.wrapping_sub(threshold.cast_unsigned())).collect();
        let start = place * count;
        for (all, one) in nodes.iter_mut().zip(leaves(width, &shifted, &mask)) {
            local::bits::insert(&one.above, count, start, &mut all.above);
            local::bits::insert(&one.equal, count, start, &mut all.equal);
        }
        local::bits::insert(&top_bits(party, width, &shifted, &mask), count, start, &mut signs);
    }
    let above = join_nodes(party, all, nodes).await?;
    let public = u64::from(party.is_first()).wrapping_neg();
    for (sign, above) in signs.iter_mut().zip(above.iter()) {
        // At least t is not negative.
        *sign ^= above ^ public;
    }
    let words = bits_to_words(party, all, &signs).await?;
    let parts = (0..thresholds.len()).map(|place| words.get(place * count..(place + 1) * count).unwrap_or_default());
    Ok(parts.map(|part| Zeroizing::new(part.to_vec())).collect())
}

/// The width of a comparison with thresholds that it can take.
pub(super) fn check(bits: u32, thresholds: &[i64]) -> Result<Width> {
    let width = Width::signed(bits).ok_or_else(|| ErrorKind::InvalidArgument.bound(64))?;
    let range = 1i64 << (bits - 2);
    if thresholds.iter().any(|threshold| !(-range..range).contains(threshold)) {
        return Err(ErrorKind::InvalidArgument.bound(range.unsigned_abs()));
    }
    Ok(width)
}

fn zeros(bits: usize) -> Words {
    Zeroizing::new(vec![0; local::bits::words(bits)])
}

/// In which of the K + 1 intervals between K public thresholds each of many secret values is, as shares.
#[derive(Debug)]
pub struct Indicators {
    first: bool,
    count: usize,
    steps: Vec<Words>,
}

/// Finds the intervals t_1 <= x < t_2 and so on of x, by [`at_least`] and at its cost, for rising thresholds.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] unless the thresholds rise; those of [`at_least`].
pub async fn indicators(party: &Party, bits: u32, x: &[u64], thresholds: &[i64]) -> Result<Indicators> {
    if !thresholds.is_sorted_by(|one, other| one < other) {
        return Err(ErrorKind::InvalidArgument.into());
    }
    let steps = at_least(party, bits, x, thresholds).await?;
    Ok(Indicators { first: party.is_first(), count: x.len(), steps })
}

impl Indicators {
    /// The entry of a public table at the place of each value's interval, from the one below all thresholds: v_0 + sum of (v_k - v_(k-1)) [x >= t_k].
    /// No communication.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] unless the table has an entry for each interval.
    pub fn look_up(&self, table: &[i64]) -> Result<Words> {
        let Some((lowest, _)) = table.split_first().filter(|(_, rest)| rest.len() == self.steps.len()) else {
            return Err(ErrorKind::InvalidLength.bound(self.steps.len() as u64 + 1));
        };
        let start = if self.first { lowest.cast_unsigned() } else { 0 };
        let mut out = Zeroizing::new(vec![start; self.count]);
        for (step, entries) in self.steps.iter().zip(table.windows(2)) {
            let [below, here] = entries else { continue };
            let rise = here.wrapping_sub(*below).cast_unsigned();
            // The table is public, and many neighbours of one are equal.
            if rise != 0 {
                for (out, step) in out.iter_mut().zip(step.iter()) {
                    *out = out.wrapping_add(rise.wrapping_mul(*step));
                }
            }
        }
        Ok(out)
    }

    /// 1 for each value's interval and 0 for the others, interval by interval. No communication.
    #[must_use]
    pub fn one_hot(&self) -> Vec<Words> {
        let whole = Zeroizing::new(vec![u64::from(self.first); self.count]);
        let none = Zeroizing::new(vec![0; self.count]);
        let reached = core::iter::once(&whole).chain(&self.steps);
        let passed = self.steps.iter().chain(core::iter::once(&none));
        reached
            .zip(passed)
            .map(|(reached, passed)| {
                Zeroizing::new(reached.iter().zip(passed.iter()).map(|(one, other)| one.wrapping_sub(*other)).collect())
            })
            .collect()
    }
}
