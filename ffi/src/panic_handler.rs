//! Bare metal: a panic, which is a bug of the library, is reported to the application and nothing runs after it.

use core::panic::PanicInfo;

unsafe extern "C" {
    /// Provided by the application. Turn outputs off, log, reset; if it returns, the processor spins.
    safe fn cloak_on_panic();
}

#[panic_handler]
fn on_panic(_: &PanicInfo<'_>) -> ! {
    cloak_on_panic();
    loop {
        core::hint::spin_loop();
    }
}
