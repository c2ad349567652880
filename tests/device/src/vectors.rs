//! The vectors of tests/vectors as constants (build.rs); tests/README.md says what their fields are.

use cloakwork_core::privacy::mechanism::MechanismConfig;

pub(crate) struct Private {
    pub(crate) name: &'static str,
    pub(crate) mechanism: MechanismConfig,
    pub(crate) bits: u8,
    pub(crate) suite: u8,
    pub(crate) rotation: [u8; 32],
    pub(crate) tape: &'static [u8],
    pub(crate) parts: &'static [&'static [f64]],
    pub(crate) residues: &'static [u64],
    pub(crate) values: &'static [u64],
}

pub(crate) struct Refused {
    pub(crate) name: &'static str,
    pub(crate) mechanism: MechanismConfig,
    pub(crate) bits: u8,
    pub(crate) values: &'static [f64],
    pub(crate) error: i32,
}

pub(crate) struct Samples {
    pub(crate) suite: u8,
    pub(crate) key: &'static [u8],
    pub(crate) sigma: f64,
    pub(crate) samples: &'static [i32],
}

pub(crate) struct Exact {
    pub(crate) sampler: &'static str,
    pub(crate) numerator: u64,
    pub(crate) denominator: u64,
    pub(crate) key: [u8; 32],
    pub(crate) used: u64,
    pub(crate) samples: &'static [i64],
}

pub(crate) struct Transform {
    pub(crate) function: Function,
    pub(crate) orthonormal: bool,
    pub(crate) suite: u8,
    pub(crate) seed: [u8; 32],
    pub(crate) first: u64,
    pub(crate) data: Data,
}

pub(crate) enum Function {
    Transform,
    Rotate,
    Unrotate,
}

/// Input and output.
pub(crate) enum Data {
    F32(&'static [f32], &'static [f32]),
    F64(&'static [f64], &'static [f64]),
    I32(&'static [i32], &'static [i32]),
    I64(&'static [i64], &'static [i64]),
}

include!(concat!(env!("OUT_DIR"), "/vectors.rs"));
