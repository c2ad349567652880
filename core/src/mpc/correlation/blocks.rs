//! Correlations in blocks of elements, so that whoever makes a long one works in the cache.

use alloc::vec::Vec;
use core::ops::Range;

use super::{Correlation, Layout};
use crate::mpc::local::bits;
use crate::mpc::local::comparison::table_words;

/// Elements of a block: a multiple of those that share a word.
const ELEMENTS: usize = 2048;

/// What a correlation that goes element by element has for them, in the order of the layout.
#[derive(Clone, Copy)]
pub(super) struct Vectors {
    pub(super) elements: usize,
    /// Free vectors of words and of packed bits.
    pub(super) free_words: usize,
    pub(super) free_bits: usize,
    /// Dependent ones, and vectors of tables of four bits a word.
    pub(super) words: usize,
    pub(super) bits: usize,
    pub(super) tables: usize,
    /// Vectors of packed bits that the dealer alone draws.
    pub(super) drawn: usize,
}

impl Vectors {
    pub(super) const fn layout(self) -> Layout {
        let (packed, tables) = (bits::words(self.elements), table_words(self.elements));
        Layout {
            free_words: self.free_words * self.elements,
            free_bits: self.free_bits * packed,
            words: self.words * self.elements,
            bits: self.bits * packed + self.tables * tables,
            drawn: self.drawn * packed,
        }
    }
}

/// A part of a vector, in words of the share.
pub(crate) struct Cut {
    pub(crate) places: Range<usize>,
    /// Whether shares add up; otherwise by exclusive or.
    pub(crate) additive: bool,
}

/// Some elements of a correlation: a smaller correlation of the same kind.
pub(crate) struct Block {
    pub(crate) correlation: Correlation,
    /// Where its vectors are in those of the whole, in the order of the layout.
    pub(crate) cuts: Vec<Cut>,
    /// Where what the dealer alone draws begins.
    pub(crate) drawn: usize,
}

impl Correlation {
    /// All elements, block by block; a product of matrices is one.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Block> {
        let vectors = self.vectors();
        let elements = vectors.map_or(1, |vectors| vectors.elements);
        (0..elements).step_by(ELEMENTS).map(move |first| match vectors {
            None => Block { correlation: *self, cuts: self.layout().whole(), drawn: 0 },
            Some(vectors) => {
                let count = ELEMENTS.min(elements - first);
                Block { correlation: self.with(count), cuts: vectors.cuts(first, count), drawn: first >> 6 }
            }
        })
    }
}

impl Vectors {
    fn cuts(self, first: usize, count: usize) -> Vec<Cut> {
        let words: fn(usize) -> usize = |elements| elements;
        let kinds = [
            (self.free_words, words, true),
            (self.free_bits, bits::words, false),
            (self.words, words, true),
            (self.bits, bits::words, false),
            (self.tables, table_words, false),
        ];
        let mut cuts = Vec::with_capacity(kinds.iter().map(|(vectors, ..)| vectors).sum());
        let mut start = 0;
        for (vectors, size, additive) in kinds {
            for _ in 0..vectors {
                let begin = start + size(first);
                cuts.push(Cut { places: begin..begin + size(count), additive });
                start += size(self.elements);
            }
        }
        cuts
    }
}

impl Layout {
    /// Sections of words, of which nothing is left out.
    fn whole(self) -> Vec<Cut> {
        let free = self.free();
        let sections =
            [0..self.free_words, self.free_words..free, free..free + self.words, free + self.words..self.total()];
        let additive = [true, false, true, false];
        sections.into_iter().zip(additive).map(|(places, additive)| Cut { places, additive }).collect()
    }
}
