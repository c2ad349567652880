//! Softmax (docs/mpc.md section 9).

use zeroize::Zeroizing;

use crate::error::Result;
use crate::mpc::correlation::{Words, collect_words};
use crate::mpc::engine::Party;
use crate::mpc::protocol::exponential::exponential_below;
use crate::mpc::protocol::normalization::Octaves;
use crate::mpc::protocol::reciprocal::{product_by_row, reciprocal_in};
use crate::mpc::protocol::{Format, greatest};

/// e^x / sum of e^x over each row of a matrix with `columns` columns, for formats of 11 to 24 fraction bits and x of half the format's range. The
/// greatest element of a row is taken off first, so no exponential leaves [0, 1]. The error is at most (columns + 4) 2^-f dithered, half of that to
/// the nearest; it comes from the exponentials in the sum.
///
/// Rounds: 6 ceil(log2 columns), those of an exponential (14 for 32 bits), of a reciprocal of a sum of f + ceil(log2 columns) + 3 bits, and 2.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidArgument`] for another format; [`crate::ErrorKind::InvalidLength`] unless all rows are full; those of [`Party::draw`].
pub async fn softmax(party: &Party, format: &Format, columns: usize, x: &[u64]) -> Result<Words> {
    let fraction = format.function_fraction()?;
    let top = greatest(party, columns, x).await?;
    let rows = x.chunks(columns).zip(top.iter());
    let below = collect_words(x.len(), rows.flat_map(|(row, top)| row.iter().map(|x| x.wrapping_sub(*top))));
    let powers = exponential_below(party, format, 1, &below).await?;
    let sums: Words = Zeroizing::new(
        powers.chunks(columns).map(|row| row.iter().fold(0u64, |sum, power| sum.wrapping_add(*power))).collect(),
    );
    // Between 1 and the number of columns, and a little more by rounding.
    let octaves = columns.next_power_of_two().trailing_zeros() + 1;
    let narrow = Format::new(fraction, fraction + octaves + 2, format.rounding())?;
    let inverse = reciprocal_in(party, &narrow, Octaves::from(&narrow, fraction), &sums).await?;
    product_by_row(party, &narrow, columns, &powers, &inverse).await
}
