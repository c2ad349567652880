//! How a dealer makes corrections: block by block, so that what it needs for them stays in the cache.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::Seed;
use crate::error::Result;
use crate::mpc::correlation::{Correlation, Words};
use crate::prg::{Sign, StreamKey, Suite, add_stream};

/// The corrections of a correlation: what its dependent vectors are, less the shares that all parties but the corrected one have of them.
pub(super) fn deal(
    suite: Suite,
    seeds: &[Seed],
    own: &Seed,
    corrected: usize,
    number: u64,
    correlation: &Correlation,
) -> Result<Words> {
    let streams: Vec<StreamKey> = seeds.iter().map(|seed| seed.stream(suite, number)).collect();
    let own = own.stream(suite, number);
    let free = correlation.layout().free();
    let mut corrections = Zeroizing::new(vec![0; correlation.layout().dependent()]);
    // Of the free vectors the sums of all shares, of the dependent ones of all but one.
    let (mut sums, mut share, mut made) = (Words::default(), Words::default(), Words::default());
    for block in correlation.blocks() {
        let layout = block.correlation.layout();
        clear(&mut sums, layout.total());
        let mut start = 0;
        for cut in &block.cuts {
            let length = cut.places.len();
            let Some(sum) = sums.get_mut(start..start + length) else { continue };
            start += length;
            for (party, stream) in streams.iter().enumerate() {
                if party == corrected && cut.places.start >= free {
                    continue;
                }
                let first = cut.places.start as u64;
                if cut.additive {
                    add_stream(suite, stream, Sign::Plus, first, sum)?;
                } else {
                    clear(&mut share, length);
                    add_stream(suite, stream, Sign::Plus, first, &mut share)?;
                    sum.iter_mut().zip(share.iter()).for_each(|(sum, share)| *sum ^= share);
                }
            }
        }
        // The share of what the dealer alone draws is all of it.
        clear(&mut share, layout.drawn);
        add_stream(suite, &own, Sign::Plus, block.drawn as u64, &mut share)?;
        clear(&mut made, layout.dependent());
        let (words, bits) = made.split_at_mut(layout.words);
        let (free_sums, mut others) = sums.split_at(layout.free());
        let (free_words, free_bits) = free_sums.split_at(layout.free_words);
        block.correlation.complete(free_words, free_bits, &share, words, bits);
        let mut made = &made[..];
        for cut in block.cuts.iter().filter(|cut| cut.places.start >= free) {
            let places = cut.places.start - free..cut.places.end - free;
            let Some(corrections) = corrections.get_mut(places) else { continue };
            let (made_here, made_after) = made.split_at(corrections.len());
            let (others_here, others_after) = others.split_at(corrections.len());
            (made, others) = (made_after, others_after);
            for ((correction, made), others) in corrections.iter_mut().zip(made_here).zip(others_here) {
                *correction = if cut.additive { made.wrapping_sub(*others) } else { made ^ others };
            }
        }
    }
    Ok(corrections)
}

/// So many zeros.
fn clear(words: &mut Words, count: usize) {
    words.clear();
    words.resize(count, 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mpc::local::comparison::Width;

    fn seeds(parties: u8) -> Vec<Seed> {
        (0..parties).map(|party| Seed::from_bytes(&[party + 1; 32])).collect()
    }

    /// All at once: the sums of all shares, the dependent vectors of these, less the shares of the others.
    fn at_once(suite: Suite, seeds: &[Seed], own: &Seed, corrected: usize, number: u64, of: &Correlation) -> Vec<u64> {
        let layout = of.layout();
        let words =
            |place: usize| place < layout.free_words || (layout.free()..layout.free() + layout.words).contains(&place);
        let add = |place: usize, sum: u64, share: u64| if words(place) { sum.wrapping_add(share) } else { sum ^ share };
        let (mut sums, mut others) = (vec![0; layout.total()], vec![0; layout.total()]);
        for (party, seed) in seeds.iter().enumerate() {
            let mut share = vec![0; layout.total()];
            seed.add(suite, number, &mut share).unwrap();
            for (place, share) in share.iter().enumerate() {
                sums[place] = add(place, sums[place], *share);
                if party != corrected {
                    others[place] = add(place, others[place], *share);
                }
            }
        }
        let (mut drawn, mut made) = (vec![0; layout.drawn], vec![0; layout.dependent()]);
        own.add(suite, number, &mut drawn).unwrap();
        let (out_words, out_bits) = made.split_at_mut(layout.words);
        let (free_words, free_bits) = sums[..layout.free()].split_at(layout.free_words);
        of.complete(free_words, free_bits, &drawn, out_words, out_bits);
        for (place, made) in made.iter_mut().enumerate() {
            let other = others[layout.free() + place];
            *made = if place < layout.words { made.wrapping_sub(other) } else { *made ^ other };
        }
        made
    }

    #[test]
    fn corrections_in_blocks_are_those_of_the_whole() {
        let (signed, low) = (Width::signed(64).unwrap(), Width::low(18));
        // Miri, which takes long, looks at less.
        let counts = [70, 0, 1, 64, 2047, 2048, 2049, 5000];
        for count in counts.into_iter().take(if cfg!(miri) { 1 } else { 8 }) {
            let kinds = [
                Correlation::Products { count },
                Correlation::Squares { count },
                Correlation::Masks { count, fraction: Some(16), width: None },
                Correlation::Masks { count, fraction: Some(16), width: low },
                Correlation::Masks { count, fraction: None, width: Some(signed) },
                Correlation::Selectors { count, width: signed },
                Correlation::Bits { count },
                Correlation::Ands { count },
                Correlation::SharedAnds { count },
                Correlation::MatrixProduct { rows: 3, inner: count, columns: 2 },
            ];
            for (number, kind) in (5..).zip(&kinds) {
                for (parties, corrected) in [(2, 0), (3, 2)] {
                    for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
                        let (seeds, own) = (seeds(parties), Seed::from_bytes(&[99; 32]));
                        let found = deal(suite, &seeds, &own, corrected, number, kind).unwrap();
                        assert_eq!(found[..], at_once(suite, &seeds, &own, corrected, number, kind)[..], "{kind:?}");
                    }
                }
            }
        }
    }
}
