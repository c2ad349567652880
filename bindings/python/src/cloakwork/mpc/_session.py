"""Sessions: who takes part, how messages travel, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cloakwork._native import lib
from cloakwork.errors import ArgumentError, InternalError, Status
from cloakwork.mpc._kind import Kind, Numbers, as_kind
from cloakwork.mpc._party import Cost, Dealer, Format, Party, session_name

if TYPE_CHECKING:
    from typing_extensions import Self

    from cloakwork.mpc._tensor import Tensor

FEWEST = 2


@dataclass(frozen=True)
class Explanation:
    """What operations will cost that were asked for and have not run.

    Attributes:
        total: all of them, side by side where they are independent.
        steps: each by itself, with its name.
    """

    total: Cost
    steps: tuple[tuple[str, Cost], ...]

    def __str__(self) -> str:
        # What is local is left out.
        listed = [*((name, cost) for name, cost in self.steps if cost.rounds), ("together", self.total)]
        rows = [("operation", "rounds", "bytes", "corrections")]
        rows += [(name, f"{cost.rounds:,}", f"{cost.bytes:,}", f"{cost.corrections:,}") for name, cost in listed]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = ["  ".join([row[0].ljust(widths[0]), *(row[column].rjust(widths[column]) for column in (1, 2, 3))]) for row in rows]
        return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:-1], "-" * len(lines[0]), lines[-1]])


@dataclass(frozen=True)
class Message:
    """A message that went from one party to another.

    Attributes:
        round: which round, from 0.
        sender: the party that sent it.
        receiver: the party that got it.
        content: its bytes.
    """

    round: int
    sender: int
    receiver: int
    content: bytes


Watcher = Callable[[Message], object]


class Session:
    """A computation of several parties on secrets.

    `Session.local` has all parties in this program, for learning, testing and prototypes. Operations on tensors only say what is wanted;
    they run, side by side where they are independent, when something is opened or at `run`.
    """

    def __init__(self, parties: Sequence[Party], format: Format, watch: Watcher | None = None) -> None:  # noqa: A002
        self._parties = list(parties)
        self._watch = watch
        self._names: list[str] = []
        self._rounds = 0
        self.format = format

    @classmethod
    def local(
        cls,
        parties: int = 3,
        *,
        fraction: int = 16,
        bits: int = 32,
        rounding: str = "nearest",
        dealer: bool = True,
        suite: int = 2,
        watch: Watcher | None = None,
    ) -> Session:
        """All parties in this program.

        Args:
            parties: how many, 2 or more.
            fraction: bits of a real number after the point.
            bits: real numbers stay below 2^(bits - 2 - fraction) in magnitude.
            rounding: of products: ``"nearest"``, ``"down"`` or ``"dithered"`` (see `Format`).
            dealer: whether a dealer makes correlated randomness, or the parties do it themselves by oblivious transfer.
            suite: cipher of all streams: 2 = AES-128-CTR, 1 = ChaCha20.
            watch: is called with each message that one party sends to another.

        Raises:
            ArgumentError: a number is outside its range.
        """
        if parties < FEWEST:
            raise ArgumentError(
                Status.INVALID_ARGUMENT, f"{parties} cannot hide anything from each other; two can", argument="parties", bound=FEWEST
            )
        form = Format(fraction, bits, rounding)
        if rounding not in {"nearest", "down", "dithered"}:
            raise ArgumentError(Status.INVALID_ARGUMENT, f"{rounding!r} is none of nearest, down, dithered", argument="rounding")
        source = Dealer(parties, suite) if dealer else session_name()
        return cls([Party(index, parties, form, source, suite) for index in range(parties)], form, watch)

    @property
    def parties(self) -> int:
        """How many parties there are."""
        return len(self._parties)

    def share(self, values: object, owner: int = 0, dtype: type | None = None) -> Tensor:
        """Shares numbers of a party: a tensor of the same shape.

        Args:
            values: integers of 64 bits with a sign, truth values, or real numbers.
            owner: the party that has them.
            dtype: `int` or `float`, if they are to be taken so.

        Raises:
            NumberError: a number is NaN, infinite, or beyond what the format holds.
            ArgumentError: they are no numbers, or not whole where whole ones are asked for.
        """
        array = as_kind("values", values, Kind.of(dtype))
        if not 0 <= owner < self.parties:
            raise ArgumentError(Status.INVALID_ARGUMENT, f"there is no party {owner}", argument="owner", bound=self.parties - 1)
        kind = Kind.REAL if array.dtype == np.float64 else Kind.INTEGER
        return self._tensor(
            [party.input(owner, kind, array.size, array if party.index == owner else None) for party in self._parties], array.shape
        )

    def public(self, values: object) -> Tensor:
        """Numbers that everybody knows, as a tensor."""
        array = as_kind("values", values, None)
        return self._tensor([party.public(array) for party in self._parties], array.shape)

    def run(self) -> None:
        """Runs what was asked for."""
        self._names.clear()
        while True:
            due = [party.advance() for party in self._parties]
            if not any(due):
                return
            sent = [
                (sender, receiver, sender.message(receiver.index))
                for sender in self._parties
                for receiver in self._parties
                if sender is not receiver
            ]
            for sender, receiver, message in sent:
                receiver.receive(sender.index, message)
                if self._watch is not None:
                    self._watch(Message(self._rounds, sender.index, receiver.index, message))
            self._rounds += 1

    def explain(self) -> Explanation:
        """What the operations will cost that were asked for since the last run; it is what they then cost, exactly."""
        total, steps = self._parties[0].explain()
        return Explanation(total, tuple(zip(self._names, steps, strict=True)))

    @property
    def cost(self) -> Cost:
        """What a party has spent so far on computing."""
        return self._parties[0].cost()[0]

    @property
    def making_cost(self) -> Cost:
        """What a party has spent so far on making correlated randomness, where no dealer does."""
        return self._parties[0].cost()[1]

    def close(self) -> None:
        """Ends the session and wipes all shares."""
        for party in self._parties:
            party.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Session of {self.parties} parties>"

    def _tensor(self, ids: Sequence[int], shape: tuple[int, ...]) -> Tensor:
        from cloakwork.mpc._tensor import Tensor

        return Tensor(self, ids[0], shape)

    def _apply(
        self, name: str, inputs: Sequence[int], sizes: Sequence[int] | NDArray[Any] = (), constants: Numbers | None = None, count: int = 1
    ) -> list[int]:
        """Asks all parties for an operation: the numbers of what it gives."""
        operation = getattr(lib, f"CLOAK_MPC_{name}")
        given = [party.apply(operation, inputs, np.asarray(sizes, dtype=np.uint64), constants) for party in self._parties]
        self._names.append(name.lower().replace("_", " "))
        if any(one != given[0] for one in given) or len(given[0]) != count:
            raise InternalError(Status.PANIC, "the parties of this program do not agree on numbers")
        return given[0]

    def _open(self, value: int, kind: Kind, receivers: Sequence[int]) -> list[Numbers | None]:
        """What each party learns of a value."""
        numbers = [party.open(value, receivers) for party in self._parties]
        self.run()
        for party in self._parties:
            party.check(value)
        return [party.result(number, kind) for party, number in zip(self._parties, numbers, strict=True)]
