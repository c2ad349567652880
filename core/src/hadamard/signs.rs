//! The diagonal of the rotation.

use crate::error::{ErrorKind, Result};
use crate::kdf;
use crate::prg::{MAX_STREAM_BYTES, StreamKey, Suite, keystream};

use super::Number;

/// Signs that a stream gives, 2^41.
pub(super) const MAX_SIGNS: u64 = MAX_STREAM_BYTES * 8;

/// Bytes of the stream at a time, eight signs each. The buffer is on the stack.
const BUFFER_SIZE: usize = if cfg!(target_pointer_width = "64") { 512 } else { 64 };

/// A diagonal of signs, drawn from a public seed by the suite's generator (protocol.md section 10). It has 2^41 elements; any part of it can be had at once.
///
/// Whoever knows the seed can undo the rotation: it hides nothing, it spreads. What the theorem of the mechanism asks is that the seed is independent of the vectors and
/// fresh in each round.
#[derive(Debug)]
pub struct Signs {
    suite: Suite,
    key: StreamKey,
}

impl Signs {
    /// The diagonal of this seed.
    #[must_use]
    pub fn new(suite: Suite, seed: &[u8; 32]) -> Self {
        let mut key = [0; 32];
        kdf::expand(seed, "signs", &[&[suite.id()]], key.split_at_mut(suite.key_len()).0);
        Self { suite, key: StreamKey::from_bytes(key) }
    }

    /// Multiplies `data` by the elements `first ...` of the diagonal.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLong`] if that goes beyond element 2^41 - 1; nothing is changed then.
    pub fn apply<T: Number>(&self, first: u64, data: &mut [T]) -> Result<()> {
        check_range(first, data.len())?;
        let mut buffer = [0; BUFFER_SIZE];
        let (mut first, mut data) = (first, data);
        if first & 7 != 0 {
            // Up to the next whole byte.
            let skipped = (first & 7) as usize;
            let (head, rest) = data.split_at_mut((8 - skipped).min(data.len()));
            let [byte, ..] = &mut buffer;
            self.bytes(first >> 3, core::slice::from_mut(byte))?;
            for (value, bit) in head.iter_mut().zip(skipped..8) {
                let [mask, ..] = T::masks(*byte >> bit);
                *value = value.signed(*mask);
            }
            first += head.len() as u64;
            data = rest;
        }
        for piece in data.chunks_mut(8 * BUFFER_SIZE) {
            let bytes = buffer.split_at_mut(piece.len().div_ceil(8)).0;
            self.bytes(first >> 3, bytes)?;
            negate(bytes, piece);
            first += piece.len() as u64;
        }
        Ok(())
    }

    /// The bytes `first ...` of the stream: byte i has the signs 8 i ... 8 i + 7, least significant bit first, and a set bit is a minus.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLong`] beyond the end of the stream.
    pub(super) fn bytes(&self, first: u64, out: &mut [u8]) -> Result<()> {
        keystream(self.suite, &self.key, first, out)
    }
}

/// Refuses signs beyond the end of the stream.
pub(super) fn check_range(first: u64, len: usize) -> Result<()> {
    match first.checked_add(len as u64) {
        Some(end) if end <= MAX_SIGNS => Ok(()),
        _ => Err(ErrorKind::TooLong.bound(MAX_SIGNS)),
    }
}

/// Applies the signs of `bytes`, from the first bit on, to as many values.
#[inline(always)]
fn negate<T: Number>(bytes: &[u8], values: &mut [T]) {
    let (groups, rest) = values.as_chunks_mut::<8>();
    for (group, byte) in groups.iter_mut().zip(bytes) {
        let (fours, _) = group.as_chunks_mut::<4>();
        for (four, nibble) in fours.iter_mut().zip([*byte, *byte >> 4]) {
            for (value, mask) in four.iter_mut().zip(T::masks(nibble)) {
                *value = value.signed(*mask);
            }
        }
    }
    if let Some(byte) = bytes.get(groups.len()) {
        for (value, bit) in rest.iter_mut().zip(0..8) {
            let [mask, ..] = T::masks(*byte >> bit);
            *value = value.signed(*mask);
        }
    }
}
