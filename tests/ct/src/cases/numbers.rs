//! Rings, the field, fixed point and the rotation.

use crate::Case;
use crate::generator::SecretGenerator;
use crate::secret::{hide, reveal, revealed, secret};
use cloakwork_core::field::{Element, MODULUS};
use cloakwork_core::fixed::FixedPoint;
use cloakwork_core::hadamard::{Number, Signs, rotate, unrotate};
use cloakwork_core::prg::Suite;
use cloakwork_core::ring::{Bits, Lane, center, pack, packed_len, unpack};

/// The cases of this file.
pub const CASES: &[Case] = &[
    ("ring: pack and unpack, every width", packing),
    ("ring: reduce and center", centering),
    ("field: sum, difference, product, inverse", field),
    ("field: decode an element", decode_element),
    ("field: draw an element", draw_element),
    ("fixed: floats that round in floating point", || fixed(20, 8)),
    ("fixed: floats that round in floating point, in two parts", || fixed(60, 40)),
    ("fixed: floats that round in integers", || fixed(128, 100)),
    ("fixed: integers", fixed_integers),
    ("hadamard: rotate and undo it, integers", || {
        rotation(1i32, -5, |value, log2| value << log2);
        rotation(1i64, -5, |value, log2| value << log2);
    }),
    ("hadamard: rotate and undo it, floats", || {
        rotation(1f32, -5.0, |value, log2| value * (1u32 << log2) as f32);
        rotation(1f64, -5.0, |value, log2| value * f64::from(1u32 << log2));
    }),
];

fn bits(b: u8) -> Bits {
    Bits::new(b).expect("1 to 128")
}

fn packing() {
    for b in 1..=128 {
        match b {
            1..=32 => pack_and_unpack::<u32>(b),
            33..=64 => pack_and_unpack::<u64>(b),
            _ => pack_and_unpack::<u128>(b),
        }
    }
}

fn pack_and_unpack<L: Lane>(b: u8) {
    // A multiple of 8 elements fills its bytes: whether fill bits are zero is public and checked by a branch.
    let mut values = [L::from_u128(0x0123_4567_89ab_cdef_1122_3344_5566_7788); 40];
    hide(&mut values);
    let mut packed = vec![0u8; packed_len(bits(b), 40) as usize];
    pack(bits(b), &values, &mut packed).expect("exact length");
    let mut back = [L::default(); 40];
    unpack(bits(b), &packed, &mut back).expect("exact length");
    let mut expected = values.map(|value| value.reduce(bits(b)));
    reveal(&mut expected);
    reveal(&mut back);
    assert_eq!(back, expected);
}

fn centering() {
    let words = secret([u64::MAX, 1 << 63, (1 << 63) + 1, 0, 5]);
    let mut centered = words.map(|word| center(word, bits(64)));
    reveal(&mut centered);
    assert_eq!(centered, [-1, 1 << 63, -(1 << 63) + 1, 0, 5]);
    let mut narrow = words.map(|word| center(word, bits(40)));
    reveal(&mut narrow);
    assert_eq!(narrow, [-1, 0, 1, 0, 5]);
}

fn element(value: u64) -> Element {
    let [value] = secret([value]);
    Element::from_canonical(value).expect("canonical")
}

fn field() {
    for (a, b) in [(1, MODULUS - 1), (0, 3), (MODULUS - 1, MODULUS - 1), (1 << 60, 0x1234_5678_9abc_def)] {
        let [sum, difference] = {
            let (a, b) = (element(a), element(b));
            revealed([a.add(&b).to_canonical(), a.sub(&b).to_canonical()])
        };
        assert_eq!(sum, (a + b) % MODULUS);
        assert_eq!(difference, (a + MODULUS - b) % MODULUS);
        let [product] = revealed([element(a).mul(&element(b)).to_canonical()]);
        assert_eq!(u128::from(product), u128::from(a) * u128::from(b) % u128::from(MODULUS));
        let [one] = revealed([element(b).mul(&element(b).inverse()).to_canonical()]);
        assert_eq!(one, 1);
    }
}

fn decode_element() {
    let bytes = secret(0x1122_3344_5566_7788u64.to_le_bytes());
    let [back] = revealed([Element::from_le_bytes(&bytes).expect("canonical").to_canonical()]);
    assert_eq!(back, 0x1122_3344_5566_7788);
}

fn draw_element() {
    let mut generator = SecretGenerator::new(1);
    let element = Element::random(&mut generator).expect("a generator that does not fail");
    assert!(revealed([element.to_canonical()])[0] < MODULUS);
}

fn fixed(b: u8, fraction: i8) {
    let format = FixedPoint::new(bits(b), fraction, 5).expect("a sensible format");
    // Vectorised loops and what is left over at their ends.
    for length in 1..20 {
        match b {
            1..=32 => fixed_in::<u32>(&format, length),
            33..=64 => fixed_in::<u64>(&format, length),
            _ => fixed_in::<u128>(&format, length),
        }
    }
}

/// Values that both precisions hold, but for the last three.
const VALUES: [f64; 10] = [0.5, -0.25, 3.0, -0.0, 100.125, 1e-40, -0.75, 1e-300, -7.3, 11.1];

fn fixed_in<L: Lane>(format: &FixedPoint, length: usize) {
    let values: Vec<f64> = VALUES.into_iter().cycle().take(length).collect();
    let mut doubles = vec![L::default(); length];
    let mut hidden = values.clone();
    hide(&mut hidden);
    format.encode_f64(&hidden, &mut doubles).expect("in range");
    let mut singles = vec![L::default(); length];
    let mut hidden: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    hide(&mut hidden);
    format.encode_f32(&hidden, &mut singles).expect("in range");
    reveal(&mut doubles);
    reveal(&mut singles);
    let scale = 2f64.powi(format.fraction().into());
    for ((double, single), value) in doubles.iter().zip(&singles).zip(values) {
        assert_eq!(center(*double, format.bits()) as f64, (value * scale).round_ties_even());
        assert_eq!(center(*single, format.bits()) as f64, (f64::from(value as f32) * scale).round_ties_even());
    }
}

fn fixed_integers() {
    let format = FixedPoint::new(bits(40), 3, 5).expect("a sensible format");
    for length in 1..10 {
        let values: Vec<i32> = [-5, 7, 0, i32::MAX].into_iter().cycle().take(length).collect();
        let mut narrow = vec![0u64; length];
        let mut hidden = values.clone();
        hide(&mut hidden);
        format.encode_i32(&hidden, &mut narrow).expect("in range");
        let mut wide = vec![0u64; length];
        let mut hidden: Vec<i64> = values.iter().map(|value| i64::from(*value)).collect();
        hide(&mut hidden);
        format.encode_i64(&hidden, &mut wide).expect("in range");
        reveal(&mut narrow);
        reveal(&mut wide);
        assert_eq!(wide, narrow);
        assert!(wide.iter().zip(values).all(|(residue, value)| center(*residue, bits(40)) == 8 * i128::from(value)));
    }
}

/// Every length up to two passes; the signs are public.
fn rotation<T: Number>(first: T, last: T, multiply: fn(T, u32) -> T) {
    let signs = Signs::new(Suite::ChaCha20, &[3; 32]);
    for log2 in 1..=16 {
        let mut values = vec![T::default(); 1 << log2];
        (values[0], values[(1 << log2) - 1]) = (first, last);
        let expected: Vec<T> = values.iter().map(|value| multiply(*value, log2)).collect();
        hide(&mut values);
        rotate(&signs, 40, &mut values).expect("a power of two");
        unrotate(&signs, 40, &mut values).expect("a power of two");
        reveal(&mut values);
        assert_eq!(values, expected);
    }
}
