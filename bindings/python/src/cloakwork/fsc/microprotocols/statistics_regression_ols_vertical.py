"""Linear regression where one party has the explaining variables and another one the explained."""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import exact, known, matrix, numbers, refused, row, single
from cloakwork.fsc.protocols.fixed_point import as_float
from cloakwork.fsc.protocols.linear_algebra import inverse
from cloakwork.fsc.protocols.vertical_product import vertical_product

Input = list[list[Fraction]]

# Limbs of an element: rows of the matrix that gives coefficients are of different sizes, and offsets of y cancel.
MOST_LIMBS = 3


class StatisticsRegressionOLSVertical(Microprotocol):
    """Party 0 gives ``[X]``, a row of explaining variables for each record, and party 1 ``[y]`` with the records in the same order.

    The result has `mle`, the coefficients (X^T X)^-1 X^T y of least squares as a column, ``[[b1], ..., [bk]]``. There is an intercept if X
    has a column of ones. Party 0 makes (X^T X)^-1 X^T in exact fractions, and the product with y is that of SecureMatrixMultiplication,
    with 72 bits of the greatest element of each for 300 records, 60 for 100,000 (`vertical_product`).
    """

    name = "StatisticsRegressionOLSVertical"
    version = 1
    fewest = 2
    most = 2
    reveals = (
        "Both parties learn the coefficients, the number of records, and of the other's numbers the number of bits and of decimals of the "
        "greatest; of party 0 that of the matrix which gives the coefficients. Each run tells party 0 as many linear functions of y as "
        "there are coefficients."
    )

    def read(self, computation: Computation) -> Input:
        """What this party gives into the product: the matrix that makes coefficients of y, or y as a column."""
        known(computation.parameters, ())
        if computation.myself == 0:
            given = single(computation.data, "a matrix; a list of rows in one more list")
            return _coefficients_of([[exact(value) for value in one] for one in matrix(given, "data[0]")])
        records = numbers(row(single(computation.data, "a list of numbers in one more list"), "data[0]"), "data[0]")
        if not records:
            raise refused("data[0] is empty; give at least one number")
        return [[exact(value)] for value in records]

    async def run(self, group: Group, own: Input) -> dict[str, Any]:
        """`vertical_product`."""
        return {"mle": [[as_float(value) for value in one] for one in await vertical_product(group, own, MOST_LIMBS)]}


def _coefficients_of(rows: Input) -> Input:
    """(X^T X)^-1 X^T, in integers over common denominators."""
    scale = math.lcm(*(value.denominator for one in rows for value in one))
    records = [[int(value * scale) for value in one] for one in rows]
    columns = list(zip(*records, strict=True))
    squares = [[Fraction(sum(map(operator.mul, one, other))) for other in columns] for one in columns]
    found = inverse(squares, Fraction(0))
    if isinstance(found, int):
        raise refused(f"data[0]: column {found} is a sum of multiples of the columns before it; leave it out, or give more records")
    divisor = math.lcm(*(value.denominator for one in found for value in one))
    whole = [[int(value * divisor) for value in one] for one in found]
    return [[Fraction(sum(map(operator.mul, one, record)) * scale, divisor) for record in records] for one in whole]
