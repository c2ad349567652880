//! The parties who multiply the leader's items and say, in a table, what they hold.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::group::Scalar;
use crate::kdf;
use crate::prg::StreamKey;
use crate::psi::agreement::{Agreement, LEADER, Output};
use crate::psi::items::Items;
use crate::psi::list;
use crate::psi::outcome::Outcome;
use crate::psi::sharing::Sharing;
use crate::psi::table::{self, Context};
use crate::psi::work::{Encoding, Source, Work};

/// A follower, from its items to the outcome.
pub(super) struct Follower {
    items: Items,
    seed: Zeroizing<[u8; 32]>,
    sharing: Sharing,
    /// The values of this party's function at its own items, in their order.
    values: Zeroizing<Vec<Encoding>>,
    /// The leader's rows, as they came and as they go.
    rows: Zeroizing<Vec<Encoding>>,
    outcome: Option<Outcome>,
}

impl Follower {
    pub(super) fn new(agreement: &Agreement, items: Items, seed: Zeroizing<[u8; 32]>) -> Self {
        let sharing = Sharing::new(agreement, &seed);
        Self { items, seed, sharing, values: Zeroizing::default(), rows: Zeroizing::default(), outcome: None }
    }

    /// The key of this party's function.
    fn exponent(&self, agreement: &Agreement) -> Scalar {
        let own = (agreement.index() as u64).to_le_bytes();
        Scalar::expand(&self.seed, "psi exponent", &[agreement.hash(), &own])
    }

    /// What fills this party's table up.
    fn table_key(&self, agreement: &Agreement) -> StreamKey {
        let own = (agreement.index() as u64).to_le_bytes();
        let mut key = Zeroizing::new([0; 32]);
        kdf::expand(&self.seed, "psi table", &[agreement.hash(), &own], &mut *key);
        StreamKey::from_bytes(*key)
    }

    /// What is to be multiplied at the beginning of a round.
    pub(super) fn begin(&mut self, agreement: &Agreement, round: usize) -> Option<Work> {
        if round == 0 {
            let digests = Zeroizing::new(self.items.digests().to_vec());
            return Some(Work::new(Source::Digest, digests, self.exponent(agreement), None));
        }
        // As many elements as parties have had the rows.
        let source = Source::First(round);
        (round == agreement.index())
            .then(|| Work::new(source, self.rows.clone(), self.exponent(agreement), Some(round - 1)))
    }

    /// Takes the products of a round.
    pub(super) fn absorb_vartime(&mut self, agreement: &Agreement, round: usize, products: &[Encoding]) {
        if round == 0 {
            self.values = Zeroizing::new(products.to_vec());
            return;
        }
        // What comes back to the leader is without the element that it encrypted.
        let returns = round == agreement.return_round();
        let mut rows = Zeroizing::new(Vec::with_capacity(products.len() * (round + 1)));
        for (row, product) in self.rows.chunks_exact(round).zip(products) {
            rows.extend(row.iter().skip(usize::from(returns)));
            rows.push(*product);
        }
        if agreement.output() == Output::Size {
            list::sort_vartime(&mut rows, Self::width_sent(agreement));
        }
        self.rows = rows;
    }

    /// Elements of a row that this party sends.
    const fn width_sent(agreement: &Agreement) -> usize {
        let own = agreement.index();
        if own == agreement.return_round() { own } else { own + 1 }
    }

    /// Takes what another party sent.
    pub(super) fn receive_vartime(
        &mut self,
        agreement: &Agreement,
        round: usize,
        from: usize,
        message: &[u8],
    ) -> Result<()> {
        if agreement.sends_rows(round, from, agreement.index()) {
            self.receive_rows_vartime(agreement, message)
        } else if from == LEADER {
            self.receive_outcome_vartime(agreement, message)
        } else {
            self.sharing.receive(agreement, from, message)
        }
    }

    fn receive_rows_vartime(&mut self, agreement: &Agreement, message: &[u8]) -> Result<()> {
        let width = agreement.index();
        let rows = list::read(message, width)?;
        agreement.check_count(rows.chunks_exact(width).len())?;
        list::check_distinct_vartime(&rows, width)?;
        let ordered = if agreement.output() == Output::Size { width - 1 } else { 0 };
        list::check_ascending_vartime(rows.iter().skip(ordered).step_by(width))?;
        self.rows = rows;
        Ok(())
    }

    fn receive_outcome_vartime(&mut self, agreement: &Agreement, message: &[u8]) -> Result<()> {
        let mut places = Zeroizing::new(Vec::new());
        let size = match agreement.output() {
            Output::Size => list::read_count(message)?,
            Output::Intersection => {
                let found = list::read(message, 1)?;
                list::check_ascending_vartime(found.iter())?;
                let order = list::order_vartime(&self.values);
                for value in found.iter() {
                    let index = order.binary_search_by_key(&Some(value), |index| self.values.get(*index));
                    let index = index.ok().and_then(|index| order.get(index));
                    // Nobody finds an item here that this party does not hold.
                    let place = index.and_then(|index| self.items.place(*index)).ok_or(ErrorKind::NotInSet)?;
                    places.push(place);
                }
                found.len()
            }
        };
        if size > self.items.len() {
            return Err(ErrorKind::CountChanged.bound(self.items.len() as u64));
        }
        self.outcome = Some(Outcome::new(agreement.output(), size, places));
        Ok(())
    }

    /// What it sends in a round, after the head.
    pub(super) fn write_vartime(
        &self,
        agreement: &Agreement,
        round: usize,
        to: usize,
        message: &mut Vec<u8>,
    ) -> Result<()> {
        if round == 0 && to != LEADER && !agreement.sends_rows(round, agreement.index(), to) {
            message.extend_from_slice(self.sharing.public());
            return Ok(());
        }
        if to == LEADER {
            let context = Context { agreement, party: agreement.index() };
            let entries = self.values.iter().zip(self.items.digests());
            let entries = entries.map(|(value, digest)| (value, self.sharing.share(agreement, digest)));
            let bins = table::bins(agreement.size().unwrap_or(self.items.len()));
            table::write_vartime(&context, entries, bins, &self.table_key(agreement), message)?;
        }
        if agreement.sends_rows(round, agreement.index(), to) {
            list::write(&self.rows, Self::width_sent(agreement), message);
        }
        Ok(())
    }

    pub(super) const fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }
}
