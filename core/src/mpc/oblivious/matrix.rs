//! Products of matrices: transfers for the elements of that operand which has fewer, each of which carries a row of the other one.

use alloc::vec;

use zeroize::Zeroizing;

use super::make::{PIECE, products};
use super::peers::{Direction, Peers};
use super::words;
use crate::error::Result;
use crate::mpc::correlation::Words;

/// Columns that one choice is used for.
const COLUMNS: usize = 64;

/// Adds shares of A B, row by row, for A of rows x inner and B of inner x columns.
pub(super) async fn matrix_product(
    peers: &Peers,
    [rows, inner, columns]: [usize; 3],
    a: &[u64],
    b: &[u64],
    out: &mut [u64],
) -> Result<()> {
    if a.is_empty() || b.is_empty() {
        return Ok(());
    }
    if columns < rows {
        // (A B)^T = B^T A^T.
        let (left, right) = (transposed(inner, columns, b), transposed(rows, inner, a));
        let mut product = Zeroizing::new(vec![0u64; out.len()]);
        wide_product(peers, [columns, inner, rows], &left, &right, &mut product).await?;
        out.copy_from_slice(&transposed(columns, rows, &product));
        return Ok(());
    }
    wide_product(peers, [rows, inner, columns], a, b, out).await
}

/// The same with the elements of A as choices.
async fn wide_product(
    peers: &Peers,
    [_, inner, columns]: [usize; 3],
    a: &[u64],
    b: &[u64],
    out: &mut [u64],
) -> Result<()> {
    for first in (0..columns).step_by(COLUMNS) {
        let width = COLUMNS.min(columns - first);
        let rows = b.chunks_exact(columns);
        let block = words(inner * width, rows.flat_map(|row| row.iter().skip(first).take(width).copied()));
        // Many short rows go together.
        let together = (PIECE >> block.len().next_power_of_two().ilog2()).max(1);
        for (choices, out) in a.chunks(together * inner).zip(out.chunks_mut(together * columns)) {
            let rows = choices.chunks_exact(inner);
            let factors = words(width * choices.len(), rows.flat_map(|_| block.iter().copied()));
            let mut summands = Zeroizing::new(vec![0u64; factors.len()]);
            products(peers, Direction::Both, width, choices, &factors, &mut summands).await?;
            for (out, summands) in out.chunks_exact_mut(columns).zip(summands.chunks_exact(block.len())) {
                for summands in summands.chunks_exact(width) {
                    for (sum, summand) in out.iter_mut().skip(first).zip(summands) {
                        *sum = sum.wrapping_add(*summand);
                    }
                }
            }
        }
    }
    Ok(())
}

/// The transpose of a matrix of so many rows and columns.
fn transposed(rows: usize, columns: usize, elements: &[u64]) -> Words {
    words(rows * columns, (0..columns).flat_map(|column| elements.iter().skip(column).step_by(columns).copied()))
}
