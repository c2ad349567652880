//! The messages of protocol.md section 6: shape and canonical encoding. What they mean is checked by the state machines.

use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decoder, decode};

use super::codec::{self, Encodable, array};
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

/// Most items after the first three.
const MOST_ITEMS: usize = 5;

/// What an item after the first three may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// 32 bytes.
    Hash,
    /// A number below 2^32.
    Number,
    /// A number below 2^8.
    Small,
    /// A byte string.
    Joined,
}

/// An item after the first three.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field<'b> {
    Number(u32),
    Bytes(&'b [u8]),
}

/// The items of a body, of which those that its shape names count.
type Fields<'b> = [Field<'b>; MOST_ITEMS];

const NO_FIELDS: Fields<'static> = [Field::Number(0); MOST_ITEMS];

/// What follows the first three items of a message. One reader and one writer serve all bodies, whose types are made of what the one read and give what the
/// other writes: on a microcontroller a decoder for each would cost several times the flash.
pub(crate) trait Body<'b>: Sized {
    const KIND: Kind;
    const SHAPE: &'static [Shape];
    /// Items after the first three.
    const ITEMS: u64 = Self::SHAPE.len() as u64;
    fn fields(&self) -> Fields<'_>;
    fn from_fields(fields: &Fields<'b>) -> Self;
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
        let (epoch, fields) = Raw::decode(bytes, B::KIND, B::SHAPE, run)?;
        Ok(Self { run: *run, epoch, body: B::from_fields(&fields) })
    }

    pub(crate) fn encode(&self, out: &mut [u8]) -> Result<usize> {
        codec::to_canonical(&self.raw(), out)
    }

    #[cfg(feature = "alloc")]
    pub(crate) fn size(&self) -> usize {
        codec::size_of(&self.raw())
    }

    fn raw(&self) -> Raw<'_> {
        Raw { kind: B::KIND, shape: B::SHAPE, run: &self.run, epoch: self.epoch, fields: self.body.fields() }
    }
}

/// A message without the type of its body.
struct Raw<'b> {
    kind: Kind,
    shape: &'static [Shape],
    run: &'b [u8],
    epoch: u32,
    fields: Fields<'b>,
}

impl<'b> Raw<'b> {
    fn decode(bytes: &'b [u8], kind: Kind, shape: &'static [Shape], run: &[u8; 32]) -> Result<(u32, Fields<'b>)> {
        if kind_of(bytes)? != kind {
            return Err(ErrorKind::UnexpectedKind.bound(kind as u64));
        }
        let message = Self::read(&mut Decoder::new(bytes), kind, shape).map_err(|_| ErrorKind::Malformed)?;
        if !codec::is_canonical(&message, bytes) {
            return Err(ErrorKind::NonCanonical.into());
        }
        if message.run == run { Ok((message.epoch, message.fields)) } else { Err(ErrorKind::WrongRun.into()) }
    }

    fn read(d: &mut Decoder<'b>, kind: Kind, shape: &'static [Shape]) -> Decoded<Self> {
        array(d, 3 + shape.len() as u64)?;
        if d.u8()? != kind as u8 {
            return Err(decode::Error::message("another kind"));
        }
        let (run, epoch, mut fields) = (hash(d)?, d.u32()?, NO_FIELDS);
        for (field, shape) in fields.iter_mut().zip(shape) {
            *field = match shape {
                Shape::Hash => Field::Bytes(hash(d)?),
                Shape::Number => Field::Number(d.u32()?),
                Shape::Small => Field::Number(d.u8()?.into()),
                Shape::Joined => Field::Bytes(d.bytes()?),
            };
        }
        Ok(Self { kind, shape, run, epoch, fields })
    }
}

impl Encodable for Raw<'_> {
    fn encode<W: Write>(&self, e: &mut Encoder<W>) -> Encoded<W> {
        e.array(3 + self.shape.len() as u64)?.u8(self.kind as u8)?.bytes(self.run)?.u32(self.epoch)?;
        for (field, _) in self.fields.iter().zip(self.shape) {
            match field {
                Field::Number(number) => e.u32(*number)?,
                Field::Bytes(bytes) => e.bytes(bytes)?,
            };
        }
        Ok(())
    }
}

/// Reads a byte string of 32 bytes.
fn hash<'b>(d: &mut Decoder<'b>) -> Decoded<&'b [u8]> {
    let bytes = d.bytes()?;
    if bytes.len() == 32 { Ok(bytes) } else { Err(decode::Error::message("a byte string of another size")) }
}

/// Declares the body of a message: its fields in wire order, each with its wire type.
macro_rules! body {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $kind:tt),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name<'b> {
            $(pub(crate) $field: body!(@type $kind),)*
            pub(crate) lifetime: core::marker::PhantomData<&'b ()>,
        }

        impl<'b> Body<'b> for $name<'b> {
            const KIND: Kind = Kind::$name;
            const SHAPE: &'static [Shape] = &[$(body!(@shape $kind)),*];

            #[allow(unused_mut, unused_variables, reason = "a body may have no fields")]
            fn fields(&self) -> Fields<'_> {
                let mut fields = NO_FIELDS;
                let mut slots = fields.iter_mut();
                $(if let Some(slot) = slots.next() { *slot = body!(@field self.$field, $kind); })*
                fields
            }

            #[allow(unused_mut, unused_variables, reason = "a body may have no fields")]
            fn from_fields(fields: &Fields<'b>) -> Self {
                let mut fields = fields.iter();
                Self { $($field: body!(@value fields.next(), $kind),)* lifetime: core::marker::PhantomData }
            }
        }
    };
    (@type hash) => { &'b [u8; 32] };
    (@type number) => { u32 };
    (@type small) => { u8 };
    (@type joined) => { &'b [u8] };
    (@shape hash) => { Shape::Hash };
    (@shape number) => { Shape::Number };
    (@shape small) => { Shape::Small };
    (@shape joined) => { Shape::Joined };
    (@field $value:expr, hash) => { Field::Bytes($value) };
    (@field $value:expr, number) => { Field::Number($value) };
    (@field $value:expr, small) => { Field::Number($value.into()) };
    (@field $value:expr, joined) => { Field::Bytes($value) };
    (@value $field:expr, hash) => { bytes_of($field).first_chunk().unwrap_or(&[0; 32]) };
    (@value $field:expr, number) => { number_of($field) };
    (@value $field:expr, small) => { u8::try_from(number_of($field)).unwrap_or_default() };
    (@value $field:expr, joined) => { bytes_of($field) };
}

/// The number in a field of that shape.
const fn number_of(field: Option<&Field<'_>>) -> u32 {
    match field {
        Some(Field::Number(number)) => *number,
        _ => 0,
    }
}

/// The bytes in a field of that shape.
const fn bytes_of<'b>(field: Option<&Field<'b>>) -> &'b [u8] {
    match field {
        Some(Field::Bytes(bytes)) => bytes,
        _ => &[],
    }
}

body!(
    /// Set-up begins.
    Invite {}
);
body!(
    /// A fresh key.
    Advertise { fresh: hash }
);
body!(
    /// The members that advertised, and the fresh keys of the receiver's neighbours among them.
    Keys { members: joined, fresh: joined }
);
body!(
    /// Tags for the neighbours.
    Confirm { tags: joined }
);
body!(
    /// The members that confirmed, and their tags to the receiver.
    Confirmations { confirmed: joined, tags: joined }
);
body!(
    /// A round begins.
    Begin { round: number, participants: joined, context: hash }
);
body!(
    /// The masked contribution.
    Masked { round: number, h: hash, salt: joined, sealed: joined, payload: joined }
);
body!(
    /// Who is left.
    Survivors { round: number, h: hash, pass: small, previous: joined, next: joined }
);
body!(
    /// Mask keys of who left, acknowledgements for who is left.
    Acknowledge { round: number, h: hash, set: hash, mask_keys: joined, acknowledgements: joined }
);
body!(
    /// The set to open, its encrypted seed shares, and who acknowledged it.
    Open { round: number, h: hash, set: joined, sealed: joined, acknowledgements: joined }
);
body!(
    /// Seed shares.
    Unmask { round: number, h: hash, set: hash, decrypted: joined, shares: joined }
);
body!(
    /// The round is over.
    Finished { round: number, outcome: number }
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
