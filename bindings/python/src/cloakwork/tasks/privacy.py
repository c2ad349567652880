"""What a private task promises to the records behind it, and how far noise takes its results."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloakwork.privacy import Accountant, Mechanism, Neighbours, Unit
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Privacy", "deviation", "error", "record_clip"]


@dataclass(frozen=True)
class Privacy:
    """Differential privacy of each record, in all rounds of a run together.

    Attributes:
        epsilon: above 0, at most 64.
        delta: between 0 and 1; below one by the number of records.
        rounds: most rounds of the run.
        neighbours: how neighbouring tables differ in a record.
    """

    epsilon: float
    delta: float
    rounds: int = 1
    neighbours: Neighbours = Neighbours.REPLACE_ONE

    def __post_init__(self) -> None:
        """Checks the numbers."""
        if not 0 < self.epsilon <= 64:
            raise FlowError(FlowStatus.TASK, f"is {self.epsilon} and must be above 0 and at most 64; 1 works", argument="epsilon")
        if not 0 < self.delta < 1:
            raise FlowError(FlowStatus.TASK, f"is {self.delta} and must be between 0 and 1; 1e-06 works", argument="delta")
        if not 1 <= self.rounds < 2**32:
            raise FlowError(FlowStatus.TASK, f"is {self.rounds} and must be 1 to 2^32 - 1; 1 works", argument="rounds")

    def __str__(self) -> str:
        rounds = "one round" if self.rounds == 1 else f"{self.rounds} rounds together"
        return f"epsilon {self.epsilon:g} at delta {self.delta:g} for a record ({self.neighbours.value}), in {rounds}"

    def check(self, mechanism: Mechanism, unit: Unit) -> None:
        """Compares the promise with the noise of a run.

        Raises:
            FlowError: the noise does not keep it.
        """
        with Accountant() as accountant:
            accountant.add(mechanism, unit, self.neighbours, self.rounds)
            found = accountant.epsilon(self.delta)
        # A plan may reach its epsilon to the last digit.
        if not found <= self.epsilon * (1 + 1e-9):
            message = f"the run promises {self}, and its noise gives epsilon {found:.4g}"
            raise FlowError(FlowStatus.TASK, message, argument="epsilon", bound=self.epsilon)


def record_clip(entries: int, rows: int) -> float:
    """A bound on the L2 norm by which one record moves sums of numbers from -1 to 1.

    Args:
        entries: how many sums.
        rows: most rows of a party. Each sum is rounded once to float64, by at most 2^-53 of itself: by that much more neighbouring sums
            may be apart.
    """
    return math.sqrt(entries) * (1 + rows * 2.0**-51)


def deviation(mechanism: Mechanism, parties: int) -> float:
    """Standard deviation of an entry of the sum over so many parties, by noise and by rounding, of which 1/4 is the most.

    Noise and rounding errors are independent from entry to entry, and the rotation back keeps their variance.
    """
    parts = parties * mechanism.parts
    return mechanism.granularity * math.sqrt(parts * (mechanism.noise**2 + 0.25))


def error(
    sums: NDArray[np.float64], deviation: float, statistic: Callable[[NDArray[np.float64]], dict[str, NDArray[np.float64]]]
) -> dict[str, NDArray[np.float64]]:
    """Standard deviations of functions of noisy sums, to first order, with secants over one deviation to either side.

    Args:
        sums: the noisy sums.
        deviation: of each.
        statistic: the functions by name.
    """
    squares: dict[str, NDArray[np.float64]] = {}
    for index in range(len(sums)):
        step = np.zeros(len(sums))
        step[index] = deviation
        above, below = statistic(sums + step), statistic(sums - step)
        for name, value in above.items():
            change = (value - below[name]) / 2
            squares[name] = squares.get(name, 0.0) + change**2
    return {name: np.sqrt(value) for name, value in squares.items()}
