"""What the private trainings came to: the noise in every sum, the loss by the ledgers, the accuracy beside training in the clear."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import private
from logistic import COEFFICIENTS
from numpy.typing import NDArray
from record import PrivateTraining, Record
from rows import Rows

from cloakwork.privacy import Plan, gaussian_multiplier

__all__ = ["Noised", "Training"]

# A chi-square of n degrees of freedom leaves n (1 +- 6.5 sqrt(2/n)) with a probability below 10^-9 for the sizes here.
_SIGMAS = 6.5
# Trainings in the clear, whose accuracies are averaged.
_REPEATS = 40


@dataclass(frozen=True)
class Training:
    """A private training.

    Attributes:
        found: what the parties reported.
        plan: its parameters.
        accuracy: on all rows.
        noise: mean square of the noise in the opened sums over the one that the mechanism states for the hospitals that are in them.
    """

    found: PrivateTraining
    plan: Plan
    accuracy: float
    noise: float

    @property
    def noise_holds(self) -> bool:
        """Whether the noise is as stated; rounding adds at most a quarter of a squared unit a share."""
        count = self.found.rounds * COEFFICIENTS
        spread = _SIGMAS * math.sqrt(2 / count)
        return 1 - spread < self.noise < 1 + spread + 0.25 / self.plan.mechanism.noise**2

    @property
    def loss_holds(self) -> bool:
        """Whether every ledger was charged for what the plan says, and for no more than was wanted."""
        return self.plan.epsilon <= self.found.epsilon and all(
            math.isclose(spent, self.plan.epsilon, rel_tol=1e-9) for spent in self.found.spent.values()
        )


class Noised:
    """The private trainings of a record.

    Args:
        record: what the parties reported.
        parts: the rows of each hospital.
    """

    def __init__(self, record: Record, parts: dict[str, Rows]) -> None:
        self._record = record
        self._parts = parts
        self._whole = Rows.joined(list(parts.values()))

    def trainings(self) -> Iterator[Training]:
        """All of them."""
        for found in self._record.private:
            plan = private.plan(found.epsilon, len(self._parts), found.rounds)
            yield Training(found, plan, private.accuracy(self._whole, np.array(found.coefficients)), self._noise(found, plan))

    def central(self, found: PrivateTraining) -> tuple[float, float]:
        """The mean accuracy of the same training with central Gaussian noise of the same epsilon, and its standard deviation."""
        # A row that is replaced by another moves the sum by twice its clip.
        deviation = 2 * private.CLIP * gaussian_multiplier(found.epsilon, private.DELTA, found.rounds)
        clear = [self._clear(found.rounds, deviation, seed) for seed in range(_REPEATS)]
        return float(np.mean(clear)), float(np.std(clear))

    def without_noise(self, rounds: int) -> float:
        """The accuracy of the same training without any noise."""
        return self._clear(rounds, 0.0, 0)

    def _clear(self, rounds: int, deviation: float, seed: int) -> float:
        return private.train_in_the_clear(list(self._parts.values()), rounds, deviation, seed)

    def _noise(self, found: PrivateTraining, plan: Plan) -> float:
        mechanism = plan.mechanism
        ratios: list[NDArray[np.float64]] = []
        for entry in self._record.of(private.run_name(found.epsilon)):
            exact = sum(
                (private.contribution(self._parts[name], np.array(entry.context)) for name in entry.members), np.zeros(COEFFICIENTS)
            )
            error = np.array(entry.values["gradient"]) - exact
            ratios.append(error**2 / (len(entry.members) * mechanism.sigma**2))
        return float(np.mean(ratios)) if ratios else math.nan
