//! Integers that are scaled already: x * 2^f, as analogue-digital converters deliver them and devices without floating point compute with them.

use super::{FixedPoint, check_same_len};
use crate::error::Result;
use crate::ring::{Lane, check_lane};

impl FixedPoint {
    /// Whether all scaled integers can be encoded.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfRange`](crate::ErrorKind::OutOfRange), with the largest magnitude as the bound (at most `u64::MAX`), if one is too large.
    pub fn check_scaled_i32(&self, values: &[i32]) -> Result<()> {
        let limit = self.word_limit();
        // One flag for the whole vector: the highest bit.
        let flag = values.iter().fold(0, |flag, value| flag | limit.wrapping_sub(value.unsigned_abs().into()));
        if flag >> 63 == 0 { Ok(()) } else { Err(self.out_of_range()) }
    }

    /// Writes the residues of the scaled integers to `out`, not reduced below the width of the lane.
    ///
    /// # Errors
    ///
    /// As [`FixedPoint::check_scaled_i32`]; [`ErrorKind::InvalidWidth`](crate::ErrorKind::InvalidWidth) if `L` is not the lane type of the width;
    /// [`ErrorKind::InvalidLength`](crate::ErrorKind::InvalidLength) unless the slices have the same length. Nothing is written then.
    pub fn encode_scaled_i32<L: Lane>(&self, values: &[i32], out: &mut [L]) -> Result<()> {
        check_lane::<L>(self.bits)?;
        check_same_len(values.len(), out.len())?;
        self.check_scaled_i32(values)?;
        for (residue, value) in out.iter_mut().zip(values) {
            *residue = L::from_i64((*value).into());
        }
        Ok(())
    }

    /// The index of the first scaled integer that cannot be encoded, for the error message about a vector that was refused.
    #[must_use]
    pub fn first_refused_scaled_i32_vartime(&self, values: &[i32]) -> Option<usize> {
        values.iter().position(|value| u64::from(value.unsigned_abs()) > self.word_limit())
    }

    /// The limit, or a larger number that no word exceeds.
    fn word_limit(&self) -> u64 {
        u64::try_from(self.limit).map_or(u32::MAX.into(), |limit| limit.min(u32::MAX.into()))
    }
}

#[cfg(test)]
mod tests {
    use crate::ErrorKind;
    use crate::fixed::FixedPoint;
    use crate::ring::Bits;

    fn format(bits: u8) -> FixedPoint {
        FixedPoint::new(Bits::new(bits).unwrap(), 20, 3).unwrap()
    }

    #[test]
    fn words_are_taken_as_they_are() {
        let values = [0, 1, -1, 12_345_678, -2, i32::MAX, i32::MIN];
        let mut lanes = [0u64; 7];
        format(40).encode_scaled_i32(&values, &mut lanes).unwrap();
        assert_eq!(lanes.map(u64::cast_signed), values.map(i64::from));
        let mut wide = [0u128; 7];
        format(128).encode_scaled_i32(&values, &mut wide).unwrap();
        assert_eq!(wide.map(u128::cast_signed), values.map(i128::from));
        // Two residues of a sum of scaled integers are those of the numbers that they stand for.
        let numbers = values.map(|value| f64::from(value) / f64::from(1 << 20));
        let mut converted = [0u64; 7];
        format(40).encode_f64(&numbers, &mut converted).unwrap();
        assert_eq!(converted, lanes);
    }

    #[test]
    fn the_limit_is_that_of_the_sum() {
        // floor((2^19 - 1) / 3)
        let (format, limit) = (format(20), 174_762);
        for value in [limit, -limit] {
            assert_eq!(format.check_scaled_i32(&[0, value]), Ok(()));
            assert_eq!(format.first_refused_scaled_i32_vartime(&[0, value]), None);
        }
        for value in [limit + 1, -limit - 1, i32::MAX, i32::MIN] {
            let error = format.check_scaled_i32(&[0, value]).unwrap_err();
            assert_eq!((error.kind(), error.bound()), (ErrorKind::OutOfRange, Some(174_762)));
            assert_eq!(format.first_refused_scaled_i32_vartime(&[0, value]), Some(1));
            let mut lanes = [7u32; 2];
            assert!(format.encode_scaled_i32(&[0, value], &mut lanes).is_err());
            assert_eq!(lanes, [7; 2]);
        }
        let mut narrow = [0u64; 1];
        assert_eq!(format.encode_scaled_i32(&[0], &mut narrow).unwrap_err().kind(), ErrorKind::InvalidWidth);
        let mut short = [0u32; 1];
        assert_eq!(format.encode_scaled_i32(&[0, 0], &mut short).unwrap_err().kind(), ErrorKind::InvalidLength);
    }
}
