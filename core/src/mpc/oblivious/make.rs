//! A party's share of each correlation, made with the others (docs/mpc.md section 9).
//!
//! A long correlation is made in pieces, so that what is needed on the way stays bounded. Its free vectors are this party's own stream; the dependent ones are what the party
//! computes of its own shares and what the transfers with each other party add.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;

use zeroize::Zeroizing;

use super::bits;
use super::form::Form;
use super::peers::{Direction, Peers};
use super::robust::RUN;
use super::transpose;
use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Correlation, Material, Words};
use crate::mpc::dealer::Seed;
use crate::mpc::engine::join_all;
use crate::mpc::local;
use crate::mpc::local::comparison::{CHUNK, Width, table_words};
use crate::prg::Suite;

/// Runs of 64 transfers that are under way at a time, about.
const PIECE: usize = 2048;

/// Columns of a matrix that one choice is used for.
const COLUMNS: usize = 64;

/// The share of correlation `number`, whose free vectors this party takes from its seed.
pub(super) async fn make(
    peers: &Peers,
    suite: Suite,
    seed: &Seed,
    number: u64,
    correlation: &Correlation,
) -> Result<Material> {
    let layout = correlation.layout();
    let mut shares = Zeroizing::new(vec![0u64; layout.total()]);
    let (free, dependent) = shares.split_at_mut(layout.free_words + layout.free_bits);
    // What this party draws beyond its free vectors: its part of random bits.
    let mut drawn = Zeroizing::new(vec![0u64; free.len() + layout.drawn]);
    seed.add(suite, number, &mut drawn)?;
    let (own, own_bits) = drawn.split_at(free.len());
    free.copy_from_slice(own);
    match *correlation {
        Correlation::Products { count } => {
            let (a, b) = free.split_at(count);
            products(peers, Direction::Both, 1, a, b, dependent).await?;
        }
        Correlation::Squares { .. } => {
            // The square of a sum: twice the product of each pair, and the squares.
            products(peers, Direction::FromLower, 1, free, free, dependent).await?;
            for (square, a) in dependent.iter_mut().zip(free.iter()) {
                *square = (*square << 1).wrapping_add(a.wrapping_mul(*a));
            }
        }
        Correlation::MatrixProduct { rows, inner, columns } => {
            let (a, b) = free.split_at(rows * inner);
            matrix_product(peers, [rows, inner, columns], a, b, dependent).await?;
        }
        Correlation::Masks { count, fraction, width } => {
            masks(peers, count, fraction, width, free, dependent).await?;
        }
        Correlation::Selectors { count, width } => {
            let (words, tables) = dependent.split_at_mut(2 * count);
            masks(peers, count, None, Some(width), free, tables).await?;
            selectors(peers, free, own_bits, words).await?;
        }
        Correlation::Bits { .. } => {
            for (out, bits) in dependent.chunks_mut(RUN * PIECE).zip(own_bits.chunks(PIECE)) {
                let words = bits::to_words(peers, bits).await?;
                for (out, word) in out.iter_mut().zip(words.iter()) {
                    *out = *word;
                }
            }
        }
        Correlation::Ands { count } => {
            let (a, b) = free.split_at(local::bits::words(count));
            for ((a, b), out) in a.chunks(PIECE).zip(b.chunks(PIECE)).zip(dependent.chunks_mut(PIECE)) {
                out.copy_from_slice(&bits::and(peers, 1, a, b).await?);
            }
        }
        Correlation::SharedAnds { count } => {
            let (a, factors) = free.split_at(local::bits::words(count));
            shared_ands(peers, a, factors, dependent).await?;
        }
    }
    Ok(Material::new(layout, shares))
}

/// About how many transfers one direction of a pair makes for a correlation.
pub(super) const fn transfers(correlation: &Correlation) -> usize {
    match *correlation {
        Correlation::Products { count } | Correlation::Squares { count } => count.saturating_mul(64),
        Correlation::MatrixProduct { rows, inner, columns } => {
            rows.saturating_mul(inner).saturating_mul(columns).saturating_mul(64)
        }
        Correlation::Masks { count, .. } | Correlation::Selectors { count, .. } => count.saturating_mul(144),
        Correlation::Bits { count } | Correlation::Ands { count } | Correlation::SharedAnds { count } => count,
    }
}

/// Adds shares of what the other parties' products with this one's words give: for each word of `choices` times `width` words of `factors`.
async fn products(
    peers: &Peers,
    direction: Direction,
    width: usize,
    choices: &[u64],
    factors: &[u64],
    out: &mut [u64],
) -> Result<()> {
    let piece = PIECE >> width.next_power_of_two().ilog2();
    let pieces = choices.chunks(piece).zip(factors.chunks(piece * width)).zip(out.chunks_mut(piece * width));
    for ((choices, factors), out) in pieces {
        let mut extension = peers.extend(direction, choices).await?;
        peers.carry(&mut extension, Form::Products { width }, None, factors, out).await?;
        if direction == Direction::Both {
            for (choice, (factors, out)) in
                choices.iter().zip(factors.chunks_exact(width).zip(out.chunks_exact_mut(width)))
            {
                for (factor, out) in factors.iter().zip(out) {
                    *out = out.wrapping_add(choice.wrapping_mul(*factor));
                }
            }
        }
    }
    Ok(())
}

/// A product of matrices takes transfers for the elements of that operand which has fewer, each of which carries a row of the other one.
async fn matrix_product(
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

async fn wide_product(
    peers: &Peers,
    [_, inner, columns]: [usize; 3],
    a: &[u64],
    b: &[u64],
    out: &mut [u64],
) -> Result<()> {
    for first in (0..columns).step_by(COLUMNS) {
        let width = COLUMNS.min(columns - first);
        let block: Words = Zeroizing::new(
            b.chunks_exact(columns).flat_map(|row| row.iter().skip(first).take(width)).copied().collect(),
        );
        // Many short rows go together.
        let together = (PIECE >> block.len().next_power_of_two().ilog2()).max(1);
        for (choices, out) in a.chunks(together * inner).zip(out.chunks_mut(together * columns)) {
            let rows = choices.chunks_exact(inner);
            let factors: Words = Zeroizing::new(rows.flat_map(|_| block.iter().copied()).collect());
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
fn transposed(rows: usize, columns: usize, words: &[u64]) -> Words {
    let mut out = Zeroizing::new(Vec::with_capacity(rows * columns));
    for column in 0..columns {
        out.extend(words.iter().skip(column).step_by(columns));
    }
    out
}

/// Masks whose bits the parties share, from `r`, whose words are this party's part of those bits: it becomes shares of the mask. Then what `fraction` asks for, and the vectors of the chunks.
async fn masks(
    peers: &Peers,
    count: usize,
    fraction: Option<u32>,
    width: Option<Width>,
    r: &mut [u64],
    dependent: &mut [u64],
) -> Result<()> {
    if dependent.is_empty() {
        return Ok(());
    }
    let (truncated, tables) = dependent.split_at_mut(if fraction.is_some() { 2 * count } else { 0 });
    let (shifted, top) = truncated.split_at_mut(truncated.len() >> 1);
    // Bits that are opened later: all of them, unless the words are compared in fewer.
    let bits = match (fraction, width) {
        (None, Some(width)) => width.bits() as usize,
        _ => 64,
    };
    let compared = width.map_or(0, |width| width.bits() as usize);
    let chunks = width.map_or(0, Width::chunks);
    let groups = PIECE >> 6;
    for (piece, r) in r.chunks_mut(RUN * groups).enumerate() {
        let first = piece * RUN * groups;
        // Of 64 masks each: the planes of their bits.
        let mut planes = Zeroizing::new(Vec::with_capacity(r.len() + RUN));
        for group in r.chunks(RUN) {
            let mut square = Zeroizing::new([0; RUN]);
            for (plane, word) in square.iter_mut().zip(group) {
                *plane = *word;
            }
            transpose::square(&mut square);
            planes.extend_from_slice(&*square);
        }
        let of_groups = |taken: usize, kept: usize| -> Words {
            let planes = planes.as_chunks::<RUN>().0.iter();
            Zeroizing::new(
                planes
                    .flat_map(|group| {
                        (0..taken).map(|bit| if bit < kept { group.get(bit).copied().unwrap_or_default() } else { 0 })
                    })
                    .collect(),
            )
        };
        let (choices, nibbles) = (of_groups(bits, bits), of_groups(CHUNK * chunks, compared));
        let both: Vec<Pin<Box<dyn Future<Output = Result<Words>> + '_>>> =
            vec![Box::pin(bits::to_words(peers, &choices)), Box::pin(bits::one_hot(peers, &nibbles))];
        let mut made = join_all(both).await.into_iter();
        let (Some(words), Some(vectors)) = (made.next(), made.next()) else {
            return Err(ErrorKind::InvalidLength.into());
        };
        let (words, vectors) = (words?, vectors?);
        let ends = (first, first + r.len());
        let truncation = fraction.map(|fraction| {
            (
                fraction,
                shifted.get_mut(ends.0..ends.1).unwrap_or_default(),
                top.get_mut(ends.0..ends.1).unwrap_or_default(),
            )
        });
        weigh(bits, &words, r, truncation);
        scatter(count, chunks, first, &vectors, tables);
    }
    Ok(())
}

/// Adds up the bits of each mask, of which there are `bits` words for each of 64 masks, one bit of all of them after the other. Of a mask with fewer bits this party's share has, above them, what it had.
fn weigh(bits: usize, words: &[u64], r: &mut [u64], truncation: Option<(u32, &mut [u64], &mut [u64])>) {
    for (group, words) in r.chunks_mut(RUN).zip(words.chunks_exact(RUN * bits)) {
        for r in group.iter_mut() {
            *r = if bits < 64 { *r >> bits << bits } else { 0 };
        }
        for (bit, words) in words.chunks_exact(RUN).enumerate() {
            for (r, word) in group.iter_mut().zip(words) {
                *r = r.wrapping_add(word << bit);
            }
        }
    }
    let Some((fraction, shifted, top)) = truncation else { return };
    let fraction = fraction as usize;
    let places = shifted.chunks_mut(RUN).zip(top.chunks_mut(RUN));
    for (words, (shifted, top)) in words.chunks_exact(RUN * bits).zip(places) {
        for (bit, words) in words.chunks_exact(RUN).enumerate() {
            for ((shifted, top), word) in shifted.iter_mut().zip(top.iter_mut()).zip(words) {
                if bit == 63 {
                    *top = *word;
                } else if bit >= fraction {
                    *shifted = shifted.wrapping_add(word << (bit - fraction));
                }
            }
        }
    }
}

/// Puts vectors, sixteen planes for each chunk of 64 masks, where the layout has them: chunk by chunk, four masks to a word.
fn scatter(count: usize, chunks: usize, first: usize, vectors: &[u64], tables: &mut [u64]) {
    let words = table_words(count);
    for (group, vectors) in vectors.chunks_exact((16 * chunks).max(1)).enumerate() {
        let start = (first + RUN * group) >> 2;
        for (four, planes) in vectors.chunks(RUN).enumerate() {
            let mut square = Zeroizing::new([0; RUN]);
            for (word, plane) in square.iter_mut().zip(planes) {
                *word = *plane;
            }
            transpose::square(&mut square);
            // A word has the vectors of one mask in four chunks.
            for chunk in 0..planes.len() >> 4 {
                let table =
                    tables.get_mut((4 * four + chunk) * words..(4 * four + chunk + 1) * words).unwrap_or_default();
                for (out, masks) in table.iter_mut().skip(start).zip(square.as_chunks::<4>().0) {
                    *out = masks.iter().rev().fold(0, |packed, mask| packed << 16 | ((mask >> (16 * chunk)) & 0xffff));
                }
            }
        }
    }
}

/// For each mask a random bit beta as a word, of which `bits` are this party's parts, and beta * r.
async fn selectors(peers: &Peers, r: &[u64], bits: &[u64], out: &mut [u64]) -> Result<()> {
    let one = u64::from(peers.party().is_first());
    let (beta, products) = out.split_at_mut(r.len());
    let groups = PIECE >> 1;
    let places = beta.chunks_mut(RUN * groups).zip(products.chunks_mut(RUN * groups));
    for ((bits, r), (beta, products)) in bits.chunks(groups).zip(r.chunks(RUN * groups)).zip(places) {
        let mut factors = Zeroizing::new(vec![0u64; 2 * RUN * bits.len()]);
        for (factors, r) in factors.chunks_exact_mut(2 * RUN).zip(r.chunks(RUN)) {
            let (ones, words) = factors.split_at_mut(RUN);
            ones.fill(one);
            for (word, r) in words.iter_mut().zip(r) {
                *word = *r;
            }
        }
        let made = bits::times(peers, 2, bits, &factors).await?;
        let groups = beta.chunks_mut(RUN).zip(products.chunks_mut(RUN)).zip(made.chunks_exact(2 * RUN));
        for ((beta, product), made) in groups {
            let (bits, words) = made.split_at(RUN);
            for ((beta, product), (bit, word)) in beta.iter_mut().zip(product).zip(bits.iter().zip(words)) {
                (*beta, *product) = (*bit, *word);
            }
        }
    }
    Ok(())
}

/// a AND b, a AND c: the bits of a are the choices, those of b and c are carried together.
async fn shared_ands(peers: &Peers, a: &[u64], factors: &[u64], out: &mut [u64]) -> Result<()> {
    let (b, c) = factors.split_at(a.len());
    let (with_b, with_c) = out.split_at_mut(a.len());
    let places = with_b.chunks_mut(PIECE).zip(with_c.chunks_mut(PIECE));
    for ((a, (b, c)), (with_b, with_c)) in a.chunks(PIECE).zip(b.chunks(PIECE).zip(c.chunks(PIECE))).zip(places) {
        let pairs: Words = Zeroizing::new(b.iter().zip(c).flat_map(|(b, c)| [*b, *c]).collect());
        let made = bits::and(peers, 2, a, &pairs).await?;
        for ((with_b, with_c), [b, c]) in with_b.iter_mut().zip(with_c).zip(made.as_chunks::<2>().0) {
            (*with_b, *with_c) = (*b, *c);
        }
    }
    Ok(())
}
