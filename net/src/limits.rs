//! How long and how much.

use std::time::Duration;

/// Limits of a session; every wait has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long parties are waited for when a session begins.
    pub connect: Duration,
    /// How long a message of a round is waited for.
    pub step: Duration,
    /// How long the corrected party waits for the corrections of a batch of operations. All others wait for its next message meanwhile, so this is below `step`.
    pub corrections: Duration,
    /// How long a dealer waits for somebody to ask for something, or to end.
    pub idle: Duration,
    /// Bytes of a message.
    pub message: u32,
}

impl Default for Limits {
    /// A minute to connect and for each round, 45 seconds for corrections, an hour between two batches, messages of up to 256 MiB.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(60),
            step: Duration::from_secs(60),
            corrections: Duration::from_secs(45),
            idle: Duration::from_secs(3600),
            message: 256 << 20,
        }
    }
}
