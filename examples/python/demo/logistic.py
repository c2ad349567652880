"""A joint logistic regression by Newton's method: each round gives the mean gradient and curvature of the loss over all rows.

    F(w) = (1/n) sum over rows of log(1 + exp(-y x.w)) + PENALTY / (2 n) |w|^2, with y = 1 or -1 and x = (1, standardised features)

n is the number of rows of the joint statistics: a hospital that is away for a round changes which rows are averaged, not the penalty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rows import FEATURES, MOST_ROWS, Rows

from cloakwork.layout import Layout, Result, Tensor, Weight

__all__ = ["COEFFICIENTS", "PENALTY", "PRECISION", "Model", "contribution", "layout", "start", "step"]

COEFFICIENTS = FEATURES + 1
PENALTY = 1.0
PRECISION = 2.0**-32
# Agreed bounds: of a standardised feature, and of the mean loss of a hospital.
_LARGEST_FEATURE = 32.0
_LARGEST_LOSS = 1024.0
_UPPER = np.triu_indices(COEFFICIENTS)


@dataclass(frozen=True)
class Model:
    """What every hospital is given for a round.

    Attributes:
        rows: rows of the joint statistics.
        mean: joint mean of each feature.
        deviation: joint standard deviation of each feature.
        coefficients: of the constant and of each standardised feature.
    """

    rows: int
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    coefficients: NDArray[np.float64]

    def encode(self) -> bytes:
        """The model as bytes."""
        return np.concatenate([[float(self.rows)], self.mean, self.deviation, self.coefficients]).astype("<f8").tobytes()

    @classmethod
    def decode(cls, content: bytes) -> Model:
        """The model that `encode` wrote."""
        rows, mean, deviation, coefficients = np.split(np.frombuffer(content, "<f8"), np.cumsum([1, FEATURES, FEATURES]))
        return cls(int(rows[0]), mean, deviation, coefficients)

    def design(self, rows: Rows) -> NDArray[np.float64]:
        """The constant and the standardised features of rows."""
        return np.column_stack([np.ones(len(rows)), (rows.features - self.mean) / self.deviation])


def start(rows: int, mean: NDArray[np.float64], variance: NDArray[np.float64]) -> Model:
    """The model before the first round."""
    return Model(rows, mean, np.sqrt(variance), np.zeros(COEFFICIENTS))


def layout(parties: int) -> Layout:
    """What a hospital contributes: means over its rows, weighted by their number; loss and accuracy are metrics, masked like the rest."""
    template = {"gradient": np.zeros(COEFFICIENTS), "curvature": np.zeros(len(_UPPER[0]))}
    bound = {"gradient": _LARGEST_FEATURE, "curvature": _LARGEST_FEATURE**2 / 4}
    metrics = {
        "loss": Tensor(bound=_LARGEST_LOSS, precision=PRECISION, reduction="weighted_mean"),
        "accuracy": Tensor(bound=1, precision=PRECISION, reduction="weighted_mean"),
    }
    return Layout.like(
        template,
        parties=parties,
        bound=bound,
        precision=PRECISION,
        reduction="weighted_mean",
        weight=Weight(bound=MOST_ROWS),
        metrics=metrics,
    )


def contribution(rows: Rows, model: Model) -> dict[str, NDArray[np.float64]]:
    """The tensors of a hospital for a round."""
    design = model.design(rows)
    margin = design @ model.coefficients
    probability = 1 / (1 + np.exp(-margin))
    curvature = (design.T * (probability * (1 - probability))) @ design / len(rows)
    return {
        "gradient": design.T @ (probability - rows.labels) / len(rows),
        "curvature": curvature[_UPPER],
        "loss": np.asarray(np.logaddexp(0, (1 - 2 * rows.labels) * margin).mean()),
        "accuracy": np.asarray(((margin > 0) == (rows.labels > 0)).mean()),
    }


def step(model: Model, joint: Result) -> Model:
    """The model after a round."""
    curvature = np.zeros((COEFFICIENTS, COEFFICIENTS))
    curvature[_UPPER] = joint.values["curvature"]
    curvature += np.triu(curvature, 1).T
    penalty = PENALTY / model.rows
    gradient = joint.values["gradient"] + penalty * model.coefficients
    change = np.linalg.solve(curvature + penalty * np.eye(COEFFICIENTS), gradient)
    return replace(model, coefficients=model.coefficients - change)
