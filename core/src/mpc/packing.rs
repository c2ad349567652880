//! Words as bytes: each of a number of bits, one after the other from the lowest bit of the first byte.

use alloc::vec::Vec;

/// Words that become bytes at a time.
const PIECE: usize = 128;

/// Bytes of so many words of `bits` bits.
#[must_use]
pub(super) const fn size(bits: u32, count: usize) -> usize {
    (count * bits as usize).div_ceil(8)
}

/// Appends words of `bits` bits, 1 to 64, of which bits above do not count.
pub(super) fn pack(bits: u32, words: &[u64], out: &mut Vec<u8>) {
    let end = out.len() + size(bits, words.len());
    out.reserve(end - out.len());
    if bits == 64 {
        words.chunks(PIECE).for_each(|words| append(words, out));
        return;
    }
    let kept = u64::MAX >> (64 - bits);
    let mut whole = [0; PIECE];
    let (mut held, mut count) = (0, 0);
    // So many words of any width fill no more than that many.
    for words in words.chunks(PIECE) {
        let mut made = whole.iter_mut();
        let mut filled = 0;
        for word in words {
            let word = word & kept;
            held |= word << count;
            count += bits;
            if count >= 64 {
                count -= 64;
                if let Some(place) = made.next() {
                    (*place, filled) = (held, filled + 1);
                }
                // What did not fit: the upper `count` bits of the word, of which there may be none.
                held = (word >> 1) >> (bits - count - 1);
            }
        }
        append(whole.get(..filled).unwrap_or_default(), out);
    }
    out.extend(held.to_le_bytes().into_iter().take(end - out.len()));
}

/// Appends words of 64 bits.
fn append(words: &[u64], out: &mut Vec<u8>) {
    let mut bytes = [[0; 8]; PIECE];
    for (bytes, word) in bytes.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    out.extend_from_slice(bytes.get(..words.len()).unwrap_or_default().as_flattened());
}

/// Adds packed words to words; those for which there are no bytes stay as they are.
pub(super) fn add(bits: u32, packed: &[u8], words: &mut [u64]) {
    if bits == 64 {
        for (word, bytes) in words.iter_mut().zip(packed.as_chunks().0) {
            *word = word.wrapping_add(u64::from_le_bytes(*bytes));
        }
        return;
    }
    let kept = u64::MAX >> (64 - bits);
    let (whole, rest) = packed.as_chunks();
    let mut last = [0; 8];
    for (last, byte) in last.iter_mut().zip(rest) {
        *last = *byte;
    }
    let mut source = whole.iter().chain([&last]).map(|bytes| u64::from_le_bytes(*bytes));
    let (mut held, mut count) = (0, 0);
    for word in words {
        let mut value = held;
        if count < bits {
            let next = source.next().unwrap_or_default();
            value |= next << count;
            // The lower bits - count bits of it are used up.
            held = (next >> 1) >> (bits - count - 1);
            count += 64;
        } else {
            held >>= bits;
        }
        count -= bits;
        *word = word.wrapping_add(value & kept);
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    /// Bit by bit.
    fn packed(bits: u32, words: &[u64]) -> Vec<u8> {
        let mut out = vec![0; size(bits, words.len())];
        let all = words.iter().flat_map(|word| (0..bits).map(move |bit| word >> bit & 1));
        for (place, bit) in all.enumerate() {
            out[place >> 3] |= u8::try_from(bit).unwrap() << (place & 7);
        }
        out
    }

    #[test]
    fn every_width_packs_and_comes_back() {
        let words: Vec<u64> = (0..2 * PIECE as u64 + 3).map(|k| (k + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        for bits in 1..=64 {
            // Miri, which takes long, looks at less.
            for count in [5, 0, 1, 8, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 3].into_iter().take(if cfg!(miri) {
                1
            } else {
                8
            }) {
                let words = &words[..count];
                let mut found = vec![7];
                pack(bits, words, &mut found);
                assert_eq!(found[0], 7);
                assert_eq!(found[1..], packed(bits, words), "{count} words of {bits} bits");
                let mut sums = vec![u64::MAX; count];
                add(bits, &found[1..], &mut sums);
                let kept = u64::MAX >> (64 - bits);
                assert!(sums.iter().zip(words).all(|(sum, word)| *sum == (word & kept).wrapping_sub(1)));
            }
        }
    }
}
