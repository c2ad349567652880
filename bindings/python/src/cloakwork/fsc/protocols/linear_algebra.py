"""Systems of linear equations, with the same bits on every machine: in fractions, or in doubles one operation after the other."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeVar

Number = TypeVar("Number", Fraction, float)


def inverse(given: Sequence[Sequence[Number]], tolerance: Number) -> list[list[Number]] | int:
    """The inverse of a symmetric positive semi-definite matrix, or the number of the first column that depends on those before it.

    Gauss-Jordan elimination. A pivot is the part of a diagonal element that the columns before do not explain, and not 0 in a matrix that
    has an inverse, so no rows are exchanged.

    Args:
        given: the matrix.
        tolerance: a pivot of this part of its diagonal element, or less, counts as 0: it is what the rounding of the elements leaves.
    """
    size = len(given)
    one = type(tolerance)(1)
    rows = [list(row) + [one if place == column else one - one for column in range(size)] for place, row in enumerate(given)]
    for place in range(size):
        pivot = rows[place][place]
        if not pivot > tolerance * given[place][place]:
            return place
        rows[place] = [value / pivot for value in rows[place]]
        for other in range(size):
            factor = rows[other][place]
            if other != place and factor:
                rows[other] = [value - factor * base for value, base in zip(rows[other], rows[place], strict=True)]
    return [row[size:] for row in rows]


def product(matrix: Sequence[Sequence[Number]], vector: Sequence[Number]) -> list[Number]:
    """A matrix times a vector."""
    return [sum((a * b for a, b in zip(row, vector, strict=True)), type(vector[0])(0)) for row in matrix]


def quadratic_form(given: Sequence[Sequence[Fraction]], vector: Sequence[Fraction], tolerance: Fraction) -> tuple[Fraction, int]:
    """v^T M^+ v for a symmetric positive semi-definite M and a v in its range, and the rank of M.

    By the factors L D L^T of M, of which the columns without a pivot are left out.
    """
    rows, left = [list(row) for row in given], list(vector)
    value, rank = Fraction(0), 0
    for place in range(len(rows)):
        pivot = rows[place][place]
        if pivot <= tolerance * given[place][place]:
            continue
        value, rank = value + left[place] ** 2 / pivot, rank + 1
        for other in range(place + 1, len(rows)):
            factor = rows[other][place] / pivot
            rows[other] = [one - factor * base for one, base in zip(rows[other], rows[place], strict=True)]
            left[other] -= factor * left[place]
    return value, rank
