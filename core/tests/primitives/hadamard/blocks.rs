//! Blocks: their shapes, and rotations of all of them.

use super::{SEED, SUITES, bits, vector};
use cloakwork_core::ErrorKind;
use cloakwork_core::hadamard::{Blocks, MAX_LOG2, Signs, rotate, rotate_orthonormal, unrotate, unrotate_orthonormal};
use cloakwork_core::prg::Suite;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

#[test]
fn blocks_cover_the_vector() {
    let shape = |blocks: Blocks| (blocks.count(), blocks.log2(), blocks.padded());
    assert_eq!(shape(Blocks::whole(1).unwrap()), (1, 0, 1));
    assert_eq!(shape(Blocks::whole(1000).unwrap()), (1, 10, 1024));
    assert_eq!(shape(Blocks::whole(1024).unwrap()), (1, 10, 1024));
    assert_eq!(shape(Blocks::whole(1 << 28).unwrap()), (1, MAX_LOG2, 1 << 28));
    assert_eq!(shape(Blocks::of(1000, 8).unwrap()), (4, 8, 1024));
    assert_eq!(shape(Blocks::of(1025, 8).unwrap()), (5, 8, 1280));
    assert_eq!(shape(Blocks::of(7, 28).unwrap()), (1, 28, 1 << 28));
    assert_eq!(shape(Blocks::of(1 << 41, 28).unwrap()), (1 << 13, 28, 1 << 41));
    assert_eq!(shape(Blocks::tight(40_000).unwrap()), (1, 16, 65_536));
    assert_eq!(shape(Blocks::tight(65_537).unwrap()), (1, 17, 131_072));
    assert_eq!(shape(Blocks::tight(1_000_000).unwrap()), (1, 20, 1 << 20));
    assert_eq!(shape(Blocks::tight((1 << 20) + 1).unwrap()), (17, 16, 17 << 16));
    assert_eq!(shape(Blocks::tight(1_500_000).unwrap()), (23, 16, 23 << 16));
    assert_eq!(shape(Blocks::tight(1_570_000).unwrap()), (3, 19, 3 << 19));
    assert_eq!(shape(Blocks::tight(3 << 29).unwrap()), (6, 28, 3 << 29));
    assert_eq!(Blocks::of(1000, 8).unwrap().size(), 256);

    for refused in [Blocks::whole(0), Blocks::of(0, 8), Blocks::tight(0), Blocks::whole((1 << 28) + 1)] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidLength);
    }
    for refused in [Blocks::of((1 << 41) + 1, 8), Blocks::tight((1 << 41) + 1)] {
        let error = refused.unwrap_err();
        assert_eq!((error.kind(), error.bound()), (ErrorKind::InvalidLength, Some(1 << 41)));
    }
    let error = Blocks::of(1, 29).unwrap_err();
    assert_eq!((error.kind(), error.bound()), (ErrorKind::InvalidArgument, Some(28)));
}

#[test]
fn blocks_of_another_length_are_refused() {
    let signs = Signs::new(Suite::ChaCha20, &SEED);
    for length in [0, 256, 1023, 1025, 2048] {
        let mut data = vec![1.0f32; length];
        let error = Blocks::of(1000, 8).unwrap().rotate(&signs, &mut data).unwrap_err();
        assert_eq!((error.kind(), error.bound()), (ErrorKind::InvalidLength, Some(1024)));
        assert!(data.iter().all(|value| *value == 1.0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1893), ..ProptestConfig::default() })]

    #[test]
    fn blocks_are_rotated_one_by_one(suite in 0usize..2, length in 1u64..5000, log2 in 0u32..14, words: u64) {
        let signs = Signs::new(SUITES[suite], &SEED);
        let blocks = Blocks::of(length, log2).unwrap();
        let input = vector::<f32>(words, blocks.padded() as usize);
        let check = |whole: &dyn Fn(&mut [f32]), one: &dyn Fn(u64, &mut [f32])| {
            let (mut data, mut expected) = (input.clone(), input.clone());
            whole(&mut data);
            for (number, block) in (0u64..).zip(expected.chunks_exact_mut(blocks.size())) {
                one(number << log2, block);
            }
            assert_eq!(bits(&data), bits(&expected));
        };
        check(&|data| blocks.rotate(&signs, data).unwrap(), &|first, block| rotate(&signs, first, block).unwrap());
        check(&|data| blocks.unrotate(&signs, data).unwrap(), &|first, block| unrotate(&signs, first, block).unwrap());
        check(
            &|data| blocks.rotate_orthonormal(&signs, data).unwrap(),
            &|first, block| rotate_orthonormal(&signs, first, block).unwrap(),
        );
        check(
            &|data| blocks.unrotate_orthonormal(&signs, data).unwrap(),
            &|first, block| unrotate_orthonormal(&signs, first, block).unwrap(),
        );
    }

    #[test]
    fn tight_blocks_waste_little(length in 1u64..1 << 32) {
        let blocks = Blocks::tight(length).unwrap();
        prop_assert!(blocks.padded() >= length);
        if length > 1 << 16 {
            prop_assert!(blocks.padded() < length + (1 << 16) && blocks.log2() >= 16);
            // No larger blocks need as few elements.
            if blocks.log2() < MAX_LOG2 {
                prop_assert!(Blocks::of(length, blocks.log2() + 1).unwrap().padded() > blocks.padded());
            }
        } else {
            prop_assert_eq!(blocks, Blocks::whole(length).unwrap());
        }
    }
}
