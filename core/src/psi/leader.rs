//! The party whose items go round, and who finds the common ones.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::field;
use crate::group::Scalar;
use crate::psi::agreement::{Agreement, Output};
use crate::psi::items::Items;
use crate::psi::list;
use crate::psi::outcome::Outcome;
use crate::psi::sharing::Share;
use crate::psi::table::{Context, Table};
use crate::psi::work::{Encoding, Source, Work};

/// The leader, from its items to the outcome.
pub(super) struct Leader {
    items: Items,
    seed: Zeroizing<[u8; 32]>,
    /// Which item each encrypted one is that was sent.
    order: Zeroizing<Vec<usize>>,
    /// What goes out, and what came back.
    rows: Zeroizing<Vec<Encoding>>,
    tables: Vec<Option<Table>>,
    /// The rows whose items all parties hold.
    common: Zeroizing<Vec<Encoding>>,
    outcome: Option<Outcome>,
}

impl Leader {
    pub(super) fn new(agreement: &Agreement, items: Items, seed: Zeroizing<[u8; 32]>) -> Self {
        Self {
            items: items.pad(agreement, &seed),
            seed,
            order: Zeroizing::default(),
            rows: Zeroizing::default(),
            tables: (0..agreement.parties()).map(|_| None).collect(),
            common: Zeroizing::default(),
            outcome: None,
        }
    }

    /// What hides the items until they come back.
    fn exponent(&self, agreement: &Agreement) -> Scalar {
        Scalar::expand(&self.seed, "psi blinding", &[agreement.hash()])
    }

    /// What is to be multiplied at the beginning of a round.
    pub(super) fn begin(&mut self, agreement: &Agreement, round: usize) -> Option<Work> {
        let exponent = self.exponent(agreement);
        if round == 0 {
            let digests = Zeroizing::new(self.items.digests().to_vec());
            return Some(Work::new(Source::Digest, digests, exponent, None));
        }
        let last = agreement.return_round();
        (round > last).then(|| {
            let rows = core::mem::take(&mut self.rows);
            Work::new(Source::Elements(last), rows, exponent.inverse(), Some(last))
        })
    }

    /// Takes the products of a round.
    pub(super) fn absorb_vartime(&mut self, agreement: &Agreement, round: usize, products: &[Encoding]) {
        if round == 0 { self.hide_vartime(products) } else { self.compare_vartime(agreement, products) }
    }

    /// Puts encrypted items into an order of which they are the only reason.
    fn hide_vartime(&mut self, products: &[Encoding]) {
        let order = list::order_vartime(products);
        let mut rows = Zeroizing::new(Vec::with_capacity(products.len()));
        rows.extend(order.iter().filter_map(|index| products.get(*index)));
        (self.rows, self.order) = (rows, order);
    }

    /// Finds the rows whose shares add up to zero.
    fn compare_vartime(&mut self, agreement: &Agreement, products: &[Encoding]) {
        let width = agreement.return_round();
        let mut common = Zeroizing::new(Vec::new());
        let mut places = Zeroizing::new(Vec::new());
        let mut size = 0;
        for (index, row) in products.chunks_exact(width).enumerate() {
            let mut sum = Share::default();
            for ((party, value), table) in (1..).zip(row).zip(self.tables.iter().skip(1)) {
                let share = table.as_ref().map(|table| table.get(&Context { agreement, party }, value));
                for (sum, share) in sum.iter_mut().zip(share.iter().flatten()) {
                    *sum = sum.add(share);
                }
            }
            if sum.iter().all(|sum| sum.ct_eq(&field::Element::ZERO)) {
                size += 1;
                if agreement.output() == Output::Intersection {
                    common.extend_from_slice(row);
                    places.extend(self.order.get(index).and_then(|item| self.items.place(*item)));
                }
            }
        }
        self.common = common;
        self.outcome = Some(Outcome::new(agreement.output(), size, places));
    }

    /// Takes what comes back.
    pub(super) fn receive_vartime(
        &mut self,
        agreement: &Agreement,
        round: usize,
        from: usize,
        message: &[u8],
    ) -> Result<()> {
        let (table, rest) = Table::read(agreement, message)?;
        if agreement.sends_rows(round, from, agreement.index()) {
            let width = agreement.return_round();
            let rows = list::read(rest, width)?;
            if rows.len() != self.items.len() * width {
                return Err(ErrorKind::CountChanged.bound(self.items.len() as u64));
            }
            list::check_distinct_vartime(&rows, width)?;
            if agreement.output() == Output::Size {
                list::check_ascending_vartime(rows.iter().skip(width - 1).step_by(width))?;
            }
            self.rows = rows;
        } else if !rest.is_empty() {
            return Err(ErrorKind::Malformed.bound((message.len() - rest.len()) as u64));
        }
        if let Some(place) = self.tables.get_mut(from) {
            *place = Some(table);
        }
        Ok(())
    }

    /// What it sends in a round, after the head.
    pub(super) fn write_vartime(&self, agreement: &Agreement, round: usize, to: usize, message: &mut Vec<u8>) {
        if round == 0 {
            list::write(&self.rows, 1, message);
            return;
        }
        let mut found = Zeroizing::new(Vec::with_capacity(self.common.len()));
        found.extend(self.common.iter().skip(to - 1).step_by(agreement.return_round()).copied());
        found.sort_unstable();
        match agreement.output() {
            Output::Intersection => list::write(&found, 1, message),
            Output::Size => message.extend(list::count(self.outcome.as_ref().map_or(0, Outcome::size))),
        }
    }

    pub(super) const fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }
}
