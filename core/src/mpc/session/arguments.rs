//! What calls of both kinds of sessions take.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::kind::{Kind, Public};
use crate::error::{ErrorKind, Result};
use crate::mpc::engine::Party;
use crate::mpc::protocol::Format;

/// The words of an input of party `owner`, at that party.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] unless the owner is a party, and it alone gives numbers, of the kind stated; [`ErrorKind::InvalidLength`] for another number of
/// them; [`ErrorKind::NotFinite`] and [`ErrorKind::OutOfRange`] for real numbers that do not fit the format.
pub(super) fn input(
    party: &Party,
    format: &Format,
    owner: usize,
    (kind, length): (Kind, usize),
    numbers: Option<&Public>,
) -> Result<Option<Zeroizing<Vec<u64>>>> {
    if owner >= party.parties() || kind == Kind::Bit || numbers.is_some() != (owner == party.index()) {
        return Err(ErrorKind::InvalidArgument.bound(party.parties() as u64));
    }
    match numbers {
        Some(numbers) if numbers.kind() != kind => Err(ErrorKind::InvalidArgument.into()),
        Some(numbers) if numbers.len() != length => Err(ErrorKind::InvalidLength.bound(length as u64)),
        Some(numbers) => Ok(Some(Zeroizing::new(numbers.words(kind, format)?))),
        None => Ok(None),
    }
}

/// Receivers of an output, as numbers of the program.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] unless there are some, they are parties, and rise.
pub(super) fn receivers(party: &Party, receivers: &[usize]) -> Result<Vec<u64>> {
    let rising = receivers.is_sorted_by(|one, other| one < other);
    if !rising || receivers.last().is_none_or(|last| *last >= party.parties()) {
        return Err(ErrorKind::InvalidArgument.bound(party.parties() as u64));
    }
    Ok(receivers.iter().map(|receiver| *receiver as u64).collect())
}
