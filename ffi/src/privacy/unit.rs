//! What the epsilon of a statement is about.

use cloakwork_core::privacy::unit::{Neighbours, Unit};

use crate::status::{Checked, cloak_status};

/// `cloak_privacy_unit.unit`: one record, which moves the vector of its part, before the mechanism's own clip, by at most `clip` in the L2 norm.
pub const CLOAK_UNIT_RECORD: i32 = 1;
/// `cloak_privacy_unit.unit`: one part of a contribution. Parts are fixed in advance and do not depend on the data, and whose data are in which part is
/// not protected.
pub const CLOAK_UNIT_PART: i32 = 2;
/// `cloak_privacy_unit.unit`: all that a client holds.
pub const CLOAK_UNIT_CLIENT: i32 = 3;
/// `cloak_privacy_unit.neighbours`: the unit's contribution is there or is zero.
pub const CLOAK_NEIGHBOURS_ZERO_OUT: i32 = 1;
/// `cloak_privacy_unit.neighbours`: the unit's contribution is any other one, which is twice the sensitivity.
pub const CLOAK_NEIGHBOURS_REPLACE_ONE: i32 = 2;

/// What the epsilon of a statement is about: in whose data two neighbouring data sets differ, and how. The participants of secure aggregation are
/// public, so nobody is ever added or removed.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_privacy_unit {
    /// `CLOAK_UNIT_RECORD`, `CLOAK_UNIT_PART` or `CLOAK_UNIT_CLIENT`.
    pub unit: i32,
    /// `CLOAK_NEIGHBOURS_ZERO_OUT` or `CLOAK_NEIGHBOURS_REPLACE_ONE`.
    pub neighbours: i32,
    /// For records the largest L2 norm of what one adds, in the units of the data; the host clips it. Zero for the other units.
    pub clip: f64,
}

impl cloak_privacy_unit {
    /// The unit and the neighbours as core knows them.
    pub(crate) fn to_core(self) -> Checked<(Unit, Neighbours)> {
        let unit = match (self.unit, self.clip) {
            (CLOAK_UNIT_RECORD, clip) => Unit::Record { clip },
            (CLOAK_UNIT_PART, 0.0) => Unit::Part,
            (CLOAK_UNIT_CLIENT, 0.0) => Unit::Client,
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        };
        let neighbours = match self.neighbours {
            CLOAK_NEIGHBOURS_ZERO_OUT => Neighbours::ZeroOut,
            CLOAK_NEIGHBOURS_REPLACE_ONE => Neighbours::ReplaceOne,
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        };
        Ok((unit, neighbours))
    }
}
