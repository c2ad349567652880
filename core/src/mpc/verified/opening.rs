//! Openings that are remembered until they are checked.

use alloc::rc::Rc;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::Result;
use crate::kdf::{HASH_SIZE, Hasher};
use crate::mpc::engine::{Content, Outgoing};
use crate::mpc::local::authenticated::add_difference;
use crate::mpc::verified::Verified;
use crate::mpc::verified::authenticated::{WideWords, collect};
use crate::prg::{Sign, StreamKey, Suite, add_stream};

/// What became known to everybody since the last check, in an order that follows from the program alone.
pub(super) struct Record {
    /// Opened values, with this party's shares of their MACs.
    openings: Vec<(Rc<WideWords>, WideWords)>,
    transcript: Hasher,
    empty: bool,
}

impl Record {
    /// What the check with this number will look at.
    pub(super) fn new(check: u64) -> Self {
        let mut transcript = Hasher::new("verified transcript");
        transcript.part(&check.to_le_bytes());
        Self { openings: Vec::new(), transcript, empty: true }
    }

    /// Whether nothing became known.
    pub(super) const fn is_empty(&self) -> bool {
        self.empty
    }

    /// Adds what was opened.
    pub(super) fn opened(&mut self, values: Rc<WideWords>, macs: WideWords) {
        self.transcript.begin_part(16 * values.len());
        for value in values.iter() {
            self.transcript.continue_part(&value.to_le_bytes());
        }
        self.openings.push((values, macs));
        self.empty = false;
    }

    /// Adds bytes that one party sent to all others and that have no MAC.
    pub(super) fn announced(&mut self, bytes: &[u8]) {
        self.transcript.part(bytes);
        self.empty = false;
    }

    /// A digest of all that became known, and of these bytes of each party.
    pub(super) fn digest(&self, bytes: &[Zeroizing<Vec<u8>>]) -> [u8; HASH_SIZE] {
        let mut transcript = self.transcript.clone();
        for bytes in bytes {
            transcript.part(bytes);
        }
        transcript.finish()
    }

    /// This party's share of what is zero if all openings belong to their MACs, for the coefficients that follow from a seed which all parties have drawn together.
    pub(super) fn difference(&self, key: u128, seed: &[u8; HASH_SIZE]) -> Result<Zeroizing<u128>> {
        let stream = StreamKey::from_bytes(*seed);
        let mut difference = Zeroizing::new(0u128);
        let mut first = 0u64;
        for (values, macs) in &self.openings {
            for (values, macs) in values.chunks(PIECE).zip(macs.chunks(PIECE)) {
                let mut coefficients = [0u64; PIECE];
                let (coefficients, _) = coefficients.split_at_mut(values.len().min(PIECE));
                add_stream(Suite::ChaCha20, &stream, Sign::Plus, first, coefficients)?;
                first += values.len() as u64;
                add_difference(key, coefficients, values, macs, &mut difference);
            }
        }
        Ok(difference)
    }
}

/// Coefficients that are made at a time.
const PIECE: usize = 512;

impl Verified {
    /// The values of which these are shares, with shares of their MACs: 1 round, 16 bytes a word. They have to be masked.
    pub(super) async fn open(&self, shares: &[u128], macs: WideWords) -> Rc<WideWords> {
        let own: Vec<u8> = shares.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut sum = collect(shares.len(), shares.iter().copied());
        for message in self.party.broadcast(Content::Other, Outgoing::All(own)).await {
            add(&message, &mut sum);
        }
        let sum = Rc::new(sum);
        self.record.borrow_mut().opened(Rc::clone(&sum), macs);
        sum
    }
}

/// Adds words that came as bytes to a sum.
pub(super) fn add(bytes: &[u8], sum: &mut [u128]) {
    for (sum, bytes) in sum.iter_mut().zip(bytes.as_chunks().0) {
        *sum = sum.wrapping_add(u128::from_le_bytes(*bytes));
    }
}
