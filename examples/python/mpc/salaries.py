"""What companies pay: medians over all of them, and a word to each alone; no salary is shown.

    python examples/python/mpc/salaries.py --tls

The salaries are drawn at random, with a fixed seed. What becomes known to everybody: how many salaries each company has, the joint
medians of women and of men, and the gap. Each company alone learns whether its own median is below the joint one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import table
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from cloakwork import mpc

SEED = 7

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Company:
    """The salaries of a company, in whole euros a year."""

    women: Whole
    men: Whole

    @property
    def everybody(self) -> Whole:
        """Of women and of men."""
        return np.concatenate([self.women, self.men])


@dataclass(frozen=True)
class Findings:
    """What comes out.

    Attributes:
        women: their joint median.
        men: theirs.
        below: for each company, whether its median is below the joint one of everybody; only that one learns it (None elsewhere).
    """

    women: float
    men: float
    below: tuple[bool | None, ...]

    @property
    def gap(self) -> float:
        """What women earn less, in percent."""
        return 100 * (1 - self.women / self.men)


def companies(count: int) -> list[Company]:
    """Some companies of different size and pay."""
    draw = np.random.default_rng(SEED)
    found = []
    for _ in range(count):
        level = draw.uniform(38_000, 60_000)
        women, men = (
            np.rint(level * factor * np.exp(draw.normal(0, 0.3, draw.integers(12, 30)))).astype(np.int64) for factor in (0.94, 1.0)
        )
        found.append(Company(women, men))
    return found


def compare(session: mpc.Session, given: Sequence[Company]) -> Findings:
    """The medians, and the word to each company."""
    women = mpc.concatenate([session.share(table.own(session, owner, company.women), owner) for owner, company in enumerate(given)])
    men = mpc.concatenate([session.share(table.own(session, owner, company.men), owner) for owner, company in enumerate(given)])
    joint = mpc.concatenate([women, men]).median()
    middles = [table.own(session, owner, np.asarray(np.median(company.everybody))) for owner, company in enumerate(given)]
    words = [session.share(middle, owner, float) < joint for owner, middle in enumerate(middles)]
    medians = mpc.stack([women.median(), men.median()]).open()
    below = [table.told(session, word, owner) for owner, word in enumerate(words)]
    return Findings(float(medians[0]), float(medians[1]), tuple(None if word is None else bool(word) for word in below))


def compare_in_the_open(given: Sequence[Company]) -> Findings:
    """The same by NumPy."""
    women = np.concatenate([company.women for company in given])
    men = np.concatenate([company.men for company in given])
    joint = np.median(np.concatenate([women, men]))
    below = tuple(bool(np.median(company.everybody) < joint) for company in given)
    return Findings(float(np.median(women)), float(np.median(men)), below)


def main() -> int:
    """Compares, and shows what everybody and what each one learns."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parties", type=int, default=4, help="companies, 2 or more (default 4)")
    table.options(parser)
    arguments = parser.parse_args()
    given = companies(arguments.parties)
    # Salaries are compared as real numbers of up to 2^21 euros.
    form = mpc.Format(fraction=11, bits=34)
    learnt = table.play(lambda session: (compare(session, given), session.cost), arguments.parties, form, arguments)
    found, cost = learnt[0]
    found = replace(found, below=table.together([one.below for one, _ in learnt]))

    shown = Table("who learns it", "what")
    shown.add_row("everybody", f"median of women {found.women:,.1f} euros, of men {found.men:,.1f}: {found.gap:.1f} % less")
    for place, below in enumerate(found.below, start=1):
        shown.add_row(f"company {place}", "its median is below that of everybody" if below else "its median is not below that of everybody")
    console = Console()
    console.print(shown)
    console.print(f"{cost.rounds:,} rounds, {cost.bytes / 1e3:,.0f} kB to another party")
    return 0 if found == compare_in_the_open(given) else 1


if __name__ == "__main__":
    sys.exit(main())
