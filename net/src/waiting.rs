//! How to wait for what comes through links.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Registry};

use crate::error::Result;

/// How long it looks again and again before it sleeps. An answer takes less where parties are near each other, and to sleep and wake up takes longer than such an answer.
const AWAKE: Duration = Duration::from_micros(100);
/// When others run for longer than this meanwhile, the machine has other work, and whoever stays awake is in the way of it.
const CROWDED: Duration = Duration::from_micros(200);
/// Pauses in which it then sleeps at once.
const RESTS: u32 = 256;

/// What tells when something happens at a link.
pub(crate) struct Waiting {
    poll: Poll,
    events: Events,
    /// Pauses in which it sleeps at once.
    rests: u32,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting(..)")
    }
}

impl Waiting {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { poll: Poll::new()?, events: Events::with_capacity(64), rests: 0 })
    }

    /// Where links are registered.
    pub(crate) fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    /// Lets others run for a moment and, where nothing has happened `since` some time, sleeps until something does, at most so long.
    pub(crate) fn pause(&mut self, since: Instant, limit: Duration) -> Result<()> {
        let begun = Instant::now();
        if self.rests > 0 || begun.saturating_duration_since(since) >= AWAKE {
            self.rests = self.rests.saturating_sub(1);
            return self.sleep(limit);
        }
        thread::yield_now();
        if begun.elapsed() > CROWDED {
            self.rests = RESTS;
        }
        Ok(())
    }

    /// Sleeps until something happens at a link, at most so long.
    pub(crate) fn sleep(&mut self, limit: Duration) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(limit)) {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => Err(error.into()),
            _ => Ok(()),
        }
    }
}
