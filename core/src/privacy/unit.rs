//! What the epsilon of a statement is about.

/// Whose data two neighbouring data sets differ in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unit {
    /// One record. A record moves the vector of its part, before the mechanism's own clip, by at most `clip` in the L2 norm: the host clips what each
    /// record adds, such as a gradient, and its sums are exact or `clip` covers their rounding.
    Record {
        /// Largest L2 norm of what one record adds, in the units of the data.
        clip: f64,
    },
    /// One part of a contribution. Parts are fixed in advance and do not depend on the data, and whose data are in which part is not protected.
    Part,
    /// All that a client holds.
    Client,
}

/// How two neighbouring data sets differ in a unit. The set of participants is public in secure aggregation, so nobody is ever added or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbours {
    /// The unit's contribution is there or is zero.
    ZeroOut,
    /// The unit's contribution is any other one: twice the sensitivity.
    ReplaceOne,
}

impl Neighbours {
    pub(super) const fn factor(self) -> f64 {
        match self {
            Self::ZeroOut => 1.0,
            Self::ReplaceOne => 2.0,
        }
    }
}
