//! Sorting and order statistics by a network that depends on no value (docs/mpc.md section 10).

use alloc::vec::Vec;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Words, collect_words};
use crate::mpc::engine::Party;
use crate::mpc::local::network::for_each_comparator;
use crate::mpc::protocol::comparison::select_with;
use crate::mpc::protocol::extremum::by_column;
use crate::mpc::protocol::selection::{add, subtract};
use crate::mpc::protocol::{Rounding, truncate};

/// The comparators of a layer: places of which the first gets the smaller element.
type Layer = Vec<(usize, usize)>;

/// Batcher's merge exchange ([`for_each_comparator`]): with t = ceil(log2 n), t (t + 1) / 2 layers.
#[must_use]
pub fn network(count: usize) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    for_each_comparator(count, |layer, low, high| {
        layers.resize_with(layers.len().max(layer + 1), Vec::new);
        if let Some(comparators) = layers.get_mut(layer) {
            comparators.push((low, high));
        }
    });
    layers
}

/// The part of a network that some of its outputs depend on.
fn pruned(mut layers: Vec<Layer>, count: usize, wanted: &[usize]) -> Vec<Layer> {
    let mut needed = alloc::vec![false; count];
    let is_needed = |needed: &[bool], place: usize| needed.get(place).copied().unwrap_or_default();
    for place in wanted {
        if let Some(needed) = needed.get_mut(*place) {
            *needed = true;
        }
    }
    for layer in layers.iter_mut().rev() {
        layer.retain(|(low, high)| is_needed(&needed, *low) || is_needed(&needed, *high));
        for place in layer.iter().flat_map(|(low, high)| [*low, *high]) {
            if let Some(needed) = needed.get_mut(place) {
                *needed = true;
            }
        }
    }
    layers.retain(|layer| !layer.is_empty());
    layers
}

/// The rows of a matrix with `columns` columns, each in rising order, for differences below 2^63. 6 rounds for each layer of [`network`] and 13.25
/// bytes for each of its comparators and each row.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] unless all rows are full and have an element; those of [`Party::draw`].
pub async fn sort(party: &Party, columns: usize, x: &[u64]) -> Result<Words> {
    sort_with(party, columns, x, &[]).await.map(|(sorted, _)| sorted)
}

/// The same, and other matrices of the same shape with their elements in the new order of x. In the same rounds; each of these costs 16 bytes for
/// each comparator and each row. The order of what belongs to equal elements is not specified, but the same for all numbers of parties.
///
/// # Errors
///
/// As [`sort`], also for the others.
pub async fn sort_with(party: &Party, columns: usize, x: &[u64], others: &[&[u64]]) -> Result<(Words, Vec<Words>)> {
    let mut matrices = core::iter::once(&x).chain(others).map(|x| by_column(columns, x)).collect::<Result<Vec<_>>>()?;
    if others.iter().any(|other| other.len() != x.len()) {
        return Err(ErrorKind::InvalidLength.bound(x.len() as u64));
    }
    exchange(party, &network(columns), &mut matrices).await?;
    let mut sorted = matrices.iter().map(|matrix| by_row(matrix));
    let keys = sorted.next().unwrap_or_default();
    Ok((keys, sorted.collect()))
}

/// The elements of each row with these ranks, from 0 for the smallest, rank by rank. Nothing is opened: it is [`sort`] without the comparators on
/// which none of them depends.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`], with the number of columns, for a rank of that or above; those of [`sort`].
pub async fn order_statistics(party: &Party, columns: usize, ranks: &[usize], x: &[u64]) -> Result<Vec<Words>> {
    let matrix = by_column(columns, x)?;
    if ranks.iter().any(|rank| *rank >= columns) {
        return Err(ErrorKind::InvalidArgument.bound(columns as u64));
    }
    let mut matrices = [matrix];
    exchange(party, &pruned(network(columns), columns, ranks), &mut matrices).await?;
    let [matrix] = matrices;
    Ok(ranks.iter().filter_map(|rank| matrix.get(*rank).cloned()).collect())
}

/// The median of each row; of an even number of columns the mean of the two in the middle, rounded as told, for elements below 2^61. The cost of
/// [`order_statistics`], and of a truncation by one bit where the number is even.
///
/// # Errors
///
/// As [`sort`].
pub async fn median(party: &Party, columns: usize, rounding: Rounding, x: &[u64]) -> Result<Words> {
    let upper = columns >> 1;
    let lower = columns.saturating_sub(1) >> 1;
    let found = order_statistics(party, columns, &[lower, upper], x).await?;
    match &found[..] {
        [lower, upper] if columns & 1 == 0 => truncate(party, 1, rounding, &add(lower, upper)).await,
        [middle, ..] => Ok(middle.clone()),
        [] => Err(ErrorKind::InvalidLength.into()),
    }
}

/// Runs the comparators on columns; the first matrix has the keys, the others follow.
async fn exchange(party: &Party, layers: &[Layer], matrices: &mut [Vec<Words>]) -> Result<()> {
    for layer in layers {
        let sides: Vec<[Words; 2]> = matrices.iter().map(|matrix| gather(matrix, layer)).collect();
        let differences: Vec<Words> = sides.iter().map(|[low, high]| subtract(low, high)).collect();
        let Some((keys, others)) = differences.split_first() else { return Ok(()) };
        let others: Vec<&[u64]> = others.iter().map(|words| &words[..]).collect();
        // What the lower place has too much, or nothing; where it is not below, the others change places as well.
        let selected = select_with(party, keys, &others).await?;
        let moved = core::iter::once(&selected.kept[..]).chain(selected.carried.chunks(keys.len().max(1)));
        for ((matrix, [low, high]), moved) in matrices.iter_mut().zip(&sides).zip(moved) {
            scatter(matrix, layer, &subtract(low, moved), &add(high, moved));
        }
    }
    Ok(())
}

/// The columns at the lower and at the higher places of a layer.
fn gather(columns: &[Words], layer: &Layer) -> [Words; 2] {
    let count = layer.len() * columns.first().map_or(0, |column| column.len());
    let at = |place: usize| columns.get(place).into_iter().flat_map(|column| column.iter().copied());
    [
        collect_words(count, layer.iter().flat_map(|(low, _)| at(*low))),
        collect_words(count, layer.iter().flat_map(|(_, high)| at(*high))),
    ]
}

fn scatter(columns: &mut [Words], layer: &Layer, low: &[u64], high: &[u64]) {
    let rows = columns.first().map_or(1, |column| column.len().max(1));
    for ((low_place, high_place), (low, high)) in layer.iter().zip(low.chunks(rows).zip(high.chunks(rows))) {
        for (place, values) in [(low_place, low), (high_place, high)] {
            if let Some(column) = columns.get_mut(*place) {
                column.copy_from_slice(values);
            }
        }
    }
}

/// A matrix of columns, row by row.
pub(super) fn by_row(columns: &[Words]) -> Words {
    let rows = columns.first().map_or(0, |column| column.len());
    let row = |row: usize| columns.iter().filter_map(move |column| column.get(row).copied());
    collect_words(rows * columns.len(), (0..rows).flat_map(row))
}
