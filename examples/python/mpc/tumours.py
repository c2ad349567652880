"""A model of tumours from the rows of several hospitals: nobody sees a row, a gradient or a weight of the way there.

    python examples/python/mpc/tumours.py --parties 3 --tls

The data: the Wisconsin breast-cancer set that scikit-learn carries (Street, Wolberg and Mangasarian 1993), 569 tumours with 30
measurements each. The model is a logistic regression. What becomes known: means and standard deviations of the columns over all
hospitals, and the model at the end. It is compared with the same steps on data in the open.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import table
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from cloakwork import mpc

EPOCHS = 10
BATCH = 32
RATE = 0.5
SEED = 1993

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Rows of one hospital.

    Attributes:
        features: of shape (rows, columns).
        labels: of shape (rows,): 1 benign, 0 malignant.
    """

    features: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)


def hospitals(count: int) -> tuple[list[Rows], Rows]:
    """The rows of each hospital, about as many everywhere, and those that the model is judged by."""
    features, labels = load_breast_cancer(return_X_y=True)
    train, test, train_labels, test_labels = train_test_split(features, labels.astype(float), test_size=0.25, random_state=SEED)
    parts = zip(np.array_split(train, count), np.array_split(train_labels, count), strict=True)
    return [Rows(*part) for part in parts], Rows(test, test_labels)


def of(session: mpc.Session, rows: Sequence[Rows]) -> list[Rows]:
    """What a party of a network knows: its own rows, and how many the others have."""
    return [Rows(table.own(session, place, part.features), table.own(session, place, part.labels)) for place, part in enumerate(rows)]


def scales(session: mpc.Session, rows: Sequence[Rows]) -> tuple[Array, Array]:
    """Mean and standard deviation of each column over all hospitals. They become known; the sums of each hospital do not."""
    total = sum(len(part) for part in rows)
    sums = [session.share(part.features.sum(axis=0) / total, owner) for owner, part in enumerate(rows)]
    mean = mpc.stack(sums).sum(axis=0).open()
    # In units of the mean, so that squares fit the format whatever the column measures.
    squares = [session.share(((part.features / mean - 1) ** 2).sum(axis=0) / total, owner) for owner, part in enumerate(rows)]
    return mean, mean * np.sqrt(mpc.stack(squares).sum(axis=0).open())


def batches(total: int) -> list[NDArray[np.int64]]:
    """Which rows each step takes: everybody knows."""
    orders = np.random.default_rng(SEED)
    return [part for _ in range(EPOCHS) for part in np.split(orders.permutation(total), range(BATCH, total, BATCH))]


def with_one(features: Array) -> Array:
    """A column of ones, for the intercept."""
    return np.column_stack([features, np.ones(len(features))])


def train(session: mpc.Session, rows: Sequence[Rows], mean: Array, deviation: Array) -> Array:
    """The weights after all steps, which every hospital learns."""
    parts = [session.share(with_one((part.features - mean) / deviation), owner) for owner, part in enumerate(rows)]
    features = mpc.concatenate(parts)
    labels = mpc.concatenate([session.share(part.labels, owner) for owner, part in enumerate(rows)])
    weights = session.public(np.zeros(features.shape[1]))
    # One bar is enough where parties run side by side.
    for chosen in track(batches(len(features)), description="steps", transient=True, disable=bool(session.index)):
        batch = features[chosen]
        difference = (batch @ weights).sigmoid() - labels[chosen]
        weights = weights - (difference @ batch) * (RATE / len(chosen))
        session.run()
    opened: Array = weights.open()
    return opened


def train_in_the_open(rows: Sequence[Rows], mean: Array, deviation: Array) -> Array:
    """The same steps by NumPy."""
    features = with_one((np.concatenate([part.features for part in rows]) - mean) / deviation)
    labels = np.concatenate([part.labels for part in rows])
    weights = np.zeros(features.shape[1])
    for chosen in batches(len(features)):
        batch = features[chosen]
        difference = 1 / (1 + np.exp(-batch @ weights)) - labels[chosen]
        weights = weights - difference @ batch * (RATE / len(chosen))
    return weights


def right(weights: Array, test: Rows, mean: Array, deviation: Array) -> NDArray[np.bool_]:
    """Which rows the model judges rightly."""
    judged: NDArray[np.bool_] = (with_one((test.features - mean) / deviation) @ weights > 0) == (test.labels > 0)
    return judged


@dataclass(frozen=True)
class Trained:
    """What a party has in the end.

    Attributes:
        mean: of the columns.
        deviation: of the columns.
        weights: of the model.
        cost: what was sent.
        seconds: from the rows to the weights.
    """

    mean: Array
    deviation: Array
    weights: Array
    cost: mpc.Cost
    seconds: float


def model(session: mpc.Session, rows: Sequence[Rows]) -> Trained:
    """Scales, then trains."""
    known = of(session, rows)
    start = time.perf_counter()
    mean, deviation = scales(session, known)
    weights = train(session, known, mean, deviation)
    return Trained(mean, deviation, weights, session.cost, time.perf_counter() - start)


def main() -> int:
    """Trains, compares, and says what it cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parties", type=int, default=2, help="hospitals, 2 or more (default 2)")
    table.options(parser)
    arguments = parser.parse_args()
    rows, test = hospitals(arguments.parties)
    form = mpc.Format(rounding="dithered")
    made, *_ = table.play(lambda session: model(session, rows), arguments.parties, form, arguments)
    expected = train_in_the_open(rows, made.mean, made.deviation)
    found, plain = (right(one, test, made.mean, made.deviation) for one in (made.weights, expected))

    shown = Table("", "shared", "in the open")
    shown.add_row("rows judged rightly", f"{found.sum()} of {len(test)}", f"{plain.sum()} of {len(test)}")
    shown.add_row("largest difference of a weight", f"{np.abs(made.weights - expected).max():.5f}", "")
    shown.add_row("rounds", f"{made.cost.rounds:,}", "")
    shown.add_row("megabytes to another party", f"{made.cost.bytes / 1e6:.2f}", "")
    shown.add_row("seconds", f"{made.seconds:.2f}", "")
    Console().print(shown)
    return 0 if np.array_equal(found, plain) else 1


if __name__ == "__main__":
    sys.exit(main())
