//! Restoring a seed from t shares.

use alloc::vec::Vec;
use core::borrow::Borrow;

use zeroize::Zeroizing;

use super::{ELEMENTS, SHARE_SIZE, elements};
use crate::error::{ErrorKind, Result};
use crate::field::{ELEMENT_SIZE, Element};
use crate::mask::{SEED_SIZE, Seed};

/// Lagrange's weights at 0 for a set of share indices: what depends on the indices alone. Computed once, they restore every seed whose shares have these indices.
///
/// Indices are public; their weights are too.
#[derive(Debug)]
pub struct Weights(Vec<Element>);

impl Weights {
    /// The weights for these indices, in their order. t^2 products and one inversion.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] for no index, [`ErrorKind::InvalidArgument`] if one is 0 or occurs twice.
    pub fn new(indices: &[u32]) -> Result<Self> {
        if indices.is_empty() {
            return Err(ErrorKind::InvalidLength.into());
        }
        let points: Vec<Element> = indices.iter().copied().map(Element::from_u32).collect();
        // The weight of x is the product of y / (y - x) over the others: the product of all points over x times that of the differences.
        let denominators: Vec<Element> = points
            .iter()
            .enumerate()
            .map(|(own, x)| {
                let others = points.iter().enumerate().filter(|(other, _)| *other != own);
                others.fold(x.clone(), |product, (_, y)| product.mul(&y.sub(x)))
            })
            .collect();
        let numerator = points.iter().fold(Element::ONE, |product, x| product.mul(x));
        // A zero among them is a zero index or a repeated one.
        let inverses = invert_all(&denominators).ok_or(ErrorKind::InvalidArgument)?;
        Ok(Self(inverses.iter().map(|inverse| inverse.mul(&numerator)).collect()))
    }

    /// Restores the seed from the shares with these indices, in the order of the indices.
    ///
    /// Constant time in the shares. If they are not those of one polynomial of degree t - 1, the seed is a wrong one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`], with the number of indices, for another number of shares; [`ErrorKind::Malformed`] for a share that
    /// [`check_share`](super::check_share) refuses.
    pub fn reconstruct<S: Borrow<[u8; SHARE_SIZE]>>(&self, shares: &[S]) -> Result<Seed> {
        if shares.len() != self.0.len() {
            return Err(ErrorKind::InvalidLength.bound(self.0.len() as u64));
        }
        let mut sums: [Element; ELEMENTS] = Default::default();
        for (weight, share) in self.0.iter().zip(shares) {
            for (sum, value) in sums.iter_mut().zip(elements(share.borrow())?) {
                *sum = sum.add(&weight.mul(&value));
            }
        }
        let mut seed = Zeroizing::new([0; SEED_SIZE]);
        for (slot, element) in seed.chunks_exact_mut(ELEMENT_SIZE).zip(&sums) {
            slot.copy_from_slice(&element.to_le_bytes());
        }
        Ok(Seed::from_bytes(*seed))
    }
}

/// The inverses of all elements for the price of one and three products each (Montgomery's trick); `None` if one is zero.
fn invert_all(elements: &[Element]) -> Option<Vec<Element>> {
    let mut product = Element::ONE;
    let mut inverses: Vec<Element> = elements
        .iter()
        .map(|element| {
            let before = product.clone();
            product = product.mul(element);
            before
        })
        .collect();
    if product.ct_eq(&Element::ZERO) {
        return None;
    }
    let mut inverse = product.inverse();
    for (slot, element) in inverses.iter_mut().zip(elements).rev() {
        *slot = slot.mul(&inverse);
        inverse = inverse.mul(element);
    }
    Some(inverses)
}
