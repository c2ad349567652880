//! What must be found: each of these uses a secret as the analysis forbids.

use core::hint::black_box;

static TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        table[index] = (index as u32).wrapping_mul(0x9e37_79b9);
        index += 1;
    }
    table
};

/// A branch on a loaded value.
#[inline(never)]
pub fn planted_branch(secrets: &[u32], out: &mut [u32]) {
    for (secret, out) in secrets.iter().zip(out) {
        if *secret & 1 == 1 {
            *out = black_box(*secret);
        }
    }
}

/// A table looked up by a loaded value.
#[inline(never)]
pub fn planted_lookup(secrets: &[u8], out: &mut [u32]) {
    for (secret, out) in secrets.iter().zip(out) {
        *out = black_box(TABLE[usize::from(*secret)]);
    }
}

/// A loaded value divided.
#[inline(never)]
pub fn planted_division(secrets: &[u64], out: &mut [u64], by: u64) {
    for (secret, out) in secrets.iter().zip(out) {
        *out = black_box(*secret) / by.max(1);
    }
}
