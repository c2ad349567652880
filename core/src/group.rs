//! The group ristretto255 (RFC 9496), written additively: prime order, so that every element but zero generates it, and one encoding an element.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::fmt;

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::ct;
use crate::error::{ErrorKind, Result};
use crate::kdf;

/// Bytes of an encoded element.
pub const ELEMENT_SIZE: usize = 32;

/// A secret exponent.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Scalar(scalar::Scalar);

impl Scalar {
    /// A uniform one, from a secret key and what this one is for (`Expand` of protocol.md section 1, reduced from 512 bits).
    #[must_use]
    pub fn expand(key: &[u8; 32], label: &str, parts: &[&[u8]]) -> Self {
        let mut wide = Zeroizing::new([0; 64]);
        kdf::expand(key, label, parts, &mut *wide);
        Self(scalar::Scalar::from_bytes_mod_order_wide(&wide))
    }

    /// What undoes a multiplication by this one.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self(self.0.invert())
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scalar(..)")
    }
}

/// An element, secret unless it is sent.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Element(RistrettoPoint);

impl Element {
    /// The generator times a scalar.
    #[must_use]
    pub fn generate(scalar: &Scalar) -> Self {
        Self(RistrettoPoint::mul_base(&scalar.0))
    }

    /// A uniform one that nobody knows the scalar of, not even who has the key.
    #[must_use]
    pub fn expand(key: &[u8; 32], label: &str, parts: &[&[u8]]) -> Self {
        let mut wide = Zeroizing::new([0; 64]);
        kdf::expand(key, label, parts, &mut *wide);
        Self(RistrettoPoint::from_uniform_bytes(&wide))
    }

    /// A random oracle onto the group: the one-way map of RFC 9496 section 4.3.4 on 64 bytes of a labelled hash.
    #[must_use]
    pub fn hash(label: &str, parts: &[&[u8]]) -> Self {
        Self::expand(&kdf::hash(label, parts), label, &[])
    }

    /// The element with this encoding.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NonCanonical`] for bytes that encode none, [`ErrorKind::LowOrderKey`] for zero, whose multiples are known to everybody.
    pub fn decode(bytes: &[u8; ELEMENT_SIZE]) -> Result<Self> {
        if ct::is_zero(bytes) {
            return Err(ErrorKind::LowOrderKey.into());
        }
        let element = CompressedRistretto(*bytes).decompress();
        element.map(Self).ok_or_else(|| ErrorKind::NonCanonical.into())
    }

    /// Its encoding.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<[u8; ELEMENT_SIZE]> {
        Zeroizing::new(self.0.compress().to_bytes())
    }

    /// The element times a scalar.
    #[must_use]
    pub fn multiply(&self, scalar: &Scalar) -> Self {
        Self(self.0 * scalar.0)
    }

    /// The sum of both.
    #[must_use]
    pub fn add(&self, other: &Self) -> Self {
        Self(self.0 + other.0)
    }

    /// The difference of both.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        Self(self.0 - other.0)
    }
}

/// The encodings of elements times a scalar, in their order, with one inversion for all of them.
#[cfg(feature = "alloc")]
#[must_use]
pub fn encode_products(elements: &[Element], scalar: &Scalar) -> Zeroizing<Vec<[u8; ELEMENT_SIZE]>> {
    // What is encoded at once are doubles.
    let half = Scalar(scalar.0.div_by_2());
    let halves: Zeroizing<Vec<RistrettoPoint>> =
        Zeroizing::new(elements.iter().map(|element| element.0 * half.0).collect());
    let mut products = Zeroizing::new(Vec::with_capacity(elements.len()));
    let mut encoded = RistrettoPoint::double_and_compress_batch(halves.iter());
    products.extend(encoded.iter().map(CompressedRistretto::to_bytes));
    encoded.zeroize();
    products
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Element(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::traits::Identity;
    use hex_literal::hex;

    /// RFC 9496 appendix A.1: the first multiples of the generator.
    #[test]
    fn multiples_of_the_generator() {
        let multiples = [
            hex!("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"),
            hex!("6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"),
            hex!("94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259"),
        ];
        let one = Element::generate(&Scalar(scalar::Scalar::ONE));
        let mut sum = Element(RistrettoPoint::identity());
        for multiple in multiples {
            sum = sum.add(&one);
            assert_eq!(*sum.encode(), multiple);
            assert_eq!(*Element::decode(&multiple).unwrap().encode(), multiple);
        }
        assert_eq!(*sum.subtract(&one).encode(), multiples[1]);
    }

    /// RFC 9496 appendix A.2: a field element that is not canonical, a negative one, one that is no square; and zero.
    #[test]
    fn other_encodings_are_refused() {
        for bytes in [
            hex!("00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
            hex!("0100000000000000000000000000000000000000000000000000000000000000"),
            hex!("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
        ] {
            assert_eq!(Element::decode(&bytes).unwrap_err().kind(), ErrorKind::NonCanonical);
        }
        assert_eq!(Element::decode(&[0; 32]).unwrap_err().kind(), ErrorKind::LowOrderKey);
    }

    /// RFC 9496 appendix A.3: bytes to elements.
    #[test]
    fn uniform_bytes_become_elements() {
        let bytes = hex!(
            "5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1"
            "4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6"
        );
        let element = Element(RistrettoPoint::from_uniform_bytes(&bytes));
        assert_eq!(*element.encode(), hex!("3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46"));
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn many_products_are_those_of_one_by_one() {
        let (a, b) = (Scalar::expand(&[1; 32], "a", &[]), Scalar::expand(&[2; 32], "b", &[]));
        for count in [0u64, 1, 2, 5] {
            let elements: Vec<Element> =
                (0..count).map(|index| Element::hash("x", &[&index.to_le_bytes()]).multiply(&b)).collect();
            let products = encode_products(&elements, &a);
            let one_by_one: Vec<[u8; 32]> = elements.iter().map(|element| *element.multiply(&a).encode()).collect();
            assert_eq!(*products, one_by_one);
            let undone: Vec<[u8; 32]> = elements.iter().map(|element| *element.encode()).collect();
            let products: Vec<Element> = products.iter().map(|bytes| Element::decode(bytes).unwrap()).collect();
            assert_eq!(*encode_products(&products, &a.inverse()), undone);
        }
    }

    #[test]
    fn both_ways_to_a_shared_element() {
        let (a, b) = (Scalar::expand(&[1; 32], "a", &[]), Scalar::expand(&[2; 32], "b", &[]));
        let shared = Element::generate(&a).multiply(&b);
        assert_eq!(*shared.encode(), *Element::generate(&b).multiply(&a).encode());
        assert_ne!(*Element::hash("x", &[b"1"]).encode(), *Element::hash("x", &[b"2"]).encode());
    }
}
