"""Numbers as the decimals that they are written as, in fixed point: sums are exact, and rounded once, when they become doubles again.

A JSON number is the decimal that its shortest spelling says: 0.1 is one tenth, not the double next to it. X stands for X * 10^-digits; sums
are taken mod 2^128, so the magnitude of a party's number stays below 2^127 / (parties * 10^digits).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, Overflow, localcontext
from typing import Any

from cloakwork.fsc.computation import Failure

__all__ = ["BITS", "Scale", "number", "total"]

BITS = 128
# Every integer of 64 bits fits among up to 18 parties, and every double of magnitude 0.01 or more is exact.
_DIGITS_AFTER = 18
_MOST_DIGITS = 38
_LONGEST_SHOWN = 40
# Digits that hold every sum of doubles and of the integers that JSON carries; what they do not hold is refused, not rounded.
_EXACT = Context(prec=6000, rounding=ROUND_HALF_EVEN, Emax=10**6, Emin=-(10**6), traps=[Inexact, Overflow])
_ROUNDED = Context(prec=12000, rounding=ROUND_HALF_EVEN, Emax=10**6, Emin=-(10**6), traps=[Overflow])


class Scale:
    """A fixed point.

    Attributes:
        digits: decimals after the point.
        unit: 10^digits.
        limit: the largest magnitude of a party, in units of 10^-digits.
        parties: how many parties there are.
    """

    def __init__(self, parties: int, digits: int = _DIGITS_AFTER, digits_before: int | None = None) -> None:
        self.parties = parties
        self.digits = digits
        self.unit = 10**digits
        limit = ((1 << (BITS - 1)) - 1) // parties
        self.limit = limit if digits_before is None else min(limit, 10 ** (digits + digits_before) - 1)

    @classmethod
    def of(cls, parameters: Mapping[str, Any], parties: int) -> Scale:
        """The fixed point of a computation: `digits_after` and, for a narrower range than 128 bits give, `digits_before` the point.

        Raises:
            Failure: a parameter is unknown, or not what it has to be.
        """
        unknown = sorted(set(parameters) - {"digits_after", "digits_before"})
        if unknown:
            raise _wrong(f"parameters.{unknown[0]} is none of digits_after, digits_before")
        given: dict[str, int] = {}
        for name, value in parameters.items():
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_DIGITS:
                raise _wrong(f"parameters.{name} is {_shown(value)}; it must be a whole number in 0 to {_MOST_DIGITS}")
            given[name] = value
        made = cls(parties, given.get("digits_after", _DIGITS_AFTER))
        before = given.get("digits_before")
        if before is None:
            return made
        if 10 ** (made.digits + before) > made.limit:
            together = f"parameters.digits_after and digits_before are {made.digits + before} digits together"
            raise _wrong(f"{together}; sums of {parties} parties hold fewer")
        return cls(parties, made.digits, before)

    def fixed(self, value: Decimal, name: str) -> int:
        """A number in fixed point, rounded half to even where it has more decimals.

        Raises:
            Failure: it is too large; the message names it.
        """
        if value.adjusted() > 2 * _MOST_DIGITS:
            raise self._too_large(name)
        rounded = int(_ROUNDED.scaleb(value, self.digits).to_integral_value(context=_ROUNDED))
        if abs(rounded) > self.limit:
            raise self._too_large(name)
        return rounded

    def _too_large(self, name: str) -> Failure:
        largest = self.limit / self.unit
        about = f"its magnitude may be {largest:.3g} at most with {self.parties} parties and {self.digits} digits after the point"
        return _wrong(f"{name} is too large: {about}; choose fewer digits by the parameter digits_after, or scale the numbers")

    def double(self, total: int) -> float:
        """The double next to a sum in fixed point."""
        made: float = total / self.unit
        return made


def number(value: object, name: str) -> Decimal:
    """A number as the decimal that it is written as; truth values are 0 and 1.

    Raises:
        Failure: it is no number, or none that is finite; the message names it.
    """
    if isinstance(value, int):
        return Decimal(int(value))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _wrong(f"{name} is {value}; remove or replace it")
        return Decimal(repr(value))
    raise _wrong(f"{name} is {_shown(value)}, which is no number")


def total(values: Iterable[Decimal]) -> Decimal:
    """The exact sum of numbers.

    Raises:
        Failure: it has more digits than numbers of JSON give.
    """
    with localcontext(_EXACT):
        try:
            return sum(values, Decimal(0))
        except (Inexact, Overflow):
            raise _wrong("the sum of the numbers has more digits than are added up") from None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _wrong(message: str) -> Failure:
    return Failure(400, "invalid-input", message)
