//! Rows of encoded elements in messages: their number in 4 bytes, then the rows (docs/psi.md section 4).

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::group::ELEMENT_SIZE;
use crate::psi::agreement::MAX_ITEMS;
use crate::psi::work::Encoding;

/// Bytes of the number of rows.
const COUNT_SIZE: usize = 4;

/// Appends rows of `width` elements.
pub(super) fn write(rows: &[Encoding], width: usize, message: &mut Vec<u8>) {
    message.extend(count(rows.chunks_exact(width).len()));
    message.extend(rows.iter().flatten());
}

/// A number of rows.
#[allow(clippy::cast_possible_truncation, reason = "at most 2^20 rows")]
pub(super) const fn count(count: usize) -> [u8; COUNT_SIZE] {
    (count as u32).to_le_bytes()
}

/// The number that a message is.
pub(super) fn read_count(message: &[u8]) -> Result<usize> {
    let bytes = message.try_into().map_err(|_| ErrorKind::Malformed.bound(COUNT_SIZE as u64))?;
    Ok(usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX))
}

/// The elements of the rows that a message ends with.
pub(super) fn read(message: &[u8], width: usize) -> Result<Zeroizing<Vec<Encoding>>> {
    let (count, rows) = message.split_first_chunk::<COUNT_SIZE>().ok_or(ErrorKind::Malformed)?;
    let count = usize::try_from(u32::from_le_bytes(*count)).unwrap_or(usize::MAX);
    if count > MAX_ITEMS {
        return Err(ErrorKind::TooLong.bound(MAX_ITEMS as u64));
    }
    let (elements, rest) = rows.as_chunks::<ELEMENT_SIZE>();
    if !rest.is_empty() || elements.len() != count * width {
        return Err(ErrorKind::Malformed.bound((COUNT_SIZE + count * width * ELEMENT_SIZE) as u64));
    }
    Ok(Zeroizing::new(elements.to_vec()))
}

/// Refuses a column that holds an element twice.
pub(super) fn check_distinct_vartime(rows: &[Encoding], width: usize) -> Result<()> {
    for column in 0..width {
        let mut elements: Zeroizing<Vec<Encoding>> = Zeroizing::new(Vec::with_capacity(rows.len()));
        elements.extend(rows.iter().skip(column).step_by(width));
        elements.sort_unstable();
        check_ascending_vartime(elements.iter())?;
    }
    Ok(())
}

/// Refuses elements that are not in the order of their encodings, or occur twice.
pub(super) fn check_ascending_vartime<'a>(mut elements: impl Iterator<Item = &'a Encoding>) -> Result<()> {
    let Some(mut last) = elements.next() else { return Ok(()) };
    for element in elements {
        if element == last {
            return Err(ErrorKind::RepeatedElement.into());
        }
        if element < last {
            return Err(ErrorKind::NonCanonical.into());
        }
        last = element;
    }
    Ok(())
}

/// The indices of elements in the order of their encodings.
pub(super) fn order_vartime(elements: &[Encoding]) -> Zeroizing<Vec<usize>> {
    let mut order = Zeroizing::new(Vec::with_capacity(elements.len()));
    order.extend(0..elements.len());
    order.sort_unstable_by_key(|index| elements.get(*index));
    order
}

/// Puts rows of `width` elements into the order of their last elements, which says nothing of the order that they had.
pub(super) fn sort_vartime(rows: &mut Zeroizing<Vec<Encoding>>, width: usize) {
    let mut sorted: Vec<&[Encoding]> = rows.chunks_exact(width).collect();
    sorted.sort_unstable_by_key(|row| row.last());
    let mut out = Zeroizing::new(Vec::with_capacity(rows.len()));
    out.extend(sorted.into_iter().flatten().copied());
    *rows = out;
}
