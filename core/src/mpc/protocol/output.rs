//! Outputs: values that become known to those for whom they are meant (docs/mpc.md section 11).

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::engine::{Content, Outgoing, Party};
use crate::mpc::packing;
use crate::mpc::pairwise::Pairwise;

/// The values of which these are shares, for the parties in `receivers`, which rise, and `None` for all others. The shares are re-randomised, so that
/// a receiver that knows some of those from which they were made learns the values and nothing else. 1 round, 8 bytes a word to each receiver.
///
/// A client that is no party gets the shares of [`Pairwise::rerandomized`] from each party and adds them up.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] unless the receivers are parties and rise; those of [`Pairwise::rerandomized`].
pub async fn output(
    party: &Party,
    pairwise: &Pairwise,
    receivers: &[usize],
    shares: &[u64],
) -> Result<Option<Zeroizing<Vec<u64>>>> {
    if !receivers.is_sorted_by(|one, other| one < other)
        || receivers.last().is_some_and(|last| *last >= party.parties())
    {
        return Err(ErrorKind::InvalidArgument.bound(party.parties() as u64));
    }
    let mut sum = pairwise.rerandomized(shares)?;
    let mut own = Vec::new();
    packing::pack(64, &sum, &mut own);
    let index = party.index();
    let receives = receivers.contains(&index);
    let sent = receivers.iter().filter(|to| **to != index).map(|to| (*to, own.clone())).collect();
    let mut expected = vec![if receives { own.len() } else { 0 }; party.parties()];
    if let Some(own) = expected.get_mut(index) {
        *own = 0;
    }
    let content = Content::Output { count: shares.len() };
    for message in party.exchange_content(content, Outgoing::Each(sent), expected).await {
        packing::add(64, &message, &mut sum);
    }
    Ok(receives.then_some(sum))
}
