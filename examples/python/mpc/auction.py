"""A sealed auction: bids are sorted without being shown; the highest bidder pays what the second one offered (Vickrey 1961).

    python examples/python/mpc/auction.py --bidders 8 --tls

What becomes known to everybody: the second highest bid. Each bidder alone learns whether it won. Nobody is told the highest bid, or
who else bid what.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import table
from rich.console import Console
from rich.table import Table

from cloakwork import mpc

SEED = 1961


@dataclass(frozen=True)
class Award:
    """What comes out.

    Attributes:
        price: the second highest bid.
        won: for each bidder, whether it won; only that bidder learns it, and it is None elsewhere. Of equal bids the first one wins.
    """

    price: int
    won: tuple[bool | None, ...]


def award(session: mpc.Session, bids: Sequence[int]) -> tuple[Award, mpc.Explanation]:
    """Who won at which price, and what it costs, said before it runs."""
    given = mpc.stack([session.share(table.own(session, owner, np.asarray(bid)), owner) for owner, bid in enumerate(bids)])
    ordered = given.sort()
    won = given.argmax() == np.arange(len(bids))
    explanation = session.explain()
    price = ordered[-2].open()
    words = [table.told(session, won[owner], owner) for owner in range(len(bids))]
    return Award(int(price), tuple(None if word is None else bool(word) for word in words)), explanation


def main() -> int:
    """Holds an auction with random bids."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bidders", type=int, default=5, help="2 or more (default 5)")
    table.options(parser)
    arguments = parser.parse_args()
    bids = [int(bid) for bid in np.random.default_rng(SEED).integers(1_000, 100_000, arguments.bidders)]
    learnt = table.play(lambda session: award(session, bids), arguments.bidders, mpc.Format(), arguments)
    found, explanation = learnt[0]
    found = replace(found, won=table.together([one.won for one, _ in learnt]))

    console = Console()
    console.print(str(explanation), highlight=False)
    shown = Table("who learns it", "what")
    shown.add_row("everybody", f"the price is {found.price:,}")
    for place, won in enumerate(found.won, start=1):
        shown.add_row(f"bidder {place}", "won" if won else "did not win")
    console.print(shown)
    winner = int(np.argmax(bids))
    return 0 if found == Award(sorted(bids)[-2], tuple(place == winner for place in range(len(bids)))) else 1


if __name__ == "__main__":
    sys.exit(main())
