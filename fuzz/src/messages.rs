//! Messages that an attacker makes: raw bytes, or genuine ones with changes.

use arbitrary::Arbitrary;

/// One message of the attacker's.
#[derive(Arbitrary, Debug)]
pub enum Forged<'a> {
    /// Bytes of the fuzzer's own.
    Raw(&'a [u8]),
    /// A genuine message as it is: replayed, reordered or sent to the wrong call.
    Genuine(u8),
    /// A genuine message with some bytes changed.
    Changed(u8, Vec<(u16, u8)>),
    /// A genuine message cut off or followed by more.
    Resized(u8, u16, &'a [u8]),
}

impl Forged<'_> {
    /// The bytes, given the genuine messages.
    pub fn bytes(&self, genuine: &[&[u8]]) -> Vec<u8> {
        let pick = |number: &u8| genuine[usize::from(*number) % genuine.len()].to_vec();
        match self {
            Self::Raw(bytes) => bytes.to_vec(),
            Self::Genuine(number) => pick(number),
            Self::Changed(number, changes) => {
                let mut bytes = pick(number);
                for (position, change) in changes {
                    let position = usize::from(*position) % bytes.len();
                    bytes[position] ^= change;
                }
                bytes
            }
            Self::Resized(number, length, more) => {
                let mut bytes = pick(number);
                bytes.truncate(usize::from(*length));
                bytes.extend_from_slice(more);
                bytes
            }
        }
    }
}
