//! Who masks with whom: the complete graph, or the Harary graph H(k, n) after a keyed relabelling (protocol.md section 3).
//!
//! The k-regular graph is that of Bell et al. (CCS 2020, section 3): members on a ring, each tied to the k/2 nearest on both sides. The
//! relabelling is the swap-or-not shuffle (Hoang, Morris, Rogaway, CRYPTO 2012), which maps one position at a time in constant memory, so a
//! device can name its neighbours without holding the ring. It is public and runs in time that depends on positions only.

use crate::kdf;

/// Rounds of the shuffle. The bound of the paper falls below 2^-40 for 2^20 members at about 6 log2(n) rounds; 90 leave room to spare.
const ROUNDS: u32 = 90;

/// The graph of a run: `members` positions, degree, beacon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Graph {
    members: u32,
    /// 0 for the complete graph.
    degree: u32,
    beacon: [u8; 32],
}

impl Graph {
    /// The graph on `members` positions; `degree` 0 means complete. The run description has checked the bounds of section 2.
    pub(crate) const fn new(members: u32, degree: u32, beacon: [u8; 32]) -> Self {
        Self { members, degree, beacon }
    }

    /// Neighbours that each member has.
    #[must_use]
    pub const fn degree(&self) -> u32 {
        if self.degree == 0 { self.members - 1 } else { self.degree }
    }

    /// Whether everyone is everyone's neighbour.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.degree == 0
    }

    /// Calls `visit` with each neighbour of `position`, by ascending position on the complete graph and in ring order otherwise.
    pub fn for_each_neighbour(&self, position: u32, mut visit: impl FnMut(u32)) {
        if self.is_complete() {
            (0..self.members).filter(|&other| other != position).for_each(visit);
            return;
        }
        let place = self.permute(position);
        for distance in 1..=self.degree >> 1 {
            visit(self.inverse(add_mod(place, distance, self.members)));
            visit(self.inverse(sub_mod(place, distance, self.members)));
        }
    }

    /// The place on the ring of the member at `position`.
    #[must_use]
    pub fn permute(&self, position: u32) -> u32 {
        (0..ROUNDS).fold(position, |x, round| self.swap_or_not(x, round))
    }

    /// The position of the member at a place on the ring.
    #[must_use]
    pub fn inverse(&self, place: u32) -> u32 {
        (0..ROUNDS).rev().fold(place, |x, round| self.swap_or_not(x, round))
    }

    /// One round of the shuffle: an involution, so the inverse runs the same rounds backwards.
    fn swap_or_not(&self, x: u32, round: u32) -> u32 {
        let round = round.to_le_bytes();
        let partner = sub_mod(self.pivot(round), x, self.members);
        let top = x.max(partner);
        let bits = kdf::hash("graph bit", &[&self.beacon, &round, &(top >> 8).to_le_bytes()]);
        if bit(&bits, top & 0xff) { partner } else { x }
    }

    fn pivot(&self, round: [u8; 4]) -> u32 {
        let digest = kdf::hash("graph pivot", &[&self.beacon, &round]);
        let mut word = [0; 8];
        word.copy_from_slice(&digest[..8]);
        remainder(u64::from_le_bytes(word), self.members)
    }
}

/// `value` mod `modulus`; both are public.
#[cfg(target_pointer_width = "64")]
#[allow(clippy::integer_division_remainder_used, clippy::cast_possible_truncation, reason = "below the modulus")]
fn remainder(value: u64, modulus: u32) -> u32 {
    (value % u64::from(modulus)) as u32
}

/// `value` mod `modulus`, which is at most 2^20, bit by bit: cheaper than a division of 64-bit words where there is none in hardware.
#[cfg(not(target_pointer_width = "64"))]
fn remainder(value: u64, modulus: u32) -> u32 {
    (0..u64::BITS).rev().fold(0, |rest, bit| {
        let rest = rest << 1 | u32::from((value >> bit) & 1 == 1);
        if rest >= modulus { rest - modulus } else { rest }
    })
}

const fn add_mod(a: u32, b: u32, modulus: u32) -> u32 {
    let sum = a + b;
    if sum >= modulus { sum - modulus } else { sum }
}

const fn sub_mod(a: u32, b: u32, modulus: u32) -> u32 {
    if a >= b { a - b } else { a + modulus - b }
}

fn bit(bytes: &[u8; 32], index: u32) -> bool {
    (bytes[(index >> 3) as usize] >> (index & 7)) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use alloc::vec::Vec;

    #[test]
    fn the_shuffle_is_a_permutation_with_its_inverse() {
        for members in [3, 4, 7, 100, 257, 1000] {
            let graph = Graph::new(members, 2, [members.to_le_bytes()[0]; 32]);
            let images: BTreeSet<u32> = (0..members).map(|x| graph.permute(x)).collect();
            assert_eq!(images.len(), members as usize);
            assert!((0..members).all(|x| graph.inverse(graph.permute(x)) == x));
        }
    }

    #[test]
    fn neighbourhood_is_symmetric_and_regular() {
        for (members, degree) in [(5, 4), (8, 4), (101, 16), (200, 52)] {
            let graph = Graph::new(members, degree, [9; 32]);
            let lists: Vec<BTreeSet<u32>> = (0..members)
                .map(|position| {
                    let mut list = BTreeSet::new();
                    graph.for_each_neighbour(position, |other| assert!(list.insert(other)));
                    list
                })
                .collect();
            for (position, list) in (0..).zip(&lists) {
                assert_eq!(list.len(), degree as usize);
                assert!(!list.contains(&position));
                assert!(list.iter().all(|&other| lists[other as usize].contains(&position)));
            }
        }
    }

    #[test]
    fn the_beacon_decides_the_graph() {
        let ring = |beacon| {
            let graph = Graph::new(1000, 4, beacon);
            (0..1000).map(|x| graph.permute(x)).collect::<Vec<_>>()
        };
        assert_ne!(ring([1; 32]), ring([2; 32]));
    }
}
