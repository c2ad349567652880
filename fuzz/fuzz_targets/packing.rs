//! Packed residues: what is unpacked packs to the same bytes, and adding is unpacking and adding.
#![no_main]

use cloakwork_core::ring::{Bits, Lane, add_packed, pack, packed_len, unpack};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (bits, length, packed) = input;
    let Ok(bits) = Bits::new(bits) else { return };
    match bits.get() {
        1..=32 => check::<u32>(bits, length.into(), packed),
        33..=64 => check::<u64>(bits, length.into(), packed),
        _ => check::<u128>(bits, length.into(), packed),
    }
});

fn check<L: Lane>(bits: Bits, length: usize, packed: &[u8]) {
    let mut values = vec![L::default(); length];
    let start = L::from_i64(-2);
    let mut sums = vec![start; length];
    let unpacked = unpack(bits, packed, &mut values);
    assert_eq!(unpacked.is_ok(), add_packed(bits, packed, &mut sums).is_ok());
    if unpacked.is_err() {
        assert!(sums.iter().all(|sum| *sum == start), "a refusal changes nothing");
        return;
    }
    assert_eq!(packed.len() as u64, packed_len(bits, length as u64));
    let mut again = vec![0; packed.len()];
    pack(bits, &values, &mut again).expect("exact length");
    assert_eq!(again, packed);
    for (sum, value) in sums.iter().zip(&values) {
        assert_eq!(*sum, start.wrapping_add(*value));
        assert_eq!(value.reduce(bits), *value);
    }
}
