//! Many correlated transfers from few: for each, the receiver gets a row t and the sender a row q with q = t xor choice * Delta, for a secret Delta of 128 bits of the sender's.
//!
//! L. Roy, SoftSpokenOT, CRYPTO 2022 (ePrint 2022/192), for parties that follow the protocol: 32 punctured trees of 16 leaves. With r_x the streams of a tree's leaves, the receiver has
//! u = xor of r_x and, for bit b of x, v_b = xor of r_x over the x with that bit; the sender, who misses leaf alpha, has the same sums without r_alpha, u' and v'_b, and so
//! v'_b xor alpha_b u' = v_b xor alpha_b u. The receiver sends u xor its choices, the only message: 4 bytes a transfer, where Y. Ishai et al.,
//! CRYPTO 2003 (trees of one level) need 16.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::base::{self, Context, Key, TRANSFERS};
use super::transpose;
use super::tree::{self, DEPTH, LEAVES, Node, SUMS_SIZE};
use crate::ct::Masks;
use crate::error::{ErrorKind, Result};
use crate::prg::{MAX_STREAM_BYTES, Sign, StreamKey, Suite, add_stream};

/// Trees of one direction.
const TREES: usize = TRANSFERS >> DEPTH.ilog2();

/// Transfers that a pair may make: a stream gives one bit to each.
pub(super) const MAX_TRANSFERS: u64 = MAX_STREAM_BYTES << 3;

/// Bytes of the sums of all trees.
pub(super) const ALL_SUMS_SIZE: usize = TREES * SUMS_SIZE;

/// Words of a stream that are taken at a time: the planes of so many fit into a cache.
const BLOCK: usize = 512;

/// A row of each transfer.
pub(super) type Rows = Zeroizing<Vec<u128>>;

/// Bytes of the message about so many words of choices.
pub(super) const fn message_size(words: usize) -> usize {
    TREES * words * 8
}

/// The side with the choices, and all leaves.
#[derive(ZeroizeOnDrop)]
pub(super) struct Receiver {
    trees: Vec<Vec<StreamKey>>,
}

/// The side that has Delta, and all leaves but one of each tree.
#[derive(ZeroizeOnDrop)]
pub(super) struct Sender {
    trees: Vec<Vec<StreamKey>>,
    delta: u128,
}

fn stream_keys(leaves: &[Node]) -> Vec<StreamKey> {
    leaves.iter().map(|leaf| StreamKey::from_bytes(*leaf.as_bytes())).collect()
}

/// Streams of a session's own.
fn of_session(trees: &[Vec<StreamKey>], context: &Context) -> Vec<Vec<StreamKey>> {
    let leaf = |leaf: &StreamKey| leaf.expand("oblivious session", &[context]);
    trees.iter().map(|leaves| leaves.iter().map(leaf).collect()).collect()
}

impl Receiver {
    /// The receiver of transfers in whose base transfers it was the sender, and the sums for the other side.
    pub(super) fn new(base: &base::Sender<'_>, message: &[u8]) -> Result<(Self, Vec<u8>)> {
        let keys: Vec<[Key; 2]> = base.keys(message)?;
        let mut sums = Vec::with_capacity(ALL_SUMS_SIZE);
        let trees = keys.chunks(DEPTH).map(|keys| tree::grow(keys, &mut sums).map(|leaves| stream_keys(&leaves)));
        let trees = trees.collect::<Result<_>>()?;
        Ok((Self { trees }, sums))
    }

    /// The receiver of one session, from transfers that are kept for many.
    pub(super) fn of_session(&self, context: &Context) -> Self {
        Self { trees: of_session(&self.trees, context) }
    }

    /// The rows of 64 transfers for each word of choices, from transfer `start` on, and the message for the other side. `start` is a multiple of 64, and no transfer is made twice.
    pub(super) fn extend(&self, suite: Suite, start: u64, choices: &[u64]) -> Result<(Rows, Vec<u8>)> {
        let mut rows = Zeroizing::new(vec![0; 64 * choices.len()]);
        let mut message = vec![0; message_size(choices.len())];
        let mut first = start >> 6;
        let mut done = 0;
        for (choices_here, rows) in choices.chunks(BLOCK).zip(rows.chunks_mut(64 * BLOCK)) {
            let words = choices_here.len();
            let mut planes = Zeroizing::new(vec![0u64; TRANSFERS * words]);
            let mut streams = Zeroizing::new(vec![0u64; LEAVES * words]);
            let parts = self.trees.iter().zip(planes.chunks_exact_mut(DEPTH * words));
            for ((leaves, planes), message) in parts.zip(message.chunks_exact_mut(8 * choices.len())) {
                streams.fill(0);
                for (leaf, stream) in leaves.iter().zip(streams.chunks_exact_mut(words)) {
                    add_stream(suite, leaf, Sign::Plus, first, stream)?;
                }
                fold(words, &mut streams, planes);
                let places = message.as_chunks_mut::<8>().0.iter_mut().skip(done);
                for (bytes, (sum, choices)) in places.zip(streams.iter().zip(choices_here)) {
                    *bytes = (sum ^ choices).to_le_bytes();
                }
            }
            transpose::rows(words, &planes, rows);
            first += words as u64;
            done += words;
        }
        Ok((rows, message))
    }
}

impl Sender {
    /// The sender of transfers in whose base transfers it was the receiver, from what the other side sent: its element and, later, its sums. `message` is what this side sent.
    pub(super) fn new(base: &base::Receiver<'_>, element: &[u8; 32], message: &[u8], sums: &[u8]) -> Result<Self> {
        if sums.len() != ALL_SUMS_SIZE {
            return Err(ErrorKind::Malformed.bound(ALL_SUMS_SIZE as u64));
        }
        let keys = base.keys(element, message)?;
        let mut trees = Vec::with_capacity(TREES);
        let mut delta = 0;
        for (tree, (keys, sums)) in keys.chunks(DEPTH).zip(sums.chunks_exact(SUMS_SIZE)).enumerate() {
            let [choices, ..] = (base.choices >> (DEPTH * tree)).to_le_bytes();
            trees.push(stream_keys(&tree::puncture(choices, keys, sums)?));
            delta |= u128::from(tree::missing(choices)) << (DEPTH * tree);
        }
        Ok(Self { trees, delta })
    }

    /// The sender of one session, from transfers that are kept for many. The leaf that it misses there it misses here.
    pub(super) fn of_session(&self, context: &Context) -> Self {
        Self { trees: of_session(&self.trees, context), delta: self.delta }
    }

    /// What the rows of a transfer differ in where the choice is 1.
    pub(super) const fn delta(&self) -> u128 {
        self.delta
    }

    /// The rows of the same transfers as the receiver's, from its message.
    pub(super) fn extend(&self, suite: Suite, start: u64, message: &[u8]) -> Result<Rows> {
        let all = (message.len() >> 3) >> TREES.ilog2();
        if message.len() != message_size(all) {
            return Err(ErrorKind::Malformed.bound(message_size(all) as u64));
        }
        let masks = Masks::new();
        let mut rows = Zeroizing::new(vec![0; 64 * all]);
        let mut first = start >> 6;
        let mut done = 0;
        for rows in rows.chunks_mut(64 * BLOCK) {
            let words = rows.len() >> 6;
            let mut planes = Zeroizing::new(vec![0u64; TRANSFERS * words]);
            let mut streams = Zeroizing::new(vec![0u64; LEAVES * words]);
            let parts = self.trees.iter().zip(planes.chunks_exact_mut(DEPTH * words)).enumerate();
            for ((tree, (leaves, planes)), message) in parts.zip(message.chunks_exact(8 * all)) {
                let [alpha, ..] = (self.delta >> (DEPTH * tree)).to_le_bytes();
                streams.fill(0);
                for (place, (leaf, stream)) in leaves.iter().zip(streams.chunks_exact_mut(words)).enumerate() {
                    add_stream(suite, leaf, Sign::Plus, first, stream)?;
                    // The leaf that is missing has a stream as well, which no mask lets through.
                    let known = masks.spread(u64::from(1 ^ tree::is(place, alpha & (LEAVES - 1).to_le_bytes()[0])));
                    for word in stream {
                        *word &= known;
                    }
                }
                fold(words, &mut streams, planes);
                let sent = message.as_chunks::<8>().0.iter().skip(done);
                for (sum, sent) in streams.iter_mut().take(words).zip(sent) {
                    *sum ^= u64::from_le_bytes(*sent);
                }
                for (bit, plane) in planes.chunks_exact_mut(words).enumerate() {
                    let mask = masks.spread(u64::from((alpha >> bit) & 1));
                    for (plane, sum) in plane.iter_mut().zip(streams.iter()) {
                        *plane ^= sum & mask;
                    }
                }
            }
            transpose::rows(words, &planes, rows);
            first += words as u64;
            done += words;
        }
        Ok(rows)
    }
}

/// Of the streams of all leaves, `words` words each: in the place of the first their sum, and for each bit of a leaf's number a plane, the sum of those with that bit.
fn fold(words: usize, streams: &mut [u64], planes: &mut [u64]) {
    for (bit, plane) in planes.chunks_exact_mut(words).enumerate() {
        let width = words << bit;
        for pair in streams.chunks_exact_mut(2 * width) {
            let (even, odd) = pair.split_at_mut(width);
            for (plane, (even, odd)) in plane.iter_mut().zip(even.iter_mut().zip(odd)) {
                *plane ^= *odd;
                *even ^= *odd;
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::base::context;
    use super::*;

    pub(in super::super) fn pair(seed: u8) -> (Receiver, Sender) {
        let context = context(&[seed; 32], 1, 0);
        let choices = u128::from_le_bytes([seed ^ 0x5c; 16]).wrapping_mul(0x1234_5678_9abc_def1);
        let base_receiver = base::Receiver { context: &context, seed: &[seed ^ 1; 32], choices };
        let base_sender = base::Sender { context: &context, seed: &[seed ^ 2; 32] };
        let message = base_receiver.message();
        let (receiver, sums) = Receiver::new(&base_sender, &message).unwrap();
        assert_eq!(sums.len(), ALL_SUMS_SIZE);
        let sender = Sender::new(&base_receiver, &base_sender.message(), &message, &sums).unwrap();
        (receiver, sender)
    }

    #[test]
    fn rows_differ_by_delta_where_the_choice_is_one() {
        let (receiver, sender) = pair(1);
        for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
            for (start, words) in [(0, 1), (64, 3), (1 << 20, BLOCK + 5)] {
                let choices: Vec<u64> = (1..=words as u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
                let (t, message) = receiver.extend(suite, start, &choices).unwrap();
                assert_eq!(message.len(), message_size(words));
                let q = sender.extend(suite, start, &message).unwrap();
                assert_eq!((t.len(), q.len()), (64 * words, 64 * words));
                for (place, (t, q)) in t.iter().zip(q.iter()).enumerate() {
                    let choice = (choices[place >> 6] >> (place & 63)) & 1;
                    assert_eq!(t ^ q, sender.delta() * u128::from(choice));
                }
                let mut sorted = t.to_vec();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), t.len());
            }
        }
        assert_eq!(sender.extend(Suite::ChaCha20, 0, &[0; 100]).unwrap_err().kind(), ErrorKind::Malformed);
    }

    #[test]
    fn transfers_do_not_depend_on_how_they_are_cut() {
        let (receiver, _) = pair(2);
        let choices = [5, 6, 7, 8];
        let (whole, _) = receiver.extend(Suite::Aes128Ctr, 128, &choices).unwrap();
        let (part, _) = receiver.extend(Suite::Aes128Ctr, 128 + 2 * 64, &choices[2..]).unwrap();
        assert_eq!(whole[128..], part[..]);
    }
}
