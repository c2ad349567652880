"""Numbers that machines share in a prime field: the steps are the library's, this carries words from machine to machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from cloakwork._boundary import Machine, check
from cloakwork._native import ffi, lib
from cloakwork.errors import ArgumentTypeError, Status
from cloakwork.mpc._kind import Kind
from cloakwork.mpc._message import Message
from cloakwork.mpc._party import Content, Part
from cloakwork.mpc._trace import Step, Value, active
from cloakwork.mpc.machines.group import together
from cloakwork.mpc.machines.machine import VirtualMachine
from cloakwork.mpc.machines.refusal import misfit, outside, wrong_type

Words = NDArray[np.uint64]
SUITE = 2
HEAD = 8


def modulus(argument: str, candidate: object) -> int:
    """An odd prime below 2^64.

    Raises:
        MachineError: it is none.
    """
    if isinstance(candidate, bool) or not isinstance(candidate, int | np.integer):
        raise wrong_type(argument, "a prime or None", candidate)
    number = int(candidate)
    if not 0 <= number < 2**64 or lib.cloak_prime_check_vartime(number) != lib.CLOAK_OK:
        raise misfit(argument, f"{number} is no odd prime below 2^64, and shares of products need a field")
    return number


def element(argument: str, number: object, q: int, low: int = 0) -> int:
    """A number of the field, from `low`; public ones may be negative, and count as their residue.

    Raises:
        ArgumentTypeError: it is no int.
        DomainError: it is outside of the field.
    """
    if isinstance(number, float | np.floating):
        raise ArgumentTypeError(Status.INVALID_ARGUMENT, f"{number} is a float, and there are no fractions in Z_{q}", argument=argument)
    if not isinstance(number, int | np.integer):
        raise wrong_type(argument, "an int", number)
    if not low <= number < q:
        raise outside(argument, int(number), f"{low} to {q - 1} (Q = {q})")
    return int(number) % q


def combine(q: int, operation: int, x: int, y: int) -> int:
    """X + y, x - y or x y in the field."""
    out = ffi.new("uint64_t[1]")
    check(lib.cloak_prime_combine(q, operation, ffi.new("uint64_t[1]", [x]), ffi.new("uint64_t[1]", [y]), 1, out))
    return int(out[0])


ADD, SUBTRACT, MULTIPLY = lib.CLOAK_PRIME_ADD, lib.CLOAK_PRIME_SUBTRACT, lib.CLOAK_PRIME_MULTIPLY


class Dealer(Machine):
    """Makes triples for machines in this program, and is none of them."""

    FREE = "cloak_prime_dealer_free"

    def __init__(self, q: int, parties: int) -> None:
        super().__init__()
        out = ffi.new("cloak_prime_dealer **")
        check(lib.cloak_prime_dealer_new(q, parties, SUITE, ffi.NULL, out))
        self._own(out[0])

    def triple(self, party: int) -> Any:  # noqa: ANN401 - a C array
        """A party's share of the next one."""
        out = ffi.new("uint64_t[3]")
        with self._turn:
            check(lib.cloak_prime_dealer_triples(self._open(), party, 1, out))
        return out


class Field:
    """Machines that share numbers modulo a prime.

    Attributes:
        machines: in the order of their shares.
        q: the prime.
    """

    _living: ClassVar[WeakValueDictionary[tuple[frozenset[VirtualMachine], int], Field]] = WeakValueDictionary()

    def __init__(self, machines: tuple[VirtualMachine, ...], q: int) -> None:
        self.machines = machines
        self.q = q
        self.format = f"Q = {q}"
        self._dealer = Dealer(q, len(machines))
        self._rounds = 0
        self._values = 0

    @classmethod
    def of(cls, machines: Iterable[VirtualMachine], q: int) -> Field:
        """The field of these machines, in whatever order.

        Raises:
            MachineError: a machine alone, which would share with nobody.
        """
        return together(cls._living, machines, q, cls)

    def place(self, machine: VirtualMachine) -> int | None:
        """Where a machine's shares are; None for one that takes no part."""
        return self.machines.index(machine) if machine in self.machines else None

    def split(self, number: int) -> list[int]:
        """Shares of a number."""
        out = ffi.new("uint64_t[]", len(self.machines))
        check(lib.cloak_prime_share(self.q, len(self.machines), ffi.new("uint64_t[1]", [number]), 1, ffi.NULL, out))
        return list(out)

    def share(self, number: int, owner: int) -> Residue:
        """A number of a machine, which sends each other one its share."""
        shares = self.split(number)
        secret = Residue(self, shares)
        sent = [self._message(owner, place, share) for place, share in enumerate(shares) if place != owner]
        self._note(f"share of {self.machines[owner].name}", [], [secret], sent)
        return secret

    def combine(self, operation: int, x: Residue, y: Sequence[int], name: str, others: Sequence[Residue] = ()) -> Residue:
        """What each machine does with its share by itself."""
        made = Residue(self, [combine(self.q, operation, one, other) for one, other in zip(x.words, y, strict=True)])
        self._note(name, [x, *others], [made], [])
        return made

    def product(self, x: Residue, y: Residue) -> Residue:
        """A product by Beaver's method: two masked numbers are opened."""
        places = range(len(self.machines))
        triples = [self._dealer.triple(place) for place in places]
        masked = [
            [combine(self.q, SUBTRACT, secret.words[place], triples[place][part]) for part, secret in enumerate((x, y))] for place in places
        ]
        opened = [self._sum([masked[place][part] for place in places]) for part in (0, 1)]
        d, e = (ffi.new("uint64_t[1]", [value]) for value in opened)
        shares = []
        for place in places:
            out = ffi.new("uint64_t[1]")
            check(lib.cloak_prime_product(self.q, int(place == 0), d, e, triples[place], 1, out))
            shares.append(int(out[0]))
        made = Residue(self, shares)
        sent = [self._message(one, other, *masked[one], content=Content.MASKED_WORDS) for one in places for other in places if one != other]
        self._note("multiply", [x, y], [made], sent)
        return made

    def open(self, secret: Residue, receiver: VirtualMachine) -> int:
        """A number at one machine, from shares that sharings of zero of all machines have made uniform."""
        places = range(len(self.machines))
        zeros = [self.split(0) for _ in places]
        words = [self._sum([secret.words[place], *(zero[place] for zero in zeros)]) for place in places]
        sent = [self._message(one, other, zeros[one][other]) for one in places for other in places if one != other]
        self._note("uniform shares", [secret], [], sent)
        home = self.place(receiver)
        handed = [self._message(place, receiver if home is None else home, words[place]) for place in places if place != home]
        found = self._sum(words)
        self._note(f"open to {receiver.name}", [secret], [], handed, {receiver: np.array([found], dtype=np.uint64)})
        return found

    def _sum(self, words: Sequence[int]) -> int:
        total = 0
        for word in words:
            total = combine(self.q, ADD, total, word)
        return total

    def _message(self, sender: int, receiver: object, *words: int, content: Content = Content.OUTPUT) -> Message:
        data = np.array(words, dtype=np.uint64).tobytes()
        part = Part(content, 64, 1, len(words), len(data))
        return Message(self._rounds, sender, receiver, self._rounds.to_bytes(HEAD, "little") + data, (part,), self.q)

    def _note(
        self,
        name: str,
        inputs: Sequence[Residue],
        outputs: Sequence[Residue],
        sent: Sequence[Message],
        learnt: dict[object, Any] | None = None,
    ) -> None:
        self._rounds += bool(sent)
        traces = active()
        if traces:
            taken, made = (tuple(secret.value for secret in some) for some in (inputs, outputs))
            step = Step(name, self.machines, taken, made, tuple(sent), learnt or {})
            for trace in traces:
                trace.add(step)

    def number(self) -> int:
        """The number of the next value."""
        self._values += 1
        return self._values - 1


def _unsupported(what: str) -> Callable[..., Any]:
    def refuse(self: Residue, *_: object) -> Any:  # noqa: ANN401 - it does not return
        raise misfit("Q", f"there is no {what} in Z_{self.field.q}: {REASONS[what]}; share without Q")

    return refuse


ORDER = "a prime field has no order, and numbers would wrap unseen"
FRACTIONS = "it has no fractions"
REASONS = {
    "comparison": ORDER,
    "absolute value": ORDER,
    "minimum": ORDER,
    "maximum": ORDER,
    "clip": ORDER,
    "relu": ORDER,
    **dict.fromkeys(("division", "sigmoid", "tanh", "exp", "log", "sqrt", "rsqrt", "reciprocal", "polynomial"), FRACTIONS),
}


class Residue:
    """A number of a field, by the share of each machine."""

    __hash__: ClassVar[None] = None  # type: ignore[assignment]
    kind = Kind.INTEGER

    def __init__(self, field: Field, words: Sequence[int]) -> None:
        self.field = field
        self.words = [int(word) for word in words]
        self._number = field.number()

    @property
    def value(self) -> Value:
        """As traces show it."""
        shares: dict[object, Words] = {
            machine: np.array([word], dtype=np.uint64) for machine, word in zip(self.field.machines, self.words, strict=True)
        }
        return Value(self._number, self.kind, 1, shares)

    def shares(self) -> list[Words]:
        """The share of each machine."""
        return [np.array([word], dtype=np.uint64) for word in self.words]

    def _public(self, number: object) -> int:
        return element("other", number, self.field.q, 1 - self.field.q)

    def _at_first(self, number: int) -> list[int]:
        return [number, *(0 for _ in self.words[1:])]

    def __add__(self, other: Residue | int) -> Residue:
        if isinstance(other, Residue):
            return self.field.combine(ADD, self, other.words, "add", [other])
        return self.field.combine(ADD, self, self._at_first(self._public(other)), "add public")

    __radd__ = __add__

    def __sub__(self, other: Residue | int) -> Residue:
        if isinstance(other, Residue):
            return self.field.combine(SUBTRACT, self, other.words, "subtract", [other])
        return self.field.combine(SUBTRACT, self, self._at_first(self._public(other)), "subtract public")

    def __rsub__(self, other: int) -> Residue:
        return -self + other

    def __neg__(self) -> Residue:
        return self * -1

    def __mul__(self, other: Residue | int) -> Residue:
        if isinstance(other, Residue):
            return self.field.product(self, other)
        return self.field.combine(MULTIPLY, self, [self._public(other)] * len(self.words), "multiply public")

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Residue:
        # From the highest bit: a square for each bit after it, and a product for each that is set.
        if exponent == 0:
            return self * 0 + 1
        power = self
        for bit in bin(exponent)[3:]:
            power = power * power
            if bit == "1":
                power = power * self
        return power

    __truediv__ = __rtruediv__ = _unsupported("division")
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _unsupported("comparison")
    __abs__ = _unsupported("absolute value")
    minimum, maximum, clip, relu = (_unsupported(what) for what in ("minimum", "maximum", "clip", "relu"))
    sigmoid, tanh, exp, log = (_unsupported(what) for what in ("sigmoid", "tanh", "exp", "log"))
    sqrt, rsqrt, reciprocal, polynomial = (_unsupported(what) for what in ("sqrt", "rsqrt", "reciprocal", "polynomial"))
