//! Punctured trees: one side has 16 keys, the other all of them but one of its own choice, from four base transfers.
//!
//! The tree of O. Goldreich, S. Goldwasser and S. Micali (J. ACM 1986), punctured as by D. Boneh and B. Waters (ASIACRYPT 2013), handed over as in E. Boyle et al., CCS 2019 (ePrint 2019/1159): on each level the
//! holder offers the sum of all left nodes and the sum of all right ones; the other side takes that of the side off its path, and subtracts what it has.

use alloc::vec::Vec;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::base::Key;
use crate::ct::Masks;
use crate::error::{ErrorKind, Result};
use crate::kdf;

/// Levels of a tree, and base transfers that it takes.
pub(super) const DEPTH: usize = 4;

/// Leaves of a tree.
pub(super) const LEAVES: usize = 1 << DEPTH;

/// Bytes of a node.
const NODE: usize = 32;

/// Bytes that the holder sends for one tree: two sums for each level but the first, whose nodes are the keys of the transfer.
pub(super) const SUMS_SIZE: usize = (DEPTH - 1) * 2 * NODE;

/// A node or a leaf.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub(super) struct Node([u8; NODE]);

impl Node {
    pub(super) const fn as_bytes(&self) -> &[u8; NODE] {
        &self.0
    }

    /// Its two children.
    fn children(&self) -> [Self; 2] {
        let mut both = Zeroizing::new([0; 2 * NODE]);
        kdf::expand(&self.0, "oblivious tree", &[], &mut *both);
        let (left, right) = both.split_at(NODE);
        let mut children = [Self::default(), Self::default()];
        for (child, bytes) in children.iter_mut().zip([left, right]) {
            child.0.copy_from_slice(bytes);
        }
        children
    }

    /// Adds bytes where the mask is set.
    fn add(&mut self, bytes: &[u8], mask: u8) {
        for (own, other) in self.0.iter_mut().zip(bytes) {
            *own ^= other & mask;
        }
    }
}

/// All leaves, from both keys of each level's transfer; the sums are appended to `message`.
pub(super) fn grow(keys: &[[Key; 2]], message: &mut Vec<u8>) -> Result<Vec<Node>> {
    let mut nodes: Vec<Node> = Vec::new();
    for (level, keys) in keys.iter().enumerate() {
        if level == 0 {
            nodes = keys.iter().map(|key| Node(*key.as_bytes())).collect();
            continue;
        }
        let mut sums = keys.each_ref().map(|key| Node(*key.as_bytes()));
        let mut next = Vec::with_capacity(2 * nodes.len());
        for node in &nodes {
            for (sum, child) in sums.iter_mut().zip(node.children()) {
                sum.add(&child.0, u8::MAX);
                next.push(child);
            }
        }
        message.extend(sums.iter().flat_map(|sum| sum.0));
        nodes = next;
    }
    if nodes.len() == LEAVES { Ok(nodes) } else { Err(ErrorKind::InvalidLength.bound(DEPTH as u64)) }
}

/// The leaf that is missing where the path to it takes, from the root on, the sides that the transfers did not choose: bit i of `choices` is that of level i,
/// and bits beyond the last level do not count.
pub(super) const fn missing(choices: u8) -> u8 {
    // The root's side is the highest bit of the leaf's number.
    (!choices).reverse_bits() >> (8 - DEPTH)
}

/// All leaves but the missing one, which is zero, from the chosen key of each level and the holder's sums. Nothing depends on which one is missing but values.
pub(super) fn puncture(choices: u8, keys: &[Key], sums: &[u8]) -> Result<Vec<Node>> {
    if keys.len() != DEPTH || sums.len() != SUMS_SIZE {
        return Err(ErrorKind::Malformed.bound(SUMS_SIZE as u64));
    }
    let masks = Masks::new();
    let byte = |bit: u8| masks.spread(u32::from(bit & 1)).to_le_bytes()[0];
    let path = missing(choices);
    let mut nodes = Vec::with_capacity(LEAVES);
    nodes.push(Node::default());
    for (level, key) in keys.iter().enumerate() {
        let right = byte(choices >> level);
        // The sum of the chosen side, without the nodes of it that are known.
        let mut rest = Node(*key.as_bytes());
        if let Some([left_sum, right_sum]) =
            level.checked_sub(1).and_then(|place| sums.as_chunks::<NODE>().0.as_chunks::<2>().0.get(place))
        {
            rest.add(left_sum, !right);
            rest.add(right_sum, right);
        }
        let mut next = Vec::with_capacity(2 * nodes.len());
        let on_path = nodes.iter().enumerate().map(|(place, _)| byte(is(place, path >> (DEPTH - level))));
        let on_path: Zeroizing<Vec<u8>> = Zeroizing::new(on_path.collect());
        for (node, on_path) in nodes.iter().zip(on_path.iter()) {
            for (child, side) in node.children().into_iter().zip([!right, right]) {
                let mut known = Node::default();
                known.add(&child.0, !on_path);
                rest.add(&known.0, side);
                next.push(known);
            }
        }
        for (pair, on_path) in next.as_chunks_mut::<2>().0.iter_mut().zip(on_path.iter()) {
            for (child, side) in pair.iter_mut().zip([!right, right]) {
                child.add(&rest.0, on_path & side);
            }
        }
        nodes = next;
    }
    Ok(nodes)
}

/// 1 where both numbers, below 16, are the same.
pub(super) fn is(place: usize, secret: u8) -> u8 {
    let difference = place.to_le_bytes()[0] ^ secret;
    (difference.wrapping_sub(1) >> 7) & 1
}

#[cfg(test)]
mod tests {
    use super::super::base::{Receiver, Sender, context};
    use super::*;

    /// Every leaf once, over the trees of one set of base transfers.
    #[test]
    fn all_leaves_but_one() {
        let context = context(&[3; 32], 1, 0);
        // Four bits a tree, each value twice.
        let choices = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210;
        let receiver = Receiver { context: &context, seed: &[1; 32], choices };
        let sender = Sender { context: &context, seed: &[2; 32] };
        let message = receiver.message();
        let both = sender.keys(&message).unwrap();
        let chosen = receiver.keys(&sender.message(), &message).unwrap();
        let mut seen = [0; LEAVES];
        for (tree, (both, chosen)) in both.chunks(DEPTH).zip(chosen.chunks(DEPTH)).enumerate() {
            let choices = (choices >> (DEPTH * tree)) as u8 & 15;
            let mut sums = Vec::new();
            let leaves = grow(both, &mut sums).unwrap();
            assert_eq!(sums.len(), SUMS_SIZE);
            let known = puncture(choices, chosen, &sums).unwrap();
            for (place, (leaf, known)) in leaves.iter().zip(&known).enumerate() {
                if place == usize::from(missing(choices)) {
                    assert_eq!(known.0, [0; NODE]);
                    seen[place] += 1;
                } else {
                    assert_eq!(known.0, leaf.0, "leaf {place} of tree {tree}");
                }
            }
            assert_eq!(puncture(choices, chosen, &sums[1..]).err().unwrap().kind(), ErrorKind::Malformed);
        }
        assert_eq!(seen, [2; LEAVES]);
    }
}
