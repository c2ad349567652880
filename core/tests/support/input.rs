//! Contributions and their sums, computed apart from the core: plain integers mod 2^b.

use cloakwork_core::Result;
use cloakwork_core::ring::lane_bytes;
use cloakwork_core::secagg::{Encoding, Opening, Run, Segment, Values};

use super::random::Generator;

/// The values of one segment in a host's number type, and the residues that they stand for.
#[derive(Clone, Debug)]
pub struct Column {
    values: Numbers,
    pub residues: Vec<u128>,
}

#[derive(Clone, Debug)]
enum Numbers {
    F64(Vec<f64>),
    F32(Vec<f32>),
    I64(Vec<i64>),
    I32(Vec<i32>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    U128(Vec<u128>),
}

impl Column {
    /// Residues mod 2^bits.
    pub fn of_lanes(bits: u8, lanes: &[u32]) -> Self {
        let residues = lanes.iter().map(|&lane| u128::from(lane) & largest(bits)).collect();
        Self { values: Numbers::U32(lanes.to_vec()), residues }
    }

    pub fn values(&self) -> Values<'_> {
        self.part(0, self.residues.len())
    }

    /// The values from `first` up to `end`.
    pub fn part(&self, first: usize, end: usize) -> Values<'_> {
        match &self.values {
            Numbers::F64(values) => Values::F64(&values[first..end]),
            Numbers::F32(values) => Values::F32(&values[first..end]),
            Numbers::I64(values) => Values::I64(&values[first..end]),
            Numbers::I32(values) => Values::I32(&values[first..end]),
            Numbers::U32(values) => Values::U32(&values[first..end]),
            Numbers::U64(values) => Values::U64(&values[first..end]),
            Numbers::U128(values) => Values::U128(&values[first..end]),
        }
    }
}

/// 2^bits - 1.
pub fn largest(bits: u8) -> u128 {
    u128::MAX >> (128 - u32::from(bits))
}

/// Random values for every segment of a run. Residues use all their bits; fixed-point values lie within the bound of the run and
/// off the grid of the encoding, so that rounding counts.
pub fn contribution(run: &Run, rng: &mut Generator) -> Vec<Column> {
    run.config().segments.iter().map(|segment| column(segment, run.config().members, rng)).collect()
}

fn column(segment: &Segment, members: u32, rng: &mut Generator) -> Column {
    let length = usize::try_from(segment.length()).unwrap();
    let bits = segment.bits().get();
    match segment.encoding() {
        Encoding::Residues => {
            let residues: Vec<u128> = (0..length).map(|_| rng.wide() & largest(bits)).collect();
            let values = match bits {
                1..=32 if rng.below(2) == 0 => {
                    Numbers::U32(residues.iter().map(|&x| u32::try_from(x).unwrap()).collect())
                }
                1..=64 if rng.below(2) == 0 => {
                    Numbers::U64(residues.iter().map(|&x| u64::try_from(x).unwrap()).collect())
                }
                _ => Numbers::U128(residues.clone()),
            };
            Column { values, residues }
        }
        Encoding::FixedPoint { fraction } => fixed_column(length, bits, fraction, members, rng),
    }
}

fn fixed_column(length: usize, bits: u8, fraction: i8, members: u32, rng: &mut Generator) -> Column {
    let bound = (largest(bits - 1) / u128::from(members)).min(1 << 50);
    let bound = i64::try_from(bound).unwrap();
    let integer = |rng: &mut Generator, bound: i64| {
        i64::try_from(rng.word() % (2 * u64::try_from(bound).unwrap() + 1)).unwrap() - bound
    };
    let wrap = |x: i64| i128::from(x).cast_unsigned() & largest(bits);
    // Whole numbers x stand for x * 2^fraction.
    let unit = if (0..=30).contains(&fraction) { 1_i64 << fraction } else { 0 };
    let whole_bound = if unit == 0 { 0 } else { bound / unit };
    match rng.below(4) {
        0 if whole_bound > 0 => {
            let whole: Vec<i64> = (0..length).map(|_| integer(rng, whole_bound)).collect();
            Column { residues: whole.iter().map(|&x| wrap(x * unit)).collect(), values: Numbers::I64(whole) }
        }
        1 if whole_bound > 0 => {
            let bound = whole_bound.min(i32::MAX.into());
            let whole: Vec<i64> = (0..length).map(|_| integer(rng, bound)).collect();
            let values = Numbers::I32(whole.iter().map(|&x| i32::try_from(x).unwrap()).collect());
            Column { residues: whole.iter().map(|&x| wrap(x * unit)).collect(), values }
        }
        2 if bound < 1 << 21 => {
            let quarters: Vec<i64> = (0..length).map(|_| quarters_within(rng, bound)).collect();
            let scale = 2_f64.powi(-(i32::from(fraction) + 2));
            let values = Numbers::F32(quarters.iter().map(|&x| (x as f64 * scale) as f32).collect());
            Column { residues: quarters.iter().map(|&x| wrap(round_quarters(x))).collect(), values }
        }
        _ => {
            let quarters: Vec<i64> = (0..length).map(|_| quarters_within(rng, bound)).collect();
            let scale = 2_f64.powi(-(i32::from(fraction) + 2));
            let values = Numbers::F64(quarters.iter().map(|&x| x as f64 * scale).collect());
            Column { residues: quarters.iter().map(|&x| wrap(round_quarters(x))).collect(), values }
        }
    }
}

/// A number of quarters whose rounding is within the bound, ties among them.
fn quarters_within(rng: &mut Generator, bound: i64) -> i64 {
    i64::try_from(rng.word() % (8 * u64::try_from(bound).unwrap() + 1)).unwrap() - 4 * bound
}

/// A number of quarters rounded to whole ones, half to even, in integers.
fn round_quarters(quarters: i64) -> i64 {
    let (down, rest) = (quarters.div_euclid(4), quarters.rem_euclid(4));
    down + i64::from(rest == 3 || (rest == 2 && down.rem_euclid(2) == 1))
}

/// What a sum over these contributions must be: for each segment the residues added mod 2^b.
pub fn expected_sums<'a>(run: &Run, inputs: impl Iterator<Item = &'a Vec<Column>> + Clone) -> Vec<Vec<u128>> {
    let segments = run.config().segments.iter().enumerate();
    let sum = |(index, segment): (usize, &Segment)| {
        (0..usize::try_from(segment.length()).unwrap())
            .map(|place| {
                let add = |sum: u128, input: &Vec<Column>| sum.wrapping_add(input[index].residues[place]);
                inputs.clone().fold(0, add) & largest(segment.bits().get())
            })
            .collect()
    };
    segments.map(sum).collect()
}

/// The sums that an opening gives, each in the lane of its segment.
pub fn opened_sums(run: &Run, opening: &Opening, payloads: &[&[u8]]) -> Result<Vec<Vec<u128>>> {
    let segments = run.config().segments.iter().enumerate();
    segments
        .map(|(index, segment)| match lane_bytes(segment.bits()) {
            4 => Ok(opening.sum::<u32>(index, payloads)?.into_iter().map(u128::from).collect()),
            8 => Ok(opening.sum::<u64>(index, payloads)?.into_iter().map(u128::from).collect()),
            _ => opening.sum::<u128>(index, payloads),
        })
        .collect()
}
