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
