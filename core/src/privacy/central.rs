//! Noise for whoever holds all the data: discrete Laplace and discrete Gaussian noise on a grid, with clipping, for FeatureCloud's messages and for
//! comparison.
//!
//! Values are clipped in the norm that goes with the noise (L1 for Laplace, L2 for Gaussian), brought to a grid whose unit is a power of two, noised
//! by the exact samplers, and brought back. No noise is ever a double, so its low bits tell nothing (Mironov, CCS 2012). What is the same as in
//! FeatureCloud: the norm of the whole message, the sensitivity 2 clip, the smaller one of it and a given one, the scale sensitivity / epsilon, and
//! the analytic Gaussian. What differs: bringing a vector to a ball of the L1 norm by a factor can double distances, so a given sensitivity counts
//! twice where Laplace noise has a clip too; epsilons and deltas outside their range are refused and not replaced.
//!
//! **Laplace.** The scale in units is at least sensitivity / epsilon for the sensitivity on the grid, so epsilon-differential privacy is exact
//! (Ghosh, Roughgarden, Sundararajan, STOC 2009).
//!
//! **Gaussian.** N_Z(0, t^2 + 4) is, up to a factor between e^-k and e^k with k = 2^-110, what comes out when an integer g_Z is drawn with
//! probability proportional to exp(-(g_Z - g)^2 / 8) for a continuous g from N(0, t^2) (Peikert, CRYPTO 2010, theorem 3.1: sum_z exp(-(z - g)^2 / 8)
//! is the same for all g within a factor 1 +- 4 e^(-8 pi^2), by Poisson summation). That draw moves with an integer shift of g. So D coordinates of
//! the discrete mechanism are private as the continuous one with the standard deviation t, whose epsilon and delta are exactly known, but for 2 D k
//! in epsilon and a factor e^(D k) in delta; both are taken off before.

mod calibration;

pub use calibration::{MAX_EPSILON, MIN_EPSILON, gaussian_delta, gaussian_multiplier};

use rand_core::TryCryptoRng;

use crate::error::{ErrorKind, Result};
use crate::gaussian::cks::{Ratio, discrete_gaussian_vartime, discrete_laplace_vartime};
use crate::privacy::parameter::{
    self, Bound, Parameter, ParameterError, check, check_positive, check_probability, real,
};

/// Most values of a message.
pub const MAX_DIMENSION: u64 = 1 << 28;

/// Binary logarithms of the least scale in units of the grid; it is below twice as much. The variance of the Gaussian stays within [`Ratio::MAX`].
const LAPLACE_LOG2: i32 = 40;
const GAUSSIAN_LOG2: i32 = 22;

/// Variance that makes up for the grid: see the module's text.
const SMOOTHING: f64 = 4.0;

/// Part of epsilon and delta that pays for 2 D k and e^(D k); both are below 2^-80.
const REDUCTION: f64 = 1.0 / real(1 << 40);

/// Largest magnitude on the grid.
const MOST_UNITS: f64 = real(1 << 62);

/// What is known of the values of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Query {
    /// Number of values, 1 to 2^28.
    pub dimension: u64,
    /// Largest norm; a message beyond it is scaled down. Infinity for no clipping.
    pub clip: f64,
    /// Largest distance between the messages of neighbouring data sets, if it is known for another reason. Infinity if it is not.
    pub sensitivity: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Laplace,
    Gaussian,
}

/// A central mechanism: clipping, grid and noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    kind: Kind,
    query: Query,
    /// A power of two.
    unit: f64,
    /// The scale of the Laplace distribution or the variance of the Gaussian, in units of the grid or their square.
    parameter: Ratio,
}

impl Noise {
    /// Laplace noise with epsilon-differential privacy.
    ///
    /// # Errors
    /// The parameter outside its range: `Dimension` 1 to 2^28, `Clip` and `Sensitivity` above 0 and one of them finite, `Epsilon` 10^-6 to 64.
    pub fn laplace(query: Query, epsilon: f64) -> parameter::Result<Self> {
        check_query(&query)?;
        calibration::check_epsilon(epsilon)?;
        let unit = grid(distance(&query, Kind::Laplace, None) / epsilon, LAPLACE_LOG2);
        let scale = libm::ceil(distance(&query, Kind::Laplace, Some(unit)) / epsilon * (1.0 + f64::EPSILON));
        Self::new(Kind::Laplace, query, unit, scale)
    }

    /// Gaussian noise with (epsilon, delta)-differential privacy.
    ///
    /// # Errors
    /// As [`laplace`](Self::laplace), and `Delta` outside (0, 1).
    pub fn gaussian(query: Query, epsilon: f64, delta: f64) -> parameter::Result<Self> {
        check_query(&query)?;
        calibration::check_epsilon(epsilon)?;
        check_probability(Parameter::Delta, delta)?;
        let multiplier = calibration::multiplier(epsilon * (1.0 - REDUCTION), delta * (1.0 - REDUCTION));
        let unit = grid(distance(&query, Kind::Gaussian, None) * multiplier, GAUSSIAN_LOG2);
        let deviation = distance(&query, Kind::Gaussian, Some(unit)) * multiplier;
        Self::new(Kind::Gaussian, query, unit, libm::ceil(deviation * deviation + SMOOTHING))
    }

    fn new(kind: Kind, query: Query, unit: f64, parameter: f64) -> parameter::Result<Self> {
        let most = real(Ratio::MAX);
        // Only the coordinates' own units can bring it there: too many of them for so small a sensitivity.
        let too_many = ParameterError::new(
            Parameter::Dimension,
            real(query.dimension),
            Bound::Below(real(query.dimension)),
            Some(1.0),
        );
        if !(1.0..=most).contains(&parameter) {
            return Err(too_many);
        }
        let parameter = Ratio::new(whole(parameter), 1).map_err(|_| too_many)?;
        Ok(Self { kind, query, unit, parameter })
    }

    /// The unit of the grid, a power of two, in the units of the data.
    #[must_use]
    pub const fn granularity(&self) -> f64 {
        self.unit
    }

    /// The scale of the noise in the units of the data: b of the Laplace distribution, whose standard deviation is sqrt(2) b, or the standard
    /// deviation of the Gaussian.
    #[must_use]
    pub fn scale(&self) -> f64 {
        let parameter = real(self.parameter.numerator());
        match self.kind {
            Kind::Laplace => self.unit * parameter,
            Kind::Gaussian => self.unit * libm::sqrt(parameter),
        }
    }

    /// Clips the values and replaces them by noised ones. The time depends on the values and on the noise.
    ///
    /// # Errors
    /// Nothing is changed: `InvalidLength` for another number of values; `NotFinite`; `OutOfRange` for a value that is not below 2^62 units after
    /// clipping. All values become 0: `Randomness`, `SamplerFailed`.
    pub fn apply_vartime<R: TryCryptoRng + ?Sized>(&self, rng: &mut R, values: &mut [f64]) -> Result<()> {
        if values.len() as u64 != self.query.dimension {
            return Err(ErrorKind::InvalidLength.bound(self.query.dimension));
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(ErrorKind::NotFinite.into());
        }
        let scale = self.factor(values) / self.unit;
        if values.iter().any(|value| (value * scale).abs() >= MOST_UNITS) {
            return Err(ErrorKind::OutOfRange.into());
        }
        let noised = self.noise(rng, values, scale);
        if noised.is_err() {
            values.fill(0.0);
        }
        noised
    }

    fn noise<R: TryCryptoRng + ?Sized>(&self, rng: &mut R, values: &mut [f64], scale: f64) -> Result<()> {
        for value in values {
            let noise = match self.kind {
                Kind::Laplace => discrete_laplace_vartime(rng, self.parameter)?,
                Kind::Gaussian => discrete_gaussian_vartime(rng, self.parameter)?,
            };
            *value = number(toward_zero(*value * scale).saturating_add(noise)) * self.unit;
        }
        Ok(())
    }

    /// The factor that brings the values within the clip, a little less than it has to be: the norm of the truncated multiples is then within the
    /// clip, whatever was rounded.
    fn factor(&self, values: &[f64]) -> f64 {
        let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        if largest == 0.0 || self.query.clip == f64::INFINITY {
            return 1.0;
        }
        let parts = values.iter().map(|value| (value / largest).abs());
        let norm = match self.kind {
            Kind::Laplace => parts.sum::<f64>(),
            Kind::Gaussian => libm::sqrt(parts.map(|part| part * part).sum()),
        };
        (self.query.clip * (1.0 - rounding(self.query.dimension)) / norm / largest).min(1.0)
    }
}

/// How far apart the messages of neighbouring data sets are on a grid, in its units; without a grid in the units of the data.
///
/// Two truncated vectors within the clip are at most twice the clip apart. Vectors at a distance of the sensitivity may move apart by less than a
/// unit in each coordinate, and by the rounding of the clipping factors.
fn distance(query: &Query, kind: Kind, unit: Option<f64>) -> f64 {
    let size = real(query.dimension);
    let (unit, truncation) = match (unit, kind) {
        (None, _) => (1.0, 0.0),
        (Some(unit), Kind::Laplace) => (unit, size),
        (Some(unit), Kind::Gaussian) => (unit, libm::sqrt(size)),
    };
    let clipped = query.clip < f64::INFINITY;
    let lipschitz = if clipped && kind == Kind::Laplace { 2.0 } else { 1.0 };
    let factors = if clipped { 2.0 * rounding(query.dimension) * query.clip / unit } else { 0.0 };
    (2.0 * query.clip / unit).min(lipschitz * query.sensitivity / unit + truncation + factors)
}

/// More than the relative error of a norm of that many values and of the factor that is made from it.
fn rounding(dimension: u64) -> f64 {
    libm::ldexp(real(dimension) + 16.0, -51)
}

fn check_query(query: &Query) -> parameter::Result<()> {
    check(Parameter::Dimension, real(query.dimension), Bound::AtLeast(1.0), 1.0)?;
    check(Parameter::Dimension, real(query.dimension), Bound::AtMost(real(MAX_DIMENSION)), real(MAX_DIMENSION))?;
    let (least, most) = (libm::exp2(-400.0), libm::exp2(400.0));
    for (parameter, value) in [(Parameter::Clip, query.clip), (Parameter::Sensitivity, query.sensitivity)] {
        if value != f64::INFINITY {
            check_positive(parameter, value)?;
            check(parameter, value, Bound::AtLeast(least), 1.0)?;
            check(parameter, value, Bound::AtMost(most), 1.0)?;
        }
    }
    let known = query.clip.min(query.sensitivity);
    check(Parameter::Sensitivity, known, Bound::Below(f64::INFINITY), 1.0)
}

/// The power of two of which a scale is 2^log2 to 2^(log2 + 1).
fn grid(scale: f64, log2: i32) -> f64 {
    libm::scalbn(1.0, libm::ilogb(scale) - log2)
}

#[allow(clippy::cast_possible_truncation, reason = "magnitudes below 2^62; the cast cuts the fraction off")]
fn toward_zero(x: f64) -> i64 {
    x as i64
}

#[allow(clippy::cast_precision_loss, reason = "rounding what is released tells nothing more about the data")]
fn number(x: i64) -> f64 {
    x as f64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a ceiling, from 1 to 2^48")]
fn whole(x: f64) -> u64 {
    x as u64
}
