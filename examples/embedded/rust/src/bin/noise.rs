//! A device that makes a private vector: it clips 1,024 values, rotates them in integers, rounds them and adds discrete Gaussian noise, and shows the residues,
//! which are byte for byte those of a host with the same random bytes. In a run they would go under masks: see `Client::mask_chunk`.
#![no_std]
#![no_main]

#[path = "../board.rs"]
mod board;
#[path = "../clock.rs"]
mod clock;
#[path = "../line.rs"]
#[allow(dead_code, reason = "the frames of the other program")]
mod line;
#[path = "../panic.rs"]
mod panic;
#[path = "noise/provision.rs"]
mod provision;
#[path = "../vectors.rs"]
mod vectors;

use cloakwork_core::prg::Suite;
use cloakwork_core::privacy::mechanism::Mechanism;
use cloakwork_core::privacy::pipeline::{Contribution, Pipeline};
use cloakwork_core::ring::{Bits, Lane};
use cloakwork_core::{ErrorKind, Result};

use crate::board::{Generator, stack_used};
use crate::line::Told;
use crate::provision::PROVISION;

const DIMENSION: usize = 1024;

/// A private vector of 32-bit residues.
const RESIDUES: u8 = 7;

#[cortex_m_rt::entry]
fn main() -> ! {
    board::mask_interrupts();
    board::start();
    clock::take();
    let mut residues = [0; DIMENSION];
    let made = make(&mut residues);
    let numbers = [0, stack_used(), 0, clock::take(), 0].map(u32::to_le_bytes);
    line::give(line::MEASURED, &[numbers.as_flattened()]);
    let went_on = line::go().is_ok();
    let (what, code) = match made {
        Ok(()) => (Told::Closed, 0),
        Err(error) => (Told::Stopped, error.kind().code() as u16),
    };
    if made.is_ok() && went_on {
        let mut bytes = [[0; 4]; DIMENSION];
        for (bytes, residue) in bytes.iter_mut().zip(residues) {
            *bytes = residue.to_le_bytes();
        }
        line::give(RESIDUES, &[bytes.as_flattened()]);
        let _ = line::go();
    }
    line::give(line::TOLD, &[&[what as u8, 0], &code.to_le_bytes(), &[0; 12]]);
    loop {
        board::sleep();
    }
}

fn make(out: &mut [u32; DIMENSION]) -> Result<()> {
    if !PROVISION.is_written() {
        return Err(ErrorKind::InvalidArgument.into());
    }
    let mechanism = Mechanism::new(PROVISION.mechanism())?;
    let bits = Bits::new(PROVISION.bits)?;
    let pipeline = Pipeline::new(mechanism, bits, Suite::new(PROVISION.suite)?)?;
    let (mut residues, mut work) = ([0; DIMENSION], [0; DIMENSION]);
    let mut contribution = Contribution::new(pipeline, &PROVISION.rotation, &mut residues)?;
    contribution.add_part(&mut Generator, PROVISION.values(), &mut work)?;
    for (out, residue) in out.iter_mut().zip(contribution.residues()?) {
        *out = residue.reduce(bits);
    }
    Ok(())
}
