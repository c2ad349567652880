//! The graph as the server needs it: whole, with sets of members laid over it.

use alloc::vec::Vec;

use crate::secagg::graph::Graph;
use crate::secagg::member_set::OwnedSet;

/// Neighbourhoods of all members; the complete graph is not stored.
#[derive(Debug)]
pub(super) struct Layout {
    /// Neighbours by position, ascending; `None` on the complete graph.
    sparse: Option<Vec<Vec<u32>>>,
}

impl Layout {
    pub(super) fn new(graph: Graph, members: u32) -> Self {
        if graph.is_complete() {
            return Self { sparse: None };
        }
        let neighbours = |position| {
            let mut list = Vec::new();
            graph.for_each_neighbour(position, |other| list.push(other));
            list.sort_unstable();
            list
        };
        Self { sparse: Some((0..members).map(neighbours).collect()) }
    }

    /// Neighbours of `position` in a set, ascending.
    pub(super) fn neighbours_in(&self, position: u32, set: &OwnedSet) -> Vec<u32> {
        match self.sparse_list(position) {
            Some(list) => list.iter().copied().filter(|&other| set.contains(other)).collect(),
            None => set.iter().filter(|&other| other != position).collect(),
        }
    }

    /// How many neighbours of `position` are in a set.
    pub(super) fn degree_in(&self, position: u32, set: &OwnedSet) -> usize {
        match self.sparse_list(position) {
            Some(list) => list.iter().filter(|&&other| set.contains(other)).count(),
            None => set.count() as usize - usize::from(set.contains(position)),
        }
    }

    /// Place of `other` in the list of `position`'s neighbours in a set.
    pub(super) fn rank(&self, position: u32, other: u32, set: &OwnedSet) -> usize {
        match self.sparse_list(position) {
            Some(list) => {
                list.iter().take_while(|&&before| before < other).filter(|&&before| set.contains(before)).count()
            }
            None => set.rank(other) - usize::from(position < other && set.contains(position)),
        }
    }

    /// The largest part of a set in which everyone has `needed` neighbours.
    pub(super) fn settle(&self, mut set: OwnedSet, needed: u32) -> OwnedSet {
        loop {
            let lonely: Vec<u32> =
                set.iter().filter(|&position| self.degree_in(position, &set) < needed as usize).collect();
            if lonely.is_empty() {
                return set;
            }
            lonely.into_iter().for_each(|position| set.remove(position));
        }
    }

    fn sparse_list(&self, position: u32) -> Option<&[u32]> {
        self.sparse.as_ref().map(|lists| lists.get(position as usize).map_or(&[][..], Vec::as_slice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_is_the_place_in_the_list() {
        for degree in [0, 4] {
            let layout = Layout::new(Graph::new(9, degree, [3; 32]), 9);
            let set = OwnedSet::of(9, [0, 2, 3, 5, 6, 8]);
            for position in 0..9 {
                let list = layout.neighbours_in(position, &set);
                assert_eq!(list.len(), layout.degree_in(position, &set));
                for (place, &other) in list.iter().enumerate() {
                    assert_eq!(layout.rank(position, other, &set), place);
                }
            }
        }
    }

    #[test]
    fn settling_removes_in_waves() {
        let layout = Layout::new(Graph::new(12, 2, [1; 32]), 12);
        let mut set = OwnedSet::of(12, 0..12);
        assert_eq!(layout.settle(set.clone(), 2).count(), 12);
        set.remove(4);
        assert_eq!(layout.settle(set, 2).count(), 0, "a broken ring unravels from its ends");
    }
}
