//! Opening: everybody sends its share to everybody.

use alloc::vec::Vec;

use crate::mpc::engine::{Content, Party};

/// The values of which these are shares, mod 2^`bits`, known to everybody. 1 round; `bits` / 8 bytes a word, rounded up to whole bytes in all.
///
/// Only masked values and outputs are opened; the shares of an output have to be re-randomised before.
pub async fn open(party: &Party, bits: u32, shares: &[u64]) -> Vec<u64> {
    let mut sum = shares.to_vec();
    let content = Content::Words { bits, count: shares.len() };
    for message in party.broadcast(content, pack(bits, shares)).await {
        add(bits, &message, &mut sum);
    }
    let kept = u64::MAX >> (64 - bits);
    if bits < 64 {
        sum.iter_mut().for_each(|value| *value &= kept);
    }
    sum
}

/// The bits of which these are exclusive-or shares, packed, `count` of each vector. 1 round; an eighth of a byte a bit, rounded up for each vector.
pub async fn open_bits(party: &Party, count: usize, shares: &[&[u64]]) -> Vec<Vec<u64>> {
    let size = count.div_ceil(8);
    let mut own = Vec::with_capacity(size * shares.len());
    for vector in shares {
        own.extend(to_le(vector).into_iter().take(size));
    }
    let mut opened: Vec<Vec<u64>> = shares.iter().map(|vector| vector.to_vec()).collect();
    let content = Content::Bits { vectors: shares.len(), count };
    for message in party.broadcast(content, own).await {
        for (opened, bytes) in opened.iter_mut().zip(message.chunks(size.max(1))) {
            let (whole, rest) = bytes.as_chunks();
            for (word, bytes) in opened.iter_mut().zip(whole) {
                *word ^= u64::from_le_bytes(*bytes);
            }
            if let Some(word) = opened.get_mut(whole.len()) {
                *word ^= from_le(rest);
            }
        }
    }
    opened
}

/// Words of `bits` bits one after the other, from the lowest bit of the first byte.
fn pack(bits: u32, words: &[u64]) -> Vec<u8> {
    if bits == 64 {
        return to_le(words);
    }
    let mut out = Vec::with_capacity((words.len() * bits as usize).div_ceil(8));
    let kept = u64::MAX >> (64 - bits);
    let (mut held, mut count) = (0u128, 0);
    for word in words {
        held |= u128::from(word & kept) << count;
        count += bits;
        while count >= 8 {
            out.push(lowest(held));
            held >>= 8;
            count -= 8;
        }
    }
    if count > 0 {
        out.push(lowest(held));
    }
    out
}

const fn lowest(held: u128) -> u8 {
    held.to_le_bytes()[0]
}

/// Adds packed words to a sum.
fn add(bits: u32, packed: &[u8], sum: &mut [u64]) {
    if bits == 64 {
        for (sum, bytes) in sum.iter_mut().zip(packed.as_chunks().0) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*bytes));
        }
        return;
    }
    let kept = u64::MAX >> (64 - bits);
    let mut bytes = packed.iter();
    let (mut held, mut count) = (0u128, 0);
    for sum in sum {
        if bytes.len() == 0 && count < bits {
            return;
        }
        while count < bits {
            held |= u128::from(bytes.next().copied().unwrap_or_default()) << count;
            count += 8;
        }
        *sum = sum.wrapping_add(from_le(&held.to_le_bytes()[..8]) & kept);
        held >>= bits;
        count -= bits;
    }
}

fn to_le(words: &[u64]) -> Vec<u8> {
    words.iter().map(|word| word.to_le_bytes()).collect::<Vec<_>>().into_flattened()
}

fn from_le(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}
