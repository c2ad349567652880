//! Central noise: for whoever holds all the data.

use cloakwork_core::privacy::central::{Noise, Query, gaussian_delta, gaussian_multiplier};
use cloakwork_core::privacy::parameter::ParameterError;

use crate::boundary::boundary;
use crate::pointer::{Out, Target, value};
use crate::privacy::parameter::{Refusal, cloak_parameter_error};
use crate::rng::{Generator, Words, cloak_rng};
use crate::status::{Checked, cloak_status};

/// `cloak_central.kind`: Laplace noise, for norms and distances in L1; epsilon-differential privacy.
pub const CLOAK_CENTRAL_LAPLACE: i32 = 1;
/// `cloak_central.kind`: Gaussian noise, for norms and distances in L2; (epsilon, delta)-differential privacy.
pub const CLOAK_CENTRAL_GAUSSIAN: i32 = 2;

/// Central noise: clipping, and discrete noise on a grid that is fine beside it, made by the exact samplers.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_central {
    /// Number of values of a message, 1 to 2^28.
    pub dimension: u64,
    /// Largest norm of a message; what is larger is scaled down. Infinity for no clipping.
    pub clip: f64,
    /// Largest distance between the messages of neighbouring data sets, if it is known for another reason; infinity if it is not. The smaller one of it
    /// and twice the clip counts; for Laplace noise with a clip it counts twice.
    pub sensitivity: f64,
    /// 10^-6 to 64.
    pub epsilon: f64,
    /// Above 0 and below 1; 0 for Laplace noise.
    pub delta: f64,
    /// `CLOAK_CENTRAL_LAPLACE` or `CLOAK_CENTRAL_GAUSSIAN`.
    pub kind: i32,
    /// Zero.
    pub reserved: u32,
}

/// Clips a message and adds noise to it. The time depends on the values and on the noise.
///
/// Hosts only.
///
/// @param central  kind and parameters of the noise
/// @param rng      source of randomness; NULL for that of the operating system
/// @param values   the message, in place; all of it is zero when the source or the sampler fails, and unchanged after every other failure
/// @param length   elements of `values`: the dimension
/// @param error    NULL, or where to report which parameter is refused
/// @return `CLOAK_ERR_INVALID_MECHANISM`; `CLOAK_ERR_INVALID_ARGUMENT` for a kind that does not exist or fields that are not zero where they have to
///         be; `CLOAK_ERR_INVALID_LENGTH`; `CLOAK_ERR_NOT_FINITE`; `CLOAK_ERR_OUT_OF_RANGE` for a value of 2^62 units of the grid after clipping;
///         `CLOAK_ERR_RANDOMNESS`; `CLOAK_ERR_SAMPLER_FAILED`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_central_noise_vartime(
    central: *const cloak_central,
    rng: *const cloak_rng,
    values: *mut f64,
    length: usize,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let central = unsafe { value(central) }?;
        // SAFETY: header, "Pointers".
        let mut words = Words::new(unsafe { Generator::new(rng) }?);
        // SAFETY: header, "Pointers".
        let values = unsafe { Target::new(values, length) }?.borrow();
        // SAFETY: header, "Pointers".
        let refusal = unsafe { Refusal::new(error) }?;
        let noise = refusal.on(central.to_core()?)?;
        Ok(noise.apply_vartime(&mut words, values)?)
    })
}

/// The scale of central noise, in the units of the data: b of the Laplace distribution, whose standard deviation is sqrt(2) b, or the standard
/// deviation of the Gaussian.
///
/// Hosts only.
///
/// @param central  kind and parameters of the noise
/// @param scale    the scale
/// @param error    NULL, or where to report which parameter is refused
/// @return `CLOAK_ERR_INVALID_MECHANISM`; `CLOAK_ERR_INVALID_ARGUMENT` as for `cloak_central_noise_vartime`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_central_scale(
    central: *const cloak_central,
    scale: *mut f64,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let central = unsafe { value(central) }?;
        // SAFETY: header, "Pointers".
        let scale = unsafe { Out::new(scale) }?;
        // SAFETY: header, "Pointers".
        let refusal = unsafe { Refusal::new(error) }?;
        scale.write(refusal.on(central.to_core()?)?.scale());
        Ok(())
    })
}

/// The least noise multiplier (standard deviation over L2 sensitivity) with which continuous Gaussian noise is (epsilon, delta)-differentially private
/// (Balle, Wang, ICML 2018).
///
/// Hosts only.
///
/// @param epsilon     10^-6 to 64
/// @param delta       above 0, below 1
/// @param multiplier  the multiplier, not more than 10^-6 above the least one
/// @param error       NULL, or where to report which parameter is refused
/// @return `CLOAK_ERR_INVALID_MECHANISM`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_gaussian_multiplier(
    epsilon: f64,
    delta: f64,
    multiplier: *mut f64,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let multiplier = unsafe { Out::new(multiplier) }?;
        // SAFETY: header, "Pointers".
        let refusal = unsafe { Refusal::new(error) }?;
        multiplier.write(refusal.on(gaussian_multiplier(epsilon, delta))?);
        Ok(())
    })
}

/// The least delta of continuous Gaussian noise, to a relative precision of 10^-7 for epsilon from 10^-6.
///
/// Hosts only.
///
/// @param multiplier  standard deviation over L2 sensitivity, above 0
/// @param epsilon     0 to 64
/// @param delta       the probability
/// @param error       NULL, or where to report which parameter is refused
/// @return `CLOAK_ERR_INVALID_MECHANISM`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_gaussian_delta(
    multiplier: f64,
    epsilon: f64,
    delta: *mut f64,
    error: *mut cloak_parameter_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let delta = unsafe { Out::new(delta) }?;
        // SAFETY: header, "Pointers".
        let refusal = unsafe { Refusal::new(error) }?;
        delta.write(refusal.on(gaussian_delta(multiplier, epsilon))?);
        Ok(())
    })
}

impl cloak_central {
    fn to_core(self) -> Checked<Result<Noise, ParameterError>> {
        let Self { dimension, clip, sensitivity, epsilon, delta, .. } = self;
        let query = Query { dimension, clip, sensitivity };
        match (self.kind, self.reserved) {
            (CLOAK_CENTRAL_LAPLACE, 0) if delta == 0.0 => Ok(Noise::laplace(query, epsilon)),
            (CLOAK_CENTRAL_GAUSSIAN, 0) => Ok(Noise::gaussian(query, epsilon, delta)),
            _ => Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        }
    }
}
