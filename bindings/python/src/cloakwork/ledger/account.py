"""A run's account: where the rounds of one run are charged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cloakwork.ledger.budget import Spent
from cloakwork.privacy import Mechanism, Unit
from cloakwork.secagg import Run
from cloakwork.wire.problem import FlowError, FlowStatus

if TYPE_CHECKING:
    from cloakwork.ledger.book import Ledger

__all__ = ["Account", "account_of", "opened"]


@dataclass(frozen=True)
class Account:
    """The data set to which a run is charged, at a member or, with `member` None, at a controller.

    Attributes:
        ledger: the ledger.
        dataset: name of the data set.
        unit: the unit, with a record's clip.
        run: the run; it has a mechanism.
        member: id of the member.
    """

    ledger: Ledger
    dataset: str
    unit: Unit
    run: Run
    member: int | None

    def check(self, number: int, rotation_seed: bytes | None = None) -> Spent:
        """What `charge` would give, without charging.

        Raises:
            CloakworkError: as `charge`.
        """
        return self.ledger.check(self.dataset, self.run.hash, number, self._mechanism, self.unit, rotation_seed, member=self.member)

    def charge(self, number: int, rotation_seed: bytes | None = None) -> Spent:
        """Charges a round, as `Ledger.charge`."""
        return self.ledger.charge(self.dataset, self.run.hash, number, self._mechanism, self.unit, rotation_seed, member=self.member)

    def spent(self) -> Spent:
        """What the data set has lost so far, in all runs."""
        return self.ledger.spent(self.dataset)

    def rounds_left(self) -> int:
        """How many more rounds of the run the budget allows, at most 2^20."""
        return self.ledger.rounds_left(self.dataset, self._mechanism, self.unit)

    @property
    def _mechanism(self) -> Mechanism:
        if self.run.config.mechanism is None:
            raise FlowError(FlowStatus.CONFIGURATION, "the run has no noise mechanism: there is nothing to charge", argument="run")
        return self.run.config.mechanism


def account_of(
    run: Run, ledger: Ledger | None, dataset: str | None, unit: Unit | None, member: int | None, *, needed: bool = True
) -> Account | None:
    """The account of a run; None where a run without mechanism needs none.

    Args:
        run: the run.
        ledger: the ledger.
        dataset: name of the data set; None where the run was assigned to one before.
        unit: the unit; None for the budget's, which is enough unless that is a record.
        member: id of the member; None for a controller.
        needed: whether a run with a mechanism has to have one now.

    Raises:
        FlowError: a run with a mechanism has no ledger or no data set, or a run without has one.
    """
    if run.config.mechanism is None:
        if dataset is not None or unit is not None:
            message = "the run has no noise mechanism: there is nothing to charge, and nothing but the sum protects the data"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument="dataset")
        return None
    if ledger is None:
        if not needed:
            return None
        message = "the run is differentially private and needs one: Ledger(path), with the data set and its budget"
        raise FlowError(FlowStatus.CONFIGURATION, message, argument="ledger")
    if dataset is None:
        known = ledger.account(run, member=member)
        if known is None and needed:
            message = "name the data set of the ledger that this run is about"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument="dataset")
        return known
    return ledger.assign(run, dataset, unit, member=member)


def opened(ledger: Ledger | str | Path | None) -> tuple[Ledger | None, bool]:
    """A ledger that is given as itself or as its file, and whether it was opened here."""
    from cloakwork.ledger.book import Ledger

    if ledger is None or isinstance(ledger, Ledger):
        return ledger, False
    return Ledger(ledger), True
