"""Shares: what one machine holds of a number that nobody sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cloakwork.mpc._party import Format
from cloakwork.mpc._tensor import Tensor
from cloakwork.mpc.machines.machine import VirtualMachine, machine
from cloakwork.mpc.machines.prime import ADD, MULTIPLY, SUBTRACT, Residue, combine, element, modulus
from cloakwork.mpc.machines.refusal import misfit, outside, wrong_type

WORD = np.iinfo(np.int64)
DOMAIN = "-2^63 to 2^63 - 1"

# By sign: on words of 64 bits, and in a field.
ARITHMETIC: dict[str, tuple[Callable[[Any, Any], Any], int]] = {
    "+": (np.add, ADD),
    "-": (np.subtract, SUBTRACT),
    "*": (np.multiply, MULTIPLY),
}


class Share:
    """One machine's share of a number. Alone it looks random; all shares of a number together make it.

    Shares of whole and of real numbers add up modulo 2^64 and are shown with a sign; a real number's are those of the whole number that
    its format makes of it. Shares of truth values are bits whose exclusive or is taken. With `Q`, shares add up modulo Q.

    Args:
        value: the share.
        owner: the machine that holds it.
        Q: None, or a prime.

    Raises:
        DomainError: the value is not in the domain.
    """

    def __init__(self, value: int, owner: VirtualMachine, Q: int | None = None) -> None:  # noqa: N803
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise wrong_type("value", "an int", value)
        if Q is not None:
            value = element("value", value, modulus("Q", Q))
        elif not WORD.min <= value <= WORD.max:
            raise outside("value", int(value), DOMAIN)
        self._begin(owner, int, Q)
        self._value: int | None = int(value)

    def _begin(self, owner: VirtualMachine, kind: type, q: int | None) -> None:
        self._owner = machine("owner", owner)
        self._kind = kind
        self._modulus = q
        self._secret: Tensor | Residue | None = None
        self._group: object = None
        self._place = 0
        self._format: Format | None = None
        owner._hold(self)

    @classmethod
    def _part(cls, group: object, secret: Tensor | Residue, place: int, owner: VirtualMachine, kind: type) -> Share:
        """The share that a machine has of a secret; it is looked at when somebody asks for it."""
        made = cls.__new__(cls)
        made._begin(owner, kind, secret.field.q if isinstance(secret, Residue) else None)
        made._value = None
        # The group lives as long as a share: shares that are put together again meet in it.
        made._group = group
        made._secret, made._place = secret, place
        made._format = None if isinstance(secret, Residue) else secret.session.format
        return made

    @property
    def value(self) -> int:
        """The share, as a number. Asking for it runs what has to run before it is there."""
        if self._value is None:
            assert self._secret is not None  # noqa: S101 - of `_part`
            (word,) = self._secret.shares()[self._place]
            if self._modulus is not None:
                self._value = int(word)
            else:
                self._value = int(word) & 1 if self._kind is bool else int(word.view(np.int64))
        return self._value

    @property
    def owner(self) -> VirtualMachine:
        """The machine that holds it."""
        return self._owner

    @property
    def Q(self) -> int | None:  # noqa: N802 - MicroSMPC's name
        """The prime of its domain; None where words of 64 bits are shared."""
        return self._modulus

    @property
    def kind(self) -> type:
        """What the number is of which it is a share: `bool`, `int` or `float`."""
        return self._kind

    def __add__(self, other: Share | int) -> Share:
        return self._joined(other, "+")

    __radd__ = __add__

    def __sub__(self, other: Share | int) -> Share:
        return self._joined(other, "-")

    def __rsub__(self, other: Share | int) -> Share:
        return (self * -1) + other

    def __mul__(self, other: Share | int) -> Share:
        return self._joined(other, "*")

    __rmul__ = __mul__

    def __neg__(self) -> Share:
        return self * -1

    def __repr__(self) -> str:
        return f"Share({self.value}, {self._owner.name!r})"

    def _joined(self, other: Share | int, sign: str) -> Share:
        """The share with something that its machine has: arithmetic of one machine alone."""
        if self._kind is bool:
            raise misfit("share", f"shares of truth values are joined by exclusive or, and have no {sign}")
        if isinstance(other, Share):
            peer = self._peer(other, sign)
        elif isinstance(other, bool) or not isinstance(other, int | np.integer):
            raise wrong_type("other", "an int or a share", other)
        elif self._kind is float and sign != "*":
            raise misfit("other", f"{other} {sign} a share of a real number: add it to the shared number, which knows its fraction bits")
        else:
            peer = int(other)
        made = Share(self._combined(peer, sign), self._owner, self._modulus)
        made._kind, made._format = self._kind, self._format
        return made

    def _peer(self, other: Share, sign: str) -> int:
        if other._owner is not self._owner:
            raise misfit("other", f"{self._owner.name} does not know a share of {other._owner.name}")
        if (other._kind, other._modulus) != (self._kind, self._modulus):
            raise misfit("other", f"shares of different kinds or of different Q have no {sign}")
        if self._kind is float and sign == "*":
            raise misfit("other", "a product of two shares of real numbers is no share of anything")
        return other.value

    def _combined(self, peer: int, sign: str) -> int:
        join, in_field = ARITHMETIC[sign]
        if self._modulus is not None:
            return combine(self._modulus, in_field, self.value, element("other", peer, self._modulus, 1 - self._modulus))
        if not WORD.min <= peer <= WORD.max:
            raise outside("other", peer, DOMAIN)
        # As arrays: there NumPy wraps, and says nothing.
        return int(join(np.array([self.value], dtype=np.int64), np.array([peer], dtype=np.int64))[0])
