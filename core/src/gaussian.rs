//! The discrete Gaussian N_Z(0, sigma^2): the integer x has a probability proportional to exp(-x^2 / (2 sigma^2)) (Canonne, Kamath, Steinke, NeurIPS 2020).
//!
//! Noise has to stay secret, and so must what its making takes: from the time of a sampler alone the size of the noise can be told (Jin, McMurtry,
//! Rubinstein, Ohrimenko, S&P 2022), and floating-point noise gives away what it was added to (Mironov, CCS 2012). Both samplers here use integers only.
//!
//! * [`isochronous`] makes noise at the speed of the stream that it is made from, with a number of operations that does not depend on it; the distance to the true
//!   distribution is stated. It is what a client uses.
//! * [`cks`] is exact and takes a time that depends on the sample: for hosts that want exactness and are not timed, and as the oracle of tests. Discrete
//!   Laplace and Skellam noise are beside it.

use crate::error::{ErrorKind, Result};

pub mod cks;
mod constants;
mod exponential;
pub mod isochronous;
mod wide;

/// The parameter sigma of N_Z(0, sigma^2): any number of double precision from 0.5 to 2^17, taken exactly. It is public.
///
/// The variance is sigma^2 to 15 digits from sigma = 2 on, 2 parts in 10^7 less at sigma = 1, and 0.215 instead of 0.25 at sigma = 0.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sigma(f64);

impl Sigma {
    /// The smallest value.
    pub const MIN: f64 = 0.5;

    /// The largest value, 2^17.
    pub const MAX: f64 = 131_072.0;

    /// Takes a value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`], with the largest value as the bound, unless 0.5 <= sigma <= 2^17.
    pub fn new(sigma: f64) -> Result<Self> {
        if (Self::MIN..=Self::MAX).contains(&sigma) {
            Ok(Self(sigma))
        } else {
            Err(ErrorKind::InvalidArgument.bound(1 << 17))
        }
    }

    /// The value.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// The integer m and the exponent e with sigma = m 2^(e - 52), where m is in [2^52, 2^53) and e in -1 ..= 17.
    const fn parts(self) -> (u64, i32) {
        let bits = self.0.to_bits();
        let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
        // A value in range is positive and normal; its exponent has 11 bits.
        #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "11 bits")]
        let exponent = (bits >> 52) as i32 - 1023;
        (mantissa, exponent)
    }
}
