"""Rounds between hosts: every host in every role, dropouts of each kind of client, devices among them, noise.

`python tests/hosts/check.py` builds what it needs and plays with the interpreter's package `cloakwork`. Its last line is
`N passed, M failed`.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hosts
import numpy as np
from hosts import Host
from play import Game, Outcome, Player, play

AT_ONCE = 3


def games(known: dict[str, Host]) -> list[Game]:
    """Every game that the hosts which are there can play."""
    full = [known[name] for name in hosts.FULL if name in known]
    everybody = tuple(Player(host) for host in full)
    # On the complete graph five members tolerate one who leaves.
    padded = everybody + tuple(Player(full[0]) for _ in range(max(0, 5 - len(everybody))))
    with_devices = everybody + tuple(Player(known[name]) for name in hosts.DEVICES if name in known)
    mixed = with_devices if len(with_devices) >= len(padded) else padded
    listed = []
    for number, server in enumerate(full):
        controller = full[(number + 1) % len(full)]
        suite = 2 - number % 2
        players = mixed if suite == 1 else padded
        listed.append(Game(f"{server.name} serves, {controller.name} controls", server, controller, players, rounds=2, suite=suite))
    # R serves and C++ controls the round of every kind of client, and those in which one of each kind leaves.
    server, controller = full[-1], full[-2 % len(full)]
    listed.append(Game("clients on all hosts", server, controller, mixed, rounds=2))
    for number, player in enumerate(with_devices):
        before = ("begin", "open")[number % 2]
        leaving = Player(player.host, before, 2)
        others = tuple(one for place, one in enumerate(mixed) if place != number)
        name = f"a member on {player.host.name} leaves before '{before}'"
        listed.append(Game(name, server, controller, (leaving, *others), rounds=2, step_seconds=12))
    for server, controller in zip(full, (*full[2:], *full[:2]), strict=True):
        name = f"noise: {server.name} serves, {controller.name} controls"
        players = (tuple(Player(host) for host in full) * 6)[:6]
        listed.append(Game(name, server, controller, players, rounds=2, private=True))
    return listed


def main() -> int:
    """Builds, plays, counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", default=",".join(hosts.BUILDERS), help="who takes part; python has to")
    parser.add_argument("--seed", type=int, default=None, help="of the values; drawn and printed if not given")
    parser.add_argument("--only", default="", help="games whose name holds this")
    options = parser.parse_args()
    seed = secrets.randbits(32) if options.seed is None else options.seed
    print(f"seed {seed}")
    known = {name: hosts.BUILDERS[name]() for name in options.hosts.split(",")}
    listed = [game for game in games(known) if options.only in game.name]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="cloakwork-hosts-") as folder, ThreadPoolExecutor(AT_ONCE) as pool:

        def one(number: int) -> tuple[Game, Outcome, float]:
            start = time.monotonic()
            outcome = play(listed[number], Path(folder) / str(number), np.random.default_rng([seed, number]))
            return listed[number], outcome, time.monotonic() - start

        for game, outcome, seconds in pool.map(one, range(len(listed))):
            print(f"{'FAIL' if outcome.problems else 'ok':<5}{seconds:6.1f} s   {game.name}", flush=True)
            for problem in outcome.problems:
                print(f"      {problem}", flush=True)
            failed += bool(outcome.problems)
    print(f"{len(listed) - failed} passed, {failed} failed")
    return 1 if failed or not listed else 0


if __name__ == "__main__":
    sys.exit(main())
