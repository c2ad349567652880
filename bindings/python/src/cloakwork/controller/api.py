"""The controller for callers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from cloakwork.controller import conversations
from cloakwork.controller.conversations import RoundResult
from cloakwork.flow import keyfile
from cloakwork.flow.connection import Connection
from cloakwork.flow.drive import Transport, drive, drive_async
from cloakwork.flow.effects import Flow
from cloakwork.secagg import Config, Identity, Run
from cloakwork.wire.invitation import Invitation, base_url

__all__ = ["AsyncController", "AsyncRunHandle", "Controller", "RunHandle"]

T = TypeVar("T")

PATIENCE_SECONDS = 60.0


class _Handle:
    """A run that a controller made or found.

    Attributes:
        run: the run with its settings.
        name: its name.
        names: the names of its members by id.
        invitation: for every member, by a channel that it trusts.
    """

    def __init__(self, connection: Connection, run: Run, name: str, names: dict[int, str]) -> None:
        self.run = run
        self.name = name
        self.names = names
        self.invitation = Invitation(connection.url, connection.server, run.run_id, run.hash)
        self._connection = connection

    def _ids(self, participants: list[int | str] | None) -> list[int] | None:
        """Ids of members that are named or numbered."""
        if participants is None:
            return None
        by_name = {name: member for member, name in self.names.items()}
        return [member if isinstance(member, int) else by_name[member] for member in participants]

    def _start(self, context: bytes, number: int | None, participants: list[int | str] | None) -> Flow[int]:
        return conversations.start_round(self._connection, self.run, context, number, self._ids(participants))

    def _result(self, number: int, seconds: float | None) -> Flow[RoundResult]:
        limit = conversations.round_seconds(self.run) if seconds is None else seconds
        return conversations.read_result(self._connection, self.run, self.names, number, limit)

    def _round(self, context: bytes, participants: list[int | str] | None, seconds: float | None) -> Flow[RoundResult]:
        number = yield from self._start(context, None, participants)
        return (yield from self._result(number, seconds))


class RunHandle(_Handle):
    """A run, for sync callers."""

    def __init__(self, connection: Connection, run: Run, name: str, names: dict[int, str], do: Callable[[Flow[Any]], Any]) -> None:
        super().__init__(connection, run, name, names)
        self._do = do

    def start_round(self, context: bytes = b"", *, number: int | None = None, participants: list[int | str] | None = None) -> int:
        """Starts a round and returns its number, without waiting for it.

        Args:
            context: what every participant is given, such as the joint model.
            number: number of the round, to make a repeat harmless; the one after the last if None.
            participants: names or ids of those who take part; everybody who is there if None.

        Raises:
            CloakworkError: another round is in progress, or the number is not the next one.
        """
        return int(self._do(self._start(context, number, participants)))

    def result(self, number: int, *, seconds: float | None = None) -> RoundResult:
        """Waits for the end of a round and reads its sums.

        Args:
            number: number of the round.
            seconds: how long to wait; as long as the time limits of the run can add up to if None.

        Raises:
            CloakworkError: the round was aborted; the code says why.
            FlowError: `TOO_SLOW`.
        """
        found: RoundResult = self._do(self._result(number, seconds))
        return found

    def round(self, context: bytes = b"", *, participants: list[int | str] | None = None, seconds: float | None = None) -> RoundResult:
        """Starts the next round, waits for its end and reads its sums; the arguments are those of `start_round` and `result`."""
        found: RoundResult = self._do(self._round(context, participants, seconds))
        return found

    def about(self) -> dict[str, Any]:
        """What the server shows of the run: its step, its members and what each is doing."""
        shown: dict[str, Any] = self._do(conversations.about_run(self._connection, self.run.run_id))
        return shown

    def stop_round(self, number: int) -> None:
        """Stops a round; every participant is told."""
        self._do(conversations.stop_round(self._connection, self.run, number))

    def close(self) -> None:
        """Stops the round in progress and closes the run; its results stay."""
        self._do(conversations.close_run(self._connection, self.run))


class AsyncRunHandle(_Handle):
    """A run, for async callers; see `RunHandle` for the arguments."""

    def __init__(self, connection: Connection, run: Run, name: str, names: dict[int, str], transport: Transport) -> None:
        super().__init__(connection, run, name, names)
        self._transport = transport

    async def start_round(self, context: bytes = b"", *, number: int | None = None, participants: list[int | str] | None = None) -> int:
        """Starts a round and returns its number, without waiting for it."""
        return await self._do(self._start(context, number, participants))

    async def result(self, number: int, *, seconds: float | None = None) -> RoundResult:
        """Waits for the end of a round and reads its sums."""
        return await self._do(self._result(number, seconds))

    async def round(
        self, context: bytes = b"", *, participants: list[int | str] | None = None, seconds: float | None = None
    ) -> RoundResult:
        """Starts the next round, waits for its end and reads its sums."""
        return await self._do(self._round(context, participants, seconds))

    async def about(self) -> dict[str, Any]:
        """What the server shows of the run."""
        return await self._do(conversations.about_run(self._connection, self.run.run_id))

    async def stop_round(self, number: int) -> None:
        """Stops a round; every participant is told."""
        await self._do(conversations.stop_round(self._connection, self.run, number))

    async def close(self) -> None:
        """Stops the round in progress and closes the run; its results stay."""
        await self._do(conversations.close_run(self._connection, self.run))

    async def _do(self, flow: Flow[T]) -> T:
        async with self._transport.asynchronous() as http:
            return await drive_async(flow, http)


class _Base:
    def __init__(
        self,
        url: str,
        server: str | bytes,
        identity: Identity | str | Path,
        *,
        ca: str | Path | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        known = identity if isinstance(identity, Identity) else keyfile.load(Path(identity))
        self._transport = Transport(ca)
        self._connection = Connection(base_url(url), server, known, patience)


class Controller(_Base):
    """A controller, for sync callers.

    Args:
        url: base URL of the server.
        server: fingerprint of the server, or its public key.
        identity: the controller's identity, or its file; the server lists its fingerprint among the controllers.
        ca: PEM file of the authorities that sign the server's certificate; the system's if None.
        patience: seconds for which requests are repeated while the server is away.
    """

    def create(self, name: str, members: Mapping[str, str | bytes], config: Config, *, shares_results: bool = False) -> RunHandle:
        """Defines a run and gives it to the server, which invites the members.

        Args:
            name: a name for people, unique at the server.
            members: fingerprint of each member's identity by name.
            config: the parameters.
            shares_results: whether members may read the results as well.

        Raises:
            CloakworkError: the parameters do not fit together, or the name is taken.
        """
        run, names = conversations.define(members, config)
        return self.give(run, name, names, shares_results=shares_results)

    def give(self, run: Run, name: str, names: dict[int, str], *, shares_results: bool = False) -> RunHandle:
        """Gives a run that was defined before to the server; giving it again changes nothing."""
        self._do(conversations.create(self._connection, run, name, names, shares_results=shares_results))
        return RunHandle(self._connection, run, name, names, self._do)

    def find(self, run_id: bytes, run_hash: bytes | None = None) -> RunHandle:
        """A run that the server has.

        Args:
            run_id: its id.
            run_hash: the hash that it must have; None to take the server's word for it.
        """
        run, name, names = self._do(conversations.read_run(self._connection, run_id, run_hash))
        return RunHandle(self._connection, run, name, names, self._do)

    def watch(self, after: str | None = None) -> dict[str, Any] | None:
        """The status of everything at the server.

        Args:
            after: the `version` of an earlier status: waits, at most half a minute, for a newer one.

        Returns:
            `version`, `time` and `runs`, each with its step, members, rounds and refusals; None when nothing changed.
        """
        shown: dict[str, Any] | None = self._do(conversations.watch(self._connection, after))
        return shown

    def runs(self) -> list[dict[str, Any]]:
        """All runs of the server, in short: id, name, hash, state, number of rounds."""
        shown: list[dict[str, Any]] = self._do(conversations.about_runs(self._connection))
        return shown

    def _do(self, flow: Flow[T]) -> T:
        with self._transport.sync() as http:
            return drive(flow, http, time.sleep)


class AsyncController(_Base):
    """A controller, for async callers; see `Controller` for the arguments."""

    async def create(
        self, name: str, members: Mapping[str, str | bytes], config: Config, *, shares_results: bool = False
    ) -> AsyncRunHandle:
        """Defines a run and gives it to the server, which invites the members."""
        run, names = conversations.define(members, config)
        return await self.give(run, name, names, shares_results=shares_results)

    async def give(self, run: Run, name: str, names: dict[int, str], *, shares_results: bool = False) -> AsyncRunHandle:
        """Gives a run that was defined before to the server; giving it again changes nothing."""
        await self._do(conversations.create(self._connection, run, name, names, shares_results=shares_results))
        return AsyncRunHandle(self._connection, run, name, names, self._transport)

    async def find(self, run_id: bytes, run_hash: bytes | None = None) -> AsyncRunHandle:
        """A run that the server has."""
        run, name, names = await self._do(conversations.read_run(self._connection, run_id, run_hash))
        return AsyncRunHandle(self._connection, run, name, names, self._transport)

    async def watch(self, after: str | None = None) -> dict[str, Any] | None:
        """The status of everything at the server, as `Controller.watch`."""
        return await self._do(conversations.watch(self._connection, after))

    async def runs(self) -> list[dict[str, Any]]:
        """All runs of the server, in short."""
        return await self._do(conversations.about_runs(self._connection))

    async def _do(self, flow: Flow[T]) -> T:
        async with self._transport.asynchronous() as http:
            return await drive_async(flow, http)
