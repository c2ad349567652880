//! The transfers that everything else is stretched from: 128 in each direction of a pair, once.
//!
//! D. Masny and P. Rindal, Endemic Oblivious Transfer, CCS 2019 (ePrint 2019/706): one message from each side, neither of which waits for the other. With G the generator, the sender's B = b G and a
//! random oracle H onto the group, the receiver sends elements R_0 and R_1 of which the one it does not choose is uniform, and the other one is a G - H(that
//! one). For each place c the sender has b (R_c + H(R_(1-c))), which the receiver knows as a B for its own c alone.

use alloc::vec::Vec;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::ct::Masks;
use crate::error::{ErrorKind, Result};
use crate::group::{ELEMENT_SIZE, Element, Scalar};
use crate::kdf;

/// Transfers of one direction.
pub(super) const TRANSFERS: usize = 128;

/// Bytes of the receiver's message: R_0 and R_1 of each transfer.
pub(super) const CHOICES_SIZE: usize = TRANSFERS * 2 * ELEMENT_SIZE;

/// What identifies one direction of a pair in one session: public, and a part of every derivation.
pub(super) type Context = [u8; 32];

/// The context in which party `sender` sends and party `receiver` receives.
pub(super) fn context(session: &[u8; 32], sender: usize, receiver: usize) -> Context {
    kdf::hash("oblivious pair", &[session, &(sender as u64).to_le_bytes(), &(receiver as u64).to_le_bytes()])
}

/// A key that a transfer gives.
#[derive(Default, ZeroizeOnDrop)]
pub(super) struct Key([u8; 32]);

impl Key {
    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of place `place`, from all that was sent and the element that both sides know.
    fn derive(context: &Context, index: u64, place: u8, sent: [&[u8; 32]; 3], shared: &Element) -> Self {
        let [zero, one, sender] = sent;
        let shared = shared.encode();
        Self(kdf::hash("oblivious key", &[context, &index.to_le_bytes(), &[place], zero, one, sender, &*shared]))
    }
}

fn oracle(context: &Context, index: u64, place: u8, element: &[u8; ELEMENT_SIZE]) -> Element {
    Element::hash("oblivious element", &[context, &index.to_le_bytes(), &[place], element])
}

/// The side that chooses one of two keys. What it has drawn comes from its seed, so between its two steps there is nothing to keep.
pub(super) struct Receiver<'a> {
    pub(super) context: &'a Context,
    pub(super) seed: &'a [u8; 32],
    /// Bit i is the choice of transfer i.
    pub(super) choices: u128,
}

impl Receiver<'_> {
    /// The exponent of a transfer.
    fn exponent(&self, index: u64) -> Scalar {
        Scalar::expand(self.seed, "oblivious receiver", &[self.context, &index.to_le_bytes()])
    }

    fn choice(&self, index: u64) -> u8 {
        (self.choices >> index).to_le_bytes()[0] & 1
    }

    /// Its message. Whatever the choices are it is uniform.
    pub(super) fn message(&self) -> Vec<u8> {
        let mut message = Vec::with_capacity(CHOICES_SIZE);
        let masks = Masks::new();
        for index in 0..TRANSFERS as u64 {
            let choice = self.choice(index);
            let other = Element::expand(self.seed, "oblivious other", &[self.context, &index.to_le_bytes()]);
            let other = other.encode();
            let hidden = oracle(self.context, index, choice, &other);
            let chosen = Element::generate(&self.exponent(index)).subtract(&hidden).encode();
            // R_0 is the chosen one if the choice is 0; which of the two goes first is secret.
            let [mask, ..] = masks.spread(u32::from(choice)).to_le_bytes();
            message.extend(chosen.iter().zip(other.iter()).map(|(chosen, other)| chosen ^ ((chosen ^ other) & mask)));
            message.extend(chosen.iter().zip(other.iter()).map(|(chosen, other)| other ^ ((chosen ^ other) & mask)));
        }
        message
    }

    /// The chosen key of each transfer, from the sender's element and the message that it got.
    pub(super) fn keys(&self, sender: &[u8; ELEMENT_SIZE], message: &[u8]) -> Result<Vec<Key>> {
        let element = Element::decode(sender)?;
        let pairs = (0u64..).zip(pairs(message)?);
        Ok(pairs
            .map(|(index, (zero, one))| {
                let shared = element.multiply(&self.exponent(index));
                Key::derive(self.context, index, self.choice(index), [zero, one, sender], &shared)
            })
            .collect())
    }
}

/// The side that has both keys.
pub(super) struct Sender<'a> {
    pub(super) context: &'a Context,
    pub(super) seed: &'a [u8; 32],
}

impl Sender<'_> {
    fn exponent(&self) -> Scalar {
        Scalar::expand(self.seed, "oblivious sender", &[self.context])
    }

    /// Its message, B.
    pub(super) fn message(&self) -> Zeroizing<[u8; ELEMENT_SIZE]> {
        Element::generate(&self.exponent()).encode()
    }

    /// Both keys of each transfer, from the receiver's message.
    pub(super) fn keys(&self, message: &[u8]) -> Result<Vec<[Key; 2]>> {
        let exponent = self.exponent();
        let own = Element::generate(&exponent).encode();
        let mut keys = Vec::with_capacity(TRANSFERS);
        for (index, (zero, one)) in (0u64..).zip(pairs(message)?) {
            let key = |place: u8, this: &[u8; ELEMENT_SIZE], other: &[u8; ELEMENT_SIZE]| -> Result<Key> {
                let shared = Element::decode(this)?.add(&oracle(self.context, index, place, other)).multiply(&exponent);
                Ok(Key::derive(self.context, index, place, [zero, one, &own], &shared))
            };
            keys.push([key(0, zero, one)?, key(1, one, zero)?]);
        }
        Ok(keys)
    }
}

/// R_0 and R_1 of each transfer.
fn pairs(message: &[u8]) -> Result<impl Iterator<Item = (&[u8; ELEMENT_SIZE], &[u8; ELEMENT_SIZE])>> {
    let (elements, rest) = message.as_chunks::<ELEMENT_SIZE>();
    if message.len() != CHOICES_SIZE || !rest.is_empty() {
        return Err(ErrorKind::Malformed.bound(CHOICES_SIZE as u64));
    }
    Ok(elements.as_chunks::<2>().0.iter().map(|[zero, one]| (zero, one)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receiver_gets_the_key_it_chose() {
        let context = context(&[9; 32], 0, 1);
        let choices = 0x0123_4567_89ab_cdef_0f1e_2d3c_4b5a_6978;
        let receiver = Receiver { context: &context, seed: &[1; 32], choices };
        let sender = Sender { context: &context, seed: &[2; 32] };
        let message = receiver.message();
        assert_eq!(message.len(), CHOICES_SIZE);
        let both = sender.keys(&message).unwrap();
        let chosen = receiver.keys(&sender.message(), &message).unwrap();
        assert_eq!(both.len(), TRANSFERS);
        for (index, (both, chosen)) in both.iter().zip(&chosen).enumerate() {
            let choice = usize::from((choices >> index) & 1 == 1);
            assert_eq!(both[choice].0, chosen.0);
            assert_ne!(both[1 - choice].0, chosen.0);
        }
    }

    #[test]
    fn what_is_no_element_is_refused() {
        let context = context(&[9; 32], 0, 1);
        let receiver = Receiver { context: &context, seed: &[1; 32], choices: 5 };
        let sender = Sender { context: &context, seed: &[2; 32] };
        let mut message = receiver.message();
        assert_eq!(receiver.keys(&[0; 32], &message).err().unwrap().kind(), ErrorKind::LowOrderKey);
        assert_eq!(receiver.keys(&[0xff; 32], &message).err().unwrap().kind(), ErrorKind::NonCanonical);
        assert_eq!(sender.keys(&message[1..]).err().unwrap().kind(), ErrorKind::Malformed);
        message[100 * 32..101 * 32].fill(0xff);
        assert_eq!(sender.keys(&message).err().unwrap().kind(), ErrorKind::NonCanonical);
    }
}
