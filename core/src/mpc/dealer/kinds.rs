//! Kinds of correlations without MACs, as a dealer elsewhere is asked for them (docs/mpc.md section 3).

use super::fields::{Fields, NO_WIDTH, fraction, fraction_byte, length};
use super::request::{MOST_WORDS, Requested, matrices_fit};
use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::Correlation;
use crate::mpc::local::comparison::Width;

/// The highest bit of a width says that there is a sign.
const SIGNED: u8 = 0x80;

impl Requested for Correlation {
    fn fields(&self) -> Fields {
        match *self {
            Self::Products { count } => Fields::plain(0, count),
            Self::Squares { count } => Fields::plain(1, count),
            Self::MatrixProduct { rows, inner, columns } => {
                Fields { lengths: [length(rows), length(inner), length(columns)], ..Fields::plain(2, rows) }
            }
            Self::Masks { count, fraction, width } => {
                Fields { fraction: fraction_byte(fraction), width: width_byte(width), ..Fields::plain(3, count) }
            }
            Self::Selectors { count, width } => Fields { width: width_byte(Some(width)), ..Fields::plain(4, count) },
            Self::Bits { count } => Fields::plain(5, count),
            Self::Ands { count } => Fields::plain(6, count),
            Self::SharedAnds { count } => Fields::plain(7, count),
        }
    }

    fn of(fields: &Fields) -> Result<Self> {
        let [count, inner, columns] = fields.sizes();
        Ok(match fields.kind {
            0 => Self::Products { count },
            1 => Self::Squares { count },
            2 => Self::MatrixProduct { rows: count, inner, columns },
            3 => Self::Masks { count, fraction: fraction(fields.fraction)?, width: width(fields.width)? },
            4 => Self::Selectors { count, width: width(fields.width)?.ok_or(ErrorKind::Malformed)? },
            5 => Self::Bits { count },
            6 => Self::Ands { count },
            7 => Self::SharedAnds { count },
            _ => return Err(ErrorKind::Unsupported.into()),
        })
    }

    fn corrections(&self) -> usize {
        self.layout().dependent()
    }

    fn fits(&self) -> bool {
        let bounded = match *self {
            Self::MatrixProduct { rows, inner, columns } => matrices_fit(rows, inner, columns),
            Self::Products { count }
            | Self::Squares { count }
            | Self::Masks { count, .. }
            | Self::Selectors { count, .. }
            | Self::Bits { count }
            | Self::Ands { count }
            | Self::SharedAnds { count } => count <= MOST_WORDS,
        };
        bounded && self.layout().total() <= MOST_WORDS
    }
}

fn width_byte(width: Option<Width>) -> u8 {
    let Some(width) = width else { return NO_WIDTH };
    let sign = if width.compared() < width.bits() { SIGNED } else { 0 };
    u8::try_from(width.bits()).map_or(NO_WIDTH, |bits| bits | sign)
}

fn width(byte: u8) -> Result<Option<Width>> {
    let bits = u32::from(byte & !SIGNED);
    match byte {
        NO_WIDTH => Ok(None),
        _ if byte & SIGNED == 0 => Ok(Some(Width::low(bits).ok_or(ErrorKind::Malformed)?)),
        _ => Ok(Some(Width::signed(bits).ok_or(ErrorKind::Malformed)?)),
    }
}
