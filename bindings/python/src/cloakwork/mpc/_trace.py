"""What happens in a computation, step by step, for whoever wants to see it from inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextvars import ContextVar, Token
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import groupby
from operator import xor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cloakwork.mpc._kind import Kind, Numbers
from cloakwork.mpc._message import Message
from cloakwork.mpc._party import Content, Part

if TYPE_CHECKING:
    from typing_extensions import Self

# Elements of a vector that are written out.
SHOWN = 4
HEAD = 8

# What the masked words of the first opening are, of operations that begin with one.
MASKED = {
    "multiply": "x - a and y - b; of a, b and ab each party has a share",
    "square": "x - a; of a and a^2 each party has a share",
    "less": "differences and signs, each plus a random r",
    "equal": "x - y + r, for a random r",
}


def name_of(participant: object) -> str:
    """How a party is shown: a machine by its name, a party of a session by its number."""
    return f"party {participant}" if isinstance(participant, int) else str(getattr(participant, "name", participant))


@dataclass(frozen=True)
class Value:
    """A shared value.

    Attributes:
        number: by which steps refer to it.
        kind: what its elements are.
        length: how many elements it has.
        shares: the words of each party: of truth values packed bits.
    """

    number: int
    kind: Kind
    length: int
    shares: dict[object, NDArray[np.uint64]]


@dataclass(frozen=True)
class Opening:
    """What the messages of a round made known to all parties: masked, and so uniform whatever the inputs are.

    Attributes:
        round: the round.
        part: what was opened.
        elements: its elements.
    """

    round: int
    part: Part
    elements: tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """An operation, with all that went over the lines for it.

    Attributes:
        name: of the operation.
        participants: the parties.
        inputs: the values that it took.
        outputs: the values that it gave.
        messages: in the order of their rounds.
        learnt: what became known, to whom.
    """

    name: str
    participants: tuple[object, ...]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    messages: tuple[Message, ...]
    learnt: dict[object, Numbers]

    def who(self, message: Message) -> tuple[object, object]:
        """Sender and receiver of a message."""
        receiver = message.receiver
        return self.participants[message.sender], self.participants[receiver] if isinstance(receiver, int) else receiver

    @property
    def openings(self) -> list[Opening]:
        """What all parties got to know, masked."""
        found = []
        for round_ in sorted({message.round for message in self.messages}):
            # Everybody sends its shares of these to everybody, so one message of each party has them all.
            sent = {message.sender: list(masked_parts(message)) for message in self.messages if message.round == round_}
            if len(sent) == len(self.participants):
                found += [
                    Opening(round_, parts[0][0], joined(parts, self.messages[0].modulus)) for parts in zip(*sent.values(), strict=True)
                ]
        return found

    def seen_by(self, participant: object) -> Step | None:
        """What one party sees of it; None for one who takes no part."""
        messages = tuple(message for message in self.messages if participant in self.who(message))
        if participant not in self.participants and not messages:
            return None

        def own(values: tuple[Value, ...]) -> tuple[Value, ...]:
            return tuple(
                replace(value, shares={who: words for who, words in value.shares.items() if who == participant}) for value in values
            )

        learnt = {who: numbers for who, numbers in self.learnt.items() if who == participant}
        return replace(self, inputs=own(self.inputs), outputs=own(self.outputs), messages=messages, learnt=learnt)


@dataclass
class Trace:
    """The steps of computations while a block lasts, of all parties or as one machine sees them.

        with Trace() as trace:
            product = x * y
        print(trace)

    Attributes:
        machine: whose view it is; None for that of somebody who sees everything.
        steps: the operations in their order.
    """

    machine: object | None = None
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._token: Token[tuple[Trace, ...]] | None = None

    def __enter__(self) -> Self:
        self._token = _ACTIVE.set((*_ACTIVE.get(), self))
        return self

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _ACTIVE.reset(self._token)
            self._token = None

    def add(self, step: Step) -> None:
        """Records a step, or what the machine sees of it."""
        seen = step if self.machine is None else step.seen_by(self.machine)
        if seen is not None:
            self.steps.append(seen)

    def seen_by(self, participant: object) -> Trace:
        """What one party saw: a machine, or the number of a party of a session."""
        seen = Trace(participant)
        for step in self.steps:
            seen.add(step)
        return seen

    @property
    def messages(self) -> list[Message]:
        """All messages."""
        return [message for step in self.steps for message in step.messages]

    def __str__(self) -> str:
        return "\n".join(line for place, step in enumerate(self.steps, 1) for line in lines(place, step))


_ACTIVE: ContextVar[tuple[Trace, ...]] = ContextVar("traces", default=())


def active() -> tuple[Trace, ...]:
    """The traces of the blocks that we are in."""
    return _ACTIVE.get()


# What messages hold.


def pieces(message: Message) -> Iterator[tuple[Part, bytes]]:
    """The parts of a message with their bytes."""
    start = HEAD
    for part in message.parts:
        yield part, message.content[start : start + part.bytes]
        start += part.bytes


def masked_parts(message: Message) -> Iterator[tuple[Part, tuple[int, ...]]]:
    """The parts that are shares of masked values, with their elements."""
    for part, data in pieces(message):
        if part.content in {Content.MASKED_WORDS, Content.MASKED_BITS}:
            yield part, elements(part, data)


def elements(part: Part, data: bytes) -> tuple[int, ...]:
    """The elements of a part, vector by vector."""
    size = len(data) // max(part.vectors, 1)
    vectors = [int.from_bytes(data[start : start + size], "little") for start in range(0, size * part.vectors, size or 1)]
    return tuple((vector >> (part.bits * place)) % (1 << part.bits) for vector in vectors for place in range(part.count))


def joined(parts: Sequence[tuple[Part, tuple[int, ...]]], modulus: int | None) -> tuple[int, ...]:
    """What shares of masked values are shares of."""
    part = parts[0][0]
    columns = zip(*(shares for _, shares in parts), strict=True)
    if part.content == Content.MASKED_BITS:
        return tuple(reduce(xor, column) for column in columns)
    return tuple(sum(column) % (modulus or 1 << part.bits) for column in columns)


# How it is shown.


def lines(place: int, step: Step) -> Iterator[str]:
    """A step as lines of a table: who, when, what."""
    made = ", ".join(f"#{value.number} ({value.kind.name.lower()})" for value in step.outputs)
    taken = " ".join(f"#{value.number}" for value in step.inputs)
    yield f"{place:3}  {step.name} {taken}".rstrip() + (f" -> {made}" if made else "")
    rows = list(rows_of(step))
    width = max((len(who) for who, _, _ in rows), default=0)
    for who, when, what in rows:
        yield f"       {who:{width}}  {when:9}  {what}".rstrip()


def rows_of(step: Step) -> Iterator[tuple[str, str, str]]:
    """The rows below the head of a step."""
    openings = step.openings
    first = min((opening.round for opening in openings), default=None)
    for round_ in sorted({message.round for message in step.messages}):
        for message in step.messages:
            if message.round == round_:
                sender, receiver = map(name_of, step.who(message))
                if message.parts:
                    yield f"{sender} -> {receiver}", f"round {round_}", message_text(message)
        opened = [listed(opening.part, opening.elements) for opening in openings if opening.round == round_]
        if opened:
            meaning = f"  ({MASKED[step.name]})" if round_ == first and step.name in MASKED else ""
            yield "all learn", f"round {round_}", "; ".join(opened) + meaning
    for value in step.outputs:
        for who, words in value.shares.items():
            yield f"{name_of(who)} holds", "", f"#{value.number} = {words_text(value, words)}"
    for who, numbers in step.learnt.items():
        yield f"{name_of(who)} learns", "", ", ".join(map(str, numbers.reshape(-1)[:SHOWN])) + more(numbers.size)


SHARES = {Content.OUTPUT: "shares", Content.MASKED_WORDS: "shares of masked words", Content.MASKED_BITS: "shares of masked bits"}


def message_text(message: Message) -> str:
    """The parts of a message; those of one kind together."""
    return "; ".join(
        f"{SHARES[content]}: {'; '.join(listed(part, elements(part, data)) for part, data in parts)}"
        if content in SHARES
        else "; ".join(part_text(part) for part, _ in parts)
        for content, parts in groupby(pieces(message), key=lambda piece: piece[0].content)
    )


def part_text(part: Part) -> str:
    """A part that has no elements."""
    if part.content == Content.SEEDS:
        return f"a seed of {part.bytes} bytes, for streams that sender and receiver have in common"
    return f"{part.bytes:,} bytes that make correlated randomness"


def listed(part: Part, found: Sequence[int]) -> str:
    """Elements in hexadecimal, or bits one after the other."""
    if part.bits == 1:
        return "".join(map(str, found[:64])) + more(len(found), 64)
    return ", ".join(f"{element:0{-(-part.bits // 4)}x}" for element in found[:SHOWN]) + more(len(found))


def words_text(value: Value, words: NDArray[np.uint64]) -> str:
    """A party's share of a value."""
    if value.kind == Kind.BIT:
        bits = [int(words[place // 64]) >> place % 64 & 1 for place in range(min(value.length, 64))]
        return "".join(map(str, bits)) + more(value.length, 64)
    return ", ".join(f"{int(word):016x}" for word in words[:SHOWN]) + more(len(words))


def more(count: int, shown: int = SHOWN) -> str:
    """What is said of elements that are not shown."""
    return f" and {count - shown:,} more" if count > shown else ""
