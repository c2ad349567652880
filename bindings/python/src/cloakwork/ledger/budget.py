"""What a ledger knows of a data set."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cloakwork.errors import PrivacyError, Status
from cloakwork.privacy import Mechanism, Neighbours, Unit
from cloakwork.privacy._unit import Kind

__all__ = ["UNITS", "Budget", "Change", "Entry", "Release", "Spent"]

UNITS: tuple[Kind, ...] = ("record", "part", "client")


@dataclass(frozen=True)
class Budget:
    """The loss that a data set may suffer in all rounds of all runs together.

    Attributes:
        epsilon: above 0.
        delta: between 0 and 1, well below one over the number of units.
        unit: whose data the loss is about: ``"record"``, ``"part"`` or ``"client"``. It cannot be changed later: losses of different
            units do not add up.
        neighbours: how neighbouring data sets differ in a unit; it cannot be changed either.

    Raises:
        PrivacyError: a number outside its range.
    """

    epsilon: float
    delta: float
    unit: Kind = "record"
    neighbours: Neighbours = Neighbours.REPLACE_ONE

    def __post_init__(self) -> None:
        """Checks the numbers."""
        if not 0 < self.epsilon < math.inf:
            raise PrivacyError(Status.INVALID_MECHANISM, f"is {self.epsilon} and must be above 0; 1 works", bound=0, argument="epsilon")
        if not 0 < self.delta < 1:
            message = f"is {self.delta} and must be between 0 and 1; 1e-06 works"
            raise PrivacyError(Status.INVALID_MECHANISM, message, bound=1, argument="delta")
        if self.unit not in UNITS:
            raise PrivacyError(Status.INVALID_MECHANISM, f"is {self.unit!r}, expected one of {', '.join(UNITS)}", argument="unit")
        if not isinstance(self.neighbours, Neighbours):
            raise PrivacyError(Status.INVALID_MECHANISM, "expected a member of Neighbours", argument="neighbours")

    def __str__(self) -> str:
        return f"epsilon {self.epsilon:g} at delta {self.delta:g} for a {self.unit} ({self.neighbours.value})"


@dataclass(frozen=True)
class Spent:
    """What a data set has lost so far.

    Attributes:
        epsilon: at the budget's delta; recomputed from the parameters of all rounds.
        delta: the budget's.
        rounds: how many rounds were charged.
        budget: the budget.
    """

    epsilon: float
    delta: float
    rounds: int
    budget: Budget

    @property
    def left(self) -> float:
        """How much epsilon may grow. Losses do not add up simply: later rounds cost less than the first."""
        return max(0.0, self.budget.epsilon - self.epsilon)


@dataclass(frozen=True)
class Release:
    """What a round costs: its mechanism, and the unit that the loss is about."""

    mechanism: Mechanism
    unit: Unit


@dataclass(frozen=True)
class Entry:
    """A round that was charged.

    Attributes:
        run: hash of the run, 32 bytes.
        round: number of the round.
        member: id of the member whose contribution was charged; None for a controller's entry.
        mechanism: the parameters.
        unit: the unit, with a record's clip.
        rotation_seed: the public seed of the round's rotation, where it was known.
        time: seconds since 1970.
    """

    run: bytes
    round: int
    member: int | None
    mechanism: Mechanism
    unit: Unit
    rotation_seed: bytes | None
    time: float


@dataclass(frozen=True)
class Change:
    """A budget that was set or raised, and when."""

    budget: Budget
    time: float
