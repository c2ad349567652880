//! The secret-handling core, floor by floor.

mod numbers;
mod streams;

use crate::Case;

/// All cases.
pub const GROUPS: &[&[Case]] = &[numbers::CASES, streams::CASES];
