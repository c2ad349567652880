//! What the firmware needs of a board: a serial line, a clock, a random generator. One module a board implements it.

#[cfg(board = "microbit")]
#[path = "board/microbit.rs"]
mod chosen;
#[cfg(board = "mps2")]
#[path = "board/mps2.rs"]
mod chosen;

use rand_core::{TryCryptoRng, TryRng};

pub(crate) use chosen::{TICKS_MASK, receive, send, start, ticks};

/// Seconds of silence on the line after which the firmware gives up: longer than a long poll of the server and all repeats of the gateway.
const SILENCE_SECONDS: u32 = 180;

/// A register of the processor or of a peripheral.
pub(crate) struct Register(usize);

impl Register {
    /// The register at an address of this board's memory map.
    const fn at(address: usize) -> Self {
        Self(address)
    }

    #[allow(unsafe_code, reason = "a register")]
    fn read(&self) -> u32 {
        // SAFETY: the address is that of a register that can be read at any time.
        unsafe { (self.0 as *const u32).read_volatile() }
    }

    #[allow(unsafe_code, reason = "a register")]
    fn write(&self, value: u32) {
        // SAFETY: the address is that of a register; what is written there moves no memory.
        unsafe { (self.0 as *mut u32).write_volatile(value) }
    }
}

/// Sleeps until something happens. Interrupts stay masked, and only wake the processor.
#[allow(unsafe_code, reason = "an instruction")]
pub(crate) fn sleep() {
    // SAFETY: it waits, and touches nothing.
    unsafe { core::arch::asm!("dsb", "wfi", options(nostack, preserves_flags)) }
}

/// Masks interrupts for good.
#[allow(unsafe_code, reason = "an instruction")]
pub(crate) fn mask_interrupts() {
    // SAFETY: no handler of this program waits for one.
    unsafe { core::arch::asm!("cpsid i", options(nostack, preserves_flags)) }
}

/// The most bytes of the stack that were ever in use.
#[allow(unsafe_code, reason = "the bounds of the stack come from the linker script")]
pub(crate) fn stack_used() -> u32 {
    unsafe extern "C" {
        static _stack_end: u32;
        static _stack_start: u32;
    }
    let (low, high) = (&raw const _stack_end as usize, &raw const _stack_start as usize);
    let mut word = low;
    // SAFETY: whole words of the stack, which begins and ends on one; volatile, since those in use change behind the compiler's back.
    while word < high && unsafe { (word as *const u32).read_volatile() } == cortex_m_rt::STACK_PAINT_VALUE {
        word += 4;
    }
    (high - word) as u32
}

/// The board's generator. There is nothing to fall back to: a call that gets no random bytes fails, and the round ends for this device.
#[derive(Debug)]
pub(crate) struct Generator;

/// The generator did not deliver.
#[derive(Debug)]
pub(crate) struct GeneratorFailed;

impl core::fmt::Display for GeneratorFailed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the random generator failed")
    }
}

impl core::error::Error for GeneratorFailed {}

impl TryRng for Generator {
    type Error = GeneratorFailed;

    fn try_next_u32(&mut self) -> Result<u32, GeneratorFailed> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, GeneratorFailed> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), GeneratorFailed> {
        if chosen::random(out) { Ok(()) } else { Err(GeneratorFailed) }
    }
}

impl TryCryptoRng for Generator {}
