//! Shared bits: as words, times words, and what four of them say.

use alloc::vec;
use core::iter::repeat_n;

use zeroize::Zeroizing;

use super::form::Form;
use super::peers::{Direction, Peers};
use super::robust::RUN;
use super::words;
use crate::ct::Masks;
use crate::error::Result;
use crate::mpc::correlation::Words;

/// Shares of beta * y, `width` words y for each bit beta, of which `bits` has this party's exclusive-or shares and `y` its shares: for 64 bits the first words, then the second ones. With b xor b' = b + b' - 2 b b' the bits of the
/// parties come in one after the other: p + b' (y - 2 p) is the new p. 1 round, and 1 for each party.
pub(super) async fn times(peers: &Peers, width: usize, bits: &[u64], y: &[u64]) -> Result<Words> {
    chain(peers, Direction::Both, width, bits, y).await
}

/// Shares of shared bits as words: the same with y = 1, which party 0 has, so that a party needs what comes in before it only. 1 round, and 1 for each party but
/// the first.
pub(super) async fn to_words(peers: &Peers, bits: &[u64]) -> Result<Words> {
    let one = u64::from(peers.party().is_first());
    chain(peers, Direction::FromLower, 1, bits, &vec![one; RUN * bits.len()]).await
}

async fn chain(peers: &Peers, direction: Direction, width: usize, bits: &[u64], y: &[u64]) -> Result<Words> {
    let own = peers.party().index();
    let masks = Masks::new();
    let mut extension = peers.extend(direction, bits).await?;
    let mut product = Zeroizing::new(vec![0u64; y.len()]);
    let mut rest = Zeroizing::new(vec![0u64; y.len()]);
    for receiver in 0..peers.party().parties() {
        for (rest, (y, product)) in rest.iter_mut().zip(y.iter().zip(product.iter())) {
            *rest = y.wrapping_sub(product << 1);
        }
        if receiver == own {
            let columns = product.chunks_exact_mut(RUN).zip(rest.chunks_exact(RUN));
            for (bits, (product, rest)) in bits.iter().flat_map(|bits| repeat_n(bits, width)).zip(columns) {
                for (place, (product, rest)) in product.iter_mut().zip(rest).enumerate() {
                    *product = product.wrapping_add(rest & masks.spread((bits >> place) & 1));
                }
            }
        }
        if receiver > 0 || direction == Direction::Both {
            peers.carry(&mut extension, Form::Words { width }, Some(receiver), &rest, &mut product).await?;
        }
    }
    Ok(product)
}

/// Shares of x AND y: for each word of `x`, `width` words of `y`. 2 rounds.
pub(super) async fn and(peers: &Peers, width: usize, x: &[u64], y: &[u64]) -> Result<Words> {
    let mut extension = peers.extend(Direction::Both, x).await?;
    let mut out = Zeroizing::new(vec![0u64; y.len()]);
    for (x, (out, y)) in x.iter().zip(out.chunks_exact_mut(width).zip(y.chunks_exact(width))) {
        for (out, y) in out.iter_mut().zip(y) {
            *out = x & y;
        }
    }
    peers.carry(&mut extension, Form::Bits { width }, None, y, &mut out).await?;
    Ok(out)
}

/// Shares of one-hot vectors of four bits: from four words of packed bits, the lowest first, sixteen. 4 rounds.
///
/// The vectors of two pairs take one product each, b1 AND b0; their outer product takes the nine of the entries 1 to 3, since the entries of a vector add up to 1.
pub(super) async fn one_hot(peers: &Peers, bits: &[u64]) -> Result<Words> {
    let pairs = bits.as_chunks::<2>().0;
    let low = words(pairs.len(), pairs.iter().map(|[low, _]| *low));
    let high = words(pairs.len(), pairs.iter().map(|[_, high]| *high));
    let both = and(peers, 1, &high, &low).await?;
    // Entries 1 to 3 of the vectors: of the lower pair of each chunk, then of the upper pair.
    let mut entries = Zeroizing::new(vec![0u64; 3 * pairs.len()]);
    for (entries, ([low, high], both)) in entries.as_chunks_mut::<3>().0.iter_mut().zip(pairs.iter().zip(both.iter())) {
        *entries = [low ^ both, high ^ both, *both];
    }
    let chunks = pairs.len() >> 1;
    let mut upper = Zeroizing::new(vec![0u64; 3 * chunks]);
    let mut lower = Zeroizing::new(vec![0u64; 9 * chunks]);
    let vectors = entries.as_chunks::<3>().0.as_chunks::<2>().0;
    let places = upper.as_chunks_mut::<3>().0.iter_mut().zip(lower.chunks_exact_mut(9));
    for ([low, high], (upper, lower)) in vectors.iter().zip(places) {
        *upper = *high;
        for place in lower.chunks_exact_mut(3) {
            place.copy_from_slice(low);
        }
    }
    let products = and(peers, 3, &upper, &lower).await?;
    let ones = u64::from(peers.party().is_first()).wrapping_neg();
    let mut out = Zeroizing::new(vec![0u64; 16 * chunks]);
    let places = out.as_chunks_mut::<4>().0.as_chunks_mut::<4>().0.iter_mut();
    for ((out, [low, high]), products) in places.zip(vectors).zip(products.as_chunks::<3>().0.as_chunks::<3>().0) {
        let [[none, first @ ..], others @ ..] = out;
        *first = *low;
        for ((out, high), products) in others.iter_mut().zip(high).zip(products) {
            let [zero, rest @ ..] = out;
            *rest = *products;
            *zero = high ^ sum(products);
            for (first, product) in first.iter_mut().zip(products) {
                *first ^= product;
            }
        }
        // The other rows add up to the upper entries.
        *none = ones ^ sum(high) ^ sum(first);
    }
    Ok(out)
}

fn sum(words: &[u64; 3]) -> u64 {
    words.iter().fold(0, |sum, word| sum ^ word)
}
