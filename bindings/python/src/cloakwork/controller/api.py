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
from cloakwork.ledger import Account, Ledger
from cloakwork.ledger.account import account_of, opened
from cloakwork.privacy import Unit
from cloakwork.secagg import Config, Identity, Run
from cloakwork.wire.invitation import Invitation, base_url
from cloakwork.wire.problem import FlowError, FlowStatus

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
        account: where the rounds of a run with a mechanism are charged; without one no round of it can be started from here.
    """

    def __init__(self, connection: Connection, run: Run, name: str, names: dict[int, str], account: Account | None) -> None:
        self.account = account
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
        charge = None if self.account is None else self.account.charge
        if charge is None and self.run.config.mechanism is not None:
            message = "the run is differentially private: give the controller a ledger, and the run a data set with a budget in it"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument="ledger")
        return conversations.start_round(self._connection, self.run, context, number, self._ids(participants), charge)

    def _result(self, number: int, seconds: float | None) -> Flow[RoundResult]:
        limit = conversations.round_seconds(self.run) if seconds is None else seconds
        return conversations.read_result(self._connection, self.run, self.names, number, limit)

    def _round(self, context: bytes, participants: list[int | str] | None, seconds: float | None) -> Flow[RoundResult]:
        number = yield from self._start(context, None, participants)
        return (yield from self._result(number, seconds))


class RunHandle(_Handle):
    """A run, for sync callers."""

    def __init__(
        self,
        connection: Connection,
        run: Run,
        name: str,
        names: dict[int, str],
        account: Account | None,
        do: Callable[[Flow[Any]], Any],
    ) -> None:
        super().__init__(connection, run, name, names, account)
        self._do = do

    def start_round(self, context: bytes = b"", *, number: int | None = None, participants: list[int | str] | None = None) -> int:
        """Starts a round and returns its number, without waiting for it.

        Args:
            context: what every participant is given, such as the joint model.
            number: number of the round, to make a repeat harmless; the one after the last if None.
            participants: names or ids of those who take part; everybody who is there if None.

        Raises:
            PrivacyError: the data set's budget does not allow the round (`BUDGET_SPENT`); it was not started.
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

    def __init__(
        self, connection: Connection, run: Run, name: str, names: dict[int, str], account: Account | None, transport: Transport
    ) -> None:
        super().__init__(connection, run, name, names, account)
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
        ledger: Ledger | str | Path | None = None,
    ) -> None:
        known = identity if isinstance(identity, Identity) else keyfile.load(Path(identity))
        self._transport = Transport(ca)
        self._connection = Connection(base_url(url), server, known, patience)
        self.ledger, self._own_ledger = opened(ledger)

    def close(self) -> None:
        """Lets go of a ledger that was given as a file."""
        if self.ledger is not None and self._own_ledger:
            self.ledger.close()

    def _account(self, run: Run, dataset: str | None, unit: Unit | None, *, needed: bool = True) -> Account | None:
        return account_of(run, self.ledger, dataset, unit, None, needed=needed)


class Controller(_Base):
    """A controller, for sync callers.

    Args:
        url: base URL of the server.
        server: fingerprint of the server, or its public key.
        identity: the controller's identity, or its file; the server lists its fingerprint among the controllers.
        ca: PEM file of the authorities that sign the server's certificate; the system's if None.
        patience: seconds for which requests are repeated while the server is away.
        ledger: what data sets have cost, or its file; needed to start rounds of runs with a mechanism. A round is charged before the
            request leaves that starts it, whatever becomes of it.

    Attributes:
        ledger: the ledger, or None.
    """

    def create(
        self,
        name: str,
        members: Mapping[str, str | bytes],
        config: Config,
        *,
        shares_results: bool = False,
        dataset: str | None = None,
        unit: Unit | None = None,
    ) -> RunHandle:
        """Defines a run and gives it to the server, which invites the members.

        Args:
            name: a name for people, unique at the server.
            members: fingerprint of each member's identity by name.
            config: the parameters.
            shares_results: whether members may read the results as well.
            dataset: with a mechanism, name of the data set in the ledger that the run is about: the data of all members together.
            unit: the unit of its budget; needed for a record, whose clip it states.

        Raises:
            CloakworkError: the parameters do not fit together, or the name is taken; a run with a mechanism has no ledger or data set.
        """
        run, names = conversations.define(members, config)
        return self.give(run, name, names, shares_results=shares_results, dataset=dataset, unit=unit)

    def give(
        self,
        run: Run,
        name: str,
        names: dict[int, str],
        *,
        shares_results: bool = False,
        dataset: str | None = None,
        unit: Unit | None = None,
    ) -> RunHandle:
        """Gives a run that was defined before to the server; giving it again changes nothing."""
        account = self._account(run, dataset, unit)
        self._do(conversations.create(self._connection, run, name, names, shares_results=shares_results))
        return RunHandle(self._connection, run, name, names, account, self._do)

    def find(self, run_id: bytes, run_hash: bytes | None = None) -> RunHandle:
        """A run that the server has.

        Args:
            run_id: its id.
            run_hash: the hash that it must have; None to take the server's word for it.

        A run with a mechanism has the data set that it had when it was given to the server; without it no round can be started.
        """
        run, name, names = self._do(conversations.read_run(self._connection, run_id, run_hash))
        return RunHandle(self._connection, run, name, names, self._account(run, None, None, needed=False), self._do)

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
        self,
        name: str,
        members: Mapping[str, str | bytes],
        config: Config,
        *,
        shares_results: bool = False,
        dataset: str | None = None,
        unit: Unit | None = None,
    ) -> AsyncRunHandle:
        """Defines a run and gives it to the server, which invites the members."""
        run, names = conversations.define(members, config)
        return await self.give(run, name, names, shares_results=shares_results, dataset=dataset, unit=unit)

    async def give(
        self,
        run: Run,
        name: str,
        names: dict[int, str],
        *,
        shares_results: bool = False,
        dataset: str | None = None,
        unit: Unit | None = None,
    ) -> AsyncRunHandle:
        """Gives a run that was defined before to the server; giving it again changes nothing."""
        account = self._account(run, dataset, unit)
        await self._do(conversations.create(self._connection, run, name, names, shares_results=shares_results))
        return AsyncRunHandle(self._connection, run, name, names, account, self._transport)

    async def find(self, run_id: bytes, run_hash: bytes | None = None) -> AsyncRunHandle:
        """A run that the server has."""
        run, name, names = await self._do(conversations.read_run(self._connection, run_id, run_hash))
        return AsyncRunHandle(self._connection, run, name, names, self._account(run, None, None, needed=False), self._transport)

    async def watch(self, after: str | None = None) -> dict[str, Any] | None:
        """The status of everything at the server, as `Controller.watch`."""
        return await self._do(conversations.watch(self._connection, after))

    async def runs(self) -> list[dict[str, Any]]:
        """All runs of the server, in short."""
        return await self._do(conversations.about_runs(self._connection))

    async def _do(self, flow: Flow[T]) -> T:
        async with self._transport.asynchronous() as http:
            return await drive_async(flow, http)
