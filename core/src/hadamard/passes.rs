//! The stages, three at a time: as many as the vector registers of any processor hold between a load and a store.
//!
//! Three stages on elements n/2, n/4 and n/8 apart are a transform of order 8 of each column of the n elements seen as 8 rows. Then each row goes on alone, so the rows
//! are finished one after the other, each in the nearest cache that holds it. Every element takes part in its stages in the specified order, which is all
//! that its bits depend on.
//!
//! The loops are over slices that are function arguments: so the compiler knows that they do not overlap, and vectorises them at whatever width the target has.
//! Wider registers than the 128 bits of every x86-64 and Arm processor would gain little, since memory is next to be the limit.

use crate::error::Result;

use super::number::Number;
use super::signs::Signs;

/// log2 of the most elements that go through all their remaining stages while they stay in a first-level cache: 16 or 32 KiB.
const FIRST_CACHE_LOG2: u32 = 12;

/// log2 of the most elements that are finished before something else is done with them, and of those that take their signs before the first pass goes over them: they
/// stay in a second-level cache. With fewer, setting up the cipher of the signs, which takes as long as signs for a thousand elements, would count.
const SECOND_CACHE_LOG2: u32 = 15;

/// All stages of `data`, whose length is a power of two.
///
/// With a diagonal, its signs from the given one on are applied first, within the first pass. `done` gets each piece of the result with its position, within the last
/// passes.
///
/// # Errors
///
/// Those of the diagonal and of `done`.
pub(super) fn run<T: Number>(
    data: &mut [T],
    diagonal: Option<(&Signs, u64)>,
    done: impl Fn(u64, &mut [T]) -> Result<()>,
) -> Result<()> {
    match diagonal {
        None => finish(data, 0, &done),
        Some((signs, first)) if fits(data, SECOND_CACHE_LOG2) => {
            signs.apply(first, data)?;
            finish(data, 0, &done)
        }
        Some((signs, first)) => {
            signed_first_pass(data, signs, first)?;
            finish_rows(data, 0, &done)
        }
    }
}

fn fits<T>(block: &[T], log2: u32) -> bool {
    block.len() <= 1 << log2
}

/// All stages of a block, and what comes after them.
fn finish<T: Number>(block: &mut [T], position: u64, done: &impl Fn(u64, &mut [T]) -> Result<()>) -> Result<()> {
    if fits(block, SECOND_CACHE_LOG2) {
        stages(block);
        return done(position, block);
    }
    let [a, b, c, d, e, f, g, h] = rows(block);
    eight(a, b, c, d, e, f, g, h);
    finish_rows(block, position, done)
}

/// The same, with the first three stages done.
fn finish_rows<T: Number>(block: &mut [T], position: u64, done: &impl Fn(u64, &mut [T]) -> Result<()>) -> Result<()> {
    let mut position = position;
    for row in rows(block) {
        finish(row, position, done)?;
        position += row.len() as u64;
    }
    Ok(())
}

/// All stages of a block.
fn stages<T: Number>(block: &mut [T]) {
    if fits(block, FIRST_CACHE_LOG2) {
        return in_first_cache(block);
    }
    let [a, b, c, d, e, f, g, h] = rows(block);
    eight(a, b, c, d, e, f, g, h);
    for row in rows(block) {
        stages(row);
    }
}

/// The first three stages, on elements that take their signs just before.
fn signed_first_pass<T: Number>(data: &mut [T], signs: &Signs, first: u64) -> Result<()> {
    /// Columns at a time.
    const TILE: usize = 1 << (SECOND_CACHE_LOG2 - 3);
    let mut rows = rows(data);
    let length = rows[0].len();
    for column in (0..length).step_by(TILE) {
        let mut tile = rows.each_mut().map(|row| row.get_mut(column..column + TILE).unwrap_or_default());
        let mut sign = first + column as u64;
        for piece in &mut tile {
            signs.apply(sign, piece)?;
            sign += length as u64;
        }
        let [a, b, c, d, e, f, g, h] = tile;
        eight(a, b, c, d, e, f, g, h);
    }
    Ok(())
}

/// All stages of a block of at most 2^12 elements: the last three or four in one go, those before three at a time and, where that leaves two, these first.
#[inline(never)]
fn in_first_cache<T: Number>(block: &mut [T]) {
    let mut length = block.len();
    if matches!(length.trailing_zeros(), 2 | 5 | 8 | 11) {
        let (left, right) = halves(block);
        let ((a, b), (c, d)) = (halves(left), halves(right));
        four(a, b, c, d);
        length >>= 2;
    }
    while length > 16 {
        for part in block.chunks_exact_mut(length) {
            let [a, b, c, d, e, f, g, h] = rows(part);
            eight(a, b, c, d, e, f, g, h);
        }
        length >>= 3;
    }
    match length {
        16 => last_sixteen(block),
        8 => last_eight(block),
        2 => last_two(block),
        _ => {}
    }
}

fn halves<T>(block: &mut [T]) -> (&mut [T], &mut [T]) {
    block.split_at_mut(block.len() >> 1)
}

/// A block of at least 8 elements as 8 rows.
fn rows<T>(block: &mut [T]) -> [&mut [T]; 8] {
    let (left, right) = halves(block);
    let ((ab, cd), (ef, gh)) = (halves(left), halves(right));
    let ((a, b), (c, d), (e, f), (g, h)) = (halves(ab), halves(cd), halves(ef), halves(gh));
    [a, b, c, d, e, f, g, h]
}

/// Two stages of a block that is given as four rows of the same length.
#[inline(never)]
fn four<T: Number>(a: &mut [T], b: &mut [T], c: &mut [T], d: &mut [T]) {
    for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
        let ((ac, a_c), (bd, b_d)) = (butterfly(*a, *c), butterfly(*b, *d));
        ((*a, *b), (*c, *d)) = (butterfly(ac, bd), butterfly(a_c, b_d));
    }
}

/// Three stages of a block that is given as eight rows of the same length.
#[inline(never)]
#[allow(clippy::too_many_arguments, reason = "slices in an array might overlap, for all that the compiler knows")]
fn eight<T: Number>(
    a: &mut [T],
    b: &mut [T],
    c: &mut [T],
    d: &mut [T],
    e: &mut [T],
    f: &mut [T],
    g: &mut [T],
    h: &mut [T],
) {
    for (((((((a, b), c), d), e), f), g), h) in a.iter_mut().zip(b).zip(c).zip(d).zip(e).zip(f).zip(g).zip(h) {
        [*a, *b, *c, *d, *e, *f, *g, *h] = order_eight([*a, *b, *c, *d, *e, *f, *g, *h]);
    }
}

/// The last stage.
fn last_two<T: Number>(block: &mut [T]) {
    for [a, b] in block.as_chunks_mut::<2>().0 {
        (*a, *b) = butterfly(*a, *b);
    }
}

/// The last three stages.
fn last_eight<T: Number>(block: &mut [T]) {
    for group in block.as_chunks_mut::<8>().0 {
        *group = order_eight(*group);
    }
}

/// The last four stages.
fn last_sixteen<T: Number>(block: &mut [T]) {
    for [left, right] in block.as_chunks_mut::<8>().0.as_chunks_mut::<2>().0 {
        let ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) = (*left, *right);
        let ((a, i), (b, j), (c, k), (d, l)) = (butterfly(a, i), butterfly(b, j), butterfly(c, k), butterfly(d, l));
        let ((e, m), (f, n), (g, o), (h, p)) = (butterfly(e, m), butterfly(f, n), butterfly(g, o), butterfly(h, p));
        (*left, *right) = (order_eight([a, b, c, d, e, f, g, h]), order_eight([i, j, k, l, m, n, o, p]));
    }
}

/// The transform of order 8.
#[inline(always)]
fn order_eight<T: Number>([a, b, c, d, e, f, g, h]: [T; 8]) -> [T; 8] {
    let ((a, e), (b, f), (c, g), (d, h)) = (butterfly(a, e), butterfly(b, f), butterfly(c, g), butterfly(d, h));
    let ((a, c), (b, d), (e, g), (f, h)) = (butterfly(a, c), butterfly(b, d), butterfly(e, g), butterfly(f, h));
    let ((a, b), (c, d), (e, f), (g, h)) = (butterfly(a, b), butterfly(c, d), butterfly(e, f), butterfly(g, h));
    [a, b, c, d, e, f, g, h]
}

#[inline(always)]
fn butterfly<T: Number>(a: T, b: T) -> (T, T) {
    (a.plus(b), a.minus(b))
}
