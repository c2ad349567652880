//! Correlated randomness: what the parties hold shares of before they compute, and consume.
//!
//! A correlation has free vectors, whose shares are uniform and whose sums are therefore uniform, and dependent ones, which are functions of those sums.
//! Every party takes its shares of all vectors from one stream under its own seed; one party, the corrected one, gets for each dependent word
//! what its share has to be instead. So all others need 32 bytes for everything ([`crate::mpc::dealer`]).

mod blocks;
mod material;

use alloc::vec::Vec;

use zeroize::Zeroizing;

use self::blocks::Vectors;
pub use self::material::Material;
pub(crate) use self::material::{Corrections, filled};
use crate::mpc::local::comparison::{self, Width};
use crate::mpc::local::{bits, product, truncation};

/// Secret words: a party's shares, or packed bits.
pub type Words = Zeroizing<Vec<u64>>;

/// Collects `count` secret words. The vector has its room from the beginning: one that grows leaves copies behind.
pub(crate) fn collect_words(count: usize, words: impl Iterator<Item = u64>) -> Words {
    let mut out = Zeroizing::new(Vec::with_capacity(count));
    out.extend(words.take(count));
    out
}

/// A kind of correlated randomness and how much of it. Vectors of words are shared additively, packed bits by exclusive or.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Correlation {
    /// Words a, b and c = a * b.
    Products {
        /// How many of each.
        count: usize,
    },
    /// Words a and c = a^2.
    Squares {
        /// How many of each.
        count: usize,
    },
    /// Matrices A of rows x inner, B of inner x columns, and C = A * B, row by row.
    MatrixProduct {
        /// Rows of A and C.
        rows: usize,
        /// Columns of A, rows of B.
        inner: usize,
        /// Columns of B and C.
        columns: usize,
    },
    /// Words r with what `fraction` asks for, r' = (r mod 2^63) >> fraction and its top bit, and what `width` asks for, the one-hot vectors of its
    /// chunks from the lowest.
    Masks {
        /// How many words r.
        count: usize,
        /// Bits that a truncation takes off, 0 to 62.
        fraction: Option<u32>,
        /// How they are compared.
        width: Option<Width>,
    },
    /// Words r with their one-hot vectors, a bit beta (as a word) for each, and beta * r.
    Selectors {
        /// How many words r.
        count: usize,
        /// How they are compared.
        width: Width,
    },
    /// Bits as words: 0 or 1. The lowest bits of the shares are exclusive-or shares of them.
    Bits {
        /// How many.
        count: usize,
    },
    /// Packed bits a, b and a AND b.
    Ands {
        /// How many of each.
        count: usize,
    },
    /// Packed bits a, b, c, a AND b, a AND c.
    SharedAnds {
        /// How many of each.
        count: usize,
    },
}

/// Words of each part of a correlation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Words that are free.
    pub free_words: usize,
    /// Words of packed bits that are free.
    pub free_bits: usize,
    /// Words that depend.
    pub words: usize,
    /// Words of packed bits that depend.
    pub bits: usize,
    /// Words that the dealer alone draws.
    pub drawn: usize,
}

impl Layout {
    /// Words of a party's share.
    #[must_use]
    pub const fn total(self) -> usize {
        self.free() + self.dependent()
    }

    /// Words of its free vectors.
    #[must_use]
    pub const fn free(self) -> usize {
        self.free_words + self.free_bits
    }

    /// Words of a correction.
    #[must_use]
    pub const fn dependent(self) -> usize {
        self.words + self.bits
    }
}

impl Correlation {
    /// The parts, in the order free words, free bits, dependent words, dependent bits.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        match (self.vectors(), *self) {
            (Some(vectors), _) => vectors.layout(),
            (None, Self::MatrixProduct { rows, inner, columns }) => {
                let free_words = rows * inner + inner * columns;
                Layout { free_words, free_bits: 0, words: rows * columns, bits: 0, drawn: 0 }
            }
            (None, _) => Layout { free_words: 0, free_bits: 0, words: 0, bits: 0, drawn: 0 },
        }
    }

    /// What it has for each of its elements; `None` for matrices.
    const fn vectors(&self) -> Option<Vectors> {
        let none = Vectors { elements: 0, free_words: 0, free_bits: 0, words: 0, bits: 0, tables: 0, drawn: 0 };
        Some(match *self {
            Self::MatrixProduct { .. } => return None,
            Self::Products { count } => Vectors { elements: count, free_words: 2, words: 1, ..none },
            Self::Squares { count } => Vectors { elements: count, free_words: 1, words: 1, ..none },
            Self::Masks { count, fraction, width } => {
                let tables = match width {
                    Some(width) => width.chunks(),
                    None => 0,
                };
                let words = if fraction.is_some() { 2 } else { 0 };
                Vectors { elements: count, free_words: 1, words, tables, ..none }
            }
            Self::Selectors { count, width } => {
                Vectors { elements: count, free_words: 1, words: 2, tables: width.chunks(), drawn: 1, ..none }
            }
            Self::Bits { count } => Vectors { elements: count, words: 1, drawn: 1, ..none },
            Self::Ands { count } => Vectors { elements: count, free_bits: 2, bits: 1, ..none },
            Self::SharedAnds { count } => Vectors { elements: count, free_bits: 3, bits: 2, ..none },
        })
    }

    /// Whether nobody needs its dependent vectors before something was opened under the free ones: so the corrections may come during that round.
    pub(crate) const fn opens_first(&self) -> bool {
        !matches!(self, Self::Selectors { .. } | Self::Bits { .. })
    }

    /// The same kind with another number of elements; a product of matrices stays as it is.
    const fn with(self, count: usize) -> Self {
        match self {
            Self::MatrixProduct { .. } => self,
            Self::Products { .. } => Self::Products { count },
            Self::Squares { .. } => Self::Squares { count },
            Self::Masks { fraction, width, .. } => Self::Masks { count, fraction, width },
            Self::Selectors { width, .. } => Self::Selectors { count, width },
            Self::Bits { .. } => Self::Bits { count },
            Self::Ands { .. } => Self::Ands { count },
            Self::SharedAnds { .. } => Self::SharedAnds { count },
        }
    }

    /// The dependent vectors, from the sums of the free ones and what the dealer draws, in lengths of the layout.
    pub(crate) fn complete(
        &self,
        words: &[u64],
        packed: &[u64],
        drawn: &[u64],
        out_words: &mut [u64],
        out_bits: &mut [u64],
    ) {
        match *self {
            Self::Products { count } => {
                let (a, b) = words.split_at(count);
                for ((out, a), b) in out_words.iter_mut().zip(a).zip(b) {
                    *out = a.wrapping_mul(*b);
                }
            }
            Self::Squares { .. } => {
                for (out, a) in out_words.iter_mut().zip(words) {
                    *out = a.wrapping_mul(*a);
                }
            }
            Self::MatrixProduct { rows, inner, columns } => {
                let (left, right) = words.split_at(rows * inner);
                out_words.fill(0);
                product::add_matrix_product(inner, columns, left, right, out_words);
            }
            Self::Masks { count, fraction, width } => {
                if let Some(fraction) = fraction {
                    let (shifted, top) = out_words.split_at_mut(count);
                    for ((shifted, top), r) in shifted.iter_mut().zip(top).zip(words) {
                        (*shifted, *top) = (truncation::shifted(*r, fraction), r >> 63);
                    }
                }
                if let Some(width) = width {
                    tables(width, words, out_bits);
                }
            }
            Self::Selectors { count, width } => {
                let (beta, products) = out_words.split_at_mut(count);
                for (place, ((beta, product), r)) in beta.iter_mut().zip(products).zip(words).enumerate() {
                    *beta = bits::bit(drawn, place);
                    *product = beta.wrapping_mul(*r);
                }
                tables(width, words, out_bits);
            }
            Self::Bits { .. } => {
                for (place, out) in out_words.iter_mut().enumerate() {
                    *out = bits::bit(drawn, place);
                }
            }
            Self::Ands { count } => {
                let (a, b) = packed.split_at(bits::words(count));
                and(a, b, out_bits);
            }
            Self::SharedAnds { count } => {
                let (a, others) = packed.split_at(bits::words(count));
                let (b, c) = others.split_at(bits::words(count));
                let (with_b, with_c) = out_bits.split_at_mut(bits::words(count));
                and(a, b, with_b);
                and(a, c, with_c);
            }
        }
    }
}

fn and(a: &[u64], b: &[u64], out: &mut [u64]) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = a & b;
    }
}

/// The one-hot vectors of the chunks of many masks, chunk by chunk, four to a word.
fn tables(width: Width, masks: &[u64], out: &mut [u64]) {
    let kept = u64::MAX >> (64 - width.bits());
    for (chunk, out) in out.chunks_exact_mut(comparison::table_words(masks.len()).max(1)).enumerate() {
        for (out, masks) in out.iter_mut().zip(masks.chunks(4)) {
            *out =
                masks.iter().rev().fold(0, |packed, r| packed << 16 | u64::from(comparison::one_hot(r & kept, chunk)));
        }
    }
}
