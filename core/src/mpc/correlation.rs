//! Correlated randomness: what the parties hold shares of before they compute, and consume.
//!
//! A correlation has free vectors, whose shares are uniform and whose sums are therefore uniform, and dependent ones, which are functions of those sums.
//! Every party takes its shares of all vectors from one stream under its own seed; one party, the corrected one, gets for each dependent word
//! what its share has to be instead. So all others need 32 bytes for everything ([`crate::mpc::dealer`]).

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

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
        self.free_words + self.free_bits + self.words + self.bits
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
        let (free_words, free_bits, words, bits, drawn) = match *self {
            Self::Products { count } => (2 * count, 0, count, 0, 0),
            Self::Squares { count } => (count, 0, count, 0, 0),
            Self::MatrixProduct { rows, inner, columns } => (rows * inner + inner * columns, 0, rows * columns, 0, 0),
            Self::Masks { count, fraction, width } => {
                let truncated = if fraction.is_some() { 2 * count } else { 0 };
                let tables = match width {
                    Some(width) => width.chunks() * comparison::table_words(count),
                    None => 0,
                };
                (count, 0, truncated, tables, 0)
            }
            Self::Selectors { count, width } => {
                (count, 0, 2 * count, width.chunks() * comparison::table_words(count), bits::words(count))
            }
            Self::Bits { count } => (0, 0, count, 0, bits::words(count)),
            Self::Ands { count } => (0, 2 * bits::words(count), 0, bits::words(count), 0),
            Self::SharedAnds { count } => (0, 3 * bits::words(count), 0, 2 * bits::words(count), 0),
        };
        Layout { free_words, free_bits, words, bits, drawn }
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

/// A party's share of a correlation, from which vectors are cut in the order of its documentation: words first, then bits.
pub struct Material {
    shares: Words,
    bits: usize,
    dependent_words: usize,
    dependent_bits: usize,
}

impl Material {
    /// The share with these words, in the order of the layout.
    pub(crate) fn new(layout: Layout, shares: Words) -> Self {
        debug_assert_eq!(shares.len(), layout.total());
        let bits = layout.free_words;
        let dependent_words = bits + layout.free_bits;
        Self { shares, bits, dependent_words, dependent_bits: dependent_words + layout.words }
    }

    fn cut(&self, start: usize, length: usize) -> &[u64] {
        self.shares.get(start..start + length).unwrap_or_default()
    }

    /// Free words from place `start`.
    #[must_use]
    pub fn words(&self, start: usize, length: usize) -> &[u64] {
        self.cut(start, length)
    }

    /// Words of free bits from place `start`.
    #[must_use]
    pub fn bits(&self, start: usize, length: usize) -> &[u64] {
        self.cut(self.bits + start, length)
    }

    /// Dependent words from place `start`.
    #[must_use]
    pub fn dependent_words(&self, start: usize, length: usize) -> &[u64] {
        self.cut(self.dependent_words + start, length)
    }

    /// Words of dependent bits from place `start`.
    #[must_use]
    pub fn dependent_bits(&self, start: usize, length: usize) -> &[u64] {
        self.cut(self.dependent_bits + start, length)
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Material(..)")
    }
}
