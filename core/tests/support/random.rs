//! Generators of random bytes for tests: one that is the same on every machine, and broken ones.

use core::convert::Infallible;

use cloakwork_core::kdf;
use rand_core::{TryCryptoRng, TryRng};

/// SHA-256 in counter mode over a name.
pub struct Generator {
    name: String,
    counter: u64,
}

impl Generator {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), counter: 0 }
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    pub fn word(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    pub fn wide(&mut self) -> u128 {
        u128::from_le_bytes(self.bytes())
    }

    /// A number below `bound`; the bias of at most bound / 2^64 does not matter here.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.word() % bound as u64).unwrap()
    }

    /// Fisher and Yates.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            self.counter += 1;
            let block = kdf::hash("test generator", &[self.name.as_bytes(), &self.counter.to_le_bytes()]);
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

impl TryRng for Generator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.word())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.fill(out);
        Ok(())
    }
}

impl TryCryptoRng for Generator {}

/// Hands out the bytes of a tape, in order, and fails at its end.
pub struct Tape {
    bytes: Vec<u8>,
    position: usize,
}

/// A generator has nothing to give.
#[derive(Debug)]
pub struct Exhausted;

impl core::fmt::Display for Exhausted {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the generator is exhausted")
    }
}

impl core::error::Error for Exhausted {}

impl Tape {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, position: 0 }
    }

    /// A generator that fails at once.
    pub fn empty() -> Self {
        Self::new(Vec::new())
    }

    pub fn is_used_up(&self) -> bool {
        self.position == self.bytes.len()
    }
}

impl TryRng for Tape {
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
        let end = self.position + out.len();
        out.copy_from_slice(self.bytes.get(self.position..end).ok_or(Exhausted)?);
        self.position = end;
        Ok(())
    }
}

impl TryCryptoRng for Tape {}

/// Repeats one byte, as the generator of a microcontroller does before its clock runs.
pub struct Stuck(pub u8);

impl TryRng for Stuck {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes([self.0; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes([self.0; 8]))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Stuck {}
