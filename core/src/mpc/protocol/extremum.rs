//! The greatest and smallest of many (docs/mpc.md section 10).

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Words, collect_words};
use crate::mpc::engine::Party;
use crate::mpc::protocol::comparison::select_with;
use crate::mpc::protocol::selection::{add, subtract};

/// The greatest element of each row of a matrix with `columns` columns, for differences below 2^63. A tree: 6 ceil(log2 columns) rounds and 13.25
/// (columns - 1) bytes a row.
///
/// # Errors
///
/// [`ErrorKind::InvalidLength`] unless all rows are full and have an element; those of [`Party::draw`].
pub async fn greatest(party: &Party, columns: usize, x: &[u64]) -> Result<Words> {
    let mut level = by_column(columns, x)?;
    while level.len() > 1 {
        let [left, right] = pairs(&level);
        let excess = select_with(party, &subtract(&left, &right), &[]).await?.kept;
        level = next_level(level, &add(&right, &excess));
    }
    Ok(level.pop().unwrap_or_default())
}

/// The smallest element of each row: as [`greatest`].
///
/// # Errors
///
/// As [`greatest`].
pub async fn smallest(party: &Party, columns: usize, x: &[u64]) -> Result<Words> {
    Ok(negative(&greatest(party, columns, &negative(x)).await?))
}

/// The greatest element of each row and the place of the first that is as great, from 0. The rounds of [`greatest`], and 16 bytes more for each
/// comparison above the lowest level of the tree, of which there are columns - 1 - floor(columns / 2) a row.
///
/// # Errors
///
/// As [`greatest`].
pub async fn place_of_greatest(party: &Party, columns: usize, x: &[u64]) -> Result<(Words, Words)> {
    let mut level = by_column(columns, x)?;
    let rows = level.first().map_or(0, |column| column.len());
    let own = |place: u64| if party.is_first() { place } else { 0 };
    let mut places: Vec<Words> =
        (0u64..).map(|place| Zeroizing::new(alloc::vec![own(place); rows])).take(columns).collect();
    let mut secret = false;
    while level.len() > 1 {
        let ([left, right], [left_place, right_place]) = (pairs(&level), pairs(&places));
        let difference = subtract(&left, &right);
        let chosen = if secret {
            let selected = select_with(party, &difference, &[&subtract(&left_place, &right_place)]).await?;
            (selected.kept, add(&right_place, &selected.carried))
        } else {
            // The places of neighbours differ by one, and the left one's is the smaller.
            let selected = select_with(party, &difference, &[]).await?;
            (selected.kept, subtract(&right_place, &selected.indicators))
        };
        secret = true;
        level = next_level(level, &add(&right, &chosen.0));
        places = next_level(places, &chosen.1);
    }
    Ok((level.pop().unwrap_or_default(), places.pop().unwrap_or_default()))
}

/// The smallest element of each row and the place of the first that is as small: as [`place_of_greatest`].
///
/// # Errors
///
/// As [`greatest`].
pub async fn place_of_smallest(party: &Party, columns: usize, x: &[u64]) -> Result<(Words, Words)> {
    let (found, places) = place_of_greatest(party, columns, &negative(x)).await?;
    Ok((negative(&found), places))
}

fn negative(x: &[u64]) -> Words {
    Zeroizing::new(x.iter().map(|x| x.wrapping_neg()).collect())
}

/// The columns of a matrix that is written row by row.
pub(super) fn by_column(columns: usize, x: &[u64]) -> Result<Vec<Words>> {
    if columns == 0 || !x.len().is_multiple_of(columns) {
        return Err(ErrorKind::InvalidLength.bound(columns as u64));
    }
    Ok((0..columns).map(|column| Zeroizing::new(x.iter().skip(column).step_by(columns).copied().collect())).collect())
}

/// The left and the right one of each pair of neighbours, pair after pair.
fn pairs(level: &[Words]) -> [Words; 2] {
    let rows = level.first().map_or(0, |vector| vector.len());
    [0, 1].map(|side| {
        let chosen = level.chunks_exact(2).filter_map(|pair| pair.get(side));
        collect_words((level.len() >> 1) * rows, chosen.flat_map(|vector| vector.iter().copied()))
    })
}

/// What the pairs became, and the odd one out.
fn next_level(level: Vec<Words>, joined: &[u64]) -> Vec<Words> {
    let rows = level.first().map_or(1, |vector| vector.len().max(1));
    let odd = if level.len() & 1 == 1 { level.last().cloned() } else { None };
    let pairs = level.len() >> 1;
    let vectors = (0..pairs).map(|pair| joined.get(pair * rows..(pair + 1) * rows).unwrap_or_default());
    vectors.map(|vector| Zeroizing::new(vector.to_vec())).chain(odd).collect()
}
