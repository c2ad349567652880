"""Sums of fractions in a scale that all parties have, far finer than a double, and what becomes of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

# Bits of a summand below the power of two that bounds it. Sums of 2^30 of them by 64 parties fit 128 bits with a sign.
PRECISION = 90


def scaled_sum(values: Iterable[Fraction], exponent: int = 0) -> int:
    """The sum of numbers of at most 2^exponent in magnitude, each to the nearest multiple of 2^(exponent - 90), in that unit."""
    shift = PRECISION - exponent
    up, down = max(shift, 0), max(-shift, 0)
    return sum(_nearest(value.numerator << up, value.denominator << down) for value in values)


def unscaled(total: int, exponent: int = 0) -> Fraction:
    """What a sum in units of 2^(exponent - 90) is."""
    return Fraction(total) * power_of_two(exponent - PRECISION)


def power_of_two(exponent: int) -> Fraction:
    """2^exponent."""
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)


def exponent_above(value: Fraction) -> int:
    """The smallest e with |value| <= 2^e; the value is not 0."""
    size, unit = abs(value.numerator), value.denominator
    exponent = size.bit_length() - unit.bit_length()
    while size > unit << exponent if exponent >= 0 else size << -exponent > unit:
        exponent += 1
    while size <= unit << (exponent - 1) if exponent > 0 else size << (1 - exponent) <= unit:
        exponent -= 1
    return exponent


def square_root(value: Fraction) -> Fraction:
    """The root of a number that is not negative, to 128 bits at least."""
    if not value:
        return Fraction(0)
    shift = max(0, 2 * 130 - (value.numerator.bit_length() - value.denominator.bit_length()))
    shift += shift % 2
    return Fraction(math.isqrt((value.numerator << shift) // value.denominator)) * power_of_two(-shift // 2)


def as_float(value: Fraction | None) -> float | None:
    """The double next to a number; None where there is none, or the number is beyond doubles."""
    if value is None:
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _nearest(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
