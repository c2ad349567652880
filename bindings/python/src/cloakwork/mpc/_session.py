"""Sessions: who takes part, how messages travel, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, cast, overload

import numpy as np
from numpy.typing import NDArray

from cloakwork._native import lib
from cloakwork.errors import ArgumentError, InternalError, NotVerifiedError, Status
from cloakwork.mpc._carried import CarriedParty, Exchange
from cloakwork.mpc._connection import ConnectedParty
from cloakwork.mpc._kind import Kind, Numbers, as_kind
from cloakwork.mpc._message import Message
from cloakwork.mpc._network import Member, Network
from cloakwork.mpc._party import Content, Cost, Dealer, Format, Part, Party, session_name
from cloakwork.mpc._trace import Step, Trace, Value, active, name_of
from cloakwork.secagg import Identity

if TYPE_CHECKING:
    from typing_extensions import Self, TypeVar

    from cloakwork.mpc._array import SecretArray
    from cloakwork.mpc._tensor import Tensor
    from cloakwork.mpc._verified import VerifiedTensor

    Secret = TypeVar("Secret", bound=SecretArray, default=Tensor)
else:
    from typing import TypeVar

    Secret = TypeVar("Secret")

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


def _not_verified(argument: str, why: str) -> NotVerifiedError:
    return NotVerifiedError(Status.NOT_VERIFIED, f"does not go with verified mode: {why}", argument=argument)


def _check_verified(form: Format, *, dealer: bool) -> None:
    """Refuses what has no verified form.

    Raises:
        NotVerifiedError: it says which argument, and why.
    """
    if not dealer:
        raise _not_verified("dealer", "parties do not make correlated randomness with MACs themselves, so there has to be one")
    if form.rounding != "dithered":
        raise _not_verified("rounding", "exact rounding takes comparisons, which have no verified form; take 'dithered'")


Watcher = Callable[[Message], object]
# The bytes before the parts of a message: its round.
HEAD = 8


class Session(Generic[Secret]):
    """A computation of several parties on secrets.

    `Session.local` has all parties in this program, for learning, testing and prototypes; `Session.connect` is one party of a computation
    over a network, where each runs the same program. Operations on tensors only say what is wanted; they run, side by side where they are
    independent, when something is opened or at `run`.

    In verified mode a party that lies is caught before a result is given: then `VerificationError` is all that the others get, and the
    session is over. Its tensors have the operations that are checked and no others (docs/mpc.md, 16).
    """

    def __init__(
        self,
        parties: Sequence[Party],
        format: Format,  # noqa: A002
        watch: Watcher | None = None,
        *,
        verified: bool = False,
    ) -> None:
        self._parties = list(parties)
        self.verified = verified
        self._network: Network | None = None
        self._watch = watch
        self._names: list[str] = []
        self._rounds = 0
        # Who the parties are, in traces; `_group.Group` names machines.
        self._participants: Sequence[object] = range(len(self._parties))
        self.format = format
        self.trace: Trace | None = None

    @overload
    @classmethod
    def local(
        cls,
        parties: int = 3,
        *,
        verified: Literal[True],
        fraction: int = 16,
        bits: int = 32,
        rounding: str | None = None,
        dealer: bool = True,
        suite: int = 2,
        watch: Watcher | None = None,
        trace: bool = False,
    ) -> Session[VerifiedTensor]: ...

    @overload
    @classmethod
    def local(
        cls,
        parties: int = 3,
        *,
        verified: Literal[False] = False,
        fraction: int = 16,
        bits: int = 32,
        rounding: str | None = None,
        dealer: bool = True,
        suite: int = 2,
        watch: Watcher | None = None,
        trace: bool = False,
    ) -> Session[Tensor]: ...

    @classmethod
    def local(
        cls,
        parties: int = 3,
        *,
        verified: bool = False,
        fraction: int = 16,
        bits: int = 32,
        rounding: str | None = None,
        dealer: bool = True,
        suite: int = 2,
        watch: Watcher | None = None,
        trace: bool = False,
    ) -> Session[Any]:
        """All parties in this program.

        Args:
            parties: how many, 2 or more.
            verified: whether parties that lie are caught; it takes a dealer and dithered rounding, and has no traces.
            fraction: bits of a real number after the point.
            bits: real numbers stay below 2^(bits - 2 - fraction) in magnitude.
            rounding: of products: ``"nearest"``, ``"down"`` or ``"dithered"`` (see `Format`); if not given, to the nearest, and dithered in
                verified mode.
            dealer: whether a dealer makes correlated randomness, or the parties do it themselves by oblivious transfer.
            suite: cipher of all streams: 2 = AES-128-CTR, 1 = ChaCha20.
            watch: is called with each message that one party sends to another.
            trace: whether `trace` records all that happens, with the shares of everybody; operations run one by one then.

        Raises:
            ArgumentError: a number is outside its range.
            NotVerifiedError: verified mode does not go with another argument.
        """
        if parties < FEWEST:
            raise ArgumentError(
                Status.INVALID_ARGUMENT, f"{parties} cannot hide anything from each other; two can", argument="parties", bound=FEWEST
            )
        rounding = rounding or ("dithered" if verified else "nearest")
        form = Format(fraction, bits, rounding)
        if rounding not in {"nearest", "down", "dithered"}:
            raise ArgumentError(Status.INVALID_ARGUMENT, f"{rounding!r} is none of nearest, down, dithered", argument="rounding")
        if verified:
            _check_verified(form, dealer=dealer)
            if trace:
                raise _not_verified("trace", "its shares come with MACs, which a trace does not show")
        source = Dealer(parties, suite) if dealer else session_name()
        made = cls(
            [Party(index, parties, form, source, suite, verified=verified) for index in range(parties)], form, watch, verified=verified
        )
        made.trace = Trace() if trace else None
        return made

    @classmethod
    def connect(cls, network: Network | str | Path, identity: Identity | str | Path) -> Session[Any]:
        """One party of a computation over a network: waits until all are there.

        Args:
            network: who takes part, or a file that says it (`Network.read`).
            identity: the key pair of this party, or its file (``~/.cloakwork/identity``, as `cloakwork identity new` makes it).

        Raises:
            NetworkError: not all came within their limit, or one of them means another session.
            ArgumentError: the identity is no party's, or what is said of the network is not what it has to be.
            NotVerifiedError: a network in verified mode has no dealer, or another rounding than a dither.
        """
        about = network if isinstance(network, Network) else Network.read(network)
        if about.verified:
            _check_verified(about.format, dealer=about.dealer is not None)
        if not isinstance(identity, Identity):
            from cloakwork.flow import keyfile

            identity = keyfile.load(Path(identity).expanduser())
        session = cls([ConnectedParty(about, identity)], about.format, verified=about.verified)
        session._network = about
        session._participants = session.names
        return session

    @classmethod
    def carried(
        cls,
        index: int,
        names: Sequence[str],
        session: bytes,
        exchange: Exchange,
        *,
        format: Format | None = None,  # noqa: A002
    ) -> Session[Any]:
        """One party of a computation whose messages the caller carries, over links that protect them.

        The parties make correlated randomness themselves, by oblivious transfer.

        Args:
            index: the place of this party.
            names: what people call the parties, in order.
            session: 32 bytes that all parties use for this one computation.
            exchange: takes a message for each other party, None in the own place, and gives what came from each.
            format: of real numbers.

        Raises:
            ArgumentError: a number is outside its range.
        """
        form = Format() if format is None else format
        made = cls([CarriedParty(index, len(names), form, session, exchange)], form)
        made._network = Network(tuple(Member(name, b"", "") for name in names), session.hex(), format=form)
        made._participants = made.names
        return made

    @property
    def parties(self) -> int:
        """How many parties there are."""
        return len(self._parties) if self._network is None else len(self._network.parties)

    @property
    def index(self) -> int | None:
        """The place of this party in a computation over a network; None where all parties are in this program."""
        return None if self._network is None else self._parties[0].index

    @property
    def names(self) -> tuple[str, ...]:
        """What people call the parties."""
        if self._network is None:
            return tuple(f"party {party.index}" for party in self._parties)
        return tuple(party.name for party in self._network.parties)

    def share(
        self, values: object | None = None, owner: int = 0, dtype: type | None = None, shape: int | Sequence[int] | None = None
    ) -> Secret:
        """Shares numbers of a party: a tensor of the same shape.

        Over a network all parties make this call, and the owner's numbers count. The others do not have them and say what comes, by `shape`
        and `dtype`, or by values of the same shape and kind, of which nothing else is used::

            mine = session.share(salary if session.index == 1 else None, owner=1, shape=())

        Args:
            values: integers of 64 bits with a sign, truth values, or real numbers.
            owner: the party that has them.
            dtype: `int` or `float`, if they are to be taken so; `float` where a shape is given.
            shape: what `values` have to have.

        Raises:
            NumberError: a number is NaN, infinite, or beyond what the format holds.
            ArgumentError: they are no numbers, not whole where whole ones are asked for, of another shape, or missing at their owner.
        """
        if not 0 <= owner < self.parties:
            raise ArgumentError(Status.INVALID_ARGUMENT, f"there is no party {owner}", argument="owner", bound=self.parties - 1)
        wanted = Kind.REAL if dtype is None and shape is not None else Kind.of(dtype)
        expected = None if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        if values is None:
            if self.index is None or self.index == owner:
                raise ArgumentError(Status.INVALID_ARGUMENT, "their owner has to give them", argument="values")
            if expected is None:
                raise ArgumentError(Status.INVALID_ARGUMENT, "whoever has no values says which shape they have", argument="shape")
            values = np.zeros(expected)
        array = as_kind("values", values, wanted)
        if expected is not None and array.shape != expected:
            raise ArgumentError(Status.INVALID_LENGTH, f"have the shape {array.shape}, not {expected}", argument="values")
        kind = Kind.REAL if array.dtype == np.float64 else Kind.INTEGER
        self._settle()
        ids = [party.input(owner, kind, array.size, array if party.index == owner else None) for party in self._parties]
        self._name_step("share")
        self._note(f"share of {self._name(owner)}", [], ids[:1])
        return self._tensor(ids, array.shape)

    def public(self, values: object) -> Secret:
        """Numbers that everybody knows, as a tensor."""
        array = as_kind("values", values, None)
        self._settle()
        ids = [party.public(array) for party in self._parties]
        self._name_step("public")
        self._note("public", [], ids[:1])
        return self._tensor(ids, array.shape)

    def run(self) -> None:
        """Runs what was asked for."""
        self._messages()

    def _messages(self) -> list[Message]:
        """Runs what was asked for: the messages, where somebody traces them."""
        self._names.clear()
        if self._network is not None:
            for party in self._parties:
                if isinstance(party, ConnectedParty | CarriedParty):
                    party.run()
            return []
        traced = bool(self._traces())
        seen: list[Message] = []
        while True:
            due = [party.advance() for party in self._parties]
            if not any(due):
                return seen
            pairs = [(one, other) for one in self._parties for other in self._parties if one is not other]
            sent = [
                (sender, receiver, sender.message(receiver.index), sender.parts(receiver.index) if traced else [])
                for sender, receiver in pairs
            ]
            for sender, receiver, content, parts in sent:
                receiver.receive(sender.index, content)
                message = Message(self._rounds, sender.index, receiver.index, content, tuple(parts))
                if traced:
                    seen.append(message)
                if self._watch is not None:
                    self._watch(message)
            self._rounds += 1

    def explain(self) -> Explanation:
        """What the operations will cost that were asked for since the last run; it is what they then cost, exactly.

        In verified mode inputs are in it. An opening adds 9 rounds and 361 bytes, or 5 and 181 if there is nothing to check before it, and
        16 bytes for each element, or for each element and receiver if it is not for all.
        """
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

    def close(self, why: str | None = None) -> None:
        """Ends the session and wipes all shares.

        Args:
            why: what the parties of a session over a network are told, in at most 200 bytes; nothing when all has gone well.
        """
        for party in self._parties:
            if isinstance(party, ConnectedParty | CarriedParty):
                party.leave(why)
            party.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # The others learn that this party stopped, and not what its exception says: that may hold its data.
        self.close(None if kind is None else f"its program stopped with {kind.__name__}")

    def __repr__(self) -> str:
        return f"<Session of {self.parties} parties>"

    def _tensor(self, ids: Sequence[int], shape: tuple[int, ...]) -> Secret:
        from cloakwork.mpc._tensor import Tensor
        from cloakwork.mpc._verified import VerifiedTensor

        kind = VerifiedTensor if self.verified else Tensor
        return cast("Secret", kind(self, ids[0], shape))

    def _name_step(self, name: str) -> None:
        """Notes what an explanation of verified mode has in it and that of the other has not."""
        if self.verified:
            self._names.append(name)

    def _apply(
        self, name: str, inputs: Sequence[int], sizes: Sequence[int] | NDArray[Any] = (), constants: Numbers | None = None, count: int = 1
    ) -> list[int]:
        """Asks all parties for an operation: the numbers of what it gives."""
        operation = getattr(lib, f"CLOAK_MPC_{name}")
        self._settle()
        given = [party.apply(operation, inputs, np.asarray(sizes, dtype=np.uint64), constants) for party in self._parties]
        self._names.append(name.lower().replace("_", " "))
        if any(one != given[0] for one in given) or len(given[0]) != count:
            raise InternalError(Status.PANIC, "the parties of this program do not agree on numbers")
        self._note(name.lower().replace("_", " "), inputs, given[0])
        return given[0]

    def _open(self, value: int, kind: Kind, receivers: Sequence[int]) -> list[Numbers | None]:
        """What each party learns of a value."""
        self._settle()
        numbers = [party.open(value, receivers) for party in self._parties]
        messages = self._messages()
        for party in self._parties:
            party.check(value)
        found = [party.result(number, kind) for party, number in zip(self._parties, numbers, strict=True)]
        learnt = {self._participants[place]: one for place, one in enumerate(found) if one is not None}
        self._record("open", messages, [value], [], learnt)
        return found

    def _from_shares(self, kind: Kind, words: Sequence[NDArray[np.uint64]], shape: tuple[int, ...]) -> Secret:
        """A tensor of which each party has these shares."""
        self._settle()
        ids = [party.given(kind, own) for party, own in zip(self._parties, words, strict=True)]
        self._note("shares from outside", [], ids[:1])
        return self._tensor(ids, shape)

    def _hand_out(self, words: Sequence[NDArray[np.uint64]], receiver: object) -> None:
        """Shares that each party gives to somebody who is none: each is a message to that one."""
        if self._traces():
            parts = (Part(Content.OUTPUT, 64, 1, len(words[0]), 8 * len(words[0])),)
            head = bytes(HEAD)
            messages = [Message(self._rounds, place, receiver, head + own.tobytes(), parts) for place, own in enumerate(words)]
            self._record(f"open to {self._name(receiver)}", messages, [], [], {})

    # For traces: what was asked for before runs, so that an operation has its messages by itself.

    def _traces(self) -> list[Trace]:
        if self._network is not None or self.verified:
            # One party alone could show its own shares at most, and nothing of what they make together; MACs are not shown.
            return []
        own = [] if self.trace is None else [self.trace]
        return [*own, *active()]

    def _settle(self) -> None:
        if self._traces():
            name = "what was asked for before" if self._rounds else "seeds in common"
            messages = self._messages()
            if messages:
                self._record(name, messages, [], [], {})

    def _note(self, name: str, inputs: Sequence[int], outputs: Sequence[int]) -> None:
        """Runs an operation that was just asked for, and records it."""
        if self._traces():
            self._record(name, self._messages(), inputs, outputs, {})

    def _record(
        self, name: str, messages: Sequence[Message], inputs: Sequence[int], outputs: Sequence[int], learnt: dict[object, Numbers]
    ) -> None:
        traces = self._traces()
        if traces:
            taken, made = ([self._value(number) for number in ids] for ids in (inputs, outputs))
            step = Step(name, tuple(self._participants), tuple(taken), tuple(made), tuple(messages), learnt)
            for trace in traces:
                trace.add(step)

    def _value(self, number: int) -> Value:
        kind, length = self._parties[0].form(number)
        return Value(
            number, kind, length, {who: party.shares(number) for who, party in zip(self._participants, self._parties, strict=True)}
        )

    def _name(self, participant: object) -> str:
        return name_of(self._participants[participant] if isinstance(participant, int) else participant)
