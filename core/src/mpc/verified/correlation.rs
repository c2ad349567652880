//! Correlated randomness with MACs (docs/mpc.md section 16).
//!
//! As in [`crate::mpc::correlation`], some vectors are free, so that every party's shares come from its seed, and others depend on them. The MACs of all of them
//! depend on the key and so are corrected, for one party.

use alloc::vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::mpc::local::authenticated::{add_matrix_product, low};
use crate::mpc::local::truncation;
use crate::mpc::verified::authenticated::WideWords;

/// A kind of correlated randomness and how much of it. All words are mod 2^128, and each has a MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Correlation {
    /// Words r that one party knows.
    Known {
        /// Who knows them.
        owner: usize,
        /// How many.
        count: usize,
    },
    /// Words r that nobody knows.
    Masks {
        /// How many.
        count: usize,
    },
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
    /// Words r, r' = (r mod 2^63) >> `fraction`, and bit 63 of r.
    Truncations {
        /// How many of each.
        count: usize,
        /// Bits that the truncation takes off, 0 to 62.
        fraction: u32,
    },
}

/// Words of each part of a correlation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Words that are free.
    pub free: usize,
    /// Words that depend.
    pub dependent: usize,
}

impl Layout {
    /// All of them; as many MACs come with them.
    #[must_use]
    pub const fn values(self) -> usize {
        self.free + self.dependent
    }

    /// Words of a party's share.
    #[must_use]
    pub const fn total(self) -> usize {
        2 * self.values()
    }

    /// Words of a correction, of 16 bytes each: those that depend, and all MACs.
    #[must_use]
    pub const fn corrections(self) -> usize {
        self.dependent + self.values()
    }
}

impl Correlation {
    /// The parts: a share is the free words, the dependent words, and the MACs of both.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        let (free, dependent) = match *self {
            Self::Known { count, .. } => (0, count),
            Self::Masks { count } => (count, 0),
            Self::Products { count } => (2 * count, count),
            Self::Squares { count } => (count, count),
            Self::MatrixProduct { rows, inner, columns } => (rows * inner + inner * columns, rows * columns),
            Self::Truncations { count, .. } => (count, 2 * count),
        };
        Layout { free, dependent }
    }

    /// The dependent words, from the sums of the free ones and the words that one party knows, if there are such.
    pub(super) fn complete(&self, free: &[u128], known: &[u128], out: &mut [u128]) {
        match *self {
            Self::Known { .. } => out.copy_from_slice(known),
            Self::Masks { .. } => {}
            Self::Products { count } => {
                let (a, b) = free.split_at(count);
                for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
                    *out = a.wrapping_mul(*b);
                }
            }
            Self::Squares { .. } => {
                for (out, a) in out.iter_mut().zip(free) {
                    *out = a.wrapping_mul(*a);
                }
            }
            Self::MatrixProduct { rows, inner, columns } => {
                let (left, right) = free.split_at(rows * inner);
                out.fill(0);
                add_matrix_product(inner, columns, left, right, out);
            }
            Self::Truncations { count, fraction } => {
                let (shifted, top) = out.split_at_mut(count);
                for ((shifted, top), r) in shifted.iter_mut().zip(top).zip(free) {
                    *shifted = truncation::shifted(low(*r), fraction).into();
                    *top = (low(*r) >> 63).into();
                }
            }
        }
    }
}

/// A party's share of a correlation.
pub struct Material {
    shares: WideWords,
    values: usize,
    known: WideWords,
}

impl Material {
    /// The share with these words, in the order of the layout, and the words that this party knows.
    pub(super) fn new(layout: Layout, shares: WideWords, known: WideWords) -> Self {
        debug_assert_eq!(shares.len(), layout.total());
        Self { shares, values: layout.values(), known }
    }

    /// Zeros, which hide nothing.
    pub(super) fn zero(layout: Layout, known: usize) -> Self {
        Self::new(layout, Zeroizing::new(vec![0; layout.total()]), Zeroizing::new(vec![0; known]))
    }

    /// Shares of words from place `start`: first the free ones, then those that depend.
    #[must_use]
    pub fn values(&self, start: usize, length: usize) -> &[u128] {
        self.shares.get(start..start + length).unwrap_or_default()
    }

    /// Shares of the MACs of the same words.
    #[must_use]
    pub fn macs(&self, start: usize, length: usize) -> &[u128] {
        self.values(self.values + start, length)
    }

    /// The words themselves, at the party that knows them; none at the others.
    #[must_use]
    pub fn known(&self) -> &[u128] {
        &self.known
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Material(..)")
    }
}
