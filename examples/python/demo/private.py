"""The same regression with differential privacy: no exact sum is opened, only gradients with the noise of the hospitals.

Gradient descent with momentum. A row's gradient is cut to the Euclidean norm CLIP, whatever the row holds; a hospital sums those of its
rows, and the run's mechanism adds noise before the sum is masked. Features are centred and scaled by numbers that were agreed before
anybody looked at data, since the joint mean and deviation would tell something about every row.

The number of rows is used as it is: neighbouring data sets differ in one row that is replaced by another, which does not change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from logistic import COEFFICIENTS
from numpy.typing import NDArray
from rows import LIMITS, MOST_ROWS, Rows

from cloakwork.privacy import Plan, Unit, choose

__all__ = ["CLIP", "DELTA", "EPSILONS", "Trainer", "accuracy", "contribution", "plan", "run_name", "train_in_the_clear", "unit"]

EPSILONS = (1.0, 3.0, 8.0)
DELTA = 1e-5
CLIP = 0.5
# Three honest hospitals are in every sum that is opened: one may stay away and one may work with the server.
_HONEST = 3
_QUARTER = 0.25
_RATE = 1.0
_MOMENTUM = 0.9
_PENALTY = 1e-3


def run_name(epsilon: float) -> str:
    """The name of the run with this epsilon."""
    return f"epsilon {epsilon:g}"


def unit() -> Unit:
    """What an epsilon is about: one row, by its clipped gradient."""
    return Unit.record(CLIP)


def plan(epsilon: float, parties: int, rounds: int) -> Plan:
    """The noise with which so many rounds cost this epsilon."""
    return choose(
        clients=parties,
        honest=_HONEST,
        dimension=COEFFICIENTS,
        clip=CLIP * MOST_ROWS,
        epsilon=epsilon,
        delta=DELTA,
        rounds=rounds,
        unit=unit(),
    )


def design(rows: Rows) -> NDArray[np.float64]:
    """The constant and the features, centred and scaled by a quarter of their agreed limits."""
    return np.column_stack([np.ones(len(rows)), (rows.features / LIMITS - _QUARTER) / _QUARTER])


def contribution(rows: Rows, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of the clipped gradients of the rows: a row moves it by at most CLIP."""
    table = design(rows)
    # The margin is bounded so that no exponential overflows; the probability is 0 or 1 to 16 digits there.
    probability = 1 / (1 + np.exp(-np.clip(table @ coefficients, -40, 40)))
    gradients = (probability - rows.labels)[:, None] * table
    norms = np.linalg.norm(gradients, axis=1, keepdims=True)
    # A little below the clip, so that rounding does not pass it.
    found: NDArray[np.float64] = (gradients * np.minimum(1, CLIP * (1 - 2.0**-40) / np.maximum(norms, CLIP / 2))).sum(axis=0)
    return found


@dataclass
class Trainer:
    """The model on its way.

    Args:
        rows: how many rows all hospitals have.
        rounds: how many rounds there are; the model is the mean over the second half of them.
    """

    rows: int
    rounds: int

    def __post_init__(self) -> None:
        """Begins with zeros."""
        self.coefficients = np.zeros(COEFFICIENTS)
        self._velocity = np.zeros(COEFFICIENTS)
        self._later: list[NDArray[np.float64]] = []
        self._done = 0

    def step(self, gradient: NDArray[np.float64]) -> None:
        """Takes the sum of a round."""
        self._velocity = _MOMENTUM * self._velocity + gradient / self.rows + _PENALTY * self.coefficients
        self.coefficients = self.coefficients - _RATE * self._velocity
        self._done += 1
        if 2 * self._done > self.rounds:
            self._later.append(self.coefficients)

    @property
    def model(self) -> NDArray[np.float64]:
        """The mean of the later models: noise of single rounds is averaged out."""
        found: NDArray[np.float64] = np.mean(self._later, axis=0)
        return found


def accuracy(rows: Rows, coefficients: NDArray[np.float64]) -> float:
    """The part of rows that a model classifies rightly."""
    return float(np.mean((design(rows) @ coefficients > 0) == (rows.labels > 0)))


def train_in_the_clear(parts: Sequence[Rows], rounds: int, deviation: float, seed: int) -> float:
    """The accuracy after the same training on all rows in one place, with central Gaussian noise of this standard deviation."""
    whole = Rows.joined(list(parts))
    generator = np.random.default_rng(seed)
    trainer = Trainer(len(whole), rounds)
    for _ in range(rounds):
        trainer.step(contribution(whole, trainer.coefficients) + deviation * generator.normal(size=COEFFICIENTS))
    return accuracy(whole, trainer.model)
