//! How long and how much.

use std::time::Duration;

/// Limits of a session; every wait has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long parties are waited for when a session begins.
    pub connect: Duration,
    /// How long a message of a round is waited for.
    pub step: Duration,
    /// Bytes of a message.
    pub message: u32,
}

impl Default for Limits {
    /// A minute to connect and for each round, messages of up to 256 MiB.
    fn default() -> Self {
        Self { connect: Duration::from_secs(60), step: Duration::from_secs(60), message: 256 << 20 }
    }
}
