//! Secret permutations as switches of a Beneš network, in time that depends on the number of elements alone.
//!
//! A network of 2^m places has 2 m - 1 layers of 2^(m - 1) switches. In layer i a switch joins two places whose numbers differ by 2^min(i, 2 m - 2 -
//! i). Which switches cross follows from the permutation by the formulas of D. J. Bernstein, Verified fast formulas for control bits for permutation
//! networks, 2020, which need nothing but sorting.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Words, collect_words};
use crate::mpc::local::network::sort;
use crate::random;

/// Most elements.
pub const MAX_ELEMENTS: usize = 1 << 20;

/// Bits of the place of an element; above them stand 39 random ones.
const PLACE_BITS: u32 = 24;

/// Draws of which each fails, if two elements got the same random bits, with a probability below 0.64.
const TRIES: usize = 256;

/// The switches of a uniform permutation, which nobody but its party knows.
pub struct Permutation {
    count: usize,
    layers: Vec<Words>,
}

impl fmt::Debug for Permutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permutation(of {})", self.count)
    }
}

impl Permutation {
    /// A uniform permutation of `count` elements. That random bits were drawn again shows in the time, and says nothing about it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for more than 2^20 elements; [`ErrorKind::Randomness`] if the generator fails.
    pub fn random<R: TryCryptoRng + ?Sized>(count: usize, rng: &mut R) -> Result<Self> {
        if count > MAX_ELEMENTS {
            return Err(ErrorKind::InvalidArgument.bound(MAX_ELEMENTS as u64));
        }
        let mut keys = Zeroizing::new(vec![0u64; count]);
        let mut bytes = Zeroizing::new(vec![0; 8 * count]);
        for _ in 0..TRIES {
            random::fill(rng, &mut bytes)?;
            for ((place, key), bytes) in (0u64..).zip(keys.iter_mut()).zip(bytes.as_chunks().0) {
                *key = (u64::from_le_bytes(*bytes) << PLACE_BITS | place) & (u64::MAX >> 1);
            }
            sort(&mut keys);
            // Without equal keys every order has the same probability.
            let equal = keys.windows(2).fold(0, |equal, pair| match pair {
                [one, other] => equal | is_zero((one ^ other) >> PLACE_BITS),
                _ => equal,
            });
            if equal == 0 {
                return Ok(Self::sending(count, keys.iter().map(|key| key & ((1 << PLACE_BITS) - 1))));
            }
        }
        Err(ErrorKind::Randomness.into())
    }

    /// The permutation whose result has element `places[i]` of what is permuted in place i; the places of padding stay.
    fn sending(count: usize, places: impl Iterator<Item = u64>) -> Self {
        let size = padded(count);
        let padding = (count as u64)..(size as u64);
        let image = collect_words(size, places.chain(padding));
        Self { count, layers: switches(&image) }
    }

    /// Elements.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// For each switch of a layer 1 where it crosses, else 0.
    pub(crate) fn layer(&self, layer: usize) -> &[u64] {
        self.layers.get(layer).map_or(&[], |layer| &layer[..])
    }

    /// The elements in their new order. For the party that knows the permutation, and whole elements.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] for another number of elements.
    pub fn apply(&self, elements: &[u64]) -> Result<Words> {
        if elements.len() != self.count {
            return Err(ErrorKind::InvalidLength.bound(self.count as u64));
        }
        let size = padded(self.count);
        let padding = core::iter::repeat(0);
        let mut out = collect_words(size, elements.iter().copied().chain(padding));
        for (layer, switches) in self.layers.iter().enumerate() {
            for ((low, high), crosses) in pairs(size, layer).zip(switches.iter()) {
                if let Ok([low, high]) = out.get_disjoint_mut([low, high]) {
                    let difference = (*low ^ *high) & crosses.wrapping_neg();
                    (*low, *high) = (*low ^ difference, *high ^ difference);
                }
            }
        }
        out.truncate(self.count);
        Ok(out)
    }
}

/// 1 for 0, else 0.
const fn is_zero(word: u64) -> u64 {
    ((word | word.wrapping_neg()) >> 63) ^ 1
}

/// Places of the network for so many elements: a power of two.
#[must_use]
pub const fn padded(count: usize) -> usize {
    count.next_power_of_two()
}

/// Layers of the network of so many places.
#[must_use]
pub const fn layers(size: usize) -> usize {
    (2 * size.trailing_zeros() as usize).saturating_sub(1)
}

/// The two places of each switch of a layer.
pub(crate) fn pairs(size: usize, layer: usize) -> impl Iterator<Item = (usize, usize)> {
    let distance = 1usize << layer.min(layers(size).saturating_sub(layer + 1));
    (0..size).filter(move |place| place & distance == 0).map(move |low| (low, low + distance))
}

/// `values` in the order of the places: the one that belongs to place p comes to p. Both below 2^31.
fn arranged(values: &[u64], places: &[u64]) -> Words {
    let mut pairs: Words =
        Zeroizing::new(places.iter().zip(values).map(|(place, value)| place << 32 | value).collect());
    sort(&mut pairs);
    for pair in pairs.iter_mut() {
        *pair &= u64::from(u32::MAX);
    }
    pairs
}

/// For both neighbours 2 j and 2 j + 1 the word of j.
fn doubled(words: &[u64]) -> impl Iterator<Item = &u64> {
    words.iter().flat_map(|word| [word, word])
}

fn smaller(x: &[u64], y: &[u64]) -> Words {
    let smaller = |(x, y): (&u64, &u64)| y ^ ((x ^ y) & (x.wrapping_sub(*y) >> 63).wrapping_neg());
    Zeroizing::new(x.iter().zip(y).map(smaller).collect())
}

/// The switches of the network, layer by layer, for a permutation of 2^m places, given by the place from which each element comes.
///
/// The first and the last layer join neighbours, 2 j and 2 j + 1. Between them elements of even places form a permutation of their own, and those of
/// odd places too. The cycles of the permutation that goes from an element to its neighbour at the beginning, and from there to the neighbour at the
/// end, come in pairs; which one of a pair goes through the even places is decided by its smallest element, found by doubling.
fn switches(image: &[u64]) -> Vec<Words> {
    let size = image.len();
    let levels = size.trailing_zeros();
    if levels < 2 {
        return if size == 2 { vec![Zeroizing::new(image.iter().take(1).copied().collect())] } else { Vec::new() };
    }
    let identity: Words = Zeroizing::new((0u64..).take(size).collect());
    let inverse = arranged(&identity, image);
    let swapped = image.chunks_exact(2).flat_map(|pair| pair.iter().rev()).copied();
    let (mut forward, mut back): (Words, Words) =
        (collect_words(size, swapped), Zeroizing::new(image.iter().map(|place| place ^ 1).collect()));
    (forward, back) = (arranged(&forward, &back), arranged(&back, &forward));
    // The smallest element of what is reached in 1, 2, 4, ... steps.
    let mut smallest = smaller(&identity, &forward);
    (forward, back) = (arranged(&forward, &back), arranged(&back, &forward));
    for _ in 1..levels - 1 {
        let further = arranged(&smallest, &back);
        (forward, back) = (arranged(&forward, &back), arranged(&back, &forward));
        smallest = smaller(&smallest, &further);
    }
    let first: Words = Zeroizing::new(smallest.iter().step_by(2).map(|place| place & 1).collect());
    let crossed: Words = Zeroizing::new(identity.iter().zip(doubled(&first)).map(|(place, bit)| place ^ bit).collect());
    let through = arranged(&crossed, &inverse);
    let last: Words = Zeroizing::new(through.iter().step_by(2).map(|place| place & 1).collect());
    let uncrossed: Words =
        Zeroizing::new(identity.iter().zip(doubled(&last)).map(|(place, bit)| place ^ bit).collect());
    let middle = arranged(&through, &uncrossed);
    let half = |side: usize| -> Words {
        Zeroizing::new(middle.iter().skip(side).step_by(2).map(|place| place >> 1).collect())
    };
    let (even, odd) = (switches(&half(0)), switches(&half(1)));
    let inner = even.iter().zip(&odd).map(|(even, odd)| -> Words {
        collect_words(size >> 1, even.iter().zip(odd.iter()).flat_map(|(even, odd)| [*even, *odd]))
    });
    core::iter::once(first).chain(inner).chain(core::iter::once(last)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permuted(image: &[u64]) -> Vec<u64> {
        let permutation = Permutation::sending(image.len(), image.iter().copied());
        let places: Vec<u64> = (0..image.len() as u64).collect();
        permutation.apply(&places).unwrap().to_vec()
    }

    fn next(image: &mut [u64]) -> bool {
        let Some(fall) = image.windows(2).rposition(|pair| pair[0] < pair[1]) else { return false };
        let larger = image.iter().rposition(|place| *place > image[fall]).unwrap();
        image.swap(fall, larger);
        image[fall + 1..].reverse();
        true
    }

    /// Miri, which takes long, looks at less.
    const LARGEST: u64 = if cfg!(miri) { 3 } else { 8 };

    #[test]
    fn every_permutation_of_up_to_eight_elements() {
        for count in 0..=LARGEST {
            let mut image: Vec<u64> = (0..count).collect();
            loop {
                assert_eq!(permuted(&image), image);
                if !next(&mut image) {
                    break;
                }
            }
        }
    }

    #[test]
    fn large_permutations() {
        for count in [16u64, 33, 100, 256].into_iter().take(if cfg!(miri) { 1 } else { 4 }) {
            for factor in [3, 1, 5, 7, 11].into_iter().take(if cfg!(miri) { 1 } else { 5 }) {
                let size = count.next_power_of_two();
                let odd = |place: u64| (place * factor + 3) & (size - 1);
                let image: Vec<u64> = (0..size).map(odd).filter(|place| *place < count).collect();
                assert_eq!(permuted(&image), image);
            }
        }
    }
}
