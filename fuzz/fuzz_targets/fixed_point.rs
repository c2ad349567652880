//! Fixed point: what is accepted comes back within half a step, and is refused only when it does not fit.
#![no_main]

use cloakwork_core::fixed::FixedPoint;
use cloakwork_core::ring::{Bits, Lane};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, i8, u16, Vec<f64>)| {
    let (bits, fraction, parties, values) = input;
    let Ok(bits) = Bits::new(bits) else { return };
    let Ok(format) = FixedPoint::new(bits, fraction, parties.into()) else { return };
    match bits.get() {
        1..=32 => check::<u32>(&format, &values),
        33..=64 => check::<u64>(&format, &values),
        _ => check::<u128>(&format, &values),
    }
});

fn check<L: Lane>(format: &FixedPoint, values: &[f64]) {
    let untouched = L::from_i64(77);
    let mut residues = vec![untouched; values.len()];
    let scale = 2f64.powi(format.fraction().into());
    let limit = format.limit() as f64;
    // Scaling by a power of two is exact unless it leaves the range of doubles, where the value is far outside the limit or rounds to 0.
    let fits = |value: &f64| value.is_finite() && (value * scale).round_ties_even().abs() <= limit;
    if format.encode_f64(values, &mut residues).is_err() {
        assert!(residues.iter().all(|residue| *residue == untouched), "a refusal writes nothing");
        // The limit rounds when it becomes a double: a value at the rounded limit may be refused.
        assert!(values.iter().any(|value| !fits(value) || (value * scale).abs() >= limit));
        return;
    }
    assert!(values.iter().all(fits));
    let mut back = vec![0f64; values.len()];
    format.decode_f64(&residues, &mut back).expect("same length");
    for (back, value) in back.iter().zip(values) {
        assert_eq!(back * scale, (value * scale).round_ties_even());
    }
}
