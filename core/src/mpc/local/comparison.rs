//! Comparison of a secret mask with a public word, chunk by chunk (docs/mpc.md section 6).
//!
//! A mask r is cut into chunks of four bits. For each chunk the parties hold exclusive-or shares of its one-hot vector: 16 bits, of which the one at the
//! chunk's value is set. Whether a chunk exceeds a public value, or equals it, is then an exclusive or of some of those bits, which every party
//! does for itself ([`leaves`]): the truth tables of Y. Ishai et al., TCC 2013, by the chunk. A tree of products joins the chunks.

/// Bits of a chunk.
pub const CHUNK: usize = 4;

/// How a mask is compared: in its low bits, with a sign bit above them or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Width {
    bits: u32,
    signed: bool,
}

impl Width {
    /// Compares the low `bits` bits, 1 to 64, and knows nothing of those above.
    #[must_use]
    pub const fn low(bits: u32) -> Option<Self> {
        if matches!(bits, 1..=64) { Some(Self { bits, signed: false }) } else { None }
    }

    /// Compares the low `bits` - 1 bits and knows the one above, the sign; `bits` from 2 to 64.
    #[must_use]
    pub const fn signed(bits: u32) -> Option<Self> {
        if matches!(bits, 2..=64) { Some(Self { bits, signed: true }) } else { None }
    }

    /// Bits of the mask that matter.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.bits
    }

    /// Bits that are compared.
    #[must_use]
    pub const fn compared(self) -> u32 {
        self.bits - self.signed as u32
    }

    /// Chunks of the mask.
    #[must_use]
    pub const fn chunks(self) -> usize {
        (self.bits as usize).div_ceil(CHUNK)
    }

    /// Bits that are compared of a chunk: all of them, but for the last one.
    const fn compared_of(self, chunk: usize) -> usize {
        let left = (self.compared() as usize).saturating_sub(CHUNK * chunk);
        if left < CHUNK { left } else { CHUNK }
    }
}

/// The one-hot vector of a chunk of r. For [`signs`], r has no bits above the width.
#[must_use]
pub const fn one_hot(r: u64, chunk: usize) -> u16 {
    1 << ((r >> (CHUNK * chunk)) & 15)
}

/// What one chunk of many masks says: as shares in packed bits: whether the chunk of r is above that of c, and whether they are equal.
///
/// `tables` has a share of each mask's one-hot vector, four to a word from the lowest, `c` the public words. In a chunk of which fewer bits are compared
/// the others do not count.
pub fn leaves(width: Width, chunk: usize, c: &[u64], tables: &[u64], above: &mut [u64], equal: &mut [u64]) {
    let shift = CHUNK * chunk;
    let compared = width.compared_of(chunk);
    let values = (1 << compared) - 1;
    let places = above.iter_mut().zip(equal.iter_mut());
    for ((above, equal), (c, tables)) in places.zip(c.chunks(64).zip(tables.chunks(TABLE_WORDS))) {
        let (mut packed_above, mut packed_equal) = (0, 0);
        let (whole, rest) = c.as_chunks();
        let mut last = [0; TABLES];
        for (last, c) in last.iter_mut().zip(rest) {
            *last = *c;
        }
        for (group, (c, tables)) in whole.iter().chain([&last]).zip(tables).enumerate() {
            let single = folded(*tables, compared);
            let larger = from_here_on(single) >> 1 & four(0x7fff);
            let (mut four_above, mut four_equal) = (0, 0);
            for (lane, c) in c.iter().enumerate() {
                // c is public, and so is what it selects.
                let at = TABLE_BITS * lane as u64 + ((c >> shift) & values);
                four_above |= (larger >> at & 1) << lane;
                four_equal |= (single >> at & 1) << lane;
            }
            packed_above |= four_above << (TABLES * group);
            packed_equal |= four_equal << (TABLES * group);
        }
        *above = packed_above;
        *equal = packed_equal;
    }
}

/// One-hot vectors in a word.
const TABLES: usize = 4;

/// Bits of a one-hot vector.
const TABLE_BITS: u64 = 16;

/// A word with the same 16 bits four times.
const fn four(bits: u64) -> u64 {
    bits << 48 | bits << 32 | bits << 16 | bits
}

/// Four one-hot vectors of as many bits as are compared: the values that differ in other bits only are added up, by exclusive or.
const fn folded(tables: u64, compared: usize) -> u64 {
    let mut folded = tables;
    let mut bits = CHUNK;
    while bits > compared {
        bits -= 1;
        folded ^= folded >> (1 << bits);
    }
    folded & four((1 << (1 << compared)) - 1)
}

/// For each place of four vectors the exclusive or of the bits at it and above it.
const fn from_here_on(tables: u64) -> u64 {
    let ones = tables ^ (tables >> 1 & four(0x7fff));
    let twos = ones ^ (ones >> 2 & four(0x3fff));
    let fours = twos ^ (twos >> 4 & four(0x0fff));
    fours ^ (fours >> 8 & four(0x00ff))
}

/// Words of the one-hot vectors of 64 masks.
const TABLE_WORDS: usize = 64 >> TABLES.ilog2();

/// Words that hold the one-hot vectors of so many masks.
#[must_use]
pub const fn table_words(count: usize) -> usize {
    count.div_ceil(TABLES)
}

/// The sign bit of many masks: packed bits, as shares, from the one-hot vectors of their last chunk.
pub fn signs(width: Width, tables: &[u64], out: &mut [u64]) {
    // The values of the last chunk with its highest bit set begin here.
    let bits = width.bits as usize - CHUNK * (width.chunks() - 1);
    let half = 1u64 << (bits - 1);
    for (out, tables) in out.iter_mut().zip(tables.chunks(TABLE_WORDS)) {
        *out = tables.iter().enumerate().fold(0, |packed, (group, tables)| {
            let upper = from_here_on(*tables) >> half & four(1);
            // Bits 0, 16, 32 and 48 become neighbours.
            let neighbours = (upper | upper >> 15 | upper >> 30 | upper >> 45) & 0xf;
            packed | neighbours << (TABLES * group)
        });
    }
}

/// A share of t xor beta times x, without another opening of x: from c = x + r follows beta * x = c * beta - beta * r. `opened` has the packed bits t, `beta` and
/// `products` shares of beta and beta * r.
pub fn select(opened: &[u64], x: &[u64], c: &[u64], beta: &[u64], products: &[u64], out: &mut [u64]) {
    for (place, ((((out, x), c), beta), product)) in out.iter_mut().zip(x).zip(c).zip(beta).zip(products).enumerate() {
        // t is public: t * x + (1 - 2 t) * beta * x.
        let t = super::bits::bit(opened, place).wrapping_neg();
        let hidden = c.wrapping_mul(*beta).wrapping_sub(*product);
        *out = (x & t).wrapping_add((hidden ^ t).wrapping_sub(t));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two shares of a table: the lower one is anything.
    fn shares(r: u64, chunk: usize) -> [u16; 2] {
        let mask = (r.wrapping_mul(0x9e37_79b9) >> 7) as u16 ^ chunk as u16;
        [mask, one_hot(r, chunk) ^ mask]
    }

    /// What the parties' leaves are together, for one mask and one public word.
    fn leaf(width: Width, chunk: usize, r: u64, c: u64) -> (u64, u64) {
        let (mut above, mut equal) = (0, 0);
        for share in shares(r, chunk) {
            let (mut one_above, mut one_equal) = ([0], [0]);
            leaves(width, chunk, &[c], &[u64::from(share)], &mut one_above, &mut one_equal);
            above ^= one_above[0];
            equal ^= one_equal[0];
        }
        (above & 1, equal & 1)
    }

    /// Joins the chunks from below.
    fn joined(width: Width, r: u64, c: u64) -> u64 {
        (0..width.chunks()).fold(0, |above, chunk| {
            let (above_here, equal) = leaf(width, chunk, r, c);
            above_here ^ (equal & above)
        })
    }

    #[test]
    fn every_mask_and_every_word_of_small_widths() {
        for bits in 1..=9 {
            let low = Width::low(bits).unwrap();
            for r in 0..1u64 << bits {
                for c in 0..1u64 << bits {
                    // Bits above do not count.
                    let (r, c) = (r | 0xaaaa << bits, c | 0x5555 << bits);
                    let mask = (1 << bits) - 1;
                    assert_eq!(joined(low, r, c), u64::from(r & mask > c & mask), "{bits} bits, {r} > {c}");
                }
            }
        }
    }

    /// The sign of x is c's xor r's xor the borrow, for every x and every mask.
    #[test]
    fn every_sign_of_small_widths() {
        for bits in 2..=9 {
            let width = Width::signed(bits).unwrap();
            let (range, top) = (1u64 << bits, 1u64 << (bits - 1));
            for r in 0..range {
                for x in 0..range {
                    let c = (x + r) & (range - 1);
                    let last = width.chunks() - 1;
                    let sign = shares(r, last).iter().fold(0, |sign, share| {
                        let mut one = [0];
                        signs(width, &[u64::from(*share)], &mut one);
                        sign ^ one[0]
                    });
                    assert_eq!(sign & 1, u64::from(r & top != 0));
                    let found = u64::from(c & top != 0) ^ (sign & 1) ^ joined(width, r, c);
                    assert_eq!(found, u64::from(x & top != 0), "{bits} bits, x {x}, r {r}");
                }
            }
        }
    }

    /// x - t has the sign that the same mask gives for c - t, for every x and t of half the range and every mask.
    #[test]
    fn every_threshold_of_small_widths() {
        for bits in 3..=7 {
            let width = Width::signed(bits).unwrap();
            let (kept, top, half) = ((1u64 << bits) - 1, 1u64 << (bits - 1), 1i64 << (bits - 2));
            for r in 0..=kept {
                for x in -half..half {
                    let c = x.cast_unsigned().wrapping_add(r) & kept;
                    for t in -half..half {
                        let shifted = c.wrapping_sub(t.cast_unsigned());
                        let found = u64::from((shifted ^ r) & top != 0) ^ joined(width, r, shifted);
                        assert_eq!(found, u64::from(x < t), "{bits} bits, x {x}, t {t}, r {r}");
                    }
                }
            }
        }
    }

    #[test]
    fn widths_have_bounds() {
        assert!(
            Width::low(0).is_none()
                && Width::low(65).is_none()
                && Width::signed(1).is_none()
                && Width::signed(65).is_none()
        );
        let full = Width::signed(64).unwrap();
        assert_eq!((full.bits(), full.compared(), full.chunks()), (64, 63, 16));
        assert_eq!(Width::low(63).unwrap().chunks(), 16);
    }
}
