"""Matrices of fractions as matrices of integers with one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from cloakwork.fsc.protocols.fixed_point import exponent_above, power_of_two
from cloakwork.fsc.protocols.matrix_product import Integers


@dataclass(frozen=True)
class ScaledMatrix:
    """Integers, each of them an element times the scale, and the scale."""

    integers: Integers
    scale: Fraction

    @property
    def bits(self) -> int:
        """Integers are below 2^bits in magnitude."""
        return max(int(abs(value)).bit_length() for value in self.integers.flat)


def scaled_matrix(rows: Sequence[Sequence[Fraction]], bits: int) -> ScaledMatrix:
    """A matrix as integers of so many bits.

    Exact where a power of ten makes them integers, so for whole numbers and short decimals; otherwise each is the nearest multiple of a
    power of two of which the greatest has so many bits.
    """
    values = [value for row in rows for value in row]
    largest = max(map(abs, values))
    scale = Fraction(10) ** max(map(_decimals, values))
    if largest * scale >= 1 << bits:
        # One less: rounding can carry.
        scale = power_of_two(bits - 1 - exponent_above(largest))
    return ScaledMatrix(np.array([[round(value * scale) for value in row] for row in rows], dtype=object), scale)


def _decimals(value: Fraction) -> int:
    """Digits after the point of a decimal; of other fractions more than any decimal that is exact here has."""
    twos = (value.denominator & -value.denominator).bit_length() - 1
    fives, rest = 0, value.denominator >> twos
    while rest % 5 == 0:
        fives, rest = fives + 1, rest // 5
    return max(twos, fives) if rest == 1 else 400
