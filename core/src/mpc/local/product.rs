//! Products by Beaver's method (D. Beaver, CRYPTO 1991).

/// A share of x * y from the openings d = x - a and e = y - b and a share of a triple (a, b, c = a * b):
/// z = c + d * b + e * a, and party 0 adds d * e. All slices have the same length.
pub fn product(first: bool, d: &[u64], e: &[u64], a: &[u64], b: &[u64], c: &[u64], out: &mut [u64]) {
    // Whether this is party 0 is public, but a mask keeps the loop straight.
    let public = u64::from(first).wrapping_neg();
    for (((((out, d), e), a), b), c) in out.iter_mut().zip(d).zip(e).zip(a).zip(b).zip(c) {
        let cross = d.wrapping_mul(*b).wrapping_add(e.wrapping_mul(*a));
        *out = c.wrapping_add(cross).wrapping_add(d.wrapping_mul(*e) & public);
    }
}

/// A share of x^2 from the opening d = x - a and a share of (a, c = a^2): z = c + 2 d * a, and party 0 adds d^2.
pub fn square(first: bool, d: &[u64], a: &[u64], c: &[u64], out: &mut [u64]) {
    let public = u64::from(first).wrapping_neg();
    for (((out, d), a), c) in out.iter_mut().zip(d).zip(a).zip(c) {
        *out = c.wrapping_add(d.wrapping_mul(*a) << 1).wrapping_add(d.wrapping_mul(*d) & public);
    }
}

/// The matrix product `left` * `right`, added to `out`: row by row, of shapes rows x inner and inner x columns. Wrapping.
pub fn add_matrix_product(inner: usize, columns: usize, left: &[u64], right: &[u64], out: &mut [u64]) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_every_small_opening() {
        for x in [0u64, 1, 5, u64::MAX, 1 << 63] {
            for y in [0u64, 3, u64::MAX - 7, 1 << 40] {
                let (a, b) = (0x1234_5678_9abc_def0u64, 0xfedc_ba98_7654_3210u64);
                let shares =
                    [(7u64, 11u64, 13u64), (a.wrapping_sub(7), b.wrapping_sub(11), a.wrapping_mul(b).wrapping_sub(13))];
                let (d, e) = (x.wrapping_sub(a), y.wrapping_sub(b));
                let mut sum = 0u64;
                for (party, (a, b, c)) in shares.into_iter().enumerate() {
                    let mut out = [0];
                    product(party == 0, &[d], &[e], &[a], &[b], &[c], &mut out);
                    sum = sum.wrapping_add(out[0]);
                }
                assert_eq!(sum, x.wrapping_mul(y));
            }
        }
    }

    #[test]
    fn squares() {
        let a = 0x0123_4567_89ab_cdefu64;
        for x in [0u64, 1, 9, u64::MAX, 1 << 62] {
            let d = x.wrapping_sub(a);
            let mut sum = 0u64;
            for (party, (a, c)) in
                [(5u64, 6u64), (a.wrapping_sub(5), a.wrapping_mul(a).wrapping_sub(6))].into_iter().enumerate()
            {
                let mut out = [0];
                square(party == 0, &[d], &[a], &[c], &mut out);
                sum = sum.wrapping_add(out[0]);
            }
            assert_eq!(sum, x.wrapping_mul(x));
        }
    }

    #[test]
    fn matrix_products_add_up() {
        let mut out = [1u64, 0, 0, 0];
        add_matrix_product(3, 2, &[1, 2, 3, 4, 5, 6], &[7, 8, 9, 10, 11, 12], &mut out);
        assert_eq!(out, [59, 64, 139, 154]);
    }
}
