//! Discrete Gaussian noise from a secret key.

use crate::Case;
use crate::secret::{reveal, secret};
use cloakwork_core::gaussian::Sigma;
use cloakwork_core::gaussian::isochronous::Sampler;
use cloakwork_core::prg::{StreamKey, Suite};

/// The cases of this file.
pub const CASES: &[Case] = &[
    ("gaussian: narrow noise, ChaCha20", || noise(3.7, Suite::ChaCha20)),
    ("gaussian: narrow noise, AES-128", || noise(0.5, Suite::Aes128Ctr)),
    ("gaussian: wide noise, ChaCha20", || noise(41_433.0, Suite::ChaCha20)),
    ("gaussian: wide noise, AES-128", || noise(10.0, Suite::Aes128Ctr)),
];

fn noise(sigma: f64, suite: Suite) {
    let sampler = Sampler::new(Sigma::new(sigma).expect("in range"));
    let key = StreamKey::from_bytes(secret([13; 32]));
    let mut samples = vec![0i32; 1_000];
    sampler.fill(suite, &key, &mut samples).expect("enough proposals");
    let mut values = vec![1i64; 1_000];
    sampler.add(suite, &key, &mut values).expect("enough proposals");
    reveal(&mut samples);
    reveal(&mut values);
    assert!(samples.iter().zip(&values).all(|(sample, value)| i64::from(*sample) + 1 == *value));
}
