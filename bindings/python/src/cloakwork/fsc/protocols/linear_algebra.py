"""Systems of linear equations in exact fractions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def inverse(given: Sequence[Sequence[Fraction]], tolerance: Fraction) -> list[list[Fraction]] | int:
    """The inverse of a symmetric positive semi-definite matrix, or the number of the first column that depends on those before it.

    Gauss-Jordan elimination in fractions. A pivot is the part of a diagonal element that the columns before do not explain.

    Args:
        given: the matrix.
        tolerance: a pivot of this part of its diagonal element, or less, counts as 0: it is what the rounding of the elements leaves.
    """
    size = len(given)
    rows = [[*row, *(Fraction(int(place == column)) for column in range(size))] for place, row in enumerate(given)]
    for place in range(size):
        pivot = rows[place][place]
        if pivot <= tolerance * given[place][place]:
            return place
        rows[place] = [value / pivot for value in rows[place]]
        for other in range(size):
            factor = rows[other][place]
            if other != place and factor:
                rows[other] = [value - factor * base for value, base in zip(rows[other], rows[place], strict=True)]
    return [row[size:] for row in rows]


def product(matrix: Sequence[Sequence[Fraction]], vector: Sequence[Fraction]) -> list[Fraction]:
    """A matrix times a vector."""
    return [sum((a * b for a, b in zip(row, vector, strict=True)), Fraction(0)) for row in matrix]
