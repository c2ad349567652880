//! Generators whose bytes are given.

use cloakwork_core::prg::{StreamKey, Suite, keystream};
use rand_core::{TryCryptoRng, TryRng};

/// There are no more bytes, or the stream failed.
#[derive(Debug)]
pub(crate) struct Exhausted;

impl core::fmt::Display for Exhausted {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the generator is exhausted")
    }
}

impl core::error::Error for Exhausted {}

/// Where the bytes of a generator come from.
pub(crate) trait Source {
    fn read(&self, position: u64, out: &mut [u8]) -> Result<(), Exhausted>;
}

impl Source for &[u8] {
    fn read(&self, position: u64, out: &mut [u8]) -> Result<(), Exhausted> {
        let start = usize::try_from(position).map_err(|_| Exhausted)?;
        out.copy_from_slice(self.get(start..start + out.len()).ok_or(Exhausted)?);
        Ok(())
    }
}

/// The stream of suite 1.
impl Source for StreamKey {
    fn read(&self, position: u64, out: &mut [u8]) -> Result<(), Exhausted> {
        keystream(Suite::ChaCha20, self, position, out).map_err(|_| Exhausted)
    }
}

/// Hands out the bytes of its source, in order.
pub(crate) struct Tape<S> {
    source: S,
    pub(crate) position: u64,
}

impl<S: Source> Tape<S> {
    pub(crate) fn new(source: S) -> Self {
        Self { source, position: 0 }
    }
}

impl<S: Source> TryRng for Tape<S> {
    type Error = Exhausted;

    fn try_next_u32(&mut self) -> Result<u32, Exhausted> {
        let mut word = [0; 4];
        self.try_fill_bytes(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> Result<u64, Exhausted> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Exhausted> {
        self.source.read(self.position, out)?;
        self.position += out.len() as u64;
        Ok(())
    }
}

impl<S: Source> TryCryptoRng for Tape<S> {}
