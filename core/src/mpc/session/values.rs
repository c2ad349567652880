//! Values by number.

use alloc::collections::BTreeMap;

use super::ValueId;
use super::slot::Slot;
use crate::error::{ErrorKind, Result};

/// The values of a session, and the next number for one of them or for a result.
pub(super) struct Values<T> {
    slots: BTreeMap<u64, Slot<T>>,
    next: u64,
}

impl<T> Values<T> {
    pub(super) const fn new() -> Self {
        Self { slots: BTreeMap::new(), next: 0 }
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// A number that nothing has.
    pub(super) const fn number(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// Takes a value up.
    pub(super) fn add(&mut self, slot: Slot<T>) -> ValueId {
        let number = self.number();
        self.slots.insert(number, slot);
        ValueId(number)
    }

    /// The place of a value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for a number that no value has.
    pub(super) fn slot(&self, value: ValueId) -> Result<&Slot<T>> {
        self.slots.get(&value.0).ok_or_else(|| ErrorKind::InvalidArgument.bound(self.next))
    }

    /// Forgets a value, which is wiped once nothing needs it.
    pub(super) fn forget(&mut self, value: ValueId) {
        self.slots.remove(&value.0);
    }
}
