//! Constant time, checked on the machine code: every secret is marked undefined, and valgrind's memcheck reports each branch and
//! each address that depends on an undefined bit (the method of ctgrind; A. Langley, 2010).
//!
//! A case fails if memcheck reports anything in it but the places of `declassified.toml`, or if what it computes does not depend on its
//! secrets, which would make it prove nothing. The planted leaks must be reported. `tools/constant_time.py` runs this and reads the reports.
//!
//! What this does not see: instructions whose time depends on their operands (divisions, which a lint keeps out of the core, and early-ending
//! multiplications), and code that does not run here. valgrind offers the processor's features up to AVX2, AES-NI and PCLMUL; the AVX-512 and VAES
//! paths of `chacha20` and `aes`, which faster machines choose, are never taken under it.

mod cases;
mod generator;
mod planted;
mod secret;

use crabgrind::valgrind::{RunningMode, count_errors, running_mode};
use crabgrind::vg_print;
use std::ffi::CString;
use std::process::ExitCode;

/// A named piece of work on secrets.
type Case = (&'static str, fn());

fn main() -> ExitCode {
    if matches!(running_mode(), RunningMode::Native) {
        eprintln!("this runs under valgrind only: python3 tools/constant_time.py");
        return ExitCode::FAILURE;
    }
    for (name, run) in [planted::CASES].iter().chain(cases::GROUPS).copied().flatten() {
        say(&format!("case {name}"));
        let before = count_errors();
        run();
        say(&format!("reports {}", count_errors() - before));
    }
    ExitCode::SUCCESS
}

/// Puts a line among memcheck's reports.
fn say(line: &str) {
    vg_print(&CString::new(format!("{line}\n")).expect("no zero byte"));
}
