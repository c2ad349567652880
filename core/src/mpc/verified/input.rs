//! Values that enter verified mode: those of a party, and those that everybody knows.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::engine::Outgoing;
use crate::mpc::local::authenticated::{add_public, low};
use crate::mpc::verified::Verified;
use crate::mpc::verified::authenticated::{Authenticated, collect};
use crate::mpc::verified::correlation::Correlation;

impl Verified {
    /// `count` words of party `owner`, who alone gives them. It knows a random r of which all have shares, and announces x - r mod 2^64: 1 round, 8 bytes from the owner, 4
    /// words of corrections an element. The check makes sure that it announced the same to everybody; which x it gives is its own choice.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] unless the owner is a party and it alone gives values; [`ErrorKind::InvalidLength`] for another number of them; otherwise as
    /// [`Self::product`].
    pub async fn input(&self, owner: usize, count: usize, values: Option<&[u64]>) -> Result<Authenticated> {
        let (index, parties) = (self.party.index(), self.party.parties());
        if owner >= parties || values.is_some() != (owner == index) {
            return Err(ErrorKind::InvalidArgument.bound(parties as u64));
        }
        if values.is_some_and(|values| values.len() != count) {
            return Err(ErrorKind::InvalidLength.bound(count as u64));
        }
        let mask = self.draw(Correlation::Known { owner, count })?;
        let mut announced = Vec::new();
        if let Some(values) = values {
            let masked = values.iter().zip(mask.known()).map(|(x, r)| x.wrapping_sub(low(*r)));
            announced = masked.flat_map(u64::to_le_bytes).collect();
        }
        let mut expected = vec![0; parties];
        if let Some(expected) = expected.get_mut(owner).filter(|_| owner != index) {
            *expected = 8 * count;
        }
        let outgoing = Outgoing::All(announced.clone());
        let received = self.party.exchange(outgoing, expected).await;
        if let Some(received) = received.get(owner).filter(|_| owner != index) {
            announced = received.to_vec();
        }
        self.record.borrow_mut().announced(&announced);
        let difference: Vec<u64> = announced.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
        self.shifted(mask.values(0, count), mask.macs(0, count), &difference)
    }

    /// Numbers that everybody knows. No communication.
    #[must_use]
    pub fn public(&self, numbers: &[u64]) -> Authenticated {
        let share = |weight: u128| collect(numbers.len(), numbers.iter().map(|x| weight.wrapping_mul(u128::from(*x))));
        let [of_values, of_macs] = self.weights();
        Authenticated::new(share(of_values), share(of_macs))
    }

    /// x plus numbers that everybody knows. No communication.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] unless there is a number for each element.
    pub fn plus_public(&self, x: &Authenticated, numbers: &[u64]) -> Result<Authenticated> {
        self.shifted(x.values(), x.macs(), numbers)
    }

    /// Shares of these and public numbers together.
    fn shifted(&self, values: &[u128], macs: &[u128], numbers: &[u64]) -> Result<Authenticated> {
        if values.len() != numbers.len() {
            return Err(ErrorKind::InvalidLength.bound(values.len() as u64));
        }
        let [of_values, of_macs] = self.weights();
        let (mut values, mut macs) = (Zeroizing::new(values.to_vec()), Zeroizing::new(macs.to_vec()));
        add_public(of_values, numbers, &mut values);
        add_public(of_macs, numbers, &mut macs);
        Ok(Authenticated::new(values, macs))
    }
}
