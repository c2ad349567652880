//! A party's share of each correlation, made with the others (docs/mpc.md section 13).
//!
//! A long correlation is made in pieces, so that what is needed on the way stays bounded. Its free vectors are this party's own stream; the dependent ones are what the party
//! computes of its own shares and what the transfers with each other party add.

use alloc::vec;

use zeroize::Zeroizing;

use super::form::Form;
use super::masks::{masks, selectors};
use super::matrix::matrix_product;
use super::peers::{Direction, Peers};
use super::robust::RUN;
use super::{bits, words};
use crate::error::Result;
use crate::mpc::correlation::{Correlation, Material};
use crate::mpc::dealer::Seed;
use crate::mpc::local;
use crate::prg::Suite;

/// Runs of 64 transfers that are under way at a time, about.
pub(super) const PIECE: usize = 2048;

/// The share of correlation `number`, whose free vectors this party takes from its seed.
pub(super) async fn make(
    peers: &Peers,
    suite: Suite,
    seed: &Seed,
    number: u64,
    correlation: &Correlation,
) -> Result<Material> {
    let layout = correlation.layout();
    let zeros = |count| Zeroizing::new(vec![0u64; count]);
    let (mut free_share, mut dependent_share) = (zeros(layout.free()), zeros(layout.dependent()));
    let (free, dependent) = (&mut free_share[..], &mut dependent_share[..]);
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
                let made = bits::to_words(peers, bits).await?;
                for (out, word) in out.iter_mut().zip(made.iter()) {
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
    Ok(Material::new(layout, free_share, dependent_share))
}

/// About how many transfers one direction of a pair makes for a correlation, of which the shortest take a run as well.
pub(super) const fn transfers(correlation: &Correlation) -> usize {
    let (runs, of_run) = match *correlation {
        Correlation::Products { count } | Correlation::Squares { count } => (count, 1),
        Correlation::MatrixProduct { rows, inner, columns } => (rows.saturating_mul(inner), columns),
        Correlation::Masks { count, .. } | Correlation::Selectors { count, .. } => (count.div_ceil(RUN), 144),
        Correlation::Bits { count } | Correlation::Ands { count } | Correlation::SharedAnds { count } => {
            (count.div_ceil(RUN), 1)
        }
    };
    let runs = runs.saturating_mul(of_run);
    RUN.saturating_mul(if runs == 0 { 1 } else { runs })
}

/// Adds shares of what the other parties' products with this one's words give: for each word of `choices` times `width` words of `factors`.
pub(super) async fn products(
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

/// a AND b, a AND c: the bits of a are the choices, those of b and c are carried together.
async fn shared_ands(peers: &Peers, a: &[u64], factors: &[u64], out: &mut [u64]) -> Result<()> {
    let (b, c) = factors.split_at(a.len());
    let (with_b, with_c) = out.split_at_mut(a.len());
    let places = with_b.chunks_mut(PIECE).zip(with_c.chunks_mut(PIECE));
    for ((a, (b, c)), (with_b, with_c)) in a.chunks(PIECE).zip(b.chunks(PIECE).zip(c.chunks(PIECE))).zip(places) {
        let pairs = words(2 * b.len(), b.iter().zip(c).flat_map(|(b, c)| [*b, *c]));
        let made = bits::and(peers, 2, a, &pairs).await?;
        for ((with_b, with_c), [b, c]) in with_b.iter_mut().zip(with_c).zip(made.as_chunks::<2>().0) {
            (*with_b, *with_c) = (*b, *c);
        }
    }
    Ok(())
}
