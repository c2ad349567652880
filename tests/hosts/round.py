"""`make round`: one run across all hosts, told line by line.

An R server, a C++ controller, clients in Python, C++ and R, and two microcontrollers add up vectors; in the second round a C++ client falls
silent, and after its time has passed the sum of the others is opened.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from pathlib import Path

import hosts
import numpy as np
from play import Game, Player, play


def main() -> int:
    """Builds, plays, tells."""
    print("building: the C library, the programs in C++, the R package, the firmware; the first time takes minutes", flush=True)
    known = {name: build() for name, build in hosts.BUILDERS.items()}
    others = ("python", "r", *hosts.DEVICES)
    players = (Player(known["cpp"], "begin", 2), *(Player(known[name]) for name in others))
    game = Game("round", known["r"], known["cpp"], players, rounds=2, step_seconds=8)
    start = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - start:6.1f} s  {line}", flush=True)

    with tempfile.TemporaryDirectory(prefix="cloakwork-round-") as folder:
        outcome = play(game, Path(folder) / "run", np.random.default_rng(secrets.randbits(64)), tell)
    for problem in outcome.problems:
        print(f"FAIL {problem}")
    print("the sums differ" if outcome.problems else "both sums are those of the members that were there")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
