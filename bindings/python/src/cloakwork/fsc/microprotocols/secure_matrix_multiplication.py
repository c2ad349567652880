"""The product of two matrices."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import exact, known, matrix, single
from cloakwork.fsc.protocols.fixed_point import as_float
from cloakwork.fsc.protocols.vertical_product import vertical_product

Input = list[list[Fraction]]

# Limbs of an element: 48 bits for 300 columns, nearly what doubles have.
MOST_LIMBS = 2


class SecureMatrixMultiplication(Microprotocol):
    """Party 0 gives ``[X]``, a list of rows, and party 1 ``[Y]``. The result has the `product` X Y, rows of floats.

    It is exact for whole numbers and decimals of up to 48 bits (for 300 columns of X; `vertical_product` has the bound), and rounded once.
    Elements of more bits are rounded to that part of the greatest element of their matrix first.
    """

    name = "SecureMatrixMultiplication"
    version = 1
    fewest = 2
    most = 2
    reveals = (
        "Both parties learn the product, and of the other's matrix the shape, the number of bits of its greatest element and how many "
        "decimals it has. A product with a regular matrix, or several products, can determine the other's matrix: look at what you ask for."
    )

    def read(self, computation: Computation) -> Input:
        """One matrix."""
        known(computation.parameters, ())
        rows = matrix(single(computation.data, "a matrix; a list of rows in one more list"), "data[0]")
        return [[exact(value) for value in one] for one in rows]

    async def run(self, group: Group, own: Input) -> dict[str, Any]:
        """`vertical_product`."""
        return {"product": [[as_float(value) for value in one] for one in await vertical_product(group, own, MOST_LIMBS)]}
