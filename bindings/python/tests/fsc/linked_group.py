"""Parties of a run in one program: the real multi-party computation by oblivious transfer, each party in threads of its own."""

from __future__ import annotations

import asyncio
import queue
import secrets
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from cloakwork.fsc.computation import Computation, Failure
from cloakwork.fsc.microprotocols.registry import MICROPROTOCOLS
from cloakwork.fsc.protocols.inputs import open_words
from cloakwork.mpc import Format, Session
from cloakwork.mpc._party import Party
from cloakwork.mpc._trace import Trace

T = TypeVar("T")
SECONDS = 20.0
LIMB = 48
WIDE = 128


class Links:
    """Queues between the parties, and what all of them have in common."""

    def __init__(self, parties: int) -> None:
        self.parties = parties
        self.session = secrets.token_bytes(32)
        self.queues = {(sender, receiver): queue.SimpleQueue[bytes]() for sender in range(parties) for receiver in range(parties)}
        # Messages of the calls of `exchange` and of rounds, by sender, for tests that look at them.
        self.sent: list[tuple[int, int, bytes]] = []

    def send(self, sender: int, receiver: int, message: bytes) -> None:
        """Sends a message."""
        self.sent.append((sender, receiver, message))
        self.queues[sender, receiver].put(message)

    def receive(self, sender: int, receiver: int) -> bytes:
        """Waits for a message."""
        return self.queues[sender, receiver].get(timeout=SECONDS)


class LinkedSession(Session):
    """One party of a computation, with rounds over links."""

    def __init__(self, links: Links, index: int, number: int) -> None:
        form = Format()
        name = bytes(a ^ b for a, b in zip(links.session, number.to_bytes(32, "big"), strict=True))
        super().__init__([Party(index, links.parties, form, name)], form)
        self._links, self._own = links, index
        self._participants = range(links.parties)

    @property
    def parties(self) -> int:
        """How many there are."""
        return self._links.parties

    @property
    def index(self) -> int:
        """Which one this is."""
        return self._own

    def _messages(self) -> list[Any]:
        (party,) = self._parties
        others = [other for other in range(self.parties) if other != self._own]
        while party.advance():
            for other in others:
                self._links.send(self._own, other, party.message(other))
            for other in others:
                party.receive(other, self._links.receive(other, self._own))
        return []

    def _traces(self) -> list[Trace]:
        return []


class LinkedGroup:
    """One party of a run."""

    def __init__(self, links: Links, index: int) -> None:
        self._links = links
        self.index = index
        self.parties = links.parties
        self.nodes = tuple(f"http://party{place}.example" for place in range(links.parties))
        self.session = links.session
        self._computed = 0

    async def exchange(self, messages: Sequence[bytes | None], /) -> list[bytes]:
        """Sends one message to each other party, and takes theirs."""
        return await asyncio.to_thread(self._exchange, messages)

    def _exchange(self, messages: Sequence[bytes | None]) -> list[bytes]:
        for other, message in enumerate(messages):
            if other != self.index:
                assert message is not None
                self._links.send(self.index, other, message)
        return [b"" if other == self.index else self._links.receive(other, self.index) for other in range(self.parties)]

    async def broadcast(self, message: bytes) -> list[bytes]:
        """Sends the same to all."""
        found = await self.exchange([None if other == self.index else message for other in range(self.parties)])
        found[self.index] = message
        return found

    async def sum(self, values: Sequence[int], *, bits: int = WIDE) -> list[int]:
        """Sums modulo 2^bits, centred, by limbs of 48 bits that are opened as sums."""
        for value in values:
            assert abs(value) < (1 << (bits - 1)) // self.parties
        if self.parties == 1:
            return list(values)
        limbs = [[(value % (1 << bits)) >> shift & ((1 << LIMB) - 1) for shift in range(0, bits, LIMB)] for value in values]
        own = np.array(limbs, dtype=np.uint64).reshape(len(values), -1)
        opened = await self.compute(lambda session: open_words(session, own))
        totals = [sum(int(limb) << (LIMB * place) for place, limb in enumerate(row)) % (1 << bits) for row in opened]
        return [total - (1 << bits) if total >> (bits - 1) else total for total in totals]

    async def compute(self, program: Callable[[Session], T]) -> T:
        """Runs a program as one party."""
        self._computed += 1
        number = self._computed

        def run() -> T:
            with LinkedSession(self._links, self.index, number) as session:
                return program(session)

        return await asyncio.to_thread(run)


def computation(name: str, data: Any, place: int, parties: int, parameters: dict[str, Any] | None = None) -> Computation:
    """What a client asks party `place` for."""
    nodes = tuple(f"http://party{index}.example" for index in range(parties))
    fed = tuple(data) if isinstance(data, list) else (data,)
    return Computation(name, fed, parameters or {}, nodes, "session", place, "")


async def _all(name: str, inputs: Sequence[Any], parameters: dict[str, Any] | None, links: Links) -> list[Any]:
    kind = MICROPROTOCOLS[name]
    owns = [kind.read(computation(name, data, place, len(inputs), parameters)) for place, data in enumerate(inputs)]
    assert len({kind.shape(own) for own in owns}) == 1
    runs = [kind.run(LinkedGroup(links, place), own) for place, own in enumerate(owns)]
    return await asyncio.gather(*runs, return_exceptions=True)


def outcomes(name: str, *inputs: Any, parameters: dict[str, Any] | None = None, links: Links | None = None) -> list[Any]:
    """What each party ends with: a result, or an exception."""
    return asyncio.run(_all(name, inputs, parameters, links or Links(len(inputs))))


def result(name: str, *inputs: Any, parameters: dict[str, Any] | None = None, links: Links | None = None) -> Any:
    """The result, which is the same for all parties, in JSON's types."""
    found = outcomes(name, *inputs, parameters=parameters, links=links)
    for one in found:
        if isinstance(one, BaseException):
            raise one
        assert repr(one) == repr(found[0])
    return found[0]


def failure(name: str, *inputs: Any, parameters: dict[str, Any] | None = None) -> Failure:
    """The failure with which all parties end."""
    found = outcomes(name, *inputs, parameters=parameters)
    for one in found:
        assert isinstance(one, Failure), one
        assert (one.code, one.reason, one.message) == (found[0].code, found[0].reason, found[0].message)
    first: Failure = found[0]
    return first
