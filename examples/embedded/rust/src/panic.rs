//! A bug: nothing is sent any more.

use core::panic::PanicInfo;

use crate::board;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        board::sleep();
    }
}
