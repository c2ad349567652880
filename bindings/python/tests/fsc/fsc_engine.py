"""An engine for several servers in one process: real microprotocols, on parties that exchange real messages, without a network."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, ClassVar

from cloakwork.fsc.computation import Computation, Failure, Microprotocol

PATIENCE = 20.0
SCALE = 10**12


class Run:
    """Parties that found each other by session and nodes."""

    def __init__(self, parties: int) -> None:
        self.session = secrets.token_bytes(32)
        self.asked: dict[int, Computation] = {}
        self.complete = asyncio.Event()
        self.mail: dict[tuple[int, int], asyncio.Queue[bytes]] = {
            (sender, receiver): asyncio.Queue() for sender in range(parties) for receiver in range(parties)
        }
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def breaks(self, failure: Failure) -> None:
        if not self.broken.done():
            self.broken.set_exception(failure)
            self.broken.exception()


class LocalGroup:
    """The parties of a run, from the point of view of one."""

    def __init__(self, run: Run, computation: Computation) -> None:
        self._run = run
        self.index = computation.myself
        self.nodes = computation.nodes
        self.parties = len(computation.nodes)
        self.session = run.session

    async def exchange(self, messages: Sequence[bytes | None], /) -> list[bytes]:
        for receiver, message in enumerate(messages):
            if receiver != self.index:
                assert message is not None
                self._run.mail[self.index, receiver].put_nowait(message)
        return [b"" if sender == self.index else await self._receive(sender) for sender in range(self.parties)]

    async def _receive(self, sender: int) -> bytes:
        coming = asyncio.ensure_future(self._run.mail[sender, self.index].get())
        try:
            await asyncio.wait({coming, self._run.broken}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                return coming.result()
            if self._run.broken.done():
                self._run.broken.result()
            raise Failure(504, "timeout", f"party {sender} sent nothing for {PATIENCE:.0f} s", sender)
        finally:
            coming.cancel()

    async def broadcast(self, message: bytes) -> list[bytes]:
        answers = await self.exchange([None if place == self.index else message for place in range(self.parties)])
        answers[self.index] = message
        return answers

    async def sum(self, values: Sequence[int], *, bits: int = 128) -> list[int]:
        """Additive shares modulo 2^bits, and the broadcast sums of shares."""
        modulus, size = 2**bits, bits // 8
        shares = [[secrets.randbelow(modulus) for _ in values] for _ in range(self.parties)]
        for place, value in enumerate(values):
            others = sum(shares[party][place] for party in range(self.parties) if party != self.index)
            shares[self.index][place] = (value - others) % modulus

        def encoded(numbers: Sequence[int]) -> bytes:
            return b"".join(number.to_bytes(size, "big") for number in numbers)

        def decoded(message: bytes) -> list[int]:
            return [int.from_bytes(message[start : start + size], "big") for start in range(0, len(message), size)]

        got = await self.exchange([None if place == self.index else encoded(share) for place, share in enumerate(shares)])
        got[self.index] = encoded(shares[self.index])
        partial = [sum(column) % modulus for column in zip(*map(decoded, got), strict=True)]
        sums = [sum(column) % modulus for column in zip(*map(decoded, await self.broadcast(encoded(partial))), strict=True)]
        return [value - modulus if value >= modulus // 2 else value for value in sums]

    async def compute(self, program: Callable[[Any], Any]) -> Any:
        raise AssertionError("no microprotocol of these tests asks for it")


class SecureSum(Microprotocol):
    """Sums of decimals."""

    name: ClassVar[str] = "SecureSum"
    version: ClassVar[int] = 1
    reveals: ClassVar[str] = "Everybody learns the sum."

    def read(self, computation: Computation) -> int:
        total = Fraction(0)
        for place, value in enumerate(computation.data):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise Failure(400, "invalid-input", f"data[{place}] of party {computation.myself} is no number", computation.myself)
            total += Fraction(str(value))
        return round(total * SCALE)

    async def run(self, group: LocalGroup, own: int) -> dict[str, Any]:  # type: ignore[override]
        total, samples = await group.sum([own, 1])
        return {"sum": float(Fraction(total, SCALE)), "samples": samples}


class Parameters(Microprotocol):
    """Tells what it was asked for: what the tests of requests look at."""

    name: ClassVar[str] = "Parameters"
    version: ClassVar[int] = 1
    reveals: ClassVar[str] = "Everybody learns the parameters, which they have agreed on."

    def read(self, computation: Computation) -> Computation:
        return computation

    async def run(self, group: LocalGroup, own: Computation) -> dict[str, Any]:  # type: ignore[override]
        await group.broadcast(b"")
        about = {"parameters": dict(own.parameters), "data": list(own.data), "caller": own.caller, "session": own.session}
        return {**about, "myself": own.myself, "nodes": list(own.nodes)}


class Defect(Microprotocol):
    """A defect of a microprotocol, with a secret in its message."""

    name: ClassVar[str] = "Defect"
    version: ClassVar[int] = 1
    reveals: ClassVar[str] = "Nothing."

    def read(self, computation: Computation) -> None:
        raise ZeroDivisionError(f"secret {computation.data}")

    async def run(self, group: LocalGroup, own: None) -> dict[str, Any]:  # type: ignore[override]
        raise AssertionError


REGISTRY: dict[str, Microprotocol] = {made.name: made for made in (SecureSum(), Parameters(), Defect())}


class Lobby:
    """Where parties find each other: runs of one session are matched in order."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self.waiting: dict[tuple[str, tuple[str, ...]], list[Run]] = {}
        self.cancelled: list[Computation] = []

    def join(self, computation: Computation) -> Run:
        runs = self.waiting.setdefault((computation.session, computation.nodes), [])
        run = next((run for run in runs if computation.myself not in run.asked and not run.broken.done()), None)
        if run is None:
            run = Run(len(computation.nodes))
            runs.append(run)
        run.asked[computation.myself] = computation
        if len(run.asked) == len(computation.nodes):
            runs.remove(run)
            run.complete.set()
        return run


class LocalEngine:
    """The engine of one server."""

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby
        self.running = 0

    async def compute(self, computation: Computation) -> dict[str, Any]:
        microprotocol = REGISTRY.get(computation.microprotocol)
        if microprotocol is None:
            raise Failure(501, "not-available", f"not implemented / not available: {computation.microprotocol}")
        own = microprotocol.read(computation)
        run = self._lobby.join(computation)
        self.running += 1
        try:
            await self._meet(run, computation)
            result = await microprotocol.run(LocalGroup(run, computation), own)
        except asyncio.CancelledError:
            self._lobby.cancelled.append(computation)
            run.breaks(Failure(502, "peer-lost", f"party {computation.myself} has left", computation.myself))
            raise
        finally:
            self.running -= 1
        return {"inputs": len(computation.nodes), "result": result}

    async def _meet(self, run: Run, computation: Computation) -> None:
        complete = asyncio.ensure_future(run.complete.wait())
        try:
            await asyncio.wait({complete, run.broken}, timeout=self._lobby.patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            complete.cancel()
        if run.broken.done():
            run.broken.result()
        if not run.complete.is_set():
            missing = min(set(range(len(computation.nodes))) - set(run.asked))
            failure = Failure(504, "timeout", f"party {missing} did not come", missing)
            run.breaks(failure)
            raise failure
        for party, other in run.asked.items():
            if (other.microprotocol, dict(other.parameters)) != (computation.microprotocol, dict(computation.parameters)):
                raise Failure(409, "disagreement", f"party {party} asks for {other.microprotocol}", party)
