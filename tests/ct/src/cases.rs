//! The secret-handling core, floor by floor.

mod agreement;
mod noise;
mod numbers;
mod oblivious;
mod prime;
mod private;
mod psi;
mod rounds;
mod sharing;
mod streams;

use crate::Case;

/// All cases.
pub const GROUPS: &[&[Case]] = &[
    numbers::CASES,
    streams::CASES,
    noise::CASES,
    agreement::CASES,
    sharing::CASES,
    private::CASES,
    rounds::CASES,
    oblivious::CASES,
    prime::CASES,
    psi::CASES,
];
