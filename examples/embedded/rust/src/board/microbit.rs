//! The micro:bit, a Cortex-M0 at 16 MHz (nRF51 Series Reference Manual 3.0: UART, TIMER and RNG). Its random generator is a real one.

use super::{Register, SILENCE_SECONDS, sleep};
use crate::clock;

const UART: usize = 0x4000_2000;
const UART_START_RECEIVE: Register = Register::at(UART);
const UART_START_TRANSMIT: Register = Register::at(UART + 0x008);
const UART_RECEIVED: Register = Register::at(UART + 0x108);
const UART_SENT: Register = Register::at(UART + 0x11c);
const UART_INTERRUPTS: Register = Register::at(UART + 0x304);
const UART_ENABLE: Register = Register::at(UART + 0x500);
const UART_TRANSMIT_PIN: Register = Register::at(UART + 0x50c);
const UART_RECEIVE_PIN: Register = Register::at(UART + 0x514);
const UART_RECEIVE: Register = Register::at(UART + 0x518);
const UART_TRANSMIT: Register = Register::at(UART + 0x51c);
const UART_BAUD_RATE: Register = Register::at(UART + 0x524);
const BAUD_115200: u32 = 0x01d7_e000;

const TIMER: usize = 0x4000_8000;
const TIMER_START: Register = Register::at(TIMER);
const TIMER_CAPTURE: Register = Register::at(TIMER + 0x044);
const TIMER_REACHED: Register = Register::at(TIMER + 0x140);
const TIMER_INTERRUPTS: Register = Register::at(TIMER + 0x304);
const TIMER_BITS: Register = Register::at(TIMER + 0x508);
const TIMER_PRESCALER: Register = Register::at(TIMER + 0x510);
const TIMER_LIMIT: Register = Register::at(TIMER + 0x540);
const TIMER_CAPTURED: Register = Register::at(TIMER + 0x544);

const RNG: usize = 0x4000_d000;
const RNG_START: Register = Register::at(RNG);
const RNG_STOP: Register = Register::at(RNG + 0x004);
const RNG_READY: Register = Register::at(RNG + 0x100);
const RNG_INTERRUPTS: Register = Register::at(RNG + 0x304);
const RNG_CORRECTION: Register = Register::at(RNG + 0x504);
const RNG_VALUE: Register = Register::at(RNG + 0x508);

const INTERRUPT_ENABLE: Register = Register::at(0xe000_e100);
const INTERRUPT_UNPEND: Register = Register::at(0xe000_e280);
const UART_LINE: u32 = 1 << 2;
const TIMER_LINE: u32 = 1 << 8;
const RNG_LINE: u32 = 1 << 13;

const CLOCK_HERTZ: u32 = 16_000_000;
/// With its bias correction the generator needs less than a millisecond for a byte.
const RANDOM_TICKS: u32 = 320_000;

/// The clock wraps at it.
pub(crate) const TICKS_MASK: u32 = u32::MAX;

/// Sets the clock and the line up.
pub(crate) fn start() {
    TIMER_BITS.write(3);
    TIMER_PRESCALER.write(0);
    TIMER_INTERRUPTS.write(1 << 16);
    TIMER_START.write(1);
    UART_TRANSMIT_PIN.write(24);
    UART_RECEIVE_PIN.write(25);
    UART_BAUD_RATE.write(BAUD_115200);
    UART_ENABLE.write(4);
    UART_INTERRUPTS.write(1 << 2);
    UART_START_TRANSMIT.write(1);
    UART_START_RECEIVE.write(1);
    RNG_CORRECTION.write(1);
    RNG_INTERRUPTS.write(1);
    INTERRUPT_ENABLE.write(UART_LINE | TIMER_LINE | RNG_LINE);
}

/// A clock that counts up.
pub(crate) fn ticks() -> u32 {
    TIMER_CAPTURE.write(1);
    TIMER_CAPTURED.read()
}

/// Sleeps until an event or for some ticks, and says whether the event came.
fn wait_for(event: &Register, ticks_at_most: u32, line: u32) -> bool {
    TIMER_REACHED.write(0);
    INTERRUPT_UNPEND.write(TIMER_LINE);
    TIMER_LIMIT.write(ticks().wrapping_add(ticks_at_most));
    while event.read() == 0 {
        if TIMER_REACHED.read() != 0 {
            return false;
        }
        sleep();
    }
    event.write(0);
    INTERRUPT_UNPEND.write(line);
    true
}

/// Waits for the next byte of the line; `None` when none came for long.
pub(crate) fn receive() -> Option<u8> {
    let came = (0..SILENCE_SECONDS).any(|_| wait_for(&UART_RECEIVED, CLOCK_HERTZ, UART_LINE));
    came.then(|| UART_RECEIVE.read() as u8)
}

/// Sends a byte.
pub(crate) fn send(byte: u8) {
    UART_SENT.write(0);
    UART_TRANSMIT.write(byte.into());
    while UART_SENT.read() == 0 {}
}

/// Random bytes, all of them or false.
pub(crate) fn random(out: &mut [u8]) -> bool {
    clock::pause();
    RNG_READY.write(0);
    RNG_START.write(1);
    let delivered = out.iter_mut().all(|byte| {
        let ready = wait_for(&RNG_READY, RANDOM_TICKS, RNG_LINE);
        *byte = RNG_VALUE.read() as u8;
        ready
    });
    RNG_STOP.write(1);
    clock::resume();
    delivered
}
