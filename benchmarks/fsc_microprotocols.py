"""Microprotocols of Federated Secure Computing among three servers: three processes on this machine, links over loopback.

    python benchmarks/fsc_microprotocols.py [--times 5] [--long]

As in `fsc.py` each process asks its own engine. Correlated randomness is made by oblivious transfer between the servers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cloakwork.fsc.computation import Computation
from cloakwork.fsc.microprotocols.registry import MICROPROTOCOLS
from cloakwork.fsc.peers.engine import PeerEngine
from fsc import SECONDS, SERVERS, ports

Data = Callable[[np.random.Generator, int], list[Any]]


@dataclass(frozen=True)
class Measured:
    """Something to measure.

    Attributes:
        about: what it is.
        name: of the microprotocol.
        data: what a server's client gives.
        bar: milliseconds; None if nothing is aimed at.
        parties: how many servers.
        long: whether it takes long.
    """

    about: str
    name: str
    data: Data
    bar: float | None = None
    parties: int = SERVERS
    long: bool = False


def _items(count: int) -> Data:
    """Sets of so many items of which each two servers have most in common."""
    return lambda _, place: [[f"item {number}" for number in range(place * count // 10, place * count // 10 + count)]]


def _square(side: int) -> Data:
    return lambda rng, _: [rng.normal(size=(side, side)).tolist()]


def _rank(rng: np.random.Generator, _: int) -> list[Any]:
    return [{"array": rng.integers(0, 10**6, 100).tolist(), "rank": 150, "lower_bound": 0, "upper_bound": 10**6}]


MEASURED = (
    Measured("histogram of 100 keys", "StatisticsFrequency", lambda rng, _: [f"key {key}" for key in rng.integers(0, 100, 1000)], 100),
    Measured("univariate, 300 values", "StatisticsUnivariate", lambda rng, _: rng.normal(size=100).tolist(), 100),
    Measured("bivariate, 300 pairs", "StatisticsBivariate", lambda rng, _: rng.normal(size=(100, 2)).tolist(), 120),
    Measured("median, 300 values up to 10^6", "SecureMedian", lambda rng, _: rng.integers(0, 10**6, 100).tolist(), 500),
    Measured("rank 150 of 300 up to 10^6", "KthElement", _rank),
    Measured("survival, 300 records", "StatisticsKaplanMeier", lambda rng, _: [[int(time), 1] for time in rng.integers(0, 50, 100)]),
    Measured("regression, 300 x 4", "StatisticsRegressionOLSHorizontal", lambda rng, _: rng.normal(size=(100, 5)).tolist()),
    Measured("intersection, 2 x 1,000", "SetIntersection", _items(1000), 500, 2),
    Measured("intersection, 3 x 1,000", "SetIntersection", _items(1000)),
    Measured("intersection, 2 x 10^5", "SetIntersection", _items(10**5), 15_000, 2, long=True),
    Measured("intersection, 3 x 10^5", "SetIntersection", _items(10**5), 35_000, long=True),
    Measured("matrix product, 30 x 30", "SecureMatrixMultiplication", _square(30), None, 2),
    Measured("matrix product, 100 x 100", "SecureMatrixMultiplication", _square(100), None, 2, long=True),
)


async def serve(place: int, taken: list[int], folder: Path, times: int, *, long: bool) -> list[list[float]]:
    """One server: the milliseconds of each measurement that it takes part in."""
    nodes = tuple(f"http://127.0.0.1:{port}" for port in taken)
    found: list[list[float]] = []
    async with PeerEngine.development(taken[place], MICROPROTOCOLS, folder=folder) as engine:
        for one in MEASURED:
            found.append([])
            if place >= one.parties or (one.long and not long):
                continue
            data = tuple(one.data(np.random.default_rng(place), place))
            for _ in range(1 if one.long else times):
                # All begin together: what the slowest has to wait for is no part of it.
                await engine.compute(Computation("SecureSum", (0,), {}, nodes[: one.parties], "start", place, ""))
                began = time.perf_counter()
                await engine.compute(Computation(one.name, data, {}, nodes[: one.parties], "one", place, ""))
                found[-1].append(1000 * (time.perf_counter() - began))
    return found


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--long", action="store_true", help="what takes seconds as well")
    parser.add_argument("--place", type=int)
    parser.add_argument("--ports", type=json.loads)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.place is not None:
        json.dump(asyncio.run(serve(given.place, given.ports, given.folder, given.times, long=given.long)), sys.stdout)
        return
    with tempfile.TemporaryDirectory() as folder:
        shared = ["--ports", json.dumps(ports()), "--folder", folder, "--times", str(given.times), *(["--long"] if given.long else [])]
        command = [sys.executable, str(Path(__file__).resolve()), *shared]
        running = [subprocess.Popen([*command, "--place", str(place)], stdout=subprocess.PIPE, text=True) for place in range(SERVERS)]
        found = [json.loads(one.communicate(timeout=SECONDS)[0]) for one in running]
    for place, one in enumerate(MEASURED):
        slowest = [max(times) for times in zip(*(server[place] for server in found[: one.parties]), strict=True)]
        if slowest:
            bar = "" if one.bar is None else f" (bar {one.bar:,.0f} ms)"
            print(f"{one.about}: median {statistics.median(slowest):,.0f} ms, best {min(slowest):,.0f} ms{bar}")


if __name__ == "__main__":
    main()
