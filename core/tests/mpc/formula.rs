//! What protocols cost, by the formulas of docs/mpc.md: rounds, and bits an element to each other party.

use cloakwork_core::mpc::protocol::Rounding;

use crate::truncation::tree;

#[derive(Clone, Copy, Debug, Default)]
pub struct Formula {
    pub rounds: u64,
    pub bits: u64,
}

pub const PRODUCT: Formula = Formula { rounds: 1, bits: 128 };
pub const SQUARE: Formula = Formula { rounds: 1, bits: 64 };
pub const RECTIFY: Formula = Formula { rounds: 6, bits: 106 };

impl Formula {
    /// One after the other.
    pub fn then(self, other: Self) -> Self {
        Self { rounds: self.rounds + other.rounds, bits: self.bits + other.bits }
    }

    /// Side by side.
    pub fn beside(self, other: Self) -> Self {
        Self { rounds: self.rounds.max(other.rounds), bits: self.bits + other.bits }
    }

    pub fn times(self, count: u64) -> Self {
        Self { rounds: self.rounds * count, bits: self.bits * count }
    }

    /// Many side by side.
    pub fn of(self, count: u64) -> Self {
        Self { rounds: if count == 0 { 0 } else { self.rounds }, bits: self.bits * count }
    }

    /// Rounds and bytes of so many elements.
    pub fn total(self, count: usize) -> (u64, u64) {
        assert_eq!(count % 64, 0);
        (self.rounds, self.bits * count as u64 / 8)
    }
}

pub fn truncation(rounding: Rounding, bits: u32) -> Formula {
    if bits == 0 {
        return Formula::default();
    }
    if rounding == Rounding::Dithered {
        return Formula { rounds: 1, bits: 64 };
    }
    let (levels, tree) = tree(bits);
    Formula { rounds: 2 + levels, bits: 64 + tree + 1 }
}

pub fn indicators(bits: u32, thresholds: u64) -> Formula {
    let (levels, tree) = tree(bits);
    let one = Formula { rounds: 2 + levels, bits: thresholds * (tree + 1) };
    if thresholds == 0 { Formula::default() } else { Formula { bits: one.bits + u64::from(bits), ..one } }
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
