"""How many bits a sum needs: from the bound of a value, the precision wanted and the number of parties."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from cloakwork.errors import NumberError, ParameterError, Status

MOST_BITS = 128
FRACTION_RANGE = (-64, 120)


class Width(NamedTuple):
    """Bits and fraction bits of a fixed-point segment."""

    bits: int
    fraction: int


def bits_for(bound: float, precision: float | None, parties: int) -> Width:
    """The smallest width in which values of magnitude up to `bound` add up over `parties` without wrapping.

    A value x becomes the integer round-half-even(x * 2^fraction); the sum of `parties` such integers stays within
    2^(bits-1) - 1 (protocol.md section 2).

    Args:
        bound: largest magnitude of a value, above 0.
        precision: largest distance of two representable values; None for integers. It is rounded down to a power of two, 2^-fraction,
            and a value is off by at most half of that.
        parties: how many parties the run's roster has, at least 1.

    Raises:
        ParameterError: more than 128 bits, a fraction outside -64 to 120, or a bound below half of the precision.
    """
    fraction = 0 if precision is None else fraction_bits(precision)
    return Width(bits_of_sum(magnitude(bound, fraction), parties), fraction)


def fraction_bits(precision: float) -> int:
    """The fewest fraction bits f with 2^-f <= `precision`."""
    if not (math.isfinite(precision) and precision > 0):
        raise ParameterError(Status.INVALID_ARGUMENT, "must be finite and above 0", argument="precision")
    _, exponent = math.frexp(precision)
    # precision = m * 2^exponent with m in [1/2, 1), so the power of two not above it is 2^(exponent - 1).
    fraction = 1 - exponent
    lowest, highest = FRACTION_RANGE
    if not lowest <= fraction <= highest:
        raise ParameterError(Status.INVALID_ARGUMENT, f"must be in 2^-{highest} to 2^{-lowest}", argument="precision")
    return fraction


def magnitude(bound: float, fraction: int) -> int:
    """The largest integer that a value up to `bound` becomes: round-half-even(bound * 2^fraction), exactly."""
    if not (math.isfinite(bound) and bound > 0):
        raise ParameterError(Status.INVALID_ARGUMENT, "must be finite and above 0", argument="bound")
    largest = round(Fraction(bound) * Fraction(2) ** fraction)
    if largest == 0:
        raise ParameterError(Status.INVALID_ARGUMENT, "is below half of the precision: every value would become 0", argument="bound")
    return largest


def bits_of_sum(largest: int, parties: int) -> int:
    """The fewest bits b with parties * largest <= 2^(b-1) - 1."""
    bits = (largest * parties).bit_length() + 1
    if bits > MOST_BITS:
        message = f"the sum needs {bits} bits; ask for less precision or a smaller bound"
        raise NumberError(Status.INVALID_WIDTH, message, argument="bound", bound=MOST_BITS)
    return bits
