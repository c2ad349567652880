//! Exact samplers (Canonne, Kamath, Steinke, NeurIPS 2020): from uniform integers alone, with no probability rounded anywhere.
//!
//! They take rational parameters and integers of 128 bits; where a sample would need longer ones, which no test will ever see, they give an error
//! instead of a wrong sample. Their time depends on the sample, hence `_vartime`: not for noise whose making somebody could time.
//!
//! How many bytes they take from the generator, and which, is fixed, so that they can be compared with another implementation on the same tape: a number below m is the
//! next 8 bytes, or 16 for m above 2^64, little-endian, of which as many low bits count as m - 1 has; it is drawn again while it is m or more. For m = 1 nothing is drawn.

use rand_core::TryCryptoRng;

use crate::error::{ErrorKind, Result};

mod uniform;

use uniform::{below, bernoulli, coin};

/// Most tries of something that succeeds with a probability of 1/2 or more, and most successes in a row of something with 1/2 or less.
const PATIENCE: u64 = 4096;

/// Largest mean of [`poisson_vartime`] and variance of [`skellam_vartime`], whose time grows with it.
pub const MAX_MEAN: u64 = 1 << 20;

/// A non-negative rational number: a parameter of an exact sampler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    numerator: u64,
    denominator: u64,
}

impl Ratio {
    /// The largest numerator and denominator. With it every product of a sampler fits 128 bits.
    pub const MAX: u64 = 1 << 48;

    /// Takes numerator / denominator, which need not be in lowest terms.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`], with the largest value as the bound, for a denominator of 0, or a part above [`Ratio::MAX`].
    pub fn new(numerator: u64, denominator: u64) -> Result<Self> {
        if denominator == 0 || numerator > Self::MAX || denominator > Self::MAX {
            return Err(ErrorKind::InvalidArgument.bound(Self::MAX));
        }
        Ok(Self { numerator, denominator })
    }

    /// The numerator.
    #[must_use]
    pub const fn numerator(self) -> u64 {
        self.numerator
    }

    /// The denominator, which is not 0.
    #[must_use]
    pub const fn denominator(self) -> u64 {
        self.denominator
    }

    /// Refuses 0, for which a distribution has no meaning.
    fn positive(self) -> Result<Self> {
        if self.numerator == 0 { Err(ErrorKind::InvalidArgument.into()) } else { Ok(self) }
    }
}

/// True with probability exp(-x): algorithm 1.
///
/// # Errors
///
/// [`ErrorKind::Randomness`] if the generator fails.
pub fn bernoulli_exp_vartime<R: TryCryptoRng + ?Sized>(rng: &mut R, x: Ratio) -> Result<bool> {
    bernoulli_exp(rng, x.numerator.into(), x.denominator.into())
}

/// k >= 0 with probability (1 - exp(-1/scale)) exp(-k / scale): lines 3 to 12 of algorithm 2.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] for a scale of 0; [`ErrorKind::Randomness`] if the generator fails; [`ErrorKind::SamplerFailed`] with a probability below
/// 2^-4000, or because it is broken.
pub fn geometric_vartime<R: TryCryptoRng + ?Sized>(rng: &mut R, scale: Ratio) -> Result<u64> {
    let Ratio { numerator, denominator } = scale.positive()?;
    // U below t is kept with probability exp(-U / t); then U + t V has the scale t.
    for _ in 0..PATIENCE {
        let remainder = below(rng, numerator.into())?;
        if bernoulli_exp(rng, remainder, numerator.into())? {
            let mut whole = 0;
            while bernoulli_exp(rng, 1, 1)? {
                whole += 1;
                if whole == PATIENCE {
                    return Err(ErrorKind::SamplerFailed.into());
                }
            }
            // Below 2^48 * 2^12. The remainder is below the numerator.
            #[allow(clippy::cast_possible_truncation, reason = "below 2^48")]
            let fine = remainder as u64 + numerator * whole;
            #[allow(clippy::integer_division_remainder_used, reason = "the time may depend on the sample")]
            return Ok(fine / denominator);
        }
    }
    Err(ErrorKind::SamplerFailed.into())
}

/// The discrete Laplace distribution: x with a probability proportional to exp(-|x| / scale): algorithm 2.
///
/// # Errors
///
/// As [`geometric_vartime`].
pub fn discrete_laplace_vartime<R: TryCryptoRng + ?Sized>(rng: &mut R, scale: Ratio) -> Result<i64> {
    for _ in 0..PATIENCE {
        let magnitude = geometric_vartime(rng, scale)?.cast_signed();
        let negative = coin(rng)?;
        // Without this, zero would count twice.
        if !(negative && magnitude == 0) {
            return Ok(if negative { -magnitude } else { magnitude });
        }
    }
    Err(ErrorKind::SamplerFailed.into())
}

/// The discrete Gaussian N_Z(0, sigma^2): x with a probability proportional to exp(-x^2 / (2 sigma^2)): algorithm 3.
///
/// # Errors
///
/// As [`geometric_vartime`].
pub fn discrete_gaussian_vartime<R: TryCryptoRng + ?Sized>(rng: &mut R, variance: Ratio) -> Result<i64> {
    let Ratio { numerator, denominator } = variance.positive()?;
    #[allow(clippy::integer_division_remainder_used, reason = "the variance is public")]
    let scale = (numerator / denominator).isqrt() + 1;
    let laplace = Ratio::new(scale, 1)?;
    // exp(-(|x| - sigma^2 / t)^2 / (2 sigma^2)) = exp(-(|x| d t - n)^2 / (2 n d t^2)) for sigma^2 = n / d and the scale t. As t <= sigma + 1,
    // d t^2 <= 2 (n + d) <= 2^50; |x| <= 2^12 t, so the square is below 2^126 and the product below 2^99.
    let step = u128::from(denominator) * u128::from(scale);
    let divisor = 2 * u128::from(numerator) * step * u128::from(scale);
    for _ in 0..PATIENCE {
        let sample = discrete_laplace_vartime(rng, laplace)?;
        let distance = (u128::from(sample.unsigned_abs()) * step).abs_diff(numerator.into());
        if bernoulli_exp(rng, distance * distance, divisor)? {
            return Ok(sample);
        }
    }
    Err(ErrorKind::SamplerFailed.into())
}

/// The Poisson distribution: k with probability exp(-mean) mean^k / k!. Takes a time proportional to the mean.
///
/// The sum of enough equal Poisson variables with means x <= 1/2, each by rejection: k is proposed with probability 2^-(k+1) and kept with probability (2 x)^k / k!.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] for a mean of 0 or above [`MAX_MEAN`], which is the bound then; the others as for [`geometric_vartime`].
pub fn poisson_vartime<R: TryCryptoRng + ?Sized>(rng: &mut R, mean: Ratio) -> Result<u64> {
    let Ratio { numerator, denominator } = mean.positive()?;
    if u128::from(numerator) > u128::from(denominator) * u128::from(MAX_MEAN) {
        return Err(ErrorKind::InvalidArgument.bound(MAX_MEAN));
    }
    // ceil(2 mean) parts; 2 x = 2 n / (d parts).
    let parts = (2 * numerator).div_ceil(denominator);
    let (twice, divisor) = (2 * u128::from(numerator), u128::from(denominator) * u128::from(parts));
    let mut total = 0;
    for _ in 0..parts {
        total += small_poisson(rng, twice, divisor)?;
    }
    Ok(total)
}

/// A Poisson variable with a mean of half of numerator / denominator, which is at most 1.
fn small_poisson<R: TryCryptoRng + ?Sized>(rng: &mut R, numerator: u128, denominator: u128) -> Result<u64> {
    'propose: for _ in 0..PATIENCE {
        let mut count = 0;
        while coin(rng)? {
            count += 1;
            if count == PATIENCE {
                return Err(ErrorKind::SamplerFailed.into());
            }
            if !bernoulli(rng, numerator, denominator * u128::from(count))? {
                continue 'propose;
            }
        }
        return Ok(count);
    }
    Err(ErrorKind::SamplerFailed.into())
}

/// The Skellam distribution with this variance: the difference of two Poisson variables with half of it as the mean. Takes a time proportional to the variance.
///
/// # Errors
///
/// As [`poisson_vartime`], whose bound is that of the variance here.
pub fn skellam_vartime<R: TryCryptoRng + ?Sized>(rng: &mut R, variance: Ratio) -> Result<i64> {
    let Ratio { numerator, denominator } = variance.positive()?;
    if u128::from(numerator) > u128::from(denominator) * u128::from(MAX_MEAN) {
        return Err(ErrorKind::InvalidArgument.bound(MAX_MEAN));
    }
    // Not by Ratio::new: the denominator may be twice the largest one.
    let half = Ratio { numerator, denominator: 2 * denominator };
    Ok(poisson_vartime(rng, half)?.cast_signed() - poisson_vartime(rng, half)?.cast_signed())
}

/// True with probability exp(-numerator / denominator): algorithm 1. The parts are below 2^127 and 2^100.
fn bernoulli_exp<R: TryCryptoRng + ?Sized>(rng: &mut R, numerator: u128, denominator: u128) -> Result<bool> {
    let mut rest = numerator;
    // exp(-1) for each whole part; a long row of successes is as unlikely as the outcome.
    while rest > denominator {
        if !bernoulli_exp_of_fraction(rng, 1, 1)? {
            return Ok(false);
        }
        rest -= denominator;
    }
    bernoulli_exp_of_fraction(rng, rest, denominator)
}

/// The same for a numerator that is not above the denominator: the parity of the number of tries until Bernoulli(numerator / (k denominator)) fails.
fn bernoulli_exp_of_fraction<R: TryCryptoRng + ?Sized>(
    rng: &mut R,
    numerator: u128,
    denominator: u128,
) -> Result<bool> {
    for tries in 1..=PATIENCE {
        if !bernoulli(rng, numerator, denominator * u128::from(tries))? {
            return Ok(tries & 1 == 1);
        }
    }
    Err(ErrorKind::SamplerFailed.into())
}
