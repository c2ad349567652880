//! Packing and centring as properties; the definitions, bit by bit and for small widths, are tested beside the code.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "tests")]

use cloakwork_core::ring::{Bits, Lane, add_packed, center, lane_bytes, pack, packed_len, unpack};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Packs, unpacks, adds; and cuts at any multiple of eight elements, where a piece begins at a whole byte.
fn check<L: Lane>(bits: Bits, values: &[u128], start: &[u128], cut: usize) {
    let lanes: Vec<L> = values.iter().map(|value| L::from_u128(*value)).collect();
    let mut packed = vec![0xa5; packed_len(bits, lanes.len() as u64) as usize];
    pack(bits, &lanes, &mut packed).unwrap();

    let mut unpacked = vec![L::default(); lanes.len()];
    unpack(bits, &packed, &mut unpacked).unwrap();
    for (unpacked, value) in unpacked.iter().zip(values) {
        assert_eq!(unpacked.to_u128(), value & bits.max_residue());
    }
    let mut again = vec![0x5a; packed.len()];
    pack(bits, &unpacked, &mut again).unwrap();
    assert_eq!(again, packed);

    let start: Vec<L> = start.iter().cycle().take(lanes.len()).map(|value| L::from_u128(*value)).collect();
    let mut sums = start.clone();
    add_packed(bits, &packed, &mut sums).unwrap();
    for i in 0..sums.len() {
        assert_eq!(sums[i], start[i].wrapping_add(unpacked[i]));
    }

    let cut = (cut & !7).min(lanes.len() & !7);
    let (left, right) = packed.split_at(packed_len(bits, cut as u64) as usize);
    let mut pieces = start;
    let (low, high) = pieces.split_at_mut(cut);
    add_packed(bits, left, low).unwrap();
    add_packed(bits, right, high).unwrap();
    assert_eq!(pieces, sums);
    let mut parts = vec![0; left.len()];
    pack(bits, &lanes[..cut], &mut parts).unwrap();
    assert_eq!(parts, left);
}

/// Published values for the range (-m/2, m/2] with m = 16; whole numbers wrap in the lane first.
#[test]
fn residues_are_centred_with_the_upper_end() {
    let bits = Bits::new(4).unwrap();
    for (number, centred) in [(0i32, 0), (7, 7), (8, 8), (9, -7), (15, -1), (17, 1), (-9, 7)] {
        assert_eq!(center(number.cast_unsigned(), bits), centred);
        assert_eq!(center(i64::from(number).cast_unsigned(), bits), centred);
        assert_eq!(center(i128::from(number).cast_unsigned(), bits), centred);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(5), ..ProptestConfig::default() })]

    #[test]
    fn packing_keeps_residues(
        b in 1u8..=128, values in prop::collection::vec(any::<u128>(), 0..100), start in prop::collection::vec(any::<u128>(), 1..9), cut in 0usize..100,
    ) {
        let bits = Bits::new(b).unwrap();
        match lane_bytes(bits) {
            4 => check::<u32>(bits, &values, &start, cut),
            8 => check::<u64>(bits, &values, &start, cut),
            _ => check::<u128>(bits, &values, &start, cut),
        }
    }

    #[test]
    fn centring_undoes_reduction(b in 2u8..=128, value: i128) {
        let bits = Bits::new(b).unwrap();
        // Any integer of b bits but the smallest, which has no counterpart.
        let value = (value >> (128 - b)).max(-(i128::MAX >> (128 - b)));
        let residue = value.cast_unsigned();
        let centered = match lane_bytes(bits) {
            4 => center(u32::from_u128(residue), bits),
            8 => center(u64::from_u128(residue), bits),
            _ => center(residue, bits),
        };
        prop_assert_eq!(centered, value);
    }

    #[test]
    fn sums_in_the_lane_are_sums_of_residues(b in 1u8..=128, terms in prop::collection::vec(any::<u128>(), 1..20)) {
        let bits = Bits::new(b).unwrap();
        fn sum<L: Lane>(bits: Bits, terms: &[u128]) -> u128 {
            let add = |sum: L, term: &u128| sum.wrapping_add(L::from_u128(term & bits.max_residue()));
            terms.iter().fold(L::default(), add).reduce(bits).to_u128()
        }
        let got = match lane_bytes(bits) {
            4 => sum::<u32>(bits, &terms),
            8 => sum::<u64>(bits, &terms),
            _ => sum::<u128>(bits, &terms),
        };
        let exact = terms.iter().fold(0u128, |sum, term| sum.wrapping_add(*term)) & bits.max_residue();
        prop_assert_eq!(got, exact);
    }
}
