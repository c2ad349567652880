//! Division by a power of two without an event in which it fails (docs/mpc.md section 5).
//!
//! For |x| < 2^62 and a uniform mask r, c = x + 2^62 + r is opened. Of r the parties hold shares of r' = (r mod 2^63) >> f and of its top bit rho. With
//! c' = (c mod 2^63) >> f and gamma = c >> 63,
//!
//! ```text
//! y = c' - r' + (rho xor gamma) * 2^(63-f) - 2^(62-f)
//! ```
//!
//! is ceil((x - t) / 2^f) for the public t = c mod 2^f: x rounded down or up by a public dither. The rounding is down, and y one too large, exactly where
//! r mod 2^f exceeds t; whoever needs floor(x / 2^f) subtracts that bit, which [`super::comparison`] finds.

/// What is added to x so that it is not negative: |x| has to be below this.
pub const OFFSET: u64 = 1 << 62;

const LOW: u64 = u64::MAX >> 1;

/// A share of x + 2^62 + `half` from that of x, where `half` is what rounds to the nearest, or 0: of c, once the mask is added.
pub fn offset(first: bool, half: u64, x: &mut [u64]) {
    let offset = if first { OFFSET.wrapping_add(half) } else { 0 };
    x.iter_mut().for_each(|x| *x = x.wrapping_add(offset));
}

/// (r mod 2^63) >> `fraction`, of which the parties hold shares.
#[must_use]
pub const fn shifted(r: u64, fraction: u32) -> u64 {
    (r & LOW) >> fraction
}

/// A share of y from the opening c and shares of r' (`shifted`) and rho (`top`), for `fraction` from 0 to 62.
pub fn finish(first: bool, fraction: u32, c: &[u64], shifted: &[u64], top: &[u64], out: &mut [u64]) {
    let public = u64::from(first).wrapping_neg();
    let weight = 1u64 << (63 - fraction);
    for (((out, c), shifted), top) in out.iter_mut().zip(c).zip(shifted).zip(top) {
        let gamma = c >> 63;
        // rho xor gamma = rho + gamma - 2 gamma rho, which is linear because gamma is public.
        let differs = top.wrapping_sub((gamma * top) << 1).wrapping_add(gamma & public);
        let known = ((c & LOW) >> fraction).wrapping_sub(OFFSET >> fraction) & public;
        *out = known.wrapping_sub(*shifted).wrapping_add(differs.wrapping_mul(weight));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truncated(x: i64, r: u64, fraction: u32) -> i64 {
        let mut c = [x.cast_unsigned().wrapping_add(r)];
        offset(true, 0, &mut c);
        let (mut y0, mut y1) = ([0; 1], [0; 1]);
        let (shifted, top) = (shifted(r, fraction), r >> 63);
        finish(true, fraction, &c, &[shifted.wrapping_sub(77)], &[top.wrapping_sub(5)], &mut y0);
        finish(false, fraction, &c, &[77], &[5], &mut y1);
        y0[0].wrapping_add(y1[0]).cast_signed()
    }

    /// The extremes of x, and masks around every place where something carries.
    #[test]
    fn the_result_is_floor_or_one_more_and_the_bit_says_which() {
        let edge = 1i64 << 62;
        let values = [0, 1, -1, 2, -2, 255, -256, 1 << 40, -(1 << 40) - 1, edge - 1, 1 - edge];
        for fraction in [0, 1, 2, 8, 16, 30, 62] {
            for x in values {
                for high in [0u64, 1 << 63, 1 << 62, u64::MAX << 62, LOW, u64::MAX] {
                    for low in 0..64u64 {
                        for r in [high ^ low, high.wrapping_sub(x.cast_unsigned()).wrapping_add(low).wrapping_sub(32)] {
                            let c = x.cast_unsigned().wrapping_add(OFFSET).wrapping_add(r);
                            let fractional = (1u64 << fraction) - 1;
                            let above = i64::from((r & fractional) > (c & fractional));
                            assert_eq!(truncated(x, r, fraction) - above, x >> fraction, "x {x}, r {r}, f {fraction}");
                        }
                    }
                }
            }
        }
    }
}
