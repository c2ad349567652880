"""Checks of what clients give, before anything is sent: every message names the element and says what belongs there."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.protocols.order_key import LARGEST_INTEGER

# Bytes of a key of a histogram or table in UTF-8.
LONGEST_KEY = 1024

_DIGITS = ("digits_before", "digits_after")


def refused(message: str) -> Failure:
    """The failure for an input or a parameter that is not what it has to be."""
    return Failure(400, "invalid-input", message)


def number(value: object, where: str) -> float:
    """A finite number that is an integer or a double, whichever it is; truth values count as 0 and 1."""
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, int | float):
        raise refused(f"{where} is {_shown(value)}; give a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise refused(f"{where} is {value}; give a finite number")
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise refused(f"{where} is an integer of more than 64 bits; give a float, or scale the numbers")
    return value


def exact(value: float) -> Fraction:
    """The number that the shortest decimal text of a value says: 0.1 is a tenth."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def whole(value: object, where: str, least: int | None = None) -> int:
    """An integer, also where it is written as a float, as R does."""
    found = number(value, where)
    if found != int(found) or (least is not None and found < least):
        bound = "" if least is None else f", {least} or more"
        raise refused(f"{where} is {_shown(value)}; give a whole number{bound}")
    return int(found)


def truth(value: object, where: str) -> bool:
    """A truth value, also as 0 or 1."""
    if value not in (0, 1) or not isinstance(value, bool | int | float):
        raise refused(f"{where} is {_shown(value)}; give 0 or 1")
    return bool(value)


def numbers(data: Sequence[object], where: str = "data") -> list[float]:
    """Each element as a number."""
    return [number(value, f"{where}[{place}]") for place, value in enumerate(data)]


def row(value: object, where: str, columns: int | None = None) -> list[Any]:
    """A list, of so many elements if that is given; otherwise an element alone is a list as well, since R writes it like that."""
    if columns is None and isinstance(value, str | int | float):
        return [value]
    if not isinstance(value, list | tuple) or (columns is not None and len(value) != columns):
        wanted = "a list" if columns is None else f"a list of {columns} elements"
        raise refused(f"{where} is {_shown(value)}; give {wanted}")
    return list(value)


def single(data: Sequence[object], what: str) -> object:
    """The one element that was fed."""
    if len(data) != 1:
        raise refused(f"data has {len(data)} elements; give one, {what}")
    return data[0]


def matrix(value: object, where: str) -> list[list[float]]:
    """Rows of numbers, equally long, with at least one row and one column."""
    rows = [numbers(row(one, f"{where}[{place}]"), f"{where}[{place}]") for place, one in enumerate(row(value, where))]
    if not rows or not rows[0]:
        raise refused(f"{where} is empty; give at least one row and one column")
    for place, one in enumerate(rows):
        if len(one) != len(rows[0]):
            raise refused(f"{where}[{place}] has {len(one)} elements, and {where}[0] has {len(rows[0])}; give rows of one length")
    return rows


def table(data: Sequence[object], fewest: int) -> list[list[float]]:
    """Records of numbers: a row each, equally long, with `fewest` columns at least; no records, if there are none."""
    rows = [] if not data else matrix(list(data), "data")
    if rows and len(rows[0]) < fewest:
        raise refused(f"data[0] has {len(rows[0])} elements; give at least {fewest} columns")
    return rows


def key(value: object, where: str) -> str:
    """A key as text: a string, or a number or truth value as Python writes it."""
    if not isinstance(value, str | int | float):
        raise refused(f"{where} is {_shown(value)}; give a string or a number")
    text = str(value)
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise refused(f"{where} is no text: it has half a surrogate pair") from error
    if size > LONGEST_KEY:
        raise refused(f"{where} has {size} bytes; give keys of at most {LONGEST_KEY}")
    return text


def keys(value: object, where: str) -> list[str]:
    """A list of keys, in order, each once."""
    return sorted({key(one, f"{where}[{place}]") for place, one in enumerate(row(value, where))})


def known(given: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    """Parameters of which each is one that there is, or of those that say digits of a SecureSum: these clients may give with anything."""
    for name in given:
        if name not in names and name not in _DIGITS:
            there = f"there are {', '.join(sorted(names))}" if names else "there are none"
            raise refused(f"parameters: {name!r} is unknown; {there}")
    return given


def _shown(value: object) -> str:
    """What a value is, without its content: that may be a datum of a person."""
    if value is None:
        return "null"
    if isinstance(value, str | list | tuple | dict):
        kind = {str: "a string", dict: "an object"}.get(type(value), "a list")
        return f"{kind} of length {len(value)}"
    return {bool: "a truth value", int: "an integer", float: "a float"}.get(type(value), "something else")
