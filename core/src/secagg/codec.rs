//! Canonical CBOR (protocol.md section 8) without an allocator.
//!
//! `minicbor` accepts longer integer forms than needed and bytes after the item, so every decoder here re-encodes what it read and
//! compares.

use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decoder, decode};

use crate::error::{Error, ErrorKind, Result};

/// Writes into a caller's buffer, or refuses with the size that it would have needed.
pub(crate) struct Output<'a> {
    buffer: &'a mut [u8],
    written: usize,
}

impl<'a> Output<'a> {
    /// A writer for an item of `needed` bytes.
    pub(crate) fn with_size(buffer: &'a mut [u8], needed: usize) -> Result<Self> {
        if buffer.len() < needed {
            return Err(ErrorKind::BufferTooSmall.bound(needed as u64));
        }
        Ok(Self { buffer, written: 0 })
    }

    pub(crate) const fn written(&self) -> usize {
        self.written
    }
}

impl Write for Output<'_> {
    type Error = Error;

    fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        let end = self.written + bytes.len();
        let target = self.buffer.get_mut(self.written..end).ok_or(ErrorKind::BufferTooSmall.bound(end as u64))?;
        target.copy_from_slice(bytes);
        self.written = end;
        Ok(())
    }
}

/// Compares what is encoded with what was received.
struct Comparison<'a> {
    expected: &'a [u8],
    equal: bool,
}

impl Write for Comparison<'_> {
    type Error = core::convert::Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> core::result::Result<(), Self::Error> {
        match self.expected.split_at_checked(bytes.len()) {
            Some((head, tail)) if head == bytes => self.expected = tail,
            _ => self.equal = false,
        }
        Ok(())
    }
}

/// Counts the bytes of an encoding.
struct Count(usize);

impl Write for Count {
    type Error = core::convert::Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> core::result::Result<(), Self::Error> {
        self.0 += bytes.len();
        Ok(())
    }
}

/// An item with one canonical encoding.
pub(crate) trait Encodable {
    fn encode<W: Write>(&self, encoder: &mut Encoder<W>) -> core::result::Result<(), EncodeError<W::Error>>;
}

/// An item that is read by itself.
#[cfg(feature = "saved")]
pub(crate) trait Canonical<'b>: Encodable + Sized {
    fn decode(decoder: &mut Decoder<'b>) -> core::result::Result<Self, decode::Error>;
}

/// Decodes the one item that `bytes` must be.
///
/// # Errors
/// `Malformed` when it is not such an item, `NonCanonical` when its encoding is not the canonical one or bytes follow.
#[cfg(feature = "saved")]
pub(crate) fn from_canonical<'b, T: Canonical<'b>>(bytes: &'b [u8]) -> Result<T> {
    let item = T::decode(&mut Decoder::new(bytes)).map_err(|_| ErrorKind::Malformed)?;
    if is_canonical(&item, bytes) { Ok(item) } else { Err(ErrorKind::NonCanonical.into()) }
}

/// Whether `bytes` is the canonical encoding of `item`, whole.
pub(crate) fn is_canonical<T: Encodable>(item: &T, bytes: &[u8]) -> bool {
    let mut encoder = Encoder::new(Comparison { expected: bytes, equal: true });
    let encoded = item.encode(&mut encoder).is_ok();
    let comparison = encoder.writer();
    encoded && comparison.equal && comparison.expected.is_empty()
}

/// Size of the canonical encoding.
pub(crate) fn size_of<T: Encodable>(item: &T) -> usize {
    let mut encoder = Encoder::new(Count(0));
    match item.encode(&mut encoder) {
        Ok(()) => encoder.writer().0,
        Err(_) => 0,
    }
}

/// Writes the canonical encoding and returns its size.
pub(crate) fn to_canonical<T: Encodable>(item: &T, out: &mut [u8]) -> Result<usize> {
    let mut encoder = Encoder::new(Output::with_size(out, size_of(item))?);
    item.encode(&mut encoder).map_err(output_error)?;
    Ok(encoder.writer().written())
}

/// The error of a write into an [`Output`].
pub(crate) fn output_error(error: EncodeError<Error>) -> Error {
    error.into_write().unwrap_or_else(|| ErrorKind::Malformed.into())
}

/// Bytes of the head of an item (RFC 8949 section 3) whose argument is `value`.
pub(crate) const fn head_size(value: u64) -> usize {
    match value {
        0..=23 => 1,
        24..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    }
}

/// Reads a byte string of exactly `N` bytes.
pub(crate) fn fixed_bytes<const N: usize>(decoder: &mut Decoder<'_>) -> core::result::Result<[u8; N], decode::Error> {
    decoder.bytes()?.try_into().map_err(|_| decode::Error::message("a byte string of another size"))
}

/// Reads a number; the inner error is of one that its field cannot hold, which is outside the bounds of a run description.
pub(crate) fn number<T: TryFrom<u64>>(decoder: &mut Decoder<'_>) -> core::result::Result<Result<T>, decode::Error> {
    Ok(T::try_from(decoder.u64()?).map_err(|_| ErrorKind::InvalidRun.into()))
}

/// Reads the head of an array of exactly `count` items.
pub(crate) fn array(decoder: &mut Decoder<'_>, count: u64) -> core::result::Result<(), decode::Error> {
    match decoder.array()? {
        Some(found) if found == count => Ok(()),
        _ => Err(decode::Error::message("an array of another length")),
    }
}
