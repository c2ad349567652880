"""Joint mean, variance and correlation from masked sums.

Two rounds of the same kind, each with deviations from a centre that everybody knows: from 0 in the first, which gives the mean, and from
that mean in the second, so that nothing cancels in the sums of products (the shifted data algorithm; Chan, Golub and LeVeque 1983).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rows import FEATURES, LIMITS, MOST_ROWS, Rows

from cloakwork.layout import Layout, Result, Tensor, Weight

__all__ = ["PRECISION", "Moments", "contribution", "layout", "mean_of", "moments_of"]

PRECISION = 2.0**-36
_UPPER = np.triu_indices(FEATURES)


@dataclass(frozen=True)
class Moments:
    """Joint statistics.

    Attributes:
        rows: how many rows are in them.
        mean: of each feature.
        variance: of each feature, with n - 1.
        correlation: of every two features.
    """

    rows: int
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    correlation: NDArray[np.float64]


def layout(parties: int) -> Layout:
    """What a hospital contributes: its means of scaled deviations and of their products, and as a weight, masked like them, its rows."""
    tensors = {
        "deviations": Tensor((FEATURES,), bound=1, precision=PRECISION, reduction="weighted_mean"),
        "products": Tensor((len(_UPPER[0]),), bound=1, precision=PRECISION, reduction="weighted_mean"),
    }
    return Layout(tensors, parties, Weight(bound=MOST_ROWS))


def contribution(rows: Rows, centre: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """The tensors of a hospital. Features are divided by their limits, and `centre` is given in that scale."""
    deviations = rows.features / LIMITS - centre
    products = deviations.T @ deviations / len(rows)
    return {"deviations": deviations.mean(axis=0), "products": products[_UPPER]}


def mean_of(joint: Result, centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """The joint mean, scaled."""
    mean: NDArray[np.float64] = centre + joint.values["deviations"]
    return mean


def moments_of(joint: Result, centre: NDArray[np.float64]) -> Moments:
    """The joint statistics from a round around a centre near the mean."""
    rows = int(joint.weight or 0)
    offset = joint.values["deviations"]
    products = np.zeros((FEATURES, FEATURES))
    products[_UPPER] = joint.values["products"]
    products += np.triu(products, 1).T
    covariance = (products - np.outer(offset, offset)) * rows / (rows - 1)
    deviation = np.sqrt(covariance.diagonal())
    return Moments(
        rows=rows,
        mean=LIMITS * (centre + offset),
        variance=LIMITS**2 * covariance.diagonal(),
        correlation=covariance / np.outer(deviation, deviation),
    )
