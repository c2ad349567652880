//! The kernels that handle secrets, kept whole so that their machine code can be looked at (tools/disassembly.py). It is not meant to be run: what it
//! computes is of no use, and only keeps the linker from leaving it out.

#![cfg_attr(target_os = "none", no_std, no_main)]

mod kernels;
mod planted;

use core::hint::black_box;

use cloakwork_core::gaussian::Sigma;
use cloakwork_core::gaussian::isochronous::Sampler;
use cloakwork_core::hadamard::Signs;
use cloakwork_core::prg::{StreamKey, Suite};
use cloakwork_core::privacy::mechanism::{Mechanism, MechanismConfig};
use cloakwork_core::privacy::pipeline::{Contribution, Pipeline};
use cloakwork_core::ring::Bits;

/// Calls everything with values that the compiler does not know.
fn call() -> Option<()> {
    let suite = Suite::new(black_box(2)).ok()?;
    let key = StreamKey::from_bytes(black_box([1; 32]));
    let length = black_box(64);
    let mut noise = [0i32; 64];
    let sampler = Sampler::new(Sigma::new(black_box(20.0)).ok()?);
    kernels::kernel_noise(&sampler, suite, &key, noise.get_mut(..length)?).ok()?;

    let (mut data, mut narrow, mut wide) = ([1i64; 64], [1u32; 64], [1u64; 64]);
    kernels::kernel_rotation(&Signs::new(suite, &black_box([2; 32])), data.get_mut(..length)?).ok()?;
    kernels::kernel_mask(suite, &key, narrow.get_mut(..length)?).ok()?;
    kernels::kernel_wide_mask(suite, &key, wide.get_mut(..length)?).ok()?;

    let mechanism = Mechanism::new(black_box(MechanismConfig {
        dimension: 64,
        block_log2: 6,
        clamp: 1.0,
        clip: 1.0,
        granularity: 0.01,
        noise: 4.5,
        norm_bound: 11_000,
        parts: 1,
        honest: 1,
    }))
    .ok()?;
    let pipeline = Pipeline::new(mechanism, Bits::new(black_box(20)).ok()?, suite).ok()?;
    let mut contribution = Contribution::new(pipeline, &[3; 32], narrow.get_mut(..length)?).ok()?;
    let mut seed = kernels::Given(black_box(*b"thirty-two bytes, not all equal."));
    let values = black_box([0.1; 64]);
    kernels::kernel_part(&mut contribution, &mut seed, values.get(..length)?, data.get_mut(..length)?).ok()?;

    planted::planted_branch(black_box(&[1; 8]), black_box(&mut [0; 8]));
    planted::planted_lookup(black_box(&[1; 8]), black_box(&mut [0; 8]));
    planted::planted_division(black_box(&[1; 8]), black_box(&mut [0; 8]), black_box(3));
    black_box((noise, data, wide));
    Some(())
}

#[cfg(target_os = "none")]
mod firmware {
    use core::panic::PanicInfo;

    use cortex_m as _;

    #[cortex_m_rt::entry]
    fn main() -> ! {
        let _ = super::call();
        loop {}
    }

    #[panic_handler]
    fn panicked(_: &PanicInfo<'_>) -> ! {
        loop {}
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    assert!(call().is_some());
}
