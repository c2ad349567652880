//! Samplers of integer noise: the isochronous discrete Gaussian, and exact ones whose time shows the sample.

#[cfg(feature = "std")]
use cloakwork_core::Error;
use cloakwork_core::gaussian::Sigma;
#[cfg(feature = "std")]
use cloakwork_core::gaussian::cks::{Ratio, discrete_gaussian_vartime, discrete_laplace_vartime, skellam_vartime};
use cloakwork_core::gaussian::isochronous::{self, Sampler};
use cloakwork_core::prg::{StreamKey, Suite};
use zeroize::Zeroizing;

use crate::boundary::boundary;
use crate::pointer::{Out, Target, array};
#[cfg(feature = "std")]
use crate::rng::Words;
use crate::rng::{Generator, cloak_rng};
use crate::sizes::CLOAK_KEY_SIZE;
#[cfg(feature = "std")]
use crate::status::Checked;
use crate::status::cloak_status;

/// Samples of the discrete Gaussian N_Z(0, sigma^2) under a fresh key, in a time that does not depend on them.
///
/// @param sigma   0.5 to 2^17
/// @param suite   `CLOAK_SUITE_CHACHA20` or `CLOAK_SUITE_AES128_CTR`: the stream from which they are made
/// @param rng     source of randomness; NULL for that of the operating system
/// @param out     the samples; unspecified when the call fails
/// @param length  elements of `out`, at most 2^33
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for sigma; `CLOAK_ERR_UNSUPPORTED` for the suite; `CLOAK_ERR_TOO_LONG`; `CLOAK_ERR_RANDOMNESS`;
///         `CLOAK_ERR_SAMPLER_FAILED` with a probability below 2^-240
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_gaussian_fill(
    sigma: f64,
    suite: u8,
    rng: *const cloak_rng,
    out: *mut i32,
    length: usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let mut generator = unsafe { Generator::new(rng) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Target::new(out, length) }?.borrow();
        let (sigma, suite) = (Sigma::new(sigma)?, Suite::new(suite)?);
        Ok(Sampler::new(sigma).fill(suite, &StreamKey::random(&mut generator)?, out)?)
    })
}

/// cbindgen:ptrs-as-arrays=[[key; 32]]
/// The samples of a key, the same on every platform (the protocol document, section 12): for test vectors and simulations.
///
/// @param sigma   0.5 to 2^17
/// @param suite   `CLOAK_SUITE_CHACHA20` or `CLOAK_SUITE_AES128_CTR`
/// @param key     the key, 32 bytes, secret where the noise is; suite `CLOAK_SUITE_AES128_CTR` uses the first 16. A key is used once.
/// @param out     its first samples; unspecified when the call fails
/// @param length  elements of `out`, at most 2^33
/// @return as `cloak_gaussian_fill`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_gaussian_stream(
    sigma: f64,
    suite: u8,
    key: *const u8,
    out: *mut i32,
    length: usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let key = Zeroizing::new(unsafe { array::<CLOAK_KEY_SIZE>(key) }?);
        // SAFETY: header, "Pointers".
        let out = unsafe { Target::new(out, length) }?.borrow();
        let (sigma, suite) = (Sigma::new(sigma)?, Suite::new(suite)?);
        Ok(Sampler::new(sigma).fill(suite, &StreamKey::from_bytes(*key), out)?)
    })
}

/// A bound on the statistical distance between so many samples of `cloak_gaussian_fill`, together, and independent samples of N_Z(0, sigma^2), whatever
/// sigma.
///
/// @param samples  number of samples, of one call
/// @param out      the distance
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_gaussian_statistical_distance(samples: u64, out: *mut f64) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        out.write(isochronous::statistical_distance(samples));
        Ok(())
    })
}

/// Exact samples of the discrete Gaussian N_Z(0, variance), by rational arithmetic (Canonne, Kamath, Steinke, NeurIPS 2020). The time depends on the
/// samples: not for noise whose making somebody could time.
///
/// Hosts only.
///
/// @param numerator    of the variance: 1 to 2^48
/// @param denominator  of the variance: 1 to 2^48
/// @param rng          source of randomness; NULL for that of the operating system
/// @param out          the samples; unspecified when the call fails
/// @param length       elements of `out`
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for the variance; `CLOAK_ERR_RANDOMNESS`; `CLOAK_ERR_SAMPLER_FAILED`, which happens with a broken source only
#[cfg(feature = "std")]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_discrete_gaussian_vartime(
    numerator: u64,
    denominator: u64,
    rng: *const cloak_rng,
    out: *mut i64,
    length: usize,
) -> cloak_status {
    // SAFETY: header, "Pointers".
    boundary(|| unsafe { exact(discrete_gaussian_vartime, numerator, denominator, rng, out, length) })
}

/// Exact samples of the discrete Laplace distribution: x with a probability proportional to exp(-|x| / scale). As `cloak_discrete_gaussian_vartime`.
///
/// Hosts only.
///
/// @param numerator    of the scale: 1 to 2^48
/// @param denominator  of the scale: 1 to 2^48
/// @param rng          source of randomness; NULL for that of the operating system
/// @param out          the samples; unspecified when the call fails
/// @param length       elements of `out`
/// @return as `cloak_discrete_gaussian_vartime`
#[cfg(feature = "std")]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_discrete_laplace_vartime(
    numerator: u64,
    denominator: u64,
    rng: *const cloak_rng,
    out: *mut i64,
    length: usize,
) -> cloak_status {
    // SAFETY: header, "Pointers".
    boundary(|| unsafe { exact(discrete_laplace_vartime, numerator, denominator, rng, out, length) })
}

/// Exact samples of the Skellam distribution: the difference of two Poisson variables with half of the variance as the mean. As
/// `cloak_discrete_gaussian_vartime`, with a time that grows with the variance.
///
/// Hosts only.
///
/// @param numerator    of the variance: 1 to 2^48
/// @param denominator  of the variance: 1 to 2^48; the variance is at most 2^20
/// @param rng          source of randomness; NULL for that of the operating system
/// @param out          the samples; unspecified when the call fails
/// @param length       elements of `out`
/// @return as `cloak_discrete_gaussian_vartime`
#[cfg(feature = "std")]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_skellam_vartime(
    numerator: u64,
    denominator: u64,
    rng: *const cloak_rng,
    out: *mut i64,
    length: usize,
) -> cloak_status {
    // SAFETY: header, "Pointers".
    boundary(|| unsafe { exact(skellam_vartime, numerator, denominator, rng, out, length) })
}

/// Fills a vector with samples of an exact sampler.
///
/// # Safety
/// Header, "Pointers".
#[cfg(feature = "std")]
unsafe fn exact(
    sample: fn(&mut Words, Ratio) -> Result<i64, Error>,
    numerator: u64,
    denominator: u64,
    rng: *const cloak_rng,
    out: *mut i64,
    length: usize,
) -> Checked<()> {
    // SAFETY: the caller's obligation.
    let mut words = Words::new(unsafe { Generator::new(rng) }?);
    // SAFETY: the caller's obligation.
    let out = unsafe { Target::new(out, length) }?.borrow();
    let parameter = Ratio::new(numerator, denominator)?;
    for value in out {
        *value = sample(&mut words, parameter)?;
    }
    Ok(())
}
