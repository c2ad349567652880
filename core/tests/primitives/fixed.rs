//! Fixed point: exact rounding against a slow oracle, ranges, refusals, and sums that come back.

use cloakwork_core::ErrorKind;
use cloakwork_core::fixed::{FixedPoint, MAX_FRACTION, MIN_FRACTION};
use cloakwork_core::ring::{Bits, Lane, lane_bytes};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn format(bits: u8, fraction: i8, parties: u32) -> FixedPoint {
    FixedPoint::new(Bits::new(bits).unwrap(), fraction, parties).unwrap()
}

/// What the oracle says of a number: its integer, that it is not finite, or that the integer is beyond 2^127.
#[derive(Debug, PartialEq)]
enum Nearest {
    Integer(i128),
    NotFinite,
    Huge,
}

/// The integer nearest to x * 2^f, ties to even, by the definition: quotient and remainder of the significand.
fn nearest(x: f64, fraction: i8) -> Nearest {
    if !x.is_finite() {
        return Nearest::NotFinite;
    }
    let bits = x.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    let significand = if exponent == 0 { bits & ((1 << 52) - 1) } else { bits & ((1 << 52) - 1) | 1 << 52 };
    let power = exponent.max(1) - 1075 + i32::from(fraction);
    let magnitude = if significand == 0 || power < -60 {
        0
    } else if power < 0 {
        let divisor = 1u128 << -power;
        let (quotient, remainder) = (u128::from(significand) / divisor, u128::from(significand) % divisor);
        let up = remainder * 2 > divisor || (remainder * 2 == divisor && quotient % 2 == 1);
        quotient + u128::from(up)
    } else if power > 74 {
        return Nearest::Huge;
    } else {
        u128::from(significand) << power
    };
    Nearest::Integer(if x < 0.0 { -(magnitude as i128) } else { magnitude as i128 })
}

fn encode_one<L: Lane>(format: &FixedPoint, x: f64) -> Result<u128, ErrorKind> {
    let mut out = [L::from_u128(42)];
    match format.encode_f64(&[x], &mut out) {
        Ok(()) => Ok(out[0].reduce(format.bits()).to_u128()),
        Err(error) => {
            assert_eq!(out[0].to_u128(), 42, "written in spite of {error}");
            Err(error.kind())
        }
    }
}

fn check(format: &FixedPoint, x: f64) {
    let encoded = match lane_bytes(format.bits()) {
        4 => encode_one::<u32>(format, x),
        8 => encode_one::<u64>(format, x),
        _ => encode_one::<u128>(format, x),
    };
    let expected = match nearest(x, format.fraction()) {
        Nearest::NotFinite => Err(ErrorKind::NotFinite),
        Nearest::Integer(integer) if integer.unsigned_abs() <= format.limit() => {
            Ok(integer as u128 & format.bits().max_residue())
        }
        _ => Err(ErrorKind::OutOfRange),
    };
    assert_eq!(encoded, expected, "{x:e} = {:#x} in {format:?}", x.to_bits());
}

const WIDTHS: [u8; 12] = [2, 8, 20, 32, 33, 52, 53, 63, 64, 65, 100, 128];

/// Floats where something happens: any bits, ties and their neighbours at every scale, the edges of the number line.
fn floats() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        (any::<i64>(), 0u32..64, -140i32..80, -2i64..=2).prop_map(|(integer, shift, scale, ulps)| {
            let tie = ((integer >> shift) as f64 + 0.5) * 2f64.powi(scale);
            f64::from_bits(tie.to_bits().wrapping_add(ulps as u64))
        }),
        (-1e6..1e6f64),
        prop::sample::select(vec![
            0.0,
            -0.0,
            0.5,
            -0.5,
            1.5,
            2.5,
            0.49999999999999994,
            5e-324,
            -5e-324,
            f64::MIN_POSITIVE,
            f64::MAX,
            f64::MIN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            4503599627370495.5,
            4503599627370496.5,
            9007199254740993.0,
        ]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, rng_seed: RngSeed::Fixed(754), ..ProptestConfig::default() })]

    #[test]
    fn rounding_is_exact(x in floats(), width in 0..WIDTHS.len(), fraction in MIN_FRACTION..=MAX_FRACTION, parties in 1u32..200) {
        if let Ok(format) = FixedPoint::new(Bits::new(WIDTHS[width]).unwrap(), fraction, parties) {
            check(&format, x);
            check(&format, -x);
        }
    }

    #[test]
    fn ties_go_to_even(
        integer: i64, shift in 11u32..64, ulps in -1i64..=1, width in 0..WIDTHS.len(), fraction in MIN_FRACTION..=MAX_FRACTION,
    ) {
        // At most 53 bits with the half: the tie itself is a double.
        let tie = ((integer >> shift) as f64 + 0.5) * 2f64.powi(-i32::from(fraction));
        let near = f64::from_bits(tie.to_bits().wrapping_add(ulps as u64));
        check(&format(WIDTHS[width], fraction, 1), near);
        check(&format(128, fraction, 1), near);
    }

    #[test]
    fn singles_are_doubles(bits: u32, width in 0..WIDTHS.len(), fraction in MIN_FRACTION..=MAX_FRACTION) {
        let x = f32::from_bits(bits);
        let format = format(WIDTHS[width], fraction, 1);
        match lane_bytes(format.bits()) {
            4 => same_as_double::<u32>(&format, x),
            8 => same_as_double::<u64>(&format, x),
            _ => same_as_double::<u128>(&format, x),
        }
    }

    #[test]
    fn integers_are_scaled_exactly(x: i64, shift in 0u32..64, width in 0..WIDTHS.len(), fraction in MIN_FRACTION..=MAX_FRACTION) {
        let x = x >> shift;
        let format = format(WIDTHS[width], fraction, 1);
        match lane_bytes(format.bits()) {
            4 => check_integer::<u32>(&format, x),
            8 => check_integer::<u64>(&format, x),
            _ => check_integer::<u128>(&format, x),
        }
    }

    /// As many parties as the format is for, each at a random point of the range: the sum comes back, rounded only by the steps of each.
    #[test]
    fn sums_come_back(values in prop::collection::vec(-1.0..=1.0f64, 1..30), width in 20u8..=128) {
        let fraction = (width - 2 - 5).min(120) as i8;
        let format = format(width, fraction, values.len() as u32);
        let largest = format.limit() as f64 / 2f64.powi(fraction.into());
        let scaled: Vec<f64> = values.iter().map(|x| x * largest * (1.0 - 1e-15)).collect();
        let sum = match lane_bytes(format.bits()) {
            4 => sum::<u32>(&format, &scaled),
            8 => sum::<u64>(&format, &scaled),
            _ => sum::<u128>(&format, &scaled),
        };
        let exact: f64 = scaled.iter().sum();
        let error = 0.5 * scaled.len() as f64 / 2f64.powi(fraction.into()) + 1e-13 * largest * scaled.len() as f64;
        prop_assert!((sum - exact).abs() <= error, "{sum} for {exact}");
    }
}

fn same_as_double<L: Lane>(format: &FixedPoint, x: f32) {
    let (mut single, mut double) = ([L::default()], [L::default()]);
    let results = (format.encode_f32(&[x], &mut single), format.encode_f64(&[f64::from(x)], &mut double));
    assert_eq!(results.0, results.1, "{x:e} in {format:?}");
    assert_eq!(single, double, "{x:e} in {format:?}");
    assert_eq!(format.check_f32(&[x]), results.0);
    assert_eq!(format.first_refused_f32_vartime(&[x]).is_some(), results.0.is_err());
}

fn check_integer<L: Lane>(format: &FixedPoint, x: i64) {
    let magnitude = u128::from(x.unsigned_abs());
    let scaled = if format.fraction() >= 0 {
        // Too wide for u128 is too wide for every limit.
        magnitude.checked_mul(1 << format.fraction())
    } else {
        let divisor = 1u128 << -format.fraction();
        let (quotient, remainder) = (magnitude / divisor, magnitude % divisor);
        Some(quotient + u128::from(remainder * 2 > divisor || (remainder * 2 == divisor && quotient % 2 == 1)))
    };
    let expected = scaled.filter(|scaled| *scaled <= format.limit());
    let expected =
        expected.map(|scaled| if x < 0 { scaled.wrapping_neg() } else { scaled } & format.bits().max_residue());
    let mut out = [L::from_u128(7)];
    match (format.encode_i64(&[x], &mut out), expected) {
        (Ok(()), Some(expected)) => assert_eq!(out[0].reduce(format.bits()).to_u128(), expected, "{x} in {format:?}"),
        (Err(error), None) => {
            assert_eq!((error.kind(), out[0].to_u128()), (ErrorKind::OutOfRange, 7));
            assert_eq!(format.first_refused_i64_vartime(&[0, x]), Some(1));
        }
        (result, expected) => panic!("{x} in {format:?}: {result:?}, not {expected:?}"),
    }
    if let Ok(x) = i32::try_from(x) {
        let mut narrow = [L::from_u128(7)];
        assert_eq!(format.encode_i32(&[x], &mut narrow).is_ok(), expected.is_some());
        assert_eq!(narrow, out);
        assert_eq!(format.check_i32(&[x]).is_ok(), expected.is_some());
    }
}

fn sum<L: Lane>(format: &FixedPoint, values: &[f64]) -> f64 {
    let mut total = [L::default()];
    for value in values {
        let mut residue = [L::default()];
        format.encode_f64(&[*value], &mut residue).unwrap();
        total[0] = total[0].wrapping_add(residue[0]);
    }
    let mut out = [0.0];
    format.decode_f64(&total, &mut out).unwrap();
    out[0]
}

#[test]
fn limits_leave_room_for_the_sum() {
    assert_eq!(format(20, 0, 100).limit(), 5242);
    assert_eq!(format(64, 0, 1).limit(), (1 << 63) - 1);
    assert_eq!(format(128, 0, 1).limit(), (1 << 127) - 1);
    assert_eq!(format(2, 0, 1).limit(), 1);
    for bits in 1..=128u8 {
        for parties in [1u32, 2, 3, 100, 1 << 20, u32::MAX] {
            let largest = (1u128 << (bits - 1)) - 1;
            let expected = largest / u128::from(parties);
            match FixedPoint::new(Bits::new(bits).unwrap(), 0, parties) {
                Ok(format) => assert_eq!(format.limit(), expected),
                Err(error) => assert_eq!((error.kind(), expected), (ErrorKind::InvalidRun, 0)),
            }
        }
    }
    let bits = Bits::new(20).unwrap();
    assert_eq!(FixedPoint::new(bits, 0, 0).unwrap_err().kind(), ErrorKind::InvalidArgument);
    for fraction in [MIN_FRACTION - 1, MAX_FRACTION + 1, i8::MIN, i8::MAX] {
        assert_eq!(FixedPoint::new(bits, fraction, 2).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}

/// The largest values of all parties, of either sign, add up to the edge of the ring and not beyond.
#[test]
fn the_largest_sum_does_not_wrap() {
    for (bits, parties) in [(20u8, 100u32), (32, 3), (33, 7), (64, 1000), (65, 5), (128, 9)] {
        let format = format(bits, 0, parties);
        let largest = format.limit() * u128::from(parties);
        for sign in [1, -1] {
            let sum = (0..parties).fold(0u128, |sum, _| sum.wrapping_add((sign * format.limit() as i128) as u128));
            let mut out = [0.0];
            match lane_bytes(format.bits()) {
                4 => format.decode_f64(&[u32::from_u128(sum)], &mut out),
                8 => format.decode_f64(&[u64::from_u128(sum)], &mut out),
                _ => format.decode_f64(&[sum], &mut out),
            }
            .unwrap();
            assert_eq!(out[0], sign as f64 * largest as f64);
        }
    }
}

#[test]
fn a_refusal_names_kind_bound_and_first_offender_and_writes_nothing() {
    let narrow = format(20, 12, 100);
    let mut values = vec![0.25; 1000];
    let mut out = vec![9u32; 1000];
    for (index, bad, kind) in [
        (0, f64::NAN, ErrorKind::NotFinite),
        (999, f64::INFINITY, ErrorKind::NotFinite),
        (500, f64::NEG_INFINITY, ErrorKind::NotFinite),
        (501, 2.0, ErrorKind::OutOfRange),
        (998, -1e300, ErrorKind::OutOfRange),
        (3, f64::MAX, ErrorKind::OutOfRange),
    ] {
        values[index] = bad;
        let error = narrow.encode_f64(&values, &mut out).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.bound(), (kind == ErrorKind::OutOfRange).then_some(5242));
        assert_eq!(narrow.check_f64(&values).unwrap_err(), error);
        assert_eq!(narrow.first_refused_f64_vartime(&values), Some(index));
        assert!(out.iter().all(|residue| *residue == 9));
        values[index] = 0.25;
    }
    // The first offender decides.
    (values[10], values[20]) = (7.0, f64::NAN);
    assert_eq!(narrow.check_f64(&values).unwrap_err().kind(), ErrorKind::OutOfRange);
    assert_eq!(narrow.first_refused_f64_vartime(&values[..10]), None);
    narrow.check_f64(&values[..10]).unwrap();

    // A bound beyond u64 is stated as the largest u64.
    let wide = format(128, 0, 1);
    assert_eq!(wide.check_f64(&[1e300]).unwrap_err().bound(), Some(u64::MAX));
}

#[test]
fn shapes_and_lanes_are_checked() {
    let narrow = format(20, 12, 100);
    for length in [0, 2, 4] {
        let error = narrow.encode_f64(&[0.0; 3], &mut vec![0u32; length]).unwrap_err();
        assert_eq!((error.kind(), error.bound()), (ErrorKind::InvalidLength, Some(3)));
        assert_eq!(narrow.decode_f64(&[0u32; 3], &mut vec![0.0; length]).unwrap_err().kind(), ErrorKind::InvalidLength);
        assert_eq!(narrow.decode_i64(&[0u32; 3], &mut vec![0; length]).unwrap_err().kind(), ErrorKind::InvalidLength);
    }
    assert_eq!(narrow.encode_f64(&[0.0], &mut [0u64]).unwrap_err().kind(), ErrorKind::InvalidWidth);
    assert_eq!(narrow.encode_i32(&[0], &mut [0u128]).unwrap_err().kind(), ErrorKind::InvalidWidth);
    assert_eq!(narrow.decode_f64(&[0u64], &mut [0.0]).unwrap_err().kind(), ErrorKind::InvalidWidth);
    assert_eq!(narrow.decode_i64(&[0u128], &mut [0]).unwrap_err().kind(), ErrorKind::InvalidWidth);
    narrow.encode_f64(&[], &mut [0u32; 0]).unwrap();
    narrow.decode_f64(&[0u32; 0], &mut []).unwrap();
}

#[test]
fn decoding_rounds_to_nearest_even() {
    // 2^53 + 1 lies between two doubles; 2^53 + 3 too.
    let wide = format(64, 0, 1);
    let mut out = [0.0; 4];
    let residues = [(1u64 << 53) + 1, (1 << 53) + 3, (1u64 << 53).wrapping_neg() - 1, u64::MAX];
    wide.decode_f64(&residues, &mut out).unwrap();
    assert_eq!(out, [9007199254740992.0, 9007199254740996.0, -9007199254740992.0, -1.0]);

    let mut integers = [0; 6];
    let halves = format(20, 1, 1);
    let residues = [1, 3, 5, (1 << 20) - 1, (1 << 20) - 3, (1u32 << 20) - 5];
    halves.decode_i64(&residues, &mut integers).unwrap();
    assert_eq!(integers, [0, 2, 2, 0, -2, -2]);
    let scaled = format(20, -3, 1);
    scaled.decode_i64(&[1, (1 << 20) - 1, 0, 0, 0, 0u32], &mut integers).unwrap();
    assert_eq!(integers, [8, -8, 0, 0, 0, 0]);

    let huge = format(128, 0, 1);
    assert_eq!(huge.decode_i64(&[1u128 << 100], &mut [0]).unwrap_err().kind(), ErrorKind::OutOfRange);
    let mut edge = [0; 2];
    huge.decode_i64(&[i64::MAX as u128, (i64::MAX as u128).wrapping_neg()], &mut edge).unwrap();
    assert_eq!(edge, [i64::MAX, -i64::MAX]);
}
