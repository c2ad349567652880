//! A shuffle: rows in an order that nobody knows (docs/mpc.md section 11).

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Words, collect_words};
use crate::mpc::engine::Party;
use crate::mpc::permutation::{Permutation, layers, padded, pairs};
use crate::mpc::protocol::extremum::by_column;
use crate::mpc::protocol::product;
use crate::mpc::protocol::sorting::by_row;

/// The rows of a matrix with `columns` columns in a uniform order of which no n - 1 parties learn anything: each party in turn sends them through a
/// Beneš network whose switches it alone knows.
///
/// A switch is one product: with its bit b, of which the owner's share is the bit and the others' are 0, b (x - y) moves from one place to the other.
/// With 2^m the number of rows, rounded up to a power of two: n (2 m - 1) rounds; 16 n (2 m - 1) 2^(m - 1) bytes and n (2 m - 1) 2^(m - 1) words of
/// corrections a column.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] unless all rows are full and `own` is a permutation of them; those of [`Party::draw`].
pub async fn shuffle(party: &Party, columns: usize, x: &[u64], own: &Permutation) -> Result<Words> {
    let matrix = by_column(columns, x)?;
    let count = matrix.first().map_or(0, |column| column.len());
    if own.count() != count {
        return Err(ErrorKind::InvalidLength.bound(count as u64));
    }
    let size = padded(count);
    let padding = || core::iter::repeat(0);
    let padded = matrix.iter().map(|column| collect_words(size, column.iter().copied().chain(padding())));
    let mut matrix: Vec<Words> = padded.collect();
    for owner in 0..party.parties() {
        for layer in 0..layers(size) {
            let places: Vec<(usize, usize)> = pairs(size, layer).collect();
            let mut bits = Zeroizing::new(vec![0; places.len()]);
            if owner == party.index() {
                bits.copy_from_slice(own.layer(layer));
            }
            let bits: Words = Zeroizing::new(bits.iter().copied().cycle().take(bits.len() * columns).collect());
            let difference = |column: &[u64], low: usize, high: usize| {
                column.get(low).copied().unwrap_or_default().wrapping_sub(column.get(high).copied().unwrap_or_default())
            };
            let each =
                matrix.iter().flat_map(|column| places.iter().map(|(low, high)| difference(column, *low, *high)));
            let differences = collect_words(bits.len(), each);
            let moved = product(party, &bits, &differences).await?;
            for (column, moved) in matrix.iter_mut().zip(moved.chunks(places.len().max(1))) {
                for ((low, high), moved) in places.iter().zip(moved) {
                    if let Ok([low, high]) = column.get_disjoint_mut([*low, *high]) {
                        (*low, *high) = (low.wrapping_sub(*moved), high.wrapping_add(*moved));
                    }
                }
            }
        }
    }
    for column in &mut matrix {
        column.truncate(count);
    }
    Ok(by_row(&matrix))
}
