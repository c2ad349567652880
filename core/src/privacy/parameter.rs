//! Refusals of parameters: which one, what bound it misses, and a value that works.

use core::fmt;

/// A parameter of a mechanism, of an accountant or of a plan. The numbers are those of the C ABI and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Parameter {
    /// Number of clients n.
    Clients = 1,
    /// Number of honest clients h in every opened sum.
    Honest = 2,
    /// Number of parts m of a contribution.
    Parts = 3,
    /// Number of independent shares in the noise of a sum.
    Shares = 4,
    /// Values of a vector, padding included where there is any.
    Dimension = 5,
    /// Binary logarithm of the length of a rotated block.
    BlockLog2 = 6,
    /// Bits b of a residue.
    Bits = 7,
    /// The loss epsilon.
    Epsilon = 8,
    /// The probability delta.
    Delta = 9,
    /// Number of rounds.
    Rounds = 10,
    /// Largest L2 norm of a part.
    Clip = 11,
    /// Largest L2 norm of what one record adds to a part.
    RecordClip = 12,
    /// Largest magnitude of a value.
    Clamp = 13,
    /// Standard deviation of the noise of a part in units of granularity.
    Noise = 14,
    /// Largest squared norm of a part after rounding.
    NormBound = 15,
    /// Expected number of coordinates that wrap in a round.
    Wraps = 16,
    /// Standard deviations that the ring holds on either side.
    Margin = 17,
    /// An L1 or L2 sensitivity.
    Sensitivity = 18,
    /// A noise multiplier, variance, scale or concentrated-privacy parameter.
    Scale = 19,
    /// A sampling rate.
    Rate = 20,
}

impl Parameter {
    /// The number in the C ABI.
    #[must_use]
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// What messages call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clients => "number of clients",
            Self::Honest => "number of honest clients",
            Self::Parts => "number of parts",
            Self::Shares => "number of shares of noise",
            Self::Dimension => "dimension",
            Self::BlockLog2 => "log2 of the block length",
            Self::Bits => "number of bits",
            Self::Epsilon => "epsilon",
            Self::Delta => "delta",
            Self::Rounds => "number of rounds",
            Self::Clip => "clip",
            Self::RecordClip => "clip of a record",
            Self::Clamp => "clamp",
            Self::Noise => "noise in units of granularity",
            Self::NormBound => "bound on the squared norm",
            Self::Wraps => "expected number of wrapped coordinates",
            Self::Margin => "margin in standard deviations",
            Self::Sensitivity => "sensitivity",
            Self::Scale => "scale of the noise",
            Self::Rate => "sampling rate",
        }
    }
}

/// What a parameter has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// This or more.
    AtLeast(f64),
    /// More than this.
    Above(f64),
    /// This or less.
    AtMost(f64),
    /// Less than this.
    Below(f64),
}

impl Bound {
    /// Whether a number keeps the bound; NaN keeps none.
    #[must_use]
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::Above(bound) => value > bound,
            Self::AtMost(bound) => value <= bound,
            Self::Below(bound) => value < bound,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "at least {bound}"),
            Self::Above(bound) => write!(f, "above {bound}"),
            Self::AtMost(bound) => write!(f, "at most {bound}"),
            Self::Below(bound) => write!(f, "below {bound}"),
        }
    }
}

/// A parameter outside its range.
///
/// The value that works keeps the bound. Where a plan as a whole has no solution, such as with too few bits, it is one with which the same plan, all
/// else equal, has one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterError {
    parameter: Parameter,
    given: f64,
    bound: Bound,
    works: Option<f64>,
}

impl ParameterError {
    pub(super) const fn new(parameter: Parameter, given: f64, bound: Bound, works: Option<f64>) -> Self {
        Self { parameter, given, bound, works }
    }

    /// Which parameter.
    #[must_use]
    pub const fn parameter(&self) -> Parameter {
        self.parameter
    }

    /// What it was.
    #[must_use]
    pub const fn given(&self) -> f64 {
        self.given
    }

    /// The bound that it missed.
    #[must_use]
    pub const fn bound(&self) -> Bound {
        self.bound
    }

    /// A value that works, if one was found without changing other parameters.
    #[must_use]
    pub const fn works(&self) -> Option<f64> {
        self.works
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { parameter, given, bound, works } = self;
        write!(f, "the {} is {given} and must be {bound}", parameter.name())?;
        match works {
            Some(works) => write!(f, "; {works} works"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for ParameterError {}

/// What functions of parameters return.
pub type Result<T> = core::result::Result<T, ParameterError>;

/// Refuses a value that does not keep the bound; NaN never does.
pub(super) fn check(parameter: Parameter, given: f64, bound: Bound, works: f64) -> Result<()> {
    if bound.holds(given) { Ok(()) } else { Err(ParameterError::new(parameter, given, bound, Some(works))) }
}

/// Refuses what is not a positive finite number.
pub(super) fn check_positive(parameter: Parameter, given: f64) -> Result<()> {
    check(parameter, given, Bound::Above(0.0), 1.0)?;
    check(parameter, given, Bound::AtMost(f64::MAX), 1.0)
}

/// Refuses what is not a probability strictly between 0 and 1.
pub(super) fn check_probability(parameter: Parameter, given: f64) -> Result<()> {
    check(parameter, given, Bound::Above(0.0), 1e-6)?;
    check(parameter, given, Bound::Below(1.0), 1e-6)
}

/// A count as a double. Counts here are far below 2^53.
#[allow(clippy::cast_precision_loss, reason = "counts below 2^53")]
pub(super) const fn real(count: u64) -> f64 {
    count as f64
}
