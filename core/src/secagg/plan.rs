//! Degree and threshold of the sparse graph: the search of Bell et al. (CCS 2020, section 3.3) as Google's `fcp/secagg` parametrises it.
//!
//! Statistical security 2^-40 and correctness 2^-20 for the whole run: both are divided by the number of rounds and the union is
//! taken over the members.

use crate::error::{ErrorKind, Result};

/// Bits of statistical security; one bit more is used so that connectivity and thresholds fail together below 2^-40.
const SECURITY_BITS: f64 = 41.0;
/// Bits of correctness.
const CORRECTNESS_BITS: f64 = 20.0;

/// What the server may do beyond looking at what it receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adversary {
    /// It follows the protocol and colludes with corrupt clients.
    SemiHonest,
    /// It may also choose whom it tells what after the graph is fixed.
    SemiMalicious,
}

/// A degree and a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Neighbours of each member.
    pub degree: u32,
    /// Shares that recover a seed.
    pub threshold: u32,
}

/// The smallest degree, with its threshold, for `members` members of whom a fraction `corrupt` colludes and a fraction `dropout`
/// drops out in a round, over `rounds` rounds.
///
/// # Errors
/// `InvalidArgument` for rates outside [0, 1) or no members; `NoParameters` when no degree below `members` will do
/// (`corrupt + dropout` above 0.9 semi-honest, `corrupt + 2 dropout` above 0.9 semi-malicious).
pub fn plan(members: u32, corrupt: f64, dropout: f64, rounds: u32, adversary: Adversary) -> Result<Plan> {
    let rate = |x: f64| (0.0..1.0).contains(&x);
    if members < 3 || rounds == 0 || !rate(corrupt) || !rate(dropout) {
        return Err(ErrorKind::InvalidArgument.into());
    }
    let load = match adversary {
        Adversary::SemiHonest => corrupt + dropout,
        Adversary::SemiMalicious => corrupt + 2.0 * dropout,
    };
    if load > 0.9 {
        return Err(ErrorKind::NoParameters.into());
    }
    let search = Search::new(members, corrupt, dropout, rounds);
    let mut degree = 2;
    while degree < members {
        if let Some(threshold) = search.threshold(degree, adversary) {
            return Ok(Plan { degree, threshold });
        }
        degree += 2;
    }
    Err(ErrorKind::NoParameters.into())
}

struct Search {
    members: u32,
    corrupt: u32,
    survivors: u32,
    bad: u32,
    ln_insecure: f64,
    ln_incorrect: f64,
}

impl Search {
    fn new(members: u32, corrupt: f64, dropout: f64, rounds: u32) -> Self {
        let n = f64::from(members);
        let ln_rounds = libm::log(f64::from(rounds));
        Self {
            members,
            corrupt: whole(libm::floor(corrupt * n)),
            survivors: whole(libm::ceil((1.0 - dropout) * n)),
            bad: whole(libm::floor(corrupt * n)) + whole(libm::floor(dropout * n)),
            ln_insecure: -SECURITY_BITS * core::f64::consts::LN_2 - ln_rounds,
            ln_incorrect: -CORRECTNESS_BITS * core::f64::consts::LN_2 - ln_rounds,
        }
    }

    /// The threshold for a degree, if the degree is large enough.
    fn threshold(&self, degree: u32, adversary: Adversary) -> Option<u32> {
        if !self.stays_connected(degree) {
            return None;
        }
        let ln_members = libm::log(f64::from(self.members));
        let mut corrupt_neighbours = self.corrupt_neighbours(degree, libm::exp(self.ln_insecure - ln_members));
        let surviving_neighbours = self.surviving_neighbours(degree, libm::exp(self.ln_incorrect - ln_members));
        if matches!(adversary, Adversary::SemiMalicious) {
            let shared = f64::from(corrupt_neighbours) + f64::from(degree);
            corrupt_neighbours = whole(libm::ceil((shared - 1.25) / 2.0));
        }
        (surviving_neighbours > corrupt_neighbours).then_some((corrupt_neighbours + 1).max(2))
    }

    /// The survivors stay one component: a union bound over the places where the ring could be cut.
    fn stays_connected(&self, degree: u32) -> bool {
        if degree > self.bad {
            return true;
        }
        let (n, k, bad) = (f64::from(self.members), f64::from(degree), f64::from(self.bad));
        let cuts = n * (n - k - 1.0) / 2.0;
        let cut_is_bad =
            libm::lgamma(bad + 1.0) + libm::lgamma(n - k + 1.0) - libm::lgamma(n + 1.0) - libm::lgamma(bad - k + 1.0);
        cuts <= 0.0 || libm::log(cuts) + cut_is_bad < self.ln_insecure
    }

    /// Smallest x with P[more than x corrupt neighbours] <= bound.
    fn corrupt_neighbours(&self, degree: u32, bound: f64) -> u32 {
        let mut x = degree;
        let mut tail = 0.0;
        while x > 0 {
            let with_x = tail + self.hypergeometric(self.corrupt, degree, x);
            if with_x > bound {
                break;
            }
            tail = with_x;
            x -= 1;
        }
        x
    }

    /// Smallest x with P[at most x surviving neighbours] >= bound.
    fn surviving_neighbours(&self, degree: u32, bound: f64) -> u32 {
        let mut x = 0;
        let mut cumulative = self.hypergeometric(self.survivors, degree, 0);
        while cumulative < bound && x < degree {
            x += 1;
            cumulative += self.hypergeometric(self.survivors, degree, x);
        }
        x
    }

    /// P[x of `draws` drawn without replacement from the members are among `special`].
    fn hypergeometric(&self, special: u32, draws: u32, x: u32) -> f64 {
        if x > special || x > draws || draws - x > self.members - special {
            return 0.0;
        }
        let ln = ln_choose(special, x) + ln_choose(self.members - special, draws - x) - ln_choose(self.members, draws);
        libm::exp(ln)
    }
}

fn ln_choose(n: u32, k: u32) -> f64 {
    let (n, k) = (f64::from(n), f64::from(k));
    libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts between 0 and the number of members"
)]
fn whole(x: f64) -> u32 {
    x as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use Adversary::{SemiHonest, SemiMalicious};

    /// Rows that Google publishes in `fcp/secagg` (single round), and the k = n limits of small rosters.
    #[test]
    fn published_rows_for_one_round() {
        let rows = [
            (100, 0.33, 0.33, SemiHonest, 68, 34),
            (100, 0.05, 0.33, SemiHonest, 28, 6),
            (100, 0.33, 0.05, SemiHonest, 34, 29),
            (1000, 0.33, 0.33, SemiHonest, 286, 150),
            (1000, 0.05, 0.33, SemiHonest, 72, 24),
            (10_000, 0.33, 0.33, SemiHonest, 422, 221),
            (10_000, 0.05, 0.33, SemiHonest, 86, 29),
            (10, 0.33, 0.33, SemiHonest, 8, 4),
            (10, 0.05, 0.33, SemiHonest, 4, 2),
            (10, 0.33, 0.05, SemiHonest, 4, 4),
            (100, 0.45, 0.45, SemiHonest, 92, 46),
            (100, 0.05, 0.33, SemiMalicious, 72, 39),
            (1000, 0.05, 0.33, SemiMalicious, 398, 223),
            (1000, 0.3, 0.3, SemiMalicious, 872, 584),
            (10_000, 0.05, 0.33, SemiMalicious, 746, 420),
            (100, 0.3, 0.3, SemiMalicious, 92, 62),
            (1000, 0.05, 0.05, SemiMalicious, 52, 37),
            (100, 0.05, 0.05, SemiMalicious, 16, 11),
        ];
        for (members, corrupt, dropout, adversary, degree, threshold) in rows {
            let found = plan(members, corrupt, dropout, 1, adversary).unwrap();
            assert_eq!(found, Plan { degree, threshold }, "{members} {corrupt} {dropout} {adversary:?}");
        }
    }

    #[test]
    fn more_rounds_need_no_fewer_neighbours() {
        let degree = |rounds| plan(1000, 0.05, 0.1, rounds, SemiMalicious).unwrap().degree;
        assert!(degree(1) < degree(10_000));
    }

    #[test]
    fn infeasible_rates_are_refused() {
        assert_eq!(plan(100, 0.5, 0.45, 1, SemiHonest).unwrap_err().kind(), ErrorKind::NoParameters);
        assert_eq!(plan(100, 0.3, 0.31, 1, SemiMalicious).unwrap_err().kind(), ErrorKind::NoParameters);
        for (corrupt, dropout) in [(f64::NAN, 0.1), (-0.1, 0.1), (0.1, 1.0), (0.1, f64::INFINITY)] {
            assert_eq!(plan(100, corrupt, dropout, 1, SemiHonest).unwrap_err().kind(), ErrorKind::InvalidArgument);
        }
    }
}
