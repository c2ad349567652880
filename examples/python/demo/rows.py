"""The data: the Wisconsin breast-cancer set that scikit-learn carries (Street, Wolberg and Mangasarian 1993), split over five hospitals.

569 tumours, 30 measurements of each, and whether it was benign.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["FEATURES", "HOSPITALS", "LIMITS", "MOST_ROWS", "Rows", "load", "split"]

FEATURES = 30
# What a hospital may have at most. The bounds of this file are agreed before anybody looks at data: they decide the widths of the sums.
MOST_ROWS = 4096
# Largest value of each of the ten measurements. The data set has the mean, the standard error and the worst value of each.
_MEASUREMENTS = np.array([50.0, 80.0, 300.0, 5000.0, 0.5, 2.0, 3.0, 0.5, 1.0, 0.5])
_ERRORS = 0.2
LIMITS: NDArray[np.float64] = np.concatenate([_MEASUREMENTS, _ERRORS * _MEASUREMENTS, _MEASUREMENTS])
# Their shares of the rows, in percent.
HOSPITALS = {"north": 40, "east": 25, "south": 17, "west": 11, "harbour": 7}
_SEED = 1993


@dataclass(frozen=True)
class Rows:
    """Rows of one hospital, or of all.

    Attributes:
        features: float64 of shape (rows, 30).
        labels: float64 of shape (rows,): 1 benign, 0 malignant.
    """

    features: NDArray[np.float64]
    labels: NDArray[np.float64]

    def __len__(self) -> int:
        """How many rows."""
        return len(self.labels)

    def save(self, path: Path) -> None:
        """Writes the rows as a NumPy archive."""
        np.savez(path, features=self.features, labels=self.labels)

    @classmethod
    def read(cls, path: Path) -> Rows:
        """Reads what `save` wrote."""
        with np.load(path, allow_pickle=False) as archive:
            return cls(archive["features"], archive["labels"])

    @classmethod
    def joined(cls, parts: list[Rows]) -> Rows:
        """All rows of several hospitals: what nobody of them has."""
        return cls(np.concatenate([part.features for part in parts]), np.concatenate([part.labels for part in parts]))


def load() -> tuple[Rows, tuple[str, ...]]:
    """The whole data set and the names of its features."""
    # Seconds of import that the hospitals need not spend.
    from sklearn.datasets import load_breast_cancer  # type: ignore[import-untyped]

    bunch = load_breast_cancer()
    return Rows(np.ascontiguousarray(bunch.data), bunch.target.astype(np.float64)), tuple(map(str, bunch.feature_names))


def split(whole: Rows) -> dict[str, Rows]:
    """The rows of each hospital by name: every row is in one of them."""
    order = np.random.default_rng(_SEED).permutation(len(whole))
    ends = np.cumsum(list(HOSPITALS.values())) * len(whole) // 100
    parts = np.split(order, ends[:-1])
    return {name: Rows(whole.features[part], whole.labels[part]) for name, part in zip(HOSPITALS, parts, strict=True)}
