//! How long the device computes: the board's clock, stopped while it waits for the line or for random bytes.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::board;

static BUSY: AtomicU32 = AtomicU32::new(0);
static RESUMED: AtomicU32 = AtomicU32::new(0);

pub(crate) fn pause() {
    let ticks = board::ticks().wrapping_sub(RESUMED.load(Relaxed)) & board::TICKS_MASK;
    BUSY.store(BUSY.load(Relaxed) + ticks, Relaxed);
}

pub(crate) fn resume() {
    RESUMED.store(board::ticks(), Relaxed);
}

/// Ticks since the last call, without pauses.
pub(crate) fn take() -> u32 {
    pause();
    let ticks = BUSY.load(Relaxed);
    BUSY.store(0, Relaxed);
    resume();
    ticks
}
