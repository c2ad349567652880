//! Texts of a bounded length, for paths and small JSON documents.

/// A text of at most `N` bytes; what does not fit is cut, and the server refuses it.
#[derive(Debug)]
pub(crate) struct Text<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Text<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; N], length: 0 }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.push(*byte));
    }

    #[must_use]
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.extend(text.as_bytes());
        self
    }

    /// Lower-case hex digits.
    #[must_use]
    pub(crate) fn hex(mut self, bytes: &[u8]) -> Self {
        let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
        for byte in bytes {
            self.push(digit(byte >> 4));
            self.push(digit(byte & 15));
        }
        self
    }

    /// Decimal digits.
    #[must_use]
    pub(crate) fn number(mut self, number: u64) -> Self {
        let (mut rest, mut begun) = (number, false);
        for power in (0..20).rev().map(|exponent| 10u64.pow(exponent)) {
            let mut digit = 0;
            while rest >= power {
                rest -= power;
                digit += 1;
            }
            begun |= digit > 0 || power == 1;
            if begun {
                self.push(b'0' + digit);
            }
        }
        self
    }
}
