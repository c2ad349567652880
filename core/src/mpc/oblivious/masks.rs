//! Masks with what their truncation and comparison need, and the bits that select.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::future::Future;
use core::iter::repeat_n;
use core::pin::Pin;

use zeroize::Zeroizing;

use super::make::PIECE;
use super::peers::Peers;
use super::robust::RUN;
use super::{bits, transpose, words};
use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::Words;
use crate::mpc::engine::join_all;
use crate::mpc::local::comparison::{CHUNK, Width, table_words};

/// Masks whose bits the parties share, from `r`, whose words are this party's part of those bits: it becomes shares of the mask. Then what `fraction` asks for, and the vectors of the chunks.
pub(super) async fn masks(
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
        let mut planes = Zeroizing::new(vec![0u64; r.len().next_multiple_of(RUN)]);
        for (square, group) in planes.as_chunks_mut::<RUN>().0.iter_mut().zip(r.chunks(RUN)) {
            for (plane, word) in square.iter_mut().zip(group) {
                *plane = *word;
            }
            transpose::square(square);
        }
        let (choices, nibbles) = (lowest(&planes, bits, bits), lowest(&planes, compared, CHUNK * chunks));
        let both: Vec<Pin<Box<dyn Future<Output = Result<Words>> + '_>>> =
            vec![Box::pin(bits::to_words(peers, &choices)), Box::pin(bits::one_hot(peers, &nibbles))];
        let mut made = join_all(both).await.into_iter();
        let (Some(weights), Some(vectors)) = (made.next(), made.next()) else {
            return Err(ErrorKind::InvalidLength.into());
        };
        let (weights, vectors) = (weights?, vectors?);
        let ends = (first, first + r.len());
        let truncation = fraction.map(|fraction| {
            (
                fraction,
                shifted.get_mut(ends.0..ends.1).unwrap_or_default(),
                top.get_mut(ends.0..ends.1).unwrap_or_default(),
            )
        });
        weigh(bits, &weights, r, truncation);
        scatter(count, chunks, first, &vectors, tables);
    }
    Ok(())
}

/// Of each 64 planes the first `kept`, filled up with zeros to `length`.
fn lowest(planes: &[u64], kept: usize, length: usize) -> Words {
    let groups = planes.chunks_exact(RUN);
    let zeros = || repeat_n(0, length - kept.min(length));
    words(length * groups.len(), groups.flat_map(|group| group.iter().copied().take(kept.min(length)).chain(zeros())))
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
    let size = table_words(count);
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
                    tables.get_mut((4 * four + chunk) * size..(4 * four + chunk + 1) * size).unwrap_or_default();
                for (out, masks) in table.iter_mut().skip(start).zip(square.as_chunks::<4>().0) {
                    *out = masks.iter().rev().fold(0, |packed, mask| packed << 16 | ((mask >> (16 * chunk)) & 0xffff));
                }
            }
        }
    }
}

/// For each mask a random bit beta as a word, of which `bits` are this party's parts, and beta * r.
pub(super) async fn selectors(peers: &Peers, r: &[u64], bits: &[u64], out: &mut [u64]) -> Result<()> {
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
