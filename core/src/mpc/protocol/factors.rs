//! Public real factors as integers over powers of two (docs/mpc.md section 8).

use alloc::vec::Vec;

use crate::error::{ErrorKind, Result};
use crate::mpc::protocol::Format;

/// Integers over 2^`fraction`, one for all elements or one for each.
pub(in crate::mpc) struct Factors {
    whole: Vec<i64>,
    fraction: u32,
}

impl Factors {
    /// Two parts that add up to the factors of whole numbers or, `real`, of those of the format, for a product with as many fraction bits as the format: the numbers of the format below the
    /// factors, and what is missing, with f bits more.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFinite`]; [`ErrorKind::OutOfRange`] for a magnitude of 2^(62 - f) or more.
    #[allow(clippy::cast_possible_truncation, reason = "below 2^62, and at most 2^30")]
    pub(in crate::mpc) fn parts(format: &Format, factors: &[f64], real: bool) -> Result<[Self; 2]> {
        let bits = format.fraction().cast_signed();
        let mut found = (Vec::with_capacity(factors.len()), Vec::with_capacity(factors.len()));
        for factor in factors {
            if !factor.is_finite() {
                return Err(ErrorKind::NotFinite.into());
            }
            let scaled = libm::ldexp(*factor, bits);
            if libm::fabs(scaled) >= libm::ldexp(1.0, 62) {
                return Err(ErrorKind::OutOfRange.bound(1 << (62 - format.fraction())));
            }
            let below = libm::floor(scaled);
            found.0.push(below as i64);
            found.1.push(libm::round(libm::ldexp(scaled - below, bits)) as i64);
        }
        let own = if real { format.fraction() } else { 0 };
        Ok([Self::reduced(found.0, own), Self::reduced(found.1, own + format.fraction())])
    }

    /// What all integers can be halved by is taken off.
    fn reduced(mut whole: Vec<i64>, fraction: u32) -> Self {
        let even = whole.iter().fold(fraction, |even, whole| even.min(whole.trailing_zeros()));
        let none = whole.iter().all(|whole| *whole == 0);
        whole.iter_mut().for_each(|whole| *whole >>= even);
        Self { whole, fraction: if none { 0 } else { fraction - even } }
    }

    /// The integers, again and again.
    pub(in crate::mpc) fn words(&self) -> impl Iterator<Item = u64> {
        self.whole.iter().map(|whole| whole.cast_unsigned()).cycle()
    }

    /// The fraction bits that a product has too many.
    pub(in crate::mpc) const fn fraction(&self) -> u32 {
        self.fraction
    }
}
