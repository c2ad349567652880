"""Whole rounds over HTTP on loopback: one server process, and this process with all clients and the controller.

    python -m load CLIENTS VALUES DEGREE

A degree of 0 is the complete graph; without arguments, both rounds of the page are measured.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cloakwork.client import AsyncClient, Event, Round
from cloakwork.controller import AsyncController
from cloakwork.flow import keyfile
from cloakwork.secagg import Config, Identity, Segment
from cloakwork.server import folder

BITS, FRACTION = 20, 6
HEAD = (
    "clients x parameters",
    "graph",
    "dropped",
    "set-up",
    "masked messages",
    "acknowledge, unmask, add up",
    "peak memory",
    "bound",
    "stored inputs",
    "up a client",
    "down a client",
    "largest error",
)
# Clients that mask and send at the same time: more than this one process can do at once, so the server always has uploads to take.
_AT_ONCE = 8


@dataclass
class Measured:
    """One round. Times in seconds, sizes in bytes."""

    members: int
    length: int
    degree: int
    dropped: int
    set_up: float = 0.0
    masked: float = 0.0
    opened: float = 0.0
    peak: int = 0
    stored: int = 0
    up: float = 0.0
    down: float = 0.0
    error: float = 0.0
    marks: dict[str, list[float]] = field(default_factory=dict)

    @property
    def step_seconds(self) -> int:
        """Time limit of a step: what all clients need one after the other on this machine, with room."""
        return max(20, int(1.2e-6 * self.members * self.length))

    @property
    def bound(self) -> int:
        """Three unpacked vectors for each of two cores."""
        return 2 * 3 * 4 * self.length

    def row(self) -> list[str]:
        """A row of the table."""
        return [
            f"{self.members:,} x {self.length:,}",
            f"{self.degree}-regular" if self.degree else "complete",
            f"{self.dropped}",
            f"{self.set_up:.1f} s",
            f"{self.masked:.1f} s",
            f"{self.opened:.1f} s",
            f"{self.peak / 2**20:.0f} MiB",
            f"{self.bound / 2**20:.0f} MiB",
            f"{self.stored / 2**20:.0f} MiB",
            f"{self.up / 2**20:.2f} MiB",
            f"{self.down / 2**10:.0f} KiB",
            f"{self.error:.1e}",
        ]


def run() -> tuple[list[list[str]], tuple[str, ...]]:
    """Both rounds of the page."""
    measured = []
    for arguments in (("100", "1000000", "0"), ("1000", "100000", "52")):
        # A process each: what the first one leaves in memory is no part of the second.
        command = [sys.executable, "-m", "load", *arguments]
        output = subprocess.run(command, cwd=Path(__file__).parent, check=True, stdout=subprocess.PIPE, text=True, timeout=1500).stdout
        measured.append(output.strip().splitlines()[-1].strip("| ").split(" | "))
    return measured, HEAD


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _status(process: int, name: str) -> int:
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return 1024 * int(next(line for line in text.splitlines() if line.startswith(name)).split()[1])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def _group(url: str, server: str, controller: Identity, measured: Measured, place: Path) -> tuple[object, list[AsyncClient]]:
    identities = {f"client-{index:04}": Identity.generate() for index in range(measured.members)}
    degree = measured.degree or measured.members - 1
    threshold = 37 if measured.degree else 2 * measured.members // 3 + 1
    config = Config(
        segments=[Segment("values", BITS, measured.length, "fixed", FRACTION)],
        degree=measured.degree,
        threshold=threshold,
        min_inputs=measured.members // 2,
        colluders=2 * threshold - degree - 1,
        setup_seconds=600,
        step_seconds=measured.step_seconds,
    )
    handle = await AsyncController(url, server, controller).create("load", {n: k.fingerprint for n, k in identities.items()}, config)
    clients = []
    for name, identity in identities.items():
        clients.append(await AsyncClient.join(handle.invitation, identity, place / f"{name}.sqlite"))
    return handle, clients


async def _play(url: str, server: str, process: int, controller: Identity, measured: Measured, place: Path) -> None:
    start = time.monotonic()
    handle, clients = await _group(url, server, controller, measured, place)
    dropping = {client.member for client in clients[:: max(1, measured.members // measured.dropped)][: measured.dropped]}
    slots = asyncio.Semaphore(_AT_ONCE)
    base = np.sin(np.arange(measured.length) * 0.001)
    leave: set[asyncio.Task[int]] = set()

    async def serve(client: AsyncClient) -> None:
        async def handler(current: Round) -> dict[str, np.ndarray]:
            if current.member in dropping:
                await asyncio.Event().wait()
            await slots.acquire()
            return {"values": base * (1 + current.member % 7)}

        def listener(event: Event) -> None:
            measured.marks.setdefault(event.what, []).append(time.monotonic())
            if event.what == "masked":
                slots.release()

        task = asyncio.ensure_future(client.serve(handler, rounds=1, listener=listener))
        if client.member in dropping:
            leave.add(task)
        await task

    tasks = [asyncio.ensure_future(serve(client)) for client in clients]
    while len(measured.marks.get("set up", ())) < measured.members:
        await asyncio.sleep(0.2)
        for task in tasks:
            if task.done():
                task.result()
    measured.set_up = time.monotonic() - start
    _say(f"set up: {measured.set_up:.1f} s")
    before = _status(process, "VmRSS")
    Path(f"/proc/{process}/clear_refs").write_text("5", encoding="utf-8")
    begun = time.monotonic()
    result = await handle.round(b"load")  # type: ignore[attr-defined]
    ended = time.monotonic()
    measured.peak = _status(process, "VmHWM") - before
    measured.masked = max(measured.marks["masked"]) - begun
    limit = begun + measured.step_seconds
    measured.opened = ended - max(limit, max(measured.marks["masked"]))
    _say(f"masked messages: {measured.masked:.1f} s; from the limit of their step to the result: {measured.opened:.1f} s")
    for task in leave:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    stayed = [client for client in clients if client.member not in dropping]
    measured.up = max(client.sent_bytes for client in stayed)
    measured.down = max(client.received_bytes for client in stayed)
    expected = base * sum(1 + client.member % 7 for client in stayed)
    measured.error = float(np.abs(result.sums["values"] - expected).max())
    await handle.close()  # type: ignore[attr-defined]
    for client in clients:
        client.close()


def measure(members: int, length: int, degree: int) -> Measured:
    """Starts a server, plays a round against it, and ends it."""
    measured = Measured(members, length, degree, members // 10)
    with tempfile.TemporaryDirectory(prefix="cloakwork-load-") as name:
        place = Path(name)
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        server = folder.create(place / "server", url, host="127.0.0.1", port=port, tls=None)
        controller = keyfile.create(place / "controller")
        folder.allow(place / "server", controller.fingerprint, "load")
        command = [sys.executable, "-m", "cloakwork", "server", "run", "--folder", str(place / "server")]
        with subprocess.Popen(command) as process:
            try:
                _wait(port, process)
                loop = asyncio.new_event_loop()
                loop.set_default_executor(ThreadPoolExecutor(2))
                work = _play(url, server, process.pid, controller, measured, place)
                loop.run_until_complete(asyncio.wait_for(work, 1200))
                measured.stored = (members - measured.dropped) * (length * BITS // 8)
            finally:
                process.terminate()
    return measured


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        time.sleep(0.1)
    raise RuntimeError("the server did not listen within 20 s")


def main(arguments: Sequence[str]) -> None:
    """Measures one round and prints its row."""
    members, length, degree = (int(argument) for argument in arguments)
    print("| " + " | ".join(measure(members, length, degree).row()) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
