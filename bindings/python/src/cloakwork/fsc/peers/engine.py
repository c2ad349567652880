"""Carries out what clients ask for, with the servers that they name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloakwork.errors import ArgumentError, CloakworkError
from cloakwork.fsc.computation import Computation, Failure, Microprotocol
from cloakwork.fsc.peers.description import Description, UnfitError
from cloakwork.fsc.peers.development import Development, shared_folder
from cloakwork.fsc.peers.directory import Configured, Directory, Peer
from cloakwork.fsc.peers.frame import Frame
from cloakwork.fsc.peers.group import PeerGroup
from cloakwork.fsc.peers.link import Link
from cloakwork.fsc.peers.links import Links
from cloakwork.fsc.peers.run import Run
from cloakwork.fsc.peers.sessions import Sessions
from cloakwork.fsc.peers.settings import Limits, Settings

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["PeerEngine"]

_LOG = logging.getLogger(__name__)
# Elements of an input above which it is read in a thread.
_LONG = 1 << 12


class PeerEngine:
    """The engine of a server. It is opened in the event loop that it works in.

    Args:
        directory: who the servers are.
        limits: of runs.
        microprotocols: by name.
        accepted_leaks: microprotocols that reveal more than their result, and that the owner allows all the same.
    """

    def __init__(
        self,
        directory: Directory,
        limits: Limits,
        microprotocols: Mapping[str, Microprotocol],
        accepted_leaks: frozenset[str] = frozenset(),
    ) -> None:
        self._directory = directory
        self._limits = limits
        self._microprotocols = microprotocols
        self._accepted = accepted_leaks
        self._links = Links(directory, limits.connect, self)
        self._sessions = Sessions(limits, self._links.want)
        self._threads = ThreadPoolExecutor(max_workers=limits.runs, thread_name_prefix="fsc")

    @classmethod
    def configured(cls, settings: Settings, microprotocols: Mapping[str, Microprotocol]) -> PeerEngine:
        """The engine of a configured server.

        Raises:
            FlowError: a certificate or key is none.
        """
        return cls(Configured(settings), settings.limits, microprotocols, settings.accepted_leaks)

    @classmethod
    def development(
        cls, port: int, microprotocols: Mapping[str, Microprotocol], *, folder: Path | None = None, limits: Limits | None = None
    ) -> PeerEngine:
        """The engine of a server on this machine without a configuration.

        Args:
            port: where it listens for clients; the peers' is 1000 above.
            microprotocols: by name.
            folder: what the servers of this user share; a folder below that for temporary files if None.
            limits: of runs.

        Raises:
            FlowError: the port leaves no room for the peers', or the folder is not this user's alone.
        """
        return cls(Development(port, folder or shared_folder()), limits or Limits(), microprotocols)

    async def open(self) -> None:
        """Listens for peers and calls them.

        Raises:
            FlowError: the address to listen on is taken, or is none of this machine.
        """
        await self._links.open()

    async def close(self) -> None:
        """Ends all links; runs that are still there fail."""
        await self._links.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
        if isinstance(self._directory, Development):
            self._directory.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def health(self) -> dict[str, bool]:
        """The peers that are known by now, and whether there is a link to each."""
        return self._links.health()

    def runs(self) -> int:
        """How many runs there are."""
        return len(self._sessions)

    async def compute(self, computation: Computation) -> dict[str, Any]:
        """What a client asked for; see `cloakwork.fsc.computation.Engine`.

        Raises:
            Failure: it did not come about.
        """
        microprotocol = self._microprotocols.get(computation.microprotocol)
        if microprotocol is None:
            known = ", ".join(sorted(self._microprotocols))
            raise Failure(501, "not-available", f"not implemented / not available: {computation.microprotocol}; there are {known}")
        parties = self._directory.parties(computation.nodes, computation.myself)
        self._check_number(microprotocol, parties)
        try:
            own = await self._read(microprotocol, computation)
            described = Description.of(
                microprotocol.name,
                microprotocol.version,
                computation.parameters,
                [peer.key for peer in parties],
                computation.session,
                microprotocol.shape(own),
            )
            run = Run(described, parties, computation.myself, self._limits)
        except Failure:
            raise
        except Exception as error:
            raise _failure(microprotocol, computation.myself, error) from error
        try:
            return await self._carry_out(run, microprotocol, own, computation)
        finally:
            self._sessions.end(run)
            for peer in parties:
                if peer != self._directory.own and not self._sessions.waits_for(peer):
                    self._links.release(peer)

    async def _carry_out(self, run: Run, microprotocol: Microprotocol, own: Any, computation: Computation) -> dict[str, Any]:  # noqa: ANN401
        failure: Failure | None = None
        try:
            if len(run.parties) > 1:
                self._sessions.begin(run)
                await run.agreed(self._links.trouble)
            group = PeerGroup(run, computation.nodes, self._threads)
            result = await microprotocol.run(group, own)
            await group.close()
        except Failure as error:
            failure = error
            raise
        except asyncio.CancelledError:
            failure = Failure(502, "cancelled", "its client does not wait any more", run.index)
            raise
        except Exception as error:
            failure = _failure(microprotocol, run.index, error)
            raise failure from error
        finally:
            if failure is not None:
                run.fail(failure)
                run.abort(failure)
        return {"inputs": len(run.parties), "result": result}

    def _check_number(self, microprotocol: Microprotocol, parties: tuple[Peer, ...]) -> None:
        fewest, most = microprotocol.fewest, microprotocol.most
        if len(parties) < fewest or (most is not None and len(parties) > most):
            wanted = f"{fewest}" if fewest == most else f"{fewest} or more" if most is None else f"{fewest} to {most}"
            message = f"network.nodes names {len(parties)} parties; {microprotocol.name} takes {wanted}"
            raise Failure(400, "invalid-input", message)
        if microprotocol.leak and len(parties) > microprotocol.leak_free and microprotocol.name not in self._accepted:
            about = f"{microprotocol.name} reveals more than its result: {microprotocol.leak}"
            message = f"{about}; the owner of this server has to allow it in accepted_leaks"
            raise Failure(403, "leak-not-accepted", message)

    async def _read(self, microprotocol: Microprotocol, computation: Computation) -> Any:  # noqa: ANN401 - what `run` takes
        data = computation.data
        if len(data) < _LONG and sum(len(entry) for entry in data if isinstance(entry, list)) < _LONG:
            return microprotocol.read(computation)
        return await asyncio.get_running_loop().run_in_executor(self._threads, microprotocol.read, computation)

    # What happens on links.

    def linked(self, link: Link) -> None:
        """A link is there."""
        self._sessions.linked(link)

    def unlinked(self, link: Link, why: str) -> None:
        """A link broke."""
        self._sessions.unlinked(link, why)

    def received(self, link: Link, frame: Frame, payload: bytes) -> None:
        """A frame came."""
        self._sessions.received(link, frame, payload)


def _failure(microprotocol: Microprotocol, index: int, error: Exception) -> Failure:
    """What a client is told of an exception that is no failure yet."""
    if isinstance(error, UnfitError):
        return Failure(400, "invalid-input", str(error), index)
    if isinstance(error, CloakworkError):
        code = 400 if isinstance(error, ArgumentError) else 502
        return Failure(code, error.name.lower().replace("_", "-"), str(error), error.party)
    _LOG.error("%s failed", microprotocol.name, exc_info=error)
    message = f"{microprotocol.name} stopped with {type(error).__name__}, which is a defect; the log of this server has more"
    return Failure(500, "internal-error", message, index)
