"""A client's conversation with the server: one message after the other, each answer stored before it leaves."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork.client.events import Event, What
from cloakwork.client.storage import Storage
from cloakwork.errors import ArgumentError, ArgumentTypeError, CloakworkError, EncodingError, PrivacyError, Status
from cloakwork.flow.connection import Answer, Connection
from cloakwork.flow.effects import Call, Flow, Pause
from cloakwork.ledger import Account
from cloakwork.secagg import Client as Machine
from cloakwork.secagg import Identity, Kind, Run, message_kind
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Handler", "Participation", "Round", "Values"]

_WAIT_SECONDS = 25
_PAUSE_SECONDS = 1.0
# A message for a client: at most 96 bytes a neighbour and a bitmap.
_MESSAGE_HEAD = 4096
LARGEST_CONTEXT = 256 * 2**20
_WITHOUT_KEYS = {"idle", "advertised", "confirming"}
# What others are told: the reason in full is for this party's own eyes.
_LEDGER_REFUSALS: dict[int, str] = {
    Status.BUDGET_SPENT: "this party's privacy budget does not allow the round",
    Status.ROTATION_SEED_REPEATED: "the rotation seed of the round is that of an earlier one",
}
# What is said of an answer once the server has it.
_ANSWERED: dict[Kind, What] = {Kind.SURVIVORS: "acknowledged", Kind.OPEN: "opened"}

# By label; or, in a run with a mechanism, a vector, or one for each part.
Values = Mapping[str, NDArray[Any]] | NDArray[Any] | Iterable[NDArray[Any]]


@dataclass(frozen=True)
class Round:
    """What a contribution is computed from, besides the party's own data.

    Attributes:
        number: number of the round.
        context: what the controller gave for this round, such as the joint model: every participant has the same bytes.
        run: the run, with its settings in `run.config.settings`.
        member: the id of this client.
    """

    number: int
    context: bytes
    run: Run
    member: int


Handler = Callable[[Round], Any]
Listener = Callable[[Event], object]


class Participation:
    """One stay of a client in its run.

    Args:
        connection: the way to the server.
        storage: where the client's state is; the run is joined.
        run: the run with its settings.
        identity: the client's identity.
        handler: computes a contribution.
        listener: is told what happens.
        account: where a run with a mechanism is charged.
    """

    def __init__(
        self,
        connection: Connection,
        storage: Storage,
        run: Run,
        identity: Identity,
        handler: Handler,
        listener: Listener,
        account: Account | None = None,
    ) -> None:
        if (run.config.mechanism is None) != (account is None):
            raise FlowError(FlowStatus.CONFIGURATION, "a run with a noise mechanism has one, and no other run", argument="account")
        self._connection = connection
        self._storage = storage
        self._run = run
        self._identity = identity
        self._handler = handler
        self._listener = listener
        self._account = account
        self._machine = self._load()
        self._rounds = 0
        self._outcome = 0
        self._unconfirmed = False
        self._needs_invitation = False
        self._largest_context = LARGEST_CONTEXT

    def _load(self) -> Machine:
        state = self._storage.progress().state
        return Machine(self._run, self._identity) if state is None else Machine.load(self._run, self._identity, state)

    def serve(self, rounds: int | None, idle_seconds: float, largest_context: int = LARGEST_CONTEXT) -> Flow[int]:
        """Takes part until the run is closed.

        Args:
            rounds: how many rounds to stay for; None for all.
            idle_seconds: how long to stay without a message of the server.
            largest_context: bytes that the model and settings of a round may have.

        Returns:
            The number of rounds that ended.

        Raises:
            FlowError: `UNREACHABLE` when the server stays away, `TOO_SLOW` after `idle_seconds`.
            Exception: what the handler raised.
        """
        self._largest_context = largest_context
        if self._storage.progress().outgoing is not None:
            yield from self._deliver(None)
        quiet_until = time.monotonic() + idle_seconds
        while rounds is None or self._rounds < rounds:
            number = self._storage.progress().number
            try:
                message = yield from self._fetch(number, quiet_until - time.monotonic())
            except FlowError as error:
                if error.code == FlowStatus.RUN_CLOSED:
                    self._tell("closed")
                    return self._rounds
                if error.code != FlowStatus.SUPERSEDED or error.next_number is None:
                    raise
                if error.next_number <= number:
                    # The server lost what came after: it was set back to an older state.
                    yield Pause(_PAUSE_SECONDS)
                self._storage.advance(error.next_number)
                if self._machine.state.name in _WITHOUT_KEYS:
                    yield from self._ask_for_setup()
                continue
            if message is not None:
                yield from self._handle(number, message)
                quiet_until = time.monotonic() + idle_seconds
            elif time.monotonic() >= quiet_until:
                raise FlowError(FlowStatus.TOO_SLOW, f"nothing happened in the run for {idle_seconds:.0f} s")
        return self._rounds

    def _fetch(self, number: int, seconds: float) -> Flow[bytes | None]:
        """The message of this number, if it comes within these seconds or those of a long poll."""
        wait = max(0, min(_WAIT_SECONDS, math.ceil(seconds)))
        largest = _MESSAGE_HEAD + 96 * self._run.degree + len(self._run.members) // 8
        answer = yield from self._request("message", wait=wait, largest=largest, number=number)
        return None if answer.status == 204 else answer.body

    def _handle(self, number: int, message: bytes) -> Flow[None]:
        """Takes a message, stores the new state with the answer, and sends the answer."""
        context: bytes | None = None
        try:
            kind = message_kind(message)
            if kind == Kind.BEGIN:
                context = yield from self._context(number)
                if context is None:
                    return
                self._machine.begin(message, context)
            elif kind == Kind.INVITE or not self._needs_invitation:
                answer = self._answer(kind, message)
                self._storage.advance(number + 1, self._machine.save(), answer)
            else:
                self._storage.advance(number + 1)
                return
        except FlowError:
            raise
        except CloakworkError as error:
            yield from self._refuse(number, error)
            return
        if context is not None:
            yield from self._contribute(number, context)
        elif kind == Kind.CONFIRMATIONS:
            self._tell("set up")
            yield from self._accuse(number)
        elif kind == Kind.FINISHED:
            self._rounds += 1
            self._tell("ended", outcome=self._outcome)
        else:
            yield from self._deliver(_ANSWERED.get(kind))

    def _answer(self, kind: Kind, message: bytes) -> bytes | None:
        """The machine's answer to a message; None where it has none."""
        machine = self._machine
        if kind == Kind.INVITE:
            self._needs_invitation = False
            return machine.advertise(message)
        if kind == Kind.KEYS:
            return machine.confirm(message)
        if kind == Kind.CONFIRMATIONS:
            self._unconfirmed = machine.accept(message) > 0
            return None
        if kind == Kind.SURVIVORS:
            return machine.acknowledge(message)
        if kind == Kind.OPEN:
            return machine.unmask(message)
        if kind == Kind.FINISHED:
            self._outcome = machine.finish(message)
            return None
        raise EncodingError(Status.UNEXPECTED_KIND, f"a client takes no message of kind {kind.name}")

    def _context(self, number: int) -> Flow[bytes | None]:
        """The model and settings that a message announces; None when its round is over."""
        try:
            answer = yield from self._request("context", largest=self._largest_context, number=number)
        except FlowError as error:
            if error.code != FlowStatus.NOT_FOUND:
                raise
            self._storage.advance(number + 1)
            self._tell("late", text=error.message)
            return None
        return answer.body

    def _contribute(self, number: int, context: bytes) -> Flow[None]:
        """Has the contribution to the round that has begun computed, and masks it.

        A round with noise is charged before the masked vector is stored: what is stored leaves, now or after a restart, and from then on
        others can open the sum without this client.
        """
        machine, account = self._machine, self._account
        seed = b"" if account is None else machine.rotation_seed
        self._tell("began")
        try:
            if account is not None:
                # Computing may take long: a spent budget is told before.
                account.check(machine.state.round, seed)
            values: Values = yield Call(self._handler, (Round(machine.state.round, context, self._run, machine.id),))
            masked = self._masked(values)
            if account is not None:
                account.charge(machine.state.round, seed)
        except Exception as failure:
            # The round goes on without this client, and the next one may go well.
            self._storage.advance(number + 1, machine.save())
            self._tell("refused", text=str(failure))
            if isinstance(failure, PrivacyError) and failure.code in _LEDGER_REFUSALS:
                # The other rounds of the run are no different, but the others may need this client to open them.
                yield from self._report(number, failure.code, _LEDGER_REFUSALS[failure.code], None)
                return
            yield from self._report(number, FlowStatus.TASK, "this party could not compute its contribution", None)
            raise
        self._storage.advance(number + 1, machine.save(), bytes(masked))
        yield from self._deliver("masked")

    def _masked(self, values: Values) -> bytes | memoryview:
        """The masked message of a contribution."""
        machine, mechanism = self._machine, self._run.config.mechanism
        if mechanism is None:
            if not isinstance(values, Mapping):
                message = f"the handler gave {type(values).__name__}, expected a vector for each segment, by label"
                raise ArgumentTypeError(Status.INVALID_ARGUMENT, message, argument="handler")
            return machine.mask(values)
        if isinstance(values, (Mapping, str, bytes)) or not isinstance(values, Iterable):
            message = f"the handler gave {type(values).__name__}; in a run with a mechanism it gives a vector, and nothing else leaves"
            raise ArgumentTypeError(Status.INVALID_ARGUMENT, message, argument="handler")
        # A list of numbers is no vector: it could as well be an iterable of parts.
        count = 0
        for vector in [values] if isinstance(values, np.ndarray) and values.ndim <= 1 else values:
            machine.contribute(vector)
            count += 1
        if count != mechanism.parts:
            message = f"the handler gave {count} vectors, and a contribution of this run has {mechanism.parts} parts"
            raise ArgumentError(Status.INVALID_LENGTH, message, argument="handler", bound=mechanism.parts)
        return machine.mask()

    def _deliver(self, what: What | None) -> Flow[None]:
        """Sends the stored answer: the same bytes, however often it takes."""
        outgoing = self._storage.progress().outgoing
        if outgoing is None:
            return
        try:
            yield from self._request("message_post", body=outgoing)
        except CloakworkError as error:
            if isinstance(error, FlowError) and error.code not in {FlowStatus.TOO_LARGE, FlowStatus.RUN_CLOSED}:
                raise
            # The step was closed without this client, or the server refuses the answer: nothing is gained by sending it again.
            self._storage.sent()
            self._tell("late", text=error.message)
            if self._machine.state.name in _WITHOUT_KEYS:
                # What follows in this set-up is not for a client whose keys nobody has.
                self._needs_invitation = True
                yield from self._ask_for_setup()
            return
        self._storage.sent()
        if what is not None:
            self._tell(what)

    def _refuse(self, number: int, error: CloakworkError) -> Flow[None]:
        """Tells everybody why this client does not answer, and goes on with the next message."""
        # A refusal leaves the machine as it was, but a message that was computed and not stored must not be computed again.
        self._machine = self._load()
        self._storage.advance(number + 1)
        self._tell("refused", text=str(error))
        yield from self._report(number, error.code, error.message, error.party)
        # A client whose set-up is not the present one cannot take part in what follows from it.
        if error.code == Status.WRONG_EPOCH or self._machine.state.epoch == 0:
            yield from self._ask_for_setup()

    def _accuse(self, number: int) -> Flow[None]:
        """Names the neighbours whose tags did not verify, before a round is spoiled by them; the server knows who was absent."""
        if not self._unconfirmed:
            return
        for member in self._machine.unconfirmed:
            yield from self._report(number, Status.NOT_CONFIRMED, "keys are not confirmed: they may have been swapped on the way", member)

    def _report(self, number: int, code: int, reason: str, accused: int | None) -> Flow[None]:
        body: dict[str, Any] = {"number": number, "code": int(code), "reason": reason}
        if accused is not None:
            body["accused"] = str(accused)
        yield from self._tolerant("refusal_post", body)

    def _ask_for_setup(self) -> Flow[None]:
        yield from self._tolerant("setup_post", {})

    def _tolerant(self, name: str, body: dict[str, Any]) -> Flow[None]:
        """A request that may come too late; then it is not needed any more."""
        try:
            yield from self._request(name, body=json.dumps(body).encode())
        except FlowError as error:
            if error.code not in {FlowStatus.NOT_FOUND, FlowStatus.RUN_CLOSED}:
                raise

    def _request(self, name: str, *, body: bytes = b"", wait: int = 0, largest: int = 2**16, **parameters: int) -> Flow[Answer]:
        return self._connection.request(name, body, None, wait=wait, largest=largest, run=self._run.run_id, **parameters)

    def _tell(self, what: What, *, outcome: int = 0, text: str = "") -> None:
        state = self._machine.state
        self._listener(Event(what, state.epoch, 0 if what == "set up" else state.round, outcome, text))
