//! The loops over vectors.

use crate::count;
use cloakwork_core::fixed::FixedPoint;
use cloakwork_core::gaussian::{Sigma, isochronous::Sampler};
use cloakwork_core::hadamard::{Signs, rotate, unrotate};
use cloakwork_core::mask::{Seed, StreamLabel, add_masks};
use cloakwork_core::prg::{Sign, StreamKey, Suite, add_stream};
use cloakwork_core::ring::{Bits, add_packed, pack, packed_len, unpack};

/// Elements of a vector: 64 KiB of u32.
const LENGTH: usize = 1 << 14;

/// Counts the cases of this file.
pub fn count_all() {
    let bits = Bits::new(20).expect("20 bits");
    let mut accumulator = vec![0u32; LENGTH];
    for (name, suite) in
        [("mask add, ChaCha20, u32", Suite::ChaCha20), ("mask add, AES-128-CTR, u32", Suite::Aes128Ctr)]
    {
        let key = StreamKey::from_bytes([7; 32]);
        count(name, || add_stream(suite, &key, Sign::Plus, 0, &mut accumulator)).expect("short stream");
        let label = StreamLabel { suite, index: 0, label: "values", bits, length: LENGTH as u64 };
        let keys: Vec<StreamKey> = (0..10).map(|n| Seed::from_bytes([n; 32]).stream_key(&label)).collect();
        count(&format!("{name}, 10 masks"), || {
            add_masks(suite, keys.iter().map(|key| (Sign::Minus, key)), 0, &mut accumulator)
        })
        .expect("short stream");
    }

    let mut packed = vec![0u8; packed_len(bits, LENGTH as u64) as usize];
    count("pack, 20 bits", || pack(bits, &accumulator, &mut packed)).expect("exact length");
    count("unpack, 20 bits", || unpack(bits, &packed, &mut accumulator)).expect("exact length");
    count("add packed, 20 bits", || add_packed(bits, &packed, &mut accumulator)).expect("exact length");

    let format = FixedPoint::new(bits, 8, 10).expect("a sensible format");
    let values: Vec<f64> = (0..LENGTH).map(|n| (n % 601) as f64 / 16.0 - 18.7).collect();
    count("encode f64, 20 bits", || format.encode_f64(&values, &mut accumulator)).expect("in range");
    let mut sums = vec![0f64; LENGTH];
    count("decode f64, 20 bits", || format.decode_f64(&accumulator, &mut sums)).expect("exact length");
    std::hint::black_box(sums);

    let mut noise = vec![0i32; LENGTH];
    for (name, sigma) in [("noise, sigma 3.7", 3.7), ("noise, sigma 500", 500.0)] {
        let sampler = Sampler::new(Sigma::new(sigma).expect("in range"));
        for (suite, cipher) in [(Suite::ChaCha20, "ChaCha20"), (Suite::Aes128Ctr, "AES-128-CTR")] {
            let key = StreamKey::from_bytes([7; 32]);
            count(&format!("{name}, {cipher}"), || sampler.fill(suite, &key, &mut noise)).expect("enough proposals");
        }
    }
    std::hint::black_box(noise);

    let signs = Signs::new(Suite::ChaCha20, &[7; 32]);
    let mut floats = vec![0f32; 4 * LENGTH];
    count("rotate, 2^16 f32", || rotate(&signs, 0, &mut floats)).expect("a power of two");
    let mut integers = vec![0i64; 4 * LENGTH];
    count("rotate, 2^16 i64", || rotate(&signs, 0, &mut integers)).expect("a power of two");
    count("unrotate, 2^16 i64", || unrotate(&signs, 0, &mut integers)).expect("a power of two");
}
