//! Exponentiations, which are all the work there is, in pieces that threads can share.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::error::Result;
use crate::group::{self, ELEMENT_SIZE, Element, Scalar};
use crate::psi::items;

/// An encoded element.
pub(super) type Encoding = [u8; ELEMENT_SIZE];

/// Elements that share an inversion.
const BATCH: usize = 256;

/// What a row of sources is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The digest of an item.
    Digest,
    /// So many encoded elements, all of which are multiplied.
    Elements(usize),
    /// So many encoded elements, of which the first is multiplied; the others have to be elements.
    First(usize),
}

impl Source {
    const fn width(self) -> usize {
        match self {
            Self::Digest => 1,
            Self::Elements(width) | Self::First(width) => width,
        }
    }

    /// How many products a row gives.
    const fn products(self) -> usize {
        match self {
            Self::Elements(width) => width,
            Self::Digest | Self::First(_) => 1,
        }
    }
}

/// Rows to be multiplied by one exponent.
pub(super) struct Work {
    source: Source,
    rows: Zeroizing<Vec<[u8; 32]>>,
    exponent: Scalar,
    products: Zeroizing<Vec<Encoding>>,
    count: usize,
    done: usize,
    sender: Option<usize>,
}

impl Work {
    pub(super) fn new(source: Source, rows: Zeroizing<Vec<[u8; 32]>>, exponent: Scalar, sender: Option<usize>) -> Self {
        let count = rows.chunks_exact(source.width()).len();
        let products = Zeroizing::new(vec![[0; ELEMENT_SIZE]; count * source.products()]);
        Self { source, rows, exponent, products, count, done: 0, sender }
    }

    /// Rows that are not done yet.
    pub(super) const fn pending(&self) -> usize {
        self.count - self.done
    }

    /// The next `count` rows, in up to `parts` pieces.
    pub(super) fn pieces(&mut self, count: usize, parts: usize) -> Vec<Piece<'_>> {
        let start = self.done;
        let end = start + count.min(self.pending());
        let each = div_ceil(end - start, parts.max(1)).max(1);
        let (width, results) = (self.source.width(), self.source.products());
        let rows = self.rows.get(start * width..end * width).unwrap_or_default();
        let products = self.products.get_mut(start * results..end * results).unwrap_or_default();
        let (source, exponent) = (self.source, &self.exponent);
        rows.chunks(each * width)
            .zip(products.chunks_mut(each * results))
            .map(|(rows, products)| Piece { source, rows, products, exponent })
            .collect()
    }

    /// Marks rows as done.
    pub(super) fn advance(&mut self, count: usize) {
        self.done += count.min(self.pending());
    }

    /// From whom the rows came, if not from here.
    pub(super) const fn sender(&self) -> Option<usize> {
        self.sender
    }

    /// The products, when all are done.
    pub(super) fn finish(self) -> Zeroizing<Vec<Encoding>> {
        self.products
    }
}

#[allow(clippy::integer_division_remainder_used, reason = "public numbers")]
const fn div_ceil(count: usize, parts: usize) -> usize {
    count.div_ceil(parts)
}

/// A part of the work, for one thread.
pub struct Piece<'a> {
    source: Source,
    rows: &'a [[u8; 32]],
    products: &'a mut [Encoding],
    exponent: &'a Scalar,
}

impl fmt::Debug for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Piece(..)")
    }
}

impl Piece<'_> {
    /// Does it.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NonCanonical`] for what encodes no element, [`crate::ErrorKind::LowOrderKey`] for zero.
    pub fn run(self) -> Result<()> {
        let (width, results) = (self.source.width(), self.source.products());
        for (rows, products) in self.rows.chunks(BATCH * width).zip(self.products.chunks_mut(BATCH * results)) {
            let mut elements = Vec::with_capacity(products.len());
            for row in rows.chunks(width) {
                for (column, bytes) in row.iter().enumerate() {
                    let element = match self.source {
                        Source::Digest => items::element(bytes),
                        _ => Element::decode(bytes)?,
                    };
                    if column < results {
                        elements.push(element);
                    }
                }
            }
            let encoded = group::encode_products(&elements, self.exponent);
            products.iter_mut().zip(encoded.iter()).for_each(|(product, encoded)| *product = *encoded);
        }
        Ok(())
    }
}
