//! Discrete Gaussian noise from a stream key, with a number of operations that does not depend on the noise.
//!
//! The same suite, key and sigma give the same noise on every machine: everything is integer arithmetic on the bytes of the stream.
//!
//! # How
//!
//! Up to sigma = 4 a sample is one draw of a table of magnitudes and a sign (`direct`). Beyond, a narrow Gaussian with a standard deviation between 2 and 4
//! is stretched by a power of two and put right by rejection (`combined`). The tables are computed for the very sigma, to 113 bits, when the sampler is made.
//!
//! Proposals are made in batches of 256. The first 31 or 32 bits of each uniform number decide nearly all of them, in arithmetic that fits
//! vector registers. A proposal is *undecided* if more bits could change its outcome: if the draw has the head of an entry of the table, or the number is as close
//! to the acceptance probability as the error of its quick value. In each batch the first four undecided proposals are worked out again with all of 128
//! bits and an exponential of 122, and their outcome replaces the quick one.
//!
//! # Why nothing leaks
//!
//! Everything in a batch is done for every proposal, and the exact part four times whether there is something undecided or not. No branch and no address depends on
//! a secret but one: accepted proposals are moved to the front of their batch, so *which* proposals were accepted is public. Proposals are independent
//! of one another, and so are their outcomes; given the outcomes the accepted proposals are independent samples of the target. So the outcomes
//! say nothing about the noise.
//!
//! Whether a proposal was undecided is not public. It may not be: the undecided numbers form a band of the same width around each probability p(y), so
//! an accepted proposal was undecided with a probability proportional to 1/p(y), and to see that one was tells something about its y.
//!
//! # How far from the true distribution
//!
//! Consider the ideal sampler with the same stream, infinitely continued, and exact arithmetic. The two differ in a batch only if
//!
//! * more than four proposals are undecided. With at most 27 heads of 31 bits, and 24 of 2^32 numbers around each probability, a proposal is with w =
//!   27 / 2^31 + 24 / 2^32 < 2^-25.7, so five in a batch are with less than C(256, 5) w^5 < 2^-95.4; or
//! * the table is off at one of the 256 draws (2^-113 each), or the precise exponential at one of the numbers (2^-121 each): less than 2^-104.
//!
//! n samples take at most n / 128 + 4 batches, so their joint distribution is within (n / 128 + 4) 2^-95.3 < (n + 512) 2^-102 of that of n independent samples:
//! [`statistical_distance`]. For all noise of a run of 2^34 samples that is 2^-68.
//!
//! At least 5 of 6 proposals are accepted. By Hoeffding's inequality fewer than n of the 2 n + 768 or more that may be made are accepted with a probability
//! below exp(-2 * 768 / 9) < 2^-240: then the sampler fails rather than go on.

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::{ErrorKind, Result};
use crate::prg::{MAX_STREAM_BYTES, Sign, StreamKey, Suite, add_stream};

use super::Sigma;
use super::exponential::rate_vartime;
use combined::Combination;
use table::{Half, Table};
use undecided::Bitmap;

mod combined;
mod direct;
mod lanes;
mod table;
mod undecided;

/// Proposals that are made together.
const BATCH: usize = 256;

/// Most samples that may be taken from one key. Their batches fit a stream.
pub const MAX_SAMPLES: u64 = 1 << 33;
const _: () = assert!(4 * most_batches(MAX_SAMPLES) * combined::SIZE as u64 <= MAX_STREAM_BYTES);

/// log2 of what each sample, and 512 more once a key, add to the distance from the true distribution.
const LOG2_DISTANCE: i32 = -102;

/// Batches that may be made for so many samples: at least twice as many proposals and 768.
const fn most_batches(samples: u64) -> u64 {
    (samples >> 7) + 4
}

/// A bound on the statistical distance between this many samples from one key, together, and independent samples of N_Z(0, sigma^2), whatever sigma: (samples + 512) 2^-102.
///
/// The stream counts as random: what its cipher adds is not in it.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "a bound with room to spare")]
pub fn statistical_distance(samples: u64) -> f64 {
    libm::ldexp(samples as f64 + 512.0, LOG2_DISTANCE)
}

/// Everything that depends on sigma alone: about 1 KiB, all of it public.
#[derive(Clone, Debug)]
pub struct Sampler {
    table: Table,
    /// How samples of the table become those of sigma; nothing if they are.
    combination: Option<Combination>,
}

impl Sampler {
    /// Prepares for this sigma: some ten microseconds on a server, a few milliseconds on a microcontroller.
    #[must_use]
    pub fn new(sigma: Sigma) -> Self {
        let (mantissa, exponent) = sigma.parts();
        // sigma = 2^(exponent - narrow) s with s below 4, and not below 2 where the power is not 1.
        let narrow = exponent.min(1);
        let rate = rate_vartime(mantissa, narrow);
        let log2_stretch = exponent.abs_diff(narrow);
        if log2_stretch == 0 {
            Self { table: Table::new_vartime(rate, Half::Folded), combination: None }
        } else {
            let table = Table::new_vartime(rate, Half::Cut);
            Self { table, combination: Some(Combination::new(rate, log2_stretch)) }
        }
    }

    /// The noise that belongs to a key, to be taken in pieces. Where the pieces begin and end makes no difference.
    #[must_use]
    pub fn noise<'a>(&'a self, suite: Suite, key: &'a StreamKey) -> Noise<'a> {
        Noise { sampler: self, suite, key, batches: 0, taken: 0, ready: [0; BATCH], start: 0, end: 0 }
    }

    /// Writes samples: the first of [`Sampler::noise`].
    ///
    /// # Errors
    ///
    /// As [`Noise::fill`].
    pub fn fill(&self, suite: Suite, key: &StreamKey, out: &mut [i32]) -> Result<()> {
        self.noise(suite, key).fill(out)
    }

    /// Adds samples to the values, wrapping: the first of [`Sampler::noise`].
    ///
    /// # Errors
    ///
    /// As [`Noise::add`].
    pub fn add(&self, suite: Suite, key: &StreamKey, values: &mut [i64]) -> Result<()> {
        self.noise(suite, key).add(values)
    }
}

/// The samples of one key, in order. About 1 KiB beside the key, and up to 3 KiB of stack while it is in use.
pub struct Noise<'a> {
    sampler: &'a Sampler,
    suite: Suite,
    key: &'a StreamKey,
    /// Batches made so far.
    batches: u64,
    /// Samples asked for so far.
    taken: u64,
    /// Samples that were not asked for yet are at `start .. end`.
    ready: [i32; BATCH],
    start: usize,
    end: usize,
}

impl Noise<'_> {
    /// Writes the next samples. Each is below 2^22 in magnitude.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLong`], with [`MAX_SAMPLES`] as the bound, if more than those would be taken from the key; nothing is written then.
    /// [`ErrorKind::SamplerFailed`] with a probability below 2^-240: `out` has to be thrown away then.
    pub fn fill(&mut self, out: &mut [i32]) -> Result<()> {
        self.take(out, |value, sample| *value = sample)
    }

    /// Adds the next samples to the values, wrapping.
    ///
    /// # Errors
    ///
    /// As [`Noise::fill`]. Values that were to be hidden must not be used after [`ErrorKind::SamplerFailed`]: some have no noise.
    pub fn add(&mut self, values: &mut [i64]) -> Result<()> {
        self.take(values, |value, sample| *value = value.wrapping_add(sample.into()))
    }

    fn take<T>(&mut self, values: &mut [T], put: impl Fn(&mut T, i32)) -> Result<()> {
        let too_long = ErrorKind::TooLong.bound(MAX_SAMPLES);
        let taken = self.taken.checked_add(values.len() as u64).filter(|taken| *taken <= MAX_SAMPLES);
        self.taken = taken.ok_or(too_long)?;
        let mut values = values;
        while !values.is_empty() {
            if self.start == self.end {
                self.next_batch()?;
            }
            let ready = self.ready.get(self.start..self.end).unwrap_or_default();
            let (head, rest) = values.split_at_mut(ready.len().min(values.len()));
            for (value, sample) in head.iter_mut().zip(ready) {
                put(value, *sample);
            }
            self.start += head.len();
            values = rest;
        }
        Ok(())
    }

    /// Makes the samples of the next batch.
    fn next_batch(&mut self) -> Result<()> {
        if self.batches >= most_batches(self.taken) {
            return Err(ErrorKind::SamplerFailed.into());
        }
        match &self.sampler.combination {
            None => {
                let mut words = self.read::<{ direct::SIZE }>()?;
                direct::sample(&self.sampler.table, &words, &mut self.ready);
                wipe(&mut words);
                self.end = BATCH;
            }
            Some(combination) => {
                let mut words = self.read::<{ combined::SIZE }>()?;
                let accepted = combination.propose(&self.sampler.table, &words, &mut self.ready);
                wipe(&mut words);
                self.end = compact(&mut self.ready, publish(accepted));
            }
        }
        self.start = 0;
        self.batches += 1;
        Ok(())
    }

    /// The words of the next batch.
    #[inline(always)]
    fn read<const SIZE: usize>(&self) -> Result<[u32; SIZE]> {
        let mut words = [0; SIZE];
        add_stream(self.suite, self.key, Sign::Plus, self.batches * SIZE as u64, &mut words)?;
        Ok(words)
    }
}

impl Drop for Noise<'_> {
    fn drop(&mut self) {
        self.ready.zeroize();
    }
}

impl ZeroizeOnDrop for Noise<'_> {}

impl fmt::Debug for Noise<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Noise(..)")
    }
}

/// Every byte at its own index.
static BYTES: [u8; 256] = {
    let mut bytes = [0; 256];
    let mut byte = 1u8;
    while byte != 0 {
        bytes[byte as usize] = byte;
        byte = byte.wrapping_add(1);
    }
    bytes
};

/// Makes the outcomes of a batch public, which the module says why they may be. The value stays what it is; but the address that is read here depends on
/// it, which is the one place that memcheck sees when secrets are marked, and what is read does not count as secret.
#[allow(clippy::cast_possible_truncation, clippy::cast_lossless, reason = "bytes, in one line of this file")]
fn publish(outcomes: Bitmap) -> Bitmap {
    let mut published = [0; BATCH >> 6];
    for (public, word) in published.iter_mut().zip(outcomes) {
        for place in (0..u64::BITS).step_by(8) {
            *public |= (BYTES[(word >> place) as usize & 0xff] as u64) << place;
        }
    }
    published
}

/// Moves the accepted proposals to the front and counts them.
fn compact(proposals: &mut [i32; BATCH], accepted: Bitmap) -> usize {
    let mut kept = 0;
    for index in 0..BATCH {
        let proposal = proposals[index];
        // Always written, and only then kept or not. At most `index` were kept before.
        proposals[kept & (BATCH - 1)] = proposal;
        kept += (accepted[index >> 6] >> (index & 63) & 1) as usize;
    }
    kept
}

/// Overwrites in one piece: byte by byte, as volatile writes are, would take as long as the cipher.
#[inline(always)]
fn wipe<const SIZE: usize>(words: &mut [u32; SIZE]) {
    *words = [0; SIZE];
    zeroize::optimization_barrier(words);
}

#[cfg(test)]
mod tests;
