//! What transfers carry: the sender's words, the products of words, or bits, so that both sides get shares of choice * payload.
//!
//! With m_0 = H(q) and m_1 = H(q xor Delta) the sender's share is -m_0; it sends d = m_0 - m_1 + payload, and the chooser, who has H(t) = m_choice, takes H(t) + choice * d: together
//! choice * payload. Since the chooser does not know the other hash, d tells it nothing more.

use alloc::vec::Vec;

use super::robust::{RUN, Robust};
use crate::ct::Masks;

/// What is carried and how much of it, `width` words or bits for one choice.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// For each transfer, words mod 2^64.
    Words { width: usize },
    /// For each 64 transfers, which choose the bits of a word from the lowest, words to be multiplied with that word (N. Gilboa, CRYPTO 1999). Transfer i counts 2^i times,
    /// so it carries numbers mod 2^(64-i), and 64 of them fit into 32.5 words.
    Products { width: usize },
    /// For each transfer, up to 128 bits: of each 64 transfers the first bits as a word, then the second ones.
    Bits { width: usize },
}

/// Bytes that carry one product.
const PRODUCT: usize = 260;

impl Form {
    /// Bytes that the sender sends for so many runs of 64 transfers.
    pub(super) const fn size(self, runs: usize) -> usize {
        match self {
            Self::Words { width } => runs * RUN * width * 8,
            Self::Products { width } => runs * width * PRODUCT,
            Self::Bits { width } => runs * width * 8,
        }
    }

    /// Words of payload, and of a share, for 64 transfers.
    pub(super) const fn words(self) -> usize {
        match self {
            Self::Words { width } => RUN * width,
            Self::Products { width } | Self::Bits { width } => width,
        }
    }

    /// Takes the other hash of all rows away from nothing: adds the sender's share and appends what it sends.
    pub(super) fn offer(
        self,
        robust: &Robust,
        delta: u128,
        rows: &[u128],
        payload: &[u64],
        share: &mut [u64],
        message: &mut Vec<u8>,
    ) {
        let (mut zero, mut one, mut others) = ([0; RUN], [0; RUN], [0; RUN]);
        let runs =
            rows.chunks_exact(RUN).zip(payload.chunks_exact(self.words()).zip(share.chunks_exact_mut(self.words())));
        for (first, (rows, (payload, share))) in (0u128..).step_by(RUN).zip(runs) {
            for (other, row) in others.iter_mut().zip(rows) {
                *other = row ^ delta;
            }
            match self {
                Self::Words { width } => {
                    let start = message.len();
                    message.resize(start + RUN * width * 8, 0);
                    let bytes = message.get_mut(start..).unwrap_or_default();
                    for column in 0..width {
                        if column & 1 == 0 {
                            robust.hash(tweak(first, column), rows, &mut zero);
                            robust.hash(tweak(first, column), &others, &mut one);
                        }
                        let places = payload.chunks_exact(width).zip(share.chunks_exact_mut(width));
                        let places = places.zip(bytes.chunks_exact_mut(8 * width)).zip(zero.iter().zip(&one));
                        for (((payload, share), bytes), (zero, one)) in places {
                            let (zero, one) = (half(*zero, column), half(*one, column));
                            let (Some(payload), Some(share)) = (payload.get(column), share.get_mut(column)) else {
                                continue;
                            };
                            *share = share.wrapping_sub(zero);
                            let sent = zero.wrapping_sub(one).wrapping_add(*payload);
                            if let Some(bytes) = bytes.get_mut(8 * column..8 * column + 8) {
                                bytes.copy_from_slice(&sent.to_le_bytes());
                            }
                        }
                    }
                }
                Self::Products { .. } => {
                    for (column, (payload, share)) in payload.iter().zip(share).enumerate() {
                        if column & 1 == 0 {
                            robust.hash(tweak(first, column), rows, &mut zero);
                            robust.hash(tweak(first, column), &others, &mut one);
                        }
                        let mut sent = [0; RUN];
                        for (bit, (sent, (zero, one))) in sent.iter_mut().zip(zero.iter().zip(&one)).enumerate() {
                            let (zero, one) = (half(*zero, column), half(*one, column));
                            *share = share.wrapping_sub(zero << bit);
                            *sent = zero.wrapping_sub(one).wrapping_add(*payload);
                        }
                        pack(&sent, message);
                    }
                }
                Self::Bits { width } => {
                    robust.hash(first, rows, &mut zero);
                    robust.hash(first, &others, &mut one);
                    for (bit, (payload, share)) in (0..width).zip(payload.iter().zip(share)) {
                        let (zero, one) = (plane(&zero, bit), plane(&one, bit));
                        *share ^= zero;
                        message.extend_from_slice(&(zero ^ one ^ payload).to_le_bytes());
                    }
                }
            }
        }
    }

    /// Adds the chooser's share; `message` has the size of these transfers.
    pub(super) fn take(self, robust: &Robust, rows: &[u128], choices: &[u64], message: &[u8], share: &mut [u64]) {
        let masks = Masks::new();
        let mut chosen = [0; RUN];
        let runs = rows.chunks_exact(RUN).zip(choices).zip(message.chunks_exact(self.size(1)));
        for (first, (((rows, choices), message), share)) in
            (0u128..).step_by(RUN).zip(runs.zip(share.chunks_exact_mut(self.words())))
        {
            let mask = |bit: usize| masks.spread((choices >> bit) & 1);
            match self {
                Self::Words { width } => {
                    for column in 0..width {
                        if column & 1 == 0 {
                            robust.hash(tweak(first, column), rows, &mut chosen);
                        }
                        let places = share.chunks_exact_mut(width).zip(message.chunks_exact(8 * width)).zip(&chosen);
                        for (bit, ((share, bytes), chosen)) in places.enumerate() {
                            let (Some(share), Some(sent)) =
                                (share.get_mut(column), bytes.as_chunks::<8>().0.get(column))
                            else {
                                continue;
                            };
                            let sent = u64::from_le_bytes(*sent) & mask(bit);
                            *share = share.wrapping_add(half(*chosen, column)).wrapping_add(sent);
                        }
                    }
                }
                Self::Products { .. } => {
                    for (column, (share, message)) in share.iter_mut().zip(message.chunks_exact(PRODUCT)).enumerate() {
                        if column & 1 == 0 {
                            robust.hash(tweak(first, column), rows, &mut chosen);
                        }
                        for (bit, (chosen, sent)) in chosen.iter().zip(unpack(message)).enumerate() {
                            let taken = half(*chosen, column).wrapping_add(sent & mask(bit));
                            *share = share.wrapping_add(taken << bit);
                        }
                    }
                }
                Self::Bits { width } => {
                    robust.hash(first, rows, &mut chosen);
                    for (bit, (share, sent)) in (0..width).zip(share.iter_mut().zip(message.as_chunks::<8>().0)) {
                        *share ^= plane(&chosen, bit) ^ (u64::from_le_bytes(*sent) & choices);
                    }
                }
            }
        }
    }
}

/// The tweak of a run and of two columns: a hash has 128 bits.
const fn tweak(first: u128, column: usize) -> u128 {
    first | ((column >> 1) as u128) << 64
}

const fn half(hash: u128, column: usize) -> u64 {
    let bytes = (hash >> (64 * (column & 1))).to_le_bytes();
    let [a, b, c, d, e, f, g, h, ..] = bytes;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// Bit `bit` of each hash.
fn plane(hashes: &[u128; RUN], bit: usize) -> u64 {
    hashes.iter().enumerate().fold(0, |plane, (place, hash)| plane | (half(hash >> bit, 0) & 1) << place)
}

/// The low 64 - i bits of word i: word i and word 64 - i share one, the middle one stands alone.
fn pack(words: &[u64; RUN], message: &mut Vec<u8>) {
    let [first, rest @ ..] = words;
    message.extend_from_slice(&first.to_le_bytes());
    let (lower, upper) = rest.split_at(31);
    let [middle, upper @ ..] = upper else { return };
    for (bit, (lower, upper)) in (1u32..).zip(lower.iter().zip(upper.iter().rev())) {
        let both = (lower & (u64::MAX >> bit)) | upper << (64 - bit);
        message.extend_from_slice(&both.to_le_bytes());
    }
    let [a, b, c, d, ..] = middle.to_le_bytes();
    message.extend_from_slice(&[a, b, c, d]);
}

/// The words again; what stands above the low 64 - i bits of word i is unspecified.
fn unpack(message: &[u8]) -> [u64; RUN] {
    let mut words = [0; RUN];
    let (packed, middle) = message.as_chunks::<8>();
    let [first, rest @ ..] = &mut words;
    let (lower, upper) = rest.split_at_mut(31);
    if let ([head, packed @ ..], [middle_word, upper @ ..], [a, b, c, d]) = (packed, upper, middle) {
        *first = u64::from_le_bytes(*head);
        *middle_word = u64::from(u32::from_le_bytes([*a, *b, *c, *d]));
        for (bit, ((lower, upper), both)) in (1u32..).zip(lower.iter_mut().zip(upper.iter_mut().rev()).zip(packed)) {
            let both = u64::from_le_bytes(*both);
            *lower = both;
            *upper = both >> (64 - bit);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::extension::tests::pair;
    use super::*;
    use crate::prg::Suite;
    use alloc::vec;

    const CHOICES: [u64; 3] = [0x0123_4567_89ab_cdef, u64::MAX, 0x8000_0000_0000_0001];

    /// Both sides' shares of one form.
    fn shares(form: Form, payload: &[u64]) -> (Vec<u64>, Vec<u64>) {
        let (receiver, offerer) = pair(7);
        let suite = Suite::Aes128Ctr;
        let (t, message) = receiver.extend(suite, 0, &CHOICES).unwrap();
        let q = offerer.extend(suite, 0, &message).unwrap();
        let robust = Robust::new(suite, &[0; 32], 0);
        let (mut offered, mut taken) = (vec![0; payload.len()], vec![0; payload.len()]);
        let mut sent = Vec::new();
        form.offer(&robust, offerer.delta(), &q, payload, &mut offered, &mut sent);
        assert_eq!(sent.len(), form.size(CHOICES.len()));
        form.take(&robust, &t, &CHOICES, &sent, &mut taken);
        (offered, taken)
    }

    fn payload(count: usize) -> Vec<u64> {
        (1..=count as u64).map(|n| n.wrapping_mul(0xd134_2543_de82_ef95)).collect()
    }

    #[test]
    fn words() {
        for width in [1, 2, 3, 5] {
            let payload = payload(3 * 64 * width);
            let (offered, taken) = shares(Form::Words { width }, &payload);
            for (place, payload) in payload.iter().enumerate() {
                let transfer = place / width;
                let choice = (CHOICES[transfer >> 6] >> (transfer & 63)) & 1;
                assert_eq!(offered[place].wrapping_add(taken[place]), choice * payload);
            }
        }
    }

    #[test]
    fn products() {
        for width in [1, 2, 3] {
            let payload = payload(3 * width);
            let (offered, taken) = shares(Form::Products { width }, &payload);
            for (place, payload) in payload.iter().enumerate() {
                assert_eq!(offered[place].wrapping_add(taken[place]), CHOICES[place / width].wrapping_mul(*payload));
            }
        }
    }

    #[test]
    fn bits() {
        for width in [1, 2, 3] {
            let payload = payload(3 * width);
            let (offered, taken) = shares(Form::Bits { width }, &payload);
            for (place, payload) in payload.iter().enumerate() {
                assert_eq!(offered[place] ^ taken[place], CHOICES[place / width] & payload);
            }
        }
    }

    #[test]
    fn packed_words_keep_the_bits_that_count() {
        let words: [u64; RUN] = payload(RUN).try_into().unwrap();
        let mut packed = Vec::new();
        pack(&words, &mut packed);
        assert_eq!(packed.len(), PRODUCT);
        for (bit, (word, unpacked)) in words.iter().zip(unpack(&packed)).enumerate() {
            assert_eq!(unpacked << bit, word << bit);
        }
    }
}
