//! Counts the instructions of the core's kernels under callgrind: the same on every run, so a regression shows where wall-clock time would be noise.
//!
//! Each case prepares its inputs uncounted and dumps the count of its work under its name. `tools/instructions.py` runs this and compares with
//! `baseline.json`. callgrind's processor has AVX2 and AES-NI but neither AVX-512 nor VAES, so these are the counts of that path.

mod generator;
mod kernels;
mod rounds;
mod sharing;

use crabgrind::callgrind::{dump_stats, toggle_collect};
use crabgrind::valgrind::{RunningMode, running_mode};
use std::ffi::CString;
use std::hint::black_box;
use std::process::ExitCode;

fn main() -> ExitCode {
    if matches!(running_mode(), RunningMode::Native) {
        eprintln!("this runs under callgrind only: python3 tools/instructions.py");
        return ExitCode::FAILURE;
    }
    kernels::count_all();
    sharing::count_all();
    rounds::count_all();
    ExitCode::SUCCESS
}

/// Counts one run of `work`.
fn count<T>(name: &str, work: impl FnOnce() -> T) -> T {
    toggle_collect();
    let result = black_box(work());
    toggle_collect();
    dump_stats(&*CString::new(name).expect("no zero byte"));
    result
}
