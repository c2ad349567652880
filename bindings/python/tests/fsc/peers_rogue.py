"""A server that has the certificate of a peer and sends what it likes."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

from peers_world import settings, until

from cloakwork.fsc.peers.description import Description, Offer
from cloakwork.fsc.peers.directory import Configured
from cloakwork.fsc.peers.engine import PeerEngine
from cloakwork.fsc.peers.frame import PIECE_HEAD, Frame, Kind
from cloakwork.fsc.peers.link import Link
from cloakwork.fsc.peers.links import Links
from cloakwork.fsc.peers.settings import Settings


class Rogue:
    """Its links, and what came over them.

    Attributes:
        links: by the name of the peer.
        frames: what came, with the name of the sender.
    """

    def __init__(self, about: Settings) -> None:
        self.directory = Configured(about)
        self.mesh = Links(self.directory, 2.0, self)
        self.links: dict[str, Link] = {}
        self.frames: list[tuple[str, Frame, bytes]] = []
        self.ends: list[str] = []
        self.nonce = secrets.token_bytes(32)

    def linked(self, link: Link) -> None:
        self.links[link.peer.name] = link

    def unlinked(self, link: Link, why: str) -> None:
        self.links.pop(link.peer.name, None)
        self.ends.append(link.peer.name)

    def received(self, link: Link, frame: Frame, payload: bytes) -> None:
        self.frames.append((link.peer.name, frame, payload))

    async def frame(self, sender: str, kind: Kind) -> tuple[Frame, bytes]:
        """The first frame of a kind from a peer."""

        def found() -> list[tuple[Frame, bytes]]:
            return [(frame, payload) for name, frame, payload in self.frames if name == sender and frame.kind == kind]

        await until(lambda: bool(found()))
        return found()[0]

    async def answer(self, name: str, **changes: object) -> tuple[Link, int, Offer]:
        """Answers the offer of a peer with the same, or with one that says something else."""
        _, payload = await self.frame(name, Kind.OFFER)
        entries = {**Offer.decode(payload).description.entries, **changes}
        described = Description.of(
            entries["microprotocol"],
            entries["version"],
            entries["parameters"],
            entries["parties"],
            entries["session"],
            entries["shape"].encode("latin-1"),
        )
        made = Offer(described, self.nonce, secrets.token_bytes(32))
        link = self.links[name]
        stream = link.next_stream()
        link.send(Kind.OFFER, stream, made.encode())
        return link, stream, made

    def piece(self, link: Link, stream: int, sequence: int, run: bytes, remaining: int, content: bytes) -> None:
        """Sends a piece as it is told."""
        link.send_raw(Frame(Kind.PIECE, stream, sequence, PIECE_HEAD.size + len(content)), PIECE_HEAD.pack(run, remaining) + content)


def send_raw(self: Link, frame: Frame, payload: bytes) -> None:
    """A frame, whatever it says."""
    self._write((frame.head(), payload))


Link.send_raw = send_raw


@contextlib.asynccontextmanager
async def surrounded(engines: int = 2) -> AsyncIterator[tuple[list[PeerEngine], Rogue]]:
    """So many servers, and a rogue that is their last peer."""
    from peers_world import MICROPROTOCOLS

    about = settings(engines + 1)
    made = [PeerEngine.configured(one, MICROPROTOCOLS) for one in about[:-1]]
    rogue = Rogue(about[-1])
    async with contextlib.AsyncExitStack() as stack:
        for engine in made:
            await stack.enter_async_context(engine)
        await rogue.mesh.open()
        stack.push_async_callback(rogue.mesh.close)
        await until(lambda: len(rogue.links) == engines)
        yield made, rogue


async def task_of(engine: PeerEngine, computation: object) -> asyncio.Task[object]:
    """A computation that runs, with its offers under way."""
    task = asyncio.get_running_loop().create_task(engine.compute(computation))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    return task
