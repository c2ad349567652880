"""Numbers in a scale that all parties have, far finer than a double, and what becomes of their sums."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

# Bits of a number below the power of two that bounds it. Sums of 2^30 of them by 64 parties fit 128 bits with a sign.
PRECISION = 90


def fixed_point(values: Sequence[Fraction], exponent: int, centre: Fraction = Fraction(0)) -> list[int]:
    """Numbers less a centre, of at most 2^exponent in magnitude, each to the nearest multiple of 2^(exponent - 90), in that unit.

    For decimals, whose denominators are powers of ten.
    """
    if not values:
        return []
    # Integers over one denominator: fractions would look for common factors at every step.
    common = math.lcm(*{value.denominator for value in values}, centre.denominator)
    origin = centre.numerator * (common // centre.denominator)
    shift = PRECISION + 1 - exponent
    up, down = max(shift, 0), common << max(-shift, 0)
    found = (value.numerator * (common // value.denominator) - origin for value in values)
    # Half a unit more, rounded down.
    return [((value << up) // down + 1) >> 1 for value in found]


def unscaled(total: int, exponent: int = 0) -> Fraction:
    """What a sum in units of 2^(exponent - 90) is."""
    return total * power_of_two(exponent - PRECISION)


def halved(total: int, bits: int) -> int:
    """A number divided by 2^bits, to the nearest."""
    return (total + (1 << (bits - 1))) >> bits


def power_of_two(exponent: int) -> Fraction:
    """2^exponent."""
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)


def exponent_above(value: Fraction) -> int:
    """The smallest e with |value| <= 2^e; the value is not 0."""
    size, unit = abs(value.numerator), value.denominator
    # 2^(guess - 1) < size / unit < 2^(guess + 1)
    guess = size.bit_length() - unit.bit_length()
    for exponent in (guess - 1, guess):
        if size << max(-exponent, 0) <= unit << max(exponent, 0):
            return exponent
    return guess + 1


def square_root(value: Fraction) -> Fraction:
    """The root of a number that is not negative, to 128 bits at least."""
    if not value:
        return Fraction(0)
    shift = max(0, 2 * 130 - (value.numerator.bit_length() - value.denominator.bit_length()))
    shift += shift % 2
    return math.isqrt((value.numerator << shift) // value.denominator) * power_of_two(-shift // 2)


def as_float(value: Fraction | None) -> float | None:
    """The double next to a number; None where there is none, or the number is beyond doubles."""
    if value is None:
        return None
    try:
        return float(value)
    except OverflowError:
        return None
