//! The noise mechanism within a run description (protocol.md sections 2 and 11). Numbers of real value travel as the 64 bits of a double, since canonical CBOR has
//! several forms for them.

use minicbor::data::Type;
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decoder, decode};

use super::codec::array;
use crate::error::{ErrorKind, Result};
use crate::privacy::mechanism::{Mechanism, MechanismConfig};

const DISCRETE_GAUSSIAN: u8 = 1;
const ITEMS: u64 = 10;

pub(super) fn write<'e, W: Write>(
    mechanism: &Mechanism,
    e: &'e mut Encoder<W>,
) -> core::result::Result<&'e mut Encoder<W>, EncodeError<W::Error>> {
    let config = mechanism.config();
    e.array(ITEMS)?.u8(DISCRETE_GAUSSIAN)?.u64(config.dimension)?.u8(config.block_log2)?;
    for real in [config.clamp, config.clip, config.granularity, config.noise] {
        e.u64(real.to_bits())?;
    }
    e.u64(config.norm_bound)?.u32(config.parts)?.u32(config.honest)
}

/// Reads a number; the inner error is of one that its field cannot hold.
fn count<T: TryFrom<u64>>(d: &mut Decoder<'_>) -> core::result::Result<Result<T>, decode::Error> {
    Ok(T::try_from(d.u64()?).map_err(|_| ErrorKind::InvalidMechanism.into()))
}

/// Reads null or a mechanism; the inner error is of one that is unknown or outside its bounds.
pub(super) fn read(d: &mut Decoder<'_>) -> core::result::Result<Result<Option<Mechanism>>, decode::Error> {
    if d.datatype()? == Type::Null {
        d.null()?;
        return Ok(Ok(None));
    }
    let mut ahead = d.probe();
    if ahead.array()? != Some(ITEMS) || ahead.u64()? != u64::from(DISCRETE_GAUSSIAN) {
        d.skip()?;
        return Ok(Err(ErrorKind::Unsupported.into()));
    }
    array(d, ITEMS)?;
    d.u64()?;
    let (dimension, block_log2) = (d.u64()?, count(d)?);
    let mut real = || Ok(f64::from_bits(d.u64()?));
    let (clamp, clip, granularity, noise) = (real()?, real()?, real()?, real()?);
    let norm_bound = d.u64()?;
    let (parts, honest) = (count(d)?, count(d)?);
    Ok((|| {
        let config = MechanismConfig {
            dimension,
            block_log2: block_log2?,
            clamp,
            clip,
            granularity,
            noise,
            norm_bound,
            parts: parts?,
            honest: honest?,
        };
        Mechanism::new(config).map(Some)
    })())
}
