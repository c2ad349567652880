//! Opening: everybody sends its share to everybody.

use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::mpc::engine::{Content, Outgoing, Party};
use crate::mpc::packing;

/// The values of which these are shares, mod 2^`bits`, known to everybody. 1 round; `bits` / 8 bytes a word, rounded up to whole bytes in all.
///
/// Only masked values and outputs are opened; the shares of an output have to be re-randomised before.
pub async fn open(party: &Party, bits: u32, shares: &[u64]) -> Vec<u64> {
    open_owned(party, bits, shares.to_vec()).await
}

/// As [`open`], where the shares are: what is sent becomes what is opened, without another copy. They have to be masked.
pub(super) async fn open_owned(party: &Party, bits: u32, shares: Vec<u64>) -> Vec<u64> {
    let content = Content::Words { bits, count: shares.len() };
    let shares = Rc::new(shares);
    let received = party.broadcast(content, Outgoing::Words(bits, Rc::clone(&shares))).await;
    // The round is over, so nobody else has them any more.
    let mut sum = Rc::unwrap_or_clone(shares);
    for message in &received {
        packing::add(bits, message, &mut sum);
    }
    if bits < 64 {
        let kept = u64::MAX >> (64 - bits);
        sum.iter_mut().for_each(|value| *value &= kept);
    }
    sum
}

/// The bits of which these are exclusive-or shares, packed, `count` of each vector. 1 round; an eighth of a byte a bit, rounded up for each vector.
pub async fn open_bits(party: &Party, count: usize, shares: &[&[u64]]) -> Vec<Vec<u64>> {
    open_bits_owned(party, count, shares.iter().map(|vector| vector.to_vec()).collect()).await
}

/// As [`open_bits`], where the shares are.
pub(super) async fn open_bits_owned(party: &Party, count: usize, shares: Vec<Vec<u64>>) -> Vec<Vec<u64>> {
    let size = count.div_ceil(8);
    let mut own = Vec::with_capacity((size + 8) * shares.len());
    for vector in &shares {
        let end = own.len() + size;
        packing::pack(64, vector, &mut own);
        own.truncate(end);
    }
    let content = Content::Bits { vectors: shares.len(), count };
    let mut opened = shares;
    for message in &party.broadcast(content, Outgoing::All(own)).await {
        for (opened, bytes) in opened.iter_mut().zip(message.chunks(size.max(1))) {
            let (whole, rest) = bytes.as_chunks();
            for (word, bytes) in opened.iter_mut().zip(whole) {
                *word ^= u64::from_le_bytes(*bytes);
            }
            if let Some(word) = opened.get_mut(whole.len()) {
                *word ^= rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            }
        }
    }
    opened
}
