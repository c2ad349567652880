//! Functions of real numbers: errors against double precision, whose own are below 2^-40 of the last place here; rounds and bytes; the same words for
//! every number of parties.

use std::future::Future;

use cloakwork_core::mpc::correlation::Words;
use cloakwork_core::mpc::engine::{Cost, Party};
use cloakwork_core::mpc::protocol::{self, Format, Rounding};
use cloakwork_core::{ErrorKind, Result};

use crate::formula::{Formula, PRODUCT, RECTIFY, SQUARE, indicators, powers, truncation};
use crate::table::{Numbers, run};

/// Fraction bits and bits of a format with the domain 2^-16 to 2^14.
const FORMATS: [(u32, u32); 3] = [(16, 32), (20, 36), (24, 40)];

/// Arguments of each function.
const COUNT: usize = 512;

/// Numbers of the format nearest to ones between two, either equally spaced or in equal ratios; the ends are among them.
fn grid(fraction: u32, low: f64, high: f64, ratios: bool) -> Vec<f64> {
    let mut numbers = Numbers(u64::from(fraction));
    (0..COUNT)
        .map(|place| {
            let spread = match place {
                0 => 0.0,
                1 => 1.0,
                _ => (numbers.next() >> 11) as f64 / (1u64 << 53) as f64,
            };
            let number = if ratios { low * (high / low).powf(spread) } else { low + (high - low) * spread };
            let scale = f64::from(1u32 << fraction);
            (number * scale).round() / scale
        })
        .collect()
}

/// What a protocol makes of numbers, and what it cost.
fn evaluate<F>(
    format: Format,
    inputs: &[Vec<f64>],
    expected: Cost,
    protocol: impl Fn(Party, Format, Vec<Vec<u64>>) -> F,
) -> Vec<f64>
where
    F: Future<Output = Result<Words>> + 'static,
{
    let words: Vec<Vec<u64>> = inputs
        .iter()
        .map(|numbers| {
            let mut words = vec![0; numbers.len()];
            format.encode(numbers, &mut words).unwrap();
            words
        })
        .collect();
    let words: Vec<&[u64]> = words.iter().map(|words| &words[..]).collect();
    let mut found: Option<Vec<u64>> = None;
    for parties in [2, 3, 5] {
        let (made, cost) = run(parties, &words, |party, shares| protocol(party, format, shares));
        assert_eq!(cost, expected, "{format:?}");
        if format.rounding() != Rounding::Dithered {
            assert_eq!(*found.get_or_insert_with(|| made.clone()), made, "{parties} parties");
        }
        found = Some(made);
    }
    let found = found.unwrap();
    let mut out = vec![0.0; found.len()];
    format.decode(&found, &mut out).unwrap();
    out
}

/// The largest error in units of the last place, and the largest in excess of `relative` times the magnitude, in units as well.
fn errors(fraction: u32, found: &[f64], exact: &[f64], relative: f64) -> (f64, f64) {
    let unit = f64::from(1u32 << fraction);
    let all = found.iter().zip(exact).map(|(found, exact)| ((found - exact).abs(), exact.abs()));
    all.fold((0.0, 0.0), |(largest, excess): (f64, f64), (error, magnitude)| {
        (largest.max(error * unit), excess.max((error - relative * magnitude) * unit))
    })
}

/// For both roundings and all formats: the error stays below `units` (dithered, nearest) of the last place and `relative` of the magnitude, and to
/// the nearest, from 16 fraction bits on, below `largest`.
#[derive(Clone, Copy)]
struct Claim {
    name: &'static str,
    units: (f64, f64),
    relative: f64,
    largest: f64,
}

impl Claim {
    fn check<F>(
        &self,
        formats: &[(u32, u32)],
        inputs: impl Fn(u32) -> Vec<Vec<f64>>,
        exact: impl Fn(&[f64]) -> f64,
        formula: impl Fn(Format) -> Formula,
        protocol: impl Fn(Party, Format, Vec<Vec<u64>>) -> F,
    ) where
        F: Future<Output = Result<Words>> + 'static,
    {
        for (fraction, bits) in formats {
            for (rounding, units) in [(Rounding::Dithered, self.units.0), (Rounding::Nearest, self.units.1)] {
                let format = Format::new(*fraction, *bits, rounding).unwrap();
                let inputs = inputs(*fraction);
                let found = evaluate(format, &inputs, formula(format).total(inputs[0].len()), &protocol);
                let arguments = |place: usize| inputs.iter().map(|input| input[place]).collect::<Vec<_>>();
                let exact: Vec<f64> = (0..found.len()).map(|place| exact(&arguments(place))).collect();
                let (largest, excess) = errors(*fraction, &found, &exact, self.relative);
                let largest_error = largest / f64::from(1u32 << fraction);
                println!(
                    "{} f={fraction} {rounding:?}: {largest:.2} units, {largest_error:.2e}, {excess:.2} beyond 2^{:.0}, {:?}",
                    self.name,
                    self.relative.log2(),
                    formula(format)
                );
                assert!(excess <= units, "{} f={fraction} {rounding:?}: {excess} units", self.name);
                let applies = rounding == Rounding::Nearest && *fraction >= 16;
                assert!(!applies || largest_error <= self.largest, "{}", self.name);
            }
        }
    }
}

fn logistic_formula(format: Format) -> Formula {
    let (rounding, f) = (format.rounding(), format.fraction());
    let (thresholds, excess): (u64, &[u32]) = match f {
        ..=16 => (20, &[2 * f - 22, f]),
        17..=20 => (22, &[2 * f - 22, f, 25]),
        _ => (36, &[2 * f - 22, f, 25]),
    };
    indicators(format.bits(), thresholds)
        .beside(powers(rounding, excess))
        .then(PRODUCT.of(excess.len() as u64 + 1))
        .then(truncation(rounding, 60 - f))
}

#[test]
fn sigmoid() {
    let claim = Claim { name: "sigmoid", units: (2.5, 1.5), relative: 0.0, largest: 4.7e-5 };
    for (low, high) in [(-8.0, 8.0), (-20.0, 20.0)] {
        claim.check(
            &[(12, 32), (16, 32), (20, 32), (24, 32), (24, 40)],
            |f| vec![grid(f, low, high, false)],
            |x| 1.0 / (1.0 + (-x[0]).exp()),
            logistic_formula,
            |party, format, x| async move { protocol::sigmoid(&party, &format, &x[0]).await },
        );
    }
}

#[test]
fn hyperbolic_tangent() {
    let claim = Claim { name: "tanh", units: (3.5, 2.5), relative: 0.0, largest: 1e-4 };
    claim.check(
        &[(16, 32), (20, 32), (24, 32)],
        |f| vec![grid(f, -8.0, 8.0, false)],
        |x| x[0].tanh(),
        logistic_formula,
        |party, format, x| async move { protocol::tanh(&party, &format, &x[0]).await },
    );
}

fn exponential_formula(format: Format) -> Formula {
    let rounding = format.rounding();
    indicators(format.bits(), 37)
        .beside(truncation(rounding, 26))
        .then(powers(rounding, &[29; 5]))
        .then(truncation(rounding, 36))
        .then(PRODUCT)
        .then(truncation(rounding, 25))
}

#[test]
fn exponential() {
    let claim = Claim { name: "exp", units: (1.5, 1.0), relative: 1.0 / f64::from(1 << 23), largest: f64::INFINITY };
    for (low, high, largest) in [(-8.0, 8.0, 3.9e-4), (-20.0, 8.2, f64::INFINITY)] {
        let claim = Claim { largest, ..claim };
        claim.check(
            &[(16, 32), (20, 32), (24, 32)],
            |f| vec![grid(f, low, high, false)],
            |x| x[0].exp(),
            exponential_formula,
            |party, format, x| async move { protocol::exponential(&party, &format, &x[0]).await },
        );
    }
    claim.check(
        &[(12, 40), (16, 32)],
        |f| vec![grid(f, -30.0, 13.8, false)],
        |x| x[0].exp(),
        exponential_formula,
        |party, format, x| async move { protocol::exponential(&party, &format, &x[0]).await },
    );
}

/// A mantissa and a multiplier.
fn normalization(format: Format, thresholds: u64) -> Formula {
    let rounding = if format.rounding() == Rounding::Dithered { Rounding::Dithered } else { Rounding::Down };
    indicators(format.bits(), thresholds).then(PRODUCT).then(truncation(rounding, format.bits().saturating_sub(32)))
}

/// The reciprocal of a mantissa.
fn goldschmidt(rounding: Rounding) -> Formula {
    let cut = truncation(rounding, 30);
    let step = PRODUCT.then(cut).beside(SQUARE.then(cut));
    SQUARE.then(cut).then(step.times(2)).then(PRODUCT).then(cut)
}

fn reciprocal_formula(format: Format) -> Formula {
    let (rounding, end) = (format.rounding(), (format.bits() - 2).max(30));
    normalization(format, 29)
        .then(goldschmidt(rounding))
        .then(PRODUCT)
        .then(truncation(rounding, 30 + end - 2 * format.fraction()))
}

#[test]
fn reciprocal() {
    let relative = 1.0 / f64::from(1 << 27);
    for (low, high, largest) in [(1.0 / 256.0, 256.0, 1.5e-5), (1.0 / 65536.0, 16383.9, f64::INFINITY)] {
        let claim = Claim { name: "1/x", units: (1.0, 0.5), relative, largest };
        claim.check(
            &FORMATS,
            |f| vec![grid(f, low, high, true)],
            |x| 1.0 / x[0],
            reciprocal_formula,
            |party, format, x| async move { protocol::reciprocal(&party, &format, &x[0]).await },
        );
    }
}

fn quotient_formula(format: Format, thresholds: u64) -> Formula {
    let (rounding, end, f) = (format.rounding(), (format.bits() - 2).max(30), format.fraction());
    let last = 30.min(48 - f);
    normalization(format, thresholds)
        .then(goldschmidt(rounding))
        .then(PRODUCT)
        .then(truncation(rounding, 30 + end - f - last))
        .then(PRODUCT)
        .then(truncation(rounding, last))
}

#[test]
fn quotients() {
    // Divisors from 2^-4 on, where the additional term is below a quarter of a unit.
    let claim = Claim { name: "a/b", units: (1.3, 0.8), relative: 1.0 / f64::from(1 << 27), largest: 1.5e-5 };
    let arguments = |f: u32| {
        let mut a = grid(f, -63.0, 63.0, false);
        let mut b = grid(f + 1, 1.0 / 16.0, 16383.0, true);
        let scale = f64::from(1u32 << f);
        b.iter_mut().for_each(|b| *b = (*b * scale).round() / scale);
        b.rotate_left(7);
        // The largest numerators, or what the format of 32 bits has.
        let largest = if f == 16 { f64::from((1u32 << 30) - 1) } else { f64::from(1u32 << 31) - 64.0 };
        for (a, b) in a.iter_mut().zip(&mut b).step_by(4) {
            *a = a.signum() * largest / scale;
            *b = ((*b + a.abs() / 8192.0) * scale).round() / scale;
        }
        vec![a, b]
    };
    claim.check(
        &FORMATS,
        arguments,
        |x| x[0] / x[1],
        |format| quotient_formula(format, 29),
        |party, format, x| async move { protocol::divide(&party, &format, &x[0], &x[1]).await },
    );
    let claim = Claim { name: "a/-b", ..claim };
    claim.check(
        &FORMATS,
        |f| {
            let mut x = arguments(f);
            x[1].iter_mut().step_by(3).for_each(|b| *b = -*b);
            x
        },
        |x| x[0] / x[1],
        |format| quotient_formula(format, 59),
        |party, format, x| async move { protocol::divide_signed(&party, &format, &x[0], &x[1]).await },
    );
}

#[test]
fn logarithm() {
    let claim = Claim { name: "ln", units: (2.0, 1.5), relative: 0.0, largest: 1.5e-5 };
    for (low, high) in [(1.0 / 256.0, 256.0), (1.0 / 65536.0, 16383.9)] {
        claim.check(
            &FORMATS,
            |f| vec![grid(f, low, high, true)],
            |x| x[0].ln(),
            |format| {
                let rounding = format.rounding();
                normalization(format, 29)
                    .then(powers(rounding, &[28; 7]))
                    .then(truncation(rounding, 56 - format.fraction()))
            },
            |party, format, x| async move { protocol::logarithm(&party, &format, &x[0]).await },
        );
    }
}

/// With the bits that the two truncations at the end take off.
fn root_formula(format: Format, largest: u32) -> Formula {
    let rounding = format.rounding();
    let room = 60 - largest.div_ceil(2);
    let precision = 28.min(room - 2);
    normalization(format, 29)
        .then(powers(rounding, &[28; 7]))
        .then(truncation(rounding, 60 - precision))
        .then(PRODUCT)
        .then(truncation(rounding, room))
}

#[test]
fn roots() {
    for (low, high) in [(1.0 / 256.0, 256.0), (1.0 / 65536.0, 16383.9)] {
        let claim = Claim { name: "sqrt", units: (1.5, 0.75), relative: 1.0 / f64::from(1 << 26), largest: 1.6e-5 };
        claim.check(
            &FORMATS,
            |f| vec![grid(f, low, high, true)],
            |x| x[0].sqrt(),
            |format| root_formula(format, format.bits() - 2 + format.fraction()),
            |party, format, x| async move { protocol::square_root(&party, &format, &x[0]).await },
        );
        let claim = Claim { name: "1/sqrt", units: (1.5, 0.75), relative: 1.0 / f64::from(1 << 23), largest: 1.6e-5 };
        claim.check(
            &FORMATS,
            |f| vec![grid(f, low, high, true)],
            |x| 1.0 / x[0].sqrt(),
            |format| root_formula(format, 3 * format.fraction() - 1 - (format.bits() - 32)),
            |party, format, x| async move { protocol::inverse_square_root(&party, &format, &x[0]).await },
        );
    }
}

/// All bits of a word, where a mantissa is rounded.
#[test]
fn widest_words() {
    let arguments = |f: u32| vec![grid(f, 65537.0 * 16.0, 3.0e13, true)];
    let claim = Claim { name: "ln, 64 bits", units: (2.0, 1.5), relative: 0.0, largest: 1.5e-5 };
    let formats = [(16, 64)];
    claim.check(
        &formats,
        arguments,
        |x| x[0].ln(),
        |format| {
            let rounding = format.rounding();
            normalization(format, 29).then(powers(rounding, &[28; 7])).then(truncation(rounding, 40))
        },
        |party, format, x| async move { protocol::logarithm(&party, &format, &x[0]).await },
    );
    let claim =
        Claim { name: "sqrt, 64 bits", units: (1.5, 0.75), relative: 1.0 / f64::from(1 << 18), largest: f64::INFINITY };
    claim.check(
        &formats,
        arguments,
        |x| x[0].sqrt(),
        |format| root_formula(format, 78),
        |party, format, x| async move { protocol::square_root(&party, &format, &x[0]).await },
    );
}

#[test]
fn softmax() {
    const COLUMNS: usize = 8;
    for (fraction, bits) in [(16, 32), (20, 32), (24, 34)] {
        for rounding in [Rounding::Dithered, Rounding::Nearest] {
            let format = Format::new(fraction, bits, rounding).unwrap();
            let x = grid(fraction, -5.0, 5.0, false);
            let narrow = Format::new(fraction, fraction + 6, rounding).unwrap();
            let row = RECTIFY.of(COLUMNS as u64 - 1);
            let limit = 30.min(59 - fraction);
            let powers = indicators(bits, u64::from(fraction) + 2)
                .beside(truncation(rounding, 26))
                .then(powers(rounding, &[29; 5]))
                .then(truncation(rounding, 60 - limit))
                .then(PRODUCT)
                .then(truncation(rounding, limit + 1));
            let inverse = normalization(narrow, 3)
                .then(goldschmidt(rounding))
                .then(PRODUCT)
                .then(truncation(rounding, 60 - 2 * fraction));
            let elements = powers.then(PRODUCT).then(truncation(rounding, fraction));
            let (rows, all) = (row.then(inverse).total(x.len() / COLUMNS), elements.total(x.len()));
            let total = Cost {
                rounds: 6 * 3 + inverse.rounds + all.rounds,
                bytes: rows.bytes + all.bytes,
                corrections: rows.corrections + all.corrections,
            };
            let found = evaluate(format, std::slice::from_ref(&x), total, |party, format, x| async move {
                protocol::softmax(&party, &format, COLUMNS, &x[0]).await
            });
            let exact: Vec<f64> = x
                .chunks(COLUMNS)
                .flat_map(|row| {
                    let sum: f64 = row.iter().map(|x| x.exp()).sum();
                    row.iter().map(move |x| x.exp() / sum)
                })
                .collect();
            let (largest, _) = errors(fraction, &found, &exact, 0.0);
            println!("softmax f={fraction} {rounding:?}: {largest:.2} units, {total:?}");
            let bound = COLUMNS as f64 + 4.0;
            assert!(largest <= if rounding == Rounding::Dithered { bound } else { bound / 2.0 });
        }
    }
}

#[test]
fn formats_without_functions_are_refused() {
    let kind = |result: Result<Words>| result.unwrap_err().kind();
    let mut engines = crate::table::engines(2, 0, 1);
    for (fraction, bits) in [(10, 32), (25, 32), (24, 28)] {
        let format = Format::new(fraction, bits, Rounding::Nearest).unwrap();
        let party = engines[0].party();
        let outcome = engines[0].spawn(async move {
            let x = [1];
            [protocol::sigmoid(&party, &format, &x).await, protocol::exponential(&party, &format, &x).await]
        });
        let _ = engines[0].advance();
        for result in outcome.take().unwrap() {
            assert_eq!(kind(result), ErrorKind::InvalidArgument);
        }
    }
}

/// All numbers of a format of 14 bits, and so every octave, its ends, and every mantissa of 12 bits.
#[test]
fn every_number_of_a_narrow_format() {
    for rounding in [Rounding::Dithered, Rounding::Nearest] {
        let format = Format::new(11, 14, rounding).unwrap();
        let own = if rounding == Rounding::Nearest { 0.51 } else { 1.01 };
        let words: Vec<u64> = (1..1 << 12).collect();
        let both: Vec<u64> = words.iter().flat_map(|word| [*word, word.wrapping_neg()]).collect();
        let numerators: Vec<u64> = both.iter().map(|word| word.wrapping_mul(0x9e37_79b9) & 0xfff).collect();
        let real = |word: u64| word.cast_signed() as f64 / 2048.0;
        for parties in [2, 3] {
            let (inverse, _) =
                run(parties, &[&words], |party, x| async move { protocol::reciprocal(&party, &format, &x[0]).await });
            let (logarithm, _) =
                run(parties, &[&words], |party, x| async move { protocol::logarithm(&party, &format, &x[0]).await });
            let (root, _) =
                run(parties, &[&words], |party, x| async move { protocol::square_root(&party, &format, &x[0]).await });
            let (inverse_root, _) = run(parties, &[&words], |party, x| async move {
                protocol::inverse_square_root(&party, &format, &x[0]).await
            });
            let (quotient, _) = run(parties, &[&numerators, &both], |party, x| async move {
                protocol::divide_signed(&party, &format, &x[0], &x[1]).await
            });
            let check = |found: &[u64], exact: &dyn Fn(usize) -> f64, units: f64, relative: f64| {
                for (place, found) in found.iter().enumerate() {
                    let error = (real(*found) - exact(place)).abs();
                    assert!(error * 2048.0 <= units + relative * exact(place).abs() * 2048.0, "{place} {rounding:?}");
                }
            };
            let x = |place: usize| real(words[place]);
            check(&inverse, &|place| 1.0 / x(place), own, 2f64.powi(-27));
            check(&logarithm, &|place| x(place).ln(), own, 2f64.powi(-24));
            check(&root, &|place| x(place).sqrt(), own, 2f64.powi(-26));
            check(&inverse_root, &|place| 1.0 / x(place).sqrt(), own, 2f64.powi(-23));
            // A divisor of one unit adds half a unit, and larger ones less.
            check(&quotient, &|place| real(numerators[place]) / real(both[place]), own + 0.5, 2f64.powi(-27));
        }
    }
}
