//! What the corrected party asks a dealer elsewhere for, as bytes (docs/mpc.md section 3).

use alloc::vec::Vec;
use core::fmt;

use super::fields::{Fields, SIZE};
use crate::error::{ErrorKind, Result};

/// Bytes of the number of the first one.
const HEAD: usize = 8;
/// Correlations of a request, at most.
pub const MOST_CORRELATIONS: usize = 1 << 16;
/// Bytes of a request, at most.
pub const MOST_BYTES: usize = HEAD + SIZE * MOST_CORRELATIONS;
/// Words of a party's share of one correlation, at most: half a gibibyte.
pub const MOST_WORDS: usize = 1 << 26;

/// A kind of correlation, and how much of it, that a dealer elsewhere can be asked for. It follows from the program alone, and fits a request's 16 bytes.
pub trait Requested: Copy + fmt::Debug + PartialEq {
    /// What is written.
    fn fields(&self) -> Fields;

    /// The correlation with these fields; those that its kind does not have may be anything.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`] for numbers outside of their range; [`ErrorKind::Unsupported`] for a kind that there is not.
    fn of(fields: &Fields) -> Result<Self>;

    /// Words of corrections, of 8 bytes.
    fn corrections(&self) -> usize;

    /// Whether a share has [`MOST_WORDS`] words of 8 bytes at most. Sums and products of its lengths do not wrap then.
    fn fits(&self) -> bool;
}

/// Correlations that are wanted, in order, with the number in the session of the first. It holds nothing else, and follows from the program alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<C> {
    first: u64,
    correlations: Vec<C>,
}

/// A request as it goes to the dealer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// What to send.
    pub bytes: Vec<u8>,
    /// Words of corrections that come back, of 8 bytes.
    pub words: u64,
}

impl<C: Requested> Request<C> {
    /// A request for these correlations.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] for none, or more than [`MOST_CORRELATIONS`]; [`ErrorKind::TooLong`] for a correlation of more than [`MOST_WORDS`];
    /// [`ErrorKind::OutOfRange`] beyond the last number.
    pub fn new(first: u64, correlations: Vec<C>) -> Result<Self> {
        if correlations.is_empty() || correlations.len() > MOST_CORRELATIONS {
            return Err(ErrorKind::InvalidLength.bound(MOST_CORRELATIONS as u64));
        }
        if first.checked_add(correlations.len() as u64).is_none() {
            return Err(ErrorKind::OutOfRange.bound(u64::MAX));
        }
        if !correlations.iter().all(C::fits) {
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
    pub fn correlations(&self) -> &[C] {
        &self.correlations
    }

    /// Words of corrections of all of them, of 8 bytes.
    #[must_use]
    pub fn words(&self) -> u64 {
        self.correlations.iter().map(|correlation| correlation.corrections() as u64).sum()
    }

    /// The bytes to send.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + SIZE * self.correlations.len());
        bytes.extend_from_slice(&self.first.to_le_bytes());
        for correlation in &self.correlations {
            bytes.extend_from_slice(&correlation.fields().encode());
        }
        bytes
    }

    /// The bytes to send, with how much comes back.
    #[must_use]
    pub fn query(&self) -> Query {
        Query { bytes: self.encode(), words: self.words() }
    }

    /// The request with these bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`] for another length and numbers outside of their range; [`ErrorKind::Unsupported`] for a kind that this dealer does not deal;
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

/// The correlation with these bytes, if it has all of their fields and no other.
fn decode<C: Requested>(bytes: &[u8; SIZE]) -> Result<C> {
    let fields = Fields::decode(bytes)?;
    let correlation = C::of(&fields)?;
    if correlation.fields() == fields { Ok(correlation) } else { Err(ErrorKind::NonCanonical.into()) }
}

/// Whether each matrix of a product of rows x inner and inner x columns has no more elements than a share may have words.
pub(in crate::mpc) fn matrices_fit(rows: usize, inner: usize, columns: usize) -> bool {
    let sizes = [(rows, inner), (inner, columns), (rows, columns)];
    sizes.into_iter().all(|(one, other)| one.checked_mul(other).is_some_and(|words| words <= MOST_WORDS))
}
