//! Steps on shares of values and of their MACs, all mod 2^128 (docs/mpc.md section 16).
//!
//! A value x comes with its MAC alpha x; the parties hold shares of both, and of the key alpha. What is linear in shares is the same for values and for MACs; what
//! is public has a weight: 1 or 0 in the values, to which party 0 alone adds it, and the party's share of the key in the MACs. So there is one function
//! for both.

const LOW: u64 = u64::MAX >> 1;

/// What is added to x before it is truncated, so that it is not negative: |x| has to be below this.
pub const OFFSET: u128 = 1 << 62;

/// The low half of a word: the value that it stands for.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
pub const fn low(word: u128) -> u64 {
    word as u64
}

/// A word as two of 8 bytes, the low half first.
#[must_use]
pub const fn split(word: u128) -> [u64; 2] {
    [low(word), low(word >> 64)]
}

/// The word of two halves, the low one first.
#[must_use]
pub const fn join([low, high]: [u64; 2]) -> u128 {
    low as u128 | (high as u128) << 64
}

/// Adds public values.
pub fn add_public(weight: u128, public: &[u64], out: &mut [u128]) {
    for (out, public) in out.iter_mut().zip(public) {
        *out = out.wrapping_add(weight.wrapping_mul(u128::from(*public)));
    }
}

/// A share of x * y from the openings d = x - a and e = y - b and a share of (a, b, c = a * b): c + d * b + e * a + d * e. All slices have the same length.
pub fn product(weight: u128, d: &[u128], e: &[u128], a: &[u128], b: &[u128], c: &[u128], out: &mut [u128]) {
    for (((((out, d), e), a), b), c) in out.iter_mut().zip(d).zip(e).zip(a).zip(b).zip(c) {
        let cross = d.wrapping_mul(*b).wrapping_add(e.wrapping_mul(*a));
        *out = c.wrapping_add(cross).wrapping_add(weight.wrapping_mul(d.wrapping_mul(*e)));
    }
}

/// A share of x^2 from the opening d = x - a and a share of (a, c = a^2): c + 2 d * a + d^2.
pub fn square(weight: u128, d: &[u128], a: &[u128], c: &[u128], out: &mut [u128]) {
    for (((out, d), a), c) in out.iter_mut().zip(d).zip(a).zip(c) {
        let cross = d.wrapping_mul(*a) << 1;
        *out = c.wrapping_add(cross).wrapping_add(weight.wrapping_mul(d.wrapping_mul(*d)));
    }
}

/// The matrix product `left` * `right`, added to `out`: row by row, of shapes rows x inner and inner x columns.
pub fn add_matrix_product(inner: usize, columns: usize, left: &[u128], right: &[u128], out: &mut [u128]) {
    if inner == 0 || columns == 0 {
        return;
    }
    for (row, out) in left.chunks_exact(inner).zip(out.chunks_exact_mut(columns)) {
        for (factor, right) in row.iter().zip(right.chunks_exact(columns)) {
            for (out, right) in out.iter_mut().zip(right) {
                *out = out.wrapping_add(factor.wrapping_mul(*right));
            }
        }
    }
}

/// A share of c = x + 2^62 + r.
pub fn mask_to_truncate(weight: u128, x: &[u128], r: &[u128], out: &mut [u128]) {
    for ((out, x), r) in out.iter_mut().zip(x).zip(r) {
        *out = x.wrapping_add(*r).wrapping_add(weight.wrapping_mul(OFFSET));
    }
}

/// A share of the quotient of [`super::truncation::finish`] from the opening c, of which the low half counts, and shares of r' (`shifted`) and of the top bit of the low half
/// of r (`top`), for `fraction` from 0 to 62.
pub fn finish_truncation(weight: u128, fraction: u32, c: &[u128], shifted: &[u128], top: &[u128], out: &mut [u128]) {
    for (((out, c), shifted), top) in out.iter_mut().zip(c).zip(shifted).zip(top) {
        let c = low(*c);
        let gamma = u128::from(c >> 63);
        // The exclusive or of the two bits, which is linear because gamma is public.
        let differs = top.wrapping_sub(gamma.wrapping_mul(*top) << 1).wrapping_add(weight.wrapping_mul(gamma));
        let known = u128::from((c & LOW) >> fraction).wrapping_sub(OFFSET >> fraction);
        *out = weight.wrapping_mul(known).wrapping_sub(*shifted).wrapping_add(differs << (63 - fraction));
    }
}

/// Adds to `out` a party's share of what is zero if the opened values belong to their MACs: sum over j of chi_j (m_j - alpha y_j), for public coefficients
/// chi_j, openings y_j, and the party's shares of the MACs m_j and of the key alpha.
pub fn add_difference(key: u128, coefficients: &[u64], opened: &[u128], macs: &[u128], out: &mut u128) {
    let (mut sum, mut tag) = (0u128, 0u128);
    for ((coefficient, opened), mac) in coefficients.iter().zip(opened).zip(macs) {
        sum = sum.wrapping_add(u128::from(*coefficient).wrapping_mul(*opened));
        tag = tag.wrapping_add(u128::from(*coefficient).wrapping_mul(*mac));
    }
    *out = out.wrapping_add(tag).wrapping_sub(key.wrapping_mul(sum));
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    /// How often an error in opened values passes the check in the ring Z_2^(k + s), with a key and coefficients of s bits: over all of them, and for the answer to each choice of coefficients that
    /// is right for most keys. The small ring is the multiples of 2^(128 - k - s).
    fn passes(bits: u32, slack: u32, errors: &[u128]) -> u64 {
        let scaled: Vec<u128> = errors.iter().map(|error| error << (128 - bits - slack)).collect();
        let zeros = vec![0; errors.len()];
        let mut passed = 0;
        for choice in 0..1u64 << (slack * u32::try_from(errors.len()).unwrap()) {
            let coefficients: Vec<u64> =
                (0..).take(errors.len()).map(|at: u32| (choice >> (slack * at)) & ((1 << slack) - 1)).collect();
            let mut answers: Vec<u128> = (0..1u128 << slack)
                .map(|key| {
                    let mut difference = 0;
                    add_difference(key, &coefficients, &scaled, &zeros, &mut difference);
                    difference
                })
                .collect();
            answers.sort_unstable();
            passed += answers.chunk_by(|one, other| one == other).map(|same| same.len() as u64).max().unwrap();
        }
        passed
    }

    /// docs/mpc.md section 16: the probability is at most (s + 5) / 4 in 2^s, unless all errors are 0 mod 2^k.
    #[test]
    fn errors_pass_as_seldom_as_stated() {
        let check = |bits: u32, slack: u32, errors: &[u128]| {
            let choices = 1u64 << (slack * u32::try_from(errors.len()).unwrap());
            let passed = passes(bits, slack, errors);
            assert!(4 * passed <= (u64::from(slack) + 5) * choices, "{bits} {slack} {errors:?}: {passed}");
            passed
        };
        let most = if cfg!(miri) { 1 } else { 4 };
        for bits in 1..=most {
            for slack in 1..=most {
                let ring = 1u128 << (bits + slack);
                let worst =
                    (1..ring).filter(|error| error & ((1 << bits) - 1) != 0).map(|error| check(bits, slack, &[error]));
                // The bound is not far off: the highest bit that counts passes for more than one key in 2^s.
                assert!(worst.max().unwrap() > 1 << slack);
            }
        }
        let (bits, slack) = if cfg!(miri) { (1, 1) } else { (2, 3) };
        let ring = 1u128 << (bits + slack);
        for one in 0..ring {
            for other in (0..ring).filter(|other| (one | other) & ((1 << bits) - 1) != 0) {
                check(bits, slack, &[one, other]);
            }
        }
    }

    /// Two parties' shares of a value and of its MAC.
    const KEYS: [u128; 2] = [0xfedc_ba98_7654_3210, 0x0f1e_2d3c_4b5a_6978];
    const SHARE: u128 = 0x0123_4567_89ab_cdef_1122_3344_5566_7788;

    /// What a step gives from shares of values and, with the other weight, of MACs; the MAC has to be the right one.
    fn stepped(step: impl Fn(u128, [u128; 3]) -> u128, secrets: [u128; 3]) -> u128 {
        let key = KEYS[0].wrapping_add(KEYS[1]);
        let halves = |party: usize, words: [u128; 3]| {
            words.map(|word| if party == 0 { SHARE } else { word.wrapping_sub(SHARE) })
        };
        let (mut value, mut mac) = (0u128, 0u128);
        for (party, share) in KEYS.into_iter().enumerate() {
            value = value.wrapping_add(step(u128::from(party == 0), halves(party, secrets)));
            mac = mac.wrapping_add(step(share, halves(party, secrets.map(|secret| key.wrapping_mul(secret)))));
        }
        assert_eq!(mac, key.wrapping_mul(value));
        value
    }

    /// Values whose upper halves hold anything.
    const VALUES: [u128; 6] = [0, 1, u128::MAX, 1 << 63, 1 << 127 | 12345, 0x8000_0000_0000_0001_7fff_ffff_ffff_ffff];

    #[test]
    fn products_and_squares() {
        let (a, b) = (SHARE.wrapping_mul(3), SHARE.wrapping_mul(7));
        for x in VALUES {
            for y in VALUES {
                let (d, e) = (x.wrapping_sub(a), y.wrapping_sub(b));
                let step = |weight, [a, b, c]: [u128; 3]| {
                    let mut out = [0];
                    product(weight, &[d], &[e], &[a], &[b], &[c], &mut out);
                    out[0]
                };
                assert_eq!(stepped(step, [a, b, a.wrapping_mul(b)]), x.wrapping_mul(y));
                let step = |weight, [a, c, _]: [u128; 3]| {
                    let mut out = [0];
                    square(weight, &[d], &[a], &[c], &mut out);
                    out[0]
                };
                assert_eq!(stepped(step, [a, a.wrapping_mul(a), 0]), x.wrapping_mul(x));
                let step = |weight, [x, ..]: [u128; 3]| {
                    let mut out = [x];
                    add_public(weight, &[low(y)], &mut out);
                    out[0]
                };
                assert_eq!(stepped(step, [x, 0, 0]), x.wrapping_add(low(y).into()));
            }
        }
    }

    /// The quotient is that of the protocol without MACs for the lower halves, whatever the upper halves are.
    #[test]
    fn truncation_looks_at_lower_halves() {
        use crate::mpc::local::truncation;
        let edge = 1i64 << 62;
        for fraction in [0u32, 1, 16, 62] {
            for x in [0, 1, -1, 255, -256, edge - 1, 1 - edge] {
                for r in VALUES
                    .into_iter()
                    .chain((0..16).map(|low| (SHARE << 64).wrapping_sub(x.cast_unsigned().into()).wrapping_add(low)))
                {
                    let upper = SHARE << 64;
                    let wide = u128::from(x.cast_unsigned()).wrapping_add(upper);
                    let mask = |weight, [x, r, _]: [u128; 3]| {
                        let mut out = [0];
                        mask_to_truncate(weight, &[x], &[r], &mut out);
                        out[0]
                    };
                    let c = stepped(mask, [wide, r, 0]);
                    let (shifted, top) = (truncation::shifted(low(r), fraction), low(r) >> 63);
                    let finish = |weight, [shifted, top, _]: [u128; 3]| {
                        let mut out = [0];
                        finish_truncation(weight, fraction, &[c], &[shifted], &[top], &mut out);
                        out[0]
                    };
                    let found = low(stepped(finish, [shifted.into(), top.into(), 0]));
                    let mut narrow = [x.cast_unsigned().wrapping_add(low(r))];
                    truncation::offset(true, 0, &mut narrow);
                    assert_eq!(narrow, [low(c)]);
                    truncation::finish(true, fraction, &narrow.clone(), &[shifted], &[top], &mut narrow);
                    assert_eq!([found], narrow, "x {x}, r {r}, f {fraction}");
                    let difference = found.cast_signed() - (x >> fraction);
                    assert!((0..=1).contains(&difference));
                }
            }
        }
    }

    #[test]
    fn matrix_products_add_up() {
        let mut out = [1u128, 0, 0, 0];
        add_matrix_product(3, 2, &[1, 2, 3, 4, 5, 6], &[7, 8, 9, 10, 11, 12], &mut out);
        assert_eq!(out, [59, 64, 139, 154]);
    }
}
