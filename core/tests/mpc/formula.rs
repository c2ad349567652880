//! What protocols cost, by the formulas of docs/mpc.md: rounds, and bits an element to each other party and of corrections.

use cloakwork_core::mpc::engine::Cost;
use cloakwork_core::mpc::protocol::Rounding;

use crate::truncation::tree;

#[derive(Clone, Copy, Debug, Default)]
pub struct Formula {
    pub rounds: u64,
    pub bits: u64,
    pub corrections: u64,
}

pub const PRODUCT: Formula = Formula { rounds: 1, bits: 128, corrections: 64 };
pub const SQUARE: Formula = Formula { rounds: 1, bits: 64, corrections: 64 };
pub const RECTIFY: Formula = Formula { rounds: 6, bits: 106, corrections: 410 };

impl Formula {
    /// One after the other.
    pub fn then(self, other: Self) -> Self {
        Self { rounds: self.rounds + other.rounds, ..self.beside(other) }
    }

    /// Side by side.
    pub fn beside(self, other: Self) -> Self {
        Self {
            rounds: self.rounds.max(other.rounds),
            bits: self.bits + other.bits,
            corrections: self.corrections + other.corrections,
        }
    }

    pub fn times(self, count: u64) -> Self {
        Self { rounds: self.rounds * count, ..self.of(count) }
    }

    /// Many side by side.
    pub fn of(self, count: u64) -> Self {
        let rounds = if count == 0 { 0 } else { self.rounds };
        Self { rounds, bits: self.bits * count, corrections: self.corrections * count }
    }

    /// What so many elements cost.
    pub fn total(self, count: usize) -> Cost {
        assert_eq!(count % 64, 0);
        let count = count as u64;
        Cost { rounds: self.rounds, bytes: self.bits * count / 8, corrections: self.corrections * count / 64 }
    }
}

pub fn truncation(rounding: Rounding, bits: u32) -> Formula {
    if bits == 0 {
        return Formula::default();
    }
    if rounding == Rounding::Dithered {
        return Formula { rounds: 1, bits: 64, corrections: 128 };
    }
    let (levels, tree) = tree(bits);
    let chunks = u64::from(bits.div_ceil(4));
    let ands = 2 * (chunks - 1) - levels;
    Formula { rounds: 2 + levels, bits: 64 + tree + 1, corrections: 128 + 16 * chunks + ands + 64 }
}

pub fn indicators(bits: u32, thresholds: u64) -> Formula {
    if thresholds == 0 {
        return Formula::default();
    }
    let (levels, tree) = tree(bits);
    let chunks = u64::from(bits.div_ceil(4));
    let each = Formula { rounds: 2 + levels, bits: tree + 1, corrections: 2 * (chunks - 1) - levels + 64 };
    let mask = Formula { rounds: 1, bits: bits.into(), corrections: 16 * chunks };
    mask.beside(each.of(thresholds))
}

/// Powers up to the degree; each loses so many bits.
pub fn powers(rounding: Rounding, excess: &[u32]) -> Formula {
    let mut all = Formula::default();
    let mut exponent = 2;
    while exponent < excess.len() + 2 {
        let last = (2 * (exponent - 1)).min(excess.len() + 1);
        let level = (exponent..=last).fold(Formula::default(), |level, exponent| {
            let made = if exponent % 2 == 0 { SQUARE } else { PRODUCT };
            level.beside(made.then(truncation(rounding, excess[exponent - 2])))
        });
        all = all.then(level);
        exponent = last + 1;
    }
    all
}
