"""The client: a member of a run (protocol.md sections 4 to 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from numpy.typing import NDArray

from cloakwork._boundary import HASH_SIZE, Machine, check, failure, fixed, sized_bytes, sized_ids, view
from cloakwork._native import ffi, lib
from cloakwork.errors import ArgumentError, ArgumentTypeError, CloakworkError, PrivacyError, ProtocolError, Status
from cloakwork.privacy import Contribution
from cloakwork.secagg import _diagnosis, _lanes
from cloakwork.secagg._channel import sha256
from cloakwork.secagg._identity import Identity
from cloakwork.secagg._run import Run

_STATES = {
    lib.CLOAK_CLIENT_IDLE: "idle",
    lib.CLOAK_CLIENT_ADVERTISED: "advertised",
    lib.CLOAK_CLIENT_CONFIRMING: "confirming",
    lib.CLOAK_CLIENT_READY: "ready",
    lib.CLOAK_CLIENT_BEGUN: "begun",
    lib.CLOAK_CLIENT_MASKING: "masking",
    lib.CLOAK_CLIENT_MASKED: "masked",
    lib.CLOAK_CLIENT_ACKNOWLEDGED: "acknowledged",
    lib.CLOAK_CLIENT_CLOSED: "closed",
}


class ClientState(NamedTuple):
    """Where a client stands.

    Attributes:
        name: ``"idle"`` (waits for an invitation), ``"advertised"``, ``"confirming"``, ``"ready"`` (waits for a round), ``"begun"`` (the
            contribution is due), ``"masked"``, ``"acknowledged"``, or ``"closed"`` (has answered the last question of the round).
        epoch: the set-up that it joined last; 0 before the first.
        round: the round that it joined last; 0 before the first.
    """

    name: str
    epoch: int
    round: int


class Client(Machine):
    """A member of a run: it takes the server's messages and gives the answers.

    Every refusal is an exception and leaves the client as it was. `save` after each step and store the bytes, durably, before the
    answer leaves: a client that forgot that it had masked a round would mask it again. To send an answer again, send the same bytes.

    Args:
        run: the run; it may be closed while the client lives.
        identity: an identity in the roster of the run; it may be closed while the client lives.

    Raises:
        ProtocolError: the identity is not in the roster (`UNKNOWN_PARTY`).
        CryptoError: a neighbour's key has low order; `party` is the neighbour.
        ParameterError: two neighbours have one key, or this client is in the roster twice (`INVALID_ROSTER`); or more than 1,024 neighbours
            (`CAPACITY_EXCEEDED`).
    """

    FREE = "cloak_client_free"

    # The source of random bytes, a `cloak_rng *`: NULL is the generator of the operating system.
    _random: Any = ffi.NULL

    def __init__(self, run: Run, identity: Identity) -> None:
        super().__init__()
        pointers = run._open(), identity._open()
        self._made(run, lambda out, error: lib.cloak_client_new(*pointers, out, error), "identity")

    @classmethod
    def load(cls, run: Run, identity: Identity, state: bytes) -> Client:
        """The client whose state `save` gave.

        Raises:
            ProtocolError: the state of another run (`WRONG_RUN`).
            CryptoError: the state of another identity (`NOT_PINNED`).
            EncodingError: the bytes are no state.
        """
        data = view("state", state)
        client = cls.__new__(cls)
        Machine.__init__(client)
        pointers = run._open(), identity._open()
        client._made(run, lambda out, error: lib.cloak_client_load(*pointers, data, len(data), out, error), "state")
        return client

    def _made(self, run: Run, make: Callable[[Any, Any], int], argument: str) -> None:
        out, error = ffi.new("cloak_client **"), ffi.new("cloak_error *")
        status = make(out, error)
        if status != lib.CLOAK_OK:
            raise failure(status, argument, error)
        self._own(out[0])
        self._config, self._members = run.config, len(run.members)
        self._contribution: Contribution | None = None

    def advertise(self, message: bytes) -> bytes:
        """Answers `invite` with a fresh key. What came before this set-up is forgotten; the last round number stays.

        Raises:
            ProtocolError: the epoch is not above the last one (`WRONG_EPOCH`), or another run (`WRONG_RUN`).
            CryptoError: the random generator of the operating system failed.
            EncodingError: no canonical `invite`.
        """
        return self._answer(lambda pointer, *rest: lib.cloak_client_advertise(pointer, self._random, *rest), message)

    def confirm(self, message: bytes) -> bytes:
        """Answers `keys` with a confirmation tag for each neighbour that takes part in this set-up.

        Raises:
            CryptoError: a fresh key of low order, repeated or reflected; `party` is whose it is.
            ProtocolError: fewer neighbours than the threshold, a message of another run or epoch, or out of order.
            EncodingError: no canonical `keys`.
        """
        return self._answer(lib.cloak_client_confirm, message)

    def accept(self, message: bytes) -> int:
        """Takes `confirmations` and returns how many neighbours did not confirm; `unconfirmed` names them.

        A tag that does not verify is no error: this client takes part in no round with its sender, whose keys may have been swapped.

        Raises:
            ProtocolError: a message of another run or epoch, or out of order.
            EncodingError: no canonical `confirmations`.
        """
        data, count = view("message", message), ffi.new("size_t *")
        with self._turn:
            pointer = self._open()
            self._check(pointer, lib.cloak_client_accept(pointer, data, len(data), count))
        return int(count[0])

    def begin(self, message: bytes, context: bytes) -> None:
        """Joins the round that `begin` announces. An earlier round that is still open is closed.

        Args:
            message: the server's message.
            context: what this client received for the round (global model and settings); the message has to announce its SHA-256.

        Raises:
            ProtocolError: another context (`WRONG_CONTEXT`); a round number that is not above the last one (`WRONG_ROUND`); too few
                inputs or neighbours; this client is not in the set; a message of another run or epoch, or out of order.
            CryptoError: a participant whose keys are not confirmed (`NOT_CONFIRMED`); `party` is the neighbour.
            EncodingError: no canonical `begin`.
        """
        data, digest = view("message", message), sha256(context)
        with self._turn:
            pointer = self._open()
            self._check(pointer, lib.cloak_client_begin(pointer, data, len(data), digest))
            self._contribution = None

    @property
    def masked_size(self) -> int:
        """Bytes of the masked message of the round that has begun.

        Raises:
            ProtocolError: outside a round that has begun (`OUT_OF_ORDER`).
        """
        with self._turn:
            return self._masked_size(self._open())

    @property
    def rotation_seed(self) -> bytes:
        """The rotation seed of the round that has begun, 32 bytes, public and fresh in each round.

        Raises:
            ProtocolError: outside a round that has begun (`OUT_OF_ORDER`).
        """
        with self._turn:
            pointer = self._open()
            return fixed(HASH_SIZE, lambda out: lib.cloak_client_rotation_seed(pointer, out))

    def contribute(self, vector: NDArray[Any]) -> None:
        """Adds a part of the contribution to the round that has begun, in a run with a mechanism: as many times as that has parts.

        Each part is clipped, rotated, rounded and given noise of its own, and only the noised sum of the parts is kept.

        Args:
            vector: as many values as the mechanism has dimensions, float64 or float32, C-contiguous.

        Raises:
            PrivacyError: the run has no mechanism.
            NumberError: a value is NaN or infinite (`NOT_FINITE`), or of magnitude 2^400 or more (`OUT_OF_RANGE`).
            ArgumentError: another length or dtype.
            ProtocolError: no round has begun, or every part is there already (`OUT_OF_ORDER`).
        """
        config = self._config
        if config.mechanism is None:
            raise PrivacyError(Status.INVALID_MECHANISM, "the run has no mechanism: use mask", argument="vector")
        seed = self.rotation_seed
        with self._turn:
            if self._contribution is None:
                contribution = Contribution(config.mechanism, config.segments[0].bits, seed, config.suite)
                contribution._random = self._random
                self._contribution = contribution
            self._contribution.add(vector)

    def mask(self, values: Mapping[str, NDArray[Any]] | None = None, out: Any = None) -> bytes | memoryview:  # noqa: ANN401 - any writable buffer
        """Masks a contribution and gives the message for the server.

        All values are checked before anything is drawn. Store the message before it leaves: a round is masked once.

        Args:
            values: None in a run with a mechanism, whose parts were given to `contribute`. Else for each segment, by label, a C-contiguous
                vector of its length in native byte order; it is not copied. A fixed-point segment takes float64, float32, integers of at
                most 32 bits, int64 and booleans (0 and 1), and the value x stands for round-half-even(x * 2^fraction). A segment of
                residues takes unsigned integers below 2^bits and booleans; above 64 bits also rows of two uint64, the low half first.
            out: a writable, contiguous buffer of at least `masked_size` bytes for the message; None for new bytes.

        Returns:
            The message: bytes, or the written part of `out`.

        Raises:
            NumberError: a value is NaN or infinite (`NOT_FINITE`) or beyond the bound of its segment (`OUT_OF_RANGE`); `argument` is the
                label, the message states the index.
            ArgumentError: a segment is missing, unknown, or of another length, dtype or memory layout; `argument` is the label.
            PrivacyError: values for a run with a mechanism: nothing leaves a client of it without noise.
            ProtocolError: no round has begun, or this one is masked already, or parts of the contribution are missing (`OUT_OF_ORDER`).
            CryptoError: the random generator of the operating system failed; nothing was masked.
        """
        if self._config.mechanism is not None:
            return self._mask_private(values, out)
        if values is None:
            raise ArgumentError(Status.INVALID_ARGUMENT, "the run has no mechanism: give a vector for each segment", argument="values")
        vectors = self._vectors(values)
        places = ffi.new("cloak_values[]", len(vectors))
        for place, segment, vector in zip(places, self._config.segments, vectors, strict=True):
            _lanes.write_values(place, segment, vector)
        return self._mask(places, vectors, out)

    def _mask_private(self, values: Mapping[str, NDArray[Any]] | None, out: Any) -> bytes | memoryview:  # noqa: ANN401
        if values is not None:
            message = "the run has a mechanism, and nothing leaves a client of it without noise: use contribute"
            raise PrivacyError(Status.INVALID_MECHANISM, message, argument="values")
        contribution, parts = self._contribution, self._config.mechanism.parts if self._config.mechanism else 0
        added = 0 if contribution is None else contribution.added
        if contribution is None or added < parts:
            message = f"{added} of {parts} parts of the contribution are there: contribute the others first"
            raise ProtocolError(Status.OUT_OF_ORDER, message, bound=parts)
        places = ffi.new("cloak_values[]", 1)
        places[0].type, places[0].data, places[0].length = lib.CLOAK_CONTRIBUTION, contribution._open(), self._config.segments[0].length
        masked = self._mask(places, [], out)
        contribution.close()
        self._contribution = None
        return masked

    def _mask(self, places: Any, vectors: list[NDArray[Any]], out: Any) -> bytes | memoryview:  # noqa: ANN401 - C values, any buffer
        with self._turn:
            pointer = self._open()
            size = self._masked_size(pointer)
            target = bytearray(size) if out is None else _writable(out, size)
            place, length = ffi.from_buffer("uint8_t[]", target, require_writable=True), ffi.new("size_t *")
            status = lib.cloak_client_mask(pointer, self._random, places, len(places), place, len(place), length)
            if vectors and status in (Status.NOT_FINITE, Status.OUT_OF_RANGE):
                found = _diagnosis.refused_values(zip(self._config.segments, vectors, strict=True), self._members)
                if found is not None:
                    raise found
            self._check(pointer, status, "values")
        written = memoryview(target).cast("B")[: int(length[0])]
        return bytes(written) if out is None else written

    def acknowledge(self, message: bytes) -> bytes:
        """Answers `survivors` with the round mask keys of the neighbours that left and an acknowledgement for each that is left.

        The answer hands mask keys out: it is for the server alone.

        Raises:
            ProtocolError: the set is not a proper part of the last one, does not contain this client, or has too few inputs or
                neighbours; too many passes; no recovery; a message of another run, epoch or round, or out of order.
            EncodingError: no canonical `survivors`.
        """
        return self._answer(lib.cloak_client_acknowledge, message)

    def unmask(self, message: bytes) -> bytes:
        """Answers `open` with the shares of its neighbours' seeds and closes the round. A share that does not decrypt is left out.

        Raises:
            ProtocolError: another set than the last one accepted (`WRONG_SET`), too few acknowledgements of it
                (`TOO_FEW_ACKNOWLEDGEMENTS`), a message of another run, epoch or round, or out of order.
            EncodingError: no canonical `open`.
        """
        return self._answer(lib.cloak_client_unmask, message)

    def finish(self, message: bytes) -> int:
        """Takes `finished`: the round is over. Returns 0, or the number of the `Status` for which it was aborted.

        Raises:
            ProtocolError: another round than the present one, or out of order.
            EncodingError: no canonical `finished`.
        """
        data, outcome = view("message", message), ffi.new("uint32_t *")
        with self._turn:
            pointer = self._open()
            self._check(pointer, lib.cloak_client_finish(pointer, data, len(data), outcome))
        return int(outcome[0])

    def save(self) -> bytes:
        """The state as bytes, so that a restarted process goes on where this one stopped; `load` takes them.

        They are secret, and belong in storage that only this party reads, that is durable, and that never goes back to an older state.
        """
        with self._turn:
            pointer = self._open()
            return sized_bytes(
                lambda out, room, length: lib.cloak_client_save(pointer, out, room, length), lambda status: self._failure(pointer, status)
            )

    @property
    def id(self) -> int:
        """Its id in the roster."""
        return int(self._info().id)

    @property
    def state(self) -> ClientState:
        """Where it stands."""
        info = self._info()
        return ClientState(_STATES[info.state], info.epoch, info.round)

    @property
    def unconfirmed(self) -> list[int]:
        """Ids of the neighbours whose keys are not confirmed in this set-up: absent, or possibly swapped on the way."""
        with self._turn:
            pointer = self._open()
            return sized_ids(lambda out, room, count: lib.cloak_client_unconfirmed(pointer, out, room, count))

    def _info(self) -> Any:  # noqa: ANN401 - a cloak_client_info
        out = ffi.new("cloak_client_info *")
        with self._turn:
            check(lib.cloak_client_get_info(self._open(), out))
        return out

    def _masked_size(self, pointer: Any) -> int:  # noqa: ANN401 - a C pointer
        size = ffi.new("size_t *")
        self._check(pointer, lib.cloak_client_masked_size(pointer, size))
        return int(size[0])

    def _vectors(self, values: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        labels = {segment.label for segment in self._config.segments}
        for label in values:
            if label not in labels:
                raise ArgumentError(Status.INVALID_ARGUMENT, "the run has no such segment", argument=str(label))
        for segment in self._config.segments:
            if segment.label not in values:
                raise ArgumentError(Status.INVALID_ARGUMENT, "this segment of the run is missing", argument=segment.label)
        return [_lanes.contribution(segment, values[segment.label]) for segment in self._config.segments]

    def _answer(self, step: Callable[..., int], message: bytes) -> bytes:
        """The answer of a step to a message of the server."""
        data = view("message", message)
        with self._turn:
            pointer = self._open()
            return sized_bytes(
                lambda out, room, length: step(pointer, data, len(data), out, room, length), lambda status: self._failure(pointer, status)
            )

    def _check(self, pointer: Any, status: int, argument: str | None = None) -> None:  # noqa: ANN401 - a C pointer
        if status != lib.CLOAK_OK:
            raise self._failure(pointer, status, argument)

    def _failure(self, pointer: Any, status: int, argument: str | None = None) -> CloakworkError:  # noqa: ANN401 - a C pointer
        detail = ffi.new("cloak_error *")
        known = lib.cloak_client_last_error(pointer, detail) == lib.CLOAK_OK
        return failure(status, argument, detail if known else None)

    def __repr__(self) -> str:
        if self._pointer is None:
            return "Client(closed)"
        state = self.state
        return f"Client({self.id}, {state.name}, epoch {state.epoch}, round {state.round})"


def _writable(out: object, size: int) -> Any:  # noqa: ANN401 - any writable buffer
    """Checks the buffer of a message."""
    try:
        place = ffi.from_buffer("uint8_t[]", out, require_writable=True)
    except (TypeError, ValueError, BufferError) as refused:
        message = f"expected a writable, contiguous buffer, got {type(out).__name__}"
        raise ArgumentTypeError(Status.INVALID_ARGUMENT, message, argument="out") from refused
    if len(place) < size:
        raise ArgumentError(Status.BUFFER_TOO_SMALL, f"has {len(place)} bytes, the message needs {size}", argument="out", bound=size)
    return out
