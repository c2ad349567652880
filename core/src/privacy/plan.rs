//! From what a run wants (clients, bits, epsilon) to the parameters of its mechanism.
//!
//! On a finer grid rounding costs less, in error and in sensitivity, until the ring no longer holds the sum or the sampler, whose noise ends at 2^17
//! units, no longer serves the noise. [`choose`] finds the grid with the least error, and the least noise that keeps the epsilon on it.

mod search;
mod wrap;

pub use search::choose;
pub use wrap::{ExpectedError, Summands, Wrap, expected_error, granularity, wrap};

use crate::privacy::accountant::bounds::BETA;
use crate::privacy::accountant::{Accountant, Loss, Round};
use crate::privacy::mechanism::{MAX_PADDED, MAX_PARTS, Mechanism, MechanismConfig};
use crate::privacy::parameter::{Bound, Parameter, Result, check, check_positive, check_probability, real};
use crate::privacy::unit::{Neighbours, Unit};

/// Largest epsilon that is planned for. It promises nothing any more.
pub const MAX_EPSILON: f64 = 64.0;

/// Most clients of a plan.
pub const MAX_CLIENTS: u32 = 1 << 24;

/// What a run wants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// Number of clients n, 1 to 2^24: all who may contribute to a round.
    pub clients: u32,
    /// Number of honest clients h whose noise every opened sum holds, 1 to n: the smallest surviving set less the colluders, not n.
    pub honest: u32,
    /// Parts m of a contribution, each clipped and noised on its own, 1 to 2^16.
    pub parts: u32,
    /// Values of a vector before padding, 1 to 2^28.
    pub dimension: u64,
    /// Binary logarithm of the length of a rotated block, 0 to 28.
    pub block_log2: u8,
    /// Bits b of a residue, at most 63 - `block_log2`: the server unrotates in 64 bits.
    pub bits: u8,
    /// Epsilon after all rounds, above 0 and at most 64.
    pub epsilon: f64,
    /// Delta after all rounds, between 0 and 1.
    pub delta: f64,
    /// Number of rounds, at least 1.
    pub rounds: u32,
    /// Largest L2 norm of a part, in the units of the data.
    pub clip: f64,
    /// Largest magnitude of a value, in the units of the data; infinity for none.
    pub clamp: f64,
    /// What the epsilon is about.
    pub unit: Unit,
    /// How neighbouring data sets differ.
    pub neighbours: Neighbours,
    /// Bound on the expected number of coordinates that wrap around in a round, above 0. Up to 1 it bounds the probability that any does as well. A
    /// wrapped coordinate is off by 2^b units before the rotation back, which spreads that over its block. 10^-6 costs a quarter of a bit against
    /// 10^-3.
    pub wraps: f64,
}

impl Wanted {
    /// # Errors
    /// The first parameter outside its range.
    fn check(&self) -> Result<()> {
        check_range(Parameter::Clients, u64::from(self.clients), 1, u64::from(MAX_CLIENTS))?;
        check_range(Parameter::Honest, u64::from(self.honest), 1, u64::from(self.clients))?;
        check_range(Parameter::Parts, u64::from(self.parts), 1, u64::from(MAX_PARTS))?;
        check_range(Parameter::BlockLog2, u64::from(self.block_log2), 0, u64::from(MAX_PADDED.ilog2()))?;
        check_range(Parameter::Dimension, self.dimension, 1, MAX_PADDED)?;
        check_range(Parameter::Bits, u64::from(self.bits), 0, 63 - u64::from(self.block_log2))?;
        check_range(Parameter::Rounds, u64::from(self.rounds), 1, u64::from(u32::MAX))?;
        check(Parameter::Epsilon, self.epsilon, Bound::Above(0.0), 1.0)?;
        check(Parameter::Epsilon, self.epsilon, Bound::AtMost(MAX_EPSILON), 1.0)?;
        check_probability(Parameter::Delta, self.delta)?;
        check(Parameter::Clamp, self.clamp, Bound::Above(0.0), f64::INFINITY)?;
        check_positive(Parameter::Wraps, self.wraps)?;
        // Half of the bound for parts that are truncated.
        let truncated = 2.0 * BETA * f64::from(self.clients) * f64::from(self.parts);
        check(Parameter::Wraps, self.wraps, Bound::AtLeast(truncated), truncated.max(1e-3))?;
        let (least, most) = (libm::exp2(-60.0), libm::exp2(60.0));
        check(Parameter::Clip, self.clip, Bound::AtLeast(least), 1.0)?;
        check(Parameter::Clip, self.clip, Bound::AtMost(most), 1.0)?;
        if let Unit::Record { clip } = self.unit {
            check_positive(Parameter::RecordClip, clip)?;
            check(Parameter::RecordClip, clip, Bound::AtMost(self.clip), self.clip)?;
        }
        Ok(())
    }
}

fn check_range(parameter: Parameter, value: u64, least: u64, most: u64) -> Result<()> {
    let value = real(value);
    check(parameter, value, Bound::AtLeast(real(least)), real(least))?;
    check(parameter, value, Bound::AtMost(real(most)), real(most))
}

/// The parameters of a mechanism, and what they promise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// The parameters, checked.
    pub mechanism: Mechanism,
    /// Standard deviation of the noise of a part, in the units of the data: noise times granularity.
    pub sigma: f64,
    /// The epsilon that all rounds reach at the wanted delta, not above the wanted one; the samplers' finite precision and the failures of roundings
    /// are in it.
    pub loss: Loss,
    /// Wrap-around in one round.
    pub wrap: Wrap,
    /// Errors of the sum of one round.
    pub error: ExpectedError,
}

impl Plan {
    /// What given parameters promise for `clients` clients, residues of `bits` bits and `rounds` rounds, at `delta`. The epsilon may be infinite and the ring
    /// too small: that is for the caller to judge.
    ///
    /// # Errors
    /// `Clients` outside 1 to 2^24; `Honest` above the clients; `Bits` outside 1 to [`Mechanism::max_bits`]; `Rounds` of zero; `Delta` outside (0, 1); those of
    /// [`Round::new`].
    pub fn expect(
        mechanism: Mechanism,
        unit: Unit,
        neighbours: Neighbours,
        clients: u32,
        bits: u8,
        delta: f64,
        rounds: u32,
    ) -> Result<Self> {
        check_range(Parameter::Clients, u64::from(clients), 1, u64::from(MAX_CLIENTS))?;
        check_range(Parameter::Honest, u64::from(mechanism.config().honest), 1, u64::from(clients))?;
        check_range(Parameter::Bits, u64::from(bits), 1, u64::from(mechanism.max_bits()))?;
        check_range(Parameter::Rounds, u64::from(rounds), 1, u64::from(u32::MAX))?;
        let mut accountant = Accountant::new();
        accountant.add(&Round::new(&mechanism, unit, neighbours)?, rounds);
        Ok(Self::with_loss(mechanism, accountant.epsilon(delta)?, clients, bits))
    }

    fn with_loss(mechanism: Mechanism, loss: Loss, clients: u32, bits: u8) -> Self {
        let config = mechanism.config();
        Self {
            sigma: config.noise * config.granularity,
            loss,
            wrap: wrap(&mechanism, clients, bits),
            error: expected_error(&mechanism, clients, bits),
            mechanism,
        }
    }

    /// The fields of the mechanism.
    #[must_use]
    pub const fn config(&self) -> &MechanismConfig {
        self.mechanism.config()
    }
}
