//! Plans: how many neighbours a member needs, and how many of their shares.

use cloakwork_core::secagg::{Adversary, plan};

use crate::boundary::boundary;
use crate::pointer::Out;
use crate::status::cloak_status;

/// `adversary` of `cloak_plan`: the server follows the protocol and colludes with corrupt clients.
pub const CLOAK_ADVERSARY_SEMI_HONEST: u8 = 0;
/// `adversary` of `cloak_plan`: it may also choose whom it tells what after the graph is fixed.
pub const CLOAK_ADVERSARY_SEMI_MALICIOUS: u8 = 1;

/// The smallest degree of the graph, with its threshold, for statistical security 2^-40 and correctness 2^-20 over the whole run (Bell et al.,
/// CCS 2020, section 3.3).
///
/// @param members    number of members, at least 3
/// @param corrupt    fraction of members that collude with the server: from 0, below 1
/// @param dropout    fraction of members that drop out in a round: from 0, below 1
/// @param rounds     rounds of the run, at least 1
/// @param adversary  `CLOAK_ADVERSARY_SEMI_HONEST` or `CLOAK_ADVERSARY_SEMI_MALICIOUS`
/// @param degree     neighbours of each member, even
/// @param threshold  shares that recover a seed
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for arguments outside their ranges; `CLOAK_ERR_NO_PARAMETERS` when no degree below `members` will do:
///         run on the complete graph
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_plan(
    members: u32,
    corrupt: f64,
    dropout: f64,
    rounds: u32,
    adversary: u8,
    degree: *mut u32,
    threshold: *mut u32,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let degree = unsafe { Out::new(degree) }?;
        // SAFETY: header, "Pointers".
        let threshold = unsafe { Out::new(threshold) }?;
        let adversary = match adversary {
            CLOAK_ADVERSARY_SEMI_HONEST => Adversary::SemiHonest,
            CLOAK_ADVERSARY_SEMI_MALICIOUS => Adversary::SemiMalicious,
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        };
        let found = plan(members, corrupt, dropout, rounds, adversary)?;
        degree.write(found.degree);
        threshold.write(found.threshold);
        Ok(())
    })
}
