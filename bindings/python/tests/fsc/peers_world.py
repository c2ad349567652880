"""Engines of several servers in one process, with links over loopback: real TLS, real certificates."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cloakwork.flow.certificate import self_signed
from cloakwork.fsc.computation import Computation, Failure, Group, Microprotocol
from cloakwork.fsc.microprotocols.secure_mean import SecureMean
from cloakwork.fsc.microprotocols.secure_sum import SecureSum
from cloakwork.fsc.microprotocols.secure_vector_sum import SecureVectorSum
from cloakwork.fsc.peers.address import Address
from cloakwork.fsc.peers.engine import PeerEngine
from cloakwork.fsc.peers.settings import Limits, PeerSettings, Settings

NAMES = ("alice", "bob", "carol", "dave", "erin")
QUICK = Limits(wait=2.0, step=2.0, run=20.0, connect=2.0)


class Rounds(Microprotocol):
    """Exchanges as many messages as it is told, and returns what came; for tests."""

    name = "Rounds"
    version = 1
    reveals = "Everything."

    def read(self, computation: Computation) -> tuple[Any, ...]:
        return computation.data

    async def run(self, group: Group, own: tuple[Any, ...]) -> dict[str, Any]:
        seen = []
        for number in range(own[0]):
            messages = [None if place == group.index else f"{number}:{group.index}>{place}".encode() for place in range(group.parties)]
            seen.append([message.decode() for message in await group.exchange(messages)])
        return {"seen": seen, "session": group.session.hex()}


MICROPROTOCOLS: dict[str, Microprotocol] = {one.name: one for one in (SecureSum(), SecureMean(), SecureVectorSum(), Rounds())}


@cache
def _certificates() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fsc-certificates-"))
    for name in (*NAMES, "mallory"):
        self_signed(["127.0.0.1"], folder / f"{name}.pem", folder / f"{name}.key", mutual=True)
    return folder


def certificate(name: str) -> tuple[Path, Path]:
    """Files of a server's certificate and key, the same in all tests."""
    return _certificates() / f"{name}.pem", _certificates() / f"{name}.key"


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def settings(count: int, limits: Limits = QUICK) -> list[Settings]:
    """Configurations of so many servers that know each other."""
    names, ports = NAMES[:count], free_ports(count)
    about = [
        PeerSettings(name, url(place), Address("127.0.0.1", port), certificate(name)[0])
        for place, (name, port) in enumerate(zip(names, ports, strict=True))
    ]
    return [
        Settings(one.name, one.url, one.address, *certificate(one.name), tuple(other for other in about if other != one), limits=limits)
        for one in about
    ]


def url(place: int) -> str:
    """The base URL of a server, as clients write it."""
    return f"http://{NAMES[place]}.example:8080"


@contextlib.asynccontextmanager
async def servers(
    count: int = 3, limits: Limits = QUICK, microprotocols: Mapping[str, Microprotocol] = MICROPROTOCOLS
) -> AsyncIterator[list[PeerEngine]]:
    """So many servers that are linked, or will be."""
    made = [PeerEngine.configured(one, microprotocols) for one in settings(count, limits)]
    async with contextlib.AsyncExitStack() as stack:
        for engine in made:
            await stack.enter_async_context(engine)
        yield made


def asked(
    myself: int,
    data: Any,
    *,
    name: str = "SecureSum",
    places: Sequence[int] = (0, 1, 2),
    session: str = "session",
    parameters: Mapping[str, Any] | None = None,
) -> Computation:
    """What the client of a server asks for."""
    fed = tuple(data) if isinstance(data, list) else (data,)
    return Computation(name, fed, parameters or {}, tuple(map(url, places)), session, list(places).index(myself), "")


async def outcomes(*running: Awaitable[dict[str, Any]]) -> list[dict[str, Any] | Failure]:
    """What becomes of computations, failures among them; anything else is raised."""
    found = await asyncio.gather(*running, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, Failure):
            raise one
    return found  # type: ignore[return-value]


async def together(engines: Sequence[PeerEngine], data: Sequence[Any], **about: Any) -> list[dict[str, Any] | Failure]:
    """A computation of all servers, each with its data."""
    places = range(len(engines))
    return await outcomes(*(engine.compute(asked(place, data[place], places=places, **about)) for place, engine in enumerate(engines)))


async def until(there: Callable[[], bool], seconds: float = 20.0) -> None:
    """Waits until something is so."""
    end = asyncio.get_running_loop().time() + seconds
    while not there():
        assert asyncio.get_running_loop().time() < end, "it did not come about"
        await asyncio.sleep(0.005)


async def linked(engines: Sequence[PeerEngine]) -> None:
    """Waits until all servers are linked."""
    await until(lambda: all(all(engine.health().values()) for engine in engines))
