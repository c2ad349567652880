//! Transposition of bit matrices: planes, in which a word has one bit of each of 64 rows, to rows and back.
//!
//! The recursive exchange of off-diagonal blocks (H. S. Warren, Hacker's Delight, section 7-3), on several squares of 64 x 64 bits at a time: the innermost loop
//! runs over independent words, which compilers turn into vector instructions.

/// Squares that are transposed side by side.
const LANES: usize = 4;

/// 64 x 64 bits of several matrices: row by row, the matrices next to each other.
type Squares<const N: usize> = [[u64; N]; 64];

/// Exchanges bit k of row p and bit p of row k.
fn transpose<const N: usize>(squares: &mut Squares<N>) {
    let mut width = 32;
    let mut low = 0x0000_0000_ffff_ffff_u64;
    while width > 0 {
        for pair in squares.chunks_exact_mut(2 * width) {
            let (upper, lower) = pair.split_at_mut(width);
            for (upper, lower) in upper.iter_mut().zip(lower) {
                for (x, y) in upper.iter_mut().zip(lower) {
                    let exchanged = ((*x >> width) ^ *y) & low;
                    *y ^= exchanged;
                    *x ^= exchanged << width;
                }
            }
        }
        width >>= 1;
        low ^= low << width;
    }
}

/// Transposes one square.
pub(super) fn square(words: &mut [u64; 64]) {
    let mut squares = words.map(|word| [word]);
    transpose(&mut squares);
    *words = squares.map(|[word]| word);
}

/// Rows of 128 bits from 128 planes of `words` words, one plane after the other: bit p of row k is bit k of plane p.
pub(super) fn rows(words: usize, planes: &[u64], rows: &mut [u128]) {
    for (block, rows) in rows.chunks_mut(64 * LANES).enumerate() {
        let first = LANES * block;
        let mut low = [[0; LANES]; 64];
        let mut high = [[0; LANES]; 64];
        for (plane, row) in planes.chunks_exact(words).zip(low.iter_mut().chain(&mut high)) {
            for (word, plane) in row.iter_mut().zip(plane.iter().skip(first)) {
                *word = *plane;
            }
        }
        transpose(&mut low);
        transpose(&mut high);
        for (lane, rows) in rows.chunks_mut(64).enumerate() {
            for (row, (low, high)) in rows.iter_mut().zip(low.iter().zip(&high)) {
                if let (Some(low), Some(high)) = (low.get(lane), high.get(lane)) {
                    *row = u128::from(*low) | u128::from(*high) << 64;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    fn numbers(count: usize) -> Vec<u64> {
        (1..=count as u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(n)).collect()
    }

    #[test]
    fn every_bit_finds_its_place() {
        for words in [1, 3, 4, 5, 9] {
            let planes = numbers(128 * words);
            let mut found = vec![0; 64 * words];
            rows(words, &planes, &mut found);
            for (k, row) in found.iter().enumerate() {
                for p in 0..128 {
                    assert_eq!((row >> p) as u64 & 1, planes[p * words + (k >> 6)] >> (k & 63) & 1);
                }
            }
        }
    }

    #[test]
    fn twice_is_nothing() {
        let start: [u64; 64] = numbers(64).try_into().unwrap();
        let mut words = start;
        square(&mut words);
        assert!((0..64).all(|p| (0..64).all(|k| words[k] >> p & 1 == start[p] >> k & 1)));
        square(&mut words);
        assert_eq!(words, start);
    }
}
