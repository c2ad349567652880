"""One party's side of a computation: the calls of the C library, one by one."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork._boundary import Machine, check, failure, sized, sized_bytes
from cloakwork._native import ffi, lib
from cloakwork.errors import CloakworkError, NumberError, Status, VerificationError
from cloakwork.mpc._base import Kept
from cloakwork.mpc._kind import Kind, Numbers, c_values

# Words of correlated randomness that parties without a dealer hold at a time, about.
AHEAD = 1 << 20
SESSION_SIZE = 32


@dataclass(frozen=True)
class Format:
    """How real numbers are written, and how products are rounded.

    Attributes:
        fraction: bits after the point: 11 to 24 where functions are used, otherwise up to 30.
        bits: what comparisons open: magnitudes stay below 2^(bits - 2 - fraction).
        rounding: ``"nearest"`` or ``"down"``, whose results depend neither on randomness nor on how many parties there are; or
            ``"dithered"``, which saves rounds.
    """

    fraction: int = 16
    bits: int = 32
    rounding: str = "nearest"


@dataclass(frozen=True)
class Cost:
    """What something costs a party.

    Attributes:
        rounds: messages to each other party.
        bytes: what goes to that other party which gets most.
        corrections: words that a dealer sends to one party.
    """

    rounds: int
    bytes: int
    corrections: int

    @classmethod
    def of(cls, cost: Any) -> Cost:  # noqa: ANN401 - a cloak_mpc_cost
        """From the library's."""
        return cls(int(cost.rounds), int(cost.bytes), int(cost.corrections))


class Content(IntEnum):
    """What a part of a message is."""

    OTHER = lib.CLOAK_MPC_OTHER
    SEEDS = lib.CLOAK_MPC_SEEDS
    MASKED_WORDS = lib.CLOAK_MPC_MASKED_WORDS
    MASKED_BITS = lib.CLOAK_MPC_MASKED_BITS
    OUTPUT = lib.CLOAK_MPC_OUTPUT


@dataclass(frozen=True)
class Part:
    """A part of a message.

    Attributes:
        content: what it is.
        bits: of an element; 0 where it has no elements.
        vectors: how many vectors of elements.
        count: elements of each vector.
        bytes: its length.
    """

    content: Content
    bits: int
    vectors: int
    count: int
    bytes: int


ROUNDINGS = {"dithered": lib.CLOAK_MPC_DITHERED, "down": lib.CLOAK_MPC_DOWN, "nearest": lib.CLOAK_MPC_NEAREST}


FAILED_CHECKS: dict[int, str] = {
    Status.NOT_AUTHENTIC: "a party lied: what was opened does not belong to its MACs, or is not what was committed to; no result is given",
    Status.STOPPED: "another party found that somebody lied, and told us; no result is given",
}


class Dealer(Machine):
    """Makes the correlated randomness of parties in this program."""

    FREE = "cloak_mpc_dealer_free"

    def __init__(self, parties: int, suite: int) -> None:
        super().__init__()
        out = ffi.new("cloak_mpc_dealer **")
        check(lib.cloak_mpc_dealer_new(parties, suite, ffi.NULL, out), "parties")
        self._own(out[0])

    def session(self, config: Any, out: Any) -> int:  # noqa: ANN401 - C pointers
        """The session of one party."""
        with self._turn:
            return int(lib.cloak_mpc_session_new(config, self._open(), ffi.NULL, out))


class Party(Machine):
    """One party of a computation.

    Args:
        index: its place, from 0.
        parties: how many there are.
        format: of real numbers.
        source: a dealer in this program, or 32 bytes that all parties use once to make correlated randomness themselves, or these with base
            transfers that are kept.
        suite: cipher of all streams: 1 = ChaCha20, 2 = AES-128-CTR.
        verified: whether parties that lie are caught, for which there has to be a dealer.
    """

    FREE = "cloak_mpc_session_free"

    def __init__(
        self,
        index: int,
        parties: int,
        format: Format,  # noqa: A002
        source: Dealer | bytes | Kept,
        suite: int = 2,
        *,
        verified: bool = False,
    ) -> None:
        super().__init__()
        settings = {"parties": parties, "index": index, "fraction": format.fraction, "bits": format.bits, "suite": suite}
        config = ffi.new("cloak_mpc_config *", {**settings, "rounding": ROUNDINGS[format.rounding], "verified": verified})
        out = ffi.new("cloak_mpc_session **")
        if isinstance(source, Dealer):
            status = source.session(config, out)
        elif isinstance(source, Kept):
            status = source.begin(config, AHEAD, out)
        else:
            data = ffi.from_buffer("uint8_t[]", source)
            status = lib.cloak_mpc_session_new_without_dealer(config, data, AHEAD, ffi.NULL, out)
        check(status, "format")
        self._own(out[0])
        self._format = format
        self._verified = verified
        self.index = index

    def input(self, owner: int, kind: Kind, length: int, given: Numbers | None) -> int:
        """Numbers of a party."""
        value = ffi.new("uint64_t *")
        pointer, _alive = (ffi.NULL, None) if given is None else c_values(given)
        with self._turn:
            self._check_numbers(lib.cloak_mpc_input(self._open(), owner, kind, length, pointer, value))
        return int(value[0])

    def public(self, given: Numbers) -> int:
        """Numbers that everybody knows."""
        value = ffi.new("uint64_t *")
        pointer, _alive = c_values(given)
        with self._turn:
            self._check_numbers(lib.cloak_mpc_public(self._open(), pointer, value))
        return int(value[0])

    def _check_numbers(self, status: int) -> None:
        if status == Status.OUT_OF_RANGE:
            power = self._format.bits - 2 - self._format.fraction
            text = f"a magnitude is 2^{power} or more, too large for real numbers here; scale the numbers, or choose more `bits`"
            raise NumberError(status, text, argument="values", bound=2.0**power)
        check(status, "values")

    def given(self, kind: Kind, words: NDArray[np.uint64]) -> int:
        """This party's shares of numbers that came from outside."""
        value = ffi.new("uint64_t *")
        with self._turn:
            check(lib.cloak_mpc_shares(self._open(), kind, ffi.from_buffer("uint64_t[]", words), len(words), value), "shares")
        return int(value[0])

    def apply(
        self, operation: int, inputs: Sequence[int], sizes: Sequence[int] | NDArray[np.uint64], constants: Numbers | None
    ) -> list[int]:
        """What an operation gives."""
        places = np.ascontiguousarray(sizes, dtype=np.uint64)
        numbers = ffi.from_buffer("uint64_t[]", places) if places.size else ffi.NULL
        values, _alive = c_values(np.empty(0) if constants is None else constants)
        given = ffi.new(
            "cloak_mpc_operation *", {"type": operation, "numbers": numbers, "numbers_length": places.size, "constants": values[0]}
        )
        ids = ffi.new("uint64_t[]", list(inputs))
        with self._turn:
            pointer = self._open()
            out, count = sized(lambda *out: lib.cloak_mpc_apply(pointer, given, ids, len(inputs), *out), failure, "uint64_t[]", 4)
        return [int(number) for number in ffi.unpack(out, count)]

    def shuffle(self, value: int, columns: int) -> int:
        """Rows in an order that nobody knows."""
        out = ffi.new("uint64_t *")
        with self._turn:
            check(lib.cloak_mpc_shuffle(self._open(), value, columns, ffi.NULL, out))
        return int(out[0])

    def form(self, value: int) -> tuple[Kind, int]:
        """Kind and length of a value."""
        kind, length = ffi.new("int32_t *"), ffi.new("size_t *")
        with self._turn:
            check(lib.cloak_mpc_get_form(self._open(), value, kind, length))
        return Kind(kind[0]), int(length[0])

    def forget(self, value: int) -> None:
        """Wipes a value that nothing needs any more; after the end of the session there is none."""
        with self._turn:
            if self._pointer is not None:
                check(lib.cloak_mpc_forget(self._pointer, value))

    def check(self, value: int) -> None:
        """Raises what a value could not be made for."""
        with self._turn:
            check(lib.cloak_mpc_check(self._open(), value))

    def shares(self, value: int) -> NDArray[np.uint64]:
        """This party's own shares of a value."""
        with self._turn:
            pointer = self._open()
            out, count = sized(lambda *out: lib.cloak_mpc_own_shares(pointer, value, *out), failure, "uint64_t[]")
        words: NDArray[np.uint64] = np.frombuffer(ffi.buffer(out, 8 * count), dtype=np.uint64).copy()
        return words

    def open(self, value: int, receivers: Sequence[int]) -> int:
        """Asks for an opening; its number."""
        result = ffi.new("uint64_t *")
        with self._turn:
            check(lib.cloak_mpc_open(self._open(), value, ffi.new("uint32_t[]", list(receivers)), len(receivers), result), "to")
        return int(result[0])

    def result(self, result: int, kind: Kind) -> Numbers | None:
        """What was opened; None where it is meant for others."""
        real = kind == Kind.REAL
        function = lib.cloak_mpc_result_f64 if real else lib.cloak_mpc_result_i64
        with self._turn:
            pointer = self._open()
            length = ffi.new("size_t *")
            status = function(pointer, result, ffi.NULL, 0, length)
            if status == Status.NOT_IN_SET:
                check(lib.cloak_mpc_forget_result(pointer, result))
                return None
            if status not in {lib.CLOAK_OK, Status.BUFFER_TOO_SMALL}:
                raise failure(status)
            out = np.empty(length[0], dtype=np.float64 if real else np.int64)
            place = ffi.from_buffer("double[]" if real else "int64_t[]", out, require_writable=True)
            check(function(pointer, result, place, len(out), length))
            check(lib.cloak_mpc_forget_result(pointer, result))
        return out

    def advance(self) -> bool:
        """Goes on; whether messages are due."""
        progress, error = ffi.new("int32_t *"), ffi.new("cloak_error *")
        with self._turn:
            status = lib.cloak_mpc_advance(self._open(), progress, error)
        if status != lib.CLOAK_OK:
            raise self._caught(failure(status, None, error))
        return bool(progress[0] == lib.CLOAK_MPC_EXCHANGE)

    def _caught(self, error: CloakworkError) -> CloakworkError:
        """What ended a round; in verified mode a check that failed has a name of its own."""
        if not self._verified or error.code not in FAILED_CHECKS:
            return error
        found = VerificationError(error.code, FAILED_CHECKS[error.code], party=error.party)
        found.__cause__ = error
        return found

    def message(self, to: int) -> bytes:
        """The message of the present round."""
        with self._turn:
            pointer = self._open()
            return sized_bytes(lambda *out: lib.cloak_mpc_message(pointer, to, *out), room=4096)

    def parts(self, to: int) -> list[Part]:
        """What the message of the present round is made of, after its head."""
        with self._turn:
            pointer = self._open()
            parts, count = sized(lambda *out: lib.cloak_mpc_message_parts(pointer, to, *out), failure, "cloak_mpc_part[]", 64)
        return [Part(Content(part.content), int(part.bits), int(part.vectors), int(part.count), int(part.bytes)) for part in parts[0:count]]

    def receive(self, sender: int, message: bytes) -> None:
        """Takes the message of the present round."""
        error = ffi.new("cloak_error *")
        with self._turn:
            status = lib.cloak_mpc_receive(self._open(), sender, ffi.from_buffer("uint8_t[]", message), len(message), error)
        if status != lib.CLOAK_OK:
            raise failure(status, None, error)

    def cost(self) -> tuple[Cost, Cost]:
        """What was spent on computing, and on making correlated randomness."""
        computing, making = ffi.new("cloak_mpc_cost *"), ffi.new("cloak_mpc_cost *")
        with self._turn:
            check(lib.cloak_mpc_get_cost(self._open(), computing, making))
        return Cost.of(computing), Cost.of(making)

    def explain(self) -> tuple[Cost, list[Cost]]:
        """What waits will cost: together, and each by itself."""
        total = ffi.new("cloak_mpc_cost *")
        with self._turn:
            pointer = self._open()
            steps, count = sized(lambda *out: lib.cloak_mpc_explain(pointer, total, *out), failure, "cloak_mpc_cost[]", 64)
        return Cost.of(total), [Cost.of(steps[place]) for place in range(count)]


def session_name() -> bytes:
    """32 bytes for one session."""
    return secrets.token_bytes(SESSION_SIZE)
