//! Products whose openings are checked (docs/mpc.md sections 4 and 16).

use alloc::vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::local::authenticated as local;
use crate::mpc::verified::authenticated::{Authenticated, WideWords, collect};
use crate::mpc::verified::correlation::Correlation;
use crate::mpc::verified::{Verified, same_length};

impl Verified {
    /// x * y mod 2^64, element by element. 1 round, 32 bytes, 8 words of corrections an element.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] unless both have the same length; those of [`crate::mpc::verified::Preprocessing::draw`]; that of a check that failed before.
    pub async fn product(&self, x: &Authenticated, y: &Authenticated) -> Result<Authenticated> {
        let count = same_length(x, y)?;
        let triple = self.draw(Correlation::Products { count })?;
        let (a, b, c) = ((0, count), (count, count), (2 * count, count));
        let values = |(start, length)| triple.values(start, length);
        let macs = |(start, length)| triple.macs(start, length);
        let shares = differences(&[(x.values(), values(a)), (y.values(), values(b))]);
        let opened = self.open(&shares, differences(&[(x.macs(), macs(a)), (y.macs(), macs(b))])).await;
        let (d, e) = opened.split_at(count);
        let [of_values, of_macs] = self.weights();
        let mut out = [Zeroizing::new(vec![0; count]), Zeroizing::new(vec![0; count])];
        let [out_values, out_macs] = &mut out;
        local::product(of_values, d, e, values(a), values(b), values(c), out_values);
        local::product(of_macs, d, e, macs(a), macs(b), macs(c), out_macs);
        let [values, macs] = out;
        Ok(Authenticated::new(values, macs))
    }

    /// x^2 mod 2^64. 1 round, 16 bytes, 6 words of corrections an element.
    ///
    /// # Errors
    ///
    /// As [`Self::product`].
    pub async fn square(&self, x: &Authenticated) -> Result<Authenticated> {
        let count = x.len();
        let pair = self.draw(Correlation::Squares { count })?;
        let (a, a_macs) = (pair.values(0, count), pair.macs(0, count));
        let d = self.open(&differences(&[(x.values(), a)]), differences(&[(x.macs(), a_macs)])).await;
        let [of_values, of_macs] = self.weights();
        let (mut values, mut macs) = (Zeroizing::new(vec![0; count]), Zeroizing::new(vec![0; count]));
        local::square(of_values, &d, a, pair.values(count, count), &mut values);
        local::square(of_macs, &d, a_macs, pair.macs(count, count), &mut macs);
        Ok(Authenticated::new(values, macs))
    }

    /// The matrix product x * y mod 2^64, row by row: rows x inner and inner x columns. 1 round, 16 bytes for each element of x and of y; 2 words of corrections for each
    /// of these, and 4 for each of the product. A sum of products, of any length, costs what its operands cost.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] if a matrix has another size; otherwise as [`Self::product`].
    pub async fn matrix_product(
        &self,
        rows: usize,
        inner: usize,
        columns: usize,
        x: &Authenticated,
        y: &Authenticated,
    ) -> Result<Authenticated> {
        let sizes = (rows.checked_mul(inner), inner.checked_mul(columns), rows.checked_mul(columns));
        let (Some(left), Some(right), Some(made)) = sizes else { return Err(ErrorKind::InvalidLength.into()) };
        if (x.len(), y.len()) != (left, right) {
            return Err(ErrorKind::InvalidLength.bound(if x.len() == left { right } else { left } as u64));
        }
        let triple = self.draw(Correlation::MatrixProduct { rows, inner, columns })?;
        let (a, b, c) = ((0, left), (left, right), (left + right, made));
        let values = |(start, length)| triple.values(start, length);
        let macs = |(start, length)| triple.macs(start, length);
        let shares = differences(&[(x.values(), values(a)), (y.values(), values(b))]);
        let opened = self.open(&shares, differences(&[(x.macs(), macs(a)), (y.macs(), macs(b))])).await;
        let (d, e) = opened.split_at(left);
        // D E is public, and the same in values and MACs but for its weight.
        let mut public = vec![0; made];
        local::add_matrix_product(inner, columns, d, e, &mut public);
        let finish = |weight: u128, a: &[u128], b: &[u128], c: &[u128]| {
            let weighted = c.iter().zip(&public).map(|(c, public)| c.wrapping_add(weight.wrapping_mul(*public)));
            let mut out = collect(made, weighted);
            local::add_matrix_product(inner, columns, d, b, &mut out);
            local::add_matrix_product(inner, columns, a, e, &mut out);
            out
        };
        let [of_values, of_macs] = self.weights();
        let out_values = finish(of_values, values(a), values(b), values(c));
        Ok(Authenticated::new(out_values, finish(of_macs, macs(a), macs(b), macs(c))))
    }
}

/// x - a for each pair, one after the other.
fn differences(pairs: &[(&[u128], &[u128])]) -> WideWords {
    let count = pairs.iter().map(|(x, _)| x.len()).sum();
    collect(count, pairs.iter().flat_map(|(x, a)| x.iter().zip(*a).map(|(x, a)| x.wrapping_sub(*a))))
}
