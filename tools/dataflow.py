"""Which instructions of a function use, in a place that shows, what may be secret: a small data-flow analysis of machine code.

Everything that a function reads from memory may be secret, and so is what is computed from it; arguments, constants, and what the
function itself put on its stack from a register that may not be, are public. The analysis goes over the function's branches until nothing
changes. It does not follow values through memory or calls, and takes a whole word from memory that is only moved and added to for a
pointer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

# How secret a value may be. Where zeros are stored, something secret may be written later, by another function even.
ZERO = -1
PUBLIC = 0
# Read from memory as a whole word: a pointer, a length, or a secret.
LOADED = 1
# A narrower value from memory, or computed from what was read.
DERIVED = 2

FLAGS = "flags"


@dataclass(frozen=True)
class Instruction:
    """One line of a disassembly."""

    address: int
    name: str
    operands: tuple[str, ...]


@dataclass(frozen=True, order=True)
class Finding:
    """An instruction that shows a value: by a branch, an address, its time."""

    address: int
    kind: str
    text: str


@dataclass
class State:
    """What registers may hold, and which places on the stack hold something public."""

    levels: dict[str, int] = field(default_factory=dict)
    public_slots: frozenset[str] = frozenset()

    def of(self, *registers: str) -> int:
        """The highest level among these."""
        return max((self.levels.get(register, PUBLIC) for register in registers), default=PUBLIC)

    def put(self, register: str, level: int) -> None:
        """A register gets a new value."""
        self.levels[register] = level

    def store(self, slot: str, public: bool) -> None:
        """A register goes to the stack."""
        self.public_slots = self.public_slots | {slot} if public else self.public_slots - {slot}

    def copy(self) -> State:
        """The same, to be changed."""
        return State(dict(self.levels), self.public_slots)

    def joined(self, other: State) -> State:
        """What holds where two paths meet."""
        names = self.levels.keys() | other.levels.keys()
        return State({name: max(self.of(name), other.of(name)) for name in names}, self.public_slots & other.public_slots)

    def same(self, other: State) -> bool:
        """Whether nothing differs."""
        names = self.levels.keys() | other.levels.keys()
        return self.public_slots == other.public_slots and all(self.of(name) == other.of(name) for name in names)


class Processor(Protocol):
    """What an analysis has to know of an instruction set."""

    def step(self, instruction: Instruction, state: State) -> list[Finding]:
        """Changes the state as the instruction does, and says what it shows."""

    def targets(self, instruction: Instruction) -> tuple[list[int], bool]:
        """Where it may jump to, and whether the next instruction may follow."""


def blocks(code: Sequence[Instruction], processor: Processor) -> tuple[list[range], Mapping[int, list[int]]]:
    """The pieces of a function without a branch into or out of them, and which may follow which."""
    place = {instruction.address: index for index, instruction in enumerate(code)}
    starts = {0}
    ends: dict[int, tuple[list[int], bool]] = {}
    for index, instruction in enumerate(code):
        targets, falls = processor.targets(instruction)
        inside = [place[target] for target in targets if target in place]
        starts.update(inside)
        if targets or not falls:
            starts.add(index + 1)
            ends[index] = (inside, falls)
    borders = [*sorted(start for start in starts if start < len(code)), len(code)]
    pieces = [range(first, after) for first, after in pairwise(borders)]
    number = {piece.start: index for index, piece in enumerate(pieces)}
    follows: dict[int, list[int]] = {}
    for index, piece in enumerate(pieces):
        inside, falls = ends.get(piece.stop - 1, ([], True))
        after = [number[piece.stop]] if falls and piece.stop in number else []
        follows[index] = [number[start] for start in inside] + after
    return pieces, follows


def analyse(code: Sequence[Instruction], processor: Processor) -> list[Finding]:
    """What a function shows."""
    pieces, follows = blocks(code, processor)
    before: dict[int, State] = {0: State()}
    waiting = [0]
    while waiting:
        index = waiting.pop()
        state = before[index].copy()
        _run(code, pieces[index], processor, state)
        for following in follows[index]:
            known = before.get(following)
            joined = state.copy() if known is None else known.joined(state)
            if known is None or not joined.same(known):
                before[following] = joined
                waiting.append(following)
    findings: set[Finding] = set()
    for index, state in before.items():
        findings.update(_run(code, pieces[index], processor, state.copy()))
    return sorted(findings)


def _run(code: Sequence[Instruction], piece: Iterable[int], processor: Processor, state: State) -> list[Finding]:
    found = []
    for index in piece:
        found += processor.step(code[index], state)
    return found
