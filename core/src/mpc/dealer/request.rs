//! What the corrected party asks a dealer elsewhere for, as bytes (docs/mpc.md section 3).

use alloc::vec::Vec;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::Correlation;
use crate::mpc::local::comparison::Width;

/// Bytes of a correlation.
const SIZE: usize = 16;
/// Bytes of the number of the first one.
const HEAD: usize = 8;
/// Correlations of a request, at most.
pub const MOST_CORRELATIONS: usize = 1 << 16;
/// Bytes of a request, at most.
pub const MOST_BYTES: usize = HEAD + SIZE * MOST_CORRELATIONS;
/// Words of a party's share of one correlation, at most: half a gibibyte.
pub const MOST_WORDS: usize = 1 << 26;

/// In the place of a number of fraction bits: none.
const NO_FRACTION: u8 = 255;
/// In the place of a width: none; its highest bit says that there is a sign.
const NO_WIDTH: u8 = 0;
const SIGNED: u8 = 0x80;
/// Fraction bits that a truncation takes off, at most.
const MOST_FRACTION: u8 = 62;

/// Correlations that are wanted, in order, with the number in the session of the first. It holds nothing else, and follows from the program alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    first: u64,
    correlations: Vec<Correlation>,
}

impl Request {
    /// A request for these correlations.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] for none, or more than [`MOST_CORRELATIONS`]; [`ErrorKind::TooLong`] for a correlation of more than [`MOST_WORDS`];
    /// [`ErrorKind::OutOfRange`] beyond the last number.
    pub fn new(first: u64, correlations: Vec<Correlation>) -> Result<Self> {
        if correlations.is_empty() || correlations.len() > MOST_CORRELATIONS {
            return Err(ErrorKind::InvalidLength.bound(MOST_CORRELATIONS as u64));
        }
        if first.checked_add(correlations.len() as u64).is_none() {
            return Err(ErrorKind::OutOfRange.bound(u64::MAX));
        }
        if !correlations.iter().all(fits) {
            return Err(ErrorKind::TooLong.bound(MOST_WORDS as u64));
        }
        Ok(Self { first, correlations })
    }

    /// The number of the first correlation.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// The correlations.
    #[must_use]
    pub fn correlations(&self) -> &[Correlation] {
        &self.correlations
    }

    /// Words of corrections of all of them.
    #[must_use]
    pub fn words(&self) -> u64 {
        self.correlations.iter().map(|correlation| correlation.layout().dependent() as u64).sum()
    }

    /// The bytes to send.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + SIZE * self.correlations.len());
        bytes.extend_from_slice(&self.first.to_le_bytes());
        for correlation in &self.correlations {
            bytes.extend_from_slice(&encode(correlation));
        }
        bytes
    }

    /// The request with these bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`] for another length and numbers outside of their range; [`ErrorKind::Unsupported`] for a kind that this version does not know;
    /// [`ErrorKind::NonCanonical`] where a place that is not used is not zero; those of [`Request::new`].
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MOST_BYTES {
            return Err(ErrorKind::InvalidLength.bound(MOST_BYTES as u64));
        }
        let (first, rest) = bytes.split_first_chunk::<HEAD>().ok_or(ErrorKind::Malformed)?;
        let (each, rest) = rest.as_chunks::<SIZE>();
        if !rest.is_empty() {
            return Err(ErrorKind::Malformed.into());
        }
        Self::new(u64::from_le_bytes(*first), each.iter().map(decode).collect::<Result<_>>()?)
    }
}

/// The fields of a correlation: its kind, fraction, width, and up to three lengths.
#[derive(PartialEq, Eq)]
struct Fields {
    kind: u8,
    fraction: u8,
    width: u8,
    lengths: [u32; 3],
}

impl Fields {
    fn plain(kind: u8, count: usize) -> Self {
        Self { kind, fraction: NO_FRACTION, width: NO_WIDTH, lengths: [length(count), 0, 0] }
    }

    fn of(correlation: &Correlation) -> Self {
        match *correlation {
            Correlation::Products { count } => Self::plain(0, count),
            Correlation::Squares { count } => Self::plain(1, count),
            Correlation::MatrixProduct { rows, inner, columns } => {
                Self { lengths: [length(rows), length(inner), length(columns)], ..Self::plain(2, rows) }
            }
            Correlation::Masks { count, fraction, width } => {
                Self { fraction: fraction_byte(fraction), width: width_byte(width), ..Self::plain(3, count) }
            }
            Correlation::Selectors { count, width } => Self { width: width_byte(Some(width)), ..Self::plain(4, count) },
            Correlation::Bits { count } => Self::plain(5, count),
            Correlation::Ands { count } => Self::plain(6, count),
            Correlation::SharedAnds { count } => Self::plain(7, count),
        }
    }

    /// The correlation, if it has all of these fields and no other.
    fn correlation(&self) -> Result<Correlation> {
        let lengths = self.lengths.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        let [count, inner, columns] = lengths;
        let correlation = match self.kind {
            0 => Correlation::Products { count },
            1 => Correlation::Squares { count },
            2 => Correlation::MatrixProduct { rows: count, inner, columns },
            3 => Correlation::Masks { count, fraction: fraction(self.fraction)?, width: width(self.width)? },
            4 => Correlation::Selectors { count, width: width(self.width)?.ok_or(ErrorKind::Malformed)? },
            5 => Correlation::Bits { count },
            6 => Correlation::Ands { count },
            7 => Correlation::SharedAnds { count },
            _ => return Err(ErrorKind::Unsupported.into()),
        };
        if Self::of(&correlation) == *self { Ok(correlation) } else { Err(ErrorKind::NonCanonical.into()) }
    }
}

fn encode(correlation: &Correlation) -> [u8; SIZE] {
    let fields = Fields::of(correlation);
    let mut bytes = [0; SIZE];
    let (head, lengths) = bytes.split_at_mut(4);
    head.copy_from_slice(&[fields.kind, fields.fraction, fields.width, 0]);
    for (place, length) in lengths.as_chunks_mut::<4>().0.iter_mut().zip(fields.lengths) {
        *place = length.to_le_bytes();
    }
    bytes
}

fn decode(bytes: &[u8; SIZE]) -> Result<Correlation> {
    let &[kind, fraction, width, unused, ref lengths @ ..] = bytes;
    if unused != 0 {
        return Err(ErrorKind::NonCanonical.into());
    }
    let mut fields = Fields { kind, fraction, width, lengths: [0; 3] };
    for (length, bytes) in fields.lengths.iter_mut().zip(lengths.as_chunks::<4>().0) {
        *length = u32::from_le_bytes(*bytes);
    }
    fields.correlation()
}

/// A length; one that is longer than what a request may ask for stays so.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn fraction_byte(fraction: Option<u32>) -> u8 {
    fraction.and_then(|fraction| u8::try_from(fraction).ok()).unwrap_or(NO_FRACTION)
}

fn fraction(byte: u8) -> Result<Option<u32>> {
    match byte {
        NO_FRACTION => Ok(None),
        0..=MOST_FRACTION => Ok(Some(byte.into())),
        _ => Err(ErrorKind::Malformed.into()),
    }
}

fn width_byte(width: Option<Width>) -> u8 {
    let Some(width) = width else { return NO_WIDTH };
    let sign = if width.compared() < width.bits() { SIGNED } else { 0 };
    u8::try_from(width.bits()).map_or(NO_WIDTH, |bits| bits | sign)
}

fn width(byte: u8) -> Result<Option<Width>> {
    let bits = u32::from(byte & !SIGNED);
    match byte {
        NO_WIDTH => Ok(None),
        _ if byte & SIGNED == 0 => Ok(Some(Width::low(bits).ok_or(ErrorKind::Malformed)?)),
        _ => Ok(Some(Width::signed(bits).ok_or(ErrorKind::Malformed)?)),
    }
}

/// Whether a correlation has no more words than one may have. Sums and products of its lengths do not wrap then.
fn fits(correlation: &Correlation) -> bool {
    let bounded = match *correlation {
        Correlation::MatrixProduct { rows, inner, columns } => [(rows, inner), (inner, columns), (rows, columns)]
            .into_iter()
            .all(|(one, other)| one.checked_mul(other).is_some_and(|words| words <= MOST_WORDS)),
        Correlation::Products { count }
        | Correlation::Squares { count }
        | Correlation::Masks { count, .. }
        | Correlation::Selectors { count, .. }
        | Correlation::Bits { count }
        | Correlation::Ands { count }
        | Correlation::SharedAnds { count } => count <= MOST_WORDS,
    };
    bounded && correlation.layout().total() <= MOST_WORDS
}
