//! What handles secret values, each as one function that is not inlined: where tools/disassembly.py begins to look.

use core::convert::Infallible;

use cloakwork_core::Result;
use cloakwork_core::gaussian::isochronous::Sampler;
use cloakwork_core::hadamard::{Signs, rotate, unrotate};
use cloakwork_core::prg::{Sign, StreamKey, Suite, add_stream};
use cloakwork_core::privacy::pipeline::Contribution;
use rand_core::{TryCryptoRng, TryRng};

/// Noise of a secret key: both samplers, by sigma.
#[inline(never)]
pub fn kernel_noise(sampler: &Sampler, suite: Suite, key: &StreamKey, out: &mut [i32]) -> Result<()> {
    sampler.fill(suite, key, out)
}

/// A part of secret values: clip decision, rotation, both roundings, norm, selection, noise.
#[inline(never)]
pub fn kernel_part(
    contribution: &mut Contribution<'_, u32>,
    seed: &mut Given,
    values: &[f64],
    work: &mut [i64],
) -> Result<()> {
    contribution.add_part(seed, values, work)
}

/// The rotation of secret values.
#[inline(never)]
pub fn kernel_rotation(signs: &Signs, data: &mut [i64]) -> Result<()> {
    rotate(signs, 0, data)?;
    unrotate(signs, 0, data)
}

/// A mask of a secret key.
#[inline(never)]
pub fn kernel_mask(suite: Suite, key: &StreamKey, accumulator: &mut [u32]) -> Result<()> {
    add_stream(suite, key, Sign::Plus, 0, accumulator)
}

/// The same in the wider lane.
#[inline(never)]
pub fn kernel_wide_mask(suite: Suite, key: &StreamKey, accumulator: &mut [u64]) -> Result<()> {
    add_stream(suite, key, Sign::Minus, 0, accumulator)
}

/// A generator that gives what it was given.
#[derive(Debug)]
pub struct Given(pub [u8; 32]);

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> core::result::Result<u32, Infallible> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> core::result::Result<u64, Infallible> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> core::result::Result<(), Infallible> {
        for (byte, given) in out.iter_mut().zip(self.0) {
            *byte = given;
        }
        Ok(())
    }
}

impl TryCryptoRng for Given {}
