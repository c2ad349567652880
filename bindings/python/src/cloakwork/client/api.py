"""The client for callers."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloakwork.client.events import Event
from cloakwork.client.joining import decode, join, look
from cloakwork.client.participation import LARGEST_CONTEXT, Handler, Participation, Round, Values
from cloakwork.client.storage import Joined, Storage
from cloakwork.flow import keyfile
from cloakwork.flow.connection import Connection
from cloakwork.flow.drive import Transport, drive, drive_async
from cloakwork.flow.effects import Flow
from cloakwork.ledger import Account, Ledger
from cloakwork.ledger.account import account_of, opened
from cloakwork.privacy import Unit
from cloakwork.secagg import Identity, Run
from cloakwork.wire import result
from cloakwork.wire.invitation import Invitation
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["AsyncClient", "Client"]

if TYPE_CHECKING:
    from typing_extensions import Self

# A server may be away for as long as its operator needs to bring it back.
PATIENCE_SECONDS = 3600.0
IDLE_SECONDS = 604_800.0


class _Base:
    """What both clients have in common."""

    def __init__(
        self,
        storage: Storage,
        joined: Joined,
        identity: Identity,
        transport: Transport,
        patience: float = PATIENCE_SECONDS,
        charged: _Charged | None = None,
    ) -> None:
        """Use `join` or `open`."""
        self.invitation = joined.invitation
        self.name = joined.name
        self.run = decode(joined)
        self._charged = charged or _Charged(None, None, None)
        self.account = self._charged.account(self.run, _member(self.run, identity))
        self._storage = storage
        self._identity = identity
        self._transport = transport
        self._connection = Connection(joined.invitation.url, joined.invitation.server, identity, patience)

    @property
    def sent_bytes(self) -> int:
        """Bytes of the request bodies that this object sent, repeats included."""
        return self._connection.sent_bytes

    @property
    def received_bytes(self) -> int:
        """Bytes of the response bodies that this object received."""
        return self._connection.received_bytes

    @property
    def member(self) -> int:
        """The id of this party in the roster."""
        return _member(self.run, self._identity)

    def close(self) -> None:
        """Lets go of the file."""
        self._storage.close()
        self._charged.close()

    def _participation(self, handler: Handler, listener: Callable[[Event], object] | None) -> Participation:
        told = listener or (lambda _: None)
        return Participation(self._connection, self._storage, self.run, self._identity, handler, told, self.account)

    def _result(self, number: int) -> Flow[dict[str, Any]]:
        answer = yield from self._connection.request("result", run=self.run.run_id, largest=result.size(self.run), round=number)
        return result.decode_sums(self.run, answer.body)


class _Charged:
    """What a caller says about the ledger: it is looked at once the run is known."""

    def __init__(self, ledger: Ledger | str | Path | None, dataset: str | None, unit: Unit | None) -> None:
        self._ledger, self._own = opened(ledger)
        self._dataset = dataset
        self._unit = unit

    def account(self, run: Run, member: int) -> Account | None:
        """The account of a run.

        Raises:
            FlowError: the run needs one and has none.
        """
        return account_of(run, self._ledger, self._dataset, self._unit, member)

    def close(self) -> None:
        """Closes a ledger that was opened here."""
        if self._ledger is not None and self._own:
            self._ledger.close()


def _member(run: Run, identity: Identity) -> int:
    return next(member for member, key in run.members.items() if key == identity.public_key)


def _identity(given: Identity | str | Path) -> Identity:
    return given if isinstance(given, Identity) else keyfile.load(Path(given))


def _opened(storage: Storage) -> Joined:
    joined = storage.joined()
    if joined is None:
        raise FlowError(FlowStatus.CONFIGURATION, "holds no run; join one first", argument=str(storage.path))
    return joined


def _check_same(joined: Joined, invitation: Invitation) -> None:
    if (joined.invitation.run, joined.invitation.run_hash, joined.invitation.server) != (
        invitation.run,
        invitation.run_hash,
        invitation.server,
    ):
        raise FlowError(FlowStatus.CONFLICT, "the file belongs to another run; use a file for each", argument="storage")


class Client(_Base):
    """A party of a run, for sync callers. It holds a file for itself: close it, or use it as a context manager.

    Attributes:
        invitation: what it was invited with.
        name: the name of the run.
        run: the run, with its settings.
        account: where a run with a mechanism is charged; None for others.
    """

    @classmethod
    def join(
        cls,
        invitation: Invitation | str,
        identity: Identity | str | Path,
        storage: str | Path,
        *,
        ca: str | Path | None = None,
        patience: float = PATIENCE_SECONDS,
        ledger: Ledger | str | Path | None = None,
        dataset: str | None = None,
        unit: Unit | None = None,
    ) -> Client:
        """Joins a run; a run that this file joined before is opened.

        Args:
            invitation: the controller's invitation. It pins the server's identity and every parameter of the run.
            identity: the party's identity, or its file.
            storage: file for the state of this party in this run: secret, and never to be set back to an older state.
            ca: PEM file of the authorities that sign the server's certificate; the system's if None.
            patience: seconds for which requests are repeated while the server is away.
            ledger: in a run with a mechanism, what this party's data sets have cost, or its file. A round is charged before the masked
                vector leaves, and a round that the budget does not allow goes on without this party.
            dataset: name of the data set that this party contributes from; the ledger has its budget.
            unit: the unit of that budget; needed for a record, whose clip it states.

        Raises:
            FlowError: the server cannot be reached, is not the pinned one, describes another run, or this party is not in it; or a run with
                a mechanism has no ledger or data set.
            PrivacyError: another unit than the budget's.
        """
        invitation = Invitation.parse(invitation) if isinstance(invitation, str) else invitation
        known, transport, charged = _identity(identity), Transport(ca), _Charged(ledger, dataset, unit)
        file = None
        try:
            file = Storage(Path(storage))
            joined = file.joined()
            if joined is None:
                connection = Connection(invitation.url, invitation.server, known, patience)
                with transport.sync() as http:
                    joined = drive(join(connection, invitation, known.public_key), http)
            _check_same(joined, invitation)
            made = cls(file, joined, known, transport, patience, charged)
            file.join(joined)
        except BaseException:
            if file is not None:
                file.close()
            charged.close()
            raise
        return made

    @staticmethod
    def look(
        invitation: Invitation | str,
        identity: Identity | str | Path,
        *,
        ca: str | Path | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> tuple[str, Run]:
        """The name of a run and the run, to decide whether to join it: checked as by `join`, and nothing is kept."""
        parsed = Invitation.parse(invitation) if isinstance(invitation, str) else invitation
        return look(parsed, _identity(identity), ca, patience)

    @classmethod
    def open(
        cls,
        identity: Identity | str | Path,
        storage: str | Path,
        *,
        ca: str | Path | None = None,
        patience: float = PATIENCE_SECONDS,
        ledger: Ledger | str | Path | None = None,
        dataset: str | None = None,
        unit: Unit | None = None,
    ) -> Client:
        """Opens a run that was joined before; the arguments are those of `join`, and the ledger knows the data set."""
        charged, file = _Charged(ledger, dataset, unit), None
        try:
            file = Storage(Path(storage))
            return cls(file, _opened(file), _identity(identity), Transport(ca), patience, charged)
        except BaseException:
            if file is not None:
                file.close()
            charged.close()
            raise

    def serve(
        self,
        handler: Callable[[Round], Values],
        *,
        rounds: int | None = None,
        idle_seconds: float = IDLE_SECONDS,
        largest_context: int = LARGEST_CONTEXT,
        listener: Callable[[Event], object] | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> int:
        """Takes part in the rounds of the run until the controller closes it.

        Args:
            handler: computes this party's contribution to a round: for each segment of the run, by label, a vector; `Layout.flatten` makes
                them. In a run with a mechanism: the vector, or, if a contribution has parts, an iterable of so many vectors, of which one
                at a time is held. When it raises, the round goes on without this party, and `serve` raises the same.
            rounds: how many rounds to stay for; None for all.
            idle_seconds: how long to stay while nothing happens.
            largest_context: bytes that the model and settings of a round may have.
            listener: is told what happens.
            pause: waits for some seconds between two attempts to reach the server.

        Returns:
            The number of rounds that ended.

        Raises:
            FlowError: the server stayed away, is not the pinned one, or nothing happened for `idle_seconds`.
        """
        with self._transport.sync() as http:
            return drive(self._participation(handler, listener).serve(rounds, idle_seconds, largest_context), http, pause)

    def result(self, number: int) -> dict[str, Any]:
        """The sums of a round by label, in a run that shares its results.

        Raises:
            FlowError: the results are for the controller, or the round has none.
        """
        with self._transport.sync() as http:
            return drive(self._result(number), http)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class AsyncClient(_Base):
    """A party of a run, for async callers; see `Client` for the arguments. The handler may be a coroutine."""

    @classmethod
    async def join(
        cls,
        invitation: Invitation | str,
        identity: Identity | str | Path,
        storage: str | Path,
        *,
        ca: str | Path | None = None,
        patience: float = PATIENCE_SECONDS,
        ledger: Ledger | str | Path | None = None,
        dataset: str | None = None,
        unit: Unit | None = None,
    ) -> AsyncClient:
        """Joins a run, as `Client.join`."""
        invitation = Invitation.parse(invitation) if isinstance(invitation, str) else invitation
        known, transport, charged = _identity(identity), Transport(ca), _Charged(ledger, dataset, unit)
        file = None
        try:
            file = Storage(Path(storage))
            joined = file.joined()
            if joined is None:
                connection = Connection(invitation.url, invitation.server, known, patience)
                async with transport.asynchronous() as http:
                    joined = await drive_async(join(connection, invitation, known.public_key), http)
            _check_same(joined, invitation)
            made = cls(file, joined, known, transport, patience, charged)
            file.join(joined)
        except BaseException:
            if file is not None:
                file.close()
            charged.close()
            raise
        return made

    @classmethod
    def open(
        cls,
        identity: Identity | str | Path,
        storage: str | Path,
        *,
        ca: str | Path | None = None,
        patience: float = PATIENCE_SECONDS,
        ledger: Ledger | str | Path | None = None,
        dataset: str | None = None,
        unit: Unit | None = None,
    ) -> AsyncClient:
        """Opens a run that was joined before."""
        charged, file = _Charged(ledger, dataset, unit), None
        try:
            file = Storage(Path(storage))
            return cls(file, _opened(file), _identity(identity), Transport(ca), patience, charged)
        except BaseException:
            if file is not None:
                file.close()
            charged.close()
            raise

    async def serve(
        self,
        handler: Callable[[Round], Values | Awaitable[Values]],
        *,
        rounds: int | None = None,
        idle_seconds: float = IDLE_SECONDS,
        largest_context: int = LARGEST_CONTEXT,
        listener: Callable[[Event], object] | None = None,
    ) -> int:
        """Takes part in the rounds of the run, as `Client.serve`. Cancel it at any time: the next `serve` goes on."""
        async with self._transport.asynchronous() as http:
            return await drive_async(self._participation(handler, listener).serve(rounds, idle_seconds, largest_context), http)

    async def result(self, number: int) -> dict[str, Any]:
        """The sums of a round, as `Client.result`."""
        async with self._transport.asynchronous() as http:
            return await drive_async(self._result(number), http)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()
