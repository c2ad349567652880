//! A function that has chosen values at chosen points and uniform ones everywhere else, and says nothing about the points (docs/psi.md section 2).
//!
//! Points are thrown into bins, and each bin has the polynomial through its points, filled up to [`BIN_POINTS`] by drawn ones. Whatever the points are, a polynomial through so many points with
//! uniform values is a uniform polynomial of that degree: this is the programmable function of V. Kolesnikov, N. Matania, B. Pinkas, M. Rosulek and N. Trieu, Practical Multi-party Private Set
//! Intersection from Symmetric-Key Techniques, CCS 2017 (ePrint 2017/799), section 5.2.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::field::{self, Element};
use crate::kdf;
use crate::prg::{self, StreamKey, Suite};
use crate::psi::agreement::{Agreement, MAX_ITEMS};
use crate::psi::sharing::{Share, share_of};
use crate::psi::work::Encoding;

/// Points of a bin. With [`LOAD`] of them expected, more fall into one of 2^16 bins with a probability below 2^-44 (Chernoff).
const BIN_POINTS: usize = 64;

/// Points of a bin that are expected, at most; a set of no more than [`BIN_POINTS`] would fit one bin, but then its table would say so.
const LOAD: usize = 16;

/// Bytes of a bin: two coefficients for each power.
const BIN_SIZE: usize = BIN_POINTS * 2 * field::ELEMENT_SIZE;

/// Bytes of a drawn point and its value.
const DRAWN_SIZE: usize = 48;

/// The number of bins and what the places depend on.
const HEAD_SIZE: usize = 5;

/// Bins for a set of so many items.
#[allow(clippy::integer_division_remainder_used, reason = "public numbers")]
pub(super) const fn bins(items: usize) -> usize {
    let bins = items.div_ceil(LOAD);
    if bins == 0 { 1 } else { bins }
}

/// Where a value of a secret function belongs, and what hides its share from those who do not know it.
struct Place {
    bin: usize,
    point: Element,
    mask: Share,
}

/// Whose table it is.
pub(super) struct Context<'a> {
    pub(super) agreement: &'a Agreement,
    pub(super) party: usize,
}

impl Context<'_> {
    fn place(&self, salt: u8, bins: usize, value: &Encoding) -> Place {
        let mut bytes = Zeroizing::new([0; 48]);
        let party = (self.party as u64).to_le_bytes();
        kdf::expand(value, "psi place", &[self.agreement.hash(), &party, &[salt]], &mut *bytes);
        let (mask, rest) = bytes.split_first_chunk().unwrap_or((&[0; 32], &[]));
        let (words, _) = rest.as_chunks::<8>();
        let word = |index: usize| words.get(index).map_or(0, |word| u64::from_le_bytes(*word));
        let bin = (u128::from(word(0)) * bins as u128) >> 64;
        Place { bin: usize::try_from(bin).unwrap_or(0), point: Element::from_wide(word(1), 0), mask: share_of(mask) }
    }
}

/// The table of these values and their shares, as it is sent. What is drawn comes from the key.
pub(super) fn write_vartime<'a>(
    context: &Context<'_>,
    entries: impl Iterator<Item = (&'a Encoding, Share)> + Clone,
    bins: usize,
    key: &StreamKey,
    message: &mut Vec<u8>,
) -> Result<()> {
    // Once is enough but for a probability of 2^-40.
    for salt in 0..=u8::MAX {
        let mut filled: Vec<Vec<(Element, Share)>> = (0..bins).map(|_| Vec::with_capacity(BIN_POINTS)).collect();
        for (value, share) in entries.clone() {
            let Place { bin, point, mask } = context.place(salt, bins, value);
            let [low, high] = &share;
            let [low_mask, high_mask] = &mask;
            if let Some(bin) = filled.get_mut(bin) {
                bin.push((point, [low.add(low_mask), high.add(high_mask)]));
            }
        }
        if filled.iter().any(|bin| bin.len() > BIN_POINTS) {
            continue;
        }
        let start = message.len();
        #[allow(clippy::cast_possible_truncation, reason = "at most 2^16 bins")]
        message.extend_from_slice(&(bins as u32).to_le_bytes());
        message.push(salt);
        if fill(filled, salt, key, message)? {
            return Ok(());
        }
        message.truncate(start);
    }
    Err(ErrorKind::Randomness.into())
}

/// Appends the polynomials of all bins, unless two points of one are the same.
fn fill(filled: Vec<Vec<(Element, Share)>>, salt: u8, key: &StreamKey, message: &mut Vec<u8>) -> Result<bool> {
    let mut drawn = Zeroizing::new(vec![0; BIN_POINTS * DRAWN_SIZE]);
    let stream = (u64::from(salt) * filled.len() as u64) * drawn.len() as u64;
    for (index, mut points) in (0u64..).zip(filled) {
        prg::keystream(Suite::ChaCha20, key, stream + index * drawn.len() as u64, &mut drawn)?;
        for bytes in drawn.as_chunks::<DRAWN_SIZE>().0.iter().skip(points.len()) {
            let (value, point) = bytes.split_first_chunk().unwrap_or((&[0; 32], &[]));
            let point = point.first_chunk().map_or(0, |point| u64::from_le_bytes(*point));
            points.push((Element::from_wide(point, 0), share_of(value)));
        }
        let Some(coefficients) = interpolate(&points) else { return Ok(false) };
        for coefficient in coefficients.iter().flatten() {
            message.extend_from_slice(&coefficient.to_le_bytes());
        }
    }
    Ok(true)
}

/// The coefficients, from the lowest, of the polynomials through points, by Lagrange's formula; nothing if a point occurs twice.
fn interpolate(points: &[(Element, Share)]) -> Option<Vec<Share>> {
    // The product of all x - point, without its highest coefficient, which is 1.
    let mut product: Vec<Element> = Vec::with_capacity(points.len());
    for (point, _) in points {
        let mut carry = Element::ZERO;
        for coefficient in &mut product {
            let next = carry.sub(&point.mul(coefficient));
            carry = core::mem::replace(coefficient, next);
        }
        // The one that was highest, 1, moves up.
        product.push(carry.sub(point));
    }
    let mut coefficients: Vec<Share> = points.iter().map(|_| Share::default()).collect();
    let mut quotient: Vec<Element> = points.iter().map(|_| Element::ZERO).collect();
    for (point, [low, high]) in points {
        // Division by x - point, from the highest coefficient; its value at the point, by Horner's rule, on the way.
        let (mut above, mut value) = (Element::ONE, Element::ZERO);
        for (quotient, coefficient) in quotient.iter_mut().zip(&product).rev() {
            value = value.mul(point).add(&above);
            let next = coefficient.add(&point.mul(&above));
            *quotient = core::mem::replace(&mut above, next);
        }
        if value.ct_eq(&Element::ZERO) {
            return None;
        }
        let inverse = value.inverse();
        let (low, high) = (low.mul(&inverse), high.mul(&inverse));
        for ([sum_low, sum_high], quotient) in coefficients.iter_mut().zip(&quotient) {
            (*sum_low, *sum_high) = (sum_low.add(&low.mul(quotient)), sum_high.add(&high.mul(quotient)));
        }
    }
    Some(coefficients)
}

/// A table that was received.
pub(super) struct Table {
    salt: u8,
    bins: Vec<Vec<Share>>,
}

impl Table {
    /// The table that a message begins with, and what follows it.
    pub(super) fn read<'a>(agreement: &Agreement, message: &'a [u8]) -> Result<(Self, &'a [u8])> {
        let (head, rest) = message.split_first_chunk::<HEAD_SIZE>().ok_or(ErrorKind::Malformed)?;
        let [count @ .., salt] = *head;
        let count = usize::try_from(u32::from_le_bytes(count)).unwrap_or(usize::MAX);
        match agreement.size() {
            Some(size) if count != bins(size) => return Err(ErrorKind::CountChanged.bound(bins(size) as u64)),
            None if !(1..=bins(MAX_ITEMS)).contains(&count) => {
                return Err(ErrorKind::TooLong.bound(bins(MAX_ITEMS) as u64));
            }
            _ => {}
        }
        let bytes =
            rest.get(..count * BIN_SIZE).ok_or(ErrorKind::Malformed.bound((HEAD_SIZE + count * BIN_SIZE) as u64))?;
        let rest = rest.get(count * BIN_SIZE..).unwrap_or_default();
        let bin = |bytes: &[u8]| -> Result<Vec<Share>> {
            let (elements, _) = bytes.as_chunks::<{ field::ELEMENT_SIZE }>();
            let pairs = elements.as_chunks::<2>().0.iter();
            pairs.map(|[low, high]| Ok([Element::from_le_bytes(low)?, Element::from_le_bytes(high)?])).collect()
        };
        let bins = bytes.chunks(BIN_SIZE).map(bin).collect::<Result<_>>()?;
        Ok((Self { salt, bins }, rest))
    }

    /// What the party of the table said of a value: its share of an item that it holds, or something uniform.
    pub(super) fn get(&self, context: &Context<'_>, value: &Encoding) -> Share {
        let Place { bin, point, mask } = context.place(self.salt, self.bins.len(), value);
        let coefficients = self.bins.get(bin).map_or(&[][..], |bin| bin);
        let [low, high] = coefficients.iter().rev().fold(Share::default(), |[low, high], [next_low, next_high]| {
            [low.mul(&point).add(next_low), high.mul(&point).add(next_high)]
        });
        let [low_mask, high_mask] = &mask;
        [low.sub(low_mask), high.sub(high_mask)]
    }
}
