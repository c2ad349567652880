//! Real numbers as words: encoding, products, public factors, powers and polynomials.

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::engine::Cost;
use cloakwork_core::mpc::protocol::{self, Format, Rounding};

use crate::formula::{Formula, PRODUCT, SQUARE, powers, truncation};
use crate::table::{Numbers, engines, run};

const ROUNDINGS: [Rounding; 3] = [Rounding::Dithered, Rounding::Down, Rounding::Nearest];

/// Whether a word is x / 2^bits in that rounding; dithered it may be up or down.
fn is_quotient(found: u64, x: i128, bits: u32, rounding: Rounding) -> bool {
    let found = i128::from(found.cast_signed());
    let half = if bits == 0 { 0 } else { 1i128 << (bits - 1) };
    match rounding {
        Rounding::Dithered => (0..=1).contains(&(found - (x >> bits))),
        Rounding::Down => found == x >> bits,
        Rounding::Nearest => found == (x + half) >> bits,
    }
}

fn values(count: usize, bits: u32, seed: u64) -> Vec<u64> {
    let mut numbers = Numbers(seed);
    (0..count).map(|_| (numbers.next().cast_signed() >> (63 - bits)).cast_unsigned()).collect()
}

#[test]
fn encoding_refuses_what_does_not_fit() {
    for (fraction, bits) in [(0, 3), (16, 32), (20, 36), (24, 64), (30, 64)] {
        let format = Format::new(fraction, bits, Rounding::Nearest).unwrap();
        let unit = 1.0 / f64::from(1u32 << fraction);
        let limit = format.limit() as f64 * unit;
        assert_eq!(format.limit(), 1 << (bits - 2));
        let mut words = [1; 3];
        let mut numbers = [0.0; 3];
        // Of 62 bits a double has 53.
        let largest = (limit - unit).min(limit * (1.0 - f64::EPSILON));
        for fits in [0.0, unit, -unit, largest, -largest] {
            format.encode(&[0.0, fits, 0.0], &mut words).unwrap();
            format.decode(&words, &mut numbers).unwrap();
            assert_eq!(numbers, [0.0, fits, 0.0]);
        }
        for beyond in [limit, -limit, limit * 4.0, -limit * 2.0, 1e300] {
            let error = format.encode(&[0.0, beyond, 1.0], &mut words).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OutOfRange, "{beyond}");
        }
        for beyond in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(format.encode(&[beyond], &mut words[..1]).unwrap_err().kind(), ErrorKind::NotFinite);
        }
        assert_eq!(format.encode(&[0.0], &mut words).unwrap_err().kind(), ErrorKind::InvalidLength);
        assert_eq!(format.decode(&[0], &mut numbers).unwrap_err().kind(), ErrorKind::InvalidLength);
    }
    for (fraction, bits) in [(31, 64), (16, 18), (16, 65)] {
        let error = Format::new(fraction, bits, Rounding::Nearest).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn rescaled_products() {
    for fraction in [0, 1, 16, 20, 24, 30] {
        let (x, y) = (values(64, 31, 1), values(64, 30, 2));
        for rounding in ROUNDINGS {
            let format = Format::new(fraction, 64, rounding).unwrap();
            for parties in [2, 3, 5] {
                let (found, cost) = run(parties, &[&x, &y], |party, shares| async move {
                    protocol::rescaled_product(&party, &format, &shares[0], &shares[1]).await
                });
                for ((x, y), found) in x.iter().zip(&y).zip(found) {
                    let exact = i128::from(x.cast_signed()) * i128::from(y.cast_signed());
                    assert!(is_quotient(found, exact, fraction, rounding));
                }
                let formula = PRODUCT.then(truncation(rounding, fraction));
                assert_eq!(cost, formula.total(64));
                let (found, cost) = run(parties, &[&y], |party, shares| async move {
                    protocol::rescaled_square(&party, &format, &shares[0]).await
                });
                for (y, found) in y.iter().zip(found) {
                    assert!(is_quotient(found, i128::from(y.cast_signed()).pow(2), fraction, rounding));
                }
                let formula = SQUARE.then(truncation(rounding, fraction));
                assert_eq!(cost, formula.total(64));
            }
        }
    }
}

/// A sum of products is rounded once.
#[test]
fn rescaled_matrix_products() {
    let (rows, inner, columns) = (8, 33, 8);
    let (x, y) = (values(rows * inner, 28, 3), values(inner * columns, 28, 4));
    for rounding in ROUNDINGS {
        let format = Format::new(16, 64, rounding).unwrap();
        let (found, cost) = run(3, &[&x, &y], |party, shares| async move {
            protocol::rescaled_matrix_product(&party, &format, [rows, inner, columns], &shares[0], &shares[1]).await
        });
        for (place, found) in found.into_iter().enumerate() {
            let (row, column) = (place / columns, place % columns);
            let exact = (0..inner)
                .map(|at| {
                    i128::from(x[row * inner + at].cast_signed()) * i128::from(y[at * columns + column].cast_signed())
                })
                .sum();
            assert!(is_quotient(found, exact, 16, rounding));
        }
        let cut = truncation(rounding, 16).total(64);
        let bytes = cut.bytes + 8 * (rows * inner + inner * columns) as u64;
        assert_eq!(cost, Cost { rounds: 1 + cut.rounds, bytes, corrections: cut.corrections + 64 });
    }
}

/// Divisions of a product with a factor: of the part with the fraction bits of the format, and of what it leaves.
fn divisions(factor: f64, fraction: i32, real: bool) -> u64 {
    let scaled = factor * 2f64.powi(fraction);
    let rest = ((scaled - scaled.floor()) * 2f64.powi(fraction)).round();
    u64::from(real && scaled.floor() % 2f64.powi(fraction) != 0.0) + u64::from(rest != 0.0)
}

#[test]
fn public_factors() {
    let x = values(64, 29, 5);
    let factors =
        [0.0, 1.0, -3.0, 1024.0, 0.5, -0.1, 1.0 / 3.0, 1e-9, 2e-10, 1e-300, 3.75, 12_345.678, -2_147_483_647.0];
    for factor in factors {
        for (rounding, real) in ROUNDINGS.into_iter().flat_map(|rounding| [(rounding, true), (rounding, false)]) {
            let format = Format::new(16, 32, rounding).unwrap();
            // Whole numbers get the fraction bits of the format.
            let x: Vec<u64> =
                x.iter().map(|x| if real { *x } else { (x.cast_signed() >> 14).cast_unsigned() }).collect();
            let (found, cost) = run(3, &[&x], |party, shares| async move {
                protocol::scale(&party, &format, &[factor], real, &shares[0]).await
            });
            let divisions = divisions(factor, 16, real);
            for (x, found) in x.iter().zip(&found) {
                let x = x.cast_signed() as f64 * if real { 1.0 } else { 65_536.0 };
                // Both factors have at most 31 and 53 bits.
                let error = (found.cast_signed() as f64 - x * factor).abs();
                let own = if rounding == Rounding::Nearest { 0.5 } else { 1.0 } * divisions as f64;
                let bound = own + x.abs() / 2f64.powi(33) + (x * factor).abs() / 2f64.powi(52);
                assert!(error <= bound, "{factor} {rounding:?}: {error}");
            }
            if rounding == Rounding::Dithered {
                let rounds = divisions.min(1);
                assert_eq!(
                    cost,
                    Cost { rounds, bytes: 8 * 64 * divisions, corrections: 2 * 64 * divisions },
                    "{factor}"
                );
            }
        }
    }
    let each: Vec<f64> = (0..64).map(|place| f64::from(place) / 7.0 - 2.0).collect();
    let format = Format::new(16, 32, Rounding::Nearest).unwrap();
    let factors = each.clone();
    let (found, _) = run(2, &[&x], |party, shares| {
        let factors = factors.clone();
        async move { protocol::scale(&party, &format, &factors, true, &shares[0]).await }
    });
    for ((x, factor), found) in x.iter().zip(&each).zip(&found) {
        let error = (found.cast_signed() as f64 - x.cast_signed() as f64 * factor).abs();
        assert!(error <= 1.0 + 2f64.powi(29 - 33), "{factor}: {error}");
    }
}

#[test]
fn public_factors_that_do_not_fit_are_refused() {
    let mut engines = engines(2, 0, 1);
    for (factors, kind) in [
        (vec![f64::NAN], ErrorKind::NotFinite),
        (vec![1.0, f64::INFINITY, 1.0], ErrorKind::NotFinite),
        (vec![2f64.powi(46)], ErrorKind::OutOfRange),
        (vec![1.0, 2.0], ErrorKind::InvalidLength),
        (vec![], ErrorKind::InvalidLength),
    ] {
        let party = engines[0].party();
        let format = Format::new(16, 32, Rounding::Down).unwrap();
        let outcome =
            engines[0].spawn(async move { protocol::scale(&party, &format, &factors, true, &[1, 2, 3]).await });
        let _ = engines[0].advance();
        assert_eq!(outcome.take().unwrap().unwrap_err().kind(), kind);
    }
}

/// Without fraction bits powers are those of the words.
#[test]
fn powers_of_words() {
    let x = values(64, 63, 6);
    let format = Format::new(0, 64, Rounding::Nearest).unwrap();
    for exponent in [0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 31] {
        let (found, cost) =
            run(3, &[&x], |party, shares| async move { protocol::power(&party, &format, exponent, &shares[0]).await });
        assert_eq!(found, x.iter().map(|x| x.wrapping_pow(exponent)).collect::<Vec<_>>(), "{exponent}");
        let squarings = u64::from(exponent.max(1).ilog2());
        let products = u64::from(exponent.count_ones().max(1) - 1);
        let rounds = squarings + u64::from(products > 0);
        assert_eq!((cost.rounds, cost.bytes), (rounds, 64 * (8 * squarings + 16 * products)), "{exponent}");
    }
}

#[test]
fn powers_of_real_numbers() {
    for rounding in ROUNDINGS {
        let format = Format::new(20, 32, rounding).unwrap();
        let numbers: Vec<f64> = (0..64).map(|place| f64::from(place) / 16.0 - 2.0).collect();
        let mut x = vec![0; 64];
        format.encode(&numbers, &mut x).unwrap();
        let (found, cost) =
            run(3, &[&x], |party, shares| async move { protocol::power(&party, &format, 7, &shares[0]).await });
        let mut made = vec![0.0; 64];
        format.decode(&found, &mut made).unwrap();
        for (made, x) in made.iter().zip(&numbers) {
            // Each of three squarings and products moves the power by its derivative, below 7 * 2^6, and by half as much.
            assert!((made - x.powi(7)).abs() * f64::from(1 << 20) < 700.0);
        }
        let step = truncation(rounding, 20);
        let level = SQUARE.then(step).beside(PRODUCT.then(step));
        let formula = SQUARE.then(step).then(level).then(PRODUCT.then(step));
        assert_eq!(cost, formula.total(64));
    }
}

#[test]
fn polynomials() {
    const COEFFICIENTS: [f64; 6] = [0.25, -1.5, 0.125, 0.75, 0.0, -0.375];
    let numbers: Vec<f64> = (0..128).map(|place| f64::from(place) / 64.0 - 1.0).collect();
    for rounding in ROUNDINGS {
        let format = Format::new(20, 32, rounding).unwrap();
        let mut x = vec![0; 128];
        format.encode(&numbers, &mut x).unwrap();
        let mut same: Option<Vec<u64>> = None;
        for parties in [2, 3, 5] {
            let (found, cost) = run(parties, &[&x], |party, shares| async move {
                protocol::polynomial(&party, &format, &COEFFICIENTS, &shares[0]).await
            });
            let mut made = vec![0.0; 128];
            format.decode(&found, &mut made).unwrap();
            for (made, x) in made.iter().zip(&numbers) {
                let exact = COEFFICIENTS.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient);
                assert!((made - exact).abs() * f64::from(1 << 20) < 5.0, "{made} for {exact}");
            }
            let formula = powers(rounding, &[20; 4]).then(truncation(rounding, 20));
            assert_eq!(cost, formula.total(128));
            if rounding != Rounding::Dithered {
                assert_eq!(*same.get_or_insert_with(|| found.clone()), found);
            }
        }
    }
    let constant = |coefficients: &'static [f64]| {
        let format = Format::new(16, 32, Rounding::Nearest).unwrap();
        run(2, &[&[3, 4]], |party, shares| async move {
            protocol::polynomial(&party, &format, coefficients, &shares[0]).await
        })
        .0
    };
    assert_eq!(constant(&[]), [0, 0]);
    assert_eq!(constant(&[1.5]), [3 << 15, 3 << 15]);
    assert_eq!(Formula::default().total(64), Cost::default());
}
