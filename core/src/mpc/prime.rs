//! Products in a prime field that the parties choose: for learners, and for programs that count in one. Values, sums and public multiples need [`crate::prime`] alone.
//!
//! A number x is shared as x = x_0 + ... + x_(n-1) mod q. Products are those of docs/mpc.md section 4, with triples of the field; comparison, division and real numbers need
//! the words of the other modules.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Words, collect_words};
use crate::mpc::dealer::Seed;
use crate::prg::Suite;
use crate::prime::Modulus;
use crate::random;

/// Random bytes that a uniform element is made of.
const UNIFORM_SIZE: usize = 16;

#[allow(clippy::cast_possible_truncation, reason = "the lower half")]
const fn low(wide: u128) -> u64 {
    wide as u64
}

/// Shares of numbers, one vector a party: all but the last are uniform, as [`Modulus::uniform`] says, and the last is what is missing.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] for fewer than two parties; [`ErrorKind::OutOfRange`] for a number that is no element; [`ErrorKind::Randomness`].
pub fn split<R: TryCryptoRng + ?Sized>(
    modulus: &Modulus,
    values: &[u64],
    parties: usize,
    rng: &mut R,
) -> Result<Vec<Words>> {
    if parties < 2 {
        return Err(ErrorKind::InvalidArgument.bound(2));
    }
    modulus.check(values)?;
    let mut last = Zeroizing::new(values.to_vec());
    let mut shares = Vec::with_capacity(parties);
    let mut bytes = Zeroizing::new(vec![0; values.len().checked_mul(UNIFORM_SIZE).ok_or(ErrorKind::TooLong)?]);
    for _ in 1..parties {
        random::fill(rng, &mut bytes)?;
        let wide = bytes.as_chunks::<UNIFORM_SIZE>().0.iter().map(|bytes| u128::from_le_bytes(*bytes));
        let share = collect_words(values.len(), wide.map(|wide| modulus.uniform(low(wide), low(wide >> 64))));
        for (last, share) in last.iter_mut().zip(share.iter()) {
            *last = modulus.difference(*last, *share);
        }
        shares.push(share);
    }
    shares.push(last);
    Ok(shares)
}

/// A party's share of triples a, b and c = a b. A product uses them up.
pub struct Triples {
    /// Shares of a.
    pub a: Words,
    /// Shares of b.
    pub b: Words,
    /// Shares of a b.
    pub c: Words,
}

impl fmt::Debug for Triples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Triples(..)")
    }
}

/// Makes triples. Like [`crate::mpc::dealer::Dealer`] it must see nothing that is opened.
#[derive(Debug)]
pub struct Dealer {
    modulus: Modulus,
    suite: Suite,
    seeds: Vec<Seed>,
    /// The number of the triples that a party gets next.
    next: Vec<u64>,
}

/// Words of a stream that an element is made of.
const WIDE: usize = 2;

impl Dealer {
    /// The dealer of so many parties.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for fewer than two parties; [`ErrorKind::Randomness`].
    pub fn new<R: TryCryptoRng + ?Sized>(modulus: Modulus, suite: Suite, parties: usize, rng: &mut R) -> Result<Self> {
        if parties < 2 {
            return Err(ErrorKind::InvalidArgument.bound(2));
        }
        let seeds = (0..parties).map(|_| Seed::generate(rng)).collect::<Result<Vec<Seed>>>()?;
        Ok(Self { modulus, suite, seeds, next: vec![0; parties] })
    }

    /// Number of parties.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.seeds.len()
    }

    /// The field.
    #[must_use]
    pub const fn modulus(&self) -> &Modulus {
        &self.modulus
    }

    /// What a party gets next: its share of `count` triples. Every party has to ask for as many, in the same order; none gets a triple twice.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownParty`]; [`ErrorKind::TooLong`] if a stream does not reach so far.
    pub fn triples(&mut self, party: usize, count: usize) -> Result<Triples> {
        let number = *self.next.get(party).ok_or_else(|| ErrorKind::UnknownParty.party(party as u64))?;
        let own = self.drawn(party, number, count)?;
        let (a, rest) = own.split_at(count);
        let (b, c) = rest.split_at(count);
        let mut made = Zeroizing::new(c.to_vec());
        if party == 0 {
            // The first party's share of c is what makes the sum right.
            let mut sums = own.clone();
            for other in 1..self.parties() {
                let drawn = self.drawn(other, number, count)?;
                sums.iter_mut().zip(drawn.iter()).for_each(|(sum, share)| *sum = self.modulus.sum(*sum, *share));
            }
            let places =
                made.iter_mut().zip(c).zip(sums.iter().zip(sums.iter().skip(count)).zip(sums.iter().skip(2 * count)));
            for ((made, own), ((a, b), c)) in places {
                let others = self.modulus.difference(*c, *own);
                *made = self.modulus.difference(self.modulus.product(*a, *b), others);
            }
        }
        if let Some(next) = self.next.get_mut(party) {
            *next = number + 1;
        }
        Ok(Triples { a: Zeroizing::new(a.to_vec()), b: Zeroizing::new(b.to_vec()), c: made })
    }

    /// What a party's seed gives: a, b and c, all uniform.
    fn drawn(&self, party: usize, number: u64, count: usize) -> Result<Words> {
        let length = count.checked_mul(3 * WIDE).ok_or(ErrorKind::TooLong)?;
        let mut stream = Zeroizing::new(vec![0u64; length]);
        let seed = self.seeds.get(party).ok_or_else(|| ErrorKind::UnknownParty.party(party as u64))?;
        seed.add(self.suite, number, &mut stream)?;
        let wide = stream.as_chunks::<WIDE>().0;
        Ok(collect_words(3 * count, wide.iter().map(|[low, high]| self.modulus.uniform(*low, *high))))
    }
}

/// A share of x y from the openings d = x - a and e = y - b and a share of the triple: c + d b + e a, to which the first party adds d e. All have the same length.
pub fn product(modulus: &Modulus, first: bool, d: &[u64], e: &[u64], triples: Triples) -> Words {
    let Triples { a, b, c } = triples;
    let shares = a.iter().zip(b.iter()).zip(c.iter());
    collect_words(
        d.len(),
        d.iter().zip(e).zip(shares).map(|((d, e), ((a, b), c))| {
            // (b + e) d + e a + c at the first party: one product less.
            let b = if first { modulus.sum(*b, *e) } else { *b };
            modulus.sum(*c, modulus.sum(modulus.product(*d, b), modulus.product(*e, *a)))
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::convert::Infallible;
    use rand_core::TryRng;

    /// The words of a counter, scrambled.
    struct Counted(u64);

    impl TryRng for Counted {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> core::result::Result<u32, Infallible> {
            self.try_next_u64().map(|word| word as u32)
        }
        fn try_next_u64(&mut self) -> core::result::Result<u64, Infallible> {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            Ok(word ^ (word >> 27))
        }
        fn try_fill_bytes(&mut self, out: &mut [u8]) -> core::result::Result<(), Infallible> {
            for bytes in out.chunks_mut(8) {
                let word = self.try_next_u64()?.to_le_bytes();
                bytes.copy_from_slice(&word[..bytes.len()]);
            }
            Ok(())
        }
    }

    impl TryCryptoRng for Counted {}

    fn total(modulus: &Modulus, shares: &[&Words]) -> Vec<u64> {
        let start = vec![0; shares[0].len()];
        shares.iter().fold(start, |sum, share| sum.iter().zip(share.iter()).map(|(x, y)| modulus.sum(*x, *y)).collect())
    }

    #[test]
    fn shares_add_up_and_differ_each_time() {
        for q in [3, 67, (1 << 61) - 1, u64::MAX - 58] {
            let modulus = Modulus::new_vartime(q).unwrap();
            let values: Vec<u64> = (0..40).map(|place| place % q).collect();
            for parties in [2, 3, 5] {
                let shares = split(&modulus, &values, parties, &mut Counted(q)).unwrap();
                assert_eq!(shares.len(), parties);
                assert_eq!(total(&modulus, &shares.iter().collect::<Vec<_>>()), values);
                assert_ne!(*shares[0], *split(&modulus, &values, parties, &mut Counted(q + 1)).unwrap()[0]);
            }
            assert_eq!(split(&modulus, &[q], 2, &mut Counted(1)).unwrap_err().kind(), ErrorKind::OutOfRange);
            assert_eq!(split(&modulus, &[0], 1, &mut Counted(1)).unwrap_err().kind(), ErrorKind::InvalidArgument);
        }
    }

    #[test]
    fn each_residue_of_a_small_field_is_as_frequent_a_share_as_any_other() {
        // 67 residues, 67,000 shares of 5: chi-squared with 66 degrees of freedom is above 180 once in 10^11.
        let modulus = Modulus::new_vartime(67).unwrap();
        let shares = split(&modulus, &vec![5; 67_000], 2, &mut Counted(7)).unwrap();
        for share in &shares {
            let mut counts = [0f64; 67];
            share.iter().for_each(|element| counts[usize::try_from(*element).unwrap()] += 1.0);
            let squares: f64 = counts.iter().map(|count| (count - 1000.0) * (count - 1000.0) / 1000.0).sum();
            assert!(squares < 180.0, "{squares}");
        }
    }

    #[test]
    fn products_of_every_pair_of_a_small_field_and_of_large_ones() {
        for q in [3, 67, (1 << 61) - 1, u64::MAX - 58] {
            let modulus = Modulus::new_vartime(q).unwrap();
            let edge: Vec<u64> = if q < 100 { (0..q).collect() } else { vec![0, 1, 2, q / 2, q - 2, q - 1] };
            let pairs: Vec<(u64, u64)> = edge.iter().flat_map(|x| edge.iter().map(|y| (*x, *y))).collect();
            let (x, y): (Vec<u64>, Vec<u64>) = pairs.into_iter().unzip();
            for parties in [2, 3] {
                let mut rng = Counted(q);
                let mut dealer = Dealer::new(modulus, Suite::ChaCha20, parties, &mut rng).unwrap();
                let (shared_x, shared_y) =
                    (split(&modulus, &x, parties, &mut rng).unwrap(), split(&modulus, &y, parties, &mut rng).unwrap());
                let triples: Vec<Triples> = (0..parties).map(|party| dealer.triples(party, x.len()).unwrap()).collect();
                let masked = |values: &[Words], mask: fn(&Triples) -> &Words| {
                    let parts: Vec<Words> = values
                        .iter()
                        .zip(&triples)
                        .map(|(value, triple)| {
                            let both = value.iter().zip(mask(triple).iter());
                            Zeroizing::new(both.map(|(x, a)| modulus.difference(*x, *a)).collect())
                        })
                        .collect();
                    total(&modulus, &parts.iter().collect::<Vec<_>>())
                };
                let (d, e) = (masked(&shared_x, |triple| &triple.a), masked(&shared_y, |triple| &triple.b));
                let made: Vec<Words> = triples
                    .into_iter()
                    .enumerate()
                    .map(|(party, triple)| product(&modulus, party == 0, &d, &e, triple))
                    .collect();
                let expected: Vec<u64> = x.iter().zip(&y).map(|(x, y)| modulus.product(*x, *y)).collect();
                assert_eq!(total(&modulus, &made.iter().collect::<Vec<_>>()), expected);
            }
        }
    }

    #[test]
    fn no_triple_comes_twice() {
        let modulus = Modulus::new_vartime(u64::MAX - 58).unwrap();
        let mut dealer = Dealer::new(modulus, Suite::Aes128Ctr, 2, &mut Counted(3)).unwrap();
        let first = dealer.triples(1, 4).unwrap();
        let second = dealer.triples(1, 4).unwrap();
        assert!(first.a.iter().all(|a| !second.a.contains(a)));
        assert_eq!(alloc::format!("{first:?} {second:#?}"), "Triples(..) Triples(..)");
        assert_eq!(dealer.triples(2, 1).unwrap_err().kind(), ErrorKind::UnknownParty);
        assert_eq!(
            Dealer::new(modulus, Suite::ChaCha20, 1, &mut Counted(3)).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
    }
}
