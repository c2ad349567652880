//! Batcher's merge exchange (D. E. Knuth, The Art of Computer Programming 3, 5.2.2, Algorithm M): a sorting network for any number of places.

use crate::ct::Masks;

/// Calls `comparator` with the layer and the two places of each comparator, of which the first gets the smaller element; layer by layer, t (t + 1) /
/// 2 for t = ceil(log2 `count`).
pub fn for_each_comparator(count: usize, mut comparator: impl FnMut(usize, usize, usize)) {
    if count < 2 {
        return;
    }
    let largest = count.next_power_of_two() >> 1;
    let (mut step, mut layer) = (largest, 0);
    while step > 0 {
        let (mut reach, mut rest, mut distance) = (largest, 0, step);
        loop {
            for low in (0..count - distance).filter(|place| place & step == rest) {
                comparator(layer, low, low + distance);
            }
            layer += 1;
            if reach == step {
                break;
            }
            (distance, rest) = (reach - step, step);
            reach >>= 1;
        }
        step >>= 1;
    }
}

/// Sorts words below 2^63, in time that depends on their number alone.
pub fn sort(words: &mut [u64]) {
    let masks = Masks::new();
    for_each_comparator(words.len(), |_, low, high| {
        if let Ok([low, high]) = words.get_disjoint_mut([low, high]) {
            let above = masks.spread(high.wrapping_sub(*low) >> 63);
            let difference = (*low ^ *high) & above;
            (*low, *high) = (*low ^ difference, *high ^ difference);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn words_are_sorted() {
        for count in 0..if cfg!(miri) { 10 } else { 70u64 } {
            let mut words: Vec<u64> =
                (0..count).map(|place| place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (1 + (place & 31))).collect();
            let mut expected = words.clone();
            expected.sort_unstable();
            sort(&mut words);
            assert_eq!(words, expected);
        }
    }
}
