//! Products (docs/mpc.md section 4).

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Words};
use crate::mpc::engine::Party;
use crate::mpc::local;
use crate::mpc::protocol::{open, same_length};

/// x * y mod 2^64, element by element. 1 round, 16 bytes, 1 word of corrections an element.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] unless both have the same length; those of [`Party::draw`].
pub async fn product(party: &Party, x: &[u64], y: &[u64]) -> Result<Words> {
    let count = same_length(x, y)?;
    let triple = party.draw(Correlation::Products { count }).await?;
    let (a, b) = (triple.words(0, count), triple.words(count, count));
    let opened = open(party, 64, &differences(&[(x, a), (y, b)])).await;
    let (d, e) = opened.split_at(count);
    let mut out = Zeroizing::new(vec![0; count]);
    local::product::product(party.is_first(), d, e, a, b, triple.dependent_words(0, count), &mut out);
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
    let a = pair.words(0, count);
    let d = open(party, 64, &differences(&[(x, a)])).await;
    let mut out = Zeroizing::new(vec![0; count]);
    local::product::square(party.is_first(), &d, a, pair.dependent_words(0, count), &mut out);
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
    let opened = open(party, 64, &differences(&[(x, a), (y, b)])).await;
    let (d, e) = opened.split_at(left);
    let mut out = Zeroizing::new(triple.dependent_words(0, made).to_vec());
    local::product::add_matrix_product(inner, columns, d, b, &mut out);
    local::product::add_matrix_product(inner, columns, a, e, &mut out);
    if party.is_first() {
        local::product::add_matrix_product(inner, columns, d, e, &mut out);
    }
    Ok(out)
}

/// x - a for each pair, one after the other.
fn differences(pairs: &[(&[u64], &[u64])]) -> Words {
    let mut out = Vec::with_capacity(pairs.iter().map(|(x, _)| x.len()).sum());
    for (x, a) in pairs {
        out.extend(x.iter().zip(*a).map(|(x, a)| x.wrapping_sub(*a)));
    }
    Zeroizing::new(out)
}
