"""What the floors of this package share: what a client asked for, what a microprotocol is, the parties that run it, and how it fails."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cloakwork.mpc import Session

__all__ = ["Computation", "Engine", "Failure", "Group", "Microprotocol"]

T = TypeVar("T")


@dataclass(frozen=True)
class Computation:
    """What a client asked for.

    Attributes:
        microprotocol: its name.
        data: what was fed to the accumulator, in order: a JSON list is fed element by element, anything else once.
        parameters: by name; none from `compute`.
        nodes: base URLs of the parties, exactly as the client gave them; their order is the numbering.
        session: the client's `uuid`, or the id of the task.
        myself: the number of this party.
        caller: who asked, as authenticated; empty in development.
    """

    microprotocol: str
    data: tuple[Any, ...]
    parameters: Mapping[str, Any]
    nodes: tuple[str, ...]
    session: str
    myself: int
    caller: str


class Failure(Exception):  # noqa: N818 - it may be nobody's error
    """A computation, or a request of a client, cannot be done.

    Attributes:
        code: HTTP status (400, 403, 404, 409, 500, 501, 502, 504, and those of requests).
        reason: a stable word, such as "invalid-input", "unknown-peer", "disagreement", "peer-lost", "timeout" or "not-available".
        message: names the argument, the party and the bound, and says what to do.
        party: the number of the party at fault, if there is one.
    """

    def __init__(self, code: int, reason: str, message: str, party: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.party = party


class Group(Protocol):
    """The parties of one run, all agreed, from the point of view of one.

    Every method raises `Failure` with the party that is lost, late or sent what cannot be read, and is bounded by the run's limit.
    """

    @property
    def index(self) -> int:
        """The number of this party."""

    @property
    def parties(self) -> int:
        """How many there are."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """Their base URLs, by number."""

    @property
    def session(self) -> bytes:
        """The run's id: 32 bytes, fresh, and equal for all."""

    async def exchange(self, messages: Sequence[bytes | None], /) -> list[bytes]:
        """Sends one message to each other party, and returns theirs.

        Args:
            messages: by number; None in the own place. Equal messages may be the same object.

        Returns:
            What each sent, by number; the own place is empty.
        """

    async def broadcast(self, message: bytes) -> list[bytes]:
        """Sends the same message to all, and returns everybody's; the own one is in its place."""

    async def sum(self, values: Sequence[int], *, bits: int = 128) -> list[int]:
        """Sums of signed integers over the parties, place by place; nobody learns more than the sums.

        Args:
            values: below 2^(bits-1) / parties in magnitude; equally many of each party.
            bits: width of the residues.
        """

    async def sum_residues(self, vector: NDArray[Any], *, bits: int) -> NDArray[Any]:
        """As `sum`, for long vectors, in the memory that the library adds up: residues mod 2^bits, which may wrap.

        Args:
            vector: uint32 up to 32 bits, uint64 up to 64, rows of two uint64 above, the low half first.
            bits: width of the residues.
        """

    async def compute(self, program: Callable[[Session], T]) -> T:
        """Runs a program on `cloakwork.mpc`, of which this process is one party, in a thread of its own, over the same links."""


class Microprotocol(ABC):
    """A computation that clients ask for by its name.

    Attributes:
        name: by which clients ask for it.
        version: rises when parties of different versions could not compute together.
        fewest: parties that it needs.
        most: parties that it serves at most, if there is a bound.
        reveals: a sentence for documents, the page and the audit log: who learns what.
        leak: what parties learn beyond the result where there are more than `leak_free` of them; the owner of each server has to accept it.
        leak_free: parties among whom nothing leaks.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    fewest: ClassVar[int] = 1
    most: ClassVar[int | None] = None
    reveals: ClassVar[str]
    leak: ClassVar[str] = ""
    leak_free: ClassVar[int] = 0

    @abstractmethod
    def read(self, computation: Computation) -> Any:  # noqa: ANN401 - what the microprotocol makes of it
        """Checks the own input and parameters, before anything is sent.

        Raises:
            Failure: 400, "invalid-input".
        """

    def shape(self, own: Any) -> bytes:  # noqa: ANN401, ARG002 - what `read` returned; used where there is something to agree on
        """What all must agree on of the input; mostly nothing. Part of the agreement, so it is seen by all."""
        return b""

    @abstractmethod
    async def run(self, group: Group, own: Any) -> dict[str, Any]:  # noqa: ANN401 - what `read` returned
        """The inner `result` of the answer.

        Args:
            group: the parties.
            own: what `read` returned.
        """


class Engine(Protocol):
    """What carries out computations."""

    async def compute(self, computation: Computation) -> dict[str, Any]:
        """Carries one out; ends when it is cancelled, and tells the other parties.

        Returns:
            ``{"inputs": number of parties, "result": {...}}``, in values that JSON has.

        Raises:
            Failure: it could not be done.
        """
