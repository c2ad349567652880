"""Linear regression where every party has other columns of the same people, and one has what is to be explained.

    python examples/python/mpc/vertical.py --tls

The data: 442 people with diabetes (Efron, Hastie, Johnstone and Tibshirani 2004), as scikit-learn carries them: ten measurements, and
how far the disease went in a year. A practice has age, sex, weight and blood pressure, a laboratory the six values of blood serum, a
clinic the outcome. What becomes known: the coefficients, which are compared with scikit-learn's. The normal equations stay shared.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import table
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

from cloakwork import mpc

PRACTICE, LABORATORY, CLINIC = range(3)
COLUMNS = {PRACTICE: slice(0, 4), LABORATORY: slice(4, 10)}
# In standard deviations of the outcome for one of the column.
TOLERANCE = 1e-3

Array = NDArray[np.float64]


def standard(columns: Array) -> Array:
    """Columns with mean 0 and a sum of squares of 1, so that products of columns are correlations."""
    centred = columns - columns.mean(axis=0)
    scaled: Array = centred / np.sqrt((centred**2).sum(axis=0))
    return scaled


def solve(session: mpc.Session, matrix: mpc.Tensor, right: mpc.Tensor) -> mpc.Tensor:
    """The solution for a positive definite matrix, by elimination without pivoting (Golub and Van Loan, Matrix Computations, 4.2)."""
    size = len(right)
    rows = mpc.concatenate([matrix, right.reshape(-1, 1)], axis=1)
    for place in track(range(size), description="columns", transient=True, disable=bool(session.index)):
        lead = rows[place] * rows[place, place].reciprocal()
        others = np.arange(size) != place
        factors = rows[:, place] * others.astype(np.int64)
        reduced = rows - factors.reshape(-1, 1) * lead
        rows = mpc.concatenate([reduced[:place], lead.reshape(1, -1), reduced[place + 1 :]])
        session.run()
    return rows[:, size]


def fit(session: mpc.Session, practice: Array, laboratory: Array, outcome: Array) -> Array:
    """The coefficients of the standardised columns."""
    own = session.share(table.own(session, PRACTICE, standard(practice)), PRACTICE)
    blood = session.share(table.own(session, LABORATORY, standard(laboratory)), LABORATORY)
    columns = mpc.concatenate([own, blood], axis=1)
    explained = session.share(table.own(session, CLINIC, standard(outcome)), CLINIC)
    coefficients: Array = solve(session, columns.T @ columns, columns.T @ explained).open()
    return coefficients


def main() -> int:
    """Fits, and compares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    table.options(parser)
    arguments = parser.parse_args()
    data = load_diabetes(scaled=False)
    people, outcome = data.data, data.target
    # The smallest pivot is near 2^-7, and errors grow by its reciprocal: more bits after the point than usual.
    practice, laboratory = people[:, COLUMNS[PRACTICE]], people[:, COLUMNS[LABORATORY]]
    made = table.play(
        lambda session: (fit(session, practice, laboratory, outcome), session.cost), 3, mpc.Format(fraction=24, bits=44), arguments
    )
    found, cost = made[0]
    expected = LinearRegression(fit_intercept=False).fit(standard(people), standard(outcome)).coef_

    shown = Table("column", "whose", "coefficient", "scikit-learn's")
    for place, name in enumerate(data.feature_names):
        whose = "practice" if place < COLUMNS[PRACTICE].stop else "laboratory"
        shown.add_row(name, whose, f"{found[place]:+.5f}", f"{expected[place]:+.5f}")
    console = Console()
    console.print(shown)
    console.print(f"{cost.rounds:,} rounds, {cost.bytes / 1e3:,.0f} kB to another party")
    return 0 if np.abs(found - expected).max() < TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
