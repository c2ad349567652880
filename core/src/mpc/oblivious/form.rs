//! What transfers carry: the sender's words, the products of words, or bits, so that both sides get shares of choice * payload.
//!
//! With m_0 = H(q) and m_1 = H(q xor Delta) the sender's share is -m_0; it sends d = m_0 - m_1 + payload, and the receiver, who has H(t) = m_choice, takes H(t) + choice * d: together
//! choice * payload. Since the receiver does not know the other hash, d tells it nothing more. For bits, sums are exclusive ors.

use alloc::vec::Vec;

use super::robust::{RUN, Robust};
use crate::ct::Masks;

/// What is carried and how much of it: `width` words or bits for one choice.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// For each transfer, words mod 2^64: of 64 transfers the first words, then the second ones.
    Words { width: usize },
    /// For 64 transfers, which choose the bits of a word from the lowest, words to be multiplied with that word (N. Gilboa, CRYPTO 1999). Transfer i counts 2^i times,
    /// so it carries numbers mod 2^(64-i), and those of 64 transfers fit into 32.5 words.
    Products { width: usize },
    /// For each transfer, up to 64 bits: of 64 transfers the first bits as a word, then the second ones.
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

    /// Words of payload, and of a share, for a run of 64 transfers.
    const fn words(self) -> usize {
        match self {
            Self::Words { width } => RUN * width,
            Self::Products { width } | Self::Bits { width } => width,
        }
    }

    /// Adds the sender's share and appends what it sends.
    pub(super) fn send(
        self,
        robust: &Robust,
        delta: u128,
        rows: &[u128],
        payload: &[u64],
        share: &mut [u64],
        message: &mut Vec<u8>,
    ) {
        let size = self.words();
        let mut other_rows = [0; RUN];
        let runs = rows.chunks_exact(RUN).zip(payload.chunks_exact(size).zip(share.chunks_exact_mut(size)));
        for (first, (rows, (payload, share))) in (0..).step_by(RUN).zip(runs) {
            for (other, row) in other_rows.iter_mut().zip(rows) {
                *other = row ^ delta;
            }
            let (zero, one) = (Hashes::new(robust, first, rows), Hashes::new(robust, first, &other_rows));
            match self {
                Self::Words { .. } => send_words(zero, one, payload, share, message),
                Self::Products { .. } => send_products(zero, one, payload, share, message),
                Self::Bits { .. } => send_bits(zero, one, payload, share, message),
            }
        }
    }

    /// Adds the receiver's share; `message` has the size for these transfers.
    pub(super) fn receive(self, robust: &Robust, rows: &[u128], choices: &[u64], message: &[u8], share: &mut [u64]) {
        let runs = rows.chunks_exact(RUN).zip(choices).zip(message.chunks_exact(self.size(1)));
        let runs = runs.zip(share.chunks_exact_mut(self.words()));
        for (first, (((rows, choices), message), share)) in (0..).step_by(RUN).zip(runs) {
            let chosen = Hashes::new(robust, first, rows);
            match self {
                Self::Words { .. } => receive_words(chosen, *choices, message, share),
                Self::Products { .. } => receive_products(chosen, *choices, message, share),
                Self::Bits { .. } => receive_bits(chosen, *choices, message, share),
            }
        }
    }
}

/// The hashes of the rows of one run, as many words of them as are asked for: two a hash.
struct Hashes<'a> {
    robust: &'a Robust,
    first: u128,
    rows: &'a [u128],
    hashes: [u128; RUN],
}

impl<'a> Hashes<'a> {
    const fn new(robust: &'a Robust, first: u128, rows: &'a [u128]) -> Self {
        Self { robust, first, rows, hashes: [0; RUN] }
    }

    /// Word `column` of each row's hash. Columns come in their order.
    fn words(&mut self, column: usize) -> impl Iterator<Item = u64> + '_ {
        if column & 1 == 0 {
            let tweak = self.first | ((column >> 1) as u128) << 64;
            self.robust.hash(tweak, self.rows, &mut self.hashes);
        }
        self.hashes.iter().map(move |hash| half(hash >> ((column & 1) << 6)))
    }

    /// Bit `column` of each row's hash, as a word.
    fn bits(&mut self, column: usize) -> u64 {
        if column == 0 {
            self.robust.hash(self.first, self.rows, &mut self.hashes);
        }
        self.hashes.iter().enumerate().fold(0, |plane, (place, hash)| plane | ((half(*hash) >> column) & 1) << place)
    }
}

/// The lower half.
const fn half(hash: u128) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = hash.to_le_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn send_words(mut zero: Hashes<'_>, mut one: Hashes<'_>, payload: &[u64], share: &mut [u64], message: &mut Vec<u8>) {
    for (column, (payload, share)) in payload.chunks_exact(RUN).zip(share.chunks_exact_mut(RUN)).enumerate() {
        let hashes = zero.words(column).zip(one.words(column));
        for ((zero, one), (payload, share)) in hashes.zip(payload.iter().zip(share)) {
            *share = share.wrapping_sub(zero);
            message.extend_from_slice(&zero.wrapping_sub(one).wrapping_add(*payload).to_le_bytes());
        }
    }
}

fn receive_words(mut chosen: Hashes<'_>, choices: u64, message: &[u8], share: &mut [u64]) {
    let masks = Masks::new();
    let (sent, _) = message.as_chunks::<8>();
    for (column, (share, sent)) in share.chunks_exact_mut(RUN).zip(sent.chunks_exact(RUN)).enumerate() {
        for (place, (chosen, (share, sent))) in chosen.words(column).zip(share.iter_mut().zip(sent)).enumerate() {
            let sent = u64::from_le_bytes(*sent) & masks.spread((choices >> place) & 1);
            *share = share.wrapping_add(chosen).wrapping_add(sent);
        }
    }
}

fn send_products(mut zero: Hashes<'_>, mut one: Hashes<'_>, payload: &[u64], share: &mut [u64], message: &mut Vec<u8>) {
    for (column, (payload, share)) in payload.iter().zip(share).enumerate() {
        let mut sent = [0; RUN];
        let hashes = zero.words(column).zip(one.words(column));
        for (bit, (sent, (zero, one))) in sent.iter_mut().zip(hashes).enumerate() {
            *share = share.wrapping_sub(zero << bit);
            *sent = zero.wrapping_sub(one).wrapping_add(*payload);
        }
        pack(&sent, message);
    }
}

fn receive_products(mut chosen: Hashes<'_>, choices: u64, message: &[u8], share: &mut [u64]) {
    let masks = Masks::new();
    for (column, (share, message)) in share.iter_mut().zip(message.chunks_exact(PRODUCT)).enumerate() {
        for (bit, (chosen, sent)) in chosen.words(column).zip(unpack(message)).enumerate() {
            let sum = chosen.wrapping_add(sent & masks.spread((choices >> bit) & 1));
            *share = share.wrapping_add(sum << bit);
        }
    }
}

fn send_bits(mut zero: Hashes<'_>, mut one: Hashes<'_>, payload: &[u64], share: &mut [u64], message: &mut Vec<u8>) {
    for (column, (payload, share)) in payload.iter().zip(share).enumerate() {
        let (zero, one) = (zero.bits(column), one.bits(column));
        *share ^= zero;
        message.extend_from_slice(&(zero ^ one ^ payload).to_le_bytes());
    }
}

fn receive_bits(mut chosen: Hashes<'_>, choices: u64, message: &[u8], share: &mut [u64]) {
    for (column, (share, sent)) in share.iter_mut().zip(message.as_chunks::<8>().0).enumerate() {
        *share ^= chosen.bits(column) ^ (u64::from_le_bytes(*sent) & choices);
    }
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
        let (receiver, sender) = pair(7);
        let suite = Suite::Aes128Ctr;
        let (t, message) = receiver.extend(suite, 0, &CHOICES).unwrap();
        let q = sender.extend(suite, 0, &message).unwrap();
        let robust = Robust::new(suite, &[0; 32], 0);
        let (mut sent_share, mut taken) = (vec![0; payload.len()], vec![0; payload.len()]);
        let mut sent = Vec::new();
        form.send(&robust, sender.delta(), &q, payload, &mut sent_share, &mut sent);
        assert_eq!(sent.len(), form.size(CHOICES.len()));
        form.receive(&robust, &t, &CHOICES, &sent, &mut taken);
        (sent_share, taken)
    }

    fn payload(count: usize) -> Vec<u64> {
        (1..=count as u64).map(|n| n.wrapping_mul(0xd134_2543_de82_ef95)).collect()
    }

    #[test]
    fn words() {
        for width in [1, 2, 3, 5] {
            let payload = payload(3 * 64 * width);
            let (sent_share, taken) = shares(Form::Words { width }, &payload);
            for (place, payload) in payload.iter().enumerate() {
                let choice = (CHOICES[place / (RUN * width)] >> (place & 63)) & 1;
                assert_eq!(sent_share[place].wrapping_add(taken[place]), choice * payload);
            }
        }
    }

    #[test]
    fn products() {
        for width in [1, 2, 3] {
            let payload = payload(3 * width);
            let (sent_share, taken) = shares(Form::Products { width }, &payload);
            for (place, payload) in payload.iter().enumerate() {
                assert_eq!(sent_share[place].wrapping_add(taken[place]), CHOICES[place / width].wrapping_mul(*payload));
            }
        }
    }

    #[test]
    fn bits() {
        for width in [1, 2, 3] {
            let payload = payload(3 * width);
            let (sent_share, taken) = shares(Form::Bits { width }, &payload);
            for (place, payload) in payload.iter().enumerate() {
                assert_eq!(sent_share[place] ^ taken[place], CHOICES[place / width] & payload);
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
