"""Groups of flowers that three gardens found: k-means in which nobody learns which flower is in which group.

    python examples/python/mpc/irises.py --tls

The data: Fisher's irises (1936), as scikit-learn carries them. Every garden has a third of them. What becomes known: the centres of
the groups and how many flowers each has. They are compared with scikit-learn's, from the same start.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np
import table
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris

from cloakwork import mpc

GROUPS = 3
STEPS = 8
SEED = 1936
# Centres differ by less than this, in centimetres.
TOLERANCE = 0.005

Array = NDArray[np.float64]


def gardens(count: int) -> list[Array]:
    """The flowers of each garden: length and width of sepal and petal, in centimetres."""
    flowers = np.random.default_rng(SEED).permutation(load_iris().data)
    return np.array_split(flowers, count)


def start(flowers: Array) -> NDArray[np.int64]:
    """The places of the flowers that the groups begin with: everybody knows them, not what the flowers are like."""
    return np.arange(GROUPS) * (len(flowers) // GROUPS)


def nearest(flowers: mpc.Tensor, centres: mpc.Tensor) -> mpc.Tensor:
    """Which centre is nearest to each flower: a truth value for each centre, of shape (flowers, groups)."""
    # Of |x - c|^2 the part that all centres share does not matter.
    distances = centres.square().sum(axis=1) - 2 * (flowers @ centres.T)
    place = distances.argmin(axis=1).reshape(-1, 1)
    return place == np.arange(GROUPS)


def group(session: mpc.Session, parts: Sequence[Array]) -> tuple[Array, NDArray[np.int64]]:
    """Centres and sizes of the groups."""
    flowers = mpc.concatenate([session.share(table.own(session, owner, part), owner) for owner, part in enumerate(parts)])
    centres = flowers[start(np.empty(flowers.shape))]
    # One bar is enough where parties run side by side.
    for _ in track(range(STEPS), description="steps", transient=True, disable=bool(session.index)):
        chosen = nearest(flowers, centres)
        # A group that lost all flowers has its centre at the origin.
        sizes = chosen.sum(axis=0).maximum(1)
        centres = (chosen.T @ flowers) / sizes.reshape(-1, 1)
        session.run()
    return centres.open(), nearest(flowers, centres).sum(axis=0).open()


def main() -> int:
    """Groups, and compares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parties", type=int, default=3, help="gardens, 2 or more (default 3)")
    table.options(parser)
    arguments = parser.parse_args()
    parts = gardens(arguments.parties)
    found = table.play(lambda session: (*group(session, parts), session.cost), arguments.parties, mpc.Format(), arguments)
    centres, sizes, cost = found[0]
    flowers = np.concatenate(parts)
    expected = KMeans(GROUPS, init=flowers[start(flowers)], n_init=1, max_iter=STEPS, tol=0).fit(flowers)

    shown = Table("group", "flowers", "centre", "scikit-learn's flowers", "its centre")
    sizes_there = np.bincount(expected.labels_, minlength=GROUPS)
    for place in range(GROUPS):
        here, there = (" ".join(f"{value:.3f}" for value in one[place]) for one in (centres, expected.cluster_centers_))
        shown.add_row(str(place + 1), str(sizes[place]), here, str(sizes_there[place]), there)
    console = Console()
    console.print(shown)
    console.print(f"{cost.rounds:,} rounds, {cost.bytes / 1e3:,.0f} kB to another party")
    near = np.abs(centres - expected.cluster_centers_).max() < TOLERANCE
    return 0 if near and np.array_equal(sizes, sizes_there) else 1


if __name__ == "__main__":
    sys.exit(main())
