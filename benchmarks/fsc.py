"""Servers for Federated Secure Computing among themselves: three processes on this machine, with links over loopback.

    python benchmarks/fsc.py [--sums 10000]

Each process asks its own engine, so what is measured lies between the arrival of a request and its answer, without HTTP to the client.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from cloakwork.fsc.computation import Computation
from cloakwork.fsc.microprotocols.secure_sum import SecureSum
from cloakwork.fsc.microprotocols.secure_vector_sum import SecureVectorSum
from cloakwork.fsc.peers.development import PORT_OFFSET
from cloakwork.fsc.peers.engine import PeerEngine

SERVERS = 3
# Milliseconds of a sum and of a vector of a million numbers, and mebibytes of a server.
BARS = {"sum": 5.0, "vector": 1000.0, "memory": 100.0}
MILLION = 10**6
FEW = 200
MANY = 64
SECONDS = 600


def ports() -> list[int]:
    """Ports for clients whose peer ports are free."""
    found: list[int] = []
    while len(found) < SERVERS:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            found.append(one.getsockname()[1] - PORT_OFFSET)
    return found


async def serve(place: int, taken: list[int], folder: Path, sums: int) -> dict[str, Any]:
    """One server: what it has measured."""
    nodes = tuple(f"http://127.0.0.1:{port}" for port in taken)
    known = {one.name: one for one in (SecureSum(), SecureVectorSum())}

    def ask(name: str, data: tuple[Any, ...], session: str) -> Computation:
        return Computation(name, data, {}, nodes, session, place, "")

    async with PeerEngine.development(taken[place], known, folder=folder) as engine:

        async def timed(name: str, data: tuple[Any, ...], session: str = "one") -> tuple[float, Any]:
            # All begin together: what the slowest has to wait for is no part of it.
            await engine.compute(ask("SecureSum", (0,), "start"))
            began = time.perf_counter()
            found = await engine.compute(ask(name, data, session))
            return 1000 * (time.perf_counter() - began), found

        few = [(await timed("SecureSum", (place,)))[0] for _ in range(FEW)]
        began = time.perf_counter()
        found = await asyncio.gather(*(engine.compute(ask("SecureSum", (number,), str(number))) for number in range(MANY)))
        together = 1000 * (time.perf_counter() - began)
        if [one["result"]["sum"] for one in found] != [float(SERVERS * number) for number in range(MANY)]:
            raise AssertionError("a sum is wrong")
        memory = [resident()]
        began = time.perf_counter()
        for part in range(2):
            for _ in range(sums // 2):
                await engine.compute(ask("SecureSum", (part,), "many"))
            memory.append(resident())
        rate = sums / (time.perf_counter() - began)
        numbers = np.random.default_rng(place)
        vector = tuple(numbers.normal(100, 20, MILLION).round(2).tolist())
        short = [(await timed("SecureVectorSum", vector))[0] for _ in range(3)]
        vector = tuple(numbers.random(MILLION).tolist())
        long = [(await timed("SecureVectorSum", vector))[0] for _ in range(3)]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"sum": few, "decimals": short, "doubles": long, "together": together, "memory": memory, "peak": peak, "rate": rate}


def resident() -> float:
    """Mebibytes of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**20


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sums", type=int, default=10_000)
    parser.add_argument("--place", type=int)
    parser.add_argument("--ports", type=json.loads)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.place is not None:
        json.dump(asyncio.run(serve(given.place, given.ports, given.folder, given.sums)), sys.stdout)
        return
    with tempfile.TemporaryDirectory() as folder:
        shared = ["--ports", json.dumps(ports()), "--folder", folder, "--sums", str(given.sums)]
        command = [sys.executable, str(Path(__file__).resolve())]
        running = [
            subprocess.Popen([*command, *shared, "--place", str(place)], stdout=subprocess.PIPE, text=True) for place in range(SERVERS)
        ]
        found = [json.loads(one.communicate(timeout=SECONDS)[0]) for one in running]
    slowest = [max(times) for times in zip(*(one["sum"] for one in found), strict=True)]
    print(f"SecureSum, median of {FEW}: {statistics.median(slowest):.2f} ms (bar {BARS['sum']:.0f} ms)")
    for kind, words in (("decimals", "two decimals"), ("doubles", "full precision")):
        best = statistics.median(max(times) for times in zip(*(one[kind] for one in found), strict=True))
        print(f"SecureVectorSum of {MILLION:,} numbers of {words}: {best:.0f} ms (bar {BARS['vector']:.0f} ms)")
    print(f"{MANY} sums at once: {max(one['together'] for one in found):.0f} ms")
    print(f"{given.sums:,} sums one after the other: {min(one['rate'] for one in found):.0f} a second")
    for place, one in enumerate(found):
        before, half, after = one["memory"]
        grown = f"{before:.1f} MiB before them, {half:.1f} at half, {after:.1f} after (bar {BARS['memory']:.0f})"
        print(f"memory of server {place}: {grown}; {one['peak']:.0f} at most, with the vectors")


if __name__ == "__main__":
    main()
