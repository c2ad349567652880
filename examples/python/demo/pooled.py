"""The same results in the clear, from all rows in one place: what the secure results are held against. It uses no secure code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from logistic import COEFFICIENTS, PENALTY
from numpy.typing import NDArray
from rows import Rows

__all__ = ["Derivatives", "Trained", "curvature", "derivatives", "design", "library_fit", "train"]


@dataclass(frozen=True)
class Derivatives:
    """Means over rows at a model: gradient, curvature (upper triangle by rows), loss, accuracy."""

    gradient: NDArray[np.float64]
    curvature: NDArray[np.float64]
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Trained:
    """A model, and how far its last step went (Euclidean)."""

    coefficients: NDArray[np.float64]
    last_step: float


def design(rows: Rows, mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> NDArray[np.float64]:
    """The constant and the standardised features."""
    return np.hstack([np.ones((len(rows), 1)), (rows.features - mean) / deviation])


def derivatives(table: NDArray[np.float64], labels: NDArray[np.float64], coefficients: NDArray[np.float64]) -> Derivatives:
    """The derivatives of the mean loss over the rows of a design."""
    margin = (table * coefficients).sum(axis=1)
    probability = np.where(margin >= 0, 1 / (1 + np.exp(-np.abs(margin))), 1 - 1 / (1 + np.exp(-np.abs(margin))))
    full = np.einsum("r,ri,rj->ij", probability * (1 - probability), table, table, optimize=True) / len(labels)
    signed = np.where(labels > 0, margin, -margin)
    return Derivatives(
        gradient=((probability - labels)[:, None] * table).mean(axis=0),
        curvature=full[np.triu_indices(COEFFICIENTS)],
        loss=float((np.log1p(np.exp(-np.abs(signed))) + np.maximum(-signed, 0)).mean()),
        accuracy=float(np.mean((margin > 0) == (labels > 0))),
    )


def curvature(
    table: NDArray[np.float64], labels: NDArray[np.float64], coefficients: NDArray[np.float64], penalty: float
) -> NDArray[np.float64]:
    """The second derivatives of F, a matrix."""
    full = np.zeros((COEFFICIENTS, COEFFICIENTS))
    full[np.triu_indices(COEFFICIENTS)] = derivatives(table, labels, coefficients).curvature
    return full + full.T - np.diag(full.diagonal()) + penalty * np.eye(COEFFICIENTS)


def train(whole: Rows, rounds: Iterable[Rows]) -> Trained:
    """Newton's method over the rows of those who took part in each round, standardised by the statistics of `whole`."""
    mean, deviation = whole.features.mean(axis=0), whole.features.std(axis=0, ddof=1)
    coefficients = np.zeros(COEFFICIENTS)
    last = 0.0
    penalty = PENALTY / len(whole)
    for rows in rounds:
        table = design(rows, mean, deviation)
        gradient = derivatives(table, rows.labels, coefficients).gradient + penalty * coefficients
        change = np.linalg.solve(curvature(table, rows.labels, coefficients, penalty), gradient)
        coefficients, last = coefficients - change, float(np.linalg.norm(change))
    return Trained(coefficients, last)


def library_fit(whole: Rows, rows: Rows) -> NDArray[np.float64]:
    """scikit-learn's own logistic regression on these rows, with the penalty of F in `logistic`."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    table = design(rows, whole.features.mean(axis=0), whole.features.std(axis=0, ddof=1))
    strength = len(whole) / (len(rows) * PENALTY)
    fitted = LogisticRegression(C=strength, fit_intercept=False, solver="newton-cholesky", tol=1e-12).fit(table, rows.labels)
    coefficients: NDArray[np.float64] = fitted.coef_[0]
    return coefficients
