//! Signs, and what follows from them (docs/mpc.md section 6).

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Material, Words, collect_words};
use crate::mpc::engine::{Party, join, join_all};
use crate::mpc::local;
use crate::mpc::local::comparison::{Width, table_words};
use crate::mpc::protocol::{open_bits_owned, open_owned, product, same_length};
use crate::prg::Sign;

/// Whether x is negative, in packed bits, for x in -2^(`bits` - 1) to 2^(`bits` - 1) - 1 and `bits` from 2 to 64. 1 + log2 C rounds for C chunks of
/// four bits, an eighth of `bits` + 3 (C - 1) - log2 C bytes an element; logarithms are rounded up.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] for the width; those of [`Party::draw`].
pub async fn is_negative(party: &Party, bits: u32, x: &[u64]) -> Result<Words> {
    let width = Width::signed(bits).ok_or_else(|| ErrorKind::InvalidArgument.bound(64))?;
    let count = x.len();
    let mask = party.draw(Correlation::Masks { count, fraction: None, width: Some(width) }).await?;
    let c = open_masked(party, bits, x, &mask).await;
    let sign = sign(party, width, &c, &mask).await;
    party.give_back(c);
    sign
}

/// x where x is positive, else 0, for words of 64 bits: 2 + log2 C = 6 rounds, 13.25 bytes an element.
///
/// # Errors
///
/// Those of [`Party::draw`].
pub async fn rectify(party: &Party, x: &[u64]) -> Result<Words> {
    select_positive(party, x).await.map(|(kept, _)| kept)
}

/// x where it is not negative, else 0, and whether it is not, as words: the same cost as [`rectify`].
///
/// # Errors
///
/// Those of [`Party::draw`].
pub async fn select_positive(party: &Party, x: &[u64]) -> Result<(Words, Words)> {
    select_with(party, x, &[]).await.map(|selected| (selected.kept, selected.indicators))
}

/// What [`select_with`] gives.
pub(super) struct Selected {
    /// x where it is not negative, else 0.
    pub(super) kept: Words,
    /// Whether it is not, as words.
    pub(super) indicators: Words,
    /// What is carried, where x is not negative, else 0; vector after vector.
    pub(super) carried: Words,
}

/// As [`select_positive`], with vectors that are kept or set to 0 in the same places: 16 bytes and 1 word of corrections more for each of their
/// elements, and no round: with beta, which hides the indicator b, beta y is made meanwhile, and b y = t y + (1 - 2 t) beta y for the opened t = b
/// xor beta.
pub(super) async fn select_with(party: &Party, x: &[u64], carried: &[&[u64]]) -> Result<Selected> {
    let width = Width::signed(64).ok_or_else(|| ErrorKind::InvalidArgument.bound(64))?;
    let count = x.len();
    let mask = party.draw(Correlation::Selectors { count, width }).await?;
    let (beta, products) = (mask.dependent_words(0, count), mask.dependent_words(count, count));
    if carried.iter().any(|vector| vector.len() != count) {
        return Err(ErrorKind::InvalidLength.bound(count as u64));
    }
    let all = collect_words(count * carried.len(), carried.iter().flat_map(|vector| vector.iter().copied()));
    let opening = async {
        let c = open_masked(party, 64, x, &mask).await;
        let sign = sign(party, width, &c, &mask).await;
        (c, sign)
    };
    let hiding = async {
        if all.is_empty() {
            return Ok(Words::default());
        }
        let repeated: Words = Zeroizing::new(beta.iter().copied().cycle().take(all.len()).collect());
        product(party, &repeated, &all).await
    };
    let ((c, positive), hidden) = join(opening, hiding).await;
    let (mut positive, hidden) = (positive?, hidden?);
    if party.is_first() {
        for word in positive.iter_mut() {
            *word = !*word;
        }
    }
    let opened = open_hidden(party, count, &positive, beta).await;
    let mut indicators = Zeroizing::new(vec![0; count]);
    local::bits::to_words(party.is_first(), &opened, beta, &mut indicators);
    let mut kept = Zeroizing::new(vec![0; count]);
    local::comparison::select(&opened, x, &c, beta, products, &mut kept);
    let mut carried = Zeroizing::new(vec![0; all.len()]);
    let vectors = carried.chunks_mut(count.max(1)).zip(all.chunks(count.max(1)).zip(hidden.chunks(count.max(1))));
    for (out, (vector, hidden)) in vectors {
        local::bits::select(&opened, vector, hidden, out);
    }
    Ok(Selected { kept, indicators, carried })
}

/// Shares as words of packed bits. 1 round, an eighth of a byte, 1 word of corrections a bit.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] for too few bits; those of [`Party::draw`].
pub async fn bits_to_words(party: &Party, count: usize, bits: &[u64]) -> Result<Words> {
    if bits.len() != local::bits::words(count) {
        return Err(ErrorKind::InvalidLength.bound(local::bits::words(count) as u64));
    }
    let material = party.draw(Correlation::Bits { count }).await?;
    let beta = material.dependent_words(0, count);
    let opened = open_hidden(party, count, bits, beta).await;
    let mut out = Zeroizing::new(vec![0; count]);
    local::bits::to_words(party.is_first(), &opened, beta, &mut out);
    Ok(out)
}

/// Opens bits hidden by the lowest bits of `beta`.
pub(super) async fn open_hidden(party: &Party, count: usize, bits: &[u64], beta: &[u64]) -> Vec<u64> {
    let mut hidden = vec![0; local::bits::words(count)];
    local::bits::lowest(beta, &mut hidden);
    for (hidden, bits) in hidden.iter_mut().zip(bits) {
        *hidden ^= bits;
    }
    open_bits_owned(party, count, vec![hidden]).await.pop().unwrap_or_default()
}

/// Whether x = y, in packed bits: 5 rounds, 8 + 15 / 8 bytes an element.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] unless both have the same length; those of [`Party::draw`].
pub async fn equal(party: &Party, x: &[u64], y: &[u64]) -> Result<Words> {
    let count = same_length(x, y)?;
    let width = Width::low(64).ok_or_else(|| ErrorKind::InvalidArgument.bound(64))?;
    let mask = party.draw(Correlation::Masks { count, fraction: None, width: Some(width) }).await?;
    let difference = Zeroizing::new(x.iter().zip(y).map(|(x, y)| x.wrapping_sub(*y)).collect::<Vec<_>>());
    // The difference is zero exactly where c is r.
    let c = open_masked(party, 64, &difference, &mask).await;
    let mut nodes: Vec<Words> = leaves(width, &c, &mask).into_iter().map(|node| node.equal).collect();
    while nodes.len() > 1 {
        nodes = and_pairs(party, count, nodes).await?;
    }
    Ok(nodes.pop().unwrap_or_default())
}

/// Whether x < y, in packed bits, for all signed words: the difference of two of them may have another sign than its word. 6 rounds, three signs and
/// a product of bits, 36.625 bytes an element.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] unless both have the same length; those of [`Party::draw`].
pub async fn is_less(party: &Party, x: &[u64], y: &[u64]) -> Result<Words> {
    let count = same_length(x, y)?;
    let difference = Zeroizing::new(x.iter().zip(y).map(|(x, y)| x.wrapping_sub(*y)).collect::<Vec<_>>());
    let signs = join_all([x, y, &difference].map(|words| is_negative(party, 64, words)).into()).await;
    let mut signs = signs.into_iter().collect::<Result<Vec<Words>>>()?.into_iter();
    let (Some(x), Some(y), Some(mut less)) = (signs.next(), signs.next(), signs.next()) else {
        return Err(ErrorKind::InvalidLength.into());
    };
    // Where the signs differ it is that of x; else that of the difference.
    let differ = Zeroizing::new(exclusive_or(&x, &y));
    let other = Zeroizing::new(exclusive_or(&x, &less));
    let changed = and(party, count, &differ, &other).await?;
    for (less, changed) in less.iter_mut().zip(changed.iter()) {
        *less ^= changed;
    }
    Ok(less)
}

/// The product of packed bits: 1 round, 2 bits an element.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] for too few bits; those of [`Party::draw`].
pub async fn and(party: &Party, count: usize, x: &[u64], y: &[u64]) -> Result<Words> {
    let words = local::bits::words(count);
    if x.len() != words || y.len() != words {
        return Err(ErrorKind::InvalidLength.bound(words as u64));
    }
    let material = party.draw(Correlation::Ands { count }).await?;
    let (a, b) = (material.bits(0, words), material.bits(words, words));
    let opened = open_bits_owned(party, count, vec![exclusive_or(x, a), exclusive_or(y, b)]).await;
    let mut out = Zeroizing::new(vec![0; words]);
    if let [d, e] = &opened[..] {
        local::bits::and(party.is_first(), d, e, a, b, material.dependent_bits(0, words), &mut out);
    }
    Ok(out)
}

/// One level of a conjunction of many.
async fn and_pairs(party: &Party, count: usize, nodes: Vec<Words>) -> Result<Vec<Words>> {
    let pairs = nodes.chunks_exact(2).filter_map(|pair| match pair {
        [low, high] => Some(and(party, count, low, high)),
        _ => None,
    });
    let mut joined = join_all(pairs.collect()).await.into_iter().collect::<Result<Vec<Words>>>()?;
    if nodes.len() & 1 == 1 {
        joined.extend(nodes.into_iter().next_back());
    }
    Ok(joined)
}

/// Opens c = x + r mod 2^`bits`.
pub(super) async fn open_masked(party: &Party, bits: u32, x: &[u64], mask: &Material) -> Vec<u64> {
    let mut masked = party.room(x.len());
    masked.extend_from_slice(x);
    mask.add_words(Sign::Plus, 0, &mut masked);
    open_owned(party, bits, masked).await
}

/// The sign of x from c = x + r: c's xor r's xor whether r exceeds c below the sign.
async fn sign(party: &Party, width: Width, c: &[u64], mask: &Material) -> Result<Words> {
    let mut out = exceeds(party, width, c, mask).await?;
    let top = top_bits(party, width, c, mask);
    for (out, top) in out.iter_mut().zip(top.iter()) {
        *out ^= top;
    }
    Ok(out)
}

/// The highest bits of c and r, by exclusive or.
pub(super) fn top_bits(party: &Party, width: Width, c: &[u64], mask: &Material) -> Words {
    let count = c.len();
    let mut out = Zeroizing::new(vec![0; local::bits::words(count)]);
    local::comparison::signs(width, table(mask, count, width.chunks() - 1), &mut out);
    if party.is_first() {
        for (out, c) in out.iter_mut().zip(c.chunks(64)) {
            *out ^=
                c.iter().enumerate().fold(0, |packed, (place, c)| packed | ((c >> (width.bits() - 1)) & 1) << place);
        }
    }
    out
}

fn table(mask: &Material, count: usize, chunk: usize) -> &[u64] {
    mask.dependent_bits(chunk * table_words(count), table_words(count))
}

/// One node of the tree: whether the mask exceeds the public word in its chunks, and whether it equals it there.
pub(super) struct Node {
    pub(super) above: Words,
    pub(super) equal: Words,
}

/// Packed bits: whether r exceeds c in the low bits that the width compares: log2 C rounds, 3 (C - 1) - log2 C bits an element.
pub(super) async fn exceeds(party: &Party, width: Width, c: &[u64], mask: &Material) -> Result<Words> {
    join_nodes(party, c.len(), leaves(width, c, mask)).await
}

/// Whether the mask exceeds the public word, from what each chunk says.
pub(super) async fn join_nodes(party: &Party, count: usize, mut nodes: Vec<Node>) -> Result<Words> {
    while nodes.len() > 1 {
        nodes = join_pairs(party, count, nodes).await?;
    }
    Ok(nodes.pop().map(|node| node.above).unwrap_or_default())
}

/// The nodes of single chunks, from the lowest.
pub(super) fn leaves(width: Width, c: &[u64], mask: &Material) -> Vec<Node> {
    let count = c.len();
    let words = local::bits::words(count);
    (0..width.chunks())
        .map(|chunk| {
            let (mut above, mut equal) = (Zeroizing::new(vec![0; words]), Zeroizing::new(vec![0; words]));
            local::comparison::leaves(width, chunk, c, table(mask, count, chunk), &mut above, &mut equal);
            Node { above, equal }
        })
        .collect()
}

/// One level: above = above_high xor equal_high * above_low, equal = equal_high * equal_low. Nobody asks whether the lowest node is equal.
async fn join_pairs(party: &Party, count: usize, nodes: Vec<Node>) -> Result<Vec<Node>> {
    let words = local::bits::words(count);
    let pairs = nodes.len() >> 1;
    // One product for the lowest pair, two with a shared factor for each other one.
    let mut wanted = vec![Correlation::SharedAnds { count }; pairs];
    if let Some(lowest) = wanted.first_mut() {
        *lowest = Correlation::Ands { count };
    }
    let materials = party.draw_all(&wanted).await?;
    let mut hidden = Vec::with_capacity(3 * pairs - 1);
    for ((place, pair), material) in nodes.chunks_exact(2).enumerate().zip(&materials) {
        let [low, high] = pair else { continue };
        hidden.push(exclusive_or(&high.equal, material.bits(0, words)));
        hidden.push(exclusive_or(&low.above, material.bits(words, words)));
        if place > 0 {
            hidden.push(exclusive_or(&low.equal, material.bits(2 * words, words)));
        }
    }
    let opened = open_bits_owned(party, count, hidden).await;
    let mut opened = opened.iter();
    let mut joined = Vec::with_capacity(nodes.len().div_ceil(2));
    let mut rest = nodes.into_iter();
    for (place, material) in materials.iter().enumerate() {
        let (Some(_), Some(mut high)) = (rest.next(), rest.next()) else { break };
        let (Some(d), Some(e)) = (opened.next(), opened.next()) else { break };
        let a = material.bits(0, words);
        let mut made = Zeroizing::new(vec![0; words]);
        local::bits::and(
            party.is_first(),
            d,
            e,
            a,
            material.bits(words, words),
            material.dependent_bits(0, words),
            &mut made,
        );
        for (above, made) in high.above.iter_mut().zip(made.iter()) {
            *above ^= made;
        }
        if place > 0 {
            let Some(g) = opened.next() else { break };
            let (b, c) = (material.bits(2 * words, words), material.dependent_bits(words, words));
            local::bits::and(party.is_first(), d, g, a, b, c, &mut made);
            high.equal = made;
        }
        joined.push(high);
    }
    // An odd one out goes up as it is.
    joined.extend(rest);
    Ok(joined)
}

fn exclusive_or(x: &[u64], y: &[u64]) -> Vec<u64> {
    x.iter().zip(y).map(|(x, y)| x ^ y).collect()
}
