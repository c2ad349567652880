//! A part of a contribution, with a bit width, an encoding and mask streams of its own.

use heapless::String;
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decoder, decode};

use super::codec::{array, number};
use crate::error::{ErrorKind, Result};
use crate::ring::{Bits, packed_len};

/// Most values of a segment.
pub const MAX_SEGMENT_LENGTH: u64 = 1 << 31;
/// Most characters of a segment label.
pub const MAX_LABEL: usize = 32;
/// How the values of a segment become residues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The values are residues mod 2^b already; sums wrap.
    Residues,
    /// Signed fixed point, range-checked so that the sum over the roster cannot wrap.
    FixedPoint {
        /// A value x is the integer nearest to x * 2^fraction.
        fraction: i8,
    },
}

/// One part of a contribution, with a bit width and mask streams of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    label: String<MAX_LABEL>,
    bits: Bits,
    length: u64,
    encoding: Encoding,
}

impl Segment {
    /// A segment of `length` values (1 to 2^31) of `bits` bits. The label has 1 to 32 characters of `a-z 0-9 _ . -`.
    ///
    /// # Errors
    /// `InvalidWidth` for the bit width, `InvalidRun` for the rest.
    pub fn new(label: &str, bits: u8, length: u64, encoding: Encoding) -> Result<Self> {
        let legal = |c: u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
        let label_fits = !label.is_empty() && label.bytes().all(legal);
        let fraction_fits = match encoding {
            Encoding::Residues => true,
            Encoding::FixedPoint { fraction } => (-64..=120).contains(&fraction),
        };
        if !label_fits || !fraction_fits || length == 0 || length > MAX_SEGMENT_LENGTH {
            return Err(ErrorKind::InvalidRun.into());
        }
        let label = String::try_from(label).map_err(|_| ErrorKind::InvalidRun)?;
        Ok(Self { label, bits: Bits::new(bits)?, length, encoding })
    }

    /// The label; it enters the derivation of the segment's masks.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Bit width of a residue.
    #[must_use]
    pub const fn bits(&self) -> Bits {
        self.bits
    }

    /// Number of values.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// How values become residues.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Zero coordinates after the values: enough that masks that do not cancel escape with probability below 2^-63.
    #[must_use]
    pub fn zeros(&self) -> u64 {
        u64::from(64u8.div_ceil(self.bits.get()))
    }

    /// Values and zero coordinates.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.length + self.zeros()
    }

    /// Bytes of the segment in a payload.
    #[must_use]
    pub fn packed_size(&self) -> u64 {
        packed_len(self.bits, self.total())
    }

    pub(super) fn write<W: Write>(&self, e: &mut Encoder<W>) -> core::result::Result<(), EncodeError<W::Error>> {
        let (encoding, fraction) = match self.encoding {
            Encoding::Residues => (0, 0),
            Encoding::FixedPoint { fraction } => (1, fraction),
        };
        e.array(5)?.str(&self.label)?.u8(self.bits.get())?.u64(self.length)?.u8(encoding)?.i8(fraction)?;
        Ok(())
    }

    pub(super) fn read(d: &mut Decoder<'_>) -> core::result::Result<Result<Self>, decode::Error> {
        array(d, 5)?;
        let (label, bits, length, encoding, fraction) = (d.str()?, number::<u8>(d)?, d.u64()?, d.u64()?, d.i64()?);
        let encoding: Result<Encoding> = match (encoding, i8::try_from(fraction)) {
            (0, Ok(0)) => Ok(Encoding::Residues),
            (1, Ok(fraction)) => Ok(Encoding::FixedPoint { fraction }),
            _ => Err(ErrorKind::InvalidRun.into()),
        };
        let segment = bits.and_then(|bits| Self::new(label, bits, length, encoding?));
        let segment = segment.map_err(|_| ErrorKind::InvalidRun.into());
        #[cfg(not(feature = "wide"))]
        let segment = segment.and_then(|segment: Self| match segment.bits.get() {
            ..=64 => Ok(segment),
            _ => Err(ErrorKind::Unsupported.bound(64)),
        });
        Ok(segment)
    }
}
