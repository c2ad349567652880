//! The four types of coordinates, and what the transform does with them.

use core::fmt::Debug;

/// A coordinate: `f32`, `f64`, `i32` or `i64`.
///
/// Integers wrap: the transform is exact mod 2^32 or 2^64, and its true value wherever that fits the type. Floats round each sum once, to nearest, ties to
/// even, with no fused multiply-add; NaN and infinities spread as IEEE 754 has them.
pub trait Number: arithmetic::Arithmetic + Copy + Debug + Default + PartialEq + Send + Sync + 'static {}

/// A coordinate that can be divided by the square root of a power of two: `f32` or `f64`.
pub trait Real: Number + arithmetic::Scale {}

/// Sealed: what no caller needs.
pub(super) mod arithmetic {
    /// Additions, and signs by mask.
    pub trait Arithmetic: Copy {
        /// An unsigned word of the same width: zero for plus, all bits set for minus.
        type Mask: Copy + 'static;

        /// The sum.
        fn plus(self, other: Self) -> Self;

        /// The difference.
        fn minus(self, other: Self) -> Self;

        /// Itself under a mask of plus, its negative under one of minus.
        fn signed(self, mask: Self::Mask) -> Self;

        /// The masks of the four lowest bits of `nibble`, least significant first; a set bit is a minus.
        fn masks(nibble: u8) -> &'static [Self::Mask; 4];
    }

    /// Division by the square root of a length.
    pub trait Scale: Copy {
        /// The product.
        fn scaled(self, factor: Self) -> Self;

        /// The number of the type that is nearest to 2^(-`log2` / 2), for `log2` up to 28.
        fn inverse_root(log2: u32) -> Self;
    }
}

/// The masks of all sixteen nibbles. SSE2 has no shift by lanes, so bits are spread by table; they are public.
macro_rules! masks {
    ($word:ty) => {{
        let mut table = [[0; 4]; 16];
        let mut nibble = 0;
        while nibble < 16 {
            let mut bit = 0;
            while bit < 4 {
                table[nibble][bit] = if nibble >> bit & 1 == 1 { <$word>::MAX } else { 0 };
                bit += 1;
            }
            nibble += 1;
        }
        table
    }};
}

static MASKS_32: [[u32; 4]; 16] = masks!(u32);
static MASKS_64: [[u64; 4]; 16] = masks!(u64);

macro_rules! integer {
    ($number:ty, $mask:ty, $masks:ident) => {
        impl Number for $number {}

        impl arithmetic::Arithmetic for $number {
            type Mask = $mask;

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline(always)]
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            #[inline(always)]
            fn signed(self, mask: $mask) -> Self {
                (self ^ mask.cast_signed()).wrapping_sub(mask.cast_signed())
            }

            #[inline(always)]
            fn masks(nibble: u8) -> &'static [$mask; 4] {
                &$masks[usize::from(nibble & 15)]
            }
        }
    };
}

macro_rules! float {
    ($number:ty, $mask:ty, $masks:ident, $exponent_bias:literal, $root_half:expr) => {
        impl Number for $number {}
        impl Real for $number {}

        impl arithmetic::Arithmetic for $number {
            type Mask = $mask;

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self + other
            }

            #[inline(always)]
            fn minus(self, other: Self) -> Self {
                self - other
            }

            #[inline(always)]
            fn signed(self, mask: $mask) -> Self {
                const SIGN: $mask = !(<$mask>::MAX >> 1);
                Self::from_bits(self.to_bits() ^ (mask & SIGN))
            }

            #[inline(always)]
            fn masks(nibble: u8) -> &'static [$mask; 4] {
                &$masks[usize::from(nibble & 15)]
            }
        }

        impl arithmetic::Scale for $number {
            #[inline(always)]
            fn scaled(self, factor: Self) -> Self {
                self * factor
            }

            fn inverse_root(log2: u32) -> Self {
                // A power of two is exact, so the product is the nearest number if its other factor is.
                let power = Self::from_bits(<$mask>::from($exponent_bias - (log2 >> 1)) << (Self::MANTISSA_DIGITS - 1));
                if log2 & 1 == 0 { power } else { power * $root_half }
            }
        }
    };
}

integer!(i32, u32, MASKS_32);
integer!(i64, u64, MASKS_64);
float!(f32, u32, MASKS_32, 127, core::f32::consts::FRAC_1_SQRT_2);
float!(f64, u64, MASKS_64, 1023, core::f64::consts::FRAC_1_SQRT_2);
