//! The board MPS2 with image AN386, a Cortex-M4 at 25 MHz (Arm application note AN386; CMSDK UART and SysTick by their reference manuals).
//!
//! It has no random generator. Under an emulator or a debugger the bytes come through semihosting, from the file of the host that the provisioning names. On a
//! chip, put its generator into [`random`].

use core::sync::atomic::{AtomicUsize, Ordering};

use cortex_m_semihosting::nr;

use super::{Register, SILENCE_SECONDS, sleep};
use crate::provision::PROVISION;

const UART_DATA: Register = Register::at(0x4000_4000);
const UART_STATE: Register = Register::at(0x4000_4004);
const UART_CONTROL: Register = Register::at(0x4000_4008);
const UART_INTERRUPT: Register = Register::at(0x4000_400c);
const UART_DIVISOR: Register = Register::at(0x4000_4010);
const TRANSMIT_FULL: u32 = 1;
const RECEIVE_FULL: u32 = 2;
const RECEIVE_INTERRUPT: u32 = 2;
/// Transmit, receive, and ask for an interrupt when a byte has come.
const UART_ENABLE: u32 = 0b1011;
/// 25 MHz / 217 is a baud rate of 115,200.
const DIVISOR: u32 = 217;

const SYSTICK_CONTROL: Register = Register::at(0xe000_e010);
const SYSTICK_RELOAD: Register = Register::at(0xe000_e014);
const SYSTICK_VALUE: Register = Register::at(0xe000_e018);
const INTERRUPT_ENABLE: Register = Register::at(0xe000_e100);
const INTERRUPT_UNPEND: Register = Register::at(0xe000_e280);
const UART_RECEIVE_LINE: u32 = 1;
const INTERRUPT_CONTROL: Register = Register::at(0xe000_ed04);
const SYSTICK_PENDING: u32 = 1 << 26;
const SYSTICK_UNPEND: u32 = 1 << 25;

const CLOCK_HERTZ: u32 = 25_000_000;

/// The clock wraps at it.
pub(crate) const TICKS_MASK: u32 = 0xff_ffff;

/// Sets the clock and the line up.
pub(crate) fn start() {
    SYSTICK_RELOAD.write(TICKS_MASK);
    SYSTICK_VALUE.write(0);
    // Counts, asks for an exception when it wraps, and runs at the processor's clock.
    SYSTICK_CONTROL.write(7);
    UART_DIVISOR.write(DIVISOR);
    UART_CONTROL.write(UART_ENABLE);
    INTERRUPT_ENABLE.write(UART_RECEIVE_LINE);
}

/// Waits for the next byte of the line; `None` when none came for long.
pub(crate) fn receive() -> Option<u8> {
    let mut wraps = 0;
    while UART_STATE.read() & RECEIVE_FULL == 0 {
        if INTERRUPT_CONTROL.read() & SYSTICK_PENDING != 0 {
            INTERRUPT_CONTROL.write(SYSTICK_UNPEND);
            wraps += 1;
            if wraps > (SILENCE_SECONDS * (CLOCK_HERTZ >> 8)) >> 16 {
                return None;
            }
        }
        sleep();
    }
    // Before the byte is taken: the next one, which comes after that, asks anew.
    UART_INTERRUPT.write(RECEIVE_INTERRUPT);
    INTERRUPT_UNPEND.write(UART_RECEIVE_LINE);
    Some(UART_DATA.read() as u8)
}

/// Sends a byte.
pub(crate) fn send(byte: u8) {
    while UART_STATE.read() & TRANSMIT_FULL != 0 {}
    UART_DATA.write(byte.into());
}

/// A clock that counts up.
pub(crate) fn ticks() -> u32 {
    TICKS_MASK - SYSTICK_VALUE.read()
}

/// How a file is opened: to read bytes.
const READ_BINARY: usize = 1;
/// What semihosting answers for a file that cannot be opened.
const NO_FILE: usize = usize::MAX;

/// Random bytes, all of them or false.
pub(crate) fn random(out: &mut [u8]) -> bool {
    /// One more than the handle of the open file.
    static FILE: AtomicUsize = AtomicUsize::new(0);
    if FILE.load(Ordering::Relaxed) == 0 {
        let name = &PROVISION.entropy;
        let length = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        let file = semihosting(nr::OPEN, &[name.as_ptr() as usize, READ_BINARY, length]);
        if file == NO_FILE {
            return false;
        }
        FILE.store(file + 1, Ordering::Relaxed);
    }
    // The answer is the number of bytes that are missing.
    semihosting(nr::READ, &[FILE.load(Ordering::Relaxed) - 1, out.as_mut_ptr() as usize, out.len()]) == 0
}

#[allow(unsafe_code, reason = "a request to the debugger")]
fn semihosting(operation: usize, arguments: &[usize; 3]) -> usize {
    // SAFETY: the arguments are those of the operation, and their pointers and lengths come from slices.
    unsafe { cortex_m_semihosting::syscall(operation, arguments) }
}
