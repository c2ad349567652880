//! Says how many cases of each kind agree and ends with success; or panics, which ends with failure. On bare metal it speaks through the debugger
//! (semihosting), which here is QEMU.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod firmware {
    use core::panic::PanicInfo;

    use cloakwork_device::CHECKS;
    use cortex_m as _;
    use cortex_m_rt::entry;
    use cortex_m_semihosting::debug::{EXIT_FAILURE, EXIT_SUCCESS, exit};
    use cortex_m_semihosting::hprintln;

    #[entry]
    fn main() -> ! {
        for (what, check) in CHECKS {
            hprintln!("{}: {}", what, check());
        }
        exit(EXIT_SUCCESS);
        unreachable!("the debugger ends it")
    }

    #[panic_handler]
    fn panicked(info: &PanicInfo<'_>) -> ! {
        hprintln!("{}", info);
        exit(EXIT_FAILURE);
        loop {}
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    for (what, check) in cloakwork_device::CHECKS {
        println!("{what}: {}", check());
    }
}
