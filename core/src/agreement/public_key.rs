//! X25519 public keys as bytes, and which of them no party may use.

use core::fmt;

use super::KEY_SIZE;

/// The u-coordinates of the points whose order divides 8, on the curve or its twist, below 2^255: the five below the prime and two of them again
/// with the prime added. Every clamped scalar is a multiple of 8 and takes them to zero; all other points have a part of large prime order,
/// which no clamped scalar cancels. (Bernstein, "Curve25519: new Diffie-Hellman speed records", PKC 2006; the list is tested against agreements.)
const LOW_ORDER: [[u8; KEY_SIZE]; 7] = [
    small(0),
    small(1),
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09,
        0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44,
        0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
    ],
    near_prime(0xec),
    near_prime(0xed),
    near_prime(0xee),
];

/// The byte that carries bit 255, which X25519 ignores.
const LAST: usize = KEY_SIZE - 1;

/// The coordinate with this small value.
const fn small(value: u8) -> [u8; KEY_SIZE] {
    let mut bytes = [0; KEY_SIZE];
    bytes[0] = value;
    bytes
}

/// The coordinate 2^255 - 256 + `low`; the prime 2^255 - 19 has the low byte 0xed.
const fn near_prime(low: u8) -> [u8; KEY_SIZE] {
    let mut bytes = [0xff; KEY_SIZE];
    bytes[0] = low;
    bytes[LAST] = 0x7f;
    bytes
}

/// An X25519 public key: 32 bytes, any bytes. It is public: comparing, ordering and copying it is fine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; KEY_SIZE]);

impl PublicKey {
    /// The generator of RFC 7748 section 4.1, u = 9.
    pub(super) const BASE_POINT: Self = Self(small(9));

    /// The key with these bytes; whether it may be used is for [`Self::is_low_order`] and [`Self::is_canonical`] to say.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_SIZE]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of RFC 7748.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_SIZE] {
        &self.0
    }

    /// Whether every agreement with this key gives zero.
    #[must_use]
    pub fn is_low_order(&self) -> bool {
        let mut coordinate = self.0;
        coordinate[LAST] &= 0x7f;
        LOW_ORDER.contains(&coordinate)
    }

    /// Whether the coordinate is below 2^255 - 19, as that of every key that was computed is: the one spelling of its point.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        let [low, middle @ .., high] = &self.0;
        let at_least_prime = *low >= 0xed && middle.iter().all(|byte| *byte == 0xff) && *high == 0x7f;
        *high < 0x80 && !at_least_prime
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::super::x25519;
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    /// A scalar of zero bytes is clamped to 2^254, which has no factor but 2: it takes a point to zero exactly if its order is a power of two.
    fn is_low_order_by_agreement(key: &PublicKey) -> bool {
        *x25519(&[0; KEY_SIZE], key) == [0; KEY_SIZE]
    }

    #[test]
    fn the_list_holds_low_order_points_only() {
        for coordinate in LOW_ORDER {
            for ignored_bit in [0x00, 0x80] {
                let mut bytes = coordinate;
                bytes[LAST] |= ignored_bit;
                let key = PublicKey::from_bytes(bytes);
                assert!(key.is_low_order() && is_low_order_by_agreement(&key), "{key:?}");
            }
        }
    }

    /// The coordinates around zero and around the prime, where every non-canonical spelling is.
    #[test]
    fn the_list_is_complete_at_both_ends() {
        for low in 0..=255 {
            for key in [small(low), near_prime(low)].map(PublicKey::from_bytes) {
                assert_eq!(key.is_low_order(), is_low_order_by_agreement(&key), "{key:?}");
            }
        }
    }

    /// With bit 255 ignored, 19 coordinates have a second spelling.
    #[test]
    fn canonical_is_below_the_prime() {
        for low in 0..=255 {
            assert!(PublicKey::from_bytes(small(low)).is_canonical());
            assert_eq!(PublicKey::from_bytes(near_prime(low)).is_canonical(), low < 0xed);
        }
        for position in 1..LAST {
            let mut bytes = near_prime(0xff);
            bytes[position] = 0xfe;
            assert!(PublicKey::from_bytes(bytes).is_canonical());
        }
        let mut bytes = small(9);
        bytes[LAST] = 0x80;
        assert!(!PublicKey::from_bytes(bytes).is_canonical());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, rng_seed: RngSeed::Fixed(7748), ..ProptestConfig::default() })]
        #[test]
        fn any_key_is_judged_as_by_agreement(bytes: [u8; KEY_SIZE]) {
            let key = PublicKey::from_bytes(bytes);
            prop_assert_eq!(key.is_low_order(), is_low_order_by_agreement(&key));
        }

        #[test]
        fn computed_keys_are_canonical(secret: [u8; KEY_SIZE]) {
            prop_assert!(PublicKey(*x25519(&secret, &PublicKey::BASE_POINT)).is_canonical());
        }
    }
}
