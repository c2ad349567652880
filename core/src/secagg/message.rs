//! The messages of protocol.md section 6: shape and canonical encoding. What they mean is checked by the state machines.

use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decoder, decode};

use super::codec::{self, Canonical, array, fixed_bytes};
use super::member_set::MemberSet;
use crate::error::{ErrorKind, Result};

/// Bytes of a confirmation tag and of an acknowledgement.
pub(crate) const TAG_SIZE: usize = 16;
/// Bytes of a key, a seed or a share.
pub(crate) const KEY_SIZE: usize = 32;
/// Bytes of the salt of a masked message.
pub(crate) const SALT_SIZE: usize = 16;
/// Bytes of an encrypted share.
pub(crate) const SEALED_SIZE: usize = 48;
/// Bytes of an encrypted share with its sender's salt.
pub(crate) const OPENED_ITEM_SIZE: usize = SALT_SIZE + SEALED_SIZE;

/// Which message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum Kind {
    /// To the server: a fresh key.
    Advertise = 1,
    /// To the server: key confirmation tags.
    Confirm = 2,
    /// To the server: the masked contribution.
    Masked = 3,
    /// To the server: mask keys of dropped neighbours and acknowledgements of the surviving set.
    Acknowledge = 4,
    /// To the server: seed shares.
    Unmask = 5,
    /// To a client: set-up begins.
    Invite = 16,
    /// To a client: its neighbours' fresh keys.
    Keys = 17,
    /// To a client: its neighbours' tags.
    Confirmations = 18,
    /// To a client: a round begins.
    Begin = 19,
    /// To a client: who is left.
    Survivors = 20,
    /// To a client: the set to open.
    Open = 21,
    /// To a client: the round is over.
    Finished = 22,
}

impl Kind {
    const fn new(kind: u8) -> Option<Self> {
        Some(match kind {
            1 => Self::Advertise,
            2 => Self::Confirm,
            3 => Self::Masked,
            4 => Self::Acknowledge,
            5 => Self::Unmask,
            16 => Self::Invite,
            17 => Self::Keys,
            18 => Self::Confirmations,
            19 => Self::Begin,
            20 => Self::Survivors,
            21 => Self::Open,
            22 => Self::Finished,
            _ => return None,
        })
    }
}

/// The kind of a message, from its head; the rest is not looked at.
///
/// # Errors
/// `Malformed` when it is no message, `UnexpectedKind` for a kind that this version does not know.
pub fn kind_of(message: &[u8]) -> Result<Kind> {
    let mut decoder = Decoder::new(message);
    let kind = decoder.array().and_then(|_| decoder.u8()).map_err(|_| ErrorKind::Malformed)?;
    Kind::new(kind).ok_or(ErrorKind::UnexpectedKind.into())
}

type Encoded<W> = core::result::Result<(), EncodeError<<W as Write>::Error>>;
type Decoded<T> = core::result::Result<T, decode::Error>;

/// What follows the first three items of a message.
pub(crate) trait Body<'b>: Sized {
    const KIND: Kind;
    /// Items after the first three.
    const ITEMS: u64;
    fn write<W: Write>(&self, e: &mut Encoder<W>) -> Encoded<W>;
    fn read(d: &mut Decoder<'b>) -> Decoded<Self>;
}

/// A message: kind, run hash, epoch, body.
pub(crate) struct Message<B> {
    pub(crate) run: [u8; 32],
    pub(crate) epoch: u32,
    pub(crate) body: B,
}

impl<'b, B: Body<'b>> Message<B> {
    /// Decodes a message of this kind that belongs to `run`.
    pub(crate) fn decode(bytes: &'b [u8], run: &[u8; 32]) -> Result<Self> {
        if kind_of(bytes)? != B::KIND {
            return Err(ErrorKind::UnexpectedKind.bound(B::KIND as u64));
        }
        let message: Self = codec::from_canonical(bytes)?;
        if message.run == *run { Ok(message) } else { Err(ErrorKind::WrongRun.into()) }
    }

    pub(crate) fn encode(&self, out: &mut [u8]) -> Result<usize> {
        codec::to_canonical(self, out)
    }

    #[cfg(feature = "alloc")]
    pub(crate) fn size(&self) -> usize {
        codec::size_of(self)
    }
}

impl<'b, B: Body<'b>> Canonical<'b> for Message<B> {
    fn encode<W: Write>(&self, e: &mut Encoder<W>) -> Encoded<W> {
        e.array(3 + B::ITEMS)?.u8(B::KIND as u8)?.bytes(&self.run)?.u32(self.epoch)?;
        self.body.write(e)
    }

    fn decode(d: &mut Decoder<'b>) -> Decoded<Self> {
        array(d, 3 + B::ITEMS)?;
        if d.u8()? != B::KIND as u8 {
            return Err(decode::Error::message("another kind"));
        }
        Ok(Self { run: fixed_bytes(d)?, epoch: d.u32()?, body: B::read(d)? })
    }
}

/// Declares the body of a message: its fields in wire order, each with its wire type.
macro_rules! body {
    ($(#[$doc:meta])* $name:ident = $items:literal { $($field:ident: $kind:tt),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name<'b> {
            $(pub(crate) $field: body!(@type $kind),)*
            pub(crate) lifetime: core::marker::PhantomData<&'b ()>,
        }

        impl<'b> Body<'b> for $name<'b> {
            const KIND: Kind = Kind::$name;
            const ITEMS: u64 = $items;

            #[allow(unused_variables, reason = "a body may have no fields")]
            fn write<W: Write>(&self, e: &mut Encoder<W>) -> Encoded<W> {
                $(body!(@write e, &self.$field, $kind);)*
                Ok(())
            }

            #[allow(unused_variables, reason = "a body may have no fields")]
            fn read(d: &mut Decoder<'b>) -> Decoded<Self> {
                Ok(Self { $($field: body!(@read d, $kind),)* lifetime: core::marker::PhantomData })
            }
        }
    };
    (@type hash) => { [u8; 32] };
    (@type number) => { u32 };
    (@type small) => { u8 };
    (@type joined) => { &'b [u8] };
    (@write $e:ident, $value:expr, hash) => { $e.bytes($value)? };
    (@write $e:ident, $value:expr, number) => { $e.u32(*$value)? };
    (@write $e:ident, $value:expr, small) => { $e.u8(*$value)? };
    (@write $e:ident, $value:expr, joined) => { $e.bytes($value)? };
    (@read $d:ident, hash) => { fixed_bytes($d)? };
    (@read $d:ident, number) => { $d.u32()? };
    (@read $d:ident, small) => { $d.u8()? };
    (@read $d:ident, joined) => { $d.bytes()? };
}

body!(
    /// Set-up begins.
    Invite = 0 {}
);
body!(
    /// A fresh key.
    Advertise = 1 { fresh: hash }
);
body!(
    /// The members that advertised, and the fresh keys of the receiver's neighbours among them.
    Keys = 2 { members: joined, fresh: joined }
);
body!(
    /// Tags for the neighbours.
    Confirm = 1 { tags: joined }
);
body!(
    /// The members that confirmed, and their tags to the receiver.
    Confirmations = 2 { confirmed: joined, tags: joined }
);
body!(
    /// A round begins.
    Begin = 3 { round: number, participants: joined, context: hash }
);
body!(
    /// The masked contribution.
    Masked = 5 { round: number, h: hash, salt: joined, sealed: joined, payload: joined }
);
body!(
    /// Who is left.
    Survivors = 5 { round: number, h: hash, pass: small, previous: joined, next: joined }
);
body!(
    /// Mask keys of who left, acknowledgements for who is left.
    Acknowledge = 5 { round: number, h: hash, set: hash, mask_keys: joined, acknowledgements: joined }
);
body!(
    /// The set to open, its encrypted seed shares, and who acknowledged it.
    Open = 5 { round: number, h: hash, set: joined, sealed: joined, acknowledgements: joined }
);
body!(
    /// Seed shares.
    Unmask = 5 { round: number, h: hash, set: hash, decrypted: joined, shares: joined }
);
body!(
    /// The round is over.
    Finished = 2 { round: number, outcome: number }
);

/// The hash h of protocol.md section 6, which every secret of a round is derived from.
pub(crate) fn round_hash(
    run: &[u8; 32],
    epoch: u32,
    round: u32,
    participants: &MemberSet<'_>,
    context: &[u8; 32],
) -> [u8; 32] {
    let (epoch, round) = (u64::from(epoch).to_le_bytes(), u64::from(round).to_le_bytes());
    crate::kdf::hash("round", &[run, &epoch, &round, &participants.hash(run), context])
}

/// Cuts a joined list into its `count` items of `N` bytes.
pub(crate) fn items<const N: usize>(joined: &[u8], count: usize) -> Result<&[[u8; N]]> {
    match joined.as_chunks::<N>() {
        (items, []) if items.len() == count => Ok(items),
        _ => Err(ErrorKind::Malformed.bound((count * N) as u64)),
    }
}
