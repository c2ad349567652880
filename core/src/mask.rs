//! Masks: streams derived from 32-byte seeds, added into a vector (protocol.md section 5).

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::Result;
use crate::kdf;
use crate::prg::{self, Sign, StreamKey, Suite};
use crate::ring::{Bits, Lane};

mod pair;

/// Bytes of a [`Seed`].
pub const SEED_SIZE: usize = 32;

/// Bytes of the accumulator over which all streams go before the next block is begun. It stays in a second-level cache, and setting up a
/// cipher (about 0.1 us) is small beside a block of its stream.
const BLOCK_BYTES: usize = 128 * 1024;

/// What the masks of one party, or of one pair in one round, are expanded from: a secret.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; SEED_SIZE]);

/// What a mask stream is bound to beside its seed: a segment of the run description.
#[derive(Clone, Copy, Debug)]
pub struct StreamLabel<'a> {
    /// The suite of the run.
    pub suite: Suite,
    /// The number of the segment, from 0.
    pub index: u8,
    /// The label of the segment.
    pub label: &'a str,
    /// The width of its residues.
    pub bits: Bits,
    /// The number of its values, zero coordinates not counted.
    pub length: u64,
}

impl Seed {
    /// The seed with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; SEED_SIZE]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a mask key that is sent to the server when a neighbour dropped out.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SEED_SIZE] {
        &self.0
    }

    /// The key of this seed's stream for a segment.
    #[must_use]
    pub fn stream_key(&self, stream: &StreamLabel<'_>) -> StreamKey {
        let mut key = [0u8; 32];
        kdf::expand(
            &self.0,
            "stream",
            &[
                &[stream.suite.id()],
                &[stream.index],
                stream.label.as_bytes(),
                &[stream.bits.get()],
                &stream.length.to_le_bytes(),
            ],
            key.split_at_mut(stream.suite.key_len()).0,
        );
        let stream_key = StreamKey::from_bytes(key);
        key.zeroize();
        stream_key
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// Adds every mask, with its sign, to the elements `first_element ...` of a vector.
///
/// `accumulator` is the piece of the vector that starts at `first_element`; any division of a vector into pieces gives the same sum.
/// Blocks of the accumulator are the outer loop and masks the inner one, so that the vector goes through the cache once.
///
/// # Errors
///
/// [`ErrorKind::TooLong`](crate::ErrorKind::TooLong) if the streams are not that long; nothing is written then.
pub fn add_masks<'a, L: Lane>(
    suite: Suite,
    masks: impl Iterator<Item = (Sign, &'a StreamKey)> + Clone,
    first_element: u64,
    accumulator: &mut [L],
) -> Result<()> {
    let block_len = BLOCK_BYTES >> L::BYTES.trailing_zeros();
    let mut first = first_element;
    prg::check_range(L::BYTES.trailing_zeros(), first_element, accumulator.len())?;
    for block in accumulator.chunks_mut(block_len) {
        for (sign, key) in masks.clone() {
            prg::add_stream(suite, key, sign, first, block)?;
        }
        first += block.len() as u64;
    }
    Ok(())
}
