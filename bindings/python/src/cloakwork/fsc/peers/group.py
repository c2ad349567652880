"""The parties of a run, for the microprotocol that runs among them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Executor, Future, TimeoutError  # noqa: A004 - another one before Python 3.11
from typing import Any, TypeVar

from numpy.typing import NDArray

from cloakwork.errors import CloakworkError, CryptoError
from cloakwork.fsc.computation import Failure
from cloakwork.fsc.peers.run import Run
from cloakwork.fsc.protocols import residues
from cloakwork.fsc.protocols.mesh import opened, zeros
from cloakwork.mpc import Session
from cloakwork.secagg import sha256
from cloakwork.secagg._lanes import allocate

__all__ = ["PeerGroup"]

T = TypeVar("T")
_COMPUTATION = b"cloakwork/1 fsc computation"
_TRANSCRIPT = b"cloakwork/1 fsc transcript"
# Bytes and elements above which work goes to a thread, so that the server answers others meanwhile.
_LONG = 1 << 16


class PeerGroup:
    """The group of a run in which all parties have agreed, or of a party alone.

    Args:
        run: the run.
        nodes: base URLs, as the client gave them.
        threads: where programs run that compute on shares.
    """

    def __init__(self, run: Run, nodes: Sequence[str], threads: Executor) -> None:
        self._run = run
        self._nodes = tuple(nodes)
        self._threads = threads
        self._computations = 0
        # The loop itself holds tasks weakly.
        self._exchanges: set[asyncio.Task[list[bytes]]] = set()
        self._transcript = sha256(_TRANSCRIPT + run.id)

    @property
    def index(self) -> int:
        """The place of this party."""
        return self._run.index

    @property
    def parties(self) -> int:
        """How many there are."""
        return len(self._run.parties)

    @property
    def nodes(self) -> tuple[str, ...]:
        """Their base URLs."""
        return self._nodes

    @property
    def session(self) -> bytes:
        """The run's id."""
        return self._run.id

    async def exchange(self, messages: Sequence[bytes | None], /) -> list[bytes]:
        """One message to each other party, and one of each."""
        if len(messages) != self.parties:
            raise Failure(500, "internal-error", f"the microprotocol has {len(messages)} messages for {self.parties} parties")
        return await self._run.exchange(messages)

    async def broadcast(self, message: bytes) -> list[bytes]:
        """The same message to all. That it was the same is found out at the end of the run."""
        found = await self._run.exchange([message] * self.parties)
        found[self.index] = message
        self._transcript = await self._work(sum(map(len, found)), lambda: sha256(self._transcript + b"".join(map(sha256, found))))
        return found

    async def sum(self, values: Sequence[int], *, bits: int = 128) -> list[int]:
        """Sums of signed integers over all parties.

        Raises:
            Failure: a magnitude of 2^(bits-1) / parties or more, before anything is sent; as `exchange`.
        """
        limit = ((1 << (bits - 1)) - 1) // self.parties
        for place, value in enumerate(values):
            if not -limit <= value <= limit:
                message = f"number {place} does not fit a sum of {self.parties} parties mod 2^{bits}: its magnitude may be {limit} at most"
                raise Failure(400, "invalid-input", message, self.index)
        vector = await self._work(len(values), lambda: residues.of_integers(values, bits))
        total = await self.sum_residues(vector, bits=bits)
        return await self._work(len(values), lambda: residues.to_integers(total, bits))

    async def sum_residues(self, vector: NDArray[Any], *, bits: int) -> NDArray[Any]:
        """Sums of residues mod 2^bits over all parties, as residues. Nobody learns more than the sums.

        Args:
            vector: uint32 up to 32 bits, uint64 up to 64, rows of two uint64 above, the low half first.
            bits: width of a residue.

        Raises:
            Failure: as `exchange`; or a party has sent others something else than this one.
        """
        mesh, count = self._run.mesh, len(vector)
        if mesh is None:
            return vector
        room = allocate(bits, count + zeros(bits))
        room[:count] = vector
        message = await self._work(count, lambda: mesh.mask(bits, room))
        messages = await self.broadcast(message)
        try:
            return await self._work(count, lambda: opened(bits, count, messages))
        except CryptoError:
            text = "the masks of a sum did not cancel: a party has sent others something else than this one; the sum was thrown away"
            raise Failure(502, "protocol-violation", text) from None
        except CloakworkError as error:
            place = error.party
            name = "" if place is None else f"{self._run.parties[place].name} (party {place}) "
            raise Failure(
                502, "protocol-violation", f"{name}sent a masked vector of another length or form than {count} residues", place
            ) from None

    async def compute(self, program: Callable[[Session], T]) -> T:
        """Runs a program on shares, in a thread of its own, over the links of the run.

        The parties make their correlated randomness themselves; each session begins with base transfers of its own.

        Raises:
            Failure: this party is alone; as `exchange`.
        """
        if self.parties == 1:
            raise Failure(400, "invalid-input", "network.nodes names one party; this computation takes two or more")
        loop = asyncio.get_running_loop()
        number, self._computations = self._computations, self._computations + 1
        name = sha256(_COMPUTATION + self.session + number.to_bytes(8, "little"))
        names = [peer.name for peer in self._run.parties]

        def exchange(messages: Sequence[bytes | None]) -> list[bytes]:
            return self._from_thread(loop, messages)

        def work() -> T:
            with Session.carried(self.index, names, name, exchange) as session:
                return program(session)

        return await loop.run_in_executor(self._threads, work)

    def _from_thread(self, loop: asyncio.AbstractEventLoop, messages: Sequence[bytes | None]) -> list[bytes]:
        """An exchange for a thread, which outlives the loop where a server ends in the middle of a computation."""
        answer: Future[list[bytes]] = Future()

        def begin() -> None:
            task = loop.create_task(self._run.exchange(messages))
            self._exchanges.add(task)
            task.add_done_callback(end)

        def end(task: asyncio.Task[list[bytes]]) -> None:
            self._exchanges.discard(task)
            if task.cancelled():
                answer.cancel()
            elif error := task.exception():
                answer.set_exception(error)
            else:
                answer.set_result(task.result())

        try:
            loop.call_soon_threadsafe(begin)
            return answer.result(self._run.longest_wait)
        except (RuntimeError, CancelledError, TimeoutError):
            raise Failure(503, "stopping", "the server ends; ask again when it is there") from None

    async def close(self) -> None:
        """Compares what all have been told in broadcasts, before anything of it is believed.

        A party that has told others different things is found out here, though not which one it was.

        Raises:
            Failure: somebody was told something else.
        """
        if self.parties == 1:
            return
        found = await self._run.exchange([self._transcript] * self.parties)
        for place, transcript in enumerate(found):
            if place != self.index and transcript != self._transcript:
                peer = self._run.parties[place]
                message = f"{peer.name} (party {place}) was told something else than this server: a party has told them different things"
                raise Failure(502, "protocol-violation", message, place)

    async def _work(self, size: int, work: Callable[[], T]) -> T:
        """Does something here, or in a thread where it takes long."""
        return work() if size < _LONG else await asyncio.get_running_loop().run_in_executor(self._threads, work)
