"""The server: everything but the payloads, which the host keeps (protocol.md section 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from cloakwork._boundary import Machine, check, failure, failure_of, sized_bytes, sized_ids, view, whole_number
from cloakwork._native import ffi, lib
from cloakwork.errors import CloakworkError
from cloakwork.secagg._channel import sha256
from cloakwork.secagg._message import Kind
from cloakwork.secagg._opening import Opening
from cloakwork.secagg._run import Run

_STEPS = {
    lib.CLOAK_STEP_IDLE: "idle",
    lib.CLOAK_STEP_ADVERTISE: "advertise",
    lib.CLOAK_STEP_CONFIRM: "confirm",
    lib.CLOAK_STEP_READY: "ready",
    lib.CLOAK_STEP_MASK: "mask",
    lib.CLOAK_STEP_SURVIVE: "survive",
    lib.CLOAK_STEP_UNMASK: "unmask",
    lib.CLOAK_STEP_SUM: "sum",
    lib.CLOAK_STEP_FINISHED: "finished",
}

# Messages to clients hold an item for each neighbour; this fits those of some hundred neighbours at once.
_ROOM = 1 << 14


class Phase(NamedTuple):
    """Where a server stands.

    Attributes:
        name: what it waits for: ``"idle"`` (nothing: set-up has not begun or has failed), ``"advertise"`` (fresh keys), ``"confirm"``
            (tags), ``"ready"`` (a round to begin), ``"mask"`` (contributions), ``"survive"`` (acknowledgements), ``"unmask"``
            (shares), ``"sum"`` (the host, to add up the payloads and call `Server.finish`) or ``"finished"`` (the next round).
        epoch: the present set-up; 0 before the first.
        round: the last round begun; 0 before the first.
        passes: how often the surviving set has shrunk in this round.
    """

    name: str
    epoch: int
    round: int
    passes: int


class Receipt(NamedTuple):
    """What became of a message.

    Attributes:
        kind: which message it was.
        counted: whether it changed anything: False for a byte-identical repeat and for shares that came when enough were there.
        payload: where in a masked message the payload lies, for the host to keep; None in other messages.
    """

    kind: Kind
    counted: bool
    payload: slice | None


class Server(Machine):
    """The server side of one run.

    Each transition follows from the messages received and the steps closed, in order, so a host that logs both can rebuild the machine
    after a crash. Every refusal is an exception and leaves the server as it was; the round goes on for the others.

    Args:
        run: the run; it may be closed while the server lives.

    Raises:
        CryptoError: a member's key has low order (`LOW_ORDER_KEY`); `party` is the member.
        EncodingError: a member's key is not in its canonical spelling; `party` is the member.
        ParameterError: two members have the same key (`INVALID_ROSTER`); `party` is the second.
    """

    FREE = "cloak_server_free"

    def __init__(self, run: Run) -> None:
        super().__init__()
        out, error = ffi.new("cloak_server **"), ffi.new("cloak_error *")
        status = lib.cloak_server_new(run._open(), out, error)
        if status != lib.CLOAK_OK:
            raise failure(status, "run", error)
        self._own(out[0])

    def invite(self) -> int:
        """Begins set-up with the next epoch, whose number it returns; `message` then invites every member.

        Raises:
            ProtocolError: during a round (`OUT_OF_ORDER`).
        """
        epoch = ffi.new("uint32_t *")
        self._change(lambda pointer: lib.cloak_server_invite(pointer, epoch))
        return int(epoch[0])

    def receive(self, sender: int, message: bytes) -> Receipt:
        """Takes a message from a member whom the host has authenticated.

        When it is the last one that the step waits for, the next step begins.

        Args:
            sender: id of the member.
            message: the bytes of the message.

        Raises:
            ProtocolError: the sender is unknown or has no part in this step, sent another message before, or the message is of another run,
                epoch, round, context or set; `party` is the sender.
            CryptoError: a fresh key of low order, or one that was seen before.
            EncodingError: the message is malformed, not canonical or of another kind.
        """
        data, party, receipt = view("message", message), whole_number("sender", sender), ffi.new("cloak_receipt *")
        self._change(lambda pointer: lib.cloak_server_receive(pointer, party, data, len(data), receipt))
        start, kind = int(receipt.payload_offset), Kind(receipt.kind)
        payload = slice(start, start + int(receipt.payload_length)) if receipt.payload_length else None
        return Receipt(kind, bool(receipt.counted), payload)

    def close_step(self) -> None:
        """Closes the present step: its time limit has passed. Who has not answered is left out.

        A round that cannot go on is no error of this call: it ends with an `outcome`.

        Raises:
            ProtocolError: nothing is being waited for (`OUT_OF_ORDER`), or set-up fails, which takes the server back to ``"idle"``
                (`TOO_FEW_INPUTS`).
        """
        self._change(lib.cloak_server_close_step)

    def begin(self, participants: Iterable[int] | None = None, context: bytes = b"") -> int:
        """Begins the next round and returns its number.

        Args:
            participants: ids of those who take part; None for everyone with confirmed keys.
            context: what every participant is given for the round (global model and settings); its SHA-256 binds the round to it.

        Raises:
            ProtocolError: before set-up is complete or during a round (`OUT_OF_ORDER`), after the last round (`WRONG_ROUND`), a participant
                that is unknown or has too few neighbours (`party`), or too few participants.
            CryptoError: a participant whose keys are not confirmed (`NOT_CONFIRMED`); `party` says who.
        """
        chosen = None if participants is None else [whole_number("participants", member) for member in participants]
        # An empty list is a set without members, and refused; only NULL stands for everyone.
        ids = ffi.NULL if chosen is None else ffi.new("uint64_t[]", chosen or 1)
        digest, number = sha256(context), ffi.new("uint32_t *")
        self._change(lambda pointer: lib.cloak_server_begin(pointer, ids, len(chosen or ()), digest, number))
        return int(number[0])

    def message(self, receiver: int) -> bytes | None:
        """The message that a member is due in the present step; None when it has no part in it.

        Raises:
            ProtocolError: the roster has no such id (`UNKNOWN_PARTY`).
        """
        return self._message(lib.cloak_server_message, receiver)

    def confirmations(self, receiver: int) -> bytes | None:
        """The confirmations for a member that did not collect them before the next step began; None when there are none.

        Raises:
            ProtocolError: the roster has no such id (`UNKNOWN_PARTY`).
        """
        return self._message(lib.cloak_server_confirmations, receiver)

    def stop(self) -> None:
        """Stops the present round; every participant is told.

        Raises:
            ProtocolError: outside a round (`OUT_OF_ORDER`).
        """
        self._change(lib.cloak_server_stop)

    def opening(self) -> Opening:
        """Recovers the masks of the round, for `aggregate`.

        Raises:
            ProtocolError: the sum is not due (`OUT_OF_ORDER`), or a seed cannot be recovered (`TOO_FEW_SHARES`).
        """
        out = ffi.new("cloak_opening **")
        with self._turn:
            check(lib.cloak_server_opening(self._open(), out))
        return Opening._take(out[0])

    def finish(self, failure: CloakworkError | int | None = None) -> None:
        """Ends the round after the host has added up the payloads.

        Args:
            failure: None, or why there is no sum: the exception of `opening` or `aggregate`, or its number.

        Raises:
            ProtocolError: the sum is not due (`OUT_OF_ORDER`).
            ArgumentError: the failure is no error of the protocol.
        """
        code = failure.code if isinstance(failure, CloakworkError) else failure
        number = 0 if code is None else whole_number("failure", code, 31)
        self._change(lambda pointer: lib.cloak_server_finish(pointer, number))

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        found = self._phase()
        return Phase(_STEPS[found.step], found.epoch, found.round, getattr(found, "pass"))

    @property
    def outcome(self) -> int:
        """How the last round ended: 0, or the number of the `Status` for which it was aborted."""
        return int(self._phase().outcome)

    def waiting(self) -> list[int]:
        """Ids of the members whose message the present step still waits for."""
        return self._ids(lib.cloak_server_waiting)

    def confirmed(self) -> list[int]:
        """Ids of the members with confirmed keys, who can take part in a round."""
        return self._ids(lib.cloak_server_confirmed)

    def participants(self) -> list[int]:
        """Ids of the participants of the last round begun."""
        return self._ids(lib.cloak_server_participants)

    def survivors(self) -> list[int]:
        """Ids of the participants that are left in the last round begun: those whose inputs the sum holds."""
        return self._ids(lib.cloak_server_survivors)

    def _phase(self) -> Any:  # noqa: ANN401 - a cloak_phase
        out = ffi.new("cloak_phase *")
        with self._turn:
            check(lib.cloak_server_get_phase(self._open(), out))
        return out

    def _message(self, kind: Callable[..., int], receiver: int) -> bytes | None:
        member = whole_number("receiver", receiver)
        with self._turn:
            pointer = self._open()
            found = sized_bytes(lambda out, room, length: kind(pointer, member, out, room, length), failure_of(member), _ROOM)
        return found or None

    def _ids(self, which: Callable[..., int]) -> list[int]:
        with self._turn:
            pointer = self._open()
            return sized_ids(lambda out, room, count: which(pointer, out, room, count))

    def _change(self, call: Callable[[Any], int]) -> None:
        with self._turn:
            pointer = self._open()
            status = call(pointer)
            if status != lib.CLOAK_OK:
                detail = ffi.new("cloak_error *")
                known = lib.cloak_server_last_error(pointer, detail) == lib.CLOAK_OK
                raise failure(status, None, detail if known else None)

    def __repr__(self) -> str:
        if self._pointer is None:
            return "Server(closed)"
        phase = self.phase
        return f"Server({phase.name}, epoch {phase.epoch}, round {phase.round})"
