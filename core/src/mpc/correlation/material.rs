//! A party's share of a correlation.

use alloc::rc::Rc;
use alloc::vec;
use core::cell::OnceCell;
use core::fmt;

use zeroize::Zeroizing;

use super::{Layout, Words};
use crate::error::Result;
use crate::prg::{Sign, StreamKey, Suite, add_stream, check_range};

/// Words of a share that is expanded at once; of a longer one only what somebody asks for.
const SHORT: usize = 4096;

/// A party's share of a correlation, from which vectors are cut in the order of its documentation: words first, then bits.
///
/// Long vectors that follow from a seed are not in memory: whoever goes through them block by block takes the words of a block where it needs them, and
/// they are expanded in the cache. What is cut as a slice is kept.
pub struct Material {
    layout: Layout,
    stream: Option<(Suite, StreamKey)>,
    free: OnceCell<Words>,
    dependent: Corrections,
}

/// The dependent words of a share, once they have come.
pub(crate) type Corrections = Rc<OnceCell<Words>>;

impl Material {
    /// The share with these free and dependent words, each in the order of the layout.
    pub(crate) fn new(layout: Layout, free: Words, dependent: Words) -> Self {
        debug_assert_eq!((free.len(), dependent.len()), (layout.free(), layout.dependent()));
        Self { layout, stream: None, free: OnceCell::from(free), dependent: filled(dependent) }
    }

    /// The share whose words are those of a stream, but for the dependent ones of a party that has corrections: these may come later, but before anybody
    /// looks at them.
    ///
    /// # Errors
    ///
    /// [`TooLong`](crate::ErrorKind::TooLong) beyond 2^38 bytes.
    pub(crate) fn streamed(
        layout: Layout,
        suite: Suite,
        stream: StreamKey,
        corrections: Option<Corrections>,
    ) -> Result<Self> {
        check_range(size_of::<u64>().ilog2(), 0, layout.total())?;
        let corrected = corrections.is_some();
        let dependent = corrections.unwrap_or_default();
        let made = Self { layout, stream: Some((suite, stream)), free: OnceCell::new(), dependent };
        if layout.total() <= SHORT {
            let _ = made.free();
            if !corrected {
                let _ = made.dependent();
            }
        }
        Ok(made)
    }

    fn free(&self) -> &[u64] {
        self.free.get_or_init(|| self.expand(0, self.layout.free()))
    }

    fn dependent(&self) -> &[u64] {
        self.dependent.get_or_init(|| self.expand(self.layout.free(), self.layout.dependent()))
    }

    fn expand(&self, start: usize, length: usize) -> Words {
        let mut words = Zeroizing::new(vec![0; length]);
        self.stream(Sign::Plus, start, &mut words);
        words
    }

    fn stream(&self, sign: Sign, start: usize, words: &mut [u64]) {
        if let Some((suite, stream)) = &self.stream {
            // All of it is within the stream.
            let done = add_stream(*suite, stream, sign, start as u64, words);
            debug_assert!(done.is_ok());
        }
    }

    /// Free words from place `start`.
    #[must_use]
    pub fn words(&self, start: usize, length: usize) -> &[u64] {
        cut(self.free(), start, length)
    }

    /// Words of free bits from place `start`.
    #[must_use]
    pub fn bits(&self, start: usize, length: usize) -> &[u64] {
        cut(self.free(), self.layout.free_words + start, length)
    }

    /// Dependent words from place `start`.
    #[must_use]
    pub fn dependent_words(&self, start: usize, length: usize) -> &[u64] {
        cut(self.dependent(), start, length)
    }

    /// Words of dependent bits from place `start`.
    #[must_use]
    pub fn dependent_bits(&self, start: usize, length: usize) -> &[u64] {
        cut(self.dependent(), self.layout.words + start, length)
    }

    /// Adds free words from place `start`, or takes them off.
    pub(crate) fn add_words(&self, sign: Sign, start: usize, out: &mut [u64]) {
        match (self.free.get(), sign) {
            (None, _) => self.stream(sign, start, out),
            (Some(words), Sign::Plus) => {
                let words = cut(words, start, out.len());
                out.iter_mut().zip(words).for_each(|(out, word)| *out = out.wrapping_add(*word));
            }
            (Some(words), Sign::Minus) => {
                let words = cut(words, start, out.len());
                out.iter_mut().zip(words).for_each(|(out, word)| *out = out.wrapping_sub(*word));
            }
        }
    }

    /// Free words from place `start`, copied.
    pub(crate) fn load_words(&self, start: usize, out: &mut [u64]) {
        out.fill(0);
        self.add_words(Sign::Plus, start, out);
    }

    /// Dependent words from place `start`, copied.
    pub(crate) fn load_dependent_words(&self, start: usize, out: &mut [u64]) {
        if let Some(words) = self.dependent.get() {
            let words = cut(words, start, out.len());
            out.iter_mut().zip(words).for_each(|(out, word)| *out = *word);
        } else {
            out.fill(0);
            self.stream(Sign::Plus, self.layout.free() + start, out);
        }
    }
}

/// Corrections that are there.
pub(crate) fn filled(words: Words) -> Corrections {
    Rc::new(OnceCell::from(words))
}

fn cut(words: &[u64], start: usize, length: usize) -> &[u64] {
    words.get(start..).and_then(|words| words.get(..length)).unwrap_or_default()
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Material(..)")
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::mpc::correlation::Correlation;

    /// Of products that are expanded at once, and of products that are not.
    const COUNTS: [usize; 2] = [SHORT / 8, SHORT];

    fn whole(total: usize) -> Vec<u64> {
        let mut words = vec![0; total];
        add_stream(Suite::Aes128Ctr, &StreamKey::from_bytes([8; 32]), Sign::Plus, 0, &mut words).unwrap();
        words
    }

    fn streamed(count: usize, corrections: Option<Corrections>) -> Material {
        let layout = Correlation::Products { count }.layout();
        Material::streamed(layout, Suite::Aes128Ctr, StreamKey::from_bytes([8; 32]), corrections).unwrap()
    }

    #[test]
    fn words_are_those_of_the_stream_wherever_they_are_taken() {
        // Miri, which takes long, looks at less.
        for count in COUNTS.into_iter().take(if cfg!(miri) { 1 } else { 2 }) {
            let (words, material) = (whole(3 * count), streamed(count, None));
            let places = [(0, count), (1, 7), (count, count), (count + 5, 64), (0, 2 * count)];
            // Before and after somebody has cut a slice.
            for _ in 0..2 {
                for (start, length) in places {
                    let mut out = vec![3; length];
                    material.load_words(start, &mut out);
                    assert_eq!(out, words[start..start + length]);
                    material.add_words(Sign::Minus, start, &mut out);
                    assert!(out.iter().all(|word| *word == 0));
                }
                let mut out = vec![3; 9];
                material.load_dependent_words(count - 9, &mut out);
                assert_eq!(out, words[3 * count - 9..]);
                assert_eq!(material.words(count, count), &words[count..2 * count]);
                assert_eq!(material.dependent_words(0, count), &words[2 * count..]);
            }
        }
    }

    #[test]
    fn corrections_may_come_later_and_replace_the_stream() {
        let corrections = Corrections::default();
        let material = streamed(5, Some(Rc::clone(&corrections)));
        assert_eq!(material.words(0, 10), &whole(15)[..10]);
        corrections.set(Zeroizing::new(vec![1, 2, 3, 4, 5])).unwrap();
        let mut out = [0; 3];
        material.load_dependent_words(2, &mut out);
        assert_eq!((out, material.dependent_words(0, 2)), ([3, 4, 5], &[1, 2][..]));
    }
}
