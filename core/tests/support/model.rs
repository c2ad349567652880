//! What a round must come to, by the words of protocol.md section 7 alone: no keys, no messages, only who is still there.

use std::collections::BTreeSet;

use cloakwork_core::ErrorKind;

/// When a member falls silent in a round; nothing comes from it from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Silence {
    /// It sends no contribution.
    Mask,
    /// It answers the surviving sets before this one, counted from 1.
    Survive(u8),
    /// It gives no shares.
    Unmask,
    /// It answers everything.
    Never,
}

/// What decides how a round ends.
pub struct Rules<'a> {
    /// Neighbours of each member.
    pub neighbours: &'a [Vec<usize>],
    pub threshold: usize,
    pub min_inputs: usize,
    pub max_passes: u8,
}

impl Rules<'_> {
    /// Who is in the sum, or why the round is aborted.
    pub fn outcome(&self, silences: &[Silence]) -> Result<Vec<usize>, ErrorKind> {
        let mut set: BTreeSet<usize> = (0..silences.len()).collect();
        let mut answered: BTreeSet<usize> = who(&set, |member| silences[member] > Silence::Mask);
        let mut pass = 0;
        while answered != set {
            let left = self.settled(answered);
            if left.len() < self.min_inputs {
                return Err(ErrorKind::TooFewInputs);
            }
            if pass == self.max_passes {
                return Err(ErrorKind::TooManyPasses);
            }
            pass += 1;
            set = left;
            answered = who(&set, |member| silences[member] > Silence::Survive(pass));
        }
        let givers = who(&set, |member| silences[member] == Silence::Never);
        let shares = |&member: &usize| self.neighbours[member].iter().filter(|other| givers.contains(other)).count();
        if set.iter().all(|member| shares(member) >= self.threshold) {
            Ok(set.into_iter().collect())
        } else {
            Err(ErrorKind::TooFewShares)
        }
    }

    /// Who is left when members with fewer than t neighbours in the set go, one after the other: the order does not matter.
    pub fn settled(&self, mut set: BTreeSet<usize>) -> BTreeSet<usize> {
        let lonely = |set: &BTreeSet<usize>, member: &usize| {
            self.neighbours[*member].iter().filter(|other| set.contains(other)).count() < self.threshold
        };
        while let Some(member) = set.iter().copied().find(|member| lonely(&set, member)) {
            set.remove(&member);
        }
        set
    }
}

fn who(set: &BTreeSet<usize>, holds: impl Fn(usize) -> bool) -> BTreeSet<usize> {
    set.iter().copied().filter(|&member| holds(member)).collect()
}
