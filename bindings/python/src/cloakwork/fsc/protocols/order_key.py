"""Numbers as integers of the same order, which comparisons take, and back."""

from __future__ import annotations

import math
import struct

# Of a double, of what an integer is above the next double below it, and whether the number is a float.
WIDTH = 64 + 11 + 1
# Integers of this magnitude or less are at most 2^11 - 1 above a double.
LARGEST_INTEGER = 1 << 64

_SIGN = 1 << 63
_ALL = (1 << 64) - 1


def order_key(number: float) -> int:
    """An integer from 0 to 2^76 - 1 for a finite double or an integer of at most 2^64 in magnitude.

    Keys have the order of the numbers, exactly; an integer comes before the float that equals it. -0.0 counts as 0.0.
    """
    if isinstance(number, float):
        return (_ordered(number + 0.0) << 12) | 1
    below = float(number)
    if int(below) > number:
        below = math.nextafter(below, -math.inf)
    return (_ordered(below) << 12) | (number - int(below)) << 1


def number_of(key: int) -> float:
    """The number of a key: an int or a float, as it was."""
    word = key >> 12
    bits = word ^ _SIGN if word & _SIGN else word ^ _ALL
    (double,) = struct.unpack("<d", bits.to_bytes(8, "little"))
    return float(double) if key & 1 else int(double) + ((key >> 1) & 0x7FF)


def _ordered(double: float) -> int:
    """The encoding of IEEE 754 with the sign turned, and of negative numbers all other bits as well: it rises with the number."""
    (bits,) = struct.unpack("<Q", struct.pack("<d", double))
    return int(bits ^ _ALL if bits & _SIGN else bits | _SIGN)
