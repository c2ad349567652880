"""The firmware: rounds with devices, Python and dropouts, what devices refuse, and what they cost.

`python tests/embedded/check.py` builds the images and plays with the interpreter's package `cloakwork`. `--numbers FILE` writes what was
measured. Its last line is `N passed, M failed`.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import _examples  # noqa: F401 - where the programs of the examples are
import noise
import numpy as np
from firmware import CLIENTS, NOISE
from limits import LIMITS, PANICS
from office import Failure, Member, Office, check_sums, office, play
from refusals import refusals
from sizes import panics, size

AT_ONCE = 2
# A run as the bars state it: 16 neighbours and 1,000 words; and the smallest that survives a dropout.
NEIGHBOURS, VALUES = 16, 1000
FEW_NEIGHBOURS, FEW_VALUES = 4, 40
# Seconds in which a device hears that a round has ended, and tells what it cost.
PAUSE = 3.0

Check = tuple[str, Callable[[], None]]


class Numbers:
    """What was measured, by firmware."""

    def __init__(self) -> None:
        self.clients: dict[str, dict[str, Any]] = {name: {} for name in CLIENTS}
        self.noise: dict[str, dict[str, Any]] = {}

    def write(self, path: Path) -> None:
        """Writes them as JSON."""
        path.write_text(json.dumps({"clients": self.clients, "noise": self.noise}, indent=2) + "\n", encoding="utf-8")


def statics(name: str, numbers: Numbers) -> list[Check]:
    """What can be said of an image without running it."""

    def sizes() -> None:
        found = size(CLIENTS[name].path)
        numbers.clients[name] |= {"flash": found.flash, "variables": found.variables}
        if found.flash > LIMITS[name].flash:
            raise Failure(f"{found.flash} bytes of flash, at most {LIMITS[name].flash}")

    def no_panics() -> None:
        found = panics(CLIENTS[name].path)
        if not found <= PANICS:
            raise Failure(f"the image holds {sorted(found - PANICS)}, which tests/embedded/limits.py does not list")

    return [(f"{name}: flash", sizes), (f"{name}: panics", no_panics)]


def measured(at: Office, name: str, numbers: Numbers, generator: np.random.Generator, *, many: bool) -> Callable[[], None]:
    """A round in which the device's instructions are counted."""

    def check() -> None:
        neighbours, values = (NEIGHBOURS, VALUES) if many else (FEW_NEIGHBOURS, FEW_VALUES)
        folder = at.folder / f"measured-{name}"
        device = Member(name, options=("--costs", str(folder / "member-0.costs")))
        played = play(at, folder.name, [device], values, 2, generator, crowd=neighbours, pause=PAUSE)
        check_sums(played, [[0], [0]])
        first, second = played.costs[0]["rounds"]
        entry = numbers.clients[name]
        variables = size(CLIENTS[name].path).variables
        entry |= {"neighbours": neighbours, "values": values, "stack": second["stack"], "memory": variables + second["stack"]}
        entry |= {"setup_instructions": first["setup"], "mask_instructions": second["mask"], "rest_instructions": second["rest"]}
        whole = second["mask"] + second["rest"]
        entry["round_instructions"] = whole
        limit = LIMITS[name]
        for what, found, most in (
            ("bytes of memory", entry["memory"], limit.memory),
            ("instructions of set-up", first["setup"], limit.setup),
            ("instructions of a round", whole, limit.round),
        ):
            if found > most:
                raise Failure(f"{found} {what}, at most {most}")

    return check


def mixed(at: Office, generator: np.random.Generator) -> list[Check]:
    """Rounds of all kinds of devices with Python, in which each kind in turn drops out."""
    everybody = ["c", "rust", "c-m0", None, None]

    def game(leaving: int | None, before: str | None, seconds: int) -> Callable[[], None]:
        def check() -> None:
            members = [
                Member(kind, leaves=before if index == leaving else None, ends=3 if index == leaving else 0)
                for index, kind in enumerate(everybody)
            ]
            label = "mixed" if leaving is None else f"mixed-{leaving}-{before}"
            played = play(at, label, members, 30, 2, generator, step_seconds=seconds)
            all_of_them = list(range(len(members)))
            # Whose masked vector has left is in the sum.
            there = all_of_them if before in {None, "open", "survivors"} else [index for index in all_of_them if index != leaving]
            check_sums(played, [all_of_them, there])

        return check

    checks = [("devices and Python in one round", game(None, None, 60))]
    for leaving, before in ((0, "begin"), (1, "open"), (2, "begin"), (3, "begin")):
        who = everybody[leaving] or "Python"
        checks.append((f"{who} leaves before {before}, the sum is right", game(leaving, before, 8)))
    return checks


def without_randomness(at: Office, generator: np.random.Generator, name: str) -> Callable[[], None]:
    """A generator that fails after set-up ends the device's part; the others open their sum."""

    def check() -> None:
        # Bytes for the fresh key, and not enough for a seed and its shares.
        tape = at.folder / f"short-{name}"
        tape.write_bytes(generator.bytes(48))
        device = Member(name, options=("--entropy", str(tape)), ends=1, says="RANDOMNESS (401)")
        played = play(at, f"randomness-{name}", [device, *[Member()] * 4], 16, 1, generator)
        check_sums(played, [[1, 2, 3, 4]])

    return check


def private(at: Office, name: str, numbers: Numbers, generator: np.random.Generator) -> Callable[[], None]:
    """A private vector on the device, byte for byte that of this machine."""

    def check() -> None:
        cost = noise.compare(name, at.folder, generator)
        found = size(NOISE[name].path)
        instructions = round(cost.mask * NOISE[name].board.instructions)
        numbers.noise[name] = {"flash": found.flash, "variables": found.variables, "stack": cost.stack, "instructions": instructions}

    return check


def main() -> int:
    """Builds, plays, counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--numbers", type=Path, help="where to write what was measured")
    parser.add_argument("--seed", type=int, default=None, help="of values and tapes; drawn and printed if not given")
    parser.add_argument("--only", default="", help="checks whose name holds this")
    options = parser.parse_args()
    seed = secrets.randbits(32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    for firmware in (*CLIENTS.values(), *NOISE.values()):
        firmware.image()
    numbers = Numbers()
    with (
        tempfile.TemporaryDirectory(prefix="cloakwork-embedded-") as folder,
        office(Path(folder)) as at,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        seeds = iter(np.random.SeedSequence(seed).spawn(64))

        def fresh() -> np.random.Generator:
            return np.random.default_rng(next(seeds))

        first = [check for name in CLIENTS for check in statics(name, numbers)]
        checks: list[Check] = []
        for name in CLIENTS:
            checks.append((f"{name}: cost of a round", measured(at, name, numbers, fresh(), many="m0" not in name)))
        checks += mixed(at, fresh())
        checks += [(f"{name} without random bytes in the round", without_randomness(at, fresh(), name)) for name in ("c", "rust")]
        checks += [(f"{name}: the private vector of this machine", private(at, name, numbers, fresh())) for name in NOISE]
        checks += [check for name in ("c", "rust") for check in refusals(at, name)]
        chosen = [check for check in (*first, *checks) if options.only in check[0]]

        def one(check: Check) -> tuple[str, str | None, float]:
            start = time.monotonic()
            try:
                check[1]()
            except Exception as error:  # noqa: BLE001 - whatever went wrong is the result of this check
                return check[0], f"{type(error).__name__}: {error}", time.monotonic() - start
            return check[0], None, time.monotonic() - start

        failed = 0
        for name, problem, seconds in pool.map(one, chosen):
            print(f"{'FAIL' if problem else 'ok':<5}{seconds:6.1f} s   {name}", flush=True)
            if problem:
                failed += 1
                print(f"      {problem}", flush=True)
    report(numbers)
    if options.numbers is not None:
        numbers.write(options.numbers)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


def report(numbers: Numbers) -> None:
    """Prints what was measured."""
    for kind, entries in (("client", numbers.clients), ("private vector", numbers.noise)):
        for name, entry in entries.items():
            if entry:
                print(f"{kind} {name}: " + ", ".join(f"{what.replace('_', ' ')} {number:,}" for what, number in entry.items()))


if __name__ == "__main__":
    sys.exit(main())
