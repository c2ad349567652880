//! Packed bits: their exclusive-or shares, products and conversion into words.

/// Words that hold `count` packed bits.
#[must_use]
pub const fn words(count: usize) -> usize {
    count.div_ceil(64)
}

/// A share of x AND y from the openings d = x xor a and e = y xor b and a share of (a, b, c = a AND b).
pub fn and(first: bool, d: &[u64], e: &[u64], a: &[u64], b: &[u64], c: &[u64], out: &mut [u64]) {
    let public = u64::from(first).wrapping_neg();
    for (((((out, d), e), a), b), c) in out.iter_mut().zip(d).zip(e).zip(a).zip(b).zip(c) {
        *out = c ^ (d & b) ^ (e & a) ^ (d & e & public);
    }
}

/// Shares as words of bits that were opened after they had been hidden by a bit beta, of which `beta` has shares as words:
/// t + (1 - 2 t) * beta, where party 0 adds t.
pub fn to_words(first: bool, opened: &[u64], beta: &[u64], out: &mut [u64]) {
    let public = u64::from(first).wrapping_neg();
    for (place, (out, beta)) in out.iter_mut().zip(beta).enumerate() {
        let t = bit(opened, place);
        // (1 - 2 t) * beta: beta with its sign changed where t is 1.
        let sign = t.wrapping_neg();
        *out = (beta ^ sign).wrapping_sub(sign).wrapping_add(t & public);
    }
}

/// Shares of b y for a bit b that was opened after it had been hidden by a bit beta: `opened` has the packed bits t = b xor beta, `y` and `hidden`
/// shares of y and beta y. b y = t y + (1 - 2 t) beta y.
pub fn select(opened: &[u64], y: &[u64], hidden: &[u64], out: &mut [u64]) {
    for (place, ((out, y), hidden)) in out.iter_mut().zip(y).zip(hidden).enumerate() {
        let t = bit(opened, place).wrapping_neg();
        *out = (y & t).wrapping_add((hidden ^ t).wrapping_sub(t));
    }
}

/// The bit at a place.
#[must_use]
pub fn bit(bits: &[u64], place: usize) -> u64 {
    bits.get(place >> 6).map_or(0, |word| (word >> (place & 63)) & 1)
}

/// Packs the lowest bits of words: the exclusive-or shares of a bit whose shares as words these are.
pub fn lowest(words: &[u64], out: &mut [u64]) {
    for (out, words) in out.iter_mut().zip(words.chunks(64)) {
        *out = words.iter().enumerate().fold(0, |packed, (place, word)| packed | (word & 1) << place);
    }
}

/// Puts `count` packed bits at place `start` of `out`, where nothing but zeros may be from there on.
pub fn insert(bits: &[u64], count: usize, start: usize, out: &mut [u64]) {
    let (first, shift) = (start >> 6, start & 63);
    for (place, word) in bits.iter().take(words(count)).enumerate() {
        let kept = word & (u64::MAX >> (64 * (place + 1)).saturating_sub(count));
        if let Some(low) = out.get_mut(first + place) {
            *low |= kept << shift;
        }
        if let Some(high) = out.get_mut(first + place + 1).filter(|_| shift > 0) {
            *high |= kept >> (64 - shift);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_bit_selects() {
        for (b, beta) in [(0u64, 0u64), (0, 1), (1, 0), (1, 1)] {
            for y in [0, 1, 77, u64::MAX, 1 << 63] {
                // Two shares of y and of beta y, which add up.
                let (y_shares, hidden) = ([y.wrapping_sub(5), 5], [beta.wrapping_mul(y).wrapping_sub(9), 9]);
                let mut sum = 0u64;
                for (y, hidden) in y_shares.into_iter().zip(hidden) {
                    let mut out = [0];
                    select(&[b ^ beta], &[y], &[hidden], &mut out);
                    sum = sum.wrapping_add(out[0]);
                }
                assert_eq!(sum, b.wrapping_mul(y));
            }
        }
    }

    #[test]
    fn bits_go_to_every_place() {
        let bits = [0x0123_4567_89ab_cdef, u64::MAX, 0xfedc_ba98_7654_3210];
        // Miri, which takes long, looks at less.
        for count in [65, 0, 1, 63, 64, 130, 192].into_iter().take(if cfg!(miri) { 1 } else { 7 }) {
            for start in [0, 1, 63, 64, 70] {
                let mut out = [0; 5];
                insert(&bits, count, start, &mut out);
                for place in 0..320 {
                    let expected = if (start..start + count).contains(&place) { bit(&bits, place - start) } else { 0 };
                    assert_eq!(bit(&out, place), expected, "{count} bits at {start}");
                }
            }
        }
    }
}
