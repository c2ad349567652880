//! Noise mechanisms: their parameters, and the vectors that sums under them stand for.

use cloakwork_core::prg::Suite;
use cloakwork_core::privacy::mechanism::{Mechanism, MechanismConfig};
use cloakwork_core::privacy::pipeline::Pipeline;
#[cfg(feature = "std")]
use cloakwork_core::privacy::pipeline::ROTATION_SEED_SIZE;
use cloakwork_core::ring::Bits;
#[cfg(feature = "std")]
use cloakwork_core::secagg::Values;
use cloakwork_core::{Error, ErrorKind};

use crate::boundary::boundary;
use crate::error::{Report, cloak_error};
use crate::pointer::{Out, value};
#[cfg(feature = "std")]
use crate::pointer::{Target, array};
#[cfg(feature = "std")]
use crate::privacy::contribution::zeros;
use crate::status::cloak_status;
#[cfg(feature = "std")]
use crate::values::{self, cloak_values};

/// The distributed discrete Gaussian mechanism of a run (the protocol document, sections 10 to 12): each client clips its vector, rotates and rounds it to integers
/// and adds noise, so that the sum is private against everyone who sees it, the server included.
///
/// `cloak_privacy_plan_choose` finds parameters for a wanted epsilon.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_mechanism {
    /// Values of a vector, before padding: at least 1, and with padding at most 2^28.
    pub dimension: u64,
    /// Largest magnitude of a value, above 0; what is larger is cut. Infinity for none.
    pub clamp: f64,
    /// Largest L2 norm of a part; what is larger is scaled down. 2^-100 to 2^100, and 1 to 2^31 times `granularity`.
    pub clip: f64,
    /// What one unit of the integers stands for: 2^-100 to 2^100.
    pub granularity: f64,
    /// Standard deviation of the noise of a part, in units of `granularity`: 0.5 to 2^17.
    pub noise: f64,
    /// Largest squared norm of a part after rounding, in squared units: (clip / granularity)^2 to (clip / granularity + sqrt(padded length))^2.
    pub norm_bound: u64,
    /// Parts of a contribution, each clipped and noised on its own: 1 to 65536.
    pub parts: u32,
    /// Honest clients that every opened sum has at least; each brings the noise of all its parts. At least 1.
    pub honest: u32,
    /// Binary logarithm of the length of a rotated block, 0 to 28; the vector is padded to a multiple of that length.
    pub block_log2: u8,
    /// Zeros.
    pub reserved: [u8; 7],
}

/// Numbers that follow from a mechanism.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_mechanism_info {
    /// Values with padding: the length of the run's segment, and of a contribution.
    pub padded: u64,
    /// Values of a rotated block.
    pub block: u64,
    /// Number of rotated blocks.
    pub blocks: u64,
    /// Most bits that a residue may have.
    pub max_bits: u8,
    /// Zeros.
    pub reserved: [u8; 7],
}

/// Checks the parameters of a mechanism and gives what follows from them.
///
/// @param mechanism  the parameters
/// @param out        the numbers
/// @param error      NULL, or where to report which bound was missed: for a norm bound the smallest that may be
/// @return `CLOAK_ERR_INVALID_MECHANISM` for a parameter outside its range
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mechanism_check(
    mechanism: *const cloak_mechanism,
    out: *mut cloak_mechanism_info,
    error: *mut cloak_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let mechanism = unsafe { value(mechanism) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let report = unsafe { Report::new(error) }?;
        let mechanism = report.on(mechanism.to_core())?;
        out.write(cloak_mechanism_info {
            padded: mechanism.padded(),
            block: mechanism.block(),
            blocks: mechanism.blocks(),
            max_bits: mechanism.max_bits(),
            reserved: [0; 7],
        });
        Ok(())
    })
}

/// cbindgen:ptrs-as-arrays=[[rotation; 32]]
/// The vector that a sum of residues stands for: the sum of the contributions, with their noise.
///
/// Hosts only.
///
/// @param mechanism  the mechanism of the run
/// @param bits       bits of a residue
/// @param suite      suite of the run
/// @param rotation   rotation seed of the round, 32 bytes: `cloak_opening_rotation_seed`
/// @param residues   the sum: as many residues as the padded length, `CLOAK_U32` for up to 32 bits and `CLOAK_U64` for more
/// @param out        the vector; unspecified when the call fails
/// @param length     elements of `out`: the dimension
/// @param error      NULL, or where to report which bound was missed
/// @return `CLOAK_ERR_INVALID_MECHANISM`; `CLOAK_ERR_INVALID_WIDTH` for more bits than the mechanism may have, or another lane type;
///         `CLOAK_ERR_UNSUPPORTED` for the suite; `CLOAK_ERR_INVALID_LENGTH`; `CLOAK_ERR_INVALID_ARGUMENT` for another type;
///         `CLOAK_ERR_OUT_OF_MEMORY`
#[cfg(feature = "std")]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mechanism_decode(
    mechanism: *const cloak_mechanism,
    bits: u8,
    suite: u8,
    rotation: *const u8,
    residues: *const cloak_values,
    out: *mut f64,
    length: usize,
    error: *mut cloak_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let mechanism = unsafe { value(mechanism) }?;
        // SAFETY: header, "Pointers".
        let rotation = unsafe { array::<ROTATION_SEED_SIZE>(rotation) }?;
        // SAFETY: header, "Pointers".
        let residues = unsafe { value(residues) }?;
        // SAFETY: header, "Pointers".
        let residues = unsafe { residues.get() }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Target::new(out, length) }?.apart_from(&values::extent(&residues))?.borrow();
        // SAFETY: header, "Pointers".
        let report = unsafe { Report::new(error) }?;
        let pipeline = report.on(mechanism.pipeline(bits, suite))?;
        let mut work = zeros(pipeline.mechanism().block())?;
        report.on(match residues {
            Values::U32(residues) => pipeline.decode(&rotation, residues, &mut work, out),
            Values::U64(residues) => pipeline.decode(&rotation, residues, &mut work, out),
            _ => Err(ErrorKind::InvalidArgument.into()),
        })
    })
}

impl cloak_mechanism {
    /// The mechanism as core knows it.
    pub(crate) fn to_core(self) -> Result<Mechanism, Error> {
        if self.reserved != [0; 7] {
            return Err(ErrorKind::InvalidMechanism.into());
        }
        Mechanism::new(MechanismConfig {
            dimension: self.dimension,
            block_log2: self.block_log2,
            clamp: self.clamp,
            clip: self.clip,
            granularity: self.granularity,
            noise: self.noise,
            norm_bound: self.norm_bound,
            parts: self.parts,
            honest: self.honest,
        })
    }

    /// The mechanism ready for vectors of a ring and a suite.
    pub(crate) fn pipeline(self, bits: u8, suite: u8) -> Result<Pipeline, Error> {
        Pipeline::new(self.to_core()?, Bits::new(bits)?, Suite::new(suite)?)
    }
}

#[cfg(feature = "std")]
impl From<&Mechanism> for cloak_mechanism {
    fn from(mechanism: &Mechanism) -> Self {
        let config = mechanism.config();
        Self {
            dimension: config.dimension,
            clamp: config.clamp,
            clip: config.clip,
            granularity: config.granularity,
            noise: config.noise,
            norm_bound: config.norm_bound,
            parts: config.parts,
            honest: config.honest,
            block_log2: config.block_log2,
            reserved: [0; 7],
        }
    }
}
