//! Products (docs/mpc.md section 4).

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Material, Words};
use crate::mpc::engine::Party;
use crate::mpc::local;
use crate::mpc::protocol::{BLOCK, open_owned, same_length, starts};
use crate::prg::Sign;

/// x * y mod 2^64, element by element. 1 round, 16 bytes, 1 word of corrections an element.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] unless both have the same length; those of [`Party::draw`].
pub async fn product(party: &Party, x: &[u64], y: &[u64]) -> Result<Words> {
    let count = same_length(x, y)?;
    let triple = party.draw(Correlation::Products { count }).await?;
    let opened = open_owned(party, 64, masked(party, &triple, &[x, y])).await;
    let (d, e) = opened.split_at(count);
    let mut out = Zeroizing::new(vec![0; count]);
    let mut scratch = Zeroizing::new(vec![0; 3 * BLOCK.min(count)]);
    for (start, ((d, e), out)) in starts().zip(d.chunks(BLOCK).zip(e.chunks(BLOCK)).zip(out.chunks_mut(BLOCK))) {
        let (a, rest) = scratch.split_at_mut(d.len());
        let (b, c) = rest.split_at_mut(d.len());
        let (c, _) = c.split_at_mut(d.len());
        triple.load_words(start, a);
        triple.load_words(count + start, b);
        triple.load_dependent_words(start, c);
        local::product::product(party.is_first(), d, e, a, b, c, out);
    }
    party.give_back(opened);
    Ok(out)
}

/// x^2 mod 2^64. 1 round, 8 bytes, 1 word of corrections an element.
///
/// # Errors
///
/// Those of [`Party::draw`].
pub async fn square(party: &Party, x: &[u64]) -> Result<Words> {
    let count = x.len();
    let pair = party.draw(Correlation::Squares { count }).await?;
    let opened = open_owned(party, 64, masked(party, &pair, &[x])).await;
    let mut out = Zeroizing::new(vec![0; count]);
    let mut scratch = Zeroizing::new(vec![0; 2 * BLOCK.min(count)]);
    for (start, (d, out)) in starts().zip(opened.chunks(BLOCK).zip(out.chunks_mut(BLOCK))) {
        let (a, c) = scratch.split_at_mut(d.len());
        let (c, _) = c.split_at_mut(d.len());
        pair.load_words(start, a);
        pair.load_dependent_words(start, c);
        local::product::square(party.is_first(), d, a, c, out);
    }
    party.give_back(opened);
    Ok(out)
}

/// The matrix product x * y mod 2^64, row by row: rows x inner and inner x columns. 1 round, 8 bytes for each element of x and of y, 1 word of corrections for each
/// of the product. A sum of products, of any length, costs what its operands cost.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] if a matrix has another size; those of [`Party::draw`].
pub async fn matrix_product(
    party: &Party,
    rows: usize,
    inner: usize,
    columns: usize,
    x: &[u64],
    y: &[u64],
) -> Result<Words> {
    let sizes = (rows.checked_mul(inner), inner.checked_mul(columns), rows.checked_mul(columns));
    let (Some(left), Some(right), Some(made)) = sizes else { return Err(ErrorKind::InvalidLength.into()) };
    if (x.len(), y.len()) != (left, right) {
        return Err(ErrorKind::InvalidLength.bound(if x.len() == left { right } else { left } as u64));
    }
    let triple = party.draw(Correlation::MatrixProduct { rows, inner, columns }).await?;
    let (a, b) = (triple.words(0, left), triple.words(left, right));
    let opened = open_owned(party, 64, masked(party, &triple, &[x, y])).await;
    let (d, e) = opened.split_at(left);
    let mut out = Zeroizing::new(triple.dependent_words(0, made).to_vec());
    local::product::add_matrix_product(inner, columns, d, b, &mut out);
    local::product::add_matrix_product(inner, columns, a, e, &mut out);
    if party.is_first() {
        local::product::add_matrix_product(inner, columns, d, e, &mut out);
    }
    Ok(out)
}

/// x - a for vectors x, one after the other, and the free words a.
fn masked(party: &Party, material: &Material, vectors: &[&[u64]]) -> Vec<u64> {
    let mut out = party.room(vectors.iter().map(|vector| vector.len()).sum());
    vectors.iter().for_each(|vector| out.extend_from_slice(vector));
    material.add_words(Sign::Minus, 0, &mut out);
    out
}
